#include "pipeline/train/validation_files.h"

#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "features/atomic_file.h"

namespace vidqa::train {
namespace {

void write_metrics_csv(const std::string& path, const PrimaryMetric& metric,
                       const std::vector<Validation>& history) {
  std::string text = fmt::format("epoch,step,train_loss,val_{},seconds\n", metric.name);
  for (const Validation& r : history)
    text += fmt::format("{},{},{},{},{:.3f}\n", r.epoch, r.step, r.train_loss, r.val, r.seconds);
  features::write_text_atomically(path, text);
}

}  // namespace

ValidationFiles::ValidationFiles(const RunFolder& run, PrimaryMetric metric, double learning_rate,
                                 bool resumes)
    : run_(run),
      metric_(std::move(metric)),
      learning_rate_(learning_rate),
      events_(run.path(), /*starts_anew=*/!resumes) {
  write_config();
}

void ValidationFiles::write_config() {
  std::ifstream file(run_.config_toml());
  if (!file) return;
  const std::string toml{std::istreambuf_iterator<char>(file), {}};
  events_.write_text(0, "config/text_summary", fmt::format("```toml\n{}\n```\n", toml));
}

void ValidationFiles::write(const std::vector<Validation>& history) {
  write_metrics_csv(run_.metrics_csv(), metric_, history);
  for (const Validation& v : history) {
    events_.write_scalars(v.step, {{"train/loss", v.train_loss},
                                   {"val/" + metric_.name, v.val},
                                   {"train/learning_rate", learning_rate_},
                                   {"train/epoch", static_cast<double>(v.epoch)},
                                   {"train/seconds", v.seconds}});
  }
}

}  // namespace vidqa::train

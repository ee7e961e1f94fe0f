#include "pipeline/cli/metrics_table.h"

#include <fmt/format.h>

namespace vidqa::cli {
namespace {

std::string line(models::Task task, const std::string& name, const train::Metrics& metrics) {
  std::string text = fmt::format("  {:<14}{:>7} questions  accuracy {:5.1f} %", name,
                                 metrics.num_questions, 100 * metrics.accuracy);
  if (task == models::Task::kCount) {
    text += fmt::format("  mse {:.3f}  mse of rounded {:.3f}", metrics.mse, metrics.mse_rounded);
  }
  return text + "\n";
}

}  // namespace

std::string format_metrics(models::Task task, const train::MetricsReport& report) {
  std::string text = line(task, "all", report.all);
  for (const auto& [type, metrics] : report.by_type) text += line(task, type, metrics);
  return text;
}

}  // namespace vidqa::cli

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
  if (metrics.wups_0 && metrics.wups_9)
    text += fmt::format("  WUPS@0.0 {:5.1f} %  WUPS@0.9 {:5.1f} %", 100 * *metrics.wups_0,
                        100 * *metrics.wups_9);
  return text + "\n";
}

}  // namespace

std::string format_metrics(models::Task task, const train::MetricsReport& report) {
  std::string text = line(task, "all", report.all);
  for (const auto& [type, metrics] : report.by_type) text += line(task, type, metrics);
  if (report.by_type.size() > 1)
    text +=
        fmt::format("  {:<14}{:>7}            accuracy {:5.1f} %, every type counting the same\n",
                    "mean of types", "", 100 * report.mean_of_types);
  return text;
}

}  // namespace vidqa::cli

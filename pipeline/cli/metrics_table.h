#pragma once

#include <string>

#include "pipeline/train/metrics.h"

namespace vidqa::cli {

/// One aligned line for all questions and one a question type.
std::string format_metrics(models::Task task, const train::MetricsReport& report);

}  // namespace vidqa::cli

#pragma once

#include <string>

#include "pipeline/train/metrics.h"

namespace vidqa::cli {

/// One aligned line for all questions, one a question type, and where there are several types one
/// of their unweighted mean.
std::string format_metrics(models::Task task, const train::MetricsReport& report);

}  // namespace vidqa::cli

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/experiment.h"
#include "models/model.h"

namespace vidqa::benchmarks {

/// What of a clip a run reads.
struct StreamChoice {
  models::VideoInput input = models::VideoInput::kNone;
  std::vector<std::string> names;  ///< with kNamedStreams
};

/// What `streams` and `model` come to; throws c10::Error on streams that the model does not have.
StreamChoice chosen_streams(const ExperimentOptions& options);

bool reads_video(const ExperimentOptions& options);

/// Sizes as asked for, or as published for the data set (published_settings.h).
int64_t frame_limit(const ExperimentOptions& options, const data::QaCorpus& corpus);
int64_t hidden_width(const ExperimentOptions& options, const std::string& dataset);
int64_t memory_slots(const ExperimentOptions& options, const std::string& dataset);

}  // namespace vidqa::benchmarks

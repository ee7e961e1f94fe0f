#include "benchmarks/experiment_choices.h"

#include <sstream>

#include <c10/util/Exception.h>

#include "benchmarks/published_settings.h"

namespace vidqa::benchmarks {

StreamChoice chosen_streams(const ExperimentOptions& options) {
  constexpr const char* kPublishedStreams = "published";
  if (options.streams == kNoStreams) return {};
  const models::VideoInput input = models::find_model(options.model).video;
  if (input != models::VideoInput::kNamedStreams) {
    TORCH_CHECK(options.streams == kPublishedStreams, "streams: ", options.model,
                " reads appearance and motion; must be '", kPublishedStreams, "' or '", kNoStreams,
                "', got '", options.streams, "'");
    return {input, {}};
  }
  if (options.streams == kPublishedStreams)
    return {input, options.model == "tvqa_dual_stream"
                       ? std::vector<std::string>{"sub", "imagenet"}
                       : std::vector<std::string>{"sub", "vcpt", "imagenet"}};
  StreamChoice choice = {input, {}};
  std::istringstream names(options.streams);
  for (std::string name; std::getline(names, name, ',');) choice.names.push_back(name);
  return choice;
}

bool reads_video(const ExperimentOptions& options) {
  return chosen_streams(options).input != models::VideoInput::kNone;
}

int64_t frame_limit(const ExperimentOptions& options, const data::QaCorpus& corpus) {
  return options.max_frames > 0 ? options.max_frames : corpus.max_frames;
}

int64_t hidden_width(const ExperimentOptions& options, const std::string& dataset) {
  return options.hidden > 0 ? options.hidden : published_settings(dataset).hidden;
}

int64_t memory_slots(const ExperimentOptions& options, const std::string& dataset) {
  return options.slots > 0 ? options.slots : published_settings(dataset).slots;
}

}  // namespace vidqa::benchmarks

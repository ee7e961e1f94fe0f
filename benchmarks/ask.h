#pragma once

#include <optional>
#include <string>
#include <vector>

#include "benchmarks/datasets/asked_question.h"
#include "benchmarks/experiment.h"
#include "benchmarks/frame_shares.h"

namespace vidqa::benchmarks {

/// A question about one clip, put to a trained model.
struct AskOptions {
  AskedQuestion question;
  std::string video;                      ///< a file; empty where the model reads no video
  std::vector<std::string> weights;       ///< features::ExtractLikeOptions::weights
  std::optional<std::string> checkpoint;  ///< unset: the run's best
};

struct RankedAnswer {
  std::string answer;
  double score = 0;        ///< of the model
  double probability = 0;  ///< softmax over all answers or candidates
};

struct AskResult {
  models::Task task = models::Task::kOpenEnded;
  std::vector<RankedAnswer> answers;  ///< the best first; empty for counts
  double raw_count = 0;               ///< counts: the model's number
  int64_t count = 0;                  ///< counts: rounded and clamped as for the data set
  FrameShares frames;
  /// When the frames of `frames` were seen; empty where that is not known.
  std::vector<double> frame_seconds;
};

/// Extracts the clip as the run's feature files were extracted (features/extract_like.h), reads the
/// question as the run's data set is read, and lets the run's model answer. Of `experiment` and
/// `data`, which are those of the run, `data` gets the clip's features added.
///
/// Throws c10::Error saying what to do: no video where one is read, features that cannot be
/// extracted here, weights that are missing or others, and what read_asked_question() refuses;
/// features::VideoError where the video cannot be read.
AskResult ask(const ExperimentOptions& experiment, LoadedData& data, const train::RunFolder& run,
              const AskOptions& options);

}  // namespace vidqa::benchmarks

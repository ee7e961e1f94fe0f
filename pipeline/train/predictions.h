#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vidqa::train {

/// How much a model looked at every frame that it read of a clip.
struct FrameAttention {
  std::vector<double> seconds;  ///< of the frames; empty where the features carry no times
  std::vector<double> weights;  ///< sum 1
};

/// What a model said to one question; a line of `predictions.jsonl`.
struct Prediction {
  std::string question_id;
  std::string video;
  std::string type;        ///< question type
  std::string question;    ///< as written; empty, and not in the file, where it is not known
  std::string prediction;  ///< answer text; Count: the rounded number
  std::string gold;        ///< right answer text; Count: the number that the loss used
  bool correct = false;
  /// Count: the raw regression output; otherwise the score of the prediction.
  double raw_score = 0;
  /// Multiple choice: every candidate with its score, in order. Open-ended: the best five. Count:
  /// empty.
  std::vector<std::pair<std::string, double>> scores;
  /// Where streams vote by themselves (TVQA), what each gave every candidate; its sum over streams
  /// is the score. Otherwise empty.
  std::map<std::string, std::vector<double>> stream_scores;
  std::optional<FrameAttention> attention;  ///< where it was asked for (models::Output::attention)
};

/// Writes one JSON object a line: qid, video, type, prediction, gold, correct, raw_score, scores,
/// and where there are any stream_scores and attention {seconds, weights}. Atomic.
void write_predictions(const std::string& path, const std::vector<Prediction>& predictions);

/// The form in which TVQA's leaderboard takes answers: {"qid": index of the best candidate}.
void write_submission(const std::string& path, const std::vector<Prediction>& predictions);

/// Throws c10::Error naming file and line.
std::vector<Prediction> read_predictions(const std::string& path);

}  // namespace vidqa::train

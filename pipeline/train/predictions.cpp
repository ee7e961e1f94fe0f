#include "pipeline/train/predictions.h"

#include <algorithm>
#include <fstream>

#include <c10/util/Exception.h>
#include <nlohmann/json.hpp>

#include "features/atomic_file.h"

namespace vidqa::train {
namespace {

nlohmann::ordered_json to_json(const Prediction& p) {
  nlohmann::ordered_json line = {{"qid", p.question_id},     {"video", p.video},
                                 {"type", p.type},           {"prediction", p.prediction},
                                 {"gold", p.gold},           {"correct", p.correct},
                                 {"raw_score", p.raw_score}, {"scores", p.scores}};
  if (!p.question.empty()) line["question"] = p.question;
  if (!p.stream_scores.empty()) line["stream_scores"] = p.stream_scores;
  if (p.attention) {
    line["attention"] = nlohmann::ordered_json::object();
    if (!p.attention->seconds.empty()) line["attention"]["seconds"] = p.attention->seconds;
    line["attention"]["weights"] = p.attention->weights;
  }
  return line;
}

FrameAttention attention_from(const nlohmann::json& json) {
  FrameAttention attention;
  json.at("weights").get_to(attention.weights);
  if (json.contains("seconds")) json.at("seconds").get_to(attention.seconds);
  return attention;
}

Prediction from_json(const nlohmann::json& line) {
  Prediction p;
  line.at("qid").get_to(p.question_id);
  line.at("video").get_to(p.video);
  line.at("type").get_to(p.type);
  if (line.contains("question")) line.at("question").get_to(p.question);
  line.at("prediction").get_to(p.prediction);
  line.at("gold").get_to(p.gold);
  line.at("correct").get_to(p.correct);
  line.at("raw_score").get_to(p.raw_score);
  line.at("scores").get_to(p.scores);
  if (line.contains("attention")) p.attention = attention_from(line["attention"]);
  if (line.contains("stream_scores")) line.at("stream_scores").get_to(p.stream_scores);
  return p;
}

/// Whether a line that could not be read holds what JSON writers make of NaN and infinity.
bool has_no_number(const std::string& line) {
  for (const char* text : {"NaN", "nan", "Infinity", "null"}) {
    for (const char* before : {":", ": ", ",", ", "})
      if (line.find(std::string(before) + text) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

void write_predictions(const std::string& path, const std::vector<Prediction>& predictions) {
  std::string text;
  for (const Prediction& prediction : predictions) {
    try {
      text += to_json(prediction).dump() + '\n';
    } catch (const nlohmann::json::exception& error) {  // text that is not UTF-8
      TORCH_CHECK(false, path, ": cannot write question '", prediction.question_id,
                  "': ", error.what());
    }
  }
  features::write_text_atomically(path, text);
}

void write_submission(const std::string& path, const std::vector<Prediction>& predictions) {
  nlohmann::ordered_json answers = nlohmann::ordered_json::object();
  for (const Prediction& p : predictions) {
    const auto best =
        std::max_element(p.scores.begin(), p.scores.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    answers[p.question_id] = best - p.scores.begin();
  }
  features::write_text_atomically(path, answers.dump() + "\n");
}

std::vector<Prediction> read_predictions(const std::string& path) {
  std::ifstream file(path);
  TORCH_CHECK(file, path, ": cannot open the predictions");
  std::vector<Prediction> predictions;
  std::string line;
  for (int64_t number = 1; std::getline(file, line); ++number) {
    try {
      predictions.push_back(from_json(nlohmann::json::parse(line)));
    } catch (const nlohmann::json::exception& error) {
      TORCH_CHECK(!has_no_number(line), path, ":", number,
                  ": a score is no finite number (NaN, Infinity or null): train that run again");
      TORCH_CHECK(false, path, ":", number, ": not a prediction: ", error.what());
    }
  }
  TORCH_CHECK(!file.bad(), path, ": cannot read the predictions");
  return predictions;
}

}  // namespace vidqa::train

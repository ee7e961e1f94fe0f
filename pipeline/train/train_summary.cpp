#include "pipeline/train/train_summary.h"

#include <fstream>

#include <c10/util/Exception.h>
#include <nlohmann/json.hpp>

#include "features/atomic_file.h"

namespace vidqa::train {
namespace {

nlohmann::ordered_json to_json(const TrainSummary& s) {
  return {{"parameters", s.parameters},
          {"epochs", s.epochs},
          {"best_epoch", s.best_epoch},
          {"seconds_per_epoch", s.seconds_per_epoch},
          {"peak_memory_mb", s.peak_memory_mb},
          {"val", s.val},
          {"test", s.test ? nlohmann::ordered_json(*s.test) : nullptr}};
}

TrainSummary summary_from_json(const nlohmann::json& json) {
  TrainSummary s;
  json.at("parameters").get_to(s.parameters);
  json.at("epochs").get_to(s.epochs);
  json.at("best_epoch").get_to(s.best_epoch);
  json.at("seconds_per_epoch").get_to(s.seconds_per_epoch);
  json.at("peak_memory_mb").get_to(s.peak_memory_mb);
  json.at("val").get_to(s.val);
  if (!json.at("test").is_null()) s.test = json.at("test").get<double>();
  return s;
}

}  // namespace

void write_summary(const std::string& path, const TrainSummary& summary) {
  features::write_text_atomically(path, to_json(summary).dump(2) + "\n");
}

TrainSummary read_summary(const std::string& path) {
  std::ifstream file(path);
  TORCH_CHECK(file, path, ": cannot open the summary");
  try {
    return summary_from_json(nlohmann::json::parse(file));
  } catch (const nlohmann::json::exception& error) {
    TORCH_CHECK(false, path, ": not a summary of a run: ", error.what());
  }
}

}  // namespace vidqa::train

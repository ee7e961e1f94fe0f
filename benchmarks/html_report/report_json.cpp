#include "benchmarks/html_report/report_json.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/transform_width.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "benchmarks/report_data.h"
#include "benchmarks/table.h"

namespace vidqa::benchmarks {
namespace {

using Json = nlohmann::ordered_json;

/// Nothing ends a <script> element in it, and it is the same in every encoding. Text that is not
/// UTF-8, such as a folder name, shows a replacement character.
std::string for_a_page(const Json& json) {
  const std::string text =
      json.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    if (c == '<')
      escaped += "\\u003c";
    else
      escaped += c;
  }
  return escaped;
}

double to_decimals(double value, int decimals) {
  const double scale = std::pow(10, decimals);
  return std::round(value * scale) / scale;
}

const char* state_name(train::RunFolder::State state) {
  switch (state) {
    case train::RunFolder::State::kDone:
      return "done";
    case train::RunFolder::State::kFailed:
      return "failed";
    case train::RunFolder::State::kInterrupted:
    case train::RunFolder::State::kNew:
      return "unfinished";
  }
  return "unknown";
}

Json summary_json(const train::TrainSummary& summary) {
  return {{"parameters", summary.parameters},
          {"epochs", summary.epochs},
          {"bestEpoch", summary.best_epoch},
          {"secondsPerEpoch", summary.seconds_per_epoch},
          {"peakMemoryMb", summary.peak_memory_mb},
          {"val", summary.val},
          {"test", summary.test ? Json(*summary.test) : Json()}};
}

Json runs_json(const Report& report) {
  std::vector<Json> runs(report.runs.size());
  for (const ReportArm& arm : report.arms) {
    for (const size_t place : arm.runs) {
      const ReportRun& run = report.runs[place];
      Json curve = Json::array();
      for (const train::Validation& v : run.history)
        curve.push_back({v.epoch, v.step, to_decimals(v.train_loss, 6), to_decimals(v.val, 6),
                         to_decimals(v.seconds, 3)});
      runs[place] = {{"arm", arm.name},
                     {"seed", run.seed},
                     {"state", state_name(run.state)},
                     {"failure", run.failure},
                     {"folder", run.folder},
                     {"files", run.served_as},
                     {"metric", run.validation_metric},
                     {"curve", curve},
                     {"summary", run.summary ? summary_json(*run.summary) : Json()}};
    }
  }
  return runs;
}

Json scores_json(const std::vector<std::optional<double>>& scores) {
  Json json = Json::array();
  for (const std::optional<double>& score : scores)
    json.push_back(score ? Json(to_decimals(*score, 4)) : Json());
  return json;
}

/// Bars of attention that are drawn at most: neighbours stand together in one, the sum of their
/// weights at the mean of their times.
constexpr size_t kMostBars = 100;

Json attention_json(const train::FrameAttention& attention) {
  const size_t n = attention.weights.size();
  const size_t together = std::max<size_t>(1, (n + kMostBars - 1) / kMostBars);
  Json json = {{"seconds", Json::array()}, {"weights", Json::array()}};
  for (size_t first = 0; first < n; first += together) {
    const size_t last = std::min(n, first + together);
    double weight = 0;
    double seconds = 0;
    for (size_t i = first; i < last; ++i) {
      weight += attention.weights[i];
      if (!attention.seconds.empty())
        seconds += attention.seconds[i] / static_cast<double>(last - first);
    }
    json["weights"].push_back(to_decimals(weight, 5));
    if (!attention.seconds.empty()) json["seconds"].push_back(to_decimals(seconds, 2));
  }
  return json;
}

Json example_json(const ReportExample& example) {
  Json arms = Json::array();
  for (const ExampleArm& arm : example.arms) {
    Json json = {{"runs", arm.num_runs}, {"right", arm.num_right}};
    if (arm.raw_count) {
      json["rawCount"] = to_decimals(*arm.raw_count, 4);
      json["said"] = arm.said;
    } else {
      json["scores"] = scores_json(arm.scores);
      json["chosen"] = arm.chosen;
    }
    if (arm.attention) json["attention"] = attention_json(*arm.attention);
    arms.push_back(std::move(json));
  }
  return {{"id", example.id},     {"video", example.video},       {"type", example.type},
          {"gold", example.gold}, {"question", example.question}, {"answers", example.answers},
          {"arms", arms}};
}

Json results_json(const ReportResults& results) {
  Json types = Json::array();
  for (const TypeResults& type : results.types) {
    Comparison rows;  // for its rows in the form of the whole comparison
    rows.rows = type.rows;
    types.push_back({{"type", type.type},
                     {"numQuestions", type.num_questions},
                     {"rows", Json::parse(to_json(rows)).at("rows")}});
  }
  Json items = Json::array();
  for (const ReportExample& example : results.examples) items.push_back(example_json(example));
  return {{"comparison", Json::parse(to_json(results.comparison))},
          {"types", types},
          {"examples", {{"how", results.how_chosen}, {"arms", results.arms}, {"items", items}}}};
}

std::string base64(const std::string& bytes) {
  namespace it = boost::archive::iterators;
  using Encoder = it::base64_from_binary<it::transform_width<std::string::const_iterator, 6, 8>>;
  std::string text(Encoder(bytes.begin()), Encoder(bytes.end()));
  text.append((3 - bytes.size() % 3) % 3, '=');
  return text;
}

Json clip_json(const ClipFrames& clip) {
  Json frames = Json::array();
  for (const ClipFrame& frame : clip.frames)
    frames.push_back(
        {to_decimals(frame.seconds, 2), "data:image/jpeg;base64," + base64(frame.jpeg)});
  return {{"duration", to_decimals(clip.duration_seconds, 2)}, {"frames", frames}};
}

}  // namespace

std::string report_json(const Report& report) {
  Json arms = Json::array();
  for (const ReportArm& arm : report.arms)
    arms.push_back({{"name", arm.name}, {"options", arm.options}});
  Json json = {{"title", report.title},
               {"split", report.split},
               {"made", report.made},
               {"program", "vidqa " VIDQA_VERSION},
               {"hasVideos", report.has_videos},
               {"arms", arms},
               {"runs", runs_json(report)}};
  if (report.results) json.update(results_json(*report.results));
  return for_a_page(json);
}

std::string clips_json(const Report& report, ClipLibrary& library, int64_t most) {
  Json clips = Json::object();
  std::set<std::string> videos;
  std::set<std::string> left_out;
  if (report.results && !library.empty()) {
    for (const ReportExample& example : report.results->examples) {
      const std::string& video = example.video;
      if (videos.count(video) != 0) continue;
      if (static_cast<int64_t>(videos.size()) >= most) {
        left_out.insert(video);
        continue;
      }
      videos.insert(video);
      if (const ClipFrames* clip = library.find(video)) clips[video] = clip_json(*clip);
    }
  }
  std::string how;
  if (!left_out.empty())
    how = fmt::format("Frames of the first {} of the examples' {} clips.",
                      grouped(static_cast<int64_t>(videos.size())),
                      grouped(static_cast<int64_t>(videos.size() + left_out.size())));
  return for_a_page({{"clips", clips}, {"how", how}, {"faults", library.faults()}});
}

}  // namespace vidqa::benchmarks

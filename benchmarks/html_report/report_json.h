#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/html_report/clip_frames.h"
#include "benchmarks/html_report/report_results.h"

namespace vidqa::benchmarks {

/// Everything that a report shows, but for the frames of clips.
struct Report {
  std::string title;
  std::string split;
  std::string made;  ///< when, for people; empty in a page that updates itself
  std::vector<ReportRun> runs;
  std::vector<ReportArm> arms;
  std::optional<ReportResults> results;  ///< unset: no run has finished
  bool has_videos = false;               ///< there are frames of clips
};

/// What the page reads (benchmarks/html_report/page/): {"title", "split", "made", "program",
/// "hasVideos", "comparison": as table.json of `vidqa compare`, "arms": [{name, options}],
/// "runs": [{arm, seed, state, failure, folder, files, metric, curve: [[epoch, step, loss,
/// validation, seconds]], summary}], "types": [{type, numQuestions, rows}], "examples": {how, arms,
/// items}}. A figure that is not there is null. ASCII, without "<", so that it may stand in a page.
std::string report_json(const Report& report);

/// {"clips": {name: {duration, frames: [[seconds, data URI]]}}, "how": a sentence, "faults": [...]}
/// for the first `most` different clips of the examples, as above.
std::string clips_json(const Report& report, ClipLibrary& clips, int64_t most);

}  // namespace vidqa::benchmarks

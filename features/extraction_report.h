#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vidqa::features {

struct ExtractFailure {
  std::string path;
  std::string kind;    ///< failed, partial, timeout, changed
  std::string reason;  ///< one line that names the path
};

/// Busy time of the stages, seconds, summed over their threads.
struct StageSeconds {
  double decode = 0;  ///< reading and decoding videos, hashing their files
  double preprocess = 0;
  double network = 0;
  double write = 0;
};

struct ExtractResult {
  int64_t done = 0;       ///< written by this run, partial ones among them
  int64_t partial = 0;    ///< of these, damaged videos that were kept (allow_partial)
  int64_t skipped = 0;    ///< already in the output
  int64_t elsewhere = 0;  ///< in the hands of another run on the same output
  int64_t frames = 0;     ///< rows written
  double seconds = 0;     ///< wall clock
  StageSeconds stages;
  std::vector<ExtractFailure> failures;  ///< in the order of the videos
  int64_t decoders_left_behind = 0;  ///< threads in a call that never returned: they may still run,
                                     ///< so that the process had better end by std::_Exit
  bool merged = false;               ///< whether the output is there, with all that is done
};

struct ExtractProgress {
  int64_t clips_done = 0;  ///< also skipped and failed ones
  int64_t clips_total = 0;
  int64_t frames = 0;
  double frames_per_second = 0;
  double seconds_left = -1;  ///< by the bytes of videos that are to be done yet; < 0: not known
  std::string clip;
};

/// The end of a run in plain words, several lines: clips done, skipped, partial and failed, the
/// reasons grouped, frames a second, shares of the stages.
std::string summary(const ExtractResult& result);

/// "path,kind,reason", a line a failure, quoted as in RFC 4180.
std::string failures_csv(const std::vector<ExtractFailure>& failures);

}  // namespace vidqa::features

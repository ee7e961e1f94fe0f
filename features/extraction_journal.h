#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "features/extraction_report.h"

namespace vidqa::features {

/// What became of one clip.
struct JournalEntry {
  std::string clip;
  std::string path;    ///< of the video
  std::string status;  ///< done, or an ExtractFailure's kind
  std::string reason;  ///< of a failure
  int64_t rows = 0;
  int64_t source_bytes = 0;
  int64_t source_modified_ns = 0;

  bool is_failure() const { return status != "done"; }
};

/// The account that runs give of their clips: every run appends to a file of its own,
/// `journal-<host>-<process>-<n>.jsonl`, a line a clip, each flushed to disk before the run goes
/// on.
///
///   {"time_ns":..,"clip":"a","path":"v/a.mp4","status":"done","rows":42,...}
///   {"time_ns":..,"shard":"2/8","finished":true}     of the run: at its start false
class ExtractionJournal {
 public:
  /// The file is made with the first line.
  explicit ExtractionJournal(std::string folder);
  ~ExtractionJournal();
  ExtractionJournal(const ExtractionJournal&) = delete;
  ExtractionJournal& operator=(const ExtractionJournal&) = delete;

  /// Throws std::runtime_error naming the file.
  void append(const JournalEntry& entry);
  void append_shard(const std::string& shard, bool is_finished);

  struct Account {
    std::map<std::string, JournalEntry> clips;  ///< the latest entry of every clip
    std::map<std::string, bool> shards;  ///< "2/8" -> whether one of its runs came to its end

    /// Those of `clips` that are failures.
    std::vector<ExtractFailure> failures() const;
  };
  /// All journals of a folder. A last line that a killed run left half written is passed over; any
  /// other that is no entry is a c10::Error naming file and line.
  static Account read(const std::string& folder);

 private:
  void append_line(const std::string& line);

  std::string folder_;
  std::string path_;
  int fd_ = -1;
};

}  // namespace vidqa::features

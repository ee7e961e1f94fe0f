#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace vidqa::train {

/// The TensorBoard event files of a folder, `events.out.tfevents.<seconds>.<host>.<pid>`: records
/// (tfrecord.h) of tensorboard_event.proto.
///
/// What earlier processes wrote stays as it is; a new file is begun with the first value that is
/// not there yet, named so that it comes after the others in TensorBoard's order (by name). All
/// values of a step are one record, so that a step is in the files whole or not at all.
/// Errors (c10::Error) name the file.
class EventLog {
 public:
  /// `starts_anew`: the run begins at step 0 whatever the folder holds. A session start in the new
  /// file says so: TensorBoard takes the first one of a folder for its beginning, and what stands
  /// before a later one as void.
  EventLog(std::filesystem::path folder, bool starts_anew);

  /// The last step that is in the files; -1: none.
  int64_t last_step() const { return last_step_; }

  /// Writes the scalars, tag and value, and flushes. Nothing happens when last_step() >= step.
  void write_scalars(int64_t step, const std::vector<std::pair<std::string, double>>& scalars);
  /// The same for text, which TensorBoard shows as Markdown.
  void write_text(int64_t step, const std::string& tag, const std::string& markdown);

 private:
  /// Begins the file of this process.
  void begin_file();
  /// `event`: of tensorboard_event.proto, serialised.
  void append(const std::string& event);

  std::filesystem::path folder_;
  std::filesystem::path file_;  ///< empty: not begun
  bool starts_anew_;
  int64_t last_step_ = -1;
};

/// The event files of a folder in TensorBoard's order.
std::vector<std::filesystem::path> find_event_files(const std::filesystem::path& folder);

}  // namespace vidqa::train

#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace vidqa::train {

/// The folder of one training run:
///
///   config.toml         every option, resolved; `vidqa train --config` reads it back
///   environment.json    program, library versions, machine, threads, BLAS
///   metrics.csv         one line a validation: epoch, step, train_loss, val_<metric>, seconds
///   events.out.tfevents.<seconds>.<host>.<pid>   the same for TensorBoard (validation_files.h),
///   one
///                       file a start of the program
///   predictions.jsonl   test split, by the best checkpoint; predictions_val.jsonl: validation
///   submission.json     {"qid": index}, where the answers of the test split are not public (TVQA)
///   checkpoints/last.pt, best.pt
///   summary.json        parameters, seconds per epoch, peak memory, best epoch, val and test
///   train.log           what was said on the terminal
///   DONE or FAILED      written last; FAILED holds the reason
class RunFolder {
 public:
  enum class State { kNew, kInterrupted, kDone, kFailed };

  /// Makes the folder if needed; throws c10::Error naming the path when that cannot be done or it
  /// is not writable.
  explicit RunFolder(std::filesystem::path path);
  /// The folder of a run that exists; throws c10::Error naming the path when it holds no
  /// config.toml.
  static RunFolder open(const std::filesystem::path& path);
  /// The same for who only reads: makes nothing, and the folder need not be writable.
  static RunFolder open_to_read(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::string config_toml() const { return (path_ / "config.toml").string(); }
  std::string environment_json() const { return (path_ / "environment.json").string(); }
  std::string metrics_csv() const { return (path_ / "metrics.csv").string(); }
  /// "test" -> predictions.jsonl, "val" -> predictions_val.jsonl.
  std::string predictions(const std::string& split) const;
  std::string last_checkpoint() const { return (path_ / "checkpoints" / "last.pt").string(); }
  std::string best_checkpoint() const { return (path_ / "checkpoints" / "best.pt").string(); }
  std::string submission_json() const { return (path_ / "submission.json").string(); }
  std::string summary_json() const { return (path_ / "summary.json").string(); }
  std::string log() const { return (path_ / "train.log").string(); }

  State state() const { return state_of(path_); }
  /// The same of a folder that need not be there; nothing is made.
  static State state_of(const std::filesystem::path& path);
  /// What mark_failed() was told; empty where the run has not failed.
  static std::string failure_of(const std::filesystem::path& path);
  void mark_done() const;
  void mark_failed(const std::string& reason) const;
  /// Removes DONE and FAILED: the run goes on.
  void mark_running() const;

 private:
  RunFolder() = default;

  std::filesystem::path path_;
};

}  // namespace vidqa::train

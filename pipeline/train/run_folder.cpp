#include "pipeline/train/run_folder.h"

#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include <c10/util/Exception.h>
#include <unistd.h>

#include "features/atomic_file.h"

namespace vidqa::train {

namespace fs = std::filesystem;

RunFolder::RunFolder(fs::path path) : path_(std::move(path)) {
  std::error_code error;
  const fs::path checkpoints = path_ / "checkpoints";
  fs::create_directories(checkpoints, error);
  TORCH_CHECK(!error, "run folder: cannot make '", checkpoints.string(), "': ", error.message());
  for (const fs::path& folder : {path_, checkpoints})
    TORCH_CHECK(::access(folder.c_str(), W_OK | X_OK) == 0, "run folder: '", folder.string(),
                "' is not writable");
}

std::string RunFolder::predictions(const std::string& split) const {
  return (path_ / (split == "test" ? "predictions.jsonl" : "predictions_" + split + ".jsonl"))
      .string();
}

RunFolder RunFolder::open(const fs::path& path) { return RunFolder(open_to_read(path).path()); }

RunFolder RunFolder::open_to_read(const fs::path& path) {
  TORCH_CHECK(fs::is_regular_file(path / "config.toml"), path.string(),
              ": not the folder of a training run (it holds no config.toml); --output of `vidqa "
              "train` names one");
  RunFolder run;
  run.path_ = path;
  return run;
}

RunFolder::State RunFolder::state_of(const fs::path& path) {
  if (fs::exists(path / "DONE")) return State::kDone;
  if (fs::exists(path / "FAILED")) return State::kFailed;
  return fs::exists(path / "checkpoints" / "last.pt") ? State::kInterrupted : State::kNew;
}

std::string RunFolder::failure_of(const fs::path& path) {
  std::ifstream file(path / "FAILED");
  std::string reason{std::istreambuf_iterator<char>(file), {}};
  while (!reason.empty() && reason.back() == '\n') reason.pop_back();
  return reason;
}

void RunFolder::mark_done() const {
  features::write_text_atomically((path_ / "DONE").string(), "");
}

void RunFolder::mark_failed(const std::string& reason) const {
  features::write_text_atomically((path_ / "FAILED").string(), reason + "\n");
}

void RunFolder::mark_running() const {
  for (const char* mark : {"DONE", "FAILED"}) {
    std::error_code error;
    fs::remove(path_ / mark, error);
    TORCH_CHECK(!error, "run folder: cannot remove '", (path_ / mark).string(),
                "': ", error.message());
  }
}

}  // namespace vidqa::train

#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace vidqa::cli {

/// This program once more, in a process group of its own, so that a ctrl-C at the terminal reaches
/// it only through its parent; it is told to stop (SIGINT) when the parent dies.
class ChildProcess {
 public:
  /// What it prints, on stdout and stderr, replaces the file `console`. Throws std::runtime_error
  /// when it cannot be started.
  ChildProcess(const std::vector<std::string>& arguments, const std::string& console);
  /// Waits for its end.
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// How it ended, once it has: "" for exit code 0, else "exit code 1", "killed by signal 9 ...".
  std::optional<std::string> poll();
  void interrupt() const;

 private:
  pid_t pid_ = -1;
};

/// Absolute path of this program.
std::string program_path();

/// Last line of a text file that is not blank; empty where there is none.
std::string last_line(const std::string& path);

}  // namespace vidqa::cli

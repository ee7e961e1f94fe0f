#pragma once

#include <string>
#include <vector>

namespace vidqa::testing {

/// What a run of the program left behind.
struct ProgramResult {
  int exit_code = -1;
  std::string out;
  std::string err;

  /// Lines of `err` that start with "vidqa: error: ".
  std::vector<std::string> error_lines() const;
};

/// Runs `vidqa ARGUMENTS` through the shell; `shell_prefix` goes before it, e.g. "ulimit -f 4;".
ProgramResult run_vidqa(const std::string& arguments, const std::string& shell_prefix = "");

/// Runs `vidqa ARGUMENTS`, and sends it SIGINT once `file` is there and not empty, or half a minute
/// has passed.
ProgramResult interrupt_vidqa(const std::string& arguments, const std::string& file);

}  // namespace vidqa::testing

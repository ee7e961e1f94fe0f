#include "tests/pipeline/cli/program.h"

#include <cstdlib>
#include <sstream>

#include <fmt/format.h>
#include <sys/wait.h>

#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::testing {

std::vector<std::string> ProgramResult::error_lines() const {
  std::vector<std::string> lines;
  std::istringstream stream(err);
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind("vidqa: error: ", 0) == 0) lines.push_back(line);
  }
  return lines;
}

namespace {

/// Runs a command of the shell.
ProgramResult run_shell(const std::string& command) {
  const TempDir folder;
  const int status = std::system(
      fmt::format("( {} ) >'{}' 2>'{}' </dev/null", command, folder.file("out"), folder.file("err"))
          .c_str());
  ProgramResult result;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = read_file(folder.file("out"));
  result.err = read_file(folder.file("err"));
  return result;
}

}  // namespace

ProgramResult run_vidqa(const std::string& arguments, const std::string& shell_prefix) {
  return run_shell(fmt::format("{} '{}' {}", shell_prefix, VIDQA_PROGRAM, arguments));
}

ProgramResult interrupt_vidqa(const std::string& arguments, const std::string& file) {
  return run_shell(
      fmt::format("'{}' {} & pid=$!; for i in $(seq 600); do [ -s '{}' ] && break; sleep 0.05; "
                  "done; kill -INT $pid; wait $pid",
                  VIDQA_PROGRAM, arguments, file));
}

}  // namespace vidqa::testing

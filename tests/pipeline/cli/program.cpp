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

ProgramResult run_vidqa(const std::string& arguments, const std::string& shell_prefix) {
  const TempDir folder;
  const std::string command =
      fmt::format("{} '{}' {} >'{}' 2>'{}' </dev/null", shell_prefix, VIDQA_PROGRAM, arguments,
                  folder.file("out"), folder.file("err"));
  const int status = std::system(command.c_str());
  ProgramResult result;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = read_file(folder.file("out"));
  result.err = read_file(folder.file("err"));
  return result;
}

}  // namespace vidqa::testing

#include "pipeline/cli/child_process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vidqa::cli {
namespace {

/// In the child, after fork(): only what is allowed in a process that had threads.
[[noreturn]] void become(char* const* argv, int console) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGINT);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(console, STDOUT_FILENO);
  dup2(console, STDERR_FILENO);
  execv(argv[0], argv);
  _exit(127);
}

std::string how_it_ended(int status) {
  if (WIFEXITED(status)) {
    const int code = WEXITSTATUS(status);
    return code == 0 ? "" : fmt::format("exit code {}", code);
  }
  const int signal = WTERMSIG(status);
  return fmt::format("killed by signal {} ({}){}", signal, strsignal(signal),
                     signal == SIGKILL ? ", as where memory has run out" : "");
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& arguments, const std::string& console) {
  std::vector<std::string> words = {program_path()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int file = open(console.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0)
    throw std::runtime_error(fmt::format("{}: cannot be written: {}", console, strerror(errno)));
  pid_ = fork();
  if (pid_ == 0) become(argv.data(), file);
  const int error = errno;
  close(file);
  if (pid_ < 0)
    throw std::runtime_error(fmt::format("cannot start another process: {}", strerror(error)));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept : pid_(other.pid_) { other.pid_ = -1; }

ChildProcess::~ChildProcess() {
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
}

std::optional<std::string> ChildProcess::poll() {
  int status = 0;
  if (pid_ <= 0 || waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  return how_it_ended(status);
}

void ChildProcess::interrupt() const {
  if (pid_ > 0) kill(pid_, SIGINT);
}

std::string program_path() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

std::string last_line(const std::string& path) {
  std::ifstream file(path);
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (line.find_first_not_of(" \r") != std::string::npos) last = line;
  }
  return last;
}

}  // namespace vidqa::cli

#include "pipeline/cli/interrupt.h"

#include <csignal>

#include <unistd.h>

#include "pipeline/train/trainer.h"

namespace vidqa::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;

void on_signal(int /*signal*/) {
  interrupted = 1;
  constexpr char kText[] = "\nvidqa: stopping after this step; once more to stop at once\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kText, sizeof kText - 1);
}

}  // namespace

void catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool is_interrupted() { return interrupted != 0; }

void stop_if_interrupted() {
  if (is_interrupted())
    throw train::Interrupted("interrupted; the same command goes on where the last epoch ended");
}

}  // namespace vidqa::cli

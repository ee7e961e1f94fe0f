#include "pipeline/cli/training_console.h"

#include <fmt/format.h>

#include "pipeline/cli/interrupt.h"

namespace vidqa::cli {

train::TrainObserver training_observer(Progress& progress) {
  train::TrainObserver observer;
  observer.on_step = [&progress](int64_t epoch, int64_t done, int64_t total, double mean_loss) {
    progress.set_label(fmt::format("epoch {}", epoch));
    progress.update(done, total, fmt::format("loss {:.4f}", mean_loss));
    stop_if_interrupted();
  };
  observer.on_evaluate = [&progress](const std::string& split, int64_t done, int64_t total) {
    progress.set_label("scoring " + split);
    progress.update(done, total);
    stop_if_interrupted();
  };
  observer.on_message = [&progress](const std::string& line) {
    progress.clear();
    say(line);
  };
  return observer;
}

}  // namespace vidqa::cli

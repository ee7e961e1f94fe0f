#pragma once

#include "pipeline/cli/console.h"
#include "pipeline/train/trainer.h"

namespace vidqa::cli {

/// Shows a training on the terminal: a progress bar for steps and evaluation, and the messages
/// above it.
train::TrainObserver training_observer(Progress& progress);

}  // namespace vidqa::cli

#pragma once

namespace vidqa::cli {

/// Exit code of a command that ctrl-C has stopped, as shells have it.
inline constexpr int kInterruptedExitCode = 130;

/// From now on the first SIGINT or SIGTERM only asks the work to stop; the next one ends the
/// program.
void catch_interrupts();

bool is_interrupted();

/// Throws train::Interrupted where it has been asked for.
void stop_if_interrupted();

}  // namespace vidqa::cli

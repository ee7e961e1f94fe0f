#pragma once

namespace vidqa::train {

/// Forgets the peak so far, so that the figures of several runs in one process do not carry over
/// from one to the next. Linux only (/proc/self/clear_refs); elsewhere the peak is that of the
/// whole process.
void reset_peak_memory();

/// Largest resident set since then, MiB (getrusage). Memory of an accelerator is not in it.
double peak_memory_mb();

}  // namespace vidqa::train

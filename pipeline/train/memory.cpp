#include "pipeline/train/memory.h"

#include <fstream>

#include <sys/resource.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace vidqa::train {

void reset_peak_memory() {
#if defined(__GLIBC__)
  malloc_trim(0);  // what an earlier run freed is not charged to this one
#endif
  std::ofstream("/proc/self/clear_refs") << 5;  // proc(5): resets the peak resident set size
}

double peak_memory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
#if defined(__APPLE__)
  return static_cast<double>(usage.ru_maxrss) / (1024.0 * 1024.0);  // bytes
#else
  return static_cast<double>(usage.ru_maxrss) / 1024.0;  // KiB
#endif
}

}  // namespace vidqa::train

#include "pipeline/train/process_setup.h"

#include <cstdlib>

#include <malloc.h>
#include <unistd.h>

#include "pipeline/train/environment.h"

namespace vidqa::train {
namespace {

bool is_set(const char* name) { return std::getenv(name) != nullptr; }

bool set_where_missing(const char* name, const char* value) {
  return !is_set(name) && setenv(name, value, 1) == 0;
}

bool unset(const char* name) { return is_set(name) && unsetenv(name) == 0; }

}  // namespace

void restart_with_tuned_environment(char** argv, PresetBlas preset) {
  constexpr const char* kCoreType = "OPENBLAS_CORETYPE";
  const bool core_is_chosen = is_set(kCoreType);
  bool changed = set_where_missing("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");
  if (!is_set("OMP_WAIT_POLICY")) changed |= set_where_missing("GOMP_SPINCOUNT", "2000");
  if (preset == PresetBlas::kIgnore && !is_set(kBlasKernelChosen)) {
    changed |= unset(kCoreType);
    changed |= unset("OPENBLAS_L2_SIZE");
  }
  if (!core_is_chosen) {
    if (const auto kernel = better_blas_kernel(); kernel) {
      changed |= set_where_missing(kCoreType, kernel->c_str());
      setenv(kBlasKernelChosen, "1", 1);
    }
  }
  if (changed) execv("/proc/self/exe", argv);
  // Without /proc the program goes on as it is: slower, not wrong.
}

std::vector<std::string> prepare_computing(int64_t threads) {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, -1);  // never: a step's tensors may be gigabytes
  mallopt(M_TOP_PAD, 64 << 20);
  mallopt(M_ARENA_MAX, 1);  // other arenas give everything above 32 MB back
  set_threads(threads);
  return probe_environment().warnings;
}

}  // namespace vidqa::train

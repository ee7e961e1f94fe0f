#include "pipeline/cli/process_setup.h"

#include <climits>
#include <cstdlib>

#include <malloc.h>
#include <unistd.h>

#include "pipeline/cli/console.h"
#include "pipeline/train/environment.h"

namespace vidqa::cli {
namespace {

bool is_set(const char* name) { return std::getenv(name) != nullptr; }

}  // namespace

void restart_with_tuned_environment(char** argv) {
  constexpr const char* kRestarted = "VIDQA_ENVIRONMENT_TUNED";
  if (is_set(kRestarted)) return;
  setenv(kRestarted, "1", 1);
  if (!is_set("OMP_WAIT_POLICY") && !is_set("GOMP_SPINCOUNT")) setenv("GOMP_SPINCOUNT", "2000", 1);
  if (!is_set("GLIBC_TUNABLES")) setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", 1);
  if (const auto kernel = train::better_blas_kernel(); kernel && !is_set("OPENBLAS_CORETYPE")) {
    setenv("OPENBLAS_CORETYPE", kernel->c_str(), 1);
    setenv(train::kBlasKernelChosen, "1", 1);
  }
  execv("/proc/self/exe", argv);
  // Without /proc the program goes on as it is: slower, not wrong.
}

void start_computing(int64_t threads) {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
  train::set_threads(threads);
  for (const std::string& warning : train::probe_environment().warnings) warn(warning);
}

}  // namespace vidqa::cli

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vidqa::train {

/// What to do about OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE where they are set already.
enum class PresetBlas {
  kKeep,    ///< the user's choice
  kIgnore,  ///< measurements: they can halve the speed, so OpenBLAS chooses
};

/// Settings that make the same arithmetic two to three times faster, and that libraries read only
/// while they load:
///
///   GOMP_SPINCOUNT=2000 -- OpenMP threads that spin for ever fight OpenBLAS's for the cores.
///   GLIBC_TUNABLES=glibc.malloc.hugetlb=1 -- large tensors come in large pages instead of
///   thousands
///     of page faults.
///   OPENBLAS_CORETYPE -- where OpenBLAS does not know the processor and takes kernels for an old
///     one.
///
/// Other variables that the user has set are left alone. Where something had to be changed the
/// program starts itself anew, so this is the first call of what computes; it returns where nothing
/// is left to change.
void restart_with_tuned_environment(char** argv, PresetBlas preset = PresetBlas::kKeep);

/// Keeps freed memory for the next step instead of giving it back, in whatever thread (clearing
/// fresh pages took a fifth of an extraction's time), and sets the number of threads (0: one per
/// processor). Returns a warning in plain words for each thing that slows this machine
/// down, such as a reference BLAS.
std::vector<std::string> prepare_computing(int64_t threads);

}  // namespace vidqa::train

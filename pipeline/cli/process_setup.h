#pragma once

#include <cstdint>

namespace vidqa::cli {

/// Settings that make the same arithmetic two to three times faster here, and that libraries read
/// only while they load:
///   GOMP_SPINCOUNT=2000                    OpenMP threads that spin for ever fight the threads of
///   OpenBLAS for the cores GLIBC_TUNABLES=glibc.malloc.hugetlb=1  large tensors come in large
///   pages instead of thousands of page faults
///   OPENBLAS_CORETYPE                      where OpenBLAS does not know the processor and takes
///   kernels for an old one
/// Variables that the user has set are left alone. Where one was missing the program starts itself
/// once more with it, so call this first in a command that computes; it returns in the second
/// process.
void restart_with_tuned_environment(char** argv);

/// Keeps freed memory for the next step instead of giving it back, sets the number of threads (0:
/// one per processor), and prints a warning to stderr for what slows this machine down, such as a
/// reference BLAS.
void start_computing(int64_t threads);

}  // namespace vidqa::cli

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vidqa::train {

/// Set, to anything, where the program itself has chosen OPENBLAS_CORETYPE: then the variable is no
/// cause for a warning.
inline constexpr const char* kBlasKernelChosen = "VIDQA_BLAS_KERNEL_CHOSEN";

/// What a number depends on besides the options: kept beside every run and printed by `vidqa
/// doctor`.
struct Environment {
  std::string vidqa_version;
  std::string torch_version;
  std::string compiler;
  std::string cpu;  ///< model name
  int64_t hardware_threads = 0;
  int64_t threads = 0;      ///< that LibTorch uses
  std::string blas;         ///< shared library that provides sgemm_
  std::string blas_kernel;  ///< OpenBLAS core name, e.g. Cooperlake; empty for another BLAS
  bool fast_blas = false;   ///< OpenBLAS: the reference BLAS is 20 to 30 times slower
  int64_t cuda_devices = 0;
  std::string date;                   ///< ISO 8601, UTC
  std::vector<std::string> warnings;  ///< in plain words, with the remedy
};

Environment probe_environment();

/// The OpenBLAS core type that this processor can run when OpenBLAS, which knows only processors
/// older than itself, chose one for a much older processor (0.3.21 takes Prescott on a Sapphire
/// Rapids, at a quarter of the speed); else nullopt.
std::optional<std::string> better_blas_kernel();

/// One JSON object with the fields above.
std::string to_json(const Environment& environment);

/// Sets the number of threads of LibTorch, OpenBLAS and OpenCV; 0: one per processor. Returns the
/// number.
int64_t set_threads(int64_t threads);

/// Single-precision matrix product of two n x n matrices: best of several, GFLOP/s, with the
/// threads that are set.
double measure_gemm_gflops(int64_t n = 1024);

}  // namespace vidqa::train

#include "pipeline/train/environment.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <limits>
#include <thread>

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <opencv2/core/utility.hpp>
#include <torch/cuda.h>
#include <torch/torch.h>
#include <torch/version.h>

namespace vidqa::train {
namespace {

template <typename Function>
Function find_symbol(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
}

/// "model name" of the first processor.
std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos)
      return line.substr(colon + 2);
  }
  return "unknown";
}

std::string blas_library() {
  void* sgemm = dlsym(RTLD_DEFAULT, "sgemm_");
  Dl_info info{};
  if (sgemm == nullptr || dladdr(sgemm, &info) == 0 || info.dli_fname == nullptr) return "unknown";
  return info.dli_fname;
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

/// Core name of the loaded OpenBLAS; empty with another BLAS.
std::string openblas_core() {
  const auto core_name = find_symbol<char* (*)()>("openblas_get_corename");
  return core_name == nullptr ? "" : core_name();
}

/// Whether OpenBLAS was built with a thread pool of its own, rather than OpenMP's.
bool has_own_threads() {
  constexpr int kOwnThreads = 1;
  const auto kind = find_symbol<int (*)()>("openblas_get_parallel");
  return kind != nullptr && kind() == kOwnThreads;
}

std::vector<std::string> find_warnings(const Environment& environment) {
  std::vector<std::string> warnings;
  if (!environment.fast_blas) {
    warnings.push_back(
        fmt::format("matrix products run on the reference BLAS ({}), 20 to 30 times slower than "
                    "OpenBLAS: install libopenblas0-openmp",
                    environment.blas));
  }
  if (has_own_threads()) {
    warnings.push_back(
        "OpenBLAS has threads of its own, which compete with LibTorch's for the processors: "
        "install "
        "libopenblas0-openmp and remove libopenblas0-pthread");
  }
  if (const auto kernel = better_blas_kernel(); kernel) {
    warnings.push_back(
        fmt::format("OpenBLAS runs its {} kernels, this processor can run {}, several times as "
                    "fast: set OPENBLAS_CORETYPE={}",
                    environment.blas_kernel, *kernel, *kernel));
  }
  for (const char* name : {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0' || std::getenv(kBlasKernelChosen) != nullptr) continue;
    warnings.push_back(
        fmt::format("{}={} overrides the kernel that OpenBLAS would choose for this processor and "
                    "can halve its speed: unset it",
                    name, value));
  }
  if (environment.threads < environment.hardware_threads) {
    warnings.push_back(fmt::format("{} of {} processors are used: raise --threads to use all",
                                   environment.threads, environment.hardware_threads));
  }
  return warnings;
}

}  // namespace

Environment probe_environment() {
  Environment environment;
  environment.vidqa_version = VIDQA_VERSION;
  environment.torch_version = TORCH_VERSION;
  environment.compiler = fmt::format("g++-compatible {}", __VERSION__);
  environment.cpu = cpu_model();
  environment.hardware_threads = std::max(1U, std::thread::hardware_concurrency());
  environment.threads = at::get_num_threads();
  environment.blas = blas_library();
  environment.blas_kernel = openblas_core();
  environment.fast_blas = !environment.blas_kernel.empty();
  environment.cuda_devices = static_cast<int64_t>(torch::cuda::device_count());
  environment.date = utc_now();
  environment.warnings = find_warnings(environment);
  return environment;
}

std::optional<std::string> better_blas_kernel() {
#if defined(__x86_64__)
  const std::string core = openblas_core();
  const bool is_old = core == "Prescott" || core == "Core2" || core == "Nehalem" ||
                      core == "Sandybridge" || core == "Barcelona" || core == "Bulldozer";
  if (core.empty()) return std::nullopt;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")) {
    return is_old || core == "Haswell" || core == "Zen" ? std::optional<std::string>("SkylakeX")
                                                        : std::nullopt;
  }
  if (is_old && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return std::nullopt;
}

std::string to_json(const Environment& e) {
  const nlohmann::ordered_json json = {{"vidqa_version", e.vidqa_version},
                                       {"torch_version", e.torch_version},
                                       {"compiler", e.compiler},
                                       {"cpu", e.cpu},
                                       {"hardware_threads", e.hardware_threads},
                                       {"threads", e.threads},
                                       {"blas", e.blas},
                                       {"blas_kernel", e.blas_kernel},
                                       {"fast_blas", e.fast_blas},
                                       {"cuda_devices", e.cuda_devices},
                                       {"date", e.date},
                                       {"warnings", e.warnings}};
  return json.dump(2) + "\n";
}

int64_t set_threads(int64_t threads) {
  const int64_t count = threads > 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
  at::set_num_threads(static_cast<int>(count));
  cv::setNumThreads(static_cast<int>(count));
  // OpenBLAS keeps its own pool, which at::set_num_threads does not reach.
  if (const auto set = find_symbol<void (*)(int)>("openblas_set_num_threads"); set != nullptr)
    set(static_cast<int>(count));
  return count;
}

double measure_gemm_gflops(int64_t n) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor a = torch::ones({n, n});
  const torch::Tensor b = torch::ones({n, n});
  torch::Tensor c = torch::empty({n, n});
  torch::mm_out(c, a, b);  // starts the thread pool
  double best_seconds = std::numeric_limits<double>::infinity();
  for (int repetition = 0; repetition < 7; ++repetition) {
    const auto start = std::chrono::steady_clock::now();
    torch::mm_out(c, a, b);
    best_seconds =
        std::min(best_seconds,
                 std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return 2.0 * static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n) /
         best_seconds / 1e9;
}

}  // namespace vidqa::train

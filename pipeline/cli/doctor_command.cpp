#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <hdf5.h>
#include <opencv2/core/version.hpp>

extern "C" {
#include <libavutil/avutil.h>
}

#include "pipeline/cli/commands.h"
#include "pipeline/cli/console.h"
#include "pipeline/train/environment.h"

namespace vidqa::cli {
namespace {

int doctor(int64_t threads, bool as_json) {
  train::set_threads(threads);
  const train::Environment environment = train::probe_environment();
  if (as_json) {
    fmt::print("{}", train::to_json(environment));
    return 0;
  }
  const double gflops = train::measure_gemm_gflops();
  unsigned hdf5_major = 0;
  unsigned hdf5_minor = 0;
  unsigned hdf5_release = 0;
  H5get_libversion(&hdf5_major, &hdf5_minor, &hdf5_release);

  const auto row = [](const char* name, const std::string& value) {
    fmt::print("{:<10}{}\n", name, value);
  };
  row("vidqa", environment.vidqa_version);
  row("LibTorch", environment.torch_version);
  row("FFmpeg", av_version_info());
  row("OpenCV", CV_VERSION);
  row("HDF5", fmt::format("{}.{}.{}", hdf5_major, hdf5_minor, hdf5_release));
  row("compiler", environment.compiler);
  row("processor", fmt::format("{}, {} threads", environment.cpu, environment.hardware_threads));
  row("devices", environment.cuda_devices == 0
                     ? "cpu"
                     : fmt::format("cpu, {} x cuda", environment.cuda_devices));
  row("threads", std::to_string(environment.threads));
  row("BLAS", environment.blas +
                  (environment.blas_kernel.empty() ? "" : ", kernel " + environment.blas_kernel));
  row("speed", fmt::format("{:.0f} GFLOP/s (float32 matrix product, {} threads)", gflops,
                           environment.threads));
  if (environment.warnings.empty()) fmt::print("\nNothing slows this machine down.\n");
  for (const std::string& warning : environment.warnings) warn(warning);
  return 0;
}

}  // namespace

Command add_doctor_command(CLI::App& app) {
  auto threads = std::make_shared<int64_t>(0);
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("doctor", "Print versions, devices, threads and the speed of the BLAS");
  command->add_option("--threads", *threads, "Threads; 0: one per processor")
      ->capture_default_str();
  command->add_flag("--json", *as_json, "The facts as JSON, without the measurement");
  command->footer(
      "Run it first on a new machine: a warning names what makes training slow and how to mend "
      "it.");
  return {command, [threads, as_json] { return doctor(*threads, *as_json); }};
}

}  // namespace vidqa::cli

// Times feature extraction, frame by frame of 224x224, beside what bounds it, all in turn in one
// run on the same threads:
//   ours     `features::extract` from video files to features.h5: decode, resize, network, write
//   bare     our network alone, on a batch that lies in memory
//   eager    the same network as a Python user runs it: convolution, normalisation, ReLU by Torch
//   floor    the network's arithmetic at the speed of a float32 matrix product (2048)^3
//   peer     PyAV, torchvision and h5py: ../shared/peers/python_pipeline.py, where it and its
//            packages are there (its own clock: without the start of Python)
// and the same with bfloat16 where the processor has it. `sparse`: a frame every 30 s of a rendered
// video of ten minutes, beside decoding all of it.
//
//   build/release/benchmarks/speed/extraction_speed [--benchmark_filter=resnet101]
//
// Videos: the two of ../shared/data/videos (or $VIDQA_SHARED) that the peer was measured with, or,
// without them, a rendered one.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>
#include <torch/torch.h>
#include <unistd.h>

#include "benchmarks/speed/speed_report.h"
#include "features/backbone.h"
#include "features/extractor.h"
#include "features/sampled_frames.h"
#include "features/video_reader.h"
#include "features/video_writer.h"
#include "pipeline/train/environment.h"

namespace vidqa::benchmarks::speed {
namespace {

namespace fs = std::filesystem;
using features::LoadedBackbone;
using features::Precision;
using torch::Tensor;

constexpr int64_t kBatch = 16;
constexpr int64_t kSide = 2048;  ///< of the matrices of the floor
constexpr int kProducts = 8;

struct Case {
  std::string backbone;
  double gflop_per_frame;  ///< two for each multiplication with its addition
  int64_t threads = 1;
};

std::vector<Case> cases() { return {{"resnet101", 15.6}, {"resnet18", 3.63}}; }

fs::path shared_folder() {
  const char* folder = std::getenv("VIDQA_SHARED");
  return folder != nullptr ? fs::path(folder) : fs::path("../shared");
}

/// A folder of its own for what the programs write.
class Workspace {
 public:
  Workspace() : path_(fs::temp_directory_path() / fmt::format("extraction_speed_{}", getpid())) {
    fs::create_directories(path_);
  }
  ~Workspace() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

Workspace& workspace() {
  static Workspace folder;
  return folder;
}

/// Discs that move over a gradient.
std::string render(const std::string& name, int width, int height, int frames) {
  const std::string path = workspace().file(name);
  features::VideoWriter writer(path, {width, height, 25, 23});
  for (int i = 0; i < frames; ++i) {
    cv::Mat frame(height, width, CV_8UC3);
    for (int y = 0; y < height; ++y)
      frame.row(y).setTo(cv::Scalar(y % 256, (y + i / 8) % 256, (i / 16) % 256));
    cv::circle(frame, {(i * 3) % width, height / 2 + (i * 2) % 40}, 20, {200, 80, 30}, cv::FILLED);
    writer.write(frame);
  }
  writer.close();
  return path;
}

const std::vector<std::string>& videos() {
  static const std::vector<std::string> kVideos = [] {
    std::vector<std::string> found;
    for (const char* name : {"nasa_13013.mp4", "v_ZNVhz7ctTq0.mp4"})
      if (const fs::path path = shared_folder() / "data" / "videos" / name; fs::exists(path))
        found.push_back(path.string());
    return found.empty() ? std::vector<std::string>{render("clip.mp4", 480, 360, 800)} : found;
  }();
  return kVideos;
}

LoadedBackbone load(const std::string& name, Precision precision) {
  features::BackboneOptions options;
  options.name = name;
  options.weights = "random:1";
  options.precision = precision;
  LoadedBackbone loaded = features::make_backbone(options);
  loaded.rows(torch::rand({kBatch, 3, 224, 224}));  // packs the weights
  return loaded;
}

/// Extracts the videos and returns the number of frames.
int64_t extract(const LoadedBackbone& backbone) {
  features::ExtractOptions options;
  options.videos = videos();
  options.output = workspace().file("features.h5");
  options.type = features::FeatureType::kFloat32;  // random weights can go beyond float16
  features::FeatureNetwork network = {
      backbone.name, backbone.weights_description, backbone.weights_hash,
      [&](const Tensor& inputs) { return backbone.rows(inputs); }, backbone.input};
  network.takes_batches_at_once = true;
  const int64_t frames = features::extract(options, network, {}).frames;
  TORCH_CHECK(frames > 0, "extraction_speed: no frame was extracted");
  fs::remove(options.output);
  fs::remove_all(options.output + ".parts");
  return frames;
}

/// What the peer says about itself; nothing where it cannot run.
class Peer {
 public:
  Peer(const Case& c, std::string option) : option_(std::move(option)) {
    const fs::path script = shared_folder() / "peers" / "python_pipeline.py";
    const bool runs =
        fs::exists(script) &&
        std::system(
            "/usr/bin/python3 -c 'import torch, torchvision, av, h5py, cv2' >/dev/null "
            "2>&1") == 0;
    if (!runs) return;
    command_ =
        fmt::format("/usr/bin/python3 '{}' --model {} --threads {} --batch {} --out '{}'",
                    script.string(), c.backbone, c.threads, kBatch, workspace().file("peer.h5"));
    command_ += " --opt " + option_;
    for (const std::string& video : videos()) command_ += " '" + video + "'";
    command_ += " 2>/dev/null";
  }

  bool exists() const { return !command_.empty(); }
  void run() {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command_.c_str(), "r"), pclose);
    std::string output;
    std::array<char, 4096> part{};
    while (pipe != nullptr && std::fgets(part.data(), part.size(), pipe.get()) != nullptr)
      output += part.data();
    const auto report = nlohmann::json::parse(output, nullptr, false);
    if (report.is_object())
      milliseconds_.push_back(1e3 * report.at("wall").get<double>() /
                              report.at("frames").get<double>());
  }
  /// A frame's; 0 where it did not run.
  double milliseconds() const {
    if (milliseconds_.empty()) return 0;
    std::vector<double> sorted = milliseconds_;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }

 private:
  std::string option_;
  std::string command_;
  std::vector<double> milliseconds_;
};

Table& results() {
  static Table table = {{"network", "precision", "threads", "ours ms/frame", "ours frames/s",
                         "bare ms", "bare / ours", "eager ms", "eager / ours", "floor ms",
                         "floor / bare", "peer ms", "peer / ours"},
                        {}};
  return table;
}

Table& sparse_results() {
  static Table table = {{"sampling", "frames", "sampled ms", "all decoded ms", "ratio"}, {}};
  return table;
}

std::string number(double value, const char* format) {
  return value > 0 ? fmt::format(fmt::runtime(format), value) : "";
}

void run_case(benchmark::State& state, const Case& c, Precision precision) {
  constexpr double kSeconds = 30;
  constexpr int kFewestRounds = 3;
  train::set_threads(c.threads);
  const torch::NoGradGuard no_grad;
  const LoadedBackbone ours = load(c.backbone, precision);
  const features::BackboneEntry& entry = features::backbone_entry(c.backbone);
  const features::BackbonePtr eager = entry.make(entry);
  eager->initialize();
  eager->eval();
  const Tensor images = torch::rand({kBatch, 3, 224, 224});
  const Tensor a = torch::rand({kSide, kSide}), b = torch::rand({kSide, kSide});
  Tensor product = torch::empty({kSide, kSide});
  int64_t frames = 0;
  Peer peer(c, "eager");

  std::vector<std::function<void()>> works = {[&] { frames = extract(ours); },
                                              [&] {
                                                for (int i = 0; i < 2; ++i) ours.rows(images);
                                              },
                                              [&] { eager->forward(images); },
                                              [&] {
                                                for (int i = 0; i < kProducts; ++i)
                                                  torch::mm_out(product, a, b);
                                              },
                                              {}};
  if (peer.exists()) works.back() = [&] { peer.run(); };
  Rotation rotation(works);
  for (auto _ : state) {
    rotation.run(kSeconds, kFewestRounds);
    state.SetIterationTime(rotation.milliseconds(0) / 1e3);
  }

  const double gflop_of_floor = 2.0 * kSide * kSide * kSide / 1e9 * kProducts;
  const auto frames_of_bare = static_cast<double>(2 * kBatch);
  const auto n = static_cast<double>(frames);
  const double ms = rotation.milliseconds(0) / n;
  const double floor_scale = c.gflop_per_frame / gflop_of_floor;
  results().rows.push_back(
      {c.backbone, precision == Precision::kFloat32 ? "float32" : "bfloat16",
       std::to_string(c.threads), number(ms, "{:.1f}"), number(1e3 / ms, "{:.1f}"),
       number(rotation.milliseconds(1) / frames_of_bare, "{:.1f}"),
       number(rotation.ratio(1, 0) * n / frames_of_bare, "{:.2f}"),
       number(rotation.milliseconds(2) / kBatch, "{:.1f}"),
       number(rotation.ratio(2, 0) * n / kBatch, "{:.2f}"),
       number(rotation.milliseconds(3) * floor_scale, "{:.1f}"),
       number(rotation.ratio(3, 1) * frames_of_bare * floor_scale, "{:.2f}"),
       number(peer.milliseconds(), "{:.1f}"), number(peer.milliseconds() / ms, "{:.2f}")});
}

void run_sparse(benchmark::State& state) {
  constexpr double kSeconds = 5;
  const std::string video = render("long.mp4", 480, 360, 15000);
  features::SampledFramesOptions options;
  options.sampler.fps = 1.0 / 30;
  int64_t sampled = 0;
  int64_t decoded = 0;
  Rotation rotation({[&] {
                       features::SampledFrames frames(video, options);
                       for (sampled = 0; frames.next(); ++sampled) {
                       }
                     },
                     [&] {
                       features::VideoReader reader(video);
                       for (decoded = 0; reader.grab(); ++decoded) {
                       }
                     }});
  for (auto _ : state) {
    rotation.run(kSeconds, 3);
    state.SetIterationTime(rotation.milliseconds(0) / 1e3);
  }
  sparse_results().rows.push_back({"1 frame in 30 s", fmt::format("{} of {}", sampled, decoded),
                                   number(rotation.milliseconds(0), "{:.0f}"),
                                   number(rotation.milliseconds(1), "{:.0f}"),
                                   number(rotation.ratio(1, 0), "{:.1f}")});
}

void register_cases() {
  std::vector<Precision> precisions = {Precision::kFloat32};
  if (features::has_bfloat16()) precisions.push_back(Precision::kBfloat16);
  for (Case c : cases())
    for (const int64_t count : thread_counts())
      for (const Precision precision : precisions) {
        c.threads = count;
        const bool exact = precision == Precision::kFloat32;
        add_case(fmt::format("{}/{}/{}_threads", c.backbone, exact ? "float32" : "bfloat16", count),
                 [c, precision](benchmark::State& state) { run_case(state, c, precision); });
      }
  add_case("sparse", run_sparse);
}

}  // namespace
}  // namespace vidqa::benchmarks::speed

int main(int argc, char** argv) {
  using namespace vidqa::benchmarks::speed;
  register_cases();
  const int code = run(argc, argv, "Feature extraction", [] { return results(); });
  if (!sparse_results().rows.empty())
    fmt::print("\n{}", vidqa::benchmarks::to_markdown(sparse_results()));
  return code;
}

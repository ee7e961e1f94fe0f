#include "features/backbone.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <utility>

#include <fmt/format.h>
#include <torch/torch.h>

#include "features/c3d.h"
#include "features/hash.h"
#include "features/resnet.h"
#include "features/torchscript_backbone.h"
#include "features/vgg.h"
#include "features/vision_transformer.h"
#include "features/weights.h"

namespace vidqa::features {
namespace {

/// Gives torch's global CPU generator back as it was.
class GeneratorGuard {
 public:
  GeneratorGuard() : generator_(at::detail::getDefaultCPUGenerator()) {
    const std::lock_guard<std::mutex> lock(generator_.mutex());
    state_ = generator_.get_state();
  }
  ~GeneratorGuard() {
    const std::lock_guard<std::mutex> lock(generator_.mutex());
    generator_.set_state(state_);
  }
  GeneratorGuard(const GeneratorGuard&) = delete;
  GeneratorGuard& operator=(const GeneratorGuard&) = delete;

  void seed(uint64_t seed) {
    const std::lock_guard<std::mutex> lock(generator_.mutex());
    generator_.set_current_seed(seed);
  }

 private:
  at::Generator generator_;
  torch::Tensor state_;
};

constexpr std::string_view kRandom = "random:";

uint64_t parse_seed(const std::string& weights) {
  const char* begin = weights.data() + kRandom.size();
  const char* end = weights.data() + weights.size();
  uint64_t seed = 0;
  const auto [stop, error] = std::from_chars(begin, end, seed);
  TORCH_CHECK(error == std::errc() && stop == end, "weights '", weights,
              "': expected random:SEED with a whole number");
  return seed;
}

std::string names_of(const std::vector<LayerEntry>& layers, bool with_map) {
  std::string names;
  for (const LayerEntry& layer : layers)
    if (!with_map || layer.map_dim > 0) names += (names.empty() ? "" : ", ") + layer.name;
  return names.empty() ? "none" : names;
}

/// How far `b` is from `a`, both (n, ...) float32.
std::string describe_error(const torch::Tensor& a, const torch::Tensor& b) {
  const torch::Tensor x = a.flatten(1).to(torch::kFloat64);
  const torch::Tensor y = b.flatten(1).to(torch::kFloat64);
  const torch::Tensor cosines = torch::cosine_similarity(x, y, 1);
  const double largest = x.abs().max().item<double>();
  const double error = (x - y).abs().max().item<double>() / std::max(largest, 1e-30);
  return fmt::format(
      "bfloat16 beside float32 on the first batch of {}: cosine {:.6f} on average, {:.6f} at "
      "worst; largest error {:.1e} of the largest value",
      x.size(0), cosines.mean().item<double>(), cosines.min().item<double>(), error);
}

/// Devices differ: some take longer for bfloat16 than for float32.
std::string describe_speed(double time_ratio) {
  const std::string measured = fmt::format("; {:.2f} times the time of float32", time_ratio);
  return time_ratio < 1 ? measured : measured + ": on this device --precision float32 is better";
}

void load_weights(Backbone& network, const std::string& path) {
  StateDict tensors;
  for (auto& [name, tensor] : read_weights(path)) tensors[network.current_name(name)] = tensor;
  load_state_dict(network, tensors, path, network.ignored_prefixes());
}

}  // namespace

const std::vector<BackboneEntry>& backbone_table() {
  static const std::vector<BackboneEntry> kTable = [] {
    std::vector<BackboneEntry> table;
    for (const auto& entries :
         {resnet_entries(), vgg_entries(), vision_transformer_entries(), c3d_entries()})
      table.insert(table.end(), entries.begin(), entries.end());
    return table;
  }();
  return kTable;
}

const BackboneEntry& backbone_entry(const std::string& name) {
  std::string accepted;
  for (const BackboneEntry& entry : backbone_table()) {
    if (entry.name == name) return entry;
    accepted += (accepted.empty() ? "" : ", ") + entry.name;
  }
  TORCH_CHECK(false, "backbone '", name, "' is unknown; accepted: ", accepted);
}

std::string preset_of_weights(const BackboneEntry& entry, const std::string& weights_hash) {
  // Those that were not trained for the preset of their backbone: IMAGENET1K_V2.
  static const std::vector<std::string> kV2 = {"11ad3fa6",   // resnet50
                                               "cd907fc2",   // resnet101
                                               "f82ba261",   // resnet152
                                               "110c445d"};  // resnext101_32x8d
  for (const std::string& start : kV2)
    if (weights_hash.rfind(start, 0) == 0) return "torchvision-v2";
  return entry.preset;
}

Backbone::Backbone(const BackboneEntry& entry)
    : torch::nn::Module(entry.name),
      layers_(entry.layers),
      input_dims_(entry.clip_length > 1 ? 5 : 4),
      layer_(entry.layers.front()) {}

void Backbone::select_output(const std::string& layer, bool spatial_map) {
  const std::string& wanted = layer.empty() ? layers_.front().name : layer;
  for (const LayerEntry& entry : layers_) {
    if (entry.name != wanted) continue;
    TORCH_CHECK(!spatial_map || entry.map_dim > 0, name(), ": layer ", wanted,
                " has no spatial map; layers with one: ", names_of(layers_, true));
    layer_ = entry;
    spatial_map_ = spatial_map;
    return;
  }
  TORCH_CHECK(false, name(), " has no layer '", layer, "'; accepted: ", names_of(layers_, false));
}

torch::Tensor Backbone::forward(const torch::Tensor& inputs) {
  TORCH_CHECK(inputs.dim() == input_dims_ && inputs.size(1) == 3, name(), ": expected ",
              input_dims_ == 5 ? "clips (n, 3, T, H, W)" : "images (n, 3, H, W)", ", got ",
              inputs.sizes());
  if (inputs.size(0) == 0) {
    TORCH_CHECK(!spatial_map_, name(), ": a map of no inputs has no size");
    return inputs.new_zeros({0, dim()}, torch::kFloat32);
  }
  std::call_once(first_batch_, [&] { begin_bfloat16(inputs); });
  const torch::Tensor result = run(inputs).to(torch::kFloat32).contiguous();
  TORCH_CHECK(result.dim() == (spatial_map_ ? 4 : 2) && result.size(0) == inputs.size(0) &&
                  result.size(1) == dim(),
              name(), ": layer ", layer(), " must give (n, ", dim(), spatial_map_ ? ", h, w" : "",
              "), got ", result.sizes(), " for ", inputs.size(0), " inputs");
  return result;
}

void Backbone::begin_bfloat16(const torch::Tensor& inputs) {
  if (precision_ != Precision::kBfloat16) return;
  const auto on_cpu = [&] { return run(inputs).to(torch::kCPU, torch::kFloat32); };
  const auto run_twice = [&] {  // the first time packs weights and is not counted
    on_cpu();
    const auto start = std::chrono::steady_clock::now();
    torch::Tensor result = on_cpu();
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    return std::pair(std::move(result), passed.count());
  };
  const auto [exact, seconds_exact] = run_twice();
  pack(Precision::kBfloat16);
  const auto [rounded, seconds] = run_twice();
  precision_note_ = describe_error(exact, rounded) + describe_speed(seconds / seconds_exact);
}

void Backbone::optimize_for_inference(Precision precision) {
  const torch::NoGradGuard no_grad;
  pack(Precision::kFloat32);
  precision_ = precision;
}

torch::Tensor LoadedBackbone::rows(const torch::Tensor& inputs) const {
  const torch::NoGradGuard no_grad;
  torch::Tensor features = network->forward(inputs.to(torch::Device(device)));
  if (l2_normalize)
    features = features / torch::linalg_vector_norm(features, 2, {1}, true).clamp_min(1e-12);
  return features.to(torch::kCPU);
}

LoadedBackbone make_backbone(const BackboneOptions& options) {
  const torch::Device device(options.device);
  TORCH_CHECK(options.precision == Precision::kFloat32 || !device.is_cpu() || has_bfloat16(),
              "bfloat16: this processor has no instructions for it (AVX-512 BF16) and would be "
              "slower than with float32");
  if (!options.torchscript.empty()) return make_torchscript_backbone(options);

  const BackboneEntry& entry = backbone_entry(options.name);
  TORCH_CHECK(!options.weights.empty(), "backbone ", entry.name,
              ": no weights given; name a .safetensors, .pth or .pt file, or random:SEED for an "
              "untrained network");
  TORCH_CHECK(!options.clip_length || *options.clip_length == entry.clip_length, "backbone ",
              entry.name, " takes clips of ", entry.clip_length, ", got clip_length ",
              options.clip_length.value_or(0));
  LoadedBackbone loaded;
  loaded.network = entry.make(entry);
  loaded.network->select_output(options.layer, options.spatial_map);
  if (options.weights.rfind(kRandom, 0) == 0) {
    GeneratorGuard generator;
    generator.seed(parse_seed(options.weights));
    loaded.network->initialize();
    loaded.weights_description = loaded.weights_hash = options.weights;
  } else {
    load_weights(*loaded.network, options.weights);
    loaded.weights_description = std::filesystem::path(options.weights).filename().string();
    loaded.weights_hash = sha256_file(options.weights);
  }
  loaded.network->to(device);
  loaded.network->eval();
  loaded.network->optimize_for_inference(options.precision);

  loaded.input.clip_length = entry.clip_length;
  loaded.input.transform = resolve_frame_transform(
      frame_preset(preset_of_weights(entry, loaded.weights_hash)), options.frames);
  loaded.name = entry.name;
  loaded.layer = loaded.network->layer();
  loaded.dim = loaded.network->dim();
  loaded.spatial_map = options.spatial_map;
  loaded.l2_normalize = options.l2_normalize;
  loaded.device = options.device;
  return loaded;
}

}  // namespace vidqa::features

#include "features/torchscript_backbone.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>
#include <torch/script.h>
#include <torch/torch.h>

#include "features/hash.h"

namespace vidqa::features {
namespace {

using nlohmann::json;

constexpr const char* kExtraFile = "vidqa.json";

const std::vector<std::string>& input_keys() {
  static const std::vector<std::string> kKeys = {"input_size",  "mean",         "std",
                                                 "clip_length", "preset",       "resize",
                                                 "resize_size", "interpolation"};
  return kKeys;
}

class TorchscriptBackbone : public Backbone {
 public:
  TorchscriptBackbone(const BackboneEntry& entry, torch::jit::Module module)
      : Backbone(entry), module_(std::move(module)) {}

  void initialize() override { TORCH_CHECK(false, name(), ": has its weights in its file"); }

 protected:
  torch::Tensor run(const torch::Tensor& inputs) override {
    torch::Tensor y = module_.forward({inputs.to(dtype_)}).toTensor();
    if (!spatial_map() && y.dim() == 4 && y.size(2) == 1 && y.size(3) == 1) y = y.flatten(1);
    return y;
  }
  /// Float32 was packed when the module was loaded.
  void pack(Precision precision) override {
    if (precision == Precision::kFloat32) return;
    dtype_ = torch::kBFloat16;
    module_.to(dtype_);
  }

 private:
  torch::jit::Module module_;
  torch::ScalarType dtype_ = torch::kFloat32;
};

json to_json(const torch::IValue& value) {
  if (value.isInt()) return value.toInt();
  if (value.isDouble()) return value.toDouble();
  if (value.isString()) return value.toStringRef();
  if (value.isTensor()) {
    const torch::Tensor numbers = value.toTensor().to(torch::kCPU, torch::kFloat64).contiguous();
    const auto* begin = numbers.data_ptr<double>();
    return std::vector<double>(begin, begin + numbers.numel());
  }
  json list = json::array();
  if (value.isTuple())
    for (const torch::IValue& item : value.toTupleRef().elements()) list.push_back(to_json(item));
  else if (value.isList())
    for (const torch::IValue& item : value.toList()) list.push_back(to_json(item));
  else
    TORCH_CHECK(false, "is neither a number, a text nor a list");
  return list;
}

/// What the file says about its input.
json stored_settings(const torch::jit::Module& module, const std::string& extra) {
  json settings = json::object();
  for (const std::string& key : input_keys()) {
    if (!module.hasattr(key)) continue;
    try {
      settings[key] = to_json(module.attr(key));
    } catch (const c10::Error& error) {
      TORCH_CHECK(false, "its attribute ", key, " ", error.what_without_backtrace());
    }
  }
  if (extra.empty()) return settings;
  const json stored = json::parse(extra);
  TORCH_CHECK(stored.is_object(), kExtraFile, " is no JSON object");
  for (const auto& [key, value] : stored.items()) {
    const auto& known = input_keys();
    TORCH_CHECK(std::find(known.begin(), known.end(), key) != known.end(), kExtraFile,
                " has the unknown key '", key,
                "'; known: input_size, mean, std, clip_length, preset, resize, resize_size, "
                "interpolation");
    settings[key] = value;
  }
  return settings;
}

std::array<float, 3> three_numbers(const json& stored, const char* key) {
  const auto numbers = stored.at(key).get<std::vector<float>>();
  TORCH_CHECK(numbers.size() == 3, "its ", key, " must be three numbers, got ", numbers.size());
  return {numbers[0], numbers[1], numbers[2]};
}

InputSpec resolve_input(const json& stored, const BackboneOptions& options) {
  InputSpec input;
  input.clip_length = options.clip_length.value_or(stored.value("clip_length", int64_t{1}));
  TORCH_CHECK(input.clip_length >= 1, "clip_length must be at least 1, got ", input.clip_length);

  FrameTransformOptions frames;
  const bool has_preset = stored.contains("preset") || options.frames.preset.has_value();
  if (stored.contains("preset")) frames = frame_preset(stored.at("preset").get<std::string>());
  std::string missing;
  const auto need = [&](const char* key, bool is_in_options) {
    if (!has_preset && !is_in_options && !stored.contains(key))
      missing += (missing.empty() ? "" : ", ") + std::string(key);
  };
  need("input_size", options.frames.crop_size.has_value());
  need("mean", options.frames.mean.has_value());
  need("std", options.frames.deviation.has_value());
  TORCH_CHECK(missing.empty(), "says nothing of its ", missing,
              "; give them as options, or a preset, or store them in the file as ", kExtraFile);

  FrameOverrides file;
  if (stored.contains("input_size")) file.crop_size = stored.at("input_size").get<int64_t>();
  if (stored.contains("mean")) file.mean = three_numbers(stored, "mean");
  if (stored.contains("std")) file.deviation = three_numbers(stored, "std");
  if (stored.contains("resize")) file.resize = stored.at("resize").get<std::string>();
  if (stored.contains("resize_size")) file.resize_size = stored.at("resize_size").get<int64_t>();
  if (!has_preset && !file.resize_size)
    file.resize_size = options.frames.crop_size ? options.frames.crop_size : file.crop_size;
  frames = resolve_frame_transform(frames, file);
  if (stored.contains("interpolation"))
    frames.interpolation = stored.at("interpolation").get<std::string>();
  input.transform = resolve_frame_transform(frames, options.frames);
  return input;
}

/// (1, D), or (1, D, h, w), of an input of zeros.
torch::Tensor probe(torch::jit::Module& module, const InputSpec& input,
                    const torch::Device& device) {
  const int64_t side = input.transform.crop_size;
  std::vector<int64_t> sizes = {1, 3, side, side};
  if (input.clip_length > 1) sizes.insert(sizes.begin() + 2, input.clip_length);
  const torch::IValue result = module.forward({torch::zeros(sizes, device)});
  TORCH_CHECK(result.isTensor(), "must give one tensor, gives ", result.tagKind());
  const torch::Tensor& y = result.toTensor();
  TORCH_CHECK((y.dim() == 2 || y.dim() == 4) && y.size(0) == 1 && y.is_floating_point(),
              "must give (n, D) or (n, D, h, w), gives ", y.sizes(), " for one input");
  return y;
}

LoadedBackbone load(const BackboneOptions& options) {
  const torch::Device device(options.device);
  torch::jit::ExtraFilesMap extra = {{kExtraFile, ""}};
  torch::jit::Module module = torch::jit::load(options.torchscript, device, extra);
  LoadedBackbone loaded;
  loaded.input = resolve_input(stored_settings(module, extra.at(kExtraFile)), options);
  for (torch::jit::Module part : module.modules())
    if (part.hasattr("training")) part.setattr("training", false);
  if (options.precision == Precision::kFloat32) {
    module = torch::jit::freeze(module);
    if (device.is_cpu()) module = torch::jit::optimize_for_inference(module);
  } else {
    TORCH_CHECK(module.parameters().size() > 0,
                "is frozen, so its weights cannot become bfloat16; save it before freezing");
  }

  const torch::NoGradGuard no_grad;
  const torch::Tensor y = probe(module, loaded.input, device);
  const bool has_map = y.dim() == 4 && (y.size(2) > 1 || y.size(3) > 1);
  TORCH_CHECK(!has_map || options.spatial_map, "gives a map ", y.sizes(),
              "; ask for the spatial map");
  BackboneEntry entry;
  entry.name = std::filesystem::path(options.torchscript).filename().string();
  entry.clip_length = loaded.input.clip_length;
  entry.layers = {{"output", y.size(1), y.dim() == 4 ? y.size(1) : 0}};
  loaded.network = std::make_shared<TorchscriptBackbone>(entry, std::move(module));
  loaded.name = entry.name;
  return loaded;
}

}  // namespace

LoadedBackbone make_torchscript_backbone(const BackboneOptions& options) {
  TORCH_CHECK(options.weights.empty(), options.torchscript,
              ": a TorchScript file has its weights, but weights '", options.weights,
              "' are given too");
  TORCH_CHECK(std::filesystem::is_regular_file(options.torchscript), options.torchscript,
              ": no such TorchScript file");
  LoadedBackbone loaded;
  try {
    loaded = load(options);
  } catch (const c10::Error& error) {
    TORCH_CHECK(false, options.torchscript, ": ", error.what_without_backtrace());
  } catch (const std::exception& error) {
    TORCH_CHECK(false, options.torchscript, ": ", error.what());
  }
  loaded.network->select_output(options.layer, options.spatial_map);
  loaded.network->optimize_for_inference(options.precision);
  loaded.layer = loaded.network->layer();
  loaded.dim = loaded.network->dim();
  loaded.spatial_map = options.spatial_map;
  loaded.l2_normalize = options.l2_normalize;
  loaded.device = options.device;
  loaded.weights_description = loaded.name;
  loaded.weights_hash = sha256_file(options.torchscript);
  return loaded;
}

}  // namespace vidqa::features

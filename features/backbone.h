#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/types.h>

#include "features/frame_transform.h"
#include "features/precision.h"

namespace vidqa::features {

class Backbone;
using BackbonePtr = std::shared_ptr<Backbone>;

/// A layer whose output can be the features.
struct LayerEntry {
  std::string name;
  int64_t dim = 0;      ///< of the vector
  int64_t map_dim = 0;  ///< channels of the map; 0: the layer has none
};

/// One row of the table from which `--backbone` and its help text come.
struct BackboneEntry {
  std::string name;
  std::string summary;  ///< one line
  std::string paper;
  int64_t clip_length = 1;                          ///< frames of an input; 1: images
  std::string preset;                               ///< of frames; see preset_of_weights()
  std::vector<LayerEntry> layers;                   ///< the first one is the default
  BackbonePtr (*make)(const BackboneEntry& entry);  ///< values of parameters undefined
};

const std::vector<BackboneEntry>& backbone_table();
/// Throws c10::Error listing the accepted names.
const BackboneEntry& backbone_entry(const std::string& name);

/// The frame preset that weights were trained for: torchvision's files are known by the start of
/// their SHA-256, which their names carry; others are taken for those of the backbone.
std::string preset_of_weights(const BackboneEntry& entry, const std::string& weights_hash);

/// A network that turns images, or clips of images, into feature vectors or maps. Row-wise: a row
/// of the output depends on its own input only.
class Backbone : public torch::nn::Module {
 public:
  /// (n, 3, H, W), or (n, 3, T, H, W) for clips, float32, as its FrameTransform makes them ->
  /// (n, dim()) float32, or (n, dim(), h, w) with a spatial map. n may be 0 for vectors.
  torch::Tensor forward(const torch::Tensor& inputs);

  /// Which layer's output forward() gives; empty: the default. Throws c10::Error listing the
  /// layers, or those that have a map.
  void select_output(const std::string& layer, bool spatial_map);
  const std::string& layer() const { return layer_.name; }
  bool spatial_map() const { return spatial_map_; }
  int64_t dim() const { return spatial_map_ ? layer_.map_dim : layer_.dim; }

  /// Random values from torch's global generator, as its paper or torchvision prescribes.
  virtual void initialize() = 0;
  /// The name here of a tensor of a published file.
  virtual std::string current_name(const std::string& published) const { return published; }
  /// Names of tensors that published files have and features do not need begin so.
  virtual std::vector<std::string> ignored_prefixes() const { return {}; }

  /// Makes forward() faster and, but for the precision, nothing else: folds what is constant at
  /// inference, packs weights as the processor likes them. The state dict is another one
  /// afterwards, so this comes after loading and after to(device). With kBfloat16 the first batch
  /// runs twice in each precision as well, to tell error and speed.
  void optimize_for_inference(Precision precision);
  /// The error and the speed of bfloat16 on the first batch, in words; empty until then and for
  /// float32.
  const std::string& precision_note() const { return precision_note_; }

 protected:
  explicit Backbone(const BackboneEntry& entry);

  /// forward() with at least one input; may give any floating dtype and memory format.
  virtual torch::Tensor run(const torch::Tensor& inputs) = 0;
  /// See optimize_for_inference(); called with kFloat32, then perhaps with kBfloat16.
  virtual void pack(Precision precision) = 0;

 private:
  void begin_bfloat16(const torch::Tensor& inputs);

  std::vector<LayerEntry> layers_;
  int64_t input_dims_;  ///< 4 or 5
  LayerEntry layer_;
  bool spatial_map_ = false;
  Precision precision_ = Precision::kFloat32;
  std::once_flag first_batch_;
  std::string precision_note_;
};

struct BackboneOptions {
  std::string name = "resnet18";
  /// A FILE.safetensors, or a FILE.pth or FILE.pt that holds a state dict (features/weights.h), or
  /// `random:SEED`. No default: features of unknown weights are worth nothing.
  std::string weights;
  std::string torchscript;    ///< a scripted network, in place of name and weights
  std::string layer;          ///< empty: the default of the backbone
  bool spatial_map = false;   ///< (n, D, h, w) instead of (n, D)
  bool l2_normalize = false;  ///< rows of length 1 (every place of a map)
  Precision precision = Precision::kFloat32;
  std::string device = "cpu";
  FrameOverrides frames;
  std::optional<int64_t> clip_length;  ///< where the network takes more than one
};

/// What a network wants to be given.
struct InputSpec {
  int64_t clip_length = 1;  ///< 1: images
  FrameTransformOptions transform;
};

/// A backbone ready for use, and what tells its features from those of other weights.
struct LoadedBackbone {
  BackbonePtr network;
  InputSpec input;
  std::string name;
  std::string layer;
  int64_t dim = 0;
  bool spatial_map = false;
  bool l2_normalize = false;
  std::string device;
  std::string weights_description;  ///< file name without folders, or `random:SEED`
  std::string weights_hash;         ///< SHA-256 of the file in lower-case hex, or `random:SEED`

  /// Inputs as Backbone::forward takes them, on the CPU -> features on the CPU, contiguous float32,
  /// normalised if asked for. Without gradients. By
  /// any number of threads at once.
  torch::Tensor rows(const torch::Tensor& inputs) const;
  /// To print and to record after the first batch; empty for float32.
  const std::string& precision_note() const { return network->precision_note(); }
};

/// Builds a backbone in evaluation mode, on its device, optimised for inference. The state of
/// torch's global generator is left as it was.
/// Throws c10::Error: unknown name or layer (lists the accepted ones), no weights, unreadable file,
/// tensors that do not fit (names them).
LoadedBackbone make_backbone(const BackboneOptions& options);

}  // namespace vidqa::features

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <torch/nn/module.h>
#include <torch/types.h>

namespace vidqa::features {

/// A network that turns images into feature vectors. Row-wise: a row of the output depends only on
/// its own image.
class Backbone : public torch::nn::Module {
 public:
  /// (n, 3, H, W) float32 RGB, scaled to 0..1 and normalised with the mean and deviation of
  /// ImageNet -> (n, dim()) float32. n may be 0. Any H and W that leave at least one pixel at the
  /// end; the published size is 224.
  virtual torch::Tensor forward(const torch::Tensor& images) = 0;

  /// Makes forward() faster and nothing else: folds what is constant at inference, picks a memory
  /// layout. The state dict is another one afterwards, so this comes last.
  virtual void optimize_for_inference() {}

  int64_t dim() const { return dim_; }

 protected:
  /// `name` is what torch::nn::Module::name() returns.
  Backbone(std::string name, int64_t dim) : torch::nn::Module(std::move(name)), dim_(dim) {}

 private:
  int64_t dim_;
};

using BackbonePtr = std::shared_ptr<Backbone>;

/// A backbone ready for use, and what tells its features from those of other weights.
struct LoadedBackbone {
  BackbonePtr network;
  std::string weights_description;  ///< file name without folders, or `random:SEED`
  std::string weights_hash;         ///< SHA-256 of the file in lower-case hex, or `random:SEED`
};

/// Builds the backbone `name` on the CPU, in evaluation mode, without gradients and optimised for
/// inference. `weights` is a FILE.safetensors, a FILE.pth or FILE.pt that holds a state dict
/// (features/weights.h), or `random:SEED`. The state of torch's global generator is left as it was.
/// Throws c10::Error: unknown name (lists the accepted ones), empty weights, unreadable file,
/// tensors that do not fit.
LoadedBackbone make_backbone(const std::string& name, const std::string& weights);

/// One row of the table from which `--backbone` and its help text come.
struct BackboneEntry {
  std::string name;
  std::string summary;  ///< one line
  std::string paper;
  int64_t dim;
  BackbonePtr (
      *make)();  ///< randomly initialised from torch's global generator, as its paper prescribes
};

const std::vector<BackboneEntry>& backbone_table();

}  // namespace vidqa::features

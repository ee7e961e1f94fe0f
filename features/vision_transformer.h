#pragma once

#include <string>
#include <vector>

#include "features/backbone.h"
#include "features/layers.h"

namespace vidqa::features {

/// ViT-B/16 (Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021, arXiv 2010.11929) on
/// images of 224x224: the class token after the last normalisation; its map are the 14x14 patch
/// tokens. Names and arithmetic are torchvision's, without `heads`; the names of its released file,
/// from before torchvision 0.13 (mlp.linear_1), are known.
class VisionTransformer : public Backbone {
 public:
  explicit VisionTransformer(const BackboneEntry& entry);

  void initialize() override;
  std::string current_name(const std::string& published) const override;
  std::vector<std::string> ignored_prefixes() const override { return {"heads."}; }

 protected:
  torch::Tensor run(const torch::Tensor& inputs) override;
  void pack(Precision precision) override;

 private:
  /// Scale and shift of a layer normalisation.
  struct Norm {
    Norm(torch::nn::Module& parent, const std::string& path);
    torch::Tensor operator()(const torch::Tensor& x) const;
    void initialize();
    void pack(Precision precision);
    torch::Tensor weight, bias;
  };
  struct Block {
    Block(torch::nn::Module& parent, const std::string& path);
    torch::Tensor operator()(const torch::Tensor& x) const;
    void initialize();
    void pack(Precision precision);
    Norm norm_1;
    torch::Tensor in_weight, in_bias;  ///< (3 D, D), (3 D): query, key, value
    LinearLayer out;
    Norm norm_2;
    LinearLayer mlp_1, mlp_2;
  };

  ConvLayer patches_;
  torch::Tensor class_token_;  ///< (1, 1, D)
  torch::Tensor positions_;    ///< (1, 197, D)
  std::vector<Block> blocks_;
  Norm norm_;
};

/// vit_b_16.
std::vector<BackboneEntry> vision_transformer_entries();

}  // namespace vidqa::features

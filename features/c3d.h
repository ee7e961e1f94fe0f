#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "features/backbone.h"
#include "features/layers.h"

namespace vidqa::features {

/// Output widths of conv1, conv2, conv3a, conv3b, conv4a, conv4b, conv5a, conv5b and of fc6, fc7.
struct C3dWidths {
  std::array<int64_t, 8> convs = {64, 128, 256, 256, 512, 512, 512, 512};
  int64_t fc = 4096;
};

/// C3D (Tran et al., "Learning Spatiotemporal Features with 3D Convolutional Networks", ICCV 2015,
/// arXiv 1412.0767) on clips of 16 frames of 112x112: fc6 (default) or fc7 behind their ReLU, or
/// pool5, flattened in the order channel, time, row, column; its map is pool5. Names and arithmetic
/// are those of the PyTorch port with the Sports-1M weights `c3d.pickle`, without `fc8`.
class C3d : public Backbone {
 public:
  explicit C3d(const BackboneEntry& entry, const C3dWidths& widths = {});

  void initialize() override;
  std::vector<std::string> ignored_prefixes() const override { return {"fc8."}; }

 protected:
  torch::Tensor run(const torch::Tensor& inputs) override;
  void pack(Precision precision) override;

 private:
  std::vector<std::vector<ConvLayer>> stages_;  ///< a max pooling after each
  LinearLayer fc6_, fc7_;
};

/// c3d.
std::vector<BackboneEntry> c3d_entries();

}  // namespace vidqa::features

#pragma once

#include <memory>
#include <random>
#include <string>

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "fusion/cpu/batched_fft.h"
#include "fusion/functional.h"
#include "fusion/fusion.h"

namespace vidqa::fusion {

class SpecReader;

struct MCBOptions {
  explicit MCBOptions(FusionDims dims) : dims_(dims) {}

  void bind(SpecReader& spec);
  /// Throws c10::Error naming the fusion, the option and what is accepted.
  void validate() const;
  double num_parameters() const;
  Cost cost() const;

  TORCH_ARG(FusionDims, dims);
  TORCH_ARG(int64_t, mm_dim) = 1600;
  TORCH_ARG(std::string, activ_output) = "leaky_relu";
  TORCH_ARG(double, dropout_output) = 0.2;
  /// Of the two sketches, which are not trained: the same on every platform, whatever else draws
  /// random numbers.
  TORCH_ARG(int64_t, seed) = 0;
};

/// The fixed random signs and places of a count sketch (functional.h), buffers `h` (n) int64 and
/// `s` (n).
class CountSketchImpl : public torch::nn::Module {
 public:
  /// Draws all places, then all signs.
  CountSketchImpl(int64_t in_features, int64_t out_features, std::mt19937_64& random);

  torch::Tensor forward(const torch::Tensor& x);
  const torch::Tensor& h() const { return h_; }
  const torch::Tensor& s() const { return s_; }

  /// `s` follows the type, the indices `h` stay int64.
  void to(torch::Dtype dtype, bool non_blocking = false) override;
  void to(torch::Device device, torch::Dtype dtype, bool non_blocking = false) override;
  using torch::nn::Module::to;

 private:
  int64_t out_features_;
  torch::Tensor h_;
  torch::Tensor s_;
};

TORCH_MODULE(CountSketch);

/// Multimodal compact bilinear pooling, Fukui et al., EMNLP 2016, arXiv 1606.01847: the count
/// sketch of the outer product x y^T is the circular convolution (length m, not padded) of the
/// sketches of x and y,
///   z = irfft(rfft(sketch1(x)) rfft(sketch2(y))), out = drop(psi(Wo z + bo)), psi = activ_output.
/// The paper takes the signed square root and normalises z; the published code of arXiv 1902.00038
/// does not, nor do we.
class MCBImpl : public Fusion {
 public:
  using Options = MCBOptions;
  static constexpr const char* kName = "mcb";

  explicit MCBImpl(const MCBOptions& options);
  torch::Tensor compose(const torch::Tensor& x, const torch::Tensor& y) override;

  const MCBOptions options;

 protected:
  /// Not where mm_dim has a prime factor above 7.
  bool has_kernel() const override;
  torch::Tensor fuse(const torch::Tensor& x, const torch::Tensor& y) override;

 private:
  Activation activ_output_;
  std::shared_ptr<const cpu::BatchedFft> fft_;  ///< null without a kernel
  CountSketch sketch1_{nullptr};
  CountSketch sketch2_{nullptr};
  torch::nn::Linear linear_out_{nullptr};
};

TORCH_MODULE(MCB);

}  // namespace vidqa::fusion

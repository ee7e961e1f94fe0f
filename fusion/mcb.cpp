#include "fusion/mcb.h"

#include <cmath>
#include <utility>

#include <torch/torch.h>

#include "fusion/cost.h"
#include "fusion/dropout.h"
#include "fusion/fused_compact_bilinear.h"
#include "fusion/option_checks.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {

void MCBOptions::bind(SpecReader& spec) {
  spec.bind("mm_dim", mm_dim_);
  spec.bind("activ_output", activ_output_);
  spec.bind_dropout({{"dropout_output", &dropout_output_}});
  spec.bind("seed", seed_);
}

void MCBOptions::validate() const {
  check_positive(MCBImpl::kName, {{"mm_dim", mm_dim_}});
  check_dropout(MCBImpl::kName, {{"dropout_output", dropout_output_}});
}

double MCBOptions::num_parameters() const { return linear_parameters(mm_dim_, dims_.out); }

Cost MCBOptions::cost() const {
  const auto m = static_cast<double>(mm_dim_);
  // A transform of m complex values takes 5 m log2 m additions and multiplications; it serves both
  // sketches of a row there, and two rows back.
  const double transforms = 1.5 * 2.5 * m * std::log2(m);
  Cost cost;
  cost.parameters = num_parameters();
  cost.multiply_adds = static_cast<double>(dims_.x) + static_cast<double>(dims_.y) + transforms +
                       4 * m + linear_multiply_adds(m, dims_.out);
  cost.saved_bytes = kBytesPerValue * (m + static_cast<double>(dims_.out));
  return cost;
}

CountSketchImpl::CountSketchImpl(int64_t in_features, int64_t out_features, std::mt19937_64& random)
    : torch::nn::Module("CountSketch"), out_features_(out_features) {
  h_ = register_buffer("h", torch::empty({in_features}, torch::kInt64));
  s_ = register_buffer("s", torch::empty({in_features}, torch::kFloat32));
  // Remainders and single bits, because what the standard distributions draw differs between
  // libraries.
  const auto range = static_cast<uint64_t>(out_features);
  auto h = h_.accessor<int64_t, 1>();
  auto s = s_.accessor<float, 1>();
  for (int64_t i = 0; i < in_features; ++i) h[i] = static_cast<int64_t>(random() % range);
  for (int64_t i = 0; i < in_features; ++i) s[i] = (random() & 1) == 0 ? 1.0F : -1.0F;
  s_.set_data(s_.to(torch::get_default_dtype()));
}

torch::Tensor CountSketchImpl::forward(const torch::Tensor& x) {
  return count_sketch(x, h_, s_, out_features_);
}

void CountSketchImpl::to(torch::Dtype dtype, bool non_blocking) {
  s_.set_data(s_.to(dtype, non_blocking));
}

void CountSketchImpl::to(torch::Device device, torch::Dtype dtype, bool non_blocking) {
  h_.set_data(h_.to(device, non_blocking));
  s_.set_data(s_.to(device, dtype, non_blocking));
}

MCBImpl::MCBImpl(const MCBOptions& options)
    : Fusion(options.dims(), kName),
      options(options),
      activ_output_(find_activation(kName, "activ_output", options.activ_output())) {
  options.validate();
  check_mm_dim(kName, options);
  const int64_t m = options.mm_dim();
  std::mt19937_64 random(static_cast<uint64_t>(options.seed()));
  auto mcb = register_module("mcb", std::make_shared<torch::nn::Module>("mcb"));
  sketch1_ = mcb->register_module("sketch1", CountSketch(dims().x, m, random));
  sketch2_ = mcb->register_module("sketch2", CountSketch(dims().y, m, random));
  linear_out_ = register_module("linear_out", torch::nn::Linear(m, dims().out));
  if (cpu::BatchedFft::supports(m)) fft_ = std::make_shared<cpu::BatchedFft>(m);
}

bool MCBImpl::has_kernel() const { return fft_ != nullptr && cpu::has_kernel(activ_output_); }

torch::Tensor MCBImpl::fuse(const torch::Tensor& x, const torch::Tensor& y) {
  FusedCompactBilinear spec;
  spec.sketch_x = {sketch1_->h(), sketch1_->s().to(x.scalar_type())};
  spec.sketch_y = {sketch2_->h(), sketch2_->s().to(x.scalar_type())};
  spec.fft = fft_;
  spec.linear_out = linear_out_;
  spec.places = DropoutPlaces(is_training());
  spec.output.width = dims().out;
  spec.output.activation = activ_output_;
  spec.output.dropout = spec.places.next(options.dropout_output(), dims().out);
  return FusedCompactBilinear::apply(std::move(spec), x, y);
}

torch::Tensor MCBImpl::compose(const torch::Tensor& x, const torch::Tensor& y) {
  const torch::Tensor spectrum = torch::fft_rfft(sketch1_(x)) * torch::fft_rfft(sketch2_(y));
  const torch::Tensor z = torch::fft_irfft(spectrum, options.mm_dim());  // (..., m)
  return drop(activate(activ_output_, linear_out_(z)), options.dropout_output(), is_training());
}

}  // namespace vidqa::fusion

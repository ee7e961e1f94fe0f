#include "fusion/mcb.h"

#include <torch/torch.h>

#include "fusion/dropout.h"
#include "fusion/option_checks.h"
#include "fusion/spec_reader.h"

namespace vidqa::fusion {

void MCBOptions::bind(SpecReader& spec) {
  spec.bind("mm_dim", mm_dim_);
  spec.bind("activ_output", activ_output_);
  spec.bind_dropout({{"dropout_output", &dropout_output_}});
  spec.bind("seed", seed_);
}

double MCBOptions::num_parameters() const { return linear_parameters(mm_dim_, dims_.out); }

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
  check_positive(kName, {{"mm_dim", options.mm_dim()}});
  check_dropout(kName, {{"dropout_output", options.dropout_output()}});
  check_mm_dim(kName, options);
  const int64_t m = options.mm_dim();
  std::mt19937_64 random(static_cast<uint64_t>(options.seed()));
  auto mcb = register_module("mcb", std::make_shared<torch::nn::Module>("mcb"));
  sketch1_ = mcb->register_module("sketch1", CountSketch(dims().x, m, random));
  sketch2_ = mcb->register_module("sketch2", CountSketch(dims().y, m, random));
  linear_out_ = register_module("linear_out", torch::nn::Linear(m, dims().out));
}

torch::Tensor MCBImpl::forward(const torch::Tensor& x, const torch::Tensor& y) {
  check_inputs(x, y);
  const torch::Tensor spectrum = torch::fft_rfft(sketch1_(x)) * torch::fft_rfft(sketch2_(y));
  const torch::Tensor z = torch::fft_irfft(spectrum, options.mm_dim());  // (..., m)
  return drop(activ_output_(linear_out_(z)), options.dropout_output(), is_training());
}

}  // namespace vidqa::fusion

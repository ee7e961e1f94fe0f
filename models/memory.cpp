#include "models/memory.h"

#include <utility>
#include <vector>

#include <torch/torch.h>

#include "fusion/fused_operator.h"
#include "models/fused_memory.h"

namespace vidqa::models {
namespace {

using torch::nn::Linear;

/// Columns [begin, end) of a Linear's weight: the part that multiplies one piece of a concatenated
/// input.
torch::Tensor columns(const Linear& linear, int64_t begin, int64_t end) {
  return linear->weight.slice(1, begin, end);
}

/// `inputs`, then weight and bias of each layer.
std::vector<torch::Tensor> with_parameters(std::vector<torch::Tensor> inputs,
                                           const std::vector<Linear>& layers) {
  for (const Linear& layer : layers) inputs.insert(inputs.end(), {layer->weight, layer->bias});
  return inputs;
}

/// weights (N, S), slots (N, S, h) -> (N, h).
torch::Tensor read_slots(const torch::Tensor& weights, const torch::Tensor& slots) {
  return torch::bmm(weights.unsqueeze(1), slots).squeeze(1);
}

}  // namespace

VideoMemoryImpl::VideoMemoryImpl(int64_t hidden, int64_t slots)
    : hidden_(hidden),
      slots_(slots),
      read_prob_(register_module("read_prob", Linear(3 * hidden, slots))),
      write_prob_(register_module("write_prob", Linear(3 * hidden, 3))),
      read_to_hidden_(register_module("read_to_hidden", Linear(2 * hidden, hidden))),
      appearance_(register_stream("a")),
      motion_(register_stream("m")) {}

VideoMemoryImpl::Stream VideoMemoryImpl::register_stream(const std::string& suffix) {
  return {register_module("read_to_hidden_" + suffix, Linear(3 * hidden_, hidden_)),
          register_module("hidden_to_content_" + suffix, Linear(2 * hidden_, hidden_)),
          register_module("write_prob_" + suffix, Linear(2 * hidden_, slots_))};
}

torch::Tensor VideoMemoryImpl::forward(const torch::Tensor& appearance, const torch::Tensor& motion,
                                       const RowLayout& layout) {
  if (!fusion::has_cpu_kernels(appearance))
    return layout.unpad(compose(layout.pad(appearance), layout.pad(motion)));
  return FusedVideoMemory::apply(
      {layout, hidden_, slots_},
      with_parameters({appearance, motion},
                      {read_prob_, write_prob_, read_to_hidden_, appearance_.read_to_hidden,
                       appearance_.hidden_to_content, appearance_.write_prob,
                       motion_.read_to_hidden, motion_.hidden_to_content, motion_.write_prob}));
}

torch::Tensor VideoMemoryImpl::compose(const torch::Tensor& appearance,
                                       const torch::Tensor& motion) {
  const int64_t h = hidden_;
  const int64_t batch = appearance.size(0);

  // What each step needs of x, for all steps in one product: [read_to_hidden | hidden_to_content |
  // write_prob].
  const auto of_input = [&](const Stream& stream, const torch::Tensor& x) {
    const torch::Tensor weight = torch::cat({columns(stream.read_to_hidden, 0, h),
                                             columns(stream.hidden_to_content, h, 2 * h),
                                             columns(stream.write_prob, h, 2 * h)});
    const torch::Tensor bias = torch::cat(
        {stream.read_to_hidden->bias, stream.hidden_to_content->bias, stream.write_prob->bias});
    return torch::linear(x, weight, bias).unbind(1);  // T of (N, 2h + S)
  };
  const auto inputs_a = of_input(appearance_, appearance);
  const auto inputs_m = of_input(motion_, motion);

  // What each step needs of g_a: [read_prob | write_prob | read_to_hidden_a | hidden_to_content_a |
  // write_prob_a]; g_m likewise.
  const auto of_stream_state = [&](const Stream& stream, int64_t place) {
    return torch::cat({columns(read_prob_, place * h, (place + 1) * h),
                       columns(write_prob_, place * h, (place + 1) * h),
                       columns(stream.read_to_hidden, 2 * h, 3 * h),
                       columns(stream.hidden_to_content, 0, h), columns(stream.write_prob, 0, h)})
        .t();  // (h, S + 3 + 2h + S)
  };
  const torch::Tensor weight_a = of_stream_state(appearance_, 0);
  const torch::Tensor weight_m = of_stream_state(motion_, 1);
  const torch::Tensor weight_g =
      torch::cat({columns(read_prob_, 2 * h, 3 * h), columns(write_prob_, 2 * h, 3 * h),
                  columns(read_to_hidden_, h, 2 * h)})
          .t();
  const torch::Tensor bias_g =
      torch::cat({read_prob_->bias, write_prob_->bias, read_to_hidden_->bias});
  // Of r: [read_to_hidden | read_to_hidden_a | read_to_hidden_m].
  const torch::Tensor weight_r =
      torch::cat({columns(read_to_hidden_, 0, h), columns(appearance_.read_to_hidden, h, 2 * h),
                  columns(motion_.read_to_hidden, h, 2 * h)})
          .t();  // (h, 3h)

  torch::Tensor slots = torch::zeros({batch, slots_, h}, appearance.options());
  torch::Tensor g = torch::zeros({batch, h}, appearance.options());
  torch::Tensor g_a = g;
  torch::Tensor g_m = g;
  std::vector<torch::Tensor> hidden;
  for (size_t t = 0; t < inputs_a.size(); ++t) {
    const auto of_a = torch::mm(g_a, weight_a).split_with_sizes({slots_, 3, h, h, slots_}, 1);
    const auto of_m = torch::mm(g_m, weight_m).split_with_sizes({slots_, 3, h, h, slots_}, 1);
    const auto of_g = torch::addmm(bias_g, g, weight_g).split_with_sizes({slots_, 3, h}, 1);
    const auto x_a = inputs_a[t].split_with_sizes({h, h, slots_}, 1);
    const auto x_m = inputs_m[t].split_with_sizes({h, h, slots_}, 1);

    const torch::Tensor r = read_slots((of_a[0] + of_m[0] + of_g[0]).softmax(1), slots);  // (N, h)
    const auto of_r = torch::mm(r, weight_r).chunk(3, 1);

    if (t + 1 < inputs_a.size()) {  // nobody reads the last write
      const torch::Tensor e =
          (of_a[1] + of_m[1] + of_g[1]).softmax(1);  // (N, 3): keep, appearance, motion
      const torch::Tensor contents =
          torch::stack({(x_a[1] + of_a[3]).relu(), (x_m[1] + of_m[3]).relu()}, 1);  // (N, 2, h)
      const torch::Tensor places = torch::stack(
          {(x_a[2] + of_a[4]).softmax(1), (x_m[2] + of_m[4]).softmax(1)}, 2);  // (N, S, 2)
      const torch::Tensor weights = places * e.narrow(1, 1, 2).unsqueeze(1);
      slots = torch::baddbmm(slots * e.narrow(1, 0, 1).unsqueeze(2), weights, contents);
    }
    g = (of_r[0] + of_g[2]).relu();
    g_a = (x_a[0] + of_r[1] + of_a[2]).relu();
    g_m = (x_m[0] + of_r[2] + of_m[2]).relu();
    hidden.push_back(g);
  }
  return torch::stack(hidden, 1);
}

QuestionMemoryImpl::QuestionMemoryImpl(int64_t hidden, int64_t slots)
    : hidden_(hidden),
      slots_(slots),
      hidden_to_content_(register_module("hidden_to_content", Linear(2 * hidden, hidden))),
      read_gate_(register_module("read_gate", Linear(2 * hidden, 1))),
      read_prob_(register_module("read_prob", Linear(2 * hidden, slots))),
      write_gate_(register_module("write_gate", Linear(2 * hidden, 1))),
      write_prob_(register_module("write_prob", Linear(2 * hidden, slots))),
      Wxh_(register_parameter("Wxh", torch::empty({hidden, hidden}))),
      Wrh_(register_parameter("Wrh", torch::empty({hidden, hidden}))),
      Whh_(register_parameter("Whh", torch::empty({hidden, hidden}))),
      bh_(register_parameter("bh", torch::zeros({hidden}))) {
  for (const torch::Tensor& parameter : {Wxh_, Wrh_, Whh_})
    torch::nn::init::normal_(parameter, 0, 0.01);
}

torch::Tensor QuestionMemoryImpl::forward(const torch::Tensor& words, const RowLayout& layout) {
  if (!fusion::has_cpu_kernels(words)) return layout.unpad(compose(layout.pad(words)));
  std::vector<torch::Tensor> inputs = with_parameters(
      {words}, {hidden_to_content_, read_gate_, read_prob_, write_gate_, write_prob_});
  inputs.insert(inputs.end(), {Wxh_, Wrh_, Whh_, bh_});
  return FusedQuestionMemory::apply({layout, hidden_, slots_}, inputs);
}

torch::Tensor QuestionMemoryImpl::compose(const torch::Tensor& words) {
  const int64_t h = hidden_;
  const int64_t batch = words.size(0);
  const std::vector<Linear> of_both = {read_gate_, write_gate_, read_prob_, write_prob_,
                                       hidden_to_content_};
  std::vector<torch::Tensor> of_word;
  std::vector<torch::Tensor> of_state;
  std::vector<torch::Tensor> biases;
  for (const Linear& linear : of_both) {
    of_word.push_back(columns(linear, 0, h));
    of_state.push_back(columns(linear, h, 2 * h));
    biases.push_back(linear->bias);
  }
  of_word.push_back(Wxh_.t());
  of_state.push_back(Whh_.t());
  biases.push_back(bh_);
  // [read_gate | write_gate | read_prob | write_prob | hidden_to_content | W.h], from the words for
  // all steps at once.
  const std::vector<int64_t> widths = {1, 1, slots_, slots_, h, h};
  const auto inputs = torch::linear(words, torch::cat(of_word), torch::cat(biases)).unbind(1);
  const torch::Tensor weight = torch::cat(of_state).t();

  torch::Tensor slots = torch::zeros({batch, slots_, h}, words.options());
  torch::Tensor g = torch::zeros({batch, h}, words.options());
  std::vector<torch::Tensor> hidden;
  for (size_t t = 0; t < inputs.size(); ++t) {
    const auto u = torch::addmm(inputs[t], g, weight).split_with_sizes(widths, 1);
    const torch::Tensor r = u[0].sigmoid() * read_slots(u[2].softmax(1), slots);
    g = torch::addmm(u[5], r, Wrh_).relu();
    hidden.push_back(g);
    if (t + 1 == inputs.size()) break;                     // nobody reads the last write
    const torch::Tensor a = u[3].softmax(1).unsqueeze(2);  // (N, S, 1)
    const torch::Tensor content = (u[1].sigmoid() * u[4].relu()).unsqueeze(1);  // (N, 1, h)
    slots = torch::baddbmm(slots * (1 - a), a, content);
  }
  return torch::stack(hidden, 1);
}

}  // namespace vidqa::models

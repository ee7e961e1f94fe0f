#include "models/fused_lstm.h"

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <utility>

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "fusion/fused_operator.h"
#include "models/cpu/lstm_steps.h"

namespace vidqa::models {
namespace {

using torch::Tensor;

constexpr int64_t kDirections = 2;

/// Sequences that one thread takes through all their steps in one direction, longest first.
struct Share {
  int64_t direction = 0;
  std::vector<int64_t> lengths;
  std::vector<int64_t> offsets;
  std::vector<int64_t> numbers;

  void add(const RowLayout& layout, int64_t n) {
    lengths.push_back(layout.length(n));
    offsets.push_back(layout.offset(n));
    numbers.push_back(n);
  }

  cpu::LstmSequences sequences() const {
    return {lengths.data(), offsets.data(), numbers.data(), static_cast<int64_t>(lengths.size()),
            direction == 1};
  }
};

/// As many shares as threads, or two: sequences do not depend on each other, nor do directions, so
/// threads never wait for one another.
std::vector<Share> shares_of(const RowLayout& layout) {
  std::vector<int64_t> longest_first(static_cast<size_t>(layout.sequences()));
  std::iota(longest_first.begin(), longest_first.end(), 0);
  std::stable_sort(longest_first.begin(), longest_first.end(),
                   [&](int64_t a, int64_t b) { return layout.length(a) > layout.length(b); });
  const size_t groups = std::max<size_t>(1, static_cast<size_t>(at::get_num_threads()) / 2);
  std::vector<Share> shares(groups * kDirections);
  for (size_t s = 0; s < shares.size(); ++s) {
    shares[s].direction = static_cast<int64_t>(s) % kDirections;
    for (size_t i = s / kDirections; i < longest_first.size(); i += groups)
      shares[s].add(layout, longest_first[i]);
  }
  return shares;
}

template <typename Body>
void for_shares(const std::vector<Share>& shares, Body body) {
  at::parallel_for(0, static_cast<int64_t>(shares.size()), 1, [&](int64_t begin, int64_t end) {
    const torch::NoGradGuard no_grad;
    for (int64_t s = begin; s < end; ++s) body(shares[static_cast<size_t>(s)]);
  });
}

class FusedLstmOperator : public fusion::FusedOperator {
  static constexpr size_t kRecurrent = GateSum::kInputs;

 public:
  explicit FusedLstmOperator(FusedLstm spec)
      : spec_(std::move(spec)),
        layout_(spec_.sum.contexts.repeated(spec_.sum.fan)),
        panels_(cpu::panels_of(spec_.hidden)),
        width_(panels_ * cpu::kUnits),
        gates_width_(panels_ * cpu::kGatesOfPanel) {}

  std::string name() const override { return "FusedLstm"; }
  /// The gradients of the gates are written over them: they are most of what a model keeps.
  bool runs_backward_once() const override { return true; }

  std::vector<Tensor> forward(const std::vector<Tensor>& inputs, bool keep) override {
    gates_ = spec_.sum.forward(inputs);
    TORCH_CHECK(gates_.size(1) == kDirections * gates_width_ &&
                    inputs[kRecurrent].size(0) == kDirections * gates_width_,
                "FusedLstm: gates of ", spec_.hidden, " units are ", kDirections * gates_width_,
                " wide, got ", gates_.size(1));
    h_ = torch::empty({kDirections, layout_.rows(), width_}, gates_.options());
    c_ = torch::empty_like(h_);
    const std::vector<Share> shares = shares_of(layout_);
    AT_DISPATCH_FLOATING_TYPES(gates_.scalar_type(), "FusedLstm", [&] {
      const Tensor packed = pack<scalar_t>(inputs[kRecurrent], forward_packer<scalar_t>(),
                                           spec_.hidden * gates_width_);
      for_shares(shares, [&](const Share& share) {
        cpu::lstm_forward(share.sequences(), packed[share.direction].template data_ptr<scalar_t>(),
                          rows<scalar_t>(share.direction));
      });
    });
    const Tensor result = spec_.result == FusedLstm::Result::kAll ? side_by_side(h_) : maximum();
    if (!keep) gates_ = h_ = c_ = row_of_maximum_ = Tensor();
    return {result};
  }

  std::vector<Tensor> backward(const Pass& pass) override {
    const Tensor& weight = pass.inputs[kRecurrent];
    const Tensor d_result = apart(pass.gradients[0]);  // (directions, rows or sequences, width)
    const Tensor& d_gates = gates_;
    const std::vector<Share> shares = shares_of(layout_);
    AT_DISPATCH_FLOATING_TYPES(gates_.scalar_type(), "FusedLstm", [&] {
      const Tensor packed =
          pack<scalar_t>(weight, backward_packer<scalar_t>(), gates_width_ * width_);
      for_shares(shares, [&](const Share& share) {
        const int64_t d = share.direction;
        const auto count = static_cast<int64_t>(share.lengths.size());
        const Tensor scratch = torch::empty({2 * count * width_}, d_gates.options());
        cpu::lstm_backward(share.sequences(), packed[d].template data_ptr<scalar_t>(),
                           rows<scalar_t>(d), d_hidden<scalar_t>(d_result[d], d),
                           d_gates.data_ptr<scalar_t>() + d * gates_width_, d_gates.size(1),
                           scratch.data_ptr<scalar_t>());
      });
    });
    std::vector<Tensor> gradients(pass.inputs.size());
    spec_.sum.backward(pass.inputs, d_gates, pass.needed, gradients);
    if (pass.needed[kRecurrent]) {
      gradients[kRecurrent] = torch::empty_like(weight);
      for (int64_t d = 0; d < kDirections; ++d) {
        Tensor to = gradients[kRecurrent].narrow(0, d * gates_width_, gates_width_);
        torch::mm_out(to, d_gates.narrow(1, d * gates_width_, gates_width_).t(), h_before(d));
      }
    }
    return gradients;
  }

 private:
  template <typename T>
  using Packer = void (*)(const T*, int64_t, T*);
  template <typename T>
  static Packer<T> forward_packer() {
    return &cpu::pack_forward;
  }
  template <typename T>
  static Packer<T> backward_packer() {
    return &cpu::pack_backward;
  }

  /// Recurrent weights of both directions, (directions, size).
  template <typename T>
  Tensor pack(const Tensor& weight, Packer<T> packer, int64_t size) const {
    Tensor packed = torch::empty({kDirections, size}, weight.options());
    const Tensor contiguous = weight.contiguous();
    at::parallel_for(0, kDirections, 1, [&](int64_t begin, int64_t end) {
      for (int64_t d = begin; d < end; ++d)
        packer(contiguous.data_ptr<T>() + d * gates_width_ * spec_.hidden, spec_.hidden,
               packed.data_ptr<T>() + d * size);
    });
    return packed;
  }

  template <typename T>
  cpu::LstmRows<T> rows(int64_t direction) const {
    return {spec_.hidden, gates_.data_ptr<T>() + direction * gates_width_, gates_.size(1),
            h_.data_ptr<T>() + direction * layout_.rows() * width_,
            c_.data_ptr<T>() + direction * layout_.rows() * width_};
  }

  template <typename T>
  cpu::HiddenGradient<T> d_hidden(const Tensor& d_result, int64_t direction) const {
    if (spec_.result == FusedLstm::Result::kAll) return {d_result.data_ptr<T>(), nullptr, nullptr};
    return {nullptr, d_result.data_ptr<T>(),
            row_of_maximum_.data_ptr<int32_t>() + direction * layout_.sequences() * width_};
  }

  Tensor maximum() {
    Tensor best = torch::empty({kDirections, layout_.sequences(), width_}, h_.options());
    row_of_maximum_ = torch::empty(best.sizes(), torch::kInt32);
    AT_DISPATCH_FLOATING_TYPES(h_.scalar_type(), "FusedLstm", [&] {
      for_shares(shares_of(layout_), [&](const Share& share) {
        const int64_t d = share.direction;
        cpu::max_over_rows(share.sequences(), panels_, h_[d].template data_ptr<scalar_t>(),
                           best[d].template data_ptr<scalar_t>(),
                           row_of_maximum_[d].template data_ptr<int32_t>());
      });
    });
    return side_by_side(best);
  }

  /// (directions, N, width) -> (N, directions hidden).
  Tensor side_by_side(const Tensor& both) const {
    return torch::cat({both[0].narrow(1, 0, spec_.hidden), both[1].narrow(1, 0, spec_.hidden)}, 1);
  }

  /// And back, filled up with zeros.
  Tensor apart(const Tensor& gradient) const {
    Tensor both = torch::zeros({kDirections, gradient.size(0), width_}, gradient.options());
    for (int64_t d = 0; d < kDirections; ++d)
      both[d].narrow(1, 0, spec_.hidden).copy_(gradient.narrow(1, d * spec_.hidden, spec_.hidden));
    return both;
  }

  /// For each row h of the step before it, 0 at the start: (rows, hidden).
  Tensor h_before(int64_t direction) const {
    Tensor before = torch::empty({layout_.rows(), spec_.hidden}, h_.options());
    const Tensor h = h_[direction].narrow(1, 0, spec_.hidden);
    at::parallel_for(0, layout_.sequences(), 1, [&](int64_t begin, int64_t end) {
      const torch::NoGradGuard no_grad;
      for (int64_t n = begin; n < end; ++n) {
        const int64_t steps = layout_.length(n);
        Tensor to = layout_.of(before, n);
        const Tensor from = layout_.of(h, n);
        const int64_t later = direction == 0 ? 1 : 0;
        to[direction == 0 ? 0 : steps - 1].zero_();
        to.narrow(0, later, steps - 1).copy_(from.narrow(0, 1 - later, steps - 1));
      }
    });
    return before;
  }

  FusedLstm spec_;
  RowLayout layout_;
  int64_t panels_;
  int64_t width_;        ///< of h of a direction
  int64_t gates_width_;  ///< of the gates of a direction
  Tensor gates_;         ///< (rows, directions gates_width), activated
  Tensor h_;             ///< (directions, rows, width)
  Tensor c_;
  Tensor row_of_maximum_;  ///< (directions, sequences, width) int32
};

}  // namespace

Tensor FusedLstm::apply(FusedLstm spec, std::vector<Tensor> inputs) {
  return fusion::apply(std::make_shared<FusedLstmOperator>(std::move(spec)), inputs)[0];
}

}  // namespace vidqa::models

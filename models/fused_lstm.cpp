#include "models/fused_lstm.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "fusion/fused_operator.h"
#include "models/cpu/lstm_steps.h"
#include "models/sequence_shares.h"

namespace vidqa::models {
namespace {

using torch::Tensor;

/// (N, hidden), or undefined: zeros, filled up to `width`; contiguous.
Tensor filled_up(const Tensor& rows, int64_t count, int64_t width, torch::TensorOptions options) {
  if (!rows.defined()) return torch::zeros({count, width}, options);
  if (rows.size(1) == width) return rows.contiguous();
  return torch::constant_pad_nd(rows, {0, width - rows.size(1)});
}

template <typename T>
T* data_or_null(const Tensor& tensor) {
  return tensor.defined() ? tensor.data_ptr<T>() : nullptr;
}

class FusedLstmOperator : public fusion::FusedOperator {
  enum Input : size_t { kRecurrent = GateSum::kInputs, kStartH, kStartC };

 public:
  explicit FusedLstmOperator(FusedLstm spec)
      : spec_(std::move(spec)),
        chains_(static_cast<int64_t>(spec_.reversed.size())),
        layout_(spec_.sum.contexts.repeated(spec_.sum.fan)),
        panels_(cpu::panels_of(spec_.hidden)),
        width_(panels_ * cpu::kUnits),
        gates_width_(panels_ * cpu::kGatesOfPanel) {}

  std::string name() const override { return "FusedLstm"; }
  /// The gradients of the gates are written over them: they are most of what a model keeps.
  bool runs_backward_once() const override { return true; }
  bool reads_input(size_t input) const override {
    return input == GateSum::kShared ? shared_is_row_ : input <= kRecurrent;
  }

  std::vector<Tensor> forward(const std::vector<Tensor>& inputs, bool keep) override {
    shared_is_row_ = inputs[GateSum::kShared].dim() == 1;
    gates_ = spec_.sum.forward(inputs);
    TORCH_CHECK(gates_.size(1) == chains_ * gates_width_ &&
                    inputs[kRecurrent].size(0) == chains_ * gates_width_,
                "FusedLstm: gates of ", spec_.hidden, " units are ", chains_ * gates_width_,
                " wide, got ", gates_.size(1));
    h_ = torch::empty({chains_, layout_.rows(), width_}, gates_.options());
    c_ = torch::empty_like(h_);
    if (inputs.size() > kStartH) {
      start_h_ = filled_up(inputs[kStartH], layout_.sequences(), width_, gates_.options());
      start_c_ = filled_up(inputs[kStartC], layout_.sequences(), width_, gates_.options());
    }
    AT_DISPATCH_FLOATING_TYPES(gates_.scalar_type(), "FusedLstm", [&] {
      const Tensor packed = pack<scalar_t>(inputs[kRecurrent], forward_packer<scalar_t>(),
                                           spec_.hidden * gates_width_);
      const cpu::LstmStart<scalar_t> start = {data_or_null<scalar_t>(start_h_),
                                              data_or_null<scalar_t>(start_c_)};
      for_shares([&](int64_t chain, const SequenceShare& share) {
        cpu::lstm_forward(share.sequences(is_reversed(chain)),
                          packed[chain].template data_ptr<scalar_t>(), rows<scalar_t>(chain),
                          start);
      });
    });
    std::vector<Tensor> results = make_results();
    if (!keep) gates_ = h_ = c_ = start_h_ = start_c_ = row_of_maximum_ = Tensor();
    return results;
  }

  std::vector<Tensor> backward(const Pass& pass) override {
    const Tensor& weight = pass.inputs[kRecurrent];
    const bool has_start = start_h_.defined();
    const Tensor& d_gates = gates_;
    std::vector<Tensor> d_h;       // by chain: (rows or sequences, width)
    std::vector<Tensor> d_last_c;  // by chain: (sequences, width), or undefined
    for (int64_t chain = 0; chain < chains_; ++chain) {
      d_h.push_back(of_hidden(pass.gradients, chain));
      d_last_c.push_back(of_last_cell(pass.gradients, chain));
    }
    Tensor d_start_h;
    Tensor d_start_c;
    if (has_start) {
      d_start_h = torch::empty({chains_, layout_.sequences(), width_}, gates_.options());
      d_start_c = torch::empty_like(d_start_h);
    }
    AT_DISPATCH_FLOATING_TYPES(gates_.scalar_type(), "FusedLstm", [&] {
      const Tensor packed =
          pack<scalar_t>(weight, backward_packer<scalar_t>(), gates_width_ * width_);
      for_shares([&](int64_t chain, const SequenceShare& share) {
        const auto d = static_cast<size_t>(chain);
        const Tensor scratch = torch::empty({2 * share.size() * width_}, d_gates.options());
        cpu::LstmEnds<scalar_t> ends;
        ends.d_last_c = data_or_null<scalar_t>(d_last_c[d]);
        ends.start_c = data_or_null<scalar_t>(start_c_);
        if (has_start) {
          ends.d_start_h = d_start_h[chain].template data_ptr<scalar_t>();
          ends.d_start_c = d_start_c[chain].template data_ptr<scalar_t>();
        }
        cpu::lstm_backward(share.sequences(is_reversed(chain)),
                           packed[chain].template data_ptr<scalar_t>(), rows<scalar_t>(chain),
                           hidden_gradient<scalar_t>(d_h[d], chain), ends,
                           d_gates.data_ptr<scalar_t>() + chain * gates_width_, d_gates.size(1),
                           scratch.data_ptr<scalar_t>());
      });
    });
    std::vector<Tensor> gradients(pass.inputs.size());
    spec_.sum.backward(pass.inputs, d_gates, pass.needed, gradients);
    if (pass.needed[kRecurrent]) {
      gradients[kRecurrent] = torch::empty_like(weight);
      const Tensor start = has_start ? start_h_.narrow(1, 0, spec_.hidden) : Tensor();
      for (int64_t chain = 0; chain < chains_; ++chain) {
        const Tensor before =
            layout_.before(h_[chain].narrow(1, 0, spec_.hidden), start, is_reversed(chain));
        Tensor to = gradients[kRecurrent].narrow(0, chain * gates_width_, gates_width_);
        torch::mm_out(to, d_gates.narrow(1, chain * gates_width_, gates_width_).t(), before);
      }
    }
    if (has_start) {
      gradients[kStartH] = d_start_h.sum(0).narrow(1, 0, spec_.hidden);
      gradients[kStartC] = d_start_c.sum(0).narrow(1, 0, spec_.hidden);
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

  bool is_reversed(int64_t chain) const { return spec_.reversed[static_cast<size_t>(chain)]; }

  /// body(chain, share) for as many shares as there are threads, or one a chain.
  template <typename Body>
  void for_shares(Body body) const {
    const int64_t per_chain = std::max<int64_t>(1, at::get_num_threads() / chains_);
    const auto shares = share_out(layout_, static_cast<size_t>(per_chain));
    at::parallel_for(0, per_chain * chains_, 1, [&](int64_t begin, int64_t end) {
      const torch::NoGradGuard no_grad;
      for (int64_t s = begin; s < end; ++s)
        body(s % chains_, shares[static_cast<size_t>(s / chains_)]);
    });
  }

  /// Recurrent weights of all chains, (chains, size).
  template <typename T>
  Tensor pack(const Tensor& weight, Packer<T> packer, int64_t size) const {
    Tensor packed = torch::empty({chains_, size}, weight.options());
    const Tensor contiguous = weight.contiguous();
    at::parallel_for(0, chains_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t d = begin; d < end; ++d)
        packer(contiguous.data_ptr<T>() + d * gates_width_ * spec_.hidden, spec_.hidden,
               packed.data_ptr<T>() + d * size);
    });
    return packed;
  }

  template <typename T>
  cpu::LstmRows<T> rows(int64_t chain) const {
    return {spec_.hidden, gates_.data_ptr<T>() + chain * gates_width_, gates_.size(1),
            h_.data_ptr<T>() + chain * layout_.rows() * width_,
            c_.data_ptr<T>() + chain * layout_.rows() * width_};
  }

  std::vector<Tensor> make_results() {
    if (spec_.result == FusedLstm::Result::kMaximum) return {maximum()};
    if (spec_.result == FusedLstm::Result::kAll) return {side_by_side(h_)};
    std::vector<Tensor> results;
    // Detached, since an output that this object held would hold this object.
    for (int64_t chain = 0; chain < chains_; ++chain)
      results.push_back(h_[chain].narrow(1, 0, spec_.hidden).contiguous().detach());
    for (int64_t chain = 0; chain < chains_; ++chain) {
      const Tensor c = c_[chain].narrow(1, 0, spec_.hidden);
      results.push_back(is_reversed(chain) ? layout_.first(c) : layout_.last(c));
    }
    return results;
  }

  /// What arrived at h of a chain, filled up with zeros: (rows or sequences, width).
  Tensor of_hidden(const std::vector<Tensor>& gradients, int64_t chain) const {
    if (spec_.result == FusedLstm::Result::kStates)
      return filled_up(gradients[static_cast<size_t>(chain)], layout_.rows(), width_, h_.options());
    const Tensor own = gradients[0].narrow(1, chain * spec_.hidden, spec_.hidden);
    return filled_up(own, own.size(0), width_, h_.options());
  }

  Tensor of_last_cell(const std::vector<Tensor>& gradients, int64_t chain) const {
    if (spec_.result != FusedLstm::Result::kStates) return {};
    const Tensor& own = gradients[static_cast<size_t>(chains_ + chain)];
    return own.defined() ? filled_up(own, own.size(0), width_, h_.options()) : Tensor();
  }

  template <typename T>
  cpu::HiddenGradient<T> hidden_gradient(const Tensor& d_h, int64_t chain) const {
    if (spec_.result != FusedLstm::Result::kMaximum) return {d_h.data_ptr<T>(), nullptr, nullptr};
    return {nullptr, d_h.data_ptr<T>(),
            row_of_maximum_.data_ptr<int32_t>() + chain * layout_.sequences() * width_};
  }

  Tensor maximum() {
    Tensor best = torch::empty({chains_, layout_.sequences(), width_}, h_.options());
    row_of_maximum_ = torch::empty(best.sizes(), torch::kInt32);
    AT_DISPATCH_FLOATING_TYPES(h_.scalar_type(), "FusedLstm", [&] {
      for_shares([&](int64_t chain, const SequenceShare& share) {
        cpu::max_over_rows(share.sequences(), panels_, h_[chain].template data_ptr<scalar_t>(),
                           best[chain].template data_ptr<scalar_t>(),
                           row_of_maximum_[chain].template data_ptr<int32_t>());
      });
    });
    return side_by_side(best);
  }

  /// (chains, N, width) -> (N, chains hidden).
  Tensor side_by_side(const Tensor& all) const {
    return torch::cat(all.narrow(2, 0, spec_.hidden).unbind(0), 1);
  }

  FusedLstm spec_;
  int64_t chains_;
  RowLayout layout_;
  int64_t panels_;
  int64_t width_;        ///< of h of a chain
  int64_t gates_width_;  ///< of the gates of a chain
  bool shared_is_row_ = false;
  Tensor gates_;  ///< (rows, chains gates_width), activated
  Tensor h_;      ///< (chains, rows, width)
  Tensor c_;
  Tensor start_h_;  ///< (sequences, width), or undefined
  Tensor start_c_;
  Tensor row_of_maximum_;  ///< (chains, sequences, width) int32
};

}  // namespace

std::vector<Tensor> FusedLstm::apply(FusedLstm spec, std::vector<Tensor> inputs) {
  return fusion::apply(std::make_shared<FusedLstmOperator>(std::move(spec)), inputs);
}

Tensor arrange_gates(const std::vector<Tensor>& parts, int64_t dim) {
  std::vector<Tensor> arranged;
  for (const Tensor& part : parts) {
    const int64_t hidden = part.size(dim) / 4;
    const int64_t panels = cpu::panels_of(hidden);
    Tensor units = part.unflatten(dim, {4, hidden});
    if (const int64_t missing = panels * cpu::kUnits - hidden; missing > 0) {
      std::vector<int64_t> padding(static_cast<size_t>(2 * (units.dim() - dim - 1)), 0);
      padding.back() = missing;
      units = torch::constant_pad_nd(units, padding);
    }
    arranged.push_back(units.unflatten(dim + 1, {panels, cpu::kUnits}).transpose(dim, dim + 1));
  }
  return torch::cat(arranged, dim).flatten(dim, dim + 2);
}

}  // namespace vidqa::models

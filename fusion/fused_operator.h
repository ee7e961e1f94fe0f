#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/types.h>

namespace vidqa::fusion {

/// One differentiable operation whose backward pass is written by hand, because Torch's own would
/// keep every intermediate and walk through memory once for each of them. An object serves one
/// call: forward() leaves what backward() needs in its members.
class FusedOperator {
 public:
  virtual ~FusedOperator() = default;

  virtual std::string name() const = 0;

  /// Whether backward() reads this input's values; otherwise they are not kept for it, and
  /// Pass::inputs has an undefined tensor there. Asked after forward().
  virtual bool reads_input(size_t /*input*/) const { return true; }

  /// Whether backward() reads Pass::outputs; otherwise they are not kept for it.
  virtual bool reads_outputs() const { return false; }

  /// Without recording of gradients. `keep`: backward() may follow; otherwise nothing has to be
  /// kept.
  virtual std::vector<torch::Tensor> forward(const std::vector<torch::Tensor>& inputs,
                                             bool keep) = 0;

  /// Whether backward() uses up what forward() kept. Otherwise it may run more than once, and
  /// leaves the members as they are.
  virtual bool runs_backward_once() const { return false; }

  /// What forward() saw and gave, with the gradients of what it gave (undefined: zero). Returns a
  /// gradient for each input, undefined where it is not needed.
  struct Pass {
    std::vector<torch::Tensor> inputs;
    std::vector<torch::Tensor> outputs;
    std::vector<torch::Tensor> gradients;
    std::vector<bool> needed;  ///< by input
  };
  virtual std::vector<torch::Tensor> backward(const Pass& pass) = 0;
};

/// Whether the operators of this project have kernels for such a tensor: float32 or float64 on the
/// CPU. Elsewhere Torch's own are composed.
bool has_cpu_kernels(const torch::Tensor& tensor);

/// While one lives, no tensor of this thread has them: models are compositions of Torch's
/// operators, which a profiler sees.
class WithoutKernels {
 public:
  WithoutKernels();
  ~WithoutKernels();
  WithoutKernels(const WithoutKernels&) = delete;
  WithoutKernels& operator=(const WithoutKernels&) = delete;

 private:
  bool before_;
};

/// Runs `op` and, where an input requires a gradient, records it. Undefined inputs are allowed.
/// First derivatives only: throws c10::Error when a second one is asked for.
std::vector<torch::Tensor> apply(std::shared_ptr<FusedOperator> op,
                                 const std::vector<torch::Tensor>& inputs);

}  // namespace vidqa::fusion

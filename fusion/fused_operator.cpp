#include "fusion/fused_operator.h"

#include <algorithm>
#include <utility>

#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/torch.h>

namespace vidqa::fusion {
namespace {

using torch::Tensor;
using torch::autograd::SavedVariable;

class FusedNode : public torch::autograd::Node {
 public:
  FusedNode(std::shared_ptr<FusedOperator> op, const std::vector<Tensor>& inputs,
            torch::autograd::edge_list&& edges)
      : Node(std::move(edges)), op_(std::move(op)) {
    for (size_t i = 0; i < inputs.size(); ++i)
      inputs_.emplace_back(op_->reads_input(i) ? inputs[i] : Tensor(), /*is_output=*/false);
  }

  void save_outputs(const std::vector<Tensor>& outputs) {
    for (const Tensor& output : outputs) outputs_.emplace_back(output, /*is_output=*/true);
  }

  std::vector<Tensor> apply(std::vector<Tensor>&& gradients) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    TORCH_CHECK(op_ != nullptr,
                "backward through the same graph a second time: what it needs has been freed; keep "
                "it with retain_graph=true");
    TORCH_CHECK(!torch::GradMode::is_enabled(), op_->name(),
                ": only first derivatives are available, got create_graph=true");
    TORCH_CHECK(!(has_run_ && op_->runs_backward_once()), op_->name(),
                ": its backward pass uses up what it kept, so it runs once, also with "
                "retain_graph=true");
    has_run_ = true;
    FusedOperator::Pass pass;
    for (const SavedVariable& input : inputs_) pass.inputs.push_back(input.unpack());
    for (const SavedVariable& output : outputs_)
      pass.outputs.push_back(output.unpack(shared_from_this()));
    pass.gradients = std::move(gradients);
    for (size_t i = 0; i < num_outputs(); ++i) pass.needed.push_back(task_should_compute_output(i));
    return op_->backward(pass);
  }

  void release_variables() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    op_.reset();
    inputs_.clear();
    outputs_.clear();
  }

  std::string name() const override { return op_ == nullptr ? "FusedNode" : op_->name(); }

 private:
  std::shared_ptr<FusedOperator> op_;
  std::vector<SavedVariable> inputs_;
  std::vector<SavedVariable> outputs_;
  bool has_run_ = false;
};

thread_local bool kernels_are_off = false;

}  // namespace

WithoutKernels::WithoutKernels() : before_(kernels_are_off) { kernels_are_off = true; }
WithoutKernels::~WithoutKernels() { kernels_are_off = before_; }

bool has_cpu_kernels(const Tensor& tensor) {
  return !kernels_are_off && tensor.is_cpu() &&
         (tensor.scalar_type() == torch::kFloat32 || tensor.scalar_type() == torch::kFloat64);
}

std::vector<Tensor> apply(std::shared_ptr<FusedOperator> op, const std::vector<Tensor>& inputs) {
  const bool keep = torch::GradMode::is_enabled() &&
                    std::any_of(inputs.begin(), inputs.end(), [](const Tensor& input) {
                      return input.defined() && input.requires_grad();
                    });
  std::vector<Tensor> outputs;
  {
    const torch::NoGradGuard no_grad;
    outputs = op->forward(inputs, keep);
  }
  if (!keep) return outputs;
  const bool reads_outputs = op->reads_outputs();
  auto* const raw =
      new FusedNode(std::move(op), inputs, torch::autograd::collect_next_edges(inputs));
  const std::shared_ptr<FusedNode> node(raw, torch::autograd::deleteNode);
  for (Tensor& output : outputs) torch::autograd::set_history(output, node);
  if (reads_outputs) node->save_outputs(outputs);
  return outputs;
}

}  // namespace vidqa::fusion

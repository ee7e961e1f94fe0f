#include "benchmarks/model_cost.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include <ATen/Context.h>
#include <ATen/record_function.h>
#include <torch/utils.h>

#include "fusion/fused_operator.h"

namespace vidqa::benchmarks {
namespace {

thread_local double counted = 0;

/// Shape of an operator's argument; empty where it is no tensor.
std::vector<int64_t> shape_of(const at::RecordFunction& call, size_t argument) {
  const auto inputs = call.inputs();
  if (argument >= inputs.size() || !inputs[argument].isTensor()) return {};
  const at::Tensor& tensor = inputs[argument].toTensor();
  return tensor.defined() ? tensor.sizes().vec() : std::vector<int64_t>();
}

double product(const std::vector<int64_t>& sizes) {
  double result = 1;
  for (const int64_t size : sizes) result *= static_cast<double>(size);
  return result;
}

/// (..., m, k) times (..., k, n) or (k).
double matrix_product(const at::RecordFunction& call, size_t left, size_t right) {
  const std::vector<int64_t> a = shape_of(call, left);
  const std::vector<int64_t> b = shape_of(call, right);
  if (a.empty() || b.empty()) return 0;
  return product(a) * (b.size() > 1 ? static_cast<double>(b.back()) : 1);
}

/// Transforms of real numbers from or to n values each, along the last dimension.
double transforms(const std::vector<int64_t>& shape, double n) {
  if (shape.empty() || n < 2) return 0;
  return product(shape) / static_cast<double>(shape.back()) * n * std::log2(n);
}

double multiply_adds_of(const at::RecordFunction& call) {
  const std::string name = call.name();
  if (name == "aten::mm" || name == "aten::bmm" || name == "aten::mv" || name == "aten::dot")
    return matrix_product(call, 0, 1);
  if (name == "aten::addmm" || name == "aten::baddbmm" || name == "aten::addmv")
    return matrix_product(call, 1, 2);
  if (name == "aten::_fft_r2c") {
    const std::vector<int64_t> shape = shape_of(call, 0);
    return transforms(shape, shape.empty() ? 0 : static_cast<double>(shape.back()));
  }
  if (name == "aten::_fft_c2r") {
    const std::vector<int64_t> shape = shape_of(call, 0);
    return transforms(shape, shape.empty() ? 0 : 2 * static_cast<double>(shape.back() - 1));
  }
  return 0;
}

std::unique_ptr<at::ObserverContext> count(const at::RecordFunction& call) {
  counted += multiply_adds_of(call);
  return nullptr;
}

/// Counts while it lives.
class Counter {
 public:
  Counter()
      : used_mkldnn_(at::globalContext().userEnabledMkldnn()),
        handle_(
            at::addThreadLocalCallback(at::RecordFunctionCallback(&count).needsInputs(true).scopes(
                {at::RecordScope::FUNCTION}))) {
    at::globalContext().setUserEnabledMkldnn(false);  // hides products within larger operators
    counted = 0;
  }
  ~Counter() {
    at::removeCallback(handle_);
    at::globalContext().setUserEnabledMkldnn(used_mkldnn_);
  }
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;

 private:
  bool used_mkldnn_;
  at::CallbackHandle handle_;
};

}  // namespace

int64_t num_parameters(const models::Model& model) {
  int64_t scalars = 0;
  for (const torch::Tensor& tensor : model.trainable_parameters()) scalars += tensor.numel();
  return scalars;
}

double count_multiply_adds(models::Model& model, const models::Batch& batch) {
  const torch::NoGradGuard no_grad;
  const fusion::WithoutKernels compositions;
  model.eval();
  const Counter counter;
  model.forward(batch);
  return counted;
}

}  // namespace vidqa::benchmarks

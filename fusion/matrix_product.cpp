#include "fusion/matrix_product.h"

#include <algorithm>

#include <torch/torch.h>

#ifdef VIDQA_ONEDNN
#include <dnnl.h>
#endif

namespace vidqa::fusion {
namespace {

using torch::Tensor;

#ifdef VIDQA_ONEDNN

/// A matrix as BLAS wants it: 'N' where its rows are contiguous, 'T' where its columns are.
struct Layout {
  char transposed;
  dnnl_dim_t leading;  ///< 0: neither
};

Layout layout_of(const Tensor& matrix) {
  const int64_t rows = matrix.size(0);
  const int64_t columns = matrix.size(1);
  if (matrix.stride(1) == 1 && matrix.stride(0) >= columns) return {'N', matrix.stride(0)};
  if (matrix.stride(0) == 1 && matrix.stride(1) >= rows) return {'T', matrix.stride(1)};
  return {'N', 0};
}

/// Whether it did.
bool multiply_by_onednn(const Tensor& a, const Tensor& b, Into into, const Tensor& out) {
  constexpr int64_t kShort = 128;
  const int64_t m = out.size(0);
  const int64_t n = out.size(1);
  const int64_t k = a.size(1);
  if (out.scalar_type() != torch::kFloat || out.numel() == 0 || k == 0 || std::min(n, k) > kShort)
    return false;
  const Layout of_a = layout_of(a);
  const Layout of_b = layout_of(b);
  if (of_a.leading == 0 || of_b.leading == 0 || out.stride(1) != 1) return false;
  return dnnl_sgemm(of_a.transposed, of_b.transposed, m, n, k, 1.0F, a.data_ptr<float>(),
                    of_a.leading, b.data_ptr<float>(), of_b.leading,
                    into == Into::kAdd ? 1.0F : 0.0F, out.data_ptr<float>(),
                    out.stride(0)) == dnnl_success;
}

#else

bool multiply_by_onednn(const Tensor&, const Tensor&, Into, const Tensor&) { return false; }

#endif

}  // namespace

void multiply(const Tensor& a, const Tensor& b, Into into, Tensor out) {
  if (multiply_by_onednn(a, b, into, out)) return;
  if (into == Into::kAdd) {
    torch::addmm_out(out, out, a, b);
  } else {
    torch::mm_out(out, a, b);
  }
}

}  // namespace vidqa::fusion

#include "fusion/chunks.h"

#include <torch/torch.h>

#include "fusion/functional.h"

namespace vidqa::fusion {

ChunkSplit::ChunkSplit(int64_t mm_dim, int64_t chunks) : wide((mm_dim + chunks - 1) / chunks) {
  const int64_t surplus = chunks * wide - mm_dim;
  if (surplus <= wide) {
    num_narrow = surplus > 0 ? 1 : 0;
    narrow = wide - surplus;
  } else {
    num_narrow = surplus;
    narrow = wide - 1;
  }
  num_wide = chunks - num_narrow;
}

std::vector<int64_t> ChunkSplit::sizes() const {
  std::vector<int64_t> sizes(static_cast<size_t>(num_wide), wide);
  sizes.insert(sizes.end(), static_cast<size_t>(num_narrow), narrow);
  return sizes;
}

void check_chunks(const std::string& fusion, int64_t mm_dim, int64_t chunks) {
  TORCH_CHECK(chunks <= mm_dim, fusion, ": chunks must be at most mm_dim=", mm_dim, ", got ",
              chunks);
  const ChunkSplit split(mm_dim, chunks);
  TORCH_CHECK(split.num_narrow == 0 || split.narrow > 0, fusion,
              ": chunks must leave no chunk of width 0; ", chunks, " chunks of mm_dim=", mm_dim,
              " do, ", chunks - 1, " do not");
}

const std::map<std::string, PosNorm>& pos_norm_choices() {
  static const std::map<std::string, PosNorm> choices = {{"before_cat", PosNorm::kBeforeCat},
                                                         {"after_cat", PosNorm::kAfterCat}};
  return choices;
}

torch::Tensor normalize_and_join(std::vector<torch::Tensor> chunks, PosNorm pos_norm) {
  if (pos_norm == PosNorm::kAfterCat) return signed_sqrt_l2(torch::cat(chunks, -1));
  for (torch::Tensor& chunk : chunks) chunk = signed_sqrt_l2(chunk);
  return torch::cat(chunks, -1);
}

}  // namespace vidqa::fusion

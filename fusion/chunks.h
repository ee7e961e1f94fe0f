#pragma once

#include <map>
#include <string>
#include <vector>

#include <torch/types.h>

namespace vidqa::fusion {

/// How Block and BlockTucker cut mm_dim features into chunks: `num_wide` of width `wide`, then
/// `num_narrow` of width `narrow`. All have width ceil(mm_dim / chunks), the last one what is left;
/// where less than nothing is left, the last chunks lose one feature each instead.
struct ChunkSplit {
  ChunkSplit(int64_t mm_dim, int64_t chunks);

  int64_t wide = 0;
  int64_t num_wide = 0;
  int64_t narrow = 0;
  int64_t num_narrow = 0;

  std::vector<int64_t> sizes() const;
};

/// Throws c10::Error naming the fusion where a chunk would have width 0; the published code
/// computes with an empty one.
void check_chunks(const std::string& fusion, int64_t mm_dim, int64_t chunks);

/// Where to normalise: each chunk by itself, or all of them as one vector.
enum class PosNorm { kBeforeCat, kAfterCat };

const std::map<std::string, PosNorm>& pos_norm_choices();

/// (..., w_c) of every chunk -> (..., sum w_c), with signed_sqrt_l2 where `pos_norm` says.
torch::Tensor normalize_and_join(std::vector<torch::Tensor> chunks, PosNorm pos_norm);

}  // namespace vidqa::fusion

#pragma once

#include <map>
#include <string>
#include <vector>

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/embedding.h>

#include "models/bidirectional_lstm.h"
#include "models/model.h"
#include "models/ragged.h"

namespace vidqa::models {

/// Words or features after the shared LSTM: rows (R, d) and where their sequences lie.
struct EncodedRows {
  torch::Tensor rows;
  RowLayout layout;
};

/// Questions, their answers and what they are asked about.
struct EncodedBatch {
  EncodedRows question;     ///< B sequences
  EncodedRows answers;      ///< B A sequences, the answers of a question in a row
  int64_t num_answers = 0;  ///< A
  std::map<std::string, EncodedRows> streams;  ///< B sequences each
};

/// What all TVQA models begin with: word vectors, one layer that brings features to the same width
/// (dropout 0.5, Linear, tanh), and one bidirectional LSTM that questions, answers and streams
/// share, run once over all their sequences.
///
/// The published weights name the parts (embedding, video_fc, lstm_raw) as the model's own, so this
/// is no module.
class TvqaEncoder {
 public:
  /// Registers the parts in `owner`, under their published names.
  TvqaEncoder(torch::nn::Module& owner, const ModelConfig& config);

  EncodedBatch forward(const Batch& batch);
  /// d, the width of encoded rows.
  int64_t width() const { return 2 * lstm_raw_->hidden_size(); }

  /// See Model::set_word_vectors. Throws c10::Error when the shape differs.
  void set_word_vectors(const torch::Tensor& vectors);

 private:
  torch::Tensor embed_features(const Stream& stream, const RowLayout& layout);

  std::vector<std::string> streams_;
  torch::nn::Embedding embedding_{nullptr};
  std::map<std::string, torch::nn::Sequential> feature_fcs_;  ///< by stream
  BidirectionalLstm lstm_raw_{nullptr};
};

/// Words: sub, vcpt. Features: imagenet, regional, motion.
bool is_text_stream(const std::string& stream);
bool is_feature_stream(const std::string& stream);

/// Name of a stream in the published weights: imagenet is `vid`.
std::string published_stream_name(const std::string& stream);

/// Name of the layer that brings a stream's features to the width of words: `video_fc`.
std::string published_fc_name(const std::string& stream);

/// Registers `module` as owner.outer.inner, such as `lstm_raw.rnn`.
void register_within(torch::nn::Module& owner, const std::string& outer, const std::string& inner,
                     std::shared_ptr<torch::nn::Module> module);

}  // namespace vidqa::models

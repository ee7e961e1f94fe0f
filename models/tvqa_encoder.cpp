#include "models/tvqa_encoder.h"

#include <memory>
#include <utility>

#include <torch/torch.h>

namespace vidqa::models {
namespace {

using torch::Tensor;

}  // namespace

bool is_text_stream(const std::string& stream) { return stream == "sub" || stream == "vcpt"; }

bool is_feature_stream(const std::string& stream) {
  return stream == "imagenet" || stream == "regional" || stream == "motion";
}

std::string published_stream_name(const std::string& stream) {
  if (stream == "imagenet") return "vid";
  if (stream == "regional") return "regtopk";
  return stream;
}

std::string published_fc_name(const std::string& stream) {
  return stream == "imagenet" ? "video_fc" : stream + "_fc";
}

void register_within(torch::nn::Module& owner, const std::string& outer, const std::string& inner,
                     std::shared_ptr<torch::nn::Module> module) {
  auto holder = std::make_shared<torch::nn::Module>(outer);
  holder->register_module(inner, std::move(module));
  owner.register_module(outer, std::move(holder));
}

TvqaEncoder::TvqaEncoder(torch::nn::Module& owner, const ModelConfig& config)
    : streams_(config.tvqa.streams),
      embedding_(owner.register_module("embedding",
                                       torch::nn::Embedding(config.vocab_size, config.word_dim))),
      lstm_raw_(config.word_dim, config.tvqa.hidden_raw) {
  register_within(owner, "lstm_raw", "rnn", lstm_raw_.ptr());
  for (const std::string& stream : streams_) {
    if (is_text_stream(stream)) continue;
    feature_fcs_[stream] = owner.register_module(
        published_fc_name(stream),
        torch::nn::Sequential(
            torch::nn::Dropout(0.5),
            torch::nn::Linear(config.tvqa.feature_dims.at(stream), config.word_dim),
            torch::nn::Tanh()));
  }
}

Tensor TvqaEncoder::embed_features(const Stream& stream, const RowLayout& layout) {
  const Tensor rows = layout.unpad(stream.values.to(embedding_->weight.scalar_type()));  // (R, D)
  torch::nn::Sequential& fc = feature_fcs_.at(stream.name);
  const int64_t feature_dim = fc->ptr(1)->as<torch::nn::Linear>()->weight.size(1);
  TORCH_CHECK(rows.size(1) == feature_dim, "tvqa: stream ", stream.name, " has features ",
              rows.size(1), " wide, the model was made for ", feature_dim);
  return fc->forward(rows);  // (R, word_dim)
}

EncodedBatch TvqaEncoder::forward(const Batch& batch) {
  TORCH_CHECK(batch.question.defined() && batch.answers.defined(),
              "tvqa: the data set does not keep question and answers apart");
  const int64_t num_answers = batch.answers.size(1);
  std::vector<RowLayout> layouts = {RowLayout(batch.question_lengths),
                                    RowLayout(batch.answer_lengths)};
  std::vector<Tensor> words = {layouts[0].unpad(batch.question),
                               layouts[1].unpad(batch.answers.flatten(0, 1))};
  std::vector<const Stream*> features;
  // Words first, so that one look-up serves them all.
  std::vector<std::string> order;
  for (const std::string& name : streams_) {
    const Stream& stream = batch.stream(name);
    if (!is_text_stream(name)) {
      features.push_back(&stream);
      continue;
    }
    layouts.emplace_back(stream.lengths);
    words.push_back(layouts.back().unpad(stream.values));
    order.push_back(name);
  }
  std::vector<Tensor> embedded = {embedding_->forward(torch::cat(words))};
  for (const Stream* stream : features) {
    layouts.emplace_back(stream->lengths);
    embedded.push_back(embed_features(*stream, layouts.back()));
    order.push_back(stream->name);
  }
  const Tensor all = lstm_raw_->forward(torch::cat(embedded), joined(layouts));  // (R, d)
  std::vector<int64_t> sizes;
  for (const RowLayout& layout : layouts) sizes.push_back(layout.rows());
  const auto parts = all.split_with_sizes(sizes);

  EncodedBatch encoded;
  encoded.num_answers = num_answers;
  encoded.question = {parts[0], layouts[0]};
  encoded.answers = {parts[1], layouts[1]};
  for (size_t i = 0; i < order.size(); ++i)
    encoded.streams[order[i]] = {parts[i + 2], layouts[i + 2]};
  return encoded;
}

void TvqaEncoder::set_word_vectors(const Tensor& vectors) {
  TORCH_CHECK(vectors.sizes() == embedding_->weight.sizes(), "word vectors: want ",
              embedding_->weight.sizes(), ", got ", vectors.sizes());
  const torch::NoGradGuard no_grad;
  embedding_->weight.copy_(vectors);
}

}  // namespace vidqa::models

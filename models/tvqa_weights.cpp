#include "models/tvqa_weights.h"

#include <algorithm>

#include <c10/util/Exception.h>

#include "models/state_shapes.h"
#include "models/tvqa_encoder.h"

namespace vidqa::models {
namespace {

using State = std::map<std::string, torch::Tensor>;

int64_t size_of(const State& state, const std::string& name, int64_t axis) {
  return published_size(state, "TVQA", name, axis);
}

bool has(const State& state, const std::string& name) { return state.count(name) != 0; }

/// Linear layers of `prefix`, each with a weight of its own.
int64_t count_layers(const State& state, const std::string& prefix) {
  return std::count_if(state.begin(), state.end(), [&](const auto& item) {
    const std::string& name = item.first;
    return name.rfind(prefix, 0) == 0 && name.size() > 7 &&
           name.compare(name.size() - 7, 7, ".weight") == 0;
  });
}

}  // namespace

ModelConfig infer_tvqa_config(const State& state, const std::string& fusion, TvqaVariant variant) {
  ModelConfig config;
  config.task = Task::kMultipleChoice;
  config.vocab_size = size_of(state, "embedding.weight", 0);
  config.word_dim = size_of(state, "embedding.weight", 1);
  config.fusion = fusion;
  TvqaConfig& tvqa = config.tvqa;
  tvqa.variant = variant;
  tvqa.hidden_raw = size_of(state, "lstm_raw.rnn.weight_hh_l0", 1);
  tvqa.streams.clear();
  for (const std::string stream : {"sub", "vcpt", "imagenet", "regional", "motion"}) {
    const std::string name = published_stream_name(stream);
    const std::string mature = "lstm_mature_" + name + ".rnn.";
    if (!has(state, mature + "weight_hh_l0")) continue;
    tvqa.streams.push_back(stream);
    tvqa.hidden_mature = size_of(state, mature + "weight_hh_l0", 1);
    if (fusion != kNoFusion) tvqa.fusion_dim = size_of(state, mature + "weight_ih_l0", 1) / 2;
    tvqa.classifier_layers = count_layers(state, "classifier_" + name + ".main.");
    if (is_feature_stream(stream))
      tvqa.feature_dims[stream] = size_of(state, published_fc_name(stream) + ".1.weight", 1);
    const int64_t layers = count_layers(state, "dcca_" + name + "qa.model1.");
    if (layers > 0) {
      tvqa.deep_cca = DeepCcaUse::kAsReleased;
      tvqa.deep_cca_layers = layers;
    }
  }
  TORCH_CHECK(!tvqa.streams.empty(),
              "weights of TVQA: there is no stream, i.e. no tensor 'lstm_mature_sub.rnn.*'");
  return config;
}

std::vector<std::string> unused_tvqa_prefixes(const std::string& model) {
  if (model == "tvqa_dual_stream") return {"lstm_mature_sub.", "classifier_sub."};
  return {};
}

}  // namespace vidqa::models

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/task.h"

namespace vidqa::models {

/// Fusion spec of a model as published, without a fusion module.
inline constexpr const char* kNoFusion = "default";

/// The released HME code initialises its modality attention in two ways.
enum class HmeInit {
  kCommon,  ///< TGIF-QA, EgoVQA, TVQA: weights N(0, 0.01), sum encoders N(0, 0.02)
  kMsvd,    ///< MSVD-QA: weights N(0, 0.1), sum encoders as LibTorch
};

/// Where HME has a fusion, if it has one (hme.h).
enum class HmeFusionPlace {
  kModalityAttention,  ///< as published: what weighs the two memories in `mm_att`
  kVideoQuestion,      ///< of this project: the video summary with the question, before the answer
};

/// Which streams the modules of HME and its relatives read whose names end in m and in a.
enum class StreamRoles {
  kByName,   ///< m the motion, a the appearance
  kSwapped,  ///< EgoVQA as released: m the appearance (VGG), a the motion (C3D)
};

/// Variants of TVQA's model that change what the mature LSTM reads (tvqa.h).
enum class TvqaVariant {
  kWithQuestion,     ///< as published
  kWithoutQuestion,  ///< --noqs of trying_blp: answers only
};

/// Deep canonical correlation analysis before concatenation (deep_cca.h).
enum class DeepCcaUse {
  kNone,
  kOnce,        ///< as meant
  kAsReleased,  ///< once for each step of the longest clip of the batch
};

/// What only the models of TVQA have. Defaults are those of the paper.
struct TvqaConfig {
  std::vector<std::string> streams = {"sub", "vcpt", "imagenet"};
  std::map<std::string, int64_t> feature_dims;  ///< width of each stream that is no text
  int64_t hidden_raw = 150;                     ///< hsz1: lstm_raw gives rows of d = 2 hsz1
  int64_t hidden_mature = 300;                  ///< hsz2
  int64_t fusion_dim = 750;                     ///< Z, with a fusion only
  int64_t classifier_layers = 1;                ///< n_layers_cls
  bool fusion_per_stream = false;               ///< as released, all streams share one
  TvqaVariant variant = TvqaVariant::kWithQuestion;
  DeepCcaUse deep_cca = DeepCcaUse::kNone;
  int64_t deep_cca_layers = 2;
  double deep_cca_weight = 0;  ///< of the total correlation in the loss; the released code has none
};

/// What a model has to know of the data and of the experiment. Sizes 0 mean "not used".
struct ModelConfig {
  Task task = Task::kOpenEnded;
  int64_t vocab_size = 0;
  int64_t num_classes = 0;  ///< open-ended only: size of the answer set
  int64_t appearance_dim = 0;
  int64_t motion_dim = 0;
  int64_t word_dim = 300;
  int64_t hidden = 512;
  int64_t slots = 20;  ///< memory slots S of HME
  double dropout = 0.2;
  std::string fusion = kNoFusion;  ///< fusion spec (fusion/fusion.h)
  HmeFusionPlace fusion_place = HmeFusionPlace::kModalityAttention;
  HmeInit hme_init = HmeInit::kCommon;
  StreamRoles stream_roles = StreamRoles::kByName;
  /// Input width of the `video_encoder` of HME and co_memory, which computes nothing but stands in
  /// published weights: 4096 for MSVD-QA and EgoVQA, 6144 for TGIF-QA. 0: appearance_dim +
  /// motion_dim.
  int64_t video_encoder_dim = 0;
  TvqaConfig tvqa;
};

}  // namespace vidqa::models

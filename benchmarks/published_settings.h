#pragma once

#include <cstdint>
#include <string>

#include "models/model_config.h"

namespace vidqa::benchmarks {

/// What the released code of HME and of its baselines (fanchenyou/HME-VideoQA, fanchenyou/EgoVQA;
/// on TVQA: Jumperkables/trying_blp) fixes for a data set. Of a model that lacks a part, its
/// setting is not read.
struct PublishedSettings {
  int64_t hidden = 512;  ///< h
  int64_t slots = 35;    ///< memory slots S
  models::HmeInit init = models::HmeInit::kCommon;
  models::StreamRoles roles = models::StreamRoles::kByName;
  /// Whether the unused `video_encoder` is as wide as one stream, not as both.
  bool encodes_one_stream = false;
};

/// Of the data set that QaCorpus::name says: msvd-qa, tgif-*, ego-vqa, youtube2text-qa, tvqa.
/// Others have no published HME and get the settings of TGIF-QA.
PublishedSettings published_settings(const std::string& dataset);

}  // namespace vidqa::benchmarks

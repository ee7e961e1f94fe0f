#include "benchmarks/published_settings.h"

#include <utility>
#include <vector>

namespace vidqa::benchmarks {

PublishedSettings published_settings(const std::string& dataset) {
  using models::HmeInit;
  using models::StreamRoles;
  // The beginning of a name; hidden, slots, initial values, roles, one stream.
  static const std::vector<std::pair<std::string, PublishedSettings>> table = {
      {"msvd-qa", {512, 20, HmeInit::kMsvd, StreamRoles::kByName, true}},
      {"tgif-", {512, 35, HmeInit::kCommon, StreamRoles::kByName, false}},
      {"ego-vqa", {256, 20, HmeInit::kCommon, StreamRoles::kSwapped, true}},
      {"youtube2text-qa", {256, 20, HmeInit::kCommon, StreamRoles::kSwapped, true}},
      {"tvqa", {512, 50, HmeInit::kCommon, StreamRoles::kByName, false}},
  };
  for (const auto& [beginning, settings] : table) {
    if (dataset.rfind(beginning, 0) == 0) return settings;
  }
  return {};
}

}  // namespace vidqa::benchmarks

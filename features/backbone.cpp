#include "features/backbone.h"

#include <charconv>
#include <filesystem>
#include <mutex>

#include <torch/torch.h>

#include "features/hash.h"
#include "features/resnet.h"
#include "features/weights.h"

namespace vidqa::features {
namespace {

/// Gives torch's global CPU generator back as it was.
class GeneratorGuard {
 public:
  GeneratorGuard() : generator_(at::detail::getDefaultCPUGenerator()) {
    const std::lock_guard<std::mutex> lock(generator_.mutex());
    state_ = generator_.get_state();
  }
  ~GeneratorGuard() {
    const std::lock_guard<std::mutex> lock(generator_.mutex());
    generator_.set_state(state_);
  }
  GeneratorGuard(const GeneratorGuard&) = delete;
  GeneratorGuard& operator=(const GeneratorGuard&) = delete;

  void seed(uint64_t seed) {
    const std::lock_guard<std::mutex> lock(generator_.mutex());
    generator_.set_current_seed(seed);
  }

 private:
  at::Generator generator_;
  torch::Tensor state_;
};

const BackboneEntry& find_entry(const std::string& name) {
  std::string accepted;
  for (const BackboneEntry& entry : backbone_table()) {
    if (entry.name == name) return entry;
    accepted += (accepted.empty() ? "" : ", ") + entry.name;
  }
  TORCH_CHECK(false, "backbone '", name, "' is unknown; accepted: ", accepted);
}

constexpr std::string_view kRandom = "random:";

uint64_t parse_seed(const std::string& weights) {
  const char* begin = weights.data() + kRandom.size();
  const char* end = weights.data() + weights.size();
  uint64_t seed = 0;
  const auto [stop, error] = std::from_chars(begin, end, seed);
  TORCH_CHECK(error == std::errc() && stop == end, "weights '", weights,
              "': expected random:SEED with a whole number");
  return seed;
}

}  // namespace

const std::vector<BackboneEntry>& backbone_table() {
  static const std::vector<BackboneEntry> kTable = resnet_entries();
  return kTable;
}

LoadedBackbone make_backbone(const std::string& name, const std::string& weights) {
  const BackboneEntry& entry = find_entry(name);
  TORCH_CHECK(!weights.empty(), "backbone ", name,
              ": no weights given; name a .safetensors, .pth or .pt file, or random:SEED for an "
              "untrained network");
  LoadedBackbone loaded;
  GeneratorGuard generator;
  if (weights.rfind(kRandom, 0) == 0) {
    generator.seed(parse_seed(weights));
    loaded.network = entry.make();
    loaded.weights_description = loaded.weights_hash = weights;
  } else {
    const StateDict tensors = read_weights(weights);
    loaded.network = entry.make();
    load_state_dict(*loaded.network, tensors, weights, {"fc."});
    loaded.weights_description = std::filesystem::path(weights).filename().string();
    loaded.weights_hash = sha256_file(weights);
  }
  loaded.network->eval();
  loaded.network->optimize_for_inference();
  for (torch::Tensor& parameter : loaded.network->parameters()) parameter.set_requires_grad(false);
  return loaded;
}

}  // namespace vidqa::features

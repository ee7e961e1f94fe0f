#include "features/weights.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include <torch/torch.h>

#include "features/safetensors.h"
#include "features/torch_file.h"

namespace vidqa::features {
namespace {

bool starts_with(const std::string& text, const std::string& prefix) {
  return text.rfind(prefix, 0) == 0;
}

bool ends_with(const std::string& text, const std::string& suffix) {
  return text.size() >= suffix.size() &&
         text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

StateDict without_prefix(StateDict tensors, const std::string& prefix) {
  const bool everywhere = std::all_of(tensors.begin(), tensors.end(), [&](const auto& entry) {
    return starts_with(entry.first, prefix);
  });
  if (!everywhere) return tensors;
  StateDict result;
  for (const auto& [name, tensor] : tensors) result.emplace(name.substr(prefix.size()), tensor);
  return result;
}

StateDict read_by_extension(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension == ".safetensors") return read_safetensors(path);
  static const std::set<std::string> kTorchFiles = {".pth", ".pt", ".ckpt", ".tar", ".pickle"};
  TORCH_CHECK(kTorchFiles.count(extension) > 0,
              "is neither .safetensors nor .pth, .pt, .ckpt, .pth.tar or .pickle");
  return read_torch_file(path);
}

/// What keeps `tensor` from being copied into `target`, or "".
std::string misfit(const torch::Tensor& target, const torch::Tensor& tensor) {
  std::ostringstream problem;
  if (tensor.sizes() != target.sizes())
    problem << "has shape " << tensor.sizes() << ", expected " << target.sizes();
  else if (tensor.is_floating_point() != target.is_floating_point())
    problem << "has dtype " << tensor.dtype() << ", expected " << target.dtype();
  else if (tensor.is_floating_point() && !tensor.isfinite().all().item<bool>())
    problem << "holds values that are not finite";
  return problem.str();
}

}  // namespace

StateDict read_weights(const std::string& path) {
  TORCH_CHECK(std::filesystem::is_regular_file(path), path, ": no such weights file");
  StateDict tensors;
  try {
    tensors = read_by_extension(path);
  } catch (const c10::Error& error) {
    TORCH_CHECK(false, path, ": ", error.what_without_backtrace());
  } catch (const std::exception& error) {
    TORCH_CHECK(false, path, ": ", error.what());
  }
  TORCH_CHECK(!tensors.empty(), path, ": holds no tensors");
  return without_prefix(std::move(tensors), "module.");
}

void load_state_dict(torch::nn::Module& module, const StateDict& tensors, const std::string& source,
                     const std::vector<std::string>& ignored_prefixes) {
  StateDict targets;
  for (const auto& entry : module.named_parameters()) targets.emplace(entry.key(), entry.value());
  for (const auto& entry : module.named_buffers()) targets.emplace(entry.key(), entry.value());

  std::vector<std::string> problems;
  for (const auto& [name, target] : targets) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      std::ostringstream shape;
      shape << target.sizes();
      if (!ends_with(name, "num_batches_tracked"))
        problems.push_back("'" + name + "' is missing, expected shape " + shape.str());
      continue;
    }
    const std::string problem = misfit(target, found->second);
    if (!problem.empty()) problems.push_back("'" + name + "' " + problem);
  }
  for (const auto& [name, tensor] : tensors) {
    const bool ignored = std::any_of(
        ignored_prefixes.begin(), ignored_prefixes.end(),
        [&name = name](const std::string& prefix) { return starts_with(name, prefix); });
    if (targets.count(name) == 0 && !ignored)
      problems.push_back("'" + name + "' is not a tensor of this network");
  }

  constexpr size_t kShown = 5;
  std::string listed;
  for (size_t i = 0; i < std::min(kShown, problems.size()); ++i)
    listed += (i == 0 ? "" : "; ") + problems[i];
  if (problems.size() > kShown)
    listed += "; and " + std::to_string(problems.size() - kShown) + " more";
  TORCH_CHECK(problems.empty(), source, ": does not fit ", module.name(), ": ", listed);

  const torch::NoGradGuard no_grad;
  for (const auto& [name, target] : targets)
    if (const auto found = tensors.find(name); found != tensors.end())
      torch::Tensor(target).copy_(found->second);
}

}  // namespace vidqa::features

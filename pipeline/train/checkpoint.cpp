#include "pipeline/train/checkpoint.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <torch/serialize.h>

#include "features/atomic_file.h"
#include "features/hash.h"

namespace vidqa::train {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Validation, epoch, step, train_loss, val, seconds)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TrainState, epochs_done, best_epoch, best_metric,
                                   unproductive_epochs, config_identity, history)

namespace {

std::string last_line(const std::string& sha256) {
  return fmt::format("vidqa checkpoint sha256 {}\n", sha256);
}

constexpr size_t kLastLineSize = 24 + 64 + 1;

/// Reads the file, checks its last line, and parses the archive before it.
/// Tensors come to `device`.
torch::serialize::InputArchive open_archive(const std::string& path, torch::Device device) {
  std::ifstream file(path, std::ios::binary);
  TORCH_CHECK(file, path, ": cannot open the checkpoint");
  std::string content(std::istreambuf_iterator<char>(file), {});
  TORCH_CHECK(!file.bad(), path, ": cannot read the checkpoint");
  TORCH_CHECK(content.size() > kLastLineSize, path,
              ": not a vidqa checkpoint, or a truncated one (", content.size(), " bytes)");
  const size_t size = content.size() - kLastLineSize;
  const std::string sha256 = features::sha256({content.data(), size});
  TORCH_CHECK(
      content.compare(size, kLastLineSize, last_line(sha256)) == 0, path,
      ": not a vidqa checkpoint, or a truncated or damaged one: its checksum does not match "
      "(delete the file to start again from the beginning)");
  torch::serialize::InputArchive archive;
  archive.load_from(content.data(), size, device);
  return archive;
}

TrainState read_state(const std::string& path, torch::serialize::InputArchive& archive) {
  c10::IValue text;
  TORCH_CHECK(archive.try_read("state", text) && text.isString(), path,
              ": the checkpoint holds no training state");
  try {
    return nlohmann::json::parse(text.toStringRef()).get<TrainState>();
  } catch (const nlohmann::json::exception& error) {
    TORCH_CHECK(false, path, ": unreadable training state: ", error.what());
  }
}

using Copies = std::vector<std::pair<torch::Tensor, torch::Tensor>>;  // to, from

void read_tensor(const std::string& path, torch::serialize::InputArchive& archive,
                 const std::string& key, const std::string& name, const torch::Tensor& to,
                 bool is_buffer, Copies& copies) {
  torch::Tensor from;
  TORCH_CHECK(archive.try_read(key, from, is_buffer), path, ": tensor '", name, "' is missing");
  TORCH_CHECK(from.sizes() == to.sizes() && from.dtype() == to.dtype(), path, ": tensor '", name,
              "' must be ", to.dtype(), " ", to.sizes(), ", got ", from.dtype(), " ", from.sizes());
  copies.emplace_back(to, from);
}

/// Pairs every tensor of `module` with the stored one; `prefix` is the module's path in the model.
void read_module(const std::string& path, torch::serialize::InputArchive& archive,
                 const torch::nn::Module& module, const std::string& prefix, Copies& copies) {
  std::set<std::string> known;
  for (const auto& item : module.named_parameters(/*recurse=*/false)) {
    read_tensor(path, archive, item.key(), prefix + item.key(), item.value(), false, copies);
    known.insert(item.key());
  }
  for (const auto& item : module.named_buffers(/*recurse=*/false)) {
    read_tensor(path, archive, item.key(), prefix + item.key(), item.value(), true, copies);
    known.insert(item.key());
  }
  for (const auto& child : module.named_children()) {
    if (!child.value()->is_serializable()) continue;
    torch::serialize::InputArchive nested;
    TORCH_CHECK(archive.try_read(child.key(), nested), path, ": tensors '", prefix, child.key(),
                ".*' are missing");
    read_module(path, nested, *child.value(), prefix + child.key() + ".", copies);
    known.insert(child.key());
  }
  for (const std::string& key : archive.keys())
    TORCH_CHECK(known.count(key) != 0, path, ": tensor '", prefix, key,
                "' is not one of this model: it was written by another one");
}

std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  return lines;
}

std::string lines_without(const std::set<std::string>& lines, const std::set<std::string>& other) {
  std::string result;
  for (const std::string& line : lines) {
    if (other.count(line) == 0) result += (result.empty() ? "" : ", ") + line;
  }
  return result.empty() ? "nothing" : result;
}

}  // namespace

void save_checkpoint(const std::string& path, const models::Model& model,
                     const torch::optim::Optimizer* optimizer, const TrainState& state) {
  torch::serialize::OutputArchive archive;
  torch::serialize::OutputArchive model_archive(archive.compilation_unit());
  model.save(model_archive);
  archive.write("model", model_archive);
  if (optimizer != nullptr) {
    torch::serialize::OutputArchive optimizer_archive(archive.compilation_unit());
    optimizer->save(optimizer_archive);
    archive.write("optimizer", optimizer_archive);
  }
  archive.write("state", c10::IValue(nlohmann::json(state).dump()));

  features::write_atomically(path, [&](const std::string& temporary_path) {
    std::ofstream file(temporary_path, std::ios::binary | std::ios::trunc);
    // An exception here would leave a destructor of LibTorch and end the process: the stream keeps
    // its error until all is said.
    archive.save_to([&](const void* data, size_t size) {
      file.write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
      return size;
    });
    file.flush();
    if (file) file << last_line(features::sha256_file(temporary_path));
    file.close();
    TORCH_CHECK(file, path, ": cannot write the checkpoint (disk full?)");
  });
}

TrainState load_checkpoint(const std::string& path, models::Model& model,
                           torch::optim::Optimizer* optimizer) {
  const std::vector<torch::Tensor> parameters = model.parameters();
  const torch::Device device = parameters.empty() ? torch::kCPU : parameters.front().device();
  torch::serialize::InputArchive archive = open_archive(path, device);
  TrainState state = read_state(path, archive);
  torch::serialize::InputArchive model_archive;
  TORCH_CHECK(archive.try_read("model", model_archive), path, ": the checkpoint holds no model");
  Copies copies;
  read_module(path, model_archive, model, "", copies);
  if (optimizer != nullptr) {
    torch::serialize::InputArchive optimizer_archive;
    TORCH_CHECK(archive.try_read("optimizer", optimizer_archive), path,
                ": the checkpoint holds no optimiser state");
    try {
      optimizer->load(optimizer_archive);
    } catch (c10::Error& error) {
      error.add_context(path + ": the optimiser state is not that of this model");
      throw;
    }
  }
  const torch::NoGradGuard no_grad;
  for (const auto& [to, from] : copies) to.copy_(from);
  return state;
}

TrainState read_checkpoint_state(const std::string& path) {
  torch::serialize::InputArchive archive = open_archive(path, torch::kCPU);
  return read_state(path, archive);
}

void check_same_run(const std::string& path, const std::string& identity) {
  if (!std::filesystem::exists(path)) return;
  const std::set<std::string> there = lines_of(read_checkpoint_state(path).config_identity);
  const std::set<std::string> here = lines_of(identity);
  TORCH_CHECK(there == here, path, ": belongs to a run with other options: there ",
              lines_without(there, here), "; asked for ", lines_without(here, there),
              " (choose another output folder, or give the same options)");
}

}  // namespace vidqa::train

#pragma once

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <caffe2/serialize/inline_container.h>
#include <nlohmann/json.hpp>
#include <torch/types.h>

#include "features/weights.h"

namespace vidqa::testing {

inline void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

template <typename T>
std::string little_endian(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

inline std::string raw_values(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.contiguous();
  return {static_cast<const char*>(values.data_ptr()), values.nbytes()};
}

/// Header length, header, data: the three parts of a .safetensors file.
inline std::string safetensors_bytes(const std::string& header, const std::string& data) {
  return little_endian<uint64_t>(header.size()) + header + data;
}

inline void write_safetensors(const std::string& path, const features::StateDict& tensors) {
  nlohmann::json header = {{"__metadata__", {{"format", "pt"}}}};
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const std::string code = tensor.scalar_type() == torch::kFloat64    ? "F64"
                             : tensor.scalar_type() == torch::kFloat16  ? "F16"
                             : tensor.scalar_type() == torch::kBFloat16 ? "BF16"
                             : tensor.scalar_type() == torch::kInt64    ? "I64"
                                                                        : "F32";
    const size_t begin = data.size();
    data += raw_values(tensor);
    header[name] = {
        {"dtype", code}, {"shape", tensor.sizes().vec()}, {"data_offsets", {begin, data.size()}}};
  }
  write_file(path, safetensors_bytes(header.dump(), data));
}

/// One tensor of a pickled state dict, as a window on a storage.
struct PickledTensor {
  std::string name, storage_type, key;
  int64_t storage_numel, offset;
  std::vector<int64_t> sizes, strides;
};

inline std::string pickled_text(const std::string& text) {
  return "X" + little_endian<uint32_t>(static_cast<uint32_t>(text.size())) + text;
}

inline std::string pickled_int(int64_t value) { return "\x8a\x08" + little_endian(value); }

inline std::string pickled_ints(const std::vector<int64_t>& values) {
  std::string items = "(";
  for (const int64_t value : values) items += pickled_int(value);
  return items + "t";
}

/// What torch.save pickles for an OrderedDict of tensors: a call, items, and the attribute
/// `_metadata`. A storage id has a sixth part in the format before torch 1.6.
inline std::string pickled_state_dict(const std::vector<PickledTensor>& tensors,
                                      bool old_format = false) {
  const std::string ordered_dict = "ccollections\nOrderedDict\n)R";
  std::string items;
  for (const PickledTensor& tensor : tensors)
    items += pickled_text(tensor.name) + "ctorch._utils\n_rebuild_tensor_v2\n((" +
             pickled_text("storage") + "ctorch\n" + tensor.storage_type + "\n" +
             pickled_text(tensor.key) + pickled_text("cpu") + pickled_int(tensor.storage_numel) +
             (old_format ? "N" : "") + "tQ" + pickled_int(tensor.offset) +
             pickled_ints(tensor.sizes) + pickled_ints(tensor.strides) + "\x89" + ordered_dict +
             "tR";
  return "\x80\x02" + ordered_dict + "(" + items + "u}" + pickled_text("_metadata") + ordered_dict +
         "sb.";
}

/// The zip format of torch 1.6 and later around a pickle.
inline void write_torch_zip(const std::string& path, const std::string& pickle,
                            const std::map<std::string, std::string>& storages) {
  caffe2::serialize::PyTorchStreamWriter writer(path);
  writer.writeRecord("data.pkl", pickle.data(), pickle.size());
  for (const auto& [key, bytes] : storages)
    writer.writeRecord("data/" + key, bytes.data(), bytes.size());
  writer.writeEndOfFile();
}

/// The stream of pickles before torch 1.6. `storages`: key, number of values, bytes.
inline std::string torch_stream(
    const std::string& pickle,
    const std::vector<std::tuple<std::string, int64_t, std::string>>& storages) {
  std::string content =
      std::string("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15) +
      "\x80\x02M\xe9\x03." + "\x80\x02}" + pickled_text("little_endian") + "\x88s." + pickle +
      "\x80\x02](";
  for (const auto& [key, numel, bytes] : storages) content += pickled_text(key);
  content += "e.";
  for (const auto& [key, numel, bytes] : storages) content += little_endian(numel) + bytes;
  return content;
}

}  // namespace vidqa::testing

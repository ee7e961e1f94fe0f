#include "features/safetensors.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>
#include <torch/torch.h>

namespace vidqa::features {
namespace {

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the reference implementation

torch::Dtype dtype_of(const std::string& code) {
  static const std::map<std::string, torch::Dtype> kTypes = {
      {"BOOL", torch::kBool},   {"U8", torch::kUInt8},      {"I8", torch::kInt8},
      {"I16", torch::kInt16},   {"I32", torch::kInt32},     {"I64", torch::kInt64},
      {"F16", torch::kFloat16}, {"BF16", torch::kBFloat16}, {"F32", torch::kFloat32},
      {"F64", torch::kFloat64}};
  const auto found = kTypes.find(code);
  TORCH_CHECK(found != kTypes.end(), "dtype '", code, "' is not supported");
  return found->second;
}

struct Entry {
  std::string name;
  torch::Dtype dtype;
  std::vector<int64_t> shape;
  uint64_t begin, end;  // bytes from the start of the data
};

/// Bytes of a tensor of this shape, at most `limit`.
uint64_t num_bytes(const Entry& entry, uint64_t limit) {
  uint64_t bytes = torch::elementSize(entry.dtype);
  for (const int64_t size : entry.shape) {
    TORCH_CHECK(size >= 0, "'", entry.name, "' has a negative size");
    TORCH_CHECK(size == 0 || bytes <= limit / static_cast<uint64_t>(size), "'", entry.name,
                "' is larger than the file");
    bytes *= static_cast<uint64_t>(size);
  }
  return bytes;
}

std::vector<Entry> parse_header(const std::string& text, uint64_t data_bytes) {
  const nlohmann::json header = nlohmann::json::parse(text);
  TORCH_CHECK(header.is_object(), "the header is no JSON object");
  std::vector<Entry> entries;
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") continue;
    const auto& offsets = value.at("data_offsets");
    Entry entry{name, dtype_of(value.at("dtype").get<std::string>()),
                value.at("shape").get<std::vector<int64_t>>(), offsets.at(0).get<uint64_t>(),
                offsets.at(1).get<uint64_t>()};
    TORCH_CHECK(entry.begin <= entry.end && entry.end <= data_bytes, "'", name,
                "' lies outside the file");
    TORCH_CHECK(entry.end - entry.begin == num_bytes(entry, data_bytes), "'", name, "' has ",
                entry.end - entry.begin, " bytes, which its shape and dtype do not need");
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t position = 0;
  for (const Entry& entry : entries) {
    TORCH_CHECK(entry.begin == position, "the data before '", entry.name,
                "' has a gap or an overlap");
    position = entry.end;
  }
  TORCH_CHECK(position == data_bytes, "the last tensor ends ", data_bytes - position,
              " bytes before the file does");
  return entries;
}

}  // namespace

StateDict read_safetensors(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const uint64_t file_bytes = std::filesystem::file_size(path);
  const auto read = [&](void* target, uint64_t bytes) {
    file.read(static_cast<char*>(target), static_cast<std::streamsize>(bytes));
    TORCH_CHECK(file.good(), "cannot be read");
  };
  TORCH_CHECK(file_bytes >= 8, "is too short for a safetensors file");
  uint8_t raw_length[8];
  read(raw_length, sizeof raw_length);
  uint64_t header_bytes = 0;
  for (size_t i = sizeof raw_length; i-- > 0;) header_bytes = header_bytes << 8 | raw_length[i];
  TORCH_CHECK(header_bytes <= std::min(file_bytes - 8, kMaxHeaderBytes), "its header of ",
              header_bytes, " bytes does not fit; truncated, or not a safetensors file");
  std::string header(header_bytes, '\0');
  read(header.data(), header_bytes);

  StateDict tensors;
  for (const Entry& entry : parse_header(header, file_bytes - 8 - header_bytes)) {
    torch::Tensor tensor = torch::empty(entry.shape, entry.dtype);
    if (tensor.numel() > 0) read(tensor.data_ptr(), entry.end - entry.begin);
    tensors.emplace(entry.name, std::move(tensor));
  }
  return tensors;
}

}  // namespace vidqa::features

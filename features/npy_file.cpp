#include "features/npy_file.h"

#include <cctype>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <c10/util/Exception.h>

#include "features/pickle_numpy.h"

namespace vidqa::features {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

/// What stands after `'key':` in the header, a Python literal of a dict.
std::string_view header_value(std::string_view header, std::string_view key) {
  const size_t at = header.find(key);
  const size_t colon = at == std::string_view::npos ? at : header.find(':', at);
  if (colon == std::string_view::npos) throw std::runtime_error("its header lacks a key");
  size_t begin = colon + 1;
  while (begin < header.size() && header[begin] == ' ') ++begin;
  return header.substr(begin);
}

std::vector<int64_t> parse_shape(std::string_view tuple) {
  std::vector<int64_t> shape;
  const size_t end = tuple.find(')');
  if (tuple.empty() || tuple.front() != '(' || end == std::string_view::npos)
    throw std::runtime_error("its shape is no tuple");
  for (size_t i = 1; i < end; ++i) {
    if (std::isdigit(static_cast<unsigned char>(tuple[i])) == 0) continue;
    int64_t size = 0;
    for (; i < end && std::isdigit(static_cast<unsigned char>(tuple[i])) != 0; ++i) {
      if (size > INT64_MAX / 16) throw std::runtime_error("its shape is too large");
      size = 10 * size + (tuple[i] - '0');
    }
    shape.push_back(size);
  }
  return shape;
}

torch::Tensor parse(std::string_view content) {
  if (content.size() < 10 || content.substr(0, kMagic.size()) != kMagic)
    throw std::runtime_error("it does not begin with the mark of such files");
  const int version = content[kMagic.size()];
  const size_t length_bytes = version == 1 ? 2 : 4;
  if (version < 1 || version > 3) throw std::runtime_error("its format is of an unknown version");
  const size_t header_at = kMagic.size() + 2 + length_bytes;
  size_t header_size = 0;
  for (size_t i = length_bytes; i-- > 0;)
    header_size = header_size << 8 | static_cast<unsigned char>(content.at(kMagic.size() + 2 + i));
  if (header_at > content.size() || header_size > content.size() - header_at)
    throw std::runtime_error("it is cut off");
  const std::string_view header = content.substr(header_at, header_size);
  std::string_view type = header_value(header, "'descr'");
  if (type.size() < 3 || type.front() != '\'')
    throw std::runtime_error("it holds a structured array");
  type = type.substr(1, type.find('\'', 1) - 1);
  return pickle::numpy_array(std::string(content.substr(header_at + header_size)),
                             parse_shape(header_value(header, "'shape'")), std::string(type),
                             header_value(header, "'fortran_order'").substr(0, 4) == "True");
}

}  // namespace

torch::Tensor read_npy(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  TORCH_CHECK(stream.good(), path, ": no such file, or it cannot be opened");
  const std::string content((std::istreambuf_iterator<char>(stream)),
                            std::istreambuf_iterator<char>());
  TORCH_CHECK(!stream.bad(), path, ": cannot be read to its end");
  try {
    return parse(content);
  } catch (const c10::Error&) {
    throw;
  } catch (const std::exception& error) {
    TORCH_CHECK(false, path, ": is not a NumPy array that can be read: ", error.what());
  }
}

}  // namespace vidqa::features

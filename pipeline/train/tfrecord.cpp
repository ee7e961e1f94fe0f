#include "pipeline/train/tfrecord.h"

#include <cstdint>
#include <fstream>
#include <iterator>

#include <boost/crc.hpp>
#include <c10/util/Exception.h>

namespace vidqa::train {
namespace {

constexpr size_t kLengthBytes = 8;
constexpr size_t kCrcBytes = 4;

uint32_t masked_crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const uint32_t value = crc.checksum();
  return ((value >> 15) | (value << 17)) + 0xa282ead8U;
}

std::string little_endian(uint64_t value, size_t num_bytes) {
  std::string bytes(num_bytes, '\0');
  for (size_t i = 0; i < num_bytes; ++i) bytes[i] = static_cast<char>((value >> (8 * i)) & 0xFF);
  return bytes;
}

uint64_t from_little_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i)
    value |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

/// Takes `num_bytes` and their CRC off the front; false when they are not there whole and sound.
bool take_checked(std::string_view& rest, uint64_t num_bytes, std::string_view& bytes) {
  if (rest.size() < kCrcBytes || num_bytes > rest.size() - kCrcBytes) return false;
  bytes = rest.substr(0, num_bytes);
  if (from_little_endian(rest.substr(num_bytes, kCrcBytes)) != masked_crc32c(bytes)) return false;
  rest.remove_prefix(num_bytes + kCrcBytes);
  return true;
}

}  // namespace

std::string to_tfrecord(std::string_view bytes) {
  const std::string length = little_endian(bytes.size(), kLengthBytes);
  std::string record = length;
  record += little_endian(masked_crc32c(length), kCrcBytes);
  record += bytes;
  record += little_endian(masked_crc32c(bytes), kCrcBytes);
  return record;
}

std::vector<std::string> read_tfrecords(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  TORCH_CHECK(file, path, ": cannot open the event file");
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> records;
  std::string_view rest = content;
  std::string_view length, bytes;
  while (take_checked(rest, kLengthBytes, length) &&
         take_checked(rest, from_little_endian(length), bytes))
    records.emplace_back(bytes);
  return records;
}

}  // namespace vidqa::train

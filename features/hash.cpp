#include "features/hash.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <stdexcept>
#include <vector>

extern "C" {
#include <libavutil/mem.h>
#include <libavutil/sha.h>
}

#include <fmt/format.h>

namespace vidqa::features {
namespace {

constexpr size_t kReadBytes = 1 << 20;

}  // namespace

void Sha256::Free::operator()(AVSHA* state) const { av_free(state); }

Sha256::Sha256() : state_(av_sha_alloc()) {
  if (state_ == nullptr) throw std::bad_alloc();
  av_sha_init(state_.get(), 256);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;

void Sha256::update(const void* bytes, size_t size) {
  av_sha_update(state_.get(), static_cast<const uint8_t*>(bytes), size);
}

std::string Sha256::finish() {
  std::array<uint8_t, 32> digest{};
  av_sha_final(state_.get(), digest.data());
  std::string hex;
  for (const uint8_t byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

std::string sha256_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> buffer(kReadBytes);
  Sha256 hash;
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0)
    hash.update(buffer.data(), static_cast<size_t>(file.gcount()));
  if (!file.eof())
    throw std::runtime_error(fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  return hash.finish();
}

}  // namespace vidqa::features

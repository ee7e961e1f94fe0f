#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct AVSHA;

namespace vidqa::features {

/// SHA-256 of bytes that come piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;

  void update(const void* bytes, size_t size);
  void update(std::string_view bytes) { update(bytes.data(), bytes.size()); }
  /// Lower-case hex; ends the hash.
  std::string finish();

 private:
  struct Free {
    void operator()(AVSHA* state) const;
  };
  std::unique_ptr<AVSHA, Free> state_;
};

/// SHA-256 in lower-case hex.
std::string sha256(std::string_view bytes);

/// SHA-256 of a file's content in lower-case hex. Throws std::runtime_error naming the path.
std::string sha256_file(const std::string& path);

}  // namespace vidqa::features

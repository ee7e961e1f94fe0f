#pragma once

#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

namespace vidqa::features::pickle {

/// The bytes of a pickle, read forwards; nothing is read beyond their end.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  /// Throws std::runtime_error with the place of the last opcode.
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("pickle: {} (at byte {})", what, opcode_at_));
  }

  size_t position() const { return position_; }
  size_t left() const { return bytes_.size() - position_; }

  unsigned char opcode() {
    opcode_at_ = position_;
    return static_cast<unsigned char>(bytes(1)[0]);
  }

  std::string_view bytes(uint64_t count) {
    if (count > left()) fail(fmt::format("needs {} more bytes, {} are left", count, left()));
    const std::string_view result = bytes_.substr(position_, count);
    position_ += count;
    return result;
  }

  uint64_t little_endian(size_t width) {
    const std::string_view raw = bytes(width);
    uint64_t result = 0;
    for (size_t i = width; i-- > 0;) result = result << 8 | static_cast<unsigned char>(raw[i]);
    return result;
  }

  /// The rest of the line, without its end.
  std::string_view line() {
    const size_t end = bytes_.find('\n', position_);
    if (end == std::string_view::npos) fail("a line has no end");
    std::string_view result = bytes(end - position_ + 1);
    result.remove_suffix(1);
    return result;
  }

  template <typename Number>
  Number parse(std::string_view text) const {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
      fail(fmt::format("'{}' is not a number in range", text));
    return number;
  }

 private:
  std::string_view bytes_;
  size_t position_ = 0;
  size_t opcode_at_ = 0;
};

}  // namespace vidqa::features::pickle

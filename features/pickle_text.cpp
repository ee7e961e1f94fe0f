#include "features/pickle_text.h"

#include <charconv>
#include <cstdint>

namespace vidqa::features::pickle {
namespace {

/// The code point's UTF-8 form.
std::string utf8(uint32_t code) {
  std::string text;
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xc0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xe0 | (code >> 12));
    tail(6), tail(0);
  } else {
    text += static_cast<char>(0xf0 | (code >> 18));
    tail(12), tail(6), tail(0);
  }
  return text;
}

/// Exactly the first `digits` characters as a number.
std::optional<uint32_t> parse_code(std::string_view text, size_t digits, int base) {
  uint32_t code = 0;
  if (text.size() < digits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, code, base);
  if (error != std::errc() || end != text.data() + digits) return std::nullopt;
  return code;
}

}  // namespace

std::optional<std::string> unescape_repr(std::string_view text) {
  static constexpr std::string_view kNames = "\\'\"abfnrtv";
  static constexpr std::string_view kMeanings = "\\'\"\a\b\f\n\r\t\v";
  const bool quoted = text.size() >= 2 && text.front() == text.back() &&
                      (text.front() == '\'' || text.front() == '"');
  if (!quoted) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    if (const size_t known = kNames.find(text[i]); known != std::string_view::npos) {
      result += kMeanings[known];
      continue;
    }
    const bool hexadecimal = text[i] == 'x';
    const std::optional<uint32_t> code =
        hexadecimal ? parse_code(text.substr(i + 1), 2, 16) : parse_code(text.substr(i), 3, 8);
    if (!code || *code > 0xff) return std::nullopt;
    result += static_cast<char>(*code);
    i += 2;
  }
  return result;
}

std::optional<std::string> unescape_unicode(std::string_view text) {
  std::string result;
  uint32_t high = 0;  // first half of a surrogate pair
  for (size_t i = 0; i < text.size(); ++i) {
    uint32_t code = static_cast<unsigned char>(text[i]);
    if (code == '\\' && i + 1 < text.size() && (text[i + 1] == 'u' || text[i + 1] == 'U')) {
      const size_t digits = text[i + 1] == 'u' ? 4 : 8;
      const std::optional<uint32_t> escaped = parse_code(text.substr(i + 2), digits, 16);
      if (!escaped) return std::nullopt;
      code = *escaped;
      i += 1 + digits;
    }
    const bool is_low = code >= 0xdc00 && code < 0xe000;
    if (is_low != (high != 0) || code > 0x10ffff) return std::nullopt;
    if (is_low) code = 0x10000 + ((high - 0xd800) << 10) + (code - 0xdc00);
    high = code >= 0xd800 && code < 0xdc00 ? code : 0;
    if (high == 0) result += utf8(code);
  }
  if (high != 0) return std::nullopt;
  return result;
}

std::optional<std::string> encode_latin1(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      result += text[i];
      continue;
    }
    const bool fits =
        (byte == 0xc2 || byte == 0xc3) && i + 1 < text.size() && (text[i + 1] & 0xc0) == 0x80;
    if (!fits) return std::nullopt;
    result += static_cast<char>((byte & 0x03) << 6 | (text[++i] & 0x3f));
  }
  return result;
}

}  // namespace vidqa::features::pickle

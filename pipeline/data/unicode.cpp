#include "pipeline/data/unicode.h"

#include <cstdint>

namespace vidqa::data {
namespace {

constexpr char32_t kLastCodePoint = 0x10FFFF;

bool is_surrogate(uint32_t unit) { return unit >= 0xD800 && unit <= 0xDFFF; }

/// The units of `width` bytes that `bytes` consists of.
std::optional<std::u32string> units(std::string_view bytes, size_t width, bool big_endian) {
  if (bytes.size() % width != 0) return std::nullopt;
  std::u32string result;
  for (size_t at = 0; at < bytes.size(); at += width) {
    uint32_t unit = 0;
    for (size_t i = 0; i < width; ++i) {
      const size_t byte = big_endian ? i : width - 1 - i;
      unit = unit << 8 | static_cast<unsigned char>(bytes[at + byte]);
    }
    result.push_back(unit);
  }
  return result;
}

std::optional<std::u32string> decode_utf32(std::string_view bytes, bool big_endian) {
  std::optional<std::u32string> text = units(bytes, 4, big_endian);
  if (!text) return std::nullopt;
  for (const char32_t c : *text)
    if (c > kLastCodePoint || is_surrogate(c)) return std::nullopt;
  return text;
}

std::optional<std::u32string> decode_utf16(std::string_view bytes, bool big_endian) {
  const std::optional<std::u32string> text = units(bytes, 2, big_endian);
  if (!text) return std::nullopt;
  std::u32string result;
  for (size_t i = 0; i < text->size(); ++i) {
    const char32_t unit = (*text)[i];
    if (!is_surrogate(unit)) {
      result.push_back(unit);
      continue;
    }
    const char32_t next = i + 1 < text->size() ? (*text)[i + 1] : 0;
    if (unit >= 0xDC00 || next < 0xDC00 || next > 0xDFFF) return std::nullopt;
    result.push_back(0x10000 + ((unit - 0xD800) << 10) + (next - 0xDC00));
    ++i;
  }
  return result;
}

std::optional<std::u32string> decode_utf8(std::string_view bytes) {
  constexpr char32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};  // by number of continuation bytes
  std::u32string result;
  for (size_t i = 0; i < bytes.size();) {
    const auto first = static_cast<unsigned char>(bytes[i++]);
    if (first < 0x80) {
      result.push_back(first);
      continue;
    }
    const size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4 || bytes.size() - i < more) return std::nullopt;
    char32_t c = first & (0x3Fu >> more);
    for (size_t k = 0; k < more; ++k) {
      const auto next = static_cast<unsigned char>(bytes[i++]);
      if ((next & 0xC0) != 0x80) return std::nullopt;
      c = c << 6 | (next & 0x3Fu);
    }
    if (c < kSmallest[more] || c > kLastCodePoint || is_surrogate(c)) return std::nullopt;
    result.push_back(c);
  }
  return result;
}

/// Removes `mark` from the front of `bytes`.
bool take(std::string_view& bytes, std::string_view mark) {
  if (bytes.substr(0, mark.size()) != mark) return false;
  bytes.remove_prefix(mark.size());
  return true;
}

}  // namespace

std::u32string decode_latin1(std::string_view bytes) {
  std::u32string result;
  result.reserve(bytes.size());
  for (const char byte : bytes) result.push_back(static_cast<unsigned char>(byte));
  return result;
}

std::optional<std::u32string> decode_utf(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (take(bytes, "\xFF\xFE\0\0"sv)) return decode_utf32(bytes, false);
  if (take(bytes, "\0\0\xFE\xFF"sv)) return decode_utf32(bytes, true);
  if (take(bytes, "\xFF\xFE"sv)) return decode_utf16(bytes, false);
  if (take(bytes, "\xFE\xFF"sv)) return decode_utf16(bytes, true);
  take(bytes, "\xEF\xBB\xBF"sv);
  return decode_utf8(bytes);
}

std::string encode_utf8(std::u32string_view text) {
  std::string result;
  for (const char32_t c : text) {
    const auto continuation = [&](int shift) {
      result.push_back(static_cast<char>(0x80 | (c >> shift & 0x3F)));
    };
    if (c < 0x80) {
      result.push_back(static_cast<char>(c));
    } else if (c < 0x800) {
      result.push_back(static_cast<char>(0xC0 | c >> 6));
      continuation(0);
    } else if (c < 0x10000) {
      result.push_back(static_cast<char>(0xE0 | c >> 12));
      continuation(6);
      continuation(0);
    } else {
      result.push_back(static_cast<char>(0xF0 | c >> 18));
      continuation(12);
      continuation(6);
      continuation(0);
    }
  }
  return result;
}

bool is_unicode_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

bool is_unicode_line_end(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 ||
         c == 0x2029;
}

}  // namespace vidqa::data

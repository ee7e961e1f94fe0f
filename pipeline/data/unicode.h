#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vidqa::data {

/// ISO-8859-1: every byte is the character of that number.
std::u32string decode_latin1(std::string_view bytes);

/// UTF-32, UTF-16 or UTF-8 as the byte order mark says, which is left out; UTF-8 without one.
/// Nothing is returned for bytes that are not of that encoding.
std::optional<std::u32string> decode_utf(std::string_view bytes);

std::string encode_utf8(std::u32string_view text);

/// What Python's str.isspace() is true of.
bool is_unicode_space(char32_t c);

/// Where Python's str.splitlines() ends a line (CR LF counts as one end).
bool is_unicode_line_end(char32_t c);

}  // namespace vidqa::data

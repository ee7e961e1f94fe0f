#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vidqa::features::pickle {

/// Text forms of protocols 0 to 2. Nothing is returned for what Python would not have written.

/// Bytes of the repr of a Python byte string: in quotes, with backslash escapes.
std::optional<std::string> unescape_repr(std::string_view text);

/// UTF-8 of Python's raw-unicode-escape: Latin-1 with \uXXXX and \UXXXXXXXX. A pair of surrogates
/// is one character.
std::optional<std::string> unescape_unicode(std::string_view text);

/// UTF-8 -> Latin-1: how Python 3 writes bytes with protocols 0 to 2, as `_codecs.encode(text,
/// 'latin1')`.
std::optional<std::string> encode_latin1(std::string_view text);

}  // namespace vidqa::features::pickle

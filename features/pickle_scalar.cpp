#include "features/pickle_scalar.h"

#include <cstring>

#include "features/pickle_text.h"

namespace vidqa::features::pickle {
namespace {

std::string decoded(const Input& input, std::optional<std::string> text, std::string_view what) {
  if (!text) input.fail(fmt::format("what should be a {} is none", what));
  return *std::move(text);
}

/// A little-endian two's complement integer.
Value long_integer(std::string_view raw) {
  if (raw.size() > 8) return Value{Bytes{std::string(raw)}};
  const bool negative = !raw.empty() && (raw.back() & 0x80) != 0;
  uint64_t number = negative ? ~uint64_t{0} : 0;
  for (size_t i = raw.size(); i-- > 0;) number = number << 8 | static_cast<unsigned char>(raw[i]);
  return Value{static_cast<int64_t>(number)};
}

std::optional<Value> read_number(unsigned char opcode, Input& input) {
  switch (opcode) {
    case 'N':  // NONE
      return Value{None{}};
    case 0x88:  // NEWTRUE
    case 0x89:  // NEWFALSE
      return Value{opcode == 0x88};
    case 'I': {  // INT; 00 and 01 are the booleans
      const std::string_view text = input.line();
      if (text == "00" || text == "01") return Value{text == "01"};
      return Value{input.parse<int64_t>(text)};
    }
    case 'L': {  // LONG
      std::string_view text = input.line();
      if (!text.empty() && text.back() == 'L') text.remove_suffix(1);
      return Value{input.parse<int64_t>(text)};
    }
    case 'J':  // BININT
      return Value{int64_t{static_cast<int32_t>(input.little_endian(4))}};
    case 'K':  // BININT1
      return Value{static_cast<int64_t>(input.little_endian(1))};
    case 'M':  // BININT2
      return Value{static_cast<int64_t>(input.little_endian(2))};
    case 0x8a:  // LONG1
      return long_integer(input.bytes(input.little_endian(1)));
    case 0x8b:  // LONG4
      return long_integer(input.bytes(input.little_endian(4)));
    case 'F':  // FLOAT
      return Value{input.parse<double>(input.line())};
    case 'G': {  // BINFLOAT, big-endian
      uint64_t bits = 0;
      for (const char byte : input.bytes(8)) bits = bits << 8 | static_cast<unsigned char>(byte);
      double number = 0;
      std::memcpy(&number, &bits, sizeof number);
      return Value{number};
    }
    default:
      return std::nullopt;
  }
}

std::optional<Value> read_text(unsigned char opcode, Input& input) {
  switch (opcode) {
    case 'S':  // STRING
      return Value{decoded(input, unescape_repr(input.line()), "byte string")};
    case 'V':  // UNICODE
      return Value{decoded(input, unescape_unicode(input.line()), "text")};
    case 'U':   // SHORT_BINSTRING
    case 0x8c:  // SHORT_BINUNICODE
      return Value{std::string(input.bytes(input.little_endian(1)))};
    case 'T':  // BINSTRING
    case 'X':  // BINUNICODE
      return Value{std::string(input.bytes(input.little_endian(4)))};
    case 0x8d:  // BINUNICODE8
      return Value{std::string(input.bytes(input.little_endian(8)))};
    case 'C':  // SHORT_BINBYTES
      return Value{Bytes{std::string(input.bytes(input.little_endian(1)))}};
    case 'B':  // BINBYTES
      return Value{Bytes{std::string(input.bytes(input.little_endian(4)))}};
    case 0x8e:  // BINBYTES8
      return Value{Bytes{std::string(input.bytes(input.little_endian(8)))}};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Value> read_scalar(unsigned char opcode, Input& input) {
  std::optional<Value> value = read_number(opcode, input);
  return value ? value : read_text(opcode, input);
}

}  // namespace vidqa::features::pickle

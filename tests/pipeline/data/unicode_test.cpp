#include "pipeline/data/unicode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidqa::data {
namespace {

using namespace std::string_literals;

TEST(DecodeLatin1, EveryByteIsTheCharacterOfThatNumber) {
  EXPECT_EQ(decode_latin1("a\xE9\x85"s), U"a\u00E9\u0085"s);
}

TEST(DecodeUtf, ByteOrderMarkDecidesAndIsLeftOut) {
  const std::u32string text = U"a\u00E9\u2028\U0001F600"s;
  EXPECT_EQ(decode_utf(encode_utf8(text)), text);
  EXPECT_EQ(decode_utf("\xEF\xBB\xBF"s + encode_utf8(text)), text);
  EXPECT_EQ(decode_utf("\xFF\xFE"s + "a\0\xE9\0\x28\x20\x3D\xD8\x00\xDE"s), text);
  EXPECT_EQ(decode_utf("\xFE\xFF"s + "\0a\0\xE9\x20\x28\xD8\x3D\xDE\x00"s), text);
  EXPECT_EQ(decode_utf("\xFF\xFE\0\0"s + "a\0\0\0\x00\xF6\x01\x00"s), U"a\U0001F600"s);
  EXPECT_EQ(decode_utf("\0\0\xFE\xFF"s + "\0\0\0a"s), U"a"s);
}

TEST(DecodeUtf, WhatIsNotOfTheEncodingGivesNothing) {
  for (const std::string& bytes :
       {"\xE9t\xE9"s, "\xC0\x80"s, "\xED\xA0\x80"s, "\xF5\x80\x80\x80"s, "\xE2\x80"s, "\x80"s,
        "\xE0\x80\x80"s, "\xFF\xFE\x61"s, "\xFF\xFE\x00\xDC"s, "\xFF\xFE\x3D\xD8\x61\x00"s,
        "\xFF\xFE\0\0\xFF\xFF\xFF\xFF"s})
    EXPECT_EQ(decode_utf(bytes), std::nullopt) << ::testing::PrintToString(bytes);
}

TEST(EncodeUtf8, UsesTheShortestForm) {
  EXPECT_EQ(encode_utf8(U"\u007F\u0080\u07FF\u0800\uFFFF\U00010000"s),
            "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80"s);
}

TEST(UnicodeSpace, IsWhatPythonTakesForIt) {
  for (const char32_t c : U" \t\n\r\v\f\x1C\x1F\u0085\u00A0\u2003\u3000"s)
    EXPECT_TRUE(is_unicode_space(c)) << static_cast<uint32_t>(c);
  for (const char32_t c : U"a\x1B\u200B\uFEFF\0"s)
    EXPECT_FALSE(is_unicode_space(c)) << static_cast<uint32_t>(c);
  EXPECT_TRUE(is_unicode_line_end(U'\x1E'));
  EXPECT_FALSE(is_unicode_line_end(U'\x1F')) << "a unit separator is blank but ends no line";
  EXPECT_FALSE(is_unicode_line_end(U'\u00A0'));
}

}  // namespace
}  // namespace vidqa::data

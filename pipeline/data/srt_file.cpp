#include "pipeline/data/srt_file.h"

#include <cstdint>
#include <optional>
#include <string_view>

#include <c10/util/Exception.h>

#include "pipeline/data/text_file.h"
#include "pipeline/data/unicode.h"

namespace vidqa::data {
namespace {

using Text = std::u32string;
using TextView = std::u32string_view;

constexpr TextView kArrow = U"-->";
constexpr int64_t kMinute = 60 * 1000;  // milliseconds
constexpr int64_t kHour = 60 * kMinute;

TextView without_spaces_behind(TextView text) {
  while (!text.empty() && is_unicode_space(text.back())) text.remove_suffix(1);
  return text;
}

TextView trimmed(TextView text) {
  while (!text.empty() && is_unicode_space(text.front())) text.remove_prefix(1);
  return without_spaces_behind(text);
}

std::vector<TextView> split_lines(TextView text) {
  std::vector<TextView> lines;
  size_t first = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_unicode_line_end(text[i])) continue;
    lines.push_back(text.substr(first, i - first));
    if (text[i] == U'\r' && i + 1 < text.size() && text[i + 1] == U'\n') ++i;
    first = i + 1;
  }
  lines.push_back(text.substr(first));
  return lines;
}

bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }

/// Leading digits as a number modulo one hour, of which every field of a time is a multiple of a
/// millisecond: hours do not matter, so nothing can overflow. `*length`: how many characters.
int64_t leading_digits(TextView text, bool with_underscores, size_t* length) {
  int64_t value = 0;
  size_t i = 0;
  for (; i < text.size(); ++i) {
    const bool between_digits = with_underscores && text[i] == U'_' && i > 0 &&
                                is_digit(text[i - 1]) && i + 1 < text.size() &&
                                is_digit(text[i + 1]);
    if (between_digits) continue;
    if (!is_digit(text[i])) break;
    value = (value * 10 + static_cast<int64_t>(text[i] - U'0')) % kHour;
  }
  *length = i;
  return value;
}

/// Python's int(text), else the digits that `text` begins with, else 0; modulo one hour.
int64_t parse_field(TextView text) {
  TextView number = trimmed(text);
  const bool negative = !number.empty() && number.front() == U'-';
  if (negative || (!number.empty() && number.front() == U'+')) number.remove_prefix(1);
  size_t length = 0;
  const int64_t value = leading_digits(number, /*with_underscores=*/true, &length);
  if (length > 0 && length == number.size()) return negative ? -value : value;
  return leading_digits(text, /*with_underscores=*/false, &length);
}

/// Milliseconds after the full hour of "hours:minutes:seconds,milliseconds", where any of : . ,
/// separates; an empty time is 0. Nothing when there are more or fewer fields.
std::optional<int64_t> parse_time(TextView text) {
  if (text.empty()) return 0;
  std::vector<TextView> fields;
  size_t first = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != U':' && text[i] != U'.' && text[i] != U',') continue;
    fields.push_back(text.substr(first, i - first));
    first = i + 1;
  }
  if (fields.size() != 4) return std::nullopt;
  const int64_t total =
      parse_field(fields[1]) * kMinute + parse_field(fields[2]) * 1000 + parse_field(fields[3]);
  return (total % kHour + kHour) % kHour;
}

/// Start of "start --> end position"; nothing when it is no such line.
std::optional<int64_t> parse_time_line(TextView line) {
  const size_t arrow = line.find(kArrow);
  if (arrow == TextView::npos || line.find(kArrow, arrow + kArrow.size()) != TextView::npos)
    return std::nullopt;
  TextView end = line.substr(arrow + kArrow.size());
  while (!end.empty() && is_unicode_space(end.front())) end.remove_prefix(1);
  end = end.substr(0, end.find(U' '));
  const std::optional<int64_t> start = parse_time(trimmed(line.substr(0, arrow)));
  return parse_time(trimmed(end)) ? start : std::nullopt;
}

double in_seconds(int64_t milliseconds) {
  // Not one multiplication and addition: a fused one would round differently from the peers' code.
  volatile double fraction = 0.001 * static_cast<double>(milliseconds % 1000);
  return static_cast<double>(milliseconds / 1000) + fraction;
}

/// Adds the entry that these lines, none of them empty, form, if they form one.
void add_entry(const std::vector<TextView>& lines, const std::string& path, Subtitles& subtitles) {
  if (lines.size() < 2) return;
  const size_t time_line = lines[0].find(kArrow) == TextView::npos ? 1 : 0;
  const std::optional<int64_t> start = parse_time_line(lines[time_line]);
  if (!start) return;
  Text text;
  for (size_t i = time_line + 1; i < lines.size(); ++i) {
    if (i > time_line + 1) text.push_back(U' ');
    text += lines[i];
  }
  const double seconds = in_seconds(*start);
  TORCH_CHECK(!text.empty(), path, ": entry ", subtitles.texts.size() + 1, " (at ", seconds,
              " s) has no text; remove it or write its text");
  const std::string speaker = text.front() == U'(' ? "" : kUnknownSpeaker;
  subtitles.texts.push_back(speaker + encode_utf8(text));
  subtitles.start_seconds.push_back(seconds);
}

Subtitles parse(const Text& text, const std::string& path) {
  Subtitles subtitles;
  std::vector<TextView> entry;
  for (const TextView line : split_lines(text)) {
    if (const TextView content = without_spaces_behind(line); !content.empty()) {
      entry.push_back(content);
      continue;
    }
    add_entry(entry, path, subtitles);
    entry.clear();
  }
  add_entry(entry, path, subtitles);
  return subtitles;
}

}  // namespace

Subtitles read_srt(const std::string& path) {
  const std::string bytes = read_bytes(path);
  Subtitles subtitles = parse(decode_latin1(bytes), path);
  if (!subtitles.texts.empty()) return subtitles;
  const std::optional<Text> text = decode_utf(bytes);
  TORCH_CHECK(text, path,
              ": holds no subtitle as ISO-8859-1 and is no UTF text either; check its encoding");
  return parse(*text, path);
}

}  // namespace vidqa::data

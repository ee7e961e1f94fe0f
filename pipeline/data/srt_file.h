#pragma once

#include <string>
#include <vector>

namespace vidqa::data {

/// The subtitles of one clip, one element a line, in the order of the file.
struct Subtitles {
  std::vector<std::string> texts;     ///< UTF-8
  std::vector<double> start_seconds;  ///< from the start of the clip; as many as texts
};

/// Words that the published TVQA preprocessing puts before a text that names no speaker.
inline constexpr const char* kUnknownSpeaker = "(<UNKNAME>:)";

/// Reads a .srt file as the published TVQA preprocessing does (pysrt 1.1 with ISO-8859-1):
///   lines end at LF, CR, CRLF, VT, FF, FS, GS, RS, U+0085; what ends them, and blanks before it,
///   go an entry ends at an empty line: [index], "start --> end", text lines, joined by one blank
///   entries without a readable time line are passed over, as are the hours of a time: a start is
///   60 * minutes + seconds + 0.001 * milliseconds
///   a text whose first character is not "(" gets kUnknownSpeaker in front
/// Where this finds no entry the file is read again as UTF-8, -16 or -32 (byte order mark).
///
/// A file without entries gives none. Throws c10::Error naming file and entry when an entry has no
/// text (the published code stops there too), and naming the file when it is of no such encoding.
Subtitles read_srt(const std::string& path);

}  // namespace vidqa::data

#pragma once

#include <string>
#include <vector>

namespace vidqa::data {

/// Throws c10::Error naming the path when there is no such file or it is a folder.
void check_readable(const std::string& path);

/// The content of a file. Throws c10::Error naming the path when it cannot be read or is empty.
std::string read_text(const std::string& path);

/// The same where an empty file is a possible one.
std::string read_bytes(const std::string& path);

/// Its lines without their ends (LF or CRLF). An empty line inside the file is an error that names
/// it, since line numbers are ids in such files; the last line may or may not have an end.
std::vector<std::string> read_lines(const std::string& path);

}  // namespace vidqa::data

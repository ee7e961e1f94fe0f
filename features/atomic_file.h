#pragma once

#include <functional>
#include <string>

namespace vidqa::features {

/// Writes `path` so that a reader sees the old content or the new, never a part: `write` fills a temporary file in the
/// same folder, which is then flushed to disk and renamed. Throws std::runtime_error naming the path on any failure
/// (disk full, read-only folder, ...), and leaves nothing behind.
void write_atomically(const std::string& path, const std::function<void(const std::string& temporary_path)>& write);

/// The same for content in memory.
void write_text_atomically(const std::string& path, const std::string& content);

}  // namespace vidqa::features

#pragma once

#include <functional>
#include <string>

namespace vidqa::features {

/// Writes `path` so that a reader sees the old content or the new, never a part: `write` fills a
/// temporary file in the same folder, which is then flushed to disk and renamed. Throws
/// std::runtime_error naming the path on any failure (disk full, read-only folder, ...), and leaves
/// nothing behind. An exception of `write` passes through unchanged.
void write_atomically(const std::string& path,
                      const std::function<void(const std::string& temporary_path)>& write);

/// The same for content in memory.
void write_text_atomically(const std::string& path, const std::string& content);

/// The same for a writer that lives longer than one call: fill temporary_path(), then commit().
/// Destroyed without a commit, it removes the temporary file.
class AtomicFile {
 public:
  /// Makes the temporary file, empty, so that an unwritable folder is known before any work. A link
  /// is followed.
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::string& temporary_path() const { return temporary_path_; }
  /// Flushes, renames, flushes the folder. The file must be closed by whoever filled it.
  void commit();

 private:
  std::string path_;
  std::string temporary_path_;  ///< empty once committed
};

/// Removes the temporary files that killed writers of `path` left. Only for a caller who knows that
/// nobody is writing `path` now.
void remove_stale_temporaries(const std::string& path);

}  // namespace vidqa::features

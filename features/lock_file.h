#pragma once

#include <cstdint>
#include <string>

namespace vidqa::features {

/// Locks that processes on one or several machines agree on: one file, in which every place (a
/// number) can be locked. The system frees the locks of a process that dies, kill -9 included.
/// Where the file system knows no locks (ENOLCK and its like), every lock is granted, and two runs
/// at a time are the user's care.
class LockFile {
 public:
  enum class Mode { kShared, kExclusive };

  /// Makes the file when it is not there. Throws std::runtime_error naming the path.
  explicit LockFile(const std::string& path);
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

  /// False when somebody else's lock is in the way. Changes the mode of a lock that is held; when
  /// that fails, the lock stays as it was.
  bool try_lock(int64_t place, Mode mode);
  /// Waits.
  void lock(int64_t place, Mode mode);
  void unlock(int64_t place);

  /// Whether the file still has its name: whoever was last may have removed it meanwhile.
  bool is_in_place() const;

 private:
  std::string path_;
  int fd_;
};

}  // namespace vidqa::features

#include "features/lock_file.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vidqa::features {
namespace {

/// Locks that belong to the open file, not to the process: two LockFiles of one process exclude
/// each other too.
int set_lock(int fd, int command, int64_t place, int16_t type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = place;
  lock.l_len = 1;
  int result = 0;
  do {
    result = ::fcntl(fd, command, &lock);
  } while (result != 0 && errno == EINTR);
  return result;
}

int16_t type_of(LockFile::Mode mode) { return mode == LockFile::Mode::kShared ? F_RDLCK : F_WRLCK; }

}  // namespace

LockFile::LockFile(const std::string& path)
    : path_(path), fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (fd_ < 0)
    throw std::runtime_error(fmt::format("cannot write '{}': {}", path, std::strerror(errno)));
}

LockFile::~LockFile() { ::close(fd_); }

bool LockFile::try_lock(int64_t place, Mode mode) {
  return set_lock(fd_, F_OFD_SETLK, place, type_of(mode)) == 0 ||
         (errno != EAGAIN && errno != EACCES);
}

void LockFile::lock(int64_t place, Mode mode) { set_lock(fd_, F_OFD_SETLKW, place, type_of(mode)); }

void LockFile::unlock(int64_t place) { set_lock(fd_, F_OFD_SETLK, place, F_UNLCK); }

bool LockFile::is_in_place() const {
  struct stat mine {
  }, named{};
  return ::fstat(fd_, &mine) == 0 && ::stat(path_.c_str(), &named) == 0 &&
         mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
}

}  // namespace vidqa::features

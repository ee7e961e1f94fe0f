#include "features/atomic_file.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what, const std::string& path, int error) {
  throw std::runtime_error(fmt::format("cannot {} '{}': {}", what, path, std::strerror(error)));
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return fd_; }

 private:
  int fd_;
};

std::string folder_of(const std::string& path) {
  const fs::path parent = fs::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

/// A name that no other process and no other call of this one uses. It starts with a dot and does
/// not end in the extension, so that a search for finished files passes it by.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  const fs::path target(path);
  return (fs::path(folder_of(path)) /
          fmt::format(".{}.{}-{}.tmp", target.filename().string(), ::getpid(), counter++))
      .string();
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) {
  std::error_code not_a_link;
  path_ = fs::is_symlink(path, not_a_link) ? fs::weakly_canonical(path).string() : path;
  if (fs::is_directory(path_, not_a_link)) fail("write", path, EISDIR);
  const std::string temporary_path = temporary_name(path_);
  const Descriptor file(temporary_path, O_WRONLY | O_CREAT | O_TRUNC);
  if (file < 0) fail("write", path, errno);
  temporary_path_ = temporary_path;
}

AtomicFile::~AtomicFile() {
  if (!temporary_path_.empty()) ::unlink(temporary_path_.c_str());
}

void AtomicFile::commit() {
  {
    const Descriptor file(temporary_path_, O_RDONLY);
    if (file < 0 || ::fsync(file) != 0) fail("flush", path_, errno);
  }
  if (::rename(temporary_path_.c_str(), path_.c_str()) != 0) fail("write", path_, errno);
  temporary_path_.clear();
  // Without this a power cut may forget the new name. Some network file systems cannot flush a
  // folder (EINVAL).
  const Descriptor folder(folder_of(path_), O_RDONLY | O_DIRECTORY);
  if (folder >= 0 && ::fsync(folder) != 0 && errno != EINVAL)
    fail("flush the folder of", path_, errno);
}

void write_atomically(const std::string& path,
                      const std::function<void(const std::string& temporary_path)>& write) {
  AtomicFile file(path);
  write(file.temporary_path());
  file.commit();
}

void write_text_atomically(const std::string& path, const std::string& content) {
  write_atomically(path, [&](const std::string& temporary_path) {
    const Descriptor file(temporary_path, O_WRONLY | O_TRUNC);
    if (file < 0) fail("write", path, errno);
    for (size_t done = 0; done < content.size();) {
      const ssize_t written = ::write(file, content.data() + done, content.size() - done);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail("write", path, errno);
      done += static_cast<size_t>(written);
    }
  });
}

void remove_stale_temporaries(const std::string& path) {
  const std::string prefix = "." + fs::path(path).filename().string() + ".";
  std::vector<fs::path> stale;
  for (const auto& entry : fs::directory_iterator(folder_of(path)))
    if (entry.path().filename().string().rfind(prefix, 0) == 0 &&
        entry.path().extension() == ".tmp")
      stale.push_back(entry.path());
  for (const fs::path& file : stale) fs::remove(file);
}

}  // namespace vidqa::features

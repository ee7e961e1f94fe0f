#include "features/row_spool.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include <c10/util/Exception.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <torch/torch.h>
#include <unistd.h>

namespace vidqa::features {
namespace {

[[noreturn]] void fail_spool(const std::string& folder) {
  throw std::runtime_error(fmt::format("cannot keep the rows of a long video in '{}': {}", folder,
                                       std::strerror(errno)));
}

int open_nameless(const std::string& folder) {
  std::string name = (std::filesystem::path(folder) / ".rows.XXXXXX.tmp").string();
  constexpr int kSuffixLength = 4;
  const int fd = ::mkostemps(name.data(), kSuffixLength, O_CLOEXEC);
  if (fd < 0) fail_spool(folder);
  ::unlink(name.c_str());
  return fd;
}

}  // namespace

RowSpool::RowSpool(std::string folder, int64_t memory_bytes)
    : folder_(std::move(folder)), memory_bytes_(memory_bytes) {}

RowSpool::~RowSpool() {
  if (mapped_ != nullptr) ::munmap(mapped_, static_cast<size_t>(bytes_));
  if (fd_ >= 0) ::close(fd_);
}

void RowSpool::append(const torch::Tensor& rows) {
  TORCH_CHECK(mapped_ == nullptr, "rows come after the end of their clip");
  TORCH_CHECK(
      rows.dim() == 2 && (rows_ == 0 || (rows.size(1) == columns_ && rows.scalar_type() == type_)),
      "rows of one clip must be alike: ", columns_, " columns, got ", rows.sizes());
  columns_ = rows.size(1);
  type_ = rows.scalar_type();
  rows_ += rows.size(0);
  const torch::Tensor packed = rows.contiguous();
  bytes_ += static_cast<int64_t>(packed.nbytes());
  if (fd_ < 0 && bytes_ <= memory_bytes_) {
    in_memory_.push_back(packed);
    return;
  }
  if (fd_ < 0) {
    fd_ = open_nameless(folder_);
    for (const torch::Tensor& earlier : in_memory_) write_to_file(earlier);
    in_memory_.clear();
  }
  write_to_file(packed);
}

void RowSpool::write_to_file(const torch::Tensor& rows) {
  const char* data = static_cast<const char*>(rows.data_ptr());
  for (size_t done = 0; done < rows.nbytes();) {
    const ssize_t written = ::write(fd_, data + done, rows.nbytes() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail_spool(folder_);
    done += static_cast<size_t>(written);
  }
}

torch::Tensor RowSpool::all() {
  if (fd_ < 0) {
    if (in_memory_.empty()) return torch::empty({0, columns_}, type_);
    if (in_memory_.size() > 1) in_memory_ = {torch::cat(in_memory_)};
    return in_memory_.front();
  }
  if (mapped_ == nullptr) {
    void* mapped = ::mmap(nullptr, static_cast<size_t>(bytes_), PROT_READ, MAP_SHARED, fd_, 0);
    if (mapped == MAP_FAILED) fail_spool(folder_);
    mapped_ = mapped;
  }
  return torch::from_blob(mapped_, {rows_, columns_}, type_);
}

}  // namespace vidqa::features

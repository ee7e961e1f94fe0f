#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <c10/util/Exception.h>

namespace vidqa::benchmarks {

/// Where the faults of single records go: thrown at once, as a training wants, or collected, so
/// that `vidqa data check` can name them all.
class Faults {
 public:
  enum class Mode { kThrow, kCollect };
  explicit Faults(Mode mode = Mode::kThrow) : mode_(mode) {}

  /// Runs `call`; false when it failed and the fault was collected.
  template <typename Call>
  bool guard(const Call& call) {
    if (mode_ == Mode::kThrow) {
      call();
      return true;
    }
    try {
      call();
      return true;
    } catch (const c10::Error& error) {
      add(error.what_without_backtrace());
      return false;
    }
  }
  void add(const std::string& message) {
    TORCH_CHECK(mode_ == Mode::kCollect, message);
    ++count_;
    if (messages_.size() < kMaxMessages) messages_.push_back(message);
  }

  int64_t count() const { return count_; }
  /// The first ones.
  const std::vector<std::string>& messages() const { return messages_; }

 private:
  static constexpr size_t kMaxMessages = 1000;  ///< a folder of another kind has one a record

  Mode mode_;
  int64_t count_ = 0;
  std::vector<std::string> messages_;
};

}  // namespace vidqa::benchmarks

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace vidqa::features {

/// Hands items from threads that make them to threads that use them, in order, and holds back the
/// makers when `capacity` items wait, so that memory stays flat however long the work is.
template <typename Item>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {}

  /// Waits for room. False when the queue is closed: the item is dropped and the maker may stop.
  bool push(Item item) {
    std::unique_lock<std::mutex> lock(mutex_);
    has_room_.wait(lock, [&] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    has_items_.notify_one();
    return true;
  }

  /// Waits for an item; none when the queue is closed and empty.
  std::optional<Item> pop() {
    std::unique_lock<std::mutex> lock(mutex_);
    has_items_.wait(lock, [&] { return closed_ || !items_.empty(); });
    return take();
  }

  /// The same, but none also when `wait` has passed without an item.
  std::optional<Item> pop_within(std::chrono::milliseconds wait) {
    std::unique_lock<std::mutex> lock(mutex_);
    has_items_.wait_for(lock, wait, [&] { return closed_ || !items_.empty(); });
    return take();
  }

  /// No more items come in; those inside can still be taken.
  void close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    has_items_.notify_all();
    has_room_.notify_all();
  }

 private:
  std::optional<Item> take() {
    if (items_.empty()) return std::nullopt;
    std::optional<Item> item(std::move(items_.front()));
    items_.pop_front();
    has_room_.notify_one();
    return item;
  }

  size_t capacity_;
  std::mutex mutex_;
  std::condition_variable has_room_;
  std::condition_variable has_items_;
  std::deque<Item> items_;
  bool closed_ = false;
};

}  // namespace vidqa::features

#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>

namespace vidqa::features {

/// The time that a thread takes for the video in hand, counted while something is done for it and
/// not while it waits for others. Another thread may look on, and give the video up while a call
/// for it does not return: nothing ends a thread within FFmpeg.
class DecodeWatch {
 public:
  /// The next video, `clip` by its place in the list. Its time starts at zero.
  void begin(size_t clip);

  /// Runs `work` and adds its time to the video's and to `stage`.
  template <typename Work>
  auto measure(double& stage, const Work& work) {
    const Running running(*this, stage);
    return work();
  }

  /// Seconds for this video, with what is running.
  double used() const;

  /// From another thread: the clip, when its time is over `seconds` and what is running has not
  /// returned; once. Its thread finds is_given_up() as soon as it has, and is to leave no trace.
  std::optional<size_t> give_up_after(double seconds);
  bool is_given_up() const;

 private:
  using Clock = std::chrono::steady_clock;

  class Running {
   public:
    Running(DecodeWatch& watch, double& stage) : watch_(watch), stage_(stage) { watch_.start(); }
    ~Running() { stage_ += watch_.stop(); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    DecodeWatch& watch_;
    double& stage_;
  };

  void start();
  double stop();  ///< seconds since start()
  double used_with_running() const;

  mutable std::mutex mutex_;  ///< of all that follows
  size_t clip_ = 0;
  double used_ = 0;
  std::optional<Clock::time_point> start_;  ///< of what is running
  bool is_given_up_ = false;
};

}  // namespace vidqa::features

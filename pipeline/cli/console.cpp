#include "pipeline/cli/console.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "pipeline/train/process_setup.h"

namespace vidqa::cli {

void say(const std::string& line) { fmt::print(stderr, "{}\n", line); }

void warn(const std::string& line) { fmt::print(stderr, "vidqa: warning: {}\n", line); }

void start_computing(int64_t threads) {
  for (const std::string& warning : train::prepare_computing(threads)) warn(warning);
}

std::string format_duration(double seconds) {
  const auto whole = static_cast<int64_t>(std::max(0.0, seconds) + 0.5);
  const int64_t hours = whole / 3600;
  const int64_t minutes = whole / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                   : fmt::format("{}:{:02}", minutes, whole % 60);
}

Progress::Progress(std::string label, std::string unit)
    : label_(std::move(label)), unit_(std::move(unit)), is_terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { clear(); }

void Progress::set_label(const std::string& label) {
  if (label == label_) return;
  clear();
  label_ = label;
  last_done_ = -1;
}

void Progress::clear() {
  if (is_drawn_) fmt::print(stderr, "\r\033[K");
  is_drawn_ = false;
}

void Progress::update(int64_t done, int64_t total, const std::string& detail, double seconds_left) {
  const auto now = Clock::now();
  if (done < last_done_ || last_done_ < 0) {
    start_ = now;
    first_done_ = done;
    last_drawn_ = is_terminal_ ? Clock::time_point() : now;
  }
  last_done_ = done;
  const auto interval =
      is_terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10000);
  if (now - last_drawn_ < interval) return;
  last_drawn_ = now;

  const double seconds = std::chrono::duration<double>(now - start_).count();
  const auto counted = static_cast<double>(done - first_done_);
  const double rate = seconds > 0 ? counted / seconds : 0;
  if (seconds_left < 0 && rate > 0) seconds_left = static_cast<double>(total - done) / rate;
  const std::string left = seconds_left >= 0 ? format_duration(seconds_left) : "?";
  const std::string figures = fmt::format("{}/{} {}  {:.1f}/s  {} left{}{}", done, total, unit_,
                                          rate, left, detail.empty() ? "" : "  ", detail);
  if (!is_terminal_) {
    fmt::print(stderr, "{}: {}\n", label_, figures);
    return;
  }
  constexpr int64_t kBarWidth = 24;
  const int64_t filled = total > 0 ? std::min(kBarWidth, kBarWidth * done / total) : 0;
  fmt::print(stderr, "\r\033[K{} [{:<{}}] {}", label_,
             std::string(static_cast<size_t>(filled), '='), kBarWidth, figures);
  std::fflush(stderr);
  is_drawn_ = true;
}

}  // namespace vidqa::cli

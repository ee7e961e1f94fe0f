#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace vidqa::cli {

/// Lines for people, on stderr; results go to stdout.
void say(const std::string& line);
void warn(const std::string& line);  ///< "vidqa: warning: ..."

/// First call of a command that computes: prepares the process (pipeline/train/process_setup.h) and
/// warns of what slows this machine down.
void start_computing(int64_t threads);

/// "1:02:03", "4:05".
std::string format_duration(double seconds);

/// Progress of long work on stderr: a bar with rate and time left when stderr is a terminal, else a
/// plain line every ten seconds at most.
class Progress {
 public:
  /// `unit`: what is counted ("clips").
  Progress(std::string label, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `detail`: shown at the end, e.g. the loss or the clip in work. Starts anew when `done` falls
  /// or the label changes. `seconds_left` where the caller knows better than by counting.
  void update(int64_t done, int64_t total, const std::string& detail = "",
              double seconds_left = -1);
  void set_label(const std::string& label);
  /// Wipes the bar, so that a line can be printed; the next update() draws it again.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  std::string label_;
  std::string unit_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_drawn_;
  int64_t first_done_ = 0;
  int64_t last_done_ = -1;
  bool is_terminal_;
  bool is_drawn_ = false;
};

}  // namespace vidqa::cli

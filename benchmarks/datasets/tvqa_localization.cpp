#include "benchmarks/datasets/tvqa_localization.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include <c10/util/Exception.h>

namespace vidqa::benchmarks {
namespace {

constexpr double kDefaultStart = 10;
constexpr double kDefaultEnd = 30;
constexpr double kFramesPerSecond = 3;
constexpr int64_t kMaxFrames = 300;
constexpr double kMargin = 3;  // frames on either side

/// Parts of `text` between dashes.
std::vector<std::string_view> split_at_dashes(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t dash = text.find('-'); dash != std::string_view::npos; dash = text.find('-')) {
    parts.push_back(text.substr(0, dash));
    text.remove_prefix(dash + 1);
  }
  parts.push_back(text);
  return parts;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

/// The scaled position of a time among the frames. The product must be rounded before anything is
/// added to it, or the frame may be another than the peers': no fused multiplication and addition.
double frame_at(double frames_per_second, double seconds, double margin) {
  volatile double frame = frames_per_second * seconds;
  return std::floor(std::clamp(frame + margin, 0.0, static_cast<double>(kMaxFrames)));
}

}  // namespace

TvqaSpan parse_tvqa_span(const std::string& text, const std::string& where) {
  std::vector<double> numbers;
  for (const std::string_view part : split_at_dashes(text)) {
    const std::string_view number = trimmed(part);
    double value = 0;
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    TORCH_CHECK(error == std::errc() && stop == number.data() + number.size() && !std::isinf(value),
                where, ": 'ts' must read '<start>-<end>' in seconds, or 'NaN-NaN', got '", text,
                "'");
    numbers.push_back(value);
  }
  TORCH_CHECK(numbers.size() >= 2, where, ": 'ts' must hold two times, got '", text, "'");
  if (std::isnan(numbers[0]) || std::isnan(numbers[1])) return {kDefaultStart, kDefaultEnd, true};
  return {numbers[0], numbers[1], false};
}

std::vector<size_t> locate_subtitles(const TvqaSpan& span,
                                     const std::vector<double>& start_seconds) {
  TORCH_CHECK(!start_seconds.empty(), "locate_subtitles: needs at least one subtitle");
  std::vector<size_t> lines;
  for (size_t i = 0; i < start_seconds.size(); ++i)
    if (span.start_seconds < start_seconds[i] && start_seconds[i] < span.end_seconds)
      lines.push_back(i);
  if (lines.empty()) {
    size_t nearest = 0;
    const auto distance = [&](size_t i) { return std::abs(start_seconds[i] - span.start_seconds); };
    for (size_t i = 1; i < start_seconds.size(); ++i)
      if (distance(i) < distance(nearest)) nearest = i;
    if (nearest > 0) lines.push_back(nearest - 1);
    lines.push_back(nearest);
    if (nearest + 1 < start_seconds.size()) lines.push_back(nearest + 1);
  }
  if (lines.front() != 0) lines.insert(lines.begin(), lines.front() - 1);
  return lines;
}

data::Question::RowRange locate_frames(const TvqaSpan& span, int64_t num_frames) {
  const double scale =
      num_frames <= kMaxFrames
          ? kFramesPerSecond
          : static_cast<double>(kMaxFrames) / static_cast<double>(num_frames) * kFramesPerSecond;
  double first = frame_at(scale, span.start_seconds, -kMargin);
  const double last = frame_at(scale, span.end_seconds, kMargin);
  if (first == last) first = std::max(0.0, first - kMargin);
  return {static_cast<int64_t>(first), static_cast<int64_t>(last)};
}

}  // namespace vidqa::benchmarks

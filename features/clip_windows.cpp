#include "features/clip_windows.h"

#include <algorithm>
#include <array>
#include <utility>

#include <torch/torch.h>

namespace vidqa::features {
namespace {

constexpr std::array<std::pair<const char*, EdgeRule>, 5> kEdgeRules = {
    {{"drop", EdgeRule::kDrop},
     {"repeat-last", EdgeRule::kRepeatLast},
     {"loop", EdgeRule::kLoop},
     {"centre", EdgeRule::kCentre},
     {"shift", EdgeRule::kShift}}};

}  // namespace

EdgeRule parse_edge_rule(const std::string& name) {
  std::string accepted;
  for (const auto& [known, rule] : kEdgeRules) {
    if (known == name) return rule;
    accepted += (accepted.empty() ? "" : ", ") + std::string(known);
  }
  TORCH_CHECK(false, "edge rule '", name, "' is unknown; accepted: ", accepted);
}

std::string to_string(EdgeRule rule) {
  for (const auto& [name, known] : kEdgeRules)
    if (known == rule) return name;
  TORCH_CHECK(false, "edge rule number ", static_cast<int>(rule), " is unknown");
}

ClipWindows::ClipWindows(const ClipWindowOptions& options) : options_(options) {
  TORCH_CHECK(options.length >= 1, "clip windows: length must be at least 1, got ", options.length);
  TORCH_CHECK(options.stride >= 1, "clip windows: stride must be at least 1, got ", options.stride);
}

int64_t ClipWindows::first_frame() const {
  if (!is_centred()) return anchor_;
  const int64_t first = anchor_ - options_.length / 2;
  return options_.edge == EdgeRule::kShift ? std::max<int64_t>(first, 0) : first;
}

const ClipWindows::Frame& ClipWindows::at(int64_t number) const {
  const int64_t kept_from = count_ - static_cast<int64_t>(frames_.size());
  if (number < kept_from) return start_.at(static_cast<size_t>(number));
  return frames_.at(static_cast<size_t>(number - kept_from));
}

ClipWindow ClipWindows::make_window() const {
  int64_t first = first_frame();
  if (options_.edge == EdgeRule::kShift)
    first = std::max<int64_t>(0, std::min(first, count_ - options_.length));
  std::vector<torch::Tensor> pixels;
  for (int64_t i = 0; i < options_.length; ++i) {
    const int64_t number = options_.edge == EdgeRule::kLoop
                               ? (first + i) % count_
                               : std::clamp<int64_t>(first + i, 0, count_ - 1);
    pixels.push_back(at(number).pixels);
  }
  const int64_t middle = is_centred() ? anchor_ : anchor_ + options_.length / 2;
  return {torch::stack(pixels, 1), at(std::min(middle, count_ - 1)).seconds};
}

void ClipWindows::forget() {
  // `shift` may have to go back to the last `length` frames at the end.
  const int64_t needed = options_.edge == EdgeRule::kShift
                             ? std::min(first_frame(), count_ - options_.length)
                             : first_frame();
  while (static_cast<int64_t>(frames_.size()) > 1 &&
         count_ - static_cast<int64_t>(frames_.size()) < needed)
    frames_.pop_front();
}

std::vector<ClipWindow> ClipWindows::push(const torch::Tensor& frame, double seconds) {
  frames_.push_back({frame, seconds});
  if (options_.edge == EdgeRule::kLoop && count_ < options_.length)
    start_.push_back({frame, seconds});
  ++count_;
  std::vector<ClipWindow> windows;
  while (first_frame() + options_.length <= count_) {
    windows.push_back(make_window());
    anchor_ += options_.stride;
  }
  forget();
  return windows;
}

std::vector<ClipWindow> ClipWindows::finish() {
  std::vector<ClipWindow> windows;
  if (options_.edge != EdgeRule::kDrop)
    for (; anchor_ < count_; anchor_ += options_.stride) windows.push_back(make_window());
  *this = ClipWindows(options_);
  return windows;
}

}  // namespace vidqa::features

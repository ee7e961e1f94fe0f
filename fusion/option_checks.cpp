#include "fusion/option_checks.h"

#include <sstream>

#include <c10/core/DefaultDtype.h>
#include <c10/util/Exception.h>
#include <unistd.h>

namespace vidqa::fusion {
namespace {

constexpr double kCopiesInTraining = 4;  // weights, gradients, two moments of Adam
constexpr double kBytesPerGigabyte = 1e9;

int64_t largest_that_fits(const std::function<double(int64_t)>& num_parameters) {
  const auto fits = [&](int64_t mm_dim) {
    return training_bytes(num_parameters(mm_dim)) <= physical_memory_bytes();
  };
  int64_t above = 1;
  while (fits(above)) above *= 2;
  int64_t largest = above / 2;
  while (above - largest > 1) {
    const int64_t middle = largest + (above - largest) / 2;
    (fits(middle) ? largest : above) = middle;
  }
  return largest;
}

}  // namespace

void check_positive(const std::string& fusion,
                    std::initializer_list<std::pair<const char*, int64_t>> values) {
  for (const auto& [key, value] : values)
    TORCH_CHECK(value > 0, fusion, ": ", key, " must be a positive integer, got ", value);
}

void check_dropout(const std::string& fusion,
                   std::initializer_list<std::pair<const char*, double>> probabilities) {
  for (const auto& [key, value] : probabilities)
    TORCH_CHECK(value >= 0 && value < 1, fusion, ": ", key, " must be at least 0 and below 1, got ",
                value);
}

void check_shared(const std::string& fusion, bool shared, FusionDims dims) {
  TORCH_CHECK(!shared || dims.x == dims.y, fusion,
              ": shared must be false unless both inputs have one width, got true with widths ",
              dims.x, " and ", dims.y);
}

double training_bytes(double num_parameters) {
  return num_parameters * static_cast<double>(c10::get_default_dtype().itemsize()) *
         kCopiesInTraining;
}

double physical_memory_bytes() {
  return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void check_memory(const std::string& fusion, double num_parameters, const std::string& key,
                  const std::function<double(int64_t)>& at_size) {
  const double bytes = training_bytes(num_parameters);
  if (bytes <= physical_memory_bytes()) return;
  std::ostringstream message;
  message.setf(std::ios::fixed);
  message.precision(0);
  message << fusion << ": this size has " << num_parameters << " parameters";
  message.precision(1);
  message << ", " << bytes / kCopiesInTraining / kBytesPerGigabyte << " GB; training needs "
          << bytes / kBytesPerGigabyte
          << " GB (weights, gradients and two moments of Adam), this machine has "
          << physical_memory_bytes() / kBytesPerGigabyte << " GB";
  if (at_size != nullptr) {
    const int64_t largest = largest_that_fits(at_size);
    if (largest > 0) message << "; the largest " << key << " that fits is " << largest;
  }
  TORCH_CHECK(false, message.str());
}

}  // namespace vidqa::fusion

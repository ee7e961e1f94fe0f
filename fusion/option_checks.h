#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>

#include "fusion/fusion.h"

namespace vidqa::fusion {

/// What every operator asks of its options before it allocates anything. All throw c10::Error
/// naming the fusion, the key, the value and what is accepted.

void check_positive(const std::string& fusion,
                    std::initializer_list<std::pair<const char*, int64_t>> values);

/// Probabilities of dropping an element: at least 0 and below 1.
void check_dropout(const std::string& fusion,
                   std::initializer_list<std::pair<const char*, double>> probabilities);

/// Weights that serve both inputs need inputs of one width.
void check_shared(const std::string& fusion, bool shared, FusionDims dims);

/// Bytes to train `num_parameters`: weights, gradients and the two moments of Adam.
double training_bytes(double num_parameters);

double physical_memory_bytes();

/// Refuses a size that this machine cannot train in its physical memory, naming the parameters, the
/// bytes and, where `at_size` (the number of parameters as a growing function of the option `key`)
/// is given, the largest value that fits. Numbers of parameters are doubles because those of a
/// mistyped size exceed an int64.
void check_memory(const std::string& fusion, double num_parameters, const std::string& key = "",
                  const std::function<double(int64_t)>& at_size = nullptr);

/// The same for options that have an mm_dim.
template <typename Options>
void check_mm_dim(const std::string& fusion, Options options) {
  const double num_parameters = options.num_parameters();
  check_memory(fusion, num_parameters, "mm_dim",
               [options = std::move(options)](int64_t mm_dim) mutable {
                 return options.mm_dim(mm_dim).num_parameters();
               });
}

/// Parameters of a linear layer with bias.
inline double linear_parameters(double in, double out) { return (in + 1) * out; }

}  // namespace vidqa::fusion

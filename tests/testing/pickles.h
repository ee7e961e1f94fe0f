#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <torch/types.h>

namespace vidqa::testing {

/// Writes {word: id} as Python's pickle.dump(..., protocol=2) does.
void write_pickled_index(const std::string& path,
                         const std::vector<std::pair<std::string, int64_t>>& index);

/// Writes {id: word} as Python 2 does with protocol 0, words being ASCII without quotes.
void write_pickled_names(const std::string& path, const std::vector<std::string>& words);

/// Writes {name: [text]} as Python 2 does with protocol 0; texts are ASCII without quotes.
void write_pickled_texts(const std::string& path,
                         const std::map<std::string, std::vector<std::string>>& texts);

/// Writes {"feat": array of float32 (n, D)} as Python 2 does with protocol 0: EgoVQA's features.
void write_pickled_rows(const std::string& path, const torch::Tensor& rows);

/// Writes a numpy array of float64 as Python 2 does with protocol 2.
void write_pickled_array(const std::string& path, const torch::Tensor& values);

/// Writes a float64 array as numpy.save() does (format version 1).
void write_npy(const std::string& path, const torch::Tensor& values);

}  // namespace vidqa::testing

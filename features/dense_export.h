#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vidqa::features {

/// The options of `vidqa merge --dense`.
struct DenseExportOptions {
  std::string output;
  std::map<std::string, std::string> arrays;  ///< name -> feature file: {"vgg", "vgg.h5"}
  bool allow_missing = false;  ///< rows of videos that are not there hold zeros; else an error
};

struct DenseExportResult {
  int64_t videos = 0;            ///< N
  std::vector<int64_t> missing;  ///< numbers of videos, from 1, that an array has not
};

/// Writes the layout of MSVD-QA's and MSRVTT-QA's video_feature_20.h5: an array (N, T, D) float32
/// for each feature file, in which video number n, the number at the end of the clip's name
/// ("vid12"), is row n - 1. Every clip must have T rows, as `--sampler uniform:20` makes them.
/// Throws c10::Error naming file and clip: no number, one number twice, another number of rows, a
/// missing number.
DenseExportResult export_dense(const DenseExportOptions& options);

}  // namespace vidqa::features

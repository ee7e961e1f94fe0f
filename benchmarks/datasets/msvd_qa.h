#pragma once

#include "benchmarks/datasets/dataset.h"

namespace vidqa::benchmarks {

/// Reads MSVD-QA as released by Xu et al. (MM 2017), or any data set in that format: the files of
/// xu_release.h, all of which must be there but the optional ones, and
///
///   youtube_mapping.txt        "<clip name> vid<N>" a line, N = video_id
///
/// Features are found as <clip name>, vid<N>, <N>, or as row N - 1 of dense arrays.
data::QaCorpus load_msvd_qa(const DatasetOptions& options);

}  // namespace vidqa::benchmarks

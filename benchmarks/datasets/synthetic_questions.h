#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "benchmarks/datasets/synthetic_scene.h"

namespace vidqa::benchmarks::synthetic {

/// File name below the output folder -> content: the annotation files of TGIF-QA and MSVD-QA and
/// scenes.jsonl.
///
/// Every text depends on what is asked alone (an action, a number of times, before or after) and
/// never on the answer. The first 80 % of the clips are TGIF-QA's training split; MSVD-QA's are 70
/// % training, 10 % validation; the rest is test.
std::map<std::string, std::string> annotation_files(uint64_t seed,
                                                    const std::vector<Scene>& scenes);

}  // namespace vidqa::benchmarks::synthetic

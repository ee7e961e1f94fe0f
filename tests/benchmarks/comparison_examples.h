#pragma once

#include "benchmarks/comparison.h"

namespace vidqa::benchmarks {

/// Chance, a baseline and a fusion on 200 questions, two seeds, without tests.
Comparison example();

/// The same with the tests that two seeds give.
Comparison tested_example();

/// One seed on counts.
Comparison count_example();

/// A fusion that lost a seed and one that lost both.
Comparison failed_example();

/// Two finished runs on 15,253 questions, as of SVI and SVIR on TVQA.
Comparison runs_example();

}  // namespace vidqa::benchmarks

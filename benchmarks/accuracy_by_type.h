#pragma once

#include "benchmarks/figure_table.h"
#include "benchmarks/run_results.h"

namespace vidqa::benchmarks {

/// Accuracy of every run on all questions, on those of every type, and of its sub-types ("what",
/// below it "what/when"), the largest first. With `relative`, what a type lies above the run's
/// accuracy on all questions ("On Modality Bias in the TVQA Dataset", Winterbottom et al., arXiv
/// 2012.10210, heat maps). Columns: type, questions, one a run. Throws c10::Error when a
/// question's type is not known.
FigureTable accuracy_by_type(const RunResults& results, bool relative);

}  // namespace vidqa::benchmarks

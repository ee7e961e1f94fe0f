#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace vidqa::benchmarks {

/// Writes `<output>/{train,val,test}_qa_encode.json` as the released code of MSVD-QA does: the
/// records with "question_encode" and in train "answer_encode", train without the records whose
/// answer is outside the answer set (29,883 remain). Returns the paths with the number of records.
/// Throws c10::Error at the first fault.
std::vector<std::pair<std::string, int64_t>> prepare_msvd_qa(const std::string& root,
                                                             const std::string& output);

}  // namespace vidqa::benchmarks

#pragma once

#include <string>

namespace vidqa::models {

/// What an answer is, and with it the head, the loss and the metric.
enum class Task {
  kOpenEnded,       ///< a class of the answer set: MSVD-QA, TGIF-QA FrameQA. Scores (B, C), cross
                    ///< entropy, accuracy.
  kMultipleChoice,  ///< one of A candidates: TGIF-QA Action and Transition. Scores (B, A), hinge,
                    ///< accuracy.
  kCount,           ///< a number 1..10: TGIF-QA Count. Scores (B, 1), squared error, MSE.
};

/// "open-ended", "multiple-choice", "count".
std::string to_string(Task task);

}  // namespace vidqa::models

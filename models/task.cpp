#include "models/task.h"

namespace vidqa::models {

std::string to_string(Task task) {
  switch (task) {
    case Task::kOpenEnded:
      return "open-ended";
    case Task::kMultipleChoice:
      return "multiple-choice";
    case Task::kCount:
      return "count";
  }
  return "unknown";
}

}  // namespace vidqa::models

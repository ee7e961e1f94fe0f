#include "pipeline/cli/run_status.h"

#include <filesystem>
#include <sstream>

#include <fmt/format.h>

#include "pipeline/cli/child_process.h"

namespace vidqa::cli {
namespace {

namespace fs = std::filesystem;
using State = train::RunFolder::State;

/// Fields of the last line of metrics.csv: epoch, step, train_loss, val_<metric>, seconds.
std::vector<std::string> last_validation(const fs::path& folder) {
  std::vector<std::string> fields;
  std::istringstream line(last_line((folder / "metrics.csv").string()));
  for (std::string field; std::getline(line, field, ',');) fields.push_back(field);
  if (fields.size() < 5 || fields[0] == "epoch") return {};
  return fields;
}

std::string state_name(State state) {
  switch (state) {
    case State::kDone:
      return "done";
    case State::kFailed:
      return "FAILED";
    case State::kInterrupted:
      return "started";
    case State::kNew:
      break;
  }
  return "new";
}

}  // namespace

benchmarks::Table run_status(const std::vector<benchmarks::PlannedRun>& runs,
                             const std::map<std::string, std::string>& queue) {
  benchmarks::Table table;
  table.headings = {"run", "seed", "state", "epoch", "validation"};
  if (!queue.empty()) table.headings.emplace_back("queue");
  table.headings.emplace_back("why");
  for (const benchmarks::PlannedRun& run : runs) {
    const State state = train::RunFolder::state_of(run.folder);
    const std::vector<std::string> validation = last_validation(run.folder);
    std::vector<std::string> row = {run.name, std::to_string(run.seed), state_name(state),
                                    validation.empty() ? "-" : validation[0],
                                    validation.empty() ? "-" : fmt::format("{:.6}", validation[3])};
    if (!queue.empty()) {
      const auto queued = queue.find(fs::absolute(run.folder).lexically_normal().string());
      row.push_back(queued == queue.end() ? "-" : queued->second);
    }
    row.push_back(state == State::kFailed ? train::RunFolder::failure_of(run.folder) : "-");
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace vidqa::cli

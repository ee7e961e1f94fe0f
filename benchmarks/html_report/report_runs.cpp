#include "benchmarks/html_report/report_runs.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include <CLI/CLI.hpp>
#include <c10/util/Exception.h>

#include "pipeline/data/csv_table.h"
#include "pipeline/data/text_file.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;

bool is_run_folder(const fs::path& path) { return fs::is_regular_file(path / "config.toml"); }

/// Run folders in `path` and below, which are not looked for within one another.
void collect_run_folders(const fs::path& path, std::vector<std::string>& found) {
  if (is_run_folder(path)) {
    found.push_back(path.string());
    return;
  }
  std::vector<fs::path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    if (entry.is_directory() && !entry.is_symlink()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  for (const fs::path& folder : folders) collect_run_folders(folder, found);
}

/// Of the section [train], the only one.
std::map<std::string, std::string> read_run_options(const std::string& path) {
  std::ifstream file(path);
  TORCH_CHECK(file, path, ": cannot be read");
  std::map<std::string, std::string> options;
  try {
    for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(file)) {
      if (item.name == "++" || item.name == "--") continue;  // a section begins or ends
      std::string& value = options[item.name];
      for (const std::string& input : item.inputs) value += (value.empty() ? "" : ",") + input;
    }
  } catch (const CLI::Error& error) {
    TORCH_CHECK(false, path, ": ", error.what());
  }
  for (const char* name : {"dataset", "seed"})
    TORCH_CHECK(options.count(name) != 0, path, ": names no ", name,
                ": not the options of a training run");
  return options;
}

template <typename Number>
Number parse_number(const std::string& text, Number (*parse)(const std::string&, size_t*),
                    const std::string& where) {
  size_t end = 0;
  try {
    const Number number = parse(text, &end);
    if (end == text.size()) return number;
  } catch (const std::logic_error&) {  // what std::sto* throw
  }
  TORCH_CHECK(false, where, ": '", text, "' is no number");
}

double to_double(const std::string& text, size_t* end) { return std::stod(text, end); }
uint64_t to_seed(const std::string& text, size_t* end) { return std::stoull(text, end); }

/// The column val_<metric> says what was measured.
std::string validation_metric_of(const data::CsvTable& table) {
  for (const char* metric : {"accuracy", "mse"}) {
    if (table.has_column(std::string("val_") + metric)) return metric;
  }
  TORCH_CHECK(false, table.path(), ": has no column val_accuracy or val_mse");
}

void read_history(const std::string& path, ReportRun& run) {
  const data::CsvTable table(path, {"epoch", "step", "train_loss", "seconds"}, ',');
  run.validation_metric = validation_metric_of(table);
  constexpr int64_t kMost = 1000000000000;
  for (int64_t row = 0; row < table.rows(); ++row) {
    const auto number = [&](const std::string& column) {
      return parse_number(table.text(row, column), &to_double, table.where(row));
    };
    run.history.push_back({table.integer(row, "epoch", 0, kMost),
                           table.integer(row, "step", 0, kMost), number("train_loss"),
                           number("val_" + run.validation_metric), number("seconds")});
  }
}

}  // namespace

std::vector<RunSource> find_run_folders(const std::vector<RunSource>& sources, bool may_be_empty) {
  TORCH_CHECK(!sources.empty(), "report: at least one folder of runs must be given");
  std::vector<RunSource> folders;
  std::set<fs::path> seen;
  for (const RunSource& source : sources) {
    TORCH_CHECK(fs::exists(source.path), source.path, ": there is no such folder");
    TORCH_CHECK(fs::is_directory(source.path), source.path,
                ": is a file; name the folder of a run, or a folder of such");
    std::vector<std::string> found;
    collect_run_folders(source.path, found);
    TORCH_CHECK(may_be_empty || !found.empty(), source.path,
                ": holds no run: neither a config.toml nor folders with one; --output of `vidqa "
                "train` or `vidqa compare` names such a folder");
    const std::string name = source.name == source.path ? "" : source.name;
    for (const std::string& path : found) {
      if (seen.insert(fs::weakly_canonical(path)).second) folders.push_back({name, path});
    }
  }
  return folders;
}

ReportRun read_report_run(const RunSource& source) {
  const train::RunFolder folder = train::RunFolder::open_to_read(source.path);
  ReportRun run;
  run.given_name = source.name;
  run.folder = source.path;
  run.state = folder.state();
  run.options = read_run_options(folder.config_toml());
  run.seed = parse_number(run.options.at("seed"), &to_seed, folder.config_toml() + ": seed");
  if (run.state == train::RunFolder::State::kFailed) {
    run.failure = data::read_bytes((folder.path() / "FAILED").string());
    run.failure.erase(run.failure.find_last_not_of('\n') + 1);
  }
  if (run.is_done()) run.summary = train::read_summary(folder.summary_json());
  if (fs::exists(folder.metrics_csv())) read_history(folder.metrics_csv(), run);
  return run;
}

}  // namespace vidqa::benchmarks

#include "pipeline/cli/slurm_executor.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <sys/wait.h>

#include "features/atomic_file.h"
#include "pipeline/cli/child_process.h"
#include "pipeline/cli/process_executor.h"

namespace vidqa::cli {
namespace {

namespace fs = std::filesystem;
using benchmarks::PlannedRun;

struct Answer {
  int exit_code = -1;
  std::string text;  ///< stdout and stderr
};

/// A word for the shell.
std::string quoted(const std::string& word) {
  return "'" + boost::replace_all_copy(word, "'", "'\\''") + "'";
}

Answer ask(const std::string& command) {
  Answer answer;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error(command + ": cannot be started");
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) answer.text.append(buffer, n);
  const int status = pclose(pipe);
  answer.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  while (!answer.text.empty() && answer.text.back() == '\n') answer.text.pop_back();
  return answer;
}

std::string folder_of(const std::string& output) {
  return (fs::absolute(output).lexically_normal() / "slurm").string();
}
std::string number_file(const std::string& output) { return folder_of(output) + "/job"; }
std::string tasks_file(const std::string& output) { return folder_of(output) + "/runs.txt"; }

/// Lines of the script that sbatch reads.
std::string directives(const SlurmOptions& options, const std::string& name,
                       const std::string& log) {
  const std::string folder = folder_of(options.output);
  std::string text = fmt::format("#!/bin/bash\n#SBATCH --job-name={}\n#SBATCH --output={}/{}\n",
                                 name, folder, log);
  std::istringstream words(options.sbatch);
  for (std::string word; words >> word;) text += "#SBATCH " + word + "\n";
  return text;
}

std::string array_script(size_t num_runs, const SlurmOptions& options) {
  const std::string limit = options.jobs > 0 ? fmt::format("%{}", options.jobs) : "";
  return directives(options, "vidqa", "%A_%a.log") +
         fmt::format(
             "#SBATCH --array=1-{}{}\n"
             "# A task trains one run; each line of the list is the configuration of one.\n"
             "cell=$(sed -n \"${{SLURM_ARRAY_TASK_ID}}p\" {})\n"
             "exec {} train --config \"$cell\" --threads \"${{SLURM_CPUS_PER_TASK:-1}}\"\n",
             num_runs, limit, quoted(folder_of(options.output) + "/cells.txt"),
             quoted(program_path()));
}

std::string table_script(const SlurmOptions& options) {
  return directives(options, "vidqa-table", "table_%j.log") +
         fmt::format(
             "exec {} compare --recipe {} --output {} --bootstrap-samples {} --table-only\n",
             quoted(program_path()), quoted(fs::absolute(options.recipe).string()),
             quoted(fs::absolute(options.output).lexically_normal().string()),
             options.bootstrap_samples);
}

/// The number of the job.
std::string submit(const std::string& script, const std::string& dependency) {
  const Answer answer = ask(fmt::format("sbatch --parsable {} {}", dependency, quoted(script)));
  if (answer.exit_code != 0)
    throw std::runtime_error(
        fmt::format("sbatch refuses {} (exit code {}): {}", script, answer.exit_code, answer.text));
  // "NUMBER" or "NUMBER;CLUSTER", after what it may have to say.
  const std::string line = answer.text.substr(answer.text.find_last_of('\n') + 1);
  const std::string number = line.substr(0, line.find(';'));
  if (number.empty() || number.find_first_not_of("0123456789") != std::string::npos)
    throw std::runtime_error(
        fmt::format("sbatch gave no job number for {}: {}", script, answer.text));
  return number;
}

std::string last_job(const std::string& output) {
  std::string number;
  std::ifstream(number_file(output)) >> number;
  return number;
}

}  // namespace

SlurmJobs submit_to_slurm(const std::vector<PlannedRun>& runs, const SlurmOptions& options) {
  const std::string folder = folder_of(options.output);
  if (!slurm_states(options.output).empty())
    throw std::runtime_error(
        fmt::format("{}: job {} is still in the queue: wait for it, or `scancel {}` first", folder,
                    last_job(options.output), last_job(options.output)));
  fs::create_directories(folder);
  std::string cells;
  std::string folders;
  for (const PlannedRun& run : runs) {
    cells += write_cell(run, options.output, /*threads=*/0) + "\n";
    folders += fs::absolute(run.folder).lexically_normal().string() + "\n";
  }
  features::write_text_atomically(folder + "/cells.txt", cells);
  features::write_text_atomically(tasks_file(options.output), folders);
  features::write_text_atomically(folder + "/train.sh", array_script(runs.size(), options));
  features::write_text_atomically(folder + "/table.sh", table_script(options));

  SlurmJobs jobs;
  jobs.runs = submit(folder + "/train.sh", "");
  features::write_text_atomically(number_file(options.output), jobs.runs + "\n");
  jobs.table = submit(folder + "/table.sh", "--dependency=afterany:" + jobs.runs);
  return jobs;
}

std::map<std::string, std::string> slurm_states(const std::string& output) {
  const std::string number = last_job(output);
  if (number.empty()) return {};
  const Answer answer =
      ask(fmt::format("squeue --noheader --array --job={} --format='%K %T'", number));
  if (answer.exit_code != 0) return {};  // not in the queue any more, or no squeue here
  std::vector<std::string> folders;
  std::ifstream file(tasks_file(output));
  for (std::string line; std::getline(file, line);) folders.push_back(line);
  std::map<std::string, std::string> states;
  std::istringstream lines(answer.text);
  size_t task = 0;
  for (std::string state; lines >> task >> state;) {
    if (task >= 1 && task <= folders.size()) states[folders[task - 1]] = state;
  }
  return states;
}

}  // namespace vidqa::cli

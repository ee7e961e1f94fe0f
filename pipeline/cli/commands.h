#pragma once

#include <functional>

#include <CLI/App.hpp>

namespace vidqa::cli {

/// A subcommand: its options bound to a parser, and what to do once they are read. run() returns
/// the exit code: 0, or 1 when a part of the work failed and the rest is done. It throws when
/// nothing could be done.
struct Command {
  CLI::App* app;
  std::function<int()> run;
  bool computes = true;  ///< wants the tuned environment of pipeline/train/process_setup.h
};

Command add_data_command(CLI::App& app);
Command add_synth_command(CLI::App& app);
Command add_extract_command(CLI::App& app);
Command add_merge_command(CLI::App& app);
Command add_verify_command(CLI::App& app);
Command add_similarity_command(CLI::App& app);
Command add_frames_command(CLI::App& app);
Command add_train_command(CLI::App& app);
Command add_evaluate_command(CLI::App& app);
Command add_ask_command(CLI::App& app);
Command add_compare_command(CLI::App& app);
Command add_analyse_command(CLI::App& app);
Command add_report_command(CLI::App& app);
Command add_serve_command(CLI::App& app);
Command add_fusions_command(CLI::App& app);
Command add_import_command(CLI::App& app);
Command add_doctor_command(CLI::App& app);

}  // namespace vidqa::cli

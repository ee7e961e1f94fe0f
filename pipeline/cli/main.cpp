// vidqa: one program, one subcommand a stage. Options are read here and in the *_command.cpp files,
// work is done in the libraries, and every exception ends as one line on stderr.

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "pipeline/cli/commands.h"
#include "pipeline/cli/interrupt.h"
#include "pipeline/train/process_setup.h"
#include "pipeline/train/trainer.h"

namespace {

using vidqa::cli::Command;

/// The message without LibTorch's stack trace, on one line.
std::string one_line(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  std::string text = torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

constexpr const char* kDescription =
    "vidqa: extract video features, train a video question answering model, compare how modalities "
    "are fused.\n\n"
    "The usual order of work:\n"
    "  vidqa synth    make a small diagnostic data set (or bring your own: MSVD-QA, TGIF-QA, "
    "TVQA)\n"
    "  vidqa extract  video files -> features.h5\n"
    "  vidqa train    questions + features -> run folder with a checkpoint\n"
    "  vidqa evaluate score a checkpoint on a split\n"
    "  vidqa ask      put a question about one video to a trained model\n"
    "  vidqa compare  train the same model with several fusions and seeds -> one table\n"
    "  vidqa analyse  what finished runs answer: question types, streams, overlap, votes\n"
    "  vidqa frames   the frames of a video that extract sees, as HDF5, PNG or one sheet\n"
    "  vidqa merge    shards of an extraction -> one features.h5\n"
    "  vidqa verify   damaged clips of a feature file\n"
    "  vidqa similarity  why two feature files differ\n"
    "  vidqa report   runs -> one HTML page with tables, charts and examples\n"
    "  vidqa serve    the same page while runs are going on\n\n"
    "  vidqa data     check a data set before hours are spent on it\n"
    "  vidqa import   weights of published code -> checkpoint\n"
    "  vidqa fusions  what every fusion costs\n"
    "  vidqa doctor   what slows this machine down";

constexpr const char* kFooter =
    "`vidqa COMMAND --help` explains a command. `--config FILE` reads options from a TOML file, "
    "one [command] section\n"
    "each; options on the command line win, unknown keys are errors.\n"
    "Exit codes: 0 done, 1 something failed (it is said what), 2 wrong usage, 130 stopped by "
    "ctrl-C.";

int run(int argc, char** argv) {
  CLI::App app(kDescription);
  app.name("vidqa");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("vidqa ") + VIDQA_VERSION);
  app.set_config("--config", "", "Options from a TOML file, e.g. a run's config.toml");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.require_subcommand(1);
  app.fallthrough();
  app.get_formatter()->column_width(34);

  const std::vector<Command> commands = {
      vidqa::cli::add_synth_command(app),      vidqa::cli::add_extract_command(app),
      vidqa::cli::add_merge_command(app),      vidqa::cli::add_verify_command(app),
      vidqa::cli::add_similarity_command(app), vidqa::cli::add_train_command(app),
      vidqa::cli::add_evaluate_command(app),   vidqa::cli::add_compare_command(app),
      vidqa::cli::add_analyse_command(app),    vidqa::cli::add_fusions_command(app),
      vidqa::cli::add_import_command(app),     vidqa::cli::add_data_command(app),
      vidqa::cli::add_doctor_command(app),     vidqa::cli::add_frames_command(app),
      vidqa::cli::add_report_command(app),     vidqa::cli::add_serve_command(app),
      vidqa::cli::add_ask_command(app),
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const auto chosen = std::find_if(commands.begin(), commands.end(),
                                   [](const Command& command) { return command.app->parsed(); });
  if (chosen->computes) vidqa::train::restart_with_tuned_environment(argv);
  return chosen->run();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const vidqa::train::Interrupted& stop) {
    fmt::print(stderr, "vidqa: {}\n", one_line(stop));
    return vidqa::cli::kInterruptedExitCode;
  } catch (const std::exception& error) {
    fmt::print(stderr, "vidqa: error: {}\n", one_line(error));
    return 1;
  }
}

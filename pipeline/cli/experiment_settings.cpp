#include "pipeline/cli/experiment_settings.h"

#include <algorithm>
#include <stdexcept>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pipeline/cli/experiment_options.h"

namespace vidqa::cli {
namespace {

using benchmarks::ExperimentOptions;
using benchmarks::Settings;

/// The first long names of the options of an experiment.
std::vector<std::string> option_names() {
  CLI::App app("", "train");
  ExperimentOptions options;
  bind_experiment_options(app, options);
  std::vector<std::string> names;
  for (const CLI::Option* option : options_of(app)) names.push_back(option->get_lnames().front());
  return names;
}

void refuse_in_grid(const std::string& option) {
  if (option == "seed")
    throw std::runtime_error("grid: seed: --seeds says how many, from --seed on");
}

}  // namespace

std::vector<CLI::Option*> options_of(CLI::App& app) {
  std::vector<CLI::App*> groups = app.get_subcommands([](CLI::App*) { return true; });
  groups.push_back(&app);
  std::vector<CLI::Option*> options;
  for (CLI::App* group : groups) {
    for (CLI::Option* option : group->get_options()) {
      if (option->get_name() != "--help") options.push_back(option);
    }
  }
  return options;
}

std::string canonical_option(const std::string& name, const std::string& where) {
  CLI::App app("", "train");
  ExperimentOptions options;
  bind_experiment_options(app, options);
  for (const CLI::Option* option : options_of(app)) {
    const std::vector<std::string>& names = option->get_lnames();
    if (std::find(names.begin(), names.end(), name) != names.end()) return names.front();
  }
  throw std::runtime_error(fmt::format("{}: there is no option '{}'; the options are {}", where,
                                       name, fmt::join(option_names(), ", ")));
}

void apply_settings(ExperimentOptions& options, const Settings& settings,
                    const std::string& where) {
  CLI::App app("", "train");
  bind_experiment_options(app, options);
  for (CLI::Option* option : options_of(app)) option->required(false);
  for (const auto& [name, value] : settings) {
    canonical_option(name, where);
    if (value.empty()) throw std::runtime_error(fmt::format("{}: {} has no value", where, name));
    try {
      app.clear();
      app.parse(std::vector<std::string>{"--" + name + "=" + value});
    } catch (const CLI::Error& error) {
      throw std::runtime_error(fmt::format("{}: {}={}: {}", where, name, value, error.what()));
    }
  }
}

Settings explicit_settings(CLI::App& command) {
  const std::vector<std::string> names = option_names();
  Settings settings;
  for (const CLI::Option* option : options_of(command)) {
    if (option->count() == 0 || option->get_lnames().empty()) continue;
    const std::string& name = option->get_lnames().front();
    if (std::find(names.begin(), names.end(), name) != names.end() &&
        !option->results().back().empty())
      settings.emplace_back(name, option->results().back());
  }
  return settings;
}

void set_arms(const ExperimentOptions& base, benchmarks::Grid grid,
              benchmarks::ComparisonOptions& comparison) {
  for (benchmarks::GridAxis& axis : grid.axes) {
    axis.option = canonical_option(axis.option, "grid");
    refuse_in_grid(axis.option);
  }
  for (benchmarks::NamedSettings& arm : grid.arms) {
    for (auto& setting : arm.settings) {
      setting.first = canonical_option(setting.first, "arm " + arm.name);
      refuse_in_grid(setting.first);
    }
  }
  comparison.varied = grid.varied();
  comparison.arms.clear();
  for (const benchmarks::GridCell& cell : grid.cells()) {
    ExperimentOptions options = base;
    apply_settings(options, cell.settings, cell.name.empty() ? "compare" : "arm " + cell.name);
    comparison.arms.push_back(
        {cell.name.empty() ? options.fusion : cell.name, cell.varied, std::move(options)});
  }
}

}  // namespace vidqa::cli

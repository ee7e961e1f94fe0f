#include "pipeline/cli/recipe.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pipeline/cli/experiment_options.h"

namespace vidqa::cli {
namespace {

namespace fs = std::filesystem;
using benchmarks::Settings;

constexpr int kDeepestBase = 8;

class RecipeReader {
 public:
  explicit RecipeReader(const std::string& path) : path_(path) {}

  Recipe read(int depth) {
    std::ifstream file(path_);
    if (!file) throw std::runtime_error(path_ + ": cannot open the recipe");
    if (depth > kDeepestBase)
      throw std::runtime_error(path_ + ": recipes are based on one another without end");
    const std::vector<CLI::ConfigItem> items = CLI::ConfigTOML().from_config(file);
    for (const CLI::ConfigItem& item : items) {
      if (item.name == "base" && item.parents.empty())
        recipe_ = RecipeReader(beside(one(item))).read(depth + 1);
    }
    recipe_.path = path_;
    const bool has_own_arms =
        std::any_of(items.begin(), items.end(), [](const CLI::ConfigItem& item) {
          return !item.parents.empty() && (item.parents[0] == "arm" || item.parents[0] == "grid");
        });
    if (has_own_arms) recipe_.grid = {};
    for (const CLI::ConfigItem& item : items) take(item);
    if (!recipe_.parts.empty() &&
        !(recipe_.train.empty() && recipe_.grid.arms.empty() && recipe_.grid.axes.empty()))
      throw std::runtime_error(path_ +
                               ": 'recipes' stand alone, without [train], [grid] and [arm]");
    return recipe_;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("{}: {}", path_, what));
  }
  std::string beside(const std::string& name) const {
    return (fs::path(path_).parent_path() / name).lexically_normal().string();
  }
  std::string one(const CLI::ConfigItem& item) const {
    if (item.inputs.size() != 1 || item.inputs[0].empty())
      fail(fmt::format("{}: must be a single value", item.name));
    return item.inputs[0];
  }

  void take(const CLI::ConfigItem& item) {
    if (item.name == "--" || item.name == "++") return;  // the end or the beginning of a section
    const std::vector<std::string>& section = item.parents;
    if (section.empty()) return take_top(item);
    if (section.size() == 1 && section[0] == "train") return set(recipe_.train, item);
    if (section.size() == 1 && section[0] == "grid") {
      recipe_.grid.axes.push_back({item.name, item.inputs});
      return;
    }
    if (section.size() == 2 && section[0] == "arm") return set(arm(section[1]), item);
    fail(fmt::format("there is no section [{}]; the sections are [train], [grid] and [arm.NAME]",
                     fmt::join(section, ".")));
  }

  void take_top(const CLI::ConfigItem& item) {
    if (item.name == "base") return;
    if (item.name == "recipes") {
      for (const std::string& part : item.inputs) recipe_.parts.push_back(beside(part));
    } else if (item.name == "baseline") {
      recipe_.baseline = one(item);
    } else if (item.name == "seeds") {
      int64_t seeds = 0;
      if (!CLI::detail::lexical_cast(one(item), seeds) || seeds < 1)
        fail("seeds: must be a number from 1, got '" + one(item) + "'");
      recipe_.seeds = seeds;
    } else {
      fail(
          fmt::format("there is no key '{}' before the first section; there are base, baseline, "
                      "recipes and seeds",
                      item.name));
    }
  }

  /// An empty text, as a config.toml has it, leaves an option as it is.
  void set(Settings& settings, const CLI::ConfigItem& item) const {
    if (item.inputs.size() == 1 && item.inputs[0].empty()) return;
    const auto found = std::find_if(settings.begin(), settings.end(), [&](const auto& setting) {
      return setting.first == item.name;
    });
    if (found != settings.end()) {
      found->second = one(item);
    } else {
      settings.emplace_back(item.name, one(item));
    }
  }

  Settings& arm(const std::string& name) {
    for (benchmarks::NamedSettings& known : recipe_.grid.arms) {
      if (known.name == name) return known.settings;
    }
    recipe_.grid.arms.push_back({name, {}});
    return recipe_.grid.arms.back().settings;
  }

  std::string path_;
  Recipe recipe_;
};

}  // namespace

Recipe read_recipe(const std::string& path) { return RecipeReader(path).read(0); }

std::vector<Recipe> read_parts(const std::string& path) {
  const Recipe recipe = read_recipe(path);
  if (recipe.parts.empty()) return {recipe};
  std::vector<Recipe> parts;
  for (const std::string& part : recipe.parts) {
    parts.push_back(read_recipe(part));
    if (!parts.back().parts.empty())
      throw std::runtime_error(part + ": is a part of " + path + " and must not have parts itself");
  }
  return parts;
}

std::string recipe_toml(const benchmarks::ExperimentOptions& base, const benchmarks::Grid& grid,
                        int64_t seeds, const std::string& baseline) {
  std::string text = fmt::format("seeds={}\n", seeds);
  if (!baseline.empty()) text += fmt::format("baseline=\"{}\"\n", baseline);
  text += experiment_toml(base);
  if (!grid.axes.empty()) text += "[grid]\n";
  for (const benchmarks::GridAxis& axis : grid.axes)
    text += fmt::format("{}=[\"{}\"]\n", axis.option, fmt::join(axis.values, "\", \""));
  for (const benchmarks::NamedSettings& arm : grid.arms) {
    text += fmt::format("[arm.{}]\n", arm.name);
    for (const auto& [option, value] : arm.settings)
      text += fmt::format("{}=\"{}\"\n", option, value);
  }
  return text;
}

}  // namespace vidqa::cli

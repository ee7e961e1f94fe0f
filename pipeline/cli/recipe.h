#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/experiment.h"
#include "benchmarks/grid.h"

namespace vidqa::cli {

/// A comparison in a file, TOML:
///
///   base = "../base.toml"       a recipe whose settings this one begins with; optional
///   seeds = 5                   as --seeds; optional
///   baseline = "SVI default"    as --baseline; optional
///   [train]                     options of `vidqa train` by their long names
///   [grid]                      option = ["value", "value", ...], an axis each
///   [arm.NAME]                  options that stand together under a name; every arm meets every
///                               cell of the grid
///
/// or several comparisons, each with a table of its own:
///
///   recipes = ["action.toml", "count.toml"]
///
/// Paths are relative to the file.
struct Recipe {
  std::string path;
  std::vector<std::string> parts;  ///< `recipes`; then the rest is empty
  benchmarks::Settings train;
  benchmarks::Grid grid;
  std::optional<int64_t> seeds;
  std::string baseline;
};

/// Throws std::runtime_error naming the file and the key that it does not know or whose value does
/// not fit. Whether [train] has options of these names shows when they are applied.
Recipe read_recipe(const std::string& path);

/// The recipe, its parts read, each once; one that has none is its only part.
std::vector<Recipe> read_parts(const std::string& path);

/// A recipe that read_recipe() reads back to the same comparison: `base` with all its options.
std::string recipe_toml(const benchmarks::ExperimentOptions& base, const benchmarks::Grid& grid,
                        int64_t seeds, const std::string& baseline);

}  // namespace vidqa::cli

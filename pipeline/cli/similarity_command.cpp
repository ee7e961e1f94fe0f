#include <algorithm>
#include <cmath>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "features/feature_similarity.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/output_format.h"

namespace vidqa::cli {
namespace {

using benchmarks::Cell;
using benchmarks::FigureTable;
using benchmarks::Unit;
using features::ClipSimilarity;

struct SimilarityArguments {
  std::string a, b;
  OutputFormat format = OutputFormat::kTable;
  int64_t clips = 20;
};

Cell number(double value) {
  return std::isnan(value) ? Cell() : Cell(fmt::format("{:.6g}", value));
}

std::vector<Cell> row_of(const ClipSimilarity& clip) {
  return {clip.clip,
          clip.rows_a,
          clip.rows_b,
          number(clip.mean_cosine),
          number(clip.least_cosine),
          number(clip.relative_difference),
          clip.shift,
          number(clip.time_offset_seconds),
          to_string(clip.likeness)};
}

void note_missing(FigureTable& table, const std::string& file,
                  const std::vector<std::string>& clips) {
  if (clips.empty()) return;
  constexpr size_t kNames = 5;
  const auto end = clips.begin() + static_cast<std::ptrdiff_t>(std::min(kNames, clips.size()));
  table.notes.push_back(fmt::format("{} clips are in {} only: {}{}", clips.size(), file,
                                    fmt::join(clips.begin(), end, ", "),
                                    clips.size() > kNames ? ", ..." : ""));
}

int similarity(const SimilarityArguments& arguments) {
  features::FileSimilarity files = features::compare_feature_files(arguments.a, arguments.b);
  FigureTable table;
  table.columns = {{"clip"},
                   {"rows a", Unit::kCount},
                   {"rows b", Unit::kCount},
                   {"cosine"},
                   {"least"},
                   {"|a-b|/|b|"},
                   {"shift", Unit::kCount},
                   {"b-a seconds"},
                   {"what it looks like"}};
  // The least alike first: they are what one wants to look at.
  std::stable_sort(files.clips.begin(), files.clips.end(),
                   [](const ClipSimilarity& x, const ClipSimilarity& y) {
                     return std::isnan(y.mean_cosine)   ? false
                            : std::isnan(x.mean_cosine) ? true
                                                        : x.mean_cosine < y.mean_cosine;
                   });
  for (const ClipSimilarity& clip : files.clips)
    if (arguments.clips == 0 || static_cast<int64_t>(table.rows.size()) < arguments.clips)
      table.rows.push_back(row_of(clip));
  if (table.rows.size() < files.clips.size())
    table.notes.push_back(fmt::format("the {} least alike of {} clips; --clips 0 prints all",
                                      table.rows.size(), files.clips.size()));
  note_missing(table, arguments.a, files.only_a);
  note_missing(table, arguments.b, files.only_b);
  for (const std::string& difference : files.recipe_differences)
    table.notes.push_back("the files differ by their own account in " + difference);
  table.notes.push_back("verdict: " + files.verdict);
  fmt::print("{}", to_text(table, arguments.format));
  return 0;
}

}  // namespace

Command add_similarity_command(CLI::App& app) {
  auto arguments = std::make_shared<SimilarityArguments>();
  CLI::App* command = app.add_subcommand(
      "similarity", "Compare two feature files clip by clip and say why they differ");
  command->add_option("a", arguments->a, "Feature file, such as one's own")->required();
  command->add_option("b", arguments->b, "Feature file, such as a released one")->required();
  command->add_option("--clips", arguments->clips, "Clips to print, the least alike first; 0: all")
      ->capture_default_str();
  bind_output_format(*command, arguments->format);
  command->footer(
      "cosine is the mean over rows of one number, least the smallest. Whether other frames or "
      "other "
      "preprocessing makes the\n"
      "difference is decided by the times of the rows where both files have them; else it is a "
      "guess "
      "by how the rows differ.\n\n"
      "Example: vidqa similarity mine.h5 tvqa_imagenet_pool5_hq.h5");
  return {command, [arguments] { return similarity(*arguments); }};
}

}  // namespace vidqa::cli

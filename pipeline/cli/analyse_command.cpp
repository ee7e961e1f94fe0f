#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "benchmarks/accuracy_by_type.h"
#include "benchmarks/inclusion_exclusion.h"
#include "benchmarks/run_agreement.h"
#include "benchmarks/stream_scores.h"
#include "features/atomic_file.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/output_format.h"
#include "pipeline/cli/results_options.h"

namespace vidqa::cli {
namespace {

using benchmarks::FigureTable;
using benchmarks::RunResults;

struct AnalyseOptions {
  ResultsOptions results;
  OutputFormat format = OutputFormat::kTable;
  bool relative = false;                 // types
  std::vector<std::string> groups;       // sets
  std::vector<std::string> sets;         // sets
  std::string preset;                    // sets
  std::string ids;                       // sets
  std::vector<std::string> left_out;     // streams
  std::string voters;                    // vote
  std::optional<double> accuracy_below;  // vote, percent
};

/// A subcommand of `vidqa analyse` and the table that it makes.
struct Analysis {
  CLI::App* app;
  std::function<FigureTable(const AnalyseOptions&, const RunResults&)> table;
};

/// A subcommand with what all of them have.
CLI::App* add_analysis(CLI::App& analyse, AnalyseOptions& options, const char* name,
                       const char* description, const std::string& example) {
  CLI::App* app = analyse.add_subcommand(name, description);
  bind_results_options(*app, options.results);
  bind_output_format(*app, options.format);
  app->footer(fmt::format("{}\n\nExample: {}", kResultsHelp, example));
  return app;
}

FigureTable sets_table(const AnalyseOptions& options, const RunResults& results) {
  benchmarks::RunGroups groups;
  std::vector<benchmarks::QuestionSet> sets;
  if (!options.preset.empty()) {
    groups = benchmarks::tvqa_modality_groups();
    sets = benchmarks::tvqa_modality_sets();
  }
  for (const std::string& text : options.groups) {
    const auto [name, runs] = benchmarks::parse_run_group(text);
    groups.insert_or_assign(name, runs);
  }
  for (const std::string& set : options.sets)
    sets.push_back(benchmarks::parse_question_set(set, groups));
  FigureTable table = benchmarks::inclusion_exclusion(results, sets);
  if (!options.ids.empty())
    features::write_text_atomically(options.ids, benchmarks::set_ids_json(results, sets));
  return table;
}

FigureTable streams_table(const AnalyseOptions& options, const RunResults& results) {
  std::vector<std::vector<std::string>> left_out;
  for (const std::string& streams : options.left_out)
    left_out.push_back(benchmarks::split_names(streams));
  return benchmarks::leave_streams_out(results, left_out);
}

FigureTable vote_table(const AnalyseOptions& options, const RunResults& results) {
  benchmarks::VoteOptions vote;
  vote.runs = benchmarks::split_names(options.voters);
  if (options.accuracy_below) vote.accuracy_below = *options.accuracy_below / 100;
  return benchmarks::popular_vote(results, vote);
}

Analysis add_types(CLI::App& analyse, AnalyseOptions& options) {
  CLI::App* app = add_analysis(analyse, options, "types", "Accuracy per question type and sub-type",
                               "vidqa analyse types --runs SVI=runs/svi SI=runs/si");
  app->add_flag("--relative", options.relative,
                "What a type lies above the run's accuracy on all questions, in points");
  return {app, [](const AnalyseOptions& o, const RunResults& results) {
            return benchmarks::accuracy_by_type(results, o.relative);
          }};
}

Analysis add_sets(CLI::App& analyse, AnalyseOptions& options) {
  CLI::App* app = add_analysis(
      analyse, options, "sets",
      "Inclusion-exclusion: questions that some run of A answers and none of B",
      "vidqa analyse sets --results val.json --total 15253 --group video=V,I,VI \\\n"
      "           --set 'S - video' --set '- S,video'    # the last: answered by none of them");
  app->add_option("--group", options.groups, "NAME=RUN,RUN,...: a name for several runs; repeat");
  CLI::Option* set = app->add_option(
      "--set", options.sets,
      "'A - B', 'A' or '- B', each a list of runs and groups between commas; repeat");
  CLI::Option* preset =
      app->add_option("--preset", options.preset,
                      "tvqa: the groups All, Sub, Non-sub and Single, and the sets, of the TVQA "
                      "modality bias paper, for runs V I R VI VIR S SI SVI SVIR")
          ->check(CLI::IsMember({"tvqa"}));
  app->add_option("--ids", options.ids, "JSON file to write the question ids of every set to");
  app->callback([set, preset] {
    if (set->empty() && preset->empty()) throw CLI::RequiredError("--set or --preset");
  });
  return {app, sets_table};
}

Analysis add_streams(CLI::App& analyse, AnalyseOptions& options) {
  CLI::App* app =
      add_analysis(analyse, options, "streams",
                   "Accuracy with streams switched off at test time, for models whose streams vote",
                   "vidqa analyse streams --runs SVI=runs/svi --off sub --off vcpt,imagenet");
  app->add_option("--off", options.left_out,
                  "Streams to leave out together, between commas; repeat. Without it: each alone, "
                  "and all but each");
  return {app, streams_table};
}

Analysis add_scores(CLI::App& analyse, AnalyseOptions& options) {
  CLI::App* app = add_analysis(
      analyse, options, "scores",
      "Distribution of every stream's scores for rightly and wrongly chosen candidates",
      "vidqa analyse scores --runs SVI=runs/svi --format csv > violins.csv");
  return {app, [](const AnalyseOptions&, const RunResults& results) {
            return benchmarks::stream_score_distributions(results);
          }};
}

Analysis add_overlap(CLI::App& analyse, AnalyseOptions& options) {
  CLI::App* app = add_analysis(analyse, options, "overlap",
                               "Intersection over union of what every two runs answer correctly",
                               "vidqa analyse overlap --results val.json --total 15253");
  return {app, [](const AnalyseOptions&, const RunResults& results) {
            return benchmarks::overlap_matrix(results);
          }};
}

Analysis add_agreement(CLI::App& analyse, AnalyseOptions& options) {
  CLI::App* app = add_analysis(analyse, options, "agreement",
                               "Share of questions to which every two runs give the same answer",
                               "vidqa analyse agreement --runs SVI=runs/svi SI=runs/si");
  return {app, [](const AnalyseOptions&, const RunResults& results) {
            return benchmarks::agreement_matrix(results);
          }};
}

Analysis add_vote(CLI::App& analyse, AnalyseOptions& options) {
  CLI::App* app =
      add_analysis(analyse, options, "vote", "Accuracy of the answer that most runs give",
                   "vidqa analyse vote --runs V=runs/v I=runs/i VI=runs/vi --accuracy-below 50");
  app->add_option("--voters", options.voters, "Runs that vote, between commas; without it, all");
  app->add_option("--accuracy-below", options.accuracy_below,
                  "Only runs with a lower accuracy vote, in percent")
      ->check(CLI::Range(0.0, 100.0));
  return {app, vote_table};
}

}  // namespace

Command add_analyse_command(CLI::App& app) {
  auto options = std::make_shared<AnalyseOptions>();
  CLI::App* command = app.add_subcommand(
      "analyse", "What finished runs answer: by question type, stream, and against one another");
  command->require_subcommand(1);
  const std::vector<Analysis> analyses = {
      add_types(*command, *options),   add_sets(*command, *options),
      add_streams(*command, *options), add_scores(*command, *options),
      add_overlap(*command, *options), add_agreement(*command, *options),
      add_vote(*command, *options)};
  command->footer(kResultsHelp);
  const auto run = [options, analyses] {
    const auto chosen =
        std::find_if(analyses.begin(), analyses.end(),
                     [](const Analysis& analysis) { return analysis.app->parsed(); });
    const FigureTable table = chosen->table(*options, load_results(options->results));
    fmt::print("{}", to_text(table, options->format));
    return 0;
  };
  return {command, run, /*computes=*/false};
}

}  // namespace vidqa::cli

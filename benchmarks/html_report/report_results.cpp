#include "benchmarks/html_report/report_results.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "benchmarks/html_report/control_rows.h"
#include "benchmarks/html_report/report_examples.h"
#include "benchmarks/results_comparison.h"
#include "benchmarks/row_statistics.h"

namespace vidqa::benchmarks {
namespace {

/// An arm with the places of its finished runs, among the runs of the report and among the results.
struct FinishedArm {
  const ReportArm* arm;
  std::vector<size_t> runs;
  ArmRuns results;
};

std::vector<FinishedArm> finished_arms(const std::vector<ReportRun>& runs,
                                       const std::vector<ReportArm>& arms) {
  std::vector<FinishedArm> finished;
  size_t num_results = 0;
  for (const ReportArm& arm : arms) {
    FinishedArm f{&arm, {}, {}};
    for (const size_t run : arm.runs) {
      if (!runs[run].is_done()) continue;
      f.runs.push_back(run);
      f.results.push_back(num_results++);
    }
    if (!f.runs.empty()) finished.push_back(std::move(f));
  }
  return finished;
}

RunResults read_finished(const std::vector<ReportRun>& runs,
                         const std::vector<FinishedArm>& finished, const std::string& split) {
  std::vector<RunSource> sources;
  for (const FinishedArm& arm : finished) {
    for (const size_t run : arm.runs) {
      TORCH_CHECK(split != "test" || runs[run].summary->test, runs[run].folder,
                  ": the answers of the test split are not public; report on the validation split "
                  "(--split val)");
      sources.push_back({runs[run].folder, runs[run].folder});
    }
  }
  return read_runs(sources, split);
}

std::string dataset_of(const std::vector<ReportRun>& runs) {
  return runs.front().options.at("dataset");
}

/// Primary metric of every question, mean over the runs.
std::vector<double> mean_values(const RunResults& results, const ArmRuns& runs,
                                const train::PrimaryMetric& metric) {
  std::vector<double> values(results.questions.size(), 0);
  for (const size_t run : runs) {
    for (size_t i = 0; i < values.size(); ++i)
      values[i] += metric.of(results.runs[run].predictions[i]) / static_cast<double>(runs.size());
  }
  return values;
}

std::vector<std::string> types_of(const RunResults& results) {
  std::vector<std::string> types;
  for (const EvaluatedQuestion& q : results.questions)
    types.push_back(q.type.substr(0, q.type.find('/')));  // "what" of "what/when"
  return types;
}

std::vector<std::string> videos_of(const RunResults& results) {
  std::vector<std::string> videos;
  for (const EvaluatedQuestion& q : results.questions) videos.push_back(q.video);
  return videos;
}

ValuedRow valued_row(const FinishedArm& arm, const std::vector<ReportRun>& runs,
                     const RunResults& results, const train::PrimaryMetric& metric) {
  ValuedRow r;
  r.row.kind =
      arm.arm->is_question_only ? ComparisonRow::Kind::kQuestionOnly : ComparisonRow::Kind::kFusion;
  r.row.name = arm.arm->name;
  std::vector<double> seconds;
  for (size_t k = 0; k < arm.runs.size(); ++k) {
    const ReportRun& run = runs[arm.runs[k]];
    const double value = mean(mean_values(results, {arm.results[k]}, metric));
    r.row.values.push_back(value);
    r.by_seed[run.seed] = value;
    seconds.push_back(run.summary->seconds_per_epoch);
    r.row.parameters = run.summary->parameters;
    r.row.peak_memory_mb = std::max(r.row.peak_memory_mb, run.summary->peak_memory_mb);
  }
  r.row.mean = mean(r.row.values);
  r.row.sd = standard_deviation(r.row.values);
  r.row.seconds_per_epoch = mean(seconds);
  r.question_values = mean_values(results, arm.results, metric);
  if (results.have_types()) r.row.by_type = means_by_type(types_of(results), r.question_values);
  return r;
}

size_t baseline_place(const std::vector<ValuedRow>& rows, const std::string& asked_for,
                      const std::optional<ComparisonTable>& table) {
  const auto place_of = [&](const std::string& name) {
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const ValuedRow& r) { return r.row.name == name; });
    return static_cast<size_t>(found - rows.begin());
  };
  if (!asked_for.empty()) {
    std::string names;
    for (const ValuedRow& r : rows) names += (names.empty() ? "'" : ", '") + r.row.name + "'";
    TORCH_CHECK(place_of(asked_for) < rows.size(), "report: no finished run is called '", asked_for,
                "', there are ", names);
    return place_of(asked_for);
  }
  if (table && place_of(table->baseline) < rows.size()) return place_of(table->baseline);
  const auto first = std::find_if(rows.begin(), rows.end(), [](const ValuedRow& r) {
    return r.row.kind == ComparisonRow::Kind::kFusion;
  });
  return first == rows.end() ? 0 : static_cast<size_t>(first - rows.begin());
}

/// What a reader must know of the number of seeds.
void add_seed_notes(const std::vector<FinishedArm>& arms, Comparison& comparison) {
  std::string single;
  size_t num_single = 0;
  for (const FinishedArm& arm : arms) {
    if (arm.runs.size() > 1) continue;
    ++num_single;
    single += (single.empty() ? "" : ", ") + arm.arm->name;
  }
  if (num_single == 0) return;
  comparison.notes.push_back(num_single == arms.size()
                                 ? "one seed: the intervals are over questions only, not over seeds"
                                 : "one seed only, so intervals over questions only: " + single);
}

/// Rows without a model, where they are about the same questions; their differences are kept where
/// they are to the same baseline.
std::vector<ComparisonRow> control_rows(const std::optional<ComparisonTable>& table,
                                        const Comparison& comparison, const std::string& split,
                                        const std::string& baseline) {
  if (!table || split != "test" || table->dataset != comparison.dataset ||
      table->num_questions != comparison.num_questions)
    return {};
  std::vector<ComparisonRow> rows = table->controls;
  for (ComparisonRow& row : rows) {
    if (table->baseline != baseline) row.difference.reset();
  }
  return rows;
}

/// The rows on the questions of one type.
std::vector<ComparisonRow> rows_of_type(const std::vector<ValuedRow>& rows, size_t baseline,
                                        const std::vector<size_t>& questions,
                                        const std::vector<std::string>& videos,
                                        const StatisticsOptions& options) {
  std::vector<std::string> videos_of_type;
  for (const size_t i : questions) videos_of_type.push_back(videos[i]);
  std::vector<ValuedRow> of_type;
  for (const ValuedRow& r : rows) {
    ValuedRow part;
    part.row.kind = r.row.kind;
    part.row.name = r.row.name;
    for (const size_t i : questions) part.question_values.push_back(r.question_values[i]);
    part.row.mean = mean(part.question_values);
    part.row.values = {part.row.mean};
    of_type.push_back(std::move(part));
  }
  set_statistics(of_type, baseline, drawn_by_video(videos_of_type).clusters, options);
  std::vector<ComparisonRow> result;
  for (ValuedRow& r : of_type) result.push_back(std::move(r.row));
  return result;
}

std::vector<TypeResults> results_by_type(const std::vector<ValuedRow>& rows, size_t baseline,
                                         const RunResults& results,
                                         const StatisticsOptions& options) {
  if (!results.have_types()) return {};
  std::map<std::string, std::vector<size_t>> questions;
  const std::vector<std::string> types = types_of(results);
  for (size_t i = 0; i < types.size(); ++i) questions[types[i]].push_back(i);
  std::vector<TypeResults> by_type;
  for (const auto& [type, places] : questions) {
    by_type.push_back({type, static_cast<int64_t>(places.size()),
                       rows_of_type(rows, baseline, places, videos_of(results), options)});
  }
  std::stable_sort(by_type.begin(), by_type.end(), [](const TypeResults& a, const TypeResults& b) {
    return a.num_questions > b.num_questions;
  });
  return by_type;
}

}  // namespace

std::optional<ReportResults> results_of_runs(const std::vector<RunSource>& sources,
                                             const std::vector<ReportRun>& runs,
                                             const std::vector<ReportArm>& arms,
                                             const ReportResultsOptions& options) {
  const std::vector<FinishedArm> finished = finished_arms(runs, arms);
  if (finished.empty()) return std::nullopt;
  const RunResults results = read_finished(runs, finished, options.split);
  const train::PrimaryMetric metric = primary_metric_of(results);

  ReportResults report;
  Comparison& comparison = report.comparison;
  comparison.dataset = dataset_of(runs);
  comparison.metric = metric.name;
  comparison.higher_is_better = metric.higher_is_better;
  comparison.num_questions = static_cast<int64_t>(results.questions.size());
  const bool is_accuracy = metric.name == "accuracy";
  if (!is_accuracy) comparison.worthwhile_difference = 0.1;
  const DrawnTogether drawn = drawn_by_video(videos_of(results));
  comparison.num_videos = drawn.num_videos;
  if (!drawn.note.empty()) comparison.notes.push_back(drawn.note);
  add_seed_notes(finished, comparison);

  std::vector<ValuedRow> rows;
  std::vector<ArmRuns> arm_runs;
  std::set<uint64_t> seeds;
  for (const FinishedArm& arm : finished) {
    rows.push_back(valued_row(arm, runs, results, metric));
    arm_runs.push_back(arm.results);
    report.arms.push_back(arm.arm->name);
    for (const size_t run : arm.runs) seeds.insert(runs[run].seed);
  }
  comparison.seeds.assign(seeds.begin(), seeds.end());

  const std::optional<ComparisonTable> table = find_comparison_table(sources);
  const size_t baseline = baseline_place(rows, options.baseline, table);
  const StatisticsOptions statistics{is_accuracy, metric.higher_is_better,
                                     options.bootstrap_samples, options.seed,
                                     comparison.worthwhile_difference};
  report.types = results_by_type(rows, baseline, results, statistics);
  set_statistics(rows, baseline, drawn.clusters, statistics);
  comparison.rows = control_rows(table, comparison, options.split, rows[baseline].row.name);
  for (ValuedRow& r : rows) comparison.rows.push_back(std::move(r.row));

  ChosenExamples chosen = choose_examples(results, arm_runs, options.max_examples);
  report.examples = std::move(chosen.examples);
  report.how_chosen = std::move(chosen.how);
  return report;
}

}  // namespace vidqa::benchmarks

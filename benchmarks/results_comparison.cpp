#include "benchmarks/results_comparison.h"

#include <algorithm>

#include <c10/util/Exception.h>

#include "benchmarks/row_statistics.h"

namespace vidqa::benchmarks {
namespace {

/// Only predictions of counts have no scored answers.
bool is_count(const RunResult& run) {
  return !run.predictions.empty() &&
         std::all_of(run.predictions.begin(), run.predictions.end(),
                     [](const train::Prediction& p) { return p.scores.empty(); });
}

std::vector<std::string> column(const RunResults& results, std::string EvaluatedQuestion::*member) {
  std::vector<std::string> texts;
  for (const EvaluatedQuestion& question : results.questions) texts.push_back(question.*member);
  return texts;
}

ValuedRow row_of(const RunResult& run, const RunResults& results,
                 const train::PrimaryMetric& metric) {
  ValuedRow r;
  if (run.predictions.empty()) {
    for (const bool correct : run.correct) r.question_values.push_back(correct ? 1 : 0);
  } else {
    for (const train::Prediction& p : run.predictions) r.question_values.push_back(metric.of(p));
  }
  r.row.kind = ComparisonRow::Kind::kRun;
  r.row.name = run.name;
  r.row.mean = mean(r.question_values);
  r.row.values = {r.row.mean};
  if (results.have_types())
    r.row.by_type = means_by_type(column(results, &EvaluatedQuestion::type), r.question_values);
  return r;
}

}  // namespace

train::PrimaryMetric primary_metric_of(const RunResults& results) {
  const bool counts = is_count(results.runs.front());
  for (const RunResult& run : results.runs)
    TORCH_CHECK(is_count(run) == counts, "run '", run.name, "' is of another task than '",
                results.runs.front().name, "': one counts, the other does not");
  return train::primary_metric(counts ? models::Task::kCount : models::Task::kOpenEnded);
}

Comparison compare_results(const RunResults& results, const std::string& title,
                           const ResultsComparisonOptions& options) {
  const auto baseline = static_cast<size_t>(&results.find(options.baseline) - results.runs.data());
  const train::PrimaryMetric metric = primary_metric_of(results);
  Comparison comparison;
  comparison.dataset = title;
  comparison.metric = metric.name;
  comparison.higher_is_better = metric.higher_is_better;
  comparison.num_questions = static_cast<int64_t>(results.questions.size());
  comparison.notes = results.notes;
  comparison.notes.emplace_back(
      "one run a row: the intervals are over questions only, not over seeds");

  const DrawnTogether drawn = drawn_by_video(column(results, &EvaluatedQuestion::video));
  comparison.num_videos = drawn.num_videos;
  if (!drawn.note.empty()) comparison.notes.push_back(drawn.note);
  std::vector<ValuedRow> rows;
  for (const RunResult& run : results.runs) rows.push_back(row_of(run, results, metric));
  set_statistics(rows, baseline, drawn.clusters,
                 {metric.name == "accuracy", metric.higher_is_better, options.bootstrap_samples,
                  options.seed, comparison.worthwhile_difference});
  for (ValuedRow& r : rows) comparison.rows.push_back(std::move(r.row));
  return comparison;
}

}  // namespace vidqa::benchmarks

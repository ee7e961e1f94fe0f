#include "benchmarks/stream_scores.h"

#include <algorithm>
#include <array>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "benchmarks/multiple_choice.h"
#include "benchmarks/statistics/descriptive.h"

namespace vidqa::benchmarks {
namespace {

using Names = std::vector<std::string>;

/// The streams of a run; every prediction must have scores of just these for every candidate.
Names streams_of(const RunResult& run) {
  TORCH_CHECK(!run.predictions.empty() && !run.predictions.front().stream_scores.empty(), "run '",
              run.name,
              "': has no scores of its streams; this takes predictions.jsonl with stream_scores, "
              "which models with streams that vote write");
  Names names;
  for (const auto& [name, scores] : run.predictions.front().stream_scores) names.push_back(name);
  for (const train::Prediction& p : run.predictions) {
    const bool same = std::equal(
        names.begin(), names.end(), p.stream_scores.begin(), p.stream_scores.end(),
        [](const std::string& name, const auto& stream) { return name == stream.first; });
    TORCH_CHECK(same, "run '", run.name, "': question '", p.question_id,
                "' has other streams than the first one, ",
                fmt::format("{}", fmt::join(names, ", ")));
    for (const auto& [name, scores] : p.stream_scores)
      TORCH_CHECK(scores.size() == p.scores.size(), "run '", run.name, "': question '",
                  p.question_id, "' has ", p.scores.size(), " candidates, but ", scores.size(),
                  " scores of stream '", name, "'");
  }
  return names;
}

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Names without(const Names& streams, const Names& left_out) {
  Names rest;
  std::copy_if(streams.begin(), streams.end(), std::back_inserter(rest),
               [&](const std::string& stream) { return !contains(left_out, stream); });
  return rest;
}

/// Sum of the scores of every candidate over the streams that are not left out.
std::vector<double> sum_of_streams(const train::Prediction& p, const Names& left_out) {
  std::vector<double> sums(p.scores.size(), 0.0);
  for (const auto& [name, scores] : p.stream_scores) {
    if (contains(left_out, name)) continue;
    for (size_t a = 0; a < sums.size(); ++a) sums[a] += scores[a];
  }
  return sums;
}

double accuracy_without(const RunResult& run, const Names& left_out) {
  const auto right = std::count_if(
      run.predictions.begin(), run.predictions.end(), [&](const train::Prediction& p) {
        return best_candidate(sum_of_streams(p, left_out)) == right_candidate(p);
      });
  return static_cast<double>(right) / static_cast<double>(run.predictions.size());
}

int64_t count_other_answers(const RunResult& run) {
  return std::count_if(run.predictions.begin(), run.predictions.end(),
                       [](const train::Prediction& p) {
                         return best_candidate(sum_of_streams(p, {})) != chosen_candidate(p);
                       });
}

/// Each stream, then all but each, where that is something else.
std::vector<Names> each_alone_and_all_others(const Names& streams) {
  std::vector<Names> sets;
  if (streams.size() > 1) {
    for (const std::string& stream : streams) sets.push_back({stream});
  }
  if (streams.size() > 2) {
    for (const std::string& stream : streams) sets.push_back(without(streams, {stream}));
  }
  return sets;
}

void check_left_out(const RunResult& run, const Names& streams, const Names& left_out) {
  for (const std::string& stream : left_out)
    TORCH_CHECK(contains(streams, stream), "run '", run.name, "': has no stream '", stream,
                "', it has ", fmt::format("{}", fmt::join(streams, ", ")));
  TORCH_CHECK(!without(streams, left_out).empty(), "run '", run.name, "': without ",
              fmt::format("{}", fmt::join(left_out, ", ")), " no stream is left");
}

constexpr std::array<const char*, 4> kOutcomes = {"TP", "FP", "TN", "FN"};

size_t outcome(bool is_chosen, bool is_right) {
  if (is_chosen) return is_right ? 0 : 1;
  return is_right ? 3 : 2;
}

/// Scores of one stream, those of every outcome sorted.
std::array<std::vector<double>, 4> scores_by_outcome(const RunResult& run,
                                                     const std::string& stream) {
  std::array<std::vector<double>, 4> scores;
  for (const train::Prediction& p : run.predictions) {
    const size_t chosen = chosen_candidate(p);
    const size_t right = right_candidate(p);
    const std::vector<double>& of_stream = p.stream_scores.at(stream);
    for (size_t a = 0; a < of_stream.size(); ++a)
      scores[outcome(a == chosen, a == right)].push_back(of_stream[a]);
  }
  for (std::vector<double>& values : scores) std::sort(values.begin(), values.end());
  return scores;
}

}  // namespace

FigureTable leave_streams_out(const RunResults& results, const std::vector<Names>& left_out) {
  FigureTable table;
  table.columns = {
      {"run"}, {"left out"}, {"accuracy %", Unit::kPercent}, {"difference, points", Unit::kPoints}};
  for (const RunResult& run : results.runs) {
    const Names streams = streams_of(run);
    const double all = accuracy_without(run, {});
    table.rows.push_back({run.name, "", all, Cell()});
    for (const Names& names : left_out.empty() ? each_alone_and_all_others(streams) : left_out) {
      check_left_out(run, streams, names);
      const double accuracy = accuracy_without(run, names);
      table.rows.push_back(
          {run.name, fmt::format("{}", fmt::join(names, ", ")), accuracy, accuracy - all});
    }
    if (const int64_t other = count_other_answers(run); other > 0)
      table.notes.push_back(fmt::format(
          "{}: to {} of {} questions the largest sum of the streams is not the answer that the run "
          "gave",
          run.name, other, run.predictions.size()));
  }
  return table;
}

FigureTable stream_score_distributions(const RunResults& results) {
  FigureTable table;
  table.columns = {{"run"},
                   {"stream"},
                   {"candidates"},
                   {"number", Unit::kCount},
                   {"mean", Unit::kScore},
                   {"sd", Unit::kScore}};
  constexpr int kStep = 5;
  for (int percent = 0; percent <= 100; percent += kStep) {
    const bool shown = percent == kStep || percent == 100 - kStep || percent % 25 == 0;
    table.columns.push_back({fmt::format("{} %", percent), Unit::kScore, !shown});
  }
  for (const RunResult& run : results.runs) {
    const Names streams = streams_of(run);
    for (const std::string& stream : streams) {
      const auto by_outcome = scores_by_outcome(run, stream);
      for (size_t o = 0; o < kOutcomes.size(); ++o) {
        const std::vector<double>& scores = by_outcome[o];
        std::vector<Cell> row = {run.name, stream, kOutcomes[o],
                                 static_cast<int64_t>(scores.size())};
        const auto figure = [&](auto of) { return scores.empty() ? Cell() : Cell(of()); };
        row.push_back(figure([&] { return mean(scores); }));
        row.push_back(figure([&] { return standard_deviation(scores); }));
        for (int percent = 0; percent <= 100; percent += kStep)
          row.push_back(figure([&] { return quantile(scores, percent / 100.0); }));
        table.rows.push_back(std::move(row));
      }
    }
  }
  table.notes = {
      "scores of a stream for candidates that the model chose rightly (TP) or wrongly (FP), passed "
      "over rightly (TN) or wrongly (FN)"};
  return table;
}

}  // namespace vidqa::benchmarks

#include "benchmarks/run_agreement.h"

#include <algorithm>
#include <functional>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "benchmarks/multiple_choice.h"
#include "benchmarks/statistics/proportion.h"

namespace vidqa::benchmarks {
namespace {

double accuracy(const std::vector<bool>& correct) {
  return static_cast<double>(std::count(correct.begin(), correct.end(), true)) /
         static_cast<double>(correct.size());
}

/// Throws where a run came from a file that says only what was right.
void check_answers_known(const RunResult& run) {
  TORCH_CHECK(!run.predictions.empty(), "run '", run.name,
              "': its answers are not known, only which questions it answered correctly; this "
              "takes run folders");
}

FigureTable matrix_of(const RunResults& results, Unit unit,
                      const std::function<Cell(const RunResult& a, const RunResult& b)>& figure) {
  FigureTable table;
  table.columns = {{"run"}};
  for (const RunResult& run : results.runs) table.columns.push_back({run.name, unit});
  for (const RunResult& a : results.runs) {
    std::vector<Cell> row = {a.name};
    for (const RunResult& b : results.runs) row.push_back(figure(a, b));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::vector<const RunResult*> voters(const RunResults& results, const VoteOptions& options) {
  std::vector<const RunResult*> chosen;
  if (options.runs.empty()) {
    for (const RunResult& run : results.runs) chosen.push_back(&run);
  }
  for (const std::string& name : options.runs) {
    chosen.push_back(&results.find(name));
    TORCH_CHECK(std::count(chosen.begin(), chosen.end(), chosen.back()) == 1, "vote: run '", name,
                "' is named twice");
  }
  if (options.accuracy_below) {
    chosen.erase(std::remove_if(chosen.begin(), chosen.end(),
                                [&](const RunResult* run) {
                                  return accuracy(run->correct) >= *options.accuracy_below;
                                }),
                 chosen.end());
    TORCH_CHECK(!chosen.empty(), "vote: no run has an accuracy below ",
                fmt::format("{:g}", 100 * *options.accuracy_below), " %");
  }
  for (const RunResult* run : chosen) check_answers_known(*run);
  return chosen;
}

struct Vote {
  size_t winner = 0;
  bool is_tie = false;
};

Vote vote_on(size_t question, const std::vector<const RunResult*>& runs) {
  const auto& candidates = runs.front()->predictions[question].scores;
  std::vector<int64_t> votes(candidates.size(), 0);
  for (const RunResult* run : runs) {
    const train::Prediction& p = run->predictions[question];
    const bool same =
        std::equal(candidates.begin(), candidates.end(), p.scores.begin(), p.scores.end(),
                   [](const auto& a, const auto& b) { return a.first == b.first; });
    TORCH_CHECK(same, "vote: question '", p.question_id, "' has other candidates in run '",
                run->name, "' than in '", runs.front()->name,
                "': runs must answer the same multiple-choice questions");
    ++votes[chosen_candidate(p)];
  }
  const auto most = std::max_element(votes.begin(), votes.end());
  return {static_cast<size_t>(most - votes.begin()),
          std::count(votes.begin(), votes.end(), *most) > 1};
}

}  // namespace

FigureTable overlap_matrix(const RunResults& results) {
  FigureTable table =
      matrix_of(results, Unit::kRatio, [](const RunResult& a, const RunResult& b) -> Cell {
        int64_t both = 0;
        int64_t either = 0;
        for (size_t i = 0; i < a.correct.size(); ++i) {
          both += a.correct[i] && b.correct[i] ? 1 : 0;
          either += a.correct[i] || b.correct[i] ? 1 : 0;
        }
        if (either == 0) return {};
        return static_cast<double>(both) / static_cast<double>(either);
      });
  table.notes = {"questions answered correctly by both, of those by either"};
  return table;
}

FigureTable agreement_matrix(const RunResults& results) {
  for (const RunResult& run : results.runs) check_answers_known(run);
  FigureTable table =
      matrix_of(results, Unit::kRatio, [](const RunResult& a, const RunResult& b) -> Cell {
        int64_t same = 0;
        for (size_t i = 0; i < a.predictions.size(); ++i)
          same += a.predictions[i].prediction == b.predictions[i].prediction ? 1 : 0;
        return static_cast<double>(same) / static_cast<double>(a.predictions.size());
      });
  table.notes = {"questions with the same answer, right or wrong, of all"};
  return table;
}

FigureTable popular_vote(const RunResults& results, const VoteOptions& options) {
  const std::vector<const RunResult*> runs = voters(results, options);
  FigureTable table;
  table.columns = {
      {"run"}, {"accuracy %", Unit::kPercent}, {"low", Unit::kPercent}, {"high", Unit::kPercent}};
  const auto add_row = [&](const std::string& name, const std::vector<bool>& correct) {
    const Interval interval =
        wilson_interval(accuracy(correct), static_cast<int64_t>(correct.size()));
    table.rows.push_back({name, interval.estimate, interval.low, interval.high});
  };
  for (const RunResult* run : runs) add_row(run->name, run->correct);

  std::vector<bool> correct;
  int64_t ties = 0;
  for (size_t i = 0; i < results.questions.size(); ++i) {
    const Vote vote = vote_on(i, runs);
    correct.push_back(vote.winner == right_candidate(runs.front()->predictions[i]));
    ties += vote.is_tie ? 1 : 0;
  }
  add_row("popular vote", correct);
  table.notes = {
      fmt::format("the answer of most of {} runs, the first candidate on ties ({} of {} "
                  "questions); 95 % Wilson intervals",
                  runs.size(), ties, correct.size())};
  return table;
}

}  // namespace vidqa::benchmarks

#include "benchmarks/datasets/dataset_check.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pipeline/data/feature_stream.h"
#include "pipeline/data/video_features.h"

namespace vidqa::benchmarks {
namespace {

using Questions = std::vector<data::Question>;

constexpr double kSuspiciousShare = 0.1;  // of unknown words, or of questions without context words
constexpr size_t kNamesInWarnings = 5;
const std::array<const char*, 3> kSplits = {"train", "val", "test"};

std::array<const Questions*, 3> splits_of(const data::QaCorpus& corpus) {
  return {&corpus.train, &corpus.val, &corpus.test};
}

double share(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

/// Counts over the texts of one split.
struct TextCounts {
  int64_t texts = 0;
  int64_t words = 0;
  int64_t unknown = 0;
  int64_t empty = 0;  ///< nothing but an end mark
  int64_t cut = 0;    ///< without one, where the others have it

  void add(const std::vector<int64_t>& ids, const data::Vocabulary& vocabulary) {
    const bool has_end = vocabulary.contains("<eos>");
    const int64_t end = has_end ? vocabulary.id("<eos>") : -1;
    ++texts;
    words += std::count_if(ids.begin(), ids.end(), [&](int64_t id) { return id != end; });
    unknown += std::count(ids.begin(), ids.end(), vocabulary.unknown_id());
    if (ids.empty() || (ids.size() == 1 && ids.front() == end)) ++empty;
    if (has_end && !ids.empty() && ids.back() != end) ++cut;
  }
};

/// Gathers what there is to say about a corpus.
class Checker {
 public:
  Checker(const data::QaCorpus& corpus, DatasetCheck& check, Faults& faults)
      : corpus_(corpus), check_(check), faults_(faults) {}

  void questions() {
    add("questions", [](const Questions& split) { return std::to_string(split.size()); });
    add("clips", [](const Questions& split) {
      std::set<std::string> clips;
      for (const data::Question& question : split) clips.insert(question.video);
      return std::to_string(clips.size());
    });
    add("with an answer", [](const Questions& split) {
      return std::to_string(std::count_if(split.begin(), split.end(), has_label));
    });
    add("span empty or reversed", [](const Questions& split) {
      return std::to_string(std::count_if(split.begin(), split.end(), [](const auto& question) {
        return question.feature_rows && question.feature_rows->first >= question.feature_rows->last;
      }));
    });
    for (size_t s = 0; s < kSplits.size(); ++s) check_split(kSplits[s], *splits_of(corpus_)[s]);
  }

  void texts() {
    add_texts("question and answers", [](const data::Question& question, const auto& take) {
      for (const std::vector<int64_t>& ids : question.word_ids) take(ids);
    });
    std::set<std::string> names;
    for (const Questions* split : splits_of(corpus_))
      if (!split->empty())
        for (const auto& [name, ids] : split->front().text_streams) names.insert(name);
    for (const std::string& name : names)
      add_texts(name, [&](const data::Question& question, const auto& take) {
        const auto found = question.text_streams.find(name);
        if (found != question.text_streams.end()) take(found->second);
      });
  }

  /// Reads every clip of one feature file.
  void features(const data::FeatureStreamOptions& options, const std::function<void()>& on_clip) {
    std::optional<data::FeatureStream> stream;
    if (!faults_.guard([&] { stream.emplace(options); })) return;
    std::unordered_set<std::string> broken;
    std::unordered_set<std::string> seen;
    std::array<int64_t, 3> missing{};
    std::array<int64_t, 3> past_end{};
    std::array<int64_t, 3> blind{};
    for (size_t s = 0; s < kSplits.size(); ++s) {
      const auto noted = static_cast<int64_t>(stream->blind_questions().size());
      std::unordered_set<std::string> missing_here;
      for (const data::Question& question : *splits_of(corpus_)[s]) {
        const bool is_new = seen.insert(question.video).second;
        if (broken.count(question.video) == 0 && !faults_.guard([&] { stream->check(question); }))
          broken.insert(question.video);
        if (broken.count(question.video) != 0)
          missing_here.insert(question.video);
        else if (question.feature_rows &&
                 question.feature_rows->last > stream->num_rows(question.video))
          ++past_end[s];
        if (is_new && on_clip) on_clip();
      }
      missing[s] = static_cast<int64_t>(missing_here.size());
      blind[s] = static_cast<int64_t>(stream->blind_questions().size()) - noted;
    }
    const std::string& name = options.name;
    add_numbers(name + ": clips missing or broken", missing);
    add_numbers(name + ": spans past the last row", past_end);
    add_numbers(name + ": questions that see no row", blind);
    if (broken.size() < seen.size()) {
      const std::string width = std::to_string(stream->dim());
      check_.facts.push_back({name + ": width", {width, width, width}});
    }
    warn_of_blind(*stream);
  }

 private:
  static bool has_label(const data::Question& question) {
    return question.label != data::Question::kNoLabel;
  }

  template <typename Value>
  void add(const std::string& name, const Value& value) {
    DatasetCheck::Fact fact{name, {}};
    for (size_t s = 0; s < kSplits.size(); ++s) fact.values[s] = value(*splits_of(corpus_)[s]);
    check_.facts.push_back(std::move(fact));
  }
  void add_numbers(const std::string& name, const std::array<int64_t, 3>& numbers) {
    DatasetCheck::Fact fact{name, {}};
    for (size_t s = 0; s < numbers.size(); ++s) fact.values[s] = std::to_string(numbers[s]);
    check_.facts.push_back(std::move(fact));
  }

  void check_split(const char* name, const Questions& split) {
    std::unordered_set<std::string> ids;
    std::map<int64_t, int64_t> labels;
    for (const data::Question& question : split) {
      const std::string where = fmt::format("{}: {} question {}", corpus_.name, name, question.id);
      if (!ids.insert(question.id).second) faults_.add(where + " occurs twice");
      if (!has_label(question)) continue;
      ++labels[question.label];
      const int64_t classes = corpus_.task == models::Task::kMultipleChoice
                                  ? static_cast<int64_t>(question.candidates.size())
                                  : static_cast<int64_t>(corpus_.answers.size());
      if (corpus_.task != models::Task::kCount && (question.label < 0 || question.label >= classes))
        faults_.add(
            fmt::format("{} has label {}, must be 0 to {}", where, question.label, classes - 1));
    }
    if (corpus_.task == models::Task::kMultipleChoice && labels.size() == 1 && split.size() > 5)
      check_.warnings.push_back(fmt::format("{}: the right answer is number {} in every question",
                                            name, labels.begin()->first));
  }

  /// `for_each(question, take)` calls take(ids) for the texts of a question.
  template <typename ForEach>
  void add_texts(const std::string& name, const ForEach& for_each) {
    std::array<TextCounts, 3> counts;
    for (size_t s = 0; s < kSplits.size(); ++s)
      for (const data::Question& question : *splits_of(corpus_)[s])
        for_each(question,
                 [&](const std::vector<int64_t>& ids) { counts[s].add(ids, corpus_.vocabulary); });
    const auto add_fact = [&](const char* what, const auto& value) {
      DatasetCheck::Fact fact{name + ": " + what, {}};
      for (size_t s = 0; s < counts.size(); ++s)
        fact.values[s] = counts[s].texts > 0 ? value(counts[s]) : "-";
      check_.facts.push_back(std::move(fact));
    };
    add_fact("words in a text",
             [](const TextCounts& c) { return fmt::format("{:.1f}", share(c.words, c.texts)); });
    add_fact("unknown words",
             [](const TextCounts& c) { return percent(share(c.unknown, c.words)); });
    add_fact("without a word",
             [](const TextCounts& c) { return percent(share(c.empty, c.texts)); });
    if (std::any_of(counts.begin(), counts.end(), [](const auto& c) { return c.cut > 0; }))
      add_fact("cut", [](const TextCounts& c) { return percent(share(c.cut, c.texts)); });
    for (size_t s = 0; s < counts.size(); ++s) {
      const TextCounts& c = counts[s];
      if (share(c.unknown, c.words) > kSuspiciousShare)
        check_.warnings.push_back(fmt::format(
            "{}: {} of the words of {} are unknown; does the vocabulary belong to these "
            "questions?",
            kSplits[s], percent(share(c.unknown, c.words)), name));
      if (share(c.empty, c.texts) > kSuspiciousShare)
        check_.warnings.push_back(fmt::format("{}: {} of the texts of {} hold no word", kSplits[s],
                                              percent(share(c.empty, c.texts)), name));
    }
  }

  void warn_of_blind(const data::FeatureStream& stream) {
    const std::vector<std::string>& blind = stream.blind_questions();
    if (blind.empty()) return;
    const auto shown = static_cast<int64_t>(std::min(blind.size(), kNamesInWarnings));
    check_.warnings.push_back(fmt::format(
        "{}: {} questions see no row of their clip and read zeros instead, as published: {}{}",
        stream.name(), blind.size(), fmt::join(blind.begin(), blind.begin() + shown, ", "),
        blind.size() > kNamesInWarnings ? ", ..." : ""));
  }

  const data::QaCorpus& corpus_;
  DatasetCheck& check_;
  Faults& faults_;
};

/// Every feature file that a training would read.
std::vector<data::FeatureStreamOptions> feature_files(const DatasetCheckOptions& options,
                                                      const data::QaCorpus& corpus) {
  std::vector<data::FeatureStreamOptions> files = corpus.feature_streams;
  const data::VideoFeatureOptions arrays;
  const auto add = [&](const char* name, const std::string& path, const std::string& dense_array) {
    data::FeatureStreamOptions stream;
    stream.name = name;
    stream.path = path;
    stream.dense_array = dense_array;
    files.push_back(std::move(stream));
  };
  if (!options.features.empty())
    add("appearance", options.features, arrays.appearance_array);
  else if (corpus.feature_pair && files.empty())
    add("appearance", corpus.feature_pair->appearance, arrays.appearance_array);
  if (options.motion_features)
    add("motion", *options.motion_features, arrays.motion_array);
  else if (corpus.feature_pair && options.features.empty() && corpus.feature_streams.empty())
    add("motion", corpus.feature_pair->motion, arrays.motion_array);
  return files;
}

int64_t count_clips(const data::QaCorpus& corpus) {
  std::unordered_set<std::string> clips;
  for (const Questions* split : splits_of(corpus))
    for (const data::Question& question : *split) clips.insert(question.video);
  return static_cast<int64_t>(clips.size());
}

}  // namespace

DatasetCheck check_dataset(const std::string& name, const DatasetCheckOptions& options,
                           const std::function<void(int64_t done, int64_t total)>& on_clip) {
  find_dataset(name);  // an unknown name is no fault of the data
  DatasetCheck check;
  Faults faults(Faults::Mode::kCollect);
  data::QaCorpus corpus;
  if (faults.guard([&] { corpus = load_dataset(name, options.data, faults); })) {
    Checker checker(corpus, check, faults);
    checker.questions();
    checker.texts();
    const auto files = feature_files(options, corpus);
    const int64_t total = count_clips(corpus) * static_cast<int64_t>(files.size());
    int64_t done = 0;
    for (const data::FeatureStreamOptions& file : files)
      checker.features(file, [&] {
        if (on_clip) on_clip(++done, total);
      });
    if (files.empty()) check.notes.push_back("no feature file was checked");
  }
  check.notes.insert(check.notes.begin(), corpus.notes.begin(), corpus.notes.end());
  check.faults = faults.messages();
  check.num_faults = faults.count();
  return check;
}

}  // namespace vidqa::benchmarks

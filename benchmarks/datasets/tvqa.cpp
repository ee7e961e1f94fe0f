#include "benchmarks/datasets/tvqa.h"

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <utility>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "benchmarks/datasets/clip_split.h"
#include "benchmarks/datasets/tvqa_files.h"
#include "benchmarks/datasets/tvqa_hme.h"
#include "benchmarks/datasets/tvqa_question_type.h"
#include "benchmarks/datasets/tvqa_vocabulary.h"
#include "pipeline/data/tokenizer.h"

namespace vidqa::benchmarks {
namespace {

constexpr double kUnknownWordDeviation = 0.4;
const std::vector<std::string> kReleasedSplits = {"train", "val", "test_public"};
const std::vector<std::string> kStreams = {"sub", "vcpt", "imagenet", "motion", "regional"};

/// Which streams are read, and from where.
class Streams {
 public:
  Streams(const DatasetOptions& options, const TvqaFiles& files) : wanted_(options.streams) {
    for (const std::string& name : wanted_.value_or(std::vector<std::string>()))
      TORCH_CHECK(std::find(kStreams.begin(), kStreams.end(), name) != kStreams.end(),
                  "tvqa: stream '", name,
                  "' is unknown; accepted: ", fmt::format("{}", fmt::join(kStreams, ", ")));
    add_features("imagenet", files.imagenet, data::FeatureLayout::kRows);
    add_features("motion", files.motion, data::FeatureLayout::kRows);
    if (!options.full_length || is_wanted("regional"))
      add_features("regional", files.regional, data::FeatureLayout::kRegions);
    has_concepts_ = is_wanted("vcpt") || (!wanted_ && !files.visual_concepts.empty());
    TORCH_CHECK(!has_concepts_ || !files.visual_concepts.empty(), files.folder,
                ": the stream vcpt needs det_visual_concepts_hq.pickle or .json");
  }

  bool is_wanted(const std::string& name) const {
    return wanted_ && std::find(wanted_->begin(), wanted_->end(), name) != wanted_->end();
  }
  bool may_have(const std::string& name) const { return !wanted_ || is_wanted(name); }
  bool has_concepts() const { return has_concepts_; }
  const std::vector<data::FeatureStreamOptions>& features() const { return features_; }
  /// Whether a stream has a place on the axis of frames.
  bool read_frames() const { return has_concepts_ || !features_.empty(); }

 private:
  void add_features(const char* name, const std::string& path, data::FeatureLayout layout) {
    TORCH_CHECK(!is_wanted(name) || !path.empty(), "tvqa: the file of the stream ", name,
                " is not there; benchmarks/datasets/tvqa_files.h says how it is called");
    if (path.empty() || !may_have(name)) return;
    data::FeatureStreamOptions stream;
    stream.name = name;
    stream.path = path;
    stream.layout = layout;
    features_.push_back(std::move(stream));
  }

  std::optional<std::vector<std::string>> wanted_;
  std::vector<data::FeatureStreamOptions> features_;
  bool has_concepts_ = false;
};

/// Reads the records of the splits; keeps what they need of the context open between splits.
class RecordReader {
 public:
  RecordReader(const DatasetOptions& options, const TvqaFiles& files, const Streams& streams,
               Faults& faults)
      : files_(files), faults_(faults), streams_(streams) {
    context_.full_length = options.full_length;
    context_.subtitles = streams.is_wanted("sub");
    context_.frames = streams.read_frames();
  }

  /// Nothing for a split that is not there.
  std::optional<std::vector<TvqaRecord>> read(const std::string& split) {
    if (const std::string path = files_.processed(split); !path.empty()) {
      TvqaContext context = context_;
      context.subtitles = streams_.may_have("sub");
      context.frames = true;  // they are there, whoever needs them
      has_subtitles = context.subtitles;
      notes.push_back(fmt::format("{} is read from {}", split, path));
      return read_tvqa_processed(path, context, faults_);
    }
    const std::string path = files_.questions(split);
    if (path.empty()) return std::nullopt;
    open_sources(split);
    TvqaContext context = context_;
    context.subtitles = subtitles_ != nullptr;
    context.frames = frame_counts_ != nullptr;
    has_subtitles = context.subtitles;
    return read_tvqa_questions(path, context, {subtitles_.get(), frame_counts_.get()}, faults_);
  }

  std::vector<std::string> notes;
  bool has_subtitles = false;

 private:
  void open_sources(const std::string& split) {
    const bool subtitles = streams_.may_have("sub") && !files_.subtitles.empty();
    TORCH_CHECK(subtitles || !context_.subtitles, files_.folder,
                ": the stream sub needs srt_data_cache.json, tvqa_subtitles/ or "
                "tvqa_preprocessed_subtitles.jsonl");
    if (subtitles && subtitles_ == nullptr) {
      subtitles_ = std::make_unique<TvqaSubtitles>(files_.subtitles);
      notes.push_back(fmt::format("subtitles are read from {}", files_.subtitles));
    }
    if (context_.full_length || frame_counts_ != nullptr) return;
    TORCH_CHECK(!context_.frames || !files_.frame_counts.empty(), files_.folder, ": to find the ",
                "spans of ", split, " among the frames, frm_cnt_cache.json is needed, or the ",
                "released frames (bbt_frames/, ...), or tvqa_", split, "_processed.json");
    if (!files_.frame_counts.empty())
      frame_counts_ = std::make_unique<TvqaFrameCounts>(files_.frame_counts);
    else
      notes.push_back(
          "there is no frm_cnt_cache.json: in feature files, questions see whole clips");
  }

  const TvqaFiles& files_;
  Faults& faults_;
  const Streams& streams_;
  TvqaContext context_;
  std::unique_ptr<TvqaSubtitles> subtitles_;
  std::unique_ptr<TvqaFrameCounts> frame_counts_;
};

data::Vocabulary vocabulary_of(const TvqaFiles& files, const std::vector<TvqaRecord>& train,
                               data::QaCorpus& corpus) {
  if (!files.word2idx.empty()) {
    data::Vocabulary vocabulary = read_tvqa_vocabulary(files.word2idx, files.idx2word);
    corpus.notes.push_back(
        fmt::format("the vocabulary of {} words is that of {}", vocabulary.size(), files.word2idx));
    if (!files.vocab_embedding.empty()) corpus.word_vectors = files.vocab_embedding;
    return vocabulary;
  }
  std::vector<const std::string*> texts;
  for (const TvqaRecord& record : train) texts.push_back(&record.clean_question);
  for (size_t i = 0; i < kTvqaAnswers; ++i)
    for (const TvqaRecord& record : train) texts.push_back(&record.clean_answers[i]);
  for (const TvqaRecord& record : train) texts.push_back(&record.subtitles);
  data::Vocabulary vocabulary = build_tvqa_vocabulary(texts);
  corpus.notes.push_back(
      fmt::format("the vocabulary of {} words was built from the training split, since there is no "
                  "word2idx.pickle",
                  vocabulary.size()));
  return vocabulary;
}

/// Ids of at most `cap` of the words and <eos>.
std::vector<int64_t> capped(std::vector<int64_t> ids, int64_t cap) {
  ids.resize(std::min(ids.size(), static_cast<size_t>(cap)));
  ids.shrink_to_fit();
  return ids;
}

void note_default_spans(const std::string& split, const std::vector<TvqaRecord>& records,
                        data::QaCorpus& corpus) {
  const auto count = std::count_if(records.begin(), records.end(), [](const TvqaRecord& record) {
    return record.has_default_span;
  });
  if (count > 0)
    corpus.notes.push_back(
        fmt::format("{} questions of {} have no annotated span (NaN): 10 to 30 seconds stand in, "
                    "as published",
                    count, split));
}

/// Hands a qid that stands in two splits to `faults`, and training or validation questions without
/// an answer.
void check_splits(const std::vector<std::vector<TvqaRecord>>& splits, Faults& faults) {
  std::unordered_map<int64_t, const TvqaRecord*> seen;
  for (size_t s = 0; s < splits.size(); ++s) {
    for (const TvqaRecord& record : splits[s]) {
      faults.guard([&] {
        const auto [earlier, is_new] = seen.emplace(record.qid, &record);
        TORCH_CHECK(is_new, record.where, ": the qid ", record.qid, " stands in ",
                    earlier->second->where, " already");
        TORCH_CHECK(kReleasedSplits[s] == "test_public" || record.answer_idx >= 0, record.where,
                    ": the key 'answer_idx' is missing, which only test_public may lack");
      });
    }
  }
}

template <typename Texts>
void encode_clean_texts(const std::string& clean_question, const Texts& clean_answers,
                        const data::Vocabulary& vocabulary, data::Question& question) {
  question.question_ids = encode_tvqa(clean_question, vocabulary);
  question.answer_ids.clear();
  question.word_ids.clear();
  for (const std::string& answer : clean_answers) {
    question.answer_ids.push_back(encode_tvqa(answer, vocabulary));
    std::vector<int64_t> both = question.question_ids;
    both.insert(both.end(), question.answer_ids.back().begin(), question.answer_ids.back().end());
    question.word_ids.push_back(std::move(both));
  }
}

}  // namespace

void encode_tvqa_question(const data::Vocabulary& vocabulary, data::Question& question) {
  std::vector<std::string> answers = question.candidates;
  for (std::string& answer : answers) answer = data::tvqa_clean(answer);
  encode_clean_texts(data::tvqa_clean(question.text), answers, vocabulary, question);
}

std::vector<int64_t> encode_tvqa_subtitles(const std::string& clean_text,
                                           const data::Vocabulary& vocabulary,
                                           const TvqaCaps& caps) {
  return capped(encode_tvqa(clean_text, vocabulary), caps.sub);
}

data::Question tvqa_question(const TvqaRecord& record, const data::Vocabulary& vocabulary,
                             bool with_sub, const TvqaVisualConcepts* concepts,
                             const TvqaCaps& caps) {
  data::Question question;
  question.id = std::to_string(record.qid);
  question.video = record.video;
  question.feature_keys = {record.video};
  question.feature_rows = record.frames;
  question.text = record.question;
  question.candidates = {record.answers.begin(), record.answers.end()};
  encode_clean_texts(record.clean_question, record.clean_answers, vocabulary, question);
  if (with_sub)
    question.text_streams["sub"] = encode_tvqa_subtitles(record.subtitles, vocabulary, caps);
  if (concepts != nullptr) {
    std::vector<int64_t> ids =
        data::encode(visual_concept_words(concepts->clip(record.video), record.frames), vocabulary);
    ids.push_back(vocabulary.id(kTvqaEnd));
    question.text_streams["vcpt"] = capped(std::move(ids), caps.vcpt);
  }
  question.label = record.answer_idx;
  if (record.answer_idx >= 0)
    question.answer = record.answers[static_cast<size_t>(record.answer_idx)];
  question.type =
      record.family.empty() ? tvqa_question_type(record.clean_question).type : record.family;
  return question;
}

data::QaCorpus load_tvqa(const DatasetOptions& options, Faults& faults) {
  const TvqaFiles files(options.root);
  const Streams streams(options, files);
  RecordReader reader(options, files, streams, faults);
  data::QaCorpus corpus;
  corpus.name = "tvqa";
  corpus.task = models::Task::kMultipleChoice;
  corpus.unknown_word_deviation = kUnknownWordDeviation;
  corpus.feature_streams = streams.features();
  set_hme_streams(corpus);

  std::vector<std::vector<TvqaRecord>> splits;
  bool has_subtitles = true;
  for (const std::string& split : kReleasedSplits) {
    std::optional<std::vector<TvqaRecord>> records = reader.read(split);
    if (!records) {
      const std::string message = fmt::format("{}: tvqa_{}.jsonl is missing", files.folder, split);
      if (split == "test_public")
        corpus.notes.push_back(message);
      else
        faults.add(message);
    }
    has_subtitles = has_subtitles && (!records || reader.has_subtitles);
    splits.push_back(records ? *std::move(records) : std::vector<TvqaRecord>());
    note_default_spans(split, splits.back(), corpus);
  }
  corpus.notes.insert(corpus.notes.end(), reader.notes.begin(), reader.notes.end());
  check_splits(splits, faults);
  corpus.vocabulary = vocabulary_of(files, splits[0], corpus);

  std::unique_ptr<TvqaVisualConcepts> concepts;
  if (streams.has_concepts())
    concepts = std::make_unique<TvqaVisualConcepts>(files.visual_concepts);
  const std::vector<std::vector<data::Question>*> targets = {&corpus.train, &corpus.val,
                                                             &corpus.test};
  for (size_t s = 0; s < splits.size(); ++s) {
    targets[s]->reserve(splits[s].size());
    for (const TvqaRecord& record : splits[s])
      faults.guard([&] {
        try {
          targets[s]->push_back(
              tvqa_question(record, corpus.vocabulary, has_subtitles, concepts.get()));
        } catch (const c10::Error& error) {
          TORCH_CHECK(false, record.where, ": ", error.what_without_backtrace());
        }
      });
    splits[s] = {};
  }
  if (!corpus.test.empty() && std::all_of(corpus.test.begin(), corpus.test.end(),
                                          [](const auto& question) { return question.label < 0; }))
    corpus.notes.push_back(
        "test_public is released without answers: every test question counts as wrong; report the "
        "validation split");
  if (options.hard_restrict) restrict_hme_words(corpus);
  note_shared_clips(corpus);
  return corpus;
}

}  // namespace vidqa::benchmarks

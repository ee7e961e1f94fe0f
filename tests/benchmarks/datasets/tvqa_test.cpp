#include "benchmarks/datasets/tvqa.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "benchmarks/datasets/tvqa_vocabulary.h"
#include "pipeline/data/qa_dataset.h"
#include "tests/testing/errors.h"
#include "tests/testing/feature_file.h"
#include "tests/testing/files.h"
#include "tests/testing/pickles.h"
#include "tests/testing/shared_data.h"
#include "tests/testing/tvqa_folder.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using vidqa::testing::error_of;
using vidqa::testing::TvqaFolder;

class Tvqa : public ::testing::Test {
 protected:
  data::QaCorpus load(bool full_length = false,
                      std::optional<std::vector<std::string>> streams = std::nullopt) {
    DatasetOptions options;
    options.root = tvqa_.path();
    options.full_length = full_length;
    options.streams = std::move(streams);
    return load_dataset("tvqa", options);
  }
  static std::string text_of(const std::vector<int64_t>& ids, const data::Vocabulary& vocabulary) {
    std::string text;
    for (const int64_t id : ids) text += (text.empty() ? "" : " ") + vocabulary.word(id);
    return text;
  }
  static std::vector<std::string> names(const std::vector<data::FeatureStreamOptions>& streams) {
    std::vector<std::string> result;
    for (const auto& stream : streams) result.push_back(stream.name);
    return result;
  }
  vidqa::testing::TempDir folder_;
  const TvqaFolder tvqa_{folder_.path()};
};

TEST_F(Tvqa, QuestionsAnswersAndStreamsAreRead) {
  const data::QaCorpus corpus = load();
  EXPECT_EQ(corpus.task, models::Task::kMultipleChoice);
  ASSERT_EQ(corpus.train.size(), 5U);
  ASSERT_EQ(corpus.val.size(), 2U);
  ASSERT_EQ(corpus.test.size(), 2U);
  EXPECT_THAT(names(corpus.feature_streams), ElementsAre("imagenet", "motion", "regional"));

  const data::Question& question = corpus.train[1];
  EXPECT_EQ(question.id, "1");
  EXPECT_EQ(question.video, TvqaFolder::kBigBang);
  EXPECT_EQ(question.text, "Who is at the door when Penny sits down?");
  EXPECT_EQ(question.type, "who");
  EXPECT_EQ(question.label, 3);
  EXPECT_EQ(question.answer, "Raj");
  EXPECT_EQ(question.candidates.size(), 5U);
  const data::Vocabulary& words = corpus.vocabulary;
  EXPECT_EQ(text_of(question.question_ids, words),
            "who is at the door <unk> penny <unk> <unk> ? <eos>");
  ASSERT_EQ(question.answer_ids.size(), 5U);
  EXPECT_EQ(text_of(question.answer_ids[1], words), "sheldon <eos>");
  std::vector<int64_t> both = question.question_ids;
  both.insert(both.end(), question.answer_ids[1].begin(), question.answer_ids[1].end());
  EXPECT_EQ(question.word_ids[1], both) << "as the published HME reads them";
  EXPECT_EQ(text_of(question.text_streams.at("sub"), words),
            "sheldon : hello it 's me . <eos> unkname : you do n't say . really ? <eos>");
  // Frames 9 to 19 and the one after; the words of concepts do not count for the vocabulary.
  EXPECT_EQ(text_of(question.text_streams.at("vcpt"), words),
            "<unk> <unk> door door <unk> door <eos>");
  EXPECT_EQ(question.feature_rows->first, 9);
  EXPECT_EQ(question.feature_rows->last, 19);
}

TEST_F(Tvqa, TestSplitHasNoLabelsAndTheNotesSayWhatAReaderShouldKnow) {
  const data::QaCorpus corpus = load();
  for (const data::Question& question : corpus.test) {
    EXPECT_EQ(question.label, data::Question::kNoLabel);
    EXPECT_EQ(question.answer, "");
  }
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("1 questions of train have no annotated span")));
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("was built from the training split")));
  EXPECT_THAT(corpus.notes, Contains(HasSubstr("test_public is released without answers")));
}

TEST_F(Tvqa, WholeClipsAreSeenWhereThatIsAsked) {
  const data::QaCorpus corpus = load(/*full_length=*/true);
  const data::Question& question = corpus.train[0];
  EXPECT_EQ(question.feature_rows, std::nullopt);
  EXPECT_EQ(text_of(question.text_streams.at("sub"), corpus.vocabulary),
            "sheldon : hello it 's me . <eos> unkname : you do n't say . really ? <eos> "
            "penny : who is at the door ? <eos>");
  EXPECT_THAT(names(corpus.feature_streams), ElementsAre("imagenet", "motion"))
      << "the published code has no regional features of whole clips";
}

TEST_F(Tvqa, BatchHoldsTheRowsOfEverySpan) {
  const data::QaCorpus corpus = load();
  data::VideoFeatureOptions options;
  options.streams = corpus.feature_streams;
  const auto features = std::make_shared<data::VideoFeatures>(options, corpus.train);
  const data::QaDataset train(&corpus.train, corpus.task, features);
  const models::Batch batch = train.batch({0, 1, 2, 3, 4});
  EXPECT_EQ(batch.size(), 5);
  const models::Stream& imagenet = batch.stream("imagenet");
  // located_frame: [0, 13], [9, 19], [151, 235], [22, 80], [17, 23] of 20 and 300 rows.
  EXPECT_TRUE(imagenet.lengths.equal(torch::tensor({13, 10, 84, 58, 3}, torch::kInt64)));
  EXPECT_EQ(imagenet.values.size(2), 4);
  EXPECT_TRUE(imagenet.values[4].slice(0, 0, 3).norm(2, {1}).allclose(torch::ones({3})));
  EXPECT_EQ(batch.stream("motion").values.size(2), 3);
  EXPECT_EQ(batch.stream("regional").values.size(1), 20);
  EXPECT_EQ(batch.stream("sub").values.size(0), 5);
  EXPECT_EQ(batch.answers.size(1), 5);
  EXPECT_TRUE(batch.labels.equal(torch::tensor({0, 3, 1, 4, 2}, torch::kInt64)));

  for (const auto* questions : {&corpus.train, &corpus.val, &corpus.test})
    data::QaDataset(questions, corpus.task, features).check_features();
  EXPECT_THAT(
      features->warnings(),
      Contains(AllOf(HasSubstr("imagenet"), HasSubstr("1 questions"),
                     HasSubstr("137296 (house_s07e19_seg02_clip_12, rows 87 to 123 of 12)"))));
}

TEST_F(Tvqa, ProcessedFormGivesTheSameQuestions) {
  const data::QaCorpus raw = load();
  TvqaSubtitles subtitles(tvqa_.file("tvqa_subtitles"));
  TvqaFrameCounts counts(tvqa_.file("frm_cnt_cache.json"));
  fs::create_directories(tvqa_.file("cache"));
  for (const char* split : {"train", "val", "test_public"})
    write_tvqa_processed(tvqa_.file(std::string("tvqa_qa_release/tvqa_") + split + ".jsonl"),
                         {&subtitles, &counts},
                         tvqa_.file(std::string("cache/tvqa_") + split + "_processed.json"));
  for (const char* name : {"tvqa_qa_release", "tvqa_subtitles", "frm_cnt_cache.json"})
    tvqa_.remove(name);
  const data::QaCorpus processed = load();
  EXPECT_EQ(processed.vocabulary.words(), raw.vocabulary.words());
  for (const auto& [a, b] :
       {std::pair(&raw.train, &processed.train), std::pair(&raw.val, &processed.val),
        std::pair(&raw.test, &processed.test)}) {
    ASSERT_EQ(a->size(), b->size());
    for (size_t i = 0; i < a->size(); ++i) {
      EXPECT_EQ((*a)[i].word_ids, (*b)[i].word_ids);
      EXPECT_EQ((*a)[i].text_streams, (*b)[i].text_streams);
      EXPECT_EQ((*a)[i].feature_rows->first, (*b)[i].feature_rows->first);
      EXPECT_EQ((*a)[i].label, (*b)[i].label);
      EXPECT_EQ((*a)[i].type, (*b)[i].type);
    }
  }
}

TEST_F(Tvqa, CachesOfThePublishedCodeWin) {
  vidqa::testing::write_pickled_index(tvqa_.file("word2idx.pickle"),
                                      {{"<pad>", 0}, {"<unk>", 1}, {"<eos>", 2}, {"door", 3}});
  vidqa::testing::write_pickled_array(tvqa_.file("vocab_embedding.pickle"), torch::ones({4, 2}));
  const data::QaCorpus corpus = load();
  EXPECT_EQ(corpus.vocabulary.size(), 4);
  EXPECT_EQ(corpus.word_vectors, tvqa_.file("vocab_embedding.pickle"));
  EXPECT_EQ(corpus.unknown_word_deviation, 0.4);
  EXPECT_THAT(corpus.train[1].question_ids, ElementsAre(1, 1, 1, 1, 3, 1, 1, 1, 1, 1, 2));
}

TEST_F(Tvqa, StreamsAreThoseThatAreThereOrWanted) {
  EXPECT_THAT(names(load(false, Names{"imagenet"}).feature_streams), ElementsAre("imagenet"));
  EXPECT_THAT(load(false, Names{"imagenet"}).train[0].text_streams, IsEmpty());
  EXPECT_EQ(load(false, Names{"sub"}).train[0].text_streams.count("vcpt"), 0U);
  EXPECT_THAT(load(false, Names{}).train[0].text_streams, IsEmpty());

  tvqa_.remove("det_visual_concepts_hq.pickle");
  tvqa_.remove("tvqa_imagenet_pool5_hq.h5");
  EXPECT_EQ(load().train[0].text_streams.count("vcpt"), 0U);
  EXPECT_THAT(error_of([&] { load(false, Names{"vcpt"}); }),
              HasSubstr("needs det_visual_concepts_hq"));
  EXPECT_THAT(error_of([&] { load(false, Names{"imagenet"}); }),
              HasSubstr("imagenet is not there"));
  EXPECT_THAT(error_of([&] { load(false, Names{"subs"}); }),
              AllOf(HasSubstr("'subs' is unknown"), HasSubstr("sub, vcpt, imagenet")));
  tvqa_.remove("tvqa_subtitles");
  EXPECT_THAT(load().train[0].text_streams, IsEmpty());
  EXPECT_THAT(error_of([&] { load(false, Names{"sub"}); }), HasSubstr("needs srt_data_cache.json"));
}

TEST_F(Tvqa, SpansNeedFrameCountsWhereFramesAreRead) {
  tvqa_.remove("frm_cnt_cache.json");
  EXPECT_THAT(error_of([&] { load(); }), HasSubstr("frm_cnt_cache.json is needed"));
  EXPECT_EQ(load(/*full_length=*/true).train.size(), 5U);
  const data::QaCorpus text_only = load(false, Names{"sub"});
  EXPECT_EQ(text_only.train[0].feature_rows, std::nullopt);
  EXPECT_THAT(text_only.notes, Contains(HasSubstr("there is no frm_cnt_cache.json")));
}

TEST_F(Tvqa, SplitsThatDoNotBelongTogetherAreNamed) {
  tvqa_.edit_line("val", 0, "122039", "2");
  EXPECT_THAT(error_of([&] { load(); }),
              AllOf(HasSubstr("tvqa_val.jsonl: line 1: the qid 2 stands in"),
                    HasSubstr("tvqa_train.jsonl: line 3 already")));
  tvqa_.edit_line("val", 0, "\"qid\": 2", "\"qid\": 9");
  tvqa_.edit_line("val", 1, "\"answer_idx\": 1, ", "");
  EXPECT_THAT(error_of([&] { load(); }),
              HasSubstr("tvqa_val.jsonl: line 2: the key 'answer_idx' is missing"));
  tvqa_.remove("tvqa_qa_release/tvqa_val.jsonl");
  EXPECT_THAT(error_of([&] { load(); }), HasSubstr("tvqa_val.jsonl is missing"));
}

TEST_F(Tvqa, ClipWithoutConceptsNamesTheRecord) {
  vidqa::testing::write_pickled_texts(tvqa_.file("det_visual_concepts_hq.pickle"),
                                      {{TvqaFolder::kBigBang, {"man"}}});
  EXPECT_THAT(error_of([&] { load(); }),
              AllOf(HasSubstr("tvqa_train.jsonl: line 3: "),
                    HasSubstr("has no visual concepts of clip 'friends_s10e17-18_seg02_clip_16'")));
}

TEST_F(Tvqa, FolderOfAnotherKindIsRefused) {
  const vidqa::testing::TempDir empty;
  EXPECT_THAT(error_of([&] { load_dataset("tvqa", {empty.path().string()}); }),
              HasSubstr("holds tvqa_{train,val,test_public}.jsonl"));
}

TEST_F(Tvqa, FolderMayStandOneBelow) {
  const vidqa::testing::TempDir above;
  const TvqaFolder below(above.path() / "tvqa");
  EXPECT_EQ(load_dataset("tvqa", {above.path().string()}).train.size(), 5U);
}

/// Ids of a golden text key, padded: compares a batch's tensor with it.
void expect_ids(const torch::Tensor& ids, const torch::Tensor& lengths, const json& batch,
                const std::string& key) {
  const auto rows = batch.at(key).get<std::vector<std::vector<int64_t>>>();
  const auto expected_lengths = batch.at(key + "_l").get<std::vector<int64_t>>();
  ASSERT_EQ(ids.size(0), static_cast<int64_t>(rows.size()));
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto b = static_cast<int64_t>(i);
    const auto width = static_cast<int64_t>(rows[i].size());
    EXPECT_EQ(lengths[b].item<int64_t>(), expected_lengths[i]) << key;
    EXPECT_TRUE(ids[b].slice(0, 0, width).equal(torch::tensor(rows[i], torch::kInt64))) << key;
    EXPECT_EQ(ids[b].slice(0, width).abs().sum().item<int64_t>(), 0) << key;
  }
}

TEST(TvqaGolden, BatchesEqualThoseOfTheReleasedCode) {
  VIDQA_REQUIRE_SHARED("golden/tvqa/data/items.json");
  const auto golden = vidqa::testing::golden_json("tvqa/data/items.json");
  ASSERT_EQ(golden.at("cases").size(), 3U);
  const vidqa::testing::TempDir folder;
  for (const auto& item : golden.at("cases")) {
    vidqa::testing::write_file(folder.file("processed.json"), item.at("records").dump());
    vidqa::testing::write_file(folder.file("vcpt.json"), item.at("vcpt").dump());
    std::map<std::string, torch::Tensor> sets;
    const auto width = item.at("feat_dim").get<int64_t>();
    for (const auto& [clip, rule] : item.at("features").items()) {
      const auto rows = rule.at("n").get<int64_t>();
      const auto k = rule.at("k").get<int64_t>();
      torch::Tensor values = torch::empty({rows, width});
      for (int64_t t = 0; t < rows; ++t)
        for (int64_t d = 0; d < width; ++d) values[t][d] = ((t + k) * (d + 3) + t * t) % 10;
      sets[clip] = values;
    }
    vidqa::testing::write_feature_file(folder.file("features.h5"), sets);

    std::vector<std::string> words(item.at("word2idx").size());
    for (const auto& [word, id] : item.at("word2idx").items()) words[id.get<size_t>()] = word;
    const data::Vocabulary vocabulary(words, 1);
    TvqaContext context;
    context.full_length = !item.at("with_ts").get<bool>();
    Faults thrown;
    const TvqaVisualConcepts concepts(folder.file("vcpt.json"));
    TvqaCaps caps;
    caps.sub = item.at("max_sub_l");
    caps.vcpt = item.at("max_vcpt_l");
    std::vector<data::Question> questions;
    for (TvqaRecord& record : read_tvqa_processed(folder.file("processed.json"), context, thrown)) {
      if (item.at("mode") == "test") record.answer_idx = data::Question::kNoLabel;
      questions.push_back(tvqa_question(record, vocabulary, true, &concepts, caps));
    }

    data::FeatureStreamOptions stream{"imagenet", folder.file("features.h5")};
    stream.max_rows = item.at("max_vid_l");
    stream.norm =
        item.at("normalize_v").get<bool>() ? data::FeatureNorm::kL2 : data::FeatureNorm::kNone;
    data::VideoFeatureOptions options;
    options.streams = {stream};
    const data::QaDataset dataset(&questions, models::Task::kMultipleChoice,
                                  std::make_shared<data::VideoFeatures>(options, questions));
    const models::Batch batch = dataset.batch({0, 1, 2, 3});

    const json& expected = item.at("batch");
    expect_ids(batch.question, batch.question_lengths, expected, "q");
    for (int64_t a = 0; a < 5; ++a)
      expect_ids(batch.answers.select(1, a), batch.answer_lengths.select(1, a), expected,
                 "a" + std::to_string(a));
    expect_ids(batch.stream("sub").values, batch.stream("sub").lengths, expected, "sub");
    expect_ids(batch.stream("vcpt").values, batch.stream("vcpt").lengths, expected, "vcpt");
    const models::Stream& video = batch.stream("imagenet");
    for (size_t i = 0; i < expected.at("vid").size(); ++i) {
      const auto b = static_cast<int64_t>(i);
      // A clip without rows: length 0 there, one row of zeros here.
      EXPECT_EQ(video.lengths[b].item<int64_t>(),
                std::max<int64_t>(1, expected.at("vid_l")[i].get<int64_t>()));
      const json& rows = expected.at("vid")[i];
      for (size_t t = 0; t < rows.size(); ++t)
        for (size_t d = 0; d < rows[t].size(); ++d)
          EXPECT_NEAR(
              video.values[b][static_cast<int64_t>(t)][static_cast<int64_t>(d)].item<double>(),
              rows[t][d].get<double>(), 1e-6);
      const int64_t label = expected.at("answer_idx")[i].get<int64_t>();
      EXPECT_EQ(batch.labels[b].item<int64_t>(), label == 666 ? -1 : label);
      EXPECT_EQ(questions[i].id, std::to_string(expected.at("qid")[i].get<int64_t>()));
    }
  }
}

TEST_F(Tvqa, HmeReadsImagenetAndMotionInStep) {
  const data::QaCorpus corpus = load(false, Names{"imagenet", "motion"});
  ASSERT_TRUE(corpus.feature_pair.has_value());
  EXPECT_EQ(corpus.feature_pair->appearance, tvqa_.file("tvqa_imagenet_pool5_hq.h5"));
  EXPECT_EQ(corpus.feature_pair->norm, data::FeatureNorm::kL2);
  EXPECT_EQ(corpus.sampling, data::FrameSampling::kFirst);
  EXPECT_EQ(corpus.max_frames, 50);
  EXPECT_FALSE(load(false, Names{"imagenet"}).feature_pair.has_value());
}

TEST_F(Tvqa, HardRestrictCutsQuestionWithAnswer) {
  std::string words;
  for (int i = 0; i < 60; ++i) words += "door ";
  tvqa_.edit_line("train", 1, "Leonard", words);
  DatasetOptions options;
  options.root = tvqa_.path();
  EXPECT_GT(load_dataset("tvqa", options).train[1].word_ids[0].size(), 60U);
  options.hard_restrict = true;
  const data::QaCorpus corpus = load_dataset("tvqa", options);
  EXPECT_EQ(corpus.train[1].word_ids[0].size(), 50U);
  EXPECT_LT(corpus.train[1].word_ids[1].size(), 50U);
  EXPECT_GT(corpus.train[1].answer_ids[0].size(), 50U);  // what other models read stays
  EXPECT_THAT(corpus.notes,
              Contains(HasSubstr("cut to 50 word ids, as published: 1 answers lose")));
}

}  // namespace
}  // namespace vidqa::benchmarks

#include "benchmarks/datasets/dataset_check.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/errors.h"
#include "tests/testing/feature_file.h"
#include "tests/testing/files.h"
#include "tests/testing/pickles.h"
#include "tests/testing/shared_data.h"
#include "tests/testing/tvqa_folder.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using vidqa::testing::error_of;
using vidqa::testing::TvqaFolder;
using Values = std::array<std::string, 3>;

class DatasetCheckTest : public ::testing::Test {
 protected:
  DatasetCheck check(const std::string& features = "") {
    DatasetCheckOptions options;
    options.data.root = tvqa_.path();
    options.features = features;
    return check_dataset("tvqa", options);
  }
  static Values fact(const DatasetCheck& check, const std::string& name) {
    for (const DatasetCheck::Fact& fact : check.facts)
      if (fact.name == name) return fact.values;
    ADD_FAILURE() << "no fact is called " << name;
    return {};
  }
  /// A file of features as it stands in the folder, to be changed.
  std::map<std::string, torch::Tensor> imagenet() const {
    return {{TvqaFolder::kBigBang, torch::ones({20, 4})},
            {TvqaFolder::kFriends, torch::ones({300, 4})},
            {TvqaFolder::kCastle, torch::ones({30, 4})},
            {TvqaFolder::kHouse, torch::ones({12, 4})}};
  }
  void write_imagenet(const std::map<std::string, torch::Tensor>& sets) {
    vidqa::testing::write_feature_file(tvqa_.file("tvqa_imagenet_pool5_hq.h5"), sets);
  }
  vidqa::testing::TempDir folder_;
  const TvqaFolder tvqa_{folder_.path()};
};

TEST_F(DatasetCheckTest, GoodFolderHasNoFaults) {
  const DatasetCheck good = check();
  EXPECT_THAT(good.faults, IsEmpty());
  EXPECT_EQ(good.num_faults, 0);
  EXPECT_EQ(fact(good, "questions"), (Values{"5", "2", "2"}));
  EXPECT_EQ(fact(good, "clips"), (Values{"2", "1", "1"}));
  EXPECT_EQ(fact(good, "with an answer"), (Values{"5", "2", "0"}));
  EXPECT_EQ(fact(good, "sub: without a word"), (Values{"0.0 %", "0.0 %", "0.0 %"}));
  EXPECT_EQ(fact(good, "imagenet: clips missing or broken"), (Values{"0", "0", "0"}));
  // [17, 23] of 20 and [87, 123] of 12 rows; the clip of 350 frames has 300 rows.
  EXPECT_EQ(fact(good, "imagenet: spans past the last row"), (Values{"1", "0", "1"}));
  EXPECT_EQ(fact(good, "imagenet: questions that see no row"), (Values{"0", "0", "1"}));
  EXPECT_EQ(fact(good, "imagenet: width"), (Values{"4", "4", "4"}));
  EXPECT_EQ(fact(good, "regional: width"), (Values{"5", "5", "5"}));
  EXPECT_THAT(good.notes, Contains(HasSubstr("no annotated span")));
  EXPECT_THAT(good.warnings,
              Contains(AllOf(HasSubstr("imagenet: 1 questions see no row"), HasSubstr("137296"))));
}

TEST_F(DatasetCheckTest, EveryFaultyRecordIsListed) {
  tvqa_.edit_line("train", 0, "\"a4\": \"(So far) nothing\", ", "");
  tvqa_.edit_line("train", 1, "\"answer_idx\": 3", "\"answer_idx\": 9");
  tvqa_.edit_line("val", 1, "122040", "122039");
  vidqa::testing::write_file(tvqa_.file("tvqa_subtitles/house_s07e19_seg02_clip_12.srt"), "");
  const DatasetCheck bad = check();
  EXPECT_EQ(bad.num_faults, 5);
  EXPECT_THAT(
      bad.faults,
      ElementsAre(
          HasSubstr("tvqa_train.jsonl: line 1: the key 'a4' is missing"),
          HasSubstr("tvqa_train.jsonl: line 2: 'answer_idx' must be 0 to 4"),
          HasSubstr("tvqa_val.jsonl: line 2: the qid 122039 stands"),
          AllOf(HasSubstr("tvqa_test_public.jsonl: line 1"), HasSubstr("no subtitle entry")),
          AllOf(HasSubstr("tvqa_test_public.jsonl: line 2"), HasSubstr("no subtitle entry"))));
  EXPECT_EQ(fact(bad, "questions"), (Values{"3", "1", "0"}));
}

TEST_F(DatasetCheckTest, BrokenClipsAreListedByFile) {
  auto sets = imagenet();
  sets.erase(TvqaFolder::kCastle);
  sets[TvqaFolder::kFriends][7][1] = NAN;
  sets[TvqaFolder::kHouse] = torch::ones({12, 3});
  write_imagenet(sets);
  const DatasetCheck bad = check();
  EXPECT_EQ(fact(bad, "imagenet: clips missing or broken"), (Values{"1", "1", "1"}));
  EXPECT_EQ(fact(bad, "motion: clips missing or broken"), (Values{"0", "0", "0"}));
  EXPECT_THAT(bad.faults, ElementsAre(AllOf(HasSubstr("tvqa_imagenet_pool5_hq.h5: clip 'friends_"),
                                            HasSubstr("NaN or Inf in row 7")),
                                      HasSubstr("no rows for clip 'castle_s02e03_seg02_clip_02'"),
                                      HasSubstr("clip 'house_s07e19_seg02_clip_12' has width 3")));
}

TEST_F(DatasetCheckTest, EmptyTextsAndForeignVocabularyAreWarnedOf) {
  vidqa::testing::write_pickled_index(tvqa_.file("word2idx.pickle"),
                                      {{"<pad>", 0}, {"<unk>", 1}, {"<eos>", 2}, {"zzz", 3}});
  vidqa::testing::write_pickled_texts(tvqa_.file("det_visual_concepts_hq.pickle"),
                                      {{TvqaFolder::kBigBang, {}},
                                       {TvqaFolder::kFriends, {}},
                                       {TvqaFolder::kCastle, {}},
                                       {TvqaFolder::kHouse, {}}});
  const DatasetCheck suspicious = check();
  EXPECT_EQ(suspicious.num_faults, 0);
  EXPECT_EQ(fact(suspicious, "vcpt: without a word"), (Values{"100.0 %", "100.0 %", "100.0 %"}));
  EXPECT_EQ(fact(suspicious, "sub: unknown words"), (Values{"100.0 %", "100.0 %", "100.0 %"}));
  EXPECT_THAT(suspicious.warnings,
              Contains(HasSubstr("train: 100.0 % of the texts of vcpt hold no word")));
  EXPECT_THAT(suspicious.warnings,
              Contains(HasSubstr("val: 100.0 % of the words of question and answers are unknown")));
}

TEST_F(DatasetCheckTest, WhatCannotBeReadAtAllIsOneFault) {
  vidqa::testing::write_file(tvqa_.file("frm_cnt_cache.json"), "{\"clip\": ");
  const DatasetCheck bad = check();
  EXPECT_THAT(bad.faults, ElementsAre(HasSubstr("frm_cnt_cache.json: is not valid JSON")));
  EXPECT_THAT(bad.facts, IsEmpty());
  vidqa::testing::write_file(tvqa_.file("frm_cnt_cache.json"), "{}");
  vidqa::testing::write_file(tvqa_.file("tvqa_imagenet_pool5_hq.h5"), "no HDF5");
  EXPECT_THAT(check().faults,
              Contains(HasSubstr("open '" + tvqa_.file("tvqa_imagenet_pool5_hq.h5") + "'")));
}

TEST_F(DatasetCheckTest, FeatureFileOfTheCommandLineIsReadToo) {
  const std::string path = tvqa_.file("own.h5");
  vidqa::testing::write_feature_file(path, {{TvqaFolder::kBigBang, torch::ones({20, 4})}});
  const DatasetCheck bad = check(path);
  EXPECT_EQ(fact(bad, "appearance: clips missing or broken"), (Values{"1", "1", "1"}));
  EXPECT_EQ(bad.num_faults, 3);
}

TEST_F(DatasetCheckTest, OtherDataSetsOfTheTableAreCheckedByTheSamePath) {
  const vidqa::testing::TempDir folder;
  const auto write = [&](const std::string& name, const std::string& content) {
    vidqa::testing::write_file(folder.file(name), content);
  };
  int id = 0;
  for (const char* split : {"train", "val", "test"})
    write(std::string(split) + "_qa.json", "[{\"answer\":\"man\",\"id\":" + std::to_string(id++) +
                                               ",\"question\":\"who runs?\",\"video_id\":1}]");
  write("vocab.txt", "who\nruns\n<UNK>\n");
  write("answer_set.txt", "man\n");
  write("youtube_mapping.txt", "clip vid1");
  DatasetCheckOptions options;
  options.data.root = folder.path().string();
  const DatasetCheck good = check_dataset("msvd-qa", options);
  EXPECT_THAT(good.faults, IsEmpty());
  EXPECT_EQ(fact(good, "question and answers: unknown words"), (Values{"0.0 %", "0.0 %", "0.0 %"}));
  EXPECT_THAT(good.notes, Contains(HasSubstr("no feature file was checked")));
  write("val_qa.json", "[{}]");
  EXPECT_THAT(check_dataset("msvd-qa", options).faults,
              ElementsAre(HasSubstr("val_qa.json: record 1: the key 'id' is missing")));
}

TEST(DatasetCheckNames, UnknownDataSetIsNoFaultOfTheData) {
  EXPECT_THAT(error_of([] { check_dataset("tvqb", {}); }),
              AllOf(HasSubstr("'tvqb' is unknown"), HasSubstr("tvqa"), Not(HasSubstr("folder"))));
}

}  // namespace
}  // namespace vidqa::benchmarks

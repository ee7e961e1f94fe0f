#include "benchmarks/datasets/tvqa_records.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "pipeline/data/json_record.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"
#include "tests/testing/tvqa_folder.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using vidqa::testing::error_of;
using vidqa::testing::TvqaFolder;

class TvqaRecords : public ::testing::Test {
 protected:
  std::string train() const { return tvqa_.file("tvqa_qa_release/tvqa_train.jsonl"); }
  std::vector<TvqaRecord> read(const TvqaContext& context = {}, Faults faults = Faults()) {
    return read_tvqa_questions(train(), context, {&subtitles_, &counts_}, faults);
  }
  vidqa::testing::TempDir folder_;
  const TvqaFolder tvqa_{folder_.path()};
  TvqaSubtitles subtitles_{tvqa_.file("tvqa_subtitles")};
  TvqaFrameCounts counts_{tvqa_.file("frm_cnt_cache.json")};
};

TEST_F(TvqaRecords, RawRecordsGetTheContextOfTheirSpan) {
  const std::vector<TvqaRecord> records = read();
  ASSERT_EQ(records.size(), 5U);
  EXPECT_EQ(records[0].qid, 0);
  EXPECT_EQ(records[0].where, train() + ": line 1");
  EXPECT_EQ(records[0].question, "What does Sheldon say after \"Hi\"?");
  EXPECT_EQ(records[0].clean_question, "What does Sheldon say after Hi ?");
  EXPECT_EQ(records[0].answers[3], "It's 3:05");
  EXPECT_EQ(records[0].clean_answers[3], "It 's 3 : 05");
  EXPECT_EQ(records[0].subtitles, "Sheldon : Hello , it 's me .");
  EXPECT_EQ(records[0].frames->first, 0);
  EXPECT_EQ(records[0].frames->last, 13);  // 3 * 3.5 + 3, rounded down
  EXPECT_EQ(records[1].subtitles,
            "Sheldon : Hello , it 's me . <eos> UNKNAME : You do n't say . really ?");
  EXPECT_EQ(records[1].answer_idx, 3);
  EXPECT_FALSE(records[1].has_default_span);
  EXPECT_TRUE(records[3].has_default_span);
  EXPECT_EQ(records[3].frames->first, 22);  // (300 / 350) * 3 * 10 - 3, rounded down
}

TEST_F(TvqaRecords, WholeClipGivesEveryLineAndNoRange) {
  TvqaContext context;
  context.full_length = true;
  const std::vector<TvqaRecord> records = read(context);
  EXPECT_EQ(records[0].subtitles,
            "Sheldon : Hello , it 's me . <eos> UNKNAME : You do n't say . really ? <eos> "
            "Penny : Who is at the door ?");
  EXPECT_EQ(records[0].frames, std::nullopt);
}

TEST_F(TvqaRecords, ProcessedFormReadsBackAsTheRawOne) {
  const std::string processed = tvqa_.file("tvqa_train_processed.json");
  EXPECT_EQ(write_tvqa_processed(train(), {&subtitles_, &counts_}, processed), 5);
  const json list = data::read_json(processed);
  EXPECT_EQ(list[0].size(), 15U) << "as many keys as the published preprocessing writes";
  for (const bool full_length : {false, true}) {
    TvqaContext context;
    context.full_length = full_length;
    const std::vector<TvqaRecord> raw = read(context);
    Faults faults;
    const std::vector<TvqaRecord> read_back = read_tvqa_processed(processed, context, faults);
    ASSERT_EQ(read_back.size(), raw.size());
    for (size_t i = 0; i < raw.size(); ++i) {
      EXPECT_EQ(read_back[i].clean_question, raw[i].clean_question);
      EXPECT_EQ(read_back[i].clean_answers, raw[i].clean_answers);
      EXPECT_EQ(read_back[i].subtitles, raw[i].subtitles);
      EXPECT_EQ(read_back[i].frames.has_value(), raw[i].frames.has_value());
      if (raw[i].frames) {
        EXPECT_EQ(read_back[i].frames->first, raw[i].frames->first);
        EXPECT_EQ(read_back[i].frames->last, raw[i].frames->last);
      }
      EXPECT_EQ(read_back[i].answer_idx, raw[i].answer_idx);
      EXPECT_EQ(read_back[i].video, raw[i].video);
    }
  }
}

TEST_F(TvqaRecords, FaultyRecordLeavesNoProcessedFile) {
  tvqa_.edit_line("train", 3, "NaN-NaN", "soon");
  const std::string output = tvqa_.file("out.json");
  EXPECT_THAT(error_of([&] {
                write_tvqa_processed(train(), {&subtitles_, &counts_}, output);
              }),
              AllOf(HasSubstr(train() + ": line 4"), HasSubstr("'soon'")));
  EXPECT_FALSE(fs::exists(output));
}

TEST_F(TvqaRecords, EveryFaultNamesTheLine) {
  struct Fault {
    std::string from;
    std::string to;
    std::string message;
  };
  const std::vector<Fault> faults = {
      {"\"a4\": \"Howard\", ", "", "the key 'a4' is missing"},
      {"\"a4\": \"Howard\"", "\"a4\": \"Howard\", \"a5\": \"Amy\"", "more than five answers"},
      {"\"a0\": \"Leonard\"", "\"a0\": 7", "'a0' must be a string, got 7"},
      {"\"q\"", "\"question\"", "the key 'q' is missing"},
      {"\"answer_idx\": 3", "\"answer_idx\": 5", "'answer_idx' must be 0 to 4, got 5"},
      {"\"answer_idx\": 3", "\"answer_idx\": \"3\"", "'answer_idx' must be a whole number"},
      {"\"qid\": 1", "\"qid\": 0", "the qid 0 stands in an earlier record"},
      {"\"qid\": 1", "\"qid\": 1.5", "'qid' must be a whole number"},
      {"4-5.5", "4", "'ts' must hold two times, got '4'"},
      {"s01e02_seg01_clip_00", "s09e09_seg01_clip_00", "s09e09_seg01_clip_00.srt: no such file"},
      {"s01e02_seg01_clip_00", "", "'vid_name' is empty"},
      {"{", "[", "is not valid JSON"},
  };
  const std::string good = tvqa_.line("train", 1);
  vidqa::testing::write_file(tvqa_.file("tvqa_subtitles/.srt"), "0:0:1,0 --> 0:0:2,0\na\n");
  vidqa::testing::write_file(tvqa_.file("counts.json"),
                             R"({"": 1, "s01e02_seg01_clip_00": 20, )"
                             R"("friends_s10e17-18_seg02_clip_16": 350})");
  counts_ = TvqaFrameCounts(tvqa_.file("counts.json"));
  for (const Fault& fault : faults) {
    tvqa_.set_line("train", 1, good);
    tvqa_.edit_line("train", 1, fault.from, fault.to);
    EXPECT_THAT(error_of([&] { read(); }),
                AllOf(HasSubstr(train() + ": line 2"), HasSubstr(fault.message)))
        << fault.to;
  }
}

TEST_F(TvqaRecords, CollectedFaultsLeaveTheGoodRecords) {
  tvqa_.edit_line("train", 0, "\"qid\": 0", "\"qid\": true");
  tvqa_.edit_line("train", 2, "{", "");
  Faults faults(Faults::Mode::kCollect);
  const auto records = read_tvqa_questions(train(), TvqaContext(), {&subtitles_, &counts_}, faults);
  EXPECT_EQ(records.size(), 3U);
  EXPECT_EQ(faults.count(), 2);
  EXPECT_THAT(faults.messages()[0], HasSubstr("line 1: 'qid'"));
  EXPECT_THAT(faults.messages()[1], HasSubstr("line 3: is not valid JSON"));
}

TEST_F(TvqaRecords, ProcessedFaultsNameTheRecord) {
  const std::string path = tvqa_.file("processed.json");
  write_tvqa_processed(train(), {&subtitles_, &counts_}, path);
  const json good = data::read_json(path);
  const auto error = [&](const std::string& key, const json& value) {
    json list = good;
    list[1][key] = value;
    vidqa::testing::write_file(path, list.dump());
    Faults thrown;
    return error_of([&] { read_tvqa_processed(path, {}, thrown); });
  };
  EXPECT_THAT(error("located_frame", {1}),
              AllOf(HasSubstr(path + ": record 2"), HasSubstr("two frame numbers, got [1]")));
  EXPECT_THAT(error("located_frame", {-1, 4}), HasSubstr("two frame numbers"));
  EXPECT_THAT(error("located_sub_text", nullptr),
              HasSubstr("record 2: 'located_sub_text' must be a string, got null"));
  vidqa::testing::write_file(path, "[]");
  Faults thrown;
  EXPECT_THAT(error_of([&] { read_tvqa_processed(path, {}, thrown); }),
              HasSubstr(path + ": holds no questions"));
}

TEST(TvqaRecordsGolden, ProcessedRecordsEqualThoseOfTheReleasedPreprocessing) {
  VIDQA_REQUIRE_SHARED("golden/tvqa/data/process_qa");
  const fs::path folder = vidqa::testing::shared_dir() / "golden/tvqa/data/process_qa";
  TvqaSubtitles subtitles((folder / "srt").string());
  TvqaFrameCounts counts((folder / "frm_cnt_cache.json").string());
  const vidqa::testing::TempDir output;
  write_tvqa_processed((folder / "qa.jsonl").string(), {&subtitles, &counts},
                       output.file("processed.json"));
  const json expected = data::read_json((folder / "expected.json").string());
  ASSERT_EQ(expected.size(), 5U);
  EXPECT_EQ(data::read_json(output.file("processed.json")), expected);
}

TEST(TvqaRecordsGolden, ReleasedTestSplitIsReadWhole) {
  VIDQA_REQUIRE_SHARED("data/tvqa/tvqa_test_public.jsonl");
  TvqaContext context;
  context.subtitles = context.frames = false;
  Faults thrown;
  const auto records = read_tvqa_questions(
      (vidqa::testing::shared_dir() / "data/tvqa/tvqa_test_public.jsonl").string(), context, {},
      thrown);
  ASSERT_EQ(records.size(), 7623U);
  EXPECT_EQ(records.front().qid, 137292);
  EXPECT_EQ(records.front().clean_question,
            "Who does Sheldon say he 'll send an email to after coming out of the bathroom ?");
  EXPECT_EQ(records.back().qid, 152543);
  std::vector<int64_t> without_span;
  for (const TvqaRecord& record : records) {
    EXPECT_EQ(record.answer_idx, data::Question::kNoLabel);
    if (record.has_default_span) without_span.push_back(record.qid);
  }
  EXPECT_THAT(without_span, ::testing::ElementsAre(137648, 142453, 142977));
}

}  // namespace
}  // namespace vidqa::benchmarks

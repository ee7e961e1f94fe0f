#include "benchmarks/datasets/synthetic.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "benchmarks/datasets/dataset.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class Synthesize : public ::testing::Test {
 protected:
  static SynthOptions small(const std::string& output) {
    SynthOptions options;
    options.output = output;
    options.clips = 20;
    options.size = 32;
    options.frames = 16;
    return options;
  }
  /// Relative path -> content of every file below a folder.
  static std::map<std::string, std::string> contents(const fs::path& folder) {
    std::map<std::string, std::string> result;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream stream(entry.path(), std::ios::binary);
      result[fs::relative(entry.path(), folder).string()] = {std::istreambuf_iterator<char>(stream),
                                                             {}};
    }
    return result;
  }
  vidqa::testing::TempDir folder_;
  const SynthOptions options_ = small(folder_.file("a"));
};

TEST_F(Synthesize, EqualOptionsGiveEqualBytesAndOtherSeedsOthers) {
  SynthOptions again = small(folder_.file("b"));
  SynthOptions other = small(folder_.file("c"));
  other.seed = 2;
  EXPECT_EQ(synthesize(options_), 20);
  EXPECT_EQ(synthesize(again), 20);
  EXPECT_EQ(synthesize(other), 20);
  const auto files = contents(folder_.file("a"));
  EXPECT_EQ(files, contents(folder_.file("b")));
  const auto other_files = contents(folder_.file("c"));
  EXPECT_NE(files.at("videos/shapes_00001.mp4"), other_files.at("videos/shapes_00001.mp4"));
  EXPECT_NE(files.at("tgif_qa/Test_action_question.csv"),
            other_files.at("tgif_qa/Test_action_question.csv"));
}

TEST_F(Synthesize, InterruptedRunGoesOnWhereItStopped) {
  synthesize(options_);
  const auto whole = contents(options_.output);
  fs::remove(fs::path(options_.output) / "videos" / "shapes_00007.mp4");
  fs::remove(fs::path(options_.output) / "msvd_qa" / "vocab.txt");
  int64_t calls = 0;
  EXPECT_EQ(synthesize(options_,
                       [&](int64_t done, int64_t total) {
                         EXPECT_EQ(done, ++calls);
                         EXPECT_EQ(total, 20);
                       }),
            1);
  EXPECT_EQ(calls, 20);
  EXPECT_EQ(contents(options_.output), whole);
  EXPECT_EQ(synthesize(options_), 0);
}

TEST_F(Synthesize, FolderMadeWithOtherOptionsIsRefusedByName) {
  synthesize(options_);
  SynthOptions other = options_;
  other.fps = 10;
  EXPECT_THAT([&] { synthesize(other); },
              ThrowsMessage<c10::Error>(
                  AllOf(HasSubstr(options_.output), HasSubstr("fps = 8.0, not 10.0"))));
  other = options_;
  other.seed = 7;
  EXPECT_THAT([&] { synthesize(other); }, ThrowsMessage<c10::Error>(HasSubstr("seed = 1, not 7")));
}

TEST_F(Synthesize, OptionsThatCannotBeDrawnAreRefused) {
  const auto expect_refused = [&](auto change, const std::string& message) {
    SynthOptions options = options_;
    change(options);
    EXPECT_THAT([&] { synthesize(options); }, ThrowsMessage<c10::Error>(HasSubstr(message)));
  };
  expect_refused([](auto& o) { o.clips = 19; }, "clips must be 20 to 99999, got 19");
  expect_refused([](auto& o) { o.frames = 8; }, "frames must be at least 16, got 8");
  expect_refused([](auto& o) { o.size = 33; }, "size must be even");
  expect_refused([](auto& o) { o.fps = 0; }, "fps must be positive");
  expect_refused([](auto& o) { o.output = ""; }, "output folder must be named");
  std::ofstream(folder_.file("file")) << "x";
  expect_refused([&](auto& o) { o.output = folder_.file("file"); }, "cannot be made");
}

TEST_F(Synthesize, EveryFormOfItIsReadAndNamesItsVideos) {
  synthesize(options_);
  for (const char* name :
       {"msvd-qa", "tgif-action", "tgif-transition", "tgif-count", "tgif-frameqa", "tvqa"}) {
    const data::QaCorpus corpus = load_dataset(name, {options_.output});
    for (const auto* split : {&corpus.train, &corpus.val, &corpus.test}) {
      ASSERT_FALSE(split->empty()) << name;
      for (const data::Question& question : *split) {
        EXPECT_TRUE(fs::exists(fs::path(options_.output) / "videos" / (question.video + ".mp4")));
        EXPECT_NE(question.label, data::Question::kNoLabel) << name << ": " << question.answer;
      }
    }
  }
}

}  // namespace
}  // namespace vidqa::benchmarks

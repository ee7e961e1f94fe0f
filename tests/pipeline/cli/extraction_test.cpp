// extract, merge, verify and similarity as a user runs them.

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <torch/torch.h>

#include "features/feature_store.h"
#include "features/video_writer.h"
#include "tests/pipeline/cli/program.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ExtractionProgram : public ::testing::Test {
 protected:
  ExtractionProgram() {
    fs::create_directories(file("videos"));
    for (int i = 0; i < 3; ++i) {
      features::VideoWriter writer(file(fmt::format("videos/clip {}.mp4", i)), {48, 32, 10, 20});
      for (int frame = 0; frame < 12; ++frame)
        writer.write(cv::Mat(32, 48, CV_8UC3, cv::Scalar(80 * i, 20 * frame, 128)));
      writer.close();
    }
  }
  std::string file(const std::string& name) const { return folder_.file(name); }
  ProgramResult extract(const std::string& output, const std::string& options = "",
                        const std::string& shell_prefix = "") const {
    return run_vidqa(fmt::format("extract --videos {} --output {} --weights random:1 --resize "
                                 "squash --crop-size 32 {}",
                                 file("videos"), file(output), options),
                     shell_prefix);
  }
  TempDir folder_;
};

TEST_F(ExtractionProgram, ShardsAndMergeGiveWhatOneRunGives) {
  ASSERT_EQ(extract("one.h5").exit_code, 0);
  const ProgramResult first = extract("f.h5", "--shard 1/2");
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("vidqa merge"));
  const ProgramResult early = run_vidqa("merge " + file("f.h5"));
  EXPECT_EQ(early.exit_code, 1);
  EXPECT_THAT(early.err, HasSubstr("shard 2/2"));
  const ProgramResult second =
      extract("f.h5", "--shard slurm",
              "SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_COUNT=2");
  ASSERT_EQ(second.exit_code, 0) << second.err;
  const ProgramResult merged = run_vidqa("merge " + file("f.h5"));
  ASSERT_EQ(merged.exit_code, 0) << merged.err;
  EXPECT_THAT(merged.out, AllOf(HasSubstr("3 clips"), HasSubstr("written")));
  EXPECT_EQ(read_file(file("f.h5")), read_file(file("one.h5")));
  EXPECT_THAT(run_vidqa("merge " + file("f.h5")).out, HasSubstr("up to date"));
}

TEST_F(ExtractionProgram, VerifyListsADamagedClipAndExtractHealsIt) {
  ASSERT_EQ(extract("f.h5", "--dtype float32").exit_code, 0);
  const std::string good = read_file(file("f.h5"));
  const ProgramResult fine =
      run_vidqa(fmt::format("verify {} --videos {}", file("f.h5"), file("videos")));
  EXPECT_EQ(fine.exit_code, 0) << fine.out << fine.err;
  EXPECT_EQ(fine.out, "");

  const torch::Tensor rows = features::FeatureReader(file("f.h5")).read("clip 1");
  const size_t data = good.find(std::string(static_cast<const char*>(rows.data_ptr()), 64));
  ASSERT_NE(data, std::string::npos);
  std::string damaged = good;
  damaged[data + 9] = static_cast<char>(damaged[data + 9] ^ 2);
  write_file(file("f.h5"), damaged);
  const ProgramResult bad = run_vidqa("verify " + file("f.h5"));
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.out, AllOf(HasSubstr("clip 1\t"), Not(HasSubstr("clip 0"))));

  const ProgramResult healed = extract("f.h5", "--dtype float32");
  EXPECT_THAT(healed.out, AllOf(HasSubstr("1 clips done"), HasSubstr("2 skipped")));
  EXPECT_EQ(read_file(file("f.h5")), good);
}

TEST_F(ExtractionProgram, SimilaritySaysWhyTwoFilesDiffer) {
  ASSERT_EQ(extract("a.h5").exit_code, 0);
  ASSERT_EQ(extract("b.h5", "--dtype float32").exit_code, 0);
  const ProgramResult half = run_vidqa(fmt::format("similarity {} {}", file("a.h5"), file("b.h5")));
  ASSERT_EQ(half.exit_code, 0) << half.err;
  EXPECT_THAT(half.out,
              AllOf(HasSubstr("clip 2"), HasSubstr("verdict: 3 of 3 clips"),
                    HasSubstr("rounded to float16"), HasSubstr("dtype: float16 against float32")));
  ASSERT_EQ(extract("c.h5", "--sampler ffmpeg-fps").exit_code, 0);
  const nlohmann::json other = nlohmann::json::parse(
      run_vidqa(fmt::format("similarity {} {} --format json", file("a.h5"), file("c.h5"))).out);
  EXPECT_EQ(other.at("rows").size(), 3U);
  EXPECT_THAT(other.at("notes").dump(), HasSubstr("sampler: pts against ffmpeg-fps"));
}

TEST_F(ExtractionProgram, SaysWhatFailedAndLetsItPassWhereAllowed) {
  write_file(file("videos/broken.mp4"), "no video");
  const ProgramResult strict = extract("f.h5");
  EXPECT_EQ(strict.exit_code, 1);
  EXPECT_THAT(strict.out, AllOf(HasSubstr("3 clips done"), HasSubstr("1 failed"),
                                HasSubstr("busy: decode"), HasSubstr("frames/s")));
  EXPECT_EQ(strict.error_lines().size(), 1U) << strict.err;
  EXPECT_THAT(read_file(file("f.h5.failures.csv")),
              AllOf(HasSubstr("path,kind,reason\n"), HasSubstr("broken.mp4\",failed,")));
  const ProgramResult lenient = extract("f.h5", "--allow-failures");
  EXPECT_EQ(lenient.exit_code, 0);
  EXPECT_THAT(lenient.out, HasSubstr("3 skipped"));
}

TEST_F(ExtractionProgram, LeavesADecoderBehindThatNeverReturns) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer refuses a preloaded library";
#endif
  features::VideoWriter writer(file("videos/a hanging one.mp4"), {64, 32, 10, 20});
  for (int frame = 0; frame < 12; ++frame)
    writer.write(cv::Mat(32, 64, CV_8UC3, cv::Scalar(1, 2, 3)));
  writer.close();
  const ProgramResult result =
      extract("f.h5", "--timeout 2 --decoders 1",
              "LD_PRELOAD=" VIDQA_HANGING_DECODER_LIBRARY " VIDQA_HANGING_DECODER=64:100000");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("3 clips done"), HasSubstr("1 failed"),
                                HasSubstr("its decoder does not return")));
  EXPECT_EQ(result.error_lines().size(), 1U) << result.err;
  EXPECT_THAT(read_file(file("f.h5.failures.csv")), HasSubstr("a hanging one.mp4\",timeout,"));
  const ProgramResult healed = extract("f.h5");
  EXPECT_EQ(healed.exit_code, 0) << healed.err;
  EXPECT_THAT(healed.out, AllOf(HasSubstr("1 clips done"), HasSubstr("3 skipped")));
}

TEST_F(ExtractionProgram, NamesWrongOptionsWithWhatIsAccepted) {
  for (const auto& [options, expected] :
       std::map<std::string, std::string>{{"--sampler uniform:x", "uniform"},
                                          {"--sampler sometimes", "ffmpeg-fps"},
                                          {"--preset imagenet", "torchvision-v1"},
                                          {"--window-edge cut", "repeat-last"},
                                          {"--dtype int8", "float16"},
                                          {"--layer conv9", "pool"},
                                          {"--shard 3/2", "shard"}}) {
    const ProgramResult result = extract("f.h5", options);
    EXPECT_EQ(result.exit_code, 1) << options;
    ASSERT_EQ(result.error_lines().size(), 1U) << options << result.err;
    EXPECT_THAT(result.error_lines()[0], HasSubstr(expected)) << options;
    EXPECT_FALSE(fs::exists(file("f.h5.parts"))) << options;
  }
}

}  // namespace
}  // namespace vidqa::testing

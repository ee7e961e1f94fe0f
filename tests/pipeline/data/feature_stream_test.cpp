#include "pipeline/data/feature_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/errors.h"
#include "tests/testing/feature_file.h"
#include "tests/testing/shared_data.h"

namespace vidqa::data {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using vidqa::testing::error_of;
using vidqa::testing::write_feature_file;

Question about(const std::string& video, std::optional<Question::RowRange> rows = std::nullopt) {
  Question question;
  question.id = "q-" + video;
  question.video = video;
  question.feature_keys = {video};
  question.feature_rows = rows;
  return question;
}

class FeatureStreamTest : public ::testing::Test {
 protected:
  FeatureStream stream(FeatureNorm norm = FeatureNorm::kNone, int64_t max_rows = 480) {
    FeatureStreamOptions options;
    options.name = "imagenet";
    options.path = path_;
    options.norm = norm;
    options.max_rows = max_rows;
    return FeatureStream(options, cache_);
  }
  vidqa::testing::TempDir folder_;
  const std::string path_ = folder_.file("features.h5");
  const std::shared_ptr<ClipCache> cache_ = std::make_shared<ClipCache>(1 << 20);
  const torch::Tensor clip_ = torch::arange(1.0, 21.0).view({10, 2});
};

TEST_F(FeatureStreamTest, QuestionSeesTheRowsOfItsSpan) {
  write_feature_file(path_, {{"cat", clip_}});
  FeatureStream imagenet = stream();
  EXPECT_TRUE(imagenet.read(about("cat", Question::RowRange{2, 5})).equal(clip_.slice(0, 2, 5)));
  EXPECT_TRUE(imagenet.read(about("cat", Question::RowRange{8, 99})).equal(clip_.slice(0, 8)));
  EXPECT_TRUE(imagenet.read(about("cat")).equal(clip_));
  EXPECT_THAT(imagenet.blind_questions(), ElementsAre());
}

TEST_F(FeatureStreamTest, FirstRowsAreKeptWhereThereAreTooMany) {
  write_feature_file(path_, {{"cat", clip_}});
  EXPECT_TRUE(stream(FeatureNorm::kNone, 3).read(about("cat")).equal(clip_.slice(0, 0, 3)));
}

TEST_F(FeatureStreamTest, SpanBeyondTheClipReadsOneRowOfZerosAndIsNotedOnce) {
  write_feature_file(path_, {{"cat", clip_}});
  FeatureStream imagenet = stream(FeatureNorm::kL2);
  for (const Question::RowRange rows :
       {Question::RowRange{10, 14}, Question::RowRange{5, 5}, Question::RowRange{6, 3}})
    EXPECT_TRUE(imagenet.read(about("cat", rows)).equal(torch::zeros({1, 2})));
  EXPECT_THAT(imagenet.blind_questions(), ElementsAre("q-cat (cat, rows 10 to 14 of 10)"));
}

TEST_F(FeatureStreamTest, CheckFindsTheSameWithoutReading) {
  write_feature_file(path_, {{"cat", clip_}});
  FeatureStream imagenet = stream();
  imagenet.check(about("cat", Question::RowRange{0, 3}));
  EXPECT_THAT(imagenet.blind_questions(), ElementsAre());
  imagenet.check(about("cat", Question::RowRange{12, 13}));
  EXPECT_THAT(imagenet.blind_questions(), ElementsAre("q-cat (cat, rows 12 to 13 of 10)"));
}

TEST_F(FeatureStreamTest, ClipsComeFromTheCacheUntilItIsFull) {
  write_feature_file(path_, {{"cat", clip_}});
  FeatureStream imagenet = stream();
  const void* first = imagenet.clip(about("cat")).data_ptr();
  EXPECT_EQ(imagenet.clip(about("cat")).data_ptr(), first);
  EXPECT_EQ(cache_->bytes(), 80);
  EXPECT_NE(stream().clip(about("cat", Question::RowRange{0, 1})).data_ptr(), nullptr);
  EXPECT_EQ(cache_->bytes(), 80) << "streams of one file share a clip";
}

TEST_F(FeatureStreamTest, RegionsAreReadByScoreAndNormalised) {
  write_feature_file(path_, {{"cat/features/1", torch::tensor({{3.0F, 4.0F}, {0.0F, 2.0F}})},
                             {"cat/scores/1", torch::tensor({0.2F, 0.7F})},
                             {"cat/features/2", torch::tensor({{1.0F, 0.0F}})},
                             {"cat/scores/2", torch::tensor({0.5F})}});
  FeatureStreamOptions options;
  options.name = "regional";
  options.path = path_;
  options.layout = FeatureLayout::kRegions;
  options.top_regions = 3;
  FeatureStream regional(options);
  EXPECT_EQ(regional.dim(), 2048) << "before anything was read";
  EXPECT_TRUE(regional.read(about("cat"))
                  .allclose(torch::tensor({{0.0F, 1.0F}, {1.0F, 0.0F}, {0.6F, 0.8F}})));
  EXPECT_EQ(regional.dim(), 2);
  EXPECT_TRUE(regional.read(about("cat", Question::RowRange{2, 9})).equal(torch::zeros({2, 2})));
  EXPECT_THAT(regional.blind_questions(), ElementsAre("q-cat (cat, rows 2 to 9 of 2)"));
  EXPECT_THAT(error_of([&] { regional.read(about("dog")); }),
              AllOf(HasSubstr(path_), HasSubstr("no rows for clip 'dog'")));
  EXPECT_THAT(error_of([&] { regional.check(about("dog")); }), HasSubstr("clip 'dog'"));
}

TEST_F(FeatureStreamTest, StandardizingTakesWholeClipsOfTheTrainingQuestions) {
  write_feature_file(path_, {{"cat", clip_}, {"dog", clip_ * 3}});
  FeatureStream imagenet = stream(FeatureNorm::kStandardize);
  EXPECT_THAT(error_of([&] { imagenet.read(about("cat")); }), HasSubstr("statistics"));
  imagenet.fit({about("dog", Question::RowRange{0, 1}), about("cat"), about("dog")});
  const torch::Tensor all = torch::cat({clip_, clip_ * 3}).to(torch::kFloat64);
  const torch::Tensor expected =
      (clip_.to(torch::kFloat64) - all.mean(0)) / (all - all.mean(0)).square().mean(0).sqrt();
  EXPECT_TRUE(imagenet.read(about("cat")).to(torch::kFloat64).allclose(expected, 1e-5, 1e-5));
}

}  // namespace
}  // namespace vidqa::data

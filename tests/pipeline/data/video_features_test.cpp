#include "pipeline/data/video_features.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "features/feature_writer.h"
#include "pipeline/data/frame_sampling.h"
#include "tests/testing/feature_file.h"
#include "tests/testing/pickles.h"
#include "tests/testing/shared_data.h"

namespace vidqa::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using vidqa::testing::write_feature_file;

Question about_video(const std::string& video, std::vector<std::string> keys, int64_t row = -1) {
  Question question;
  question.id = "q-" + video;
  question.video = video;
  question.feature_keys = std::move(keys);
  question.feature_row = row;
  return question;
}

class VideoFeaturesTest : public ::testing::Test {
 protected:
  VideoFeatureOptions normalized(FeatureNorm norm) const {
    VideoFeatureOptions options;
    options.appearance_path = path_;
    options.norm = norm;
    return options;
  }

  void SetUp() override { torch::manual_seed(1); }
  auto throws(const std::string& path, const std::string& message) {
    return ThrowsMessage<c10::Error>(AllOf(HasSubstr(path), HasSubstr(message)));
  }
  vidqa::testing::TempDir folder_;
  const std::string path_ = folder_.file("features.h5");
  const std::string motion_path_ = folder_.file("motion.h5");
  const std::vector<Question> train_ = {about_video("cat", {"cat"}), about_video("dog", {"dog"})};
};

TEST_F(VideoFeaturesTest, FirstKeyThatTheFileHoldsIsRead) {
  const auto rows = torch::randn({4, 3});
  write_feature_file(path_, {{"17", rows}, {"gif", torch::randn({4, 3})}});
  VideoFeatures features({path_}, {});
  EXPECT_TRUE(features.clip(about_video("clip", {"absent", "17", "gif"})).appearance.equal(rows));
}

TEST_F(VideoFeaturesTest, MotionIsTheDifferenceOfSuccessiveRowsWithoutAFileOfItsOwn) {
  const auto rows = torch::tensor({{1.0F, 5.0F}, {4.0F, 3.0F}, {4.0F, 4.0F}});
  write_feature_file(path_, {{"cat", rows}, {"dog", rows}});
  VideoFeatures features({path_}, train_);
  EXPECT_TRUE(features.clip(train_[0]).motion.equal(
      torch::tensor({{3.0F, -2.0F}, {0.0F, 1.0F}, {0.0F, 0.0F}})));
  EXPECT_EQ(features.appearance_dim(), 2);
  EXPECT_EQ(features.motion_dim(), 2);
}

TEST_F(VideoFeaturesTest, ClipOfOneRowStandsStill) {
  write_feature_file(path_, {{"cat", torch::ones({1, 2})}});
  VideoFeatures features({path_}, {});
  EXPECT_TRUE(features.clip(train_[0]).motion.equal(torch::zeros({1, 2})));
}

TEST_F(VideoFeaturesTest, StreamsAreCutToTheShorterAndThenSampledAlike) {
  const auto appearance = torch::randn({85, 2});
  const auto motion = torch::randn({90, 3});
  write_feature_file(path_, {{"cat", appearance}});
  write_feature_file(motion_path_, {{"cat", motion}});
  VideoFeatureOptions options;
  options.appearance_path = path_;
  options.motion_path = motion_path_;
  options.max_frames = 35;
  VideoFeatures features(options, {train_[0]});
  const auto index = torch::tensor(sample_rows(85, 35));
  EXPECT_TRUE(features.clip(train_[0]).appearance.equal(appearance.index_select(0, index)));
  EXPECT_TRUE(features.clip(train_[0]).motion.equal(motion.index_select(0, index)));
  EXPECT_EQ(features.motion_dim(), 3);
}

TEST_F(VideoFeaturesTest, SecondsAreThoseOfTheRowsThatAreRead) {
  std::vector<double> times;
  for (int64_t i = 0; i < 85; ++i) times.push_back(0.25 * static_cast<double>(i) + 0.125);
  features::FeatureWriter writer(path_);
  writer.write("cat", torch::randn({85, 2}), times, {});
  writer.close();
  write_feature_file(motion_path_, {{"cat", torch::randn({80, 3})}});
  VideoFeatureOptions options;
  options.appearance_path = path_;
  options.motion_path = motion_path_;
  options.max_frames = 35;
  VideoFeatures features(options, {train_[0]});
  std::vector<double> expected;
  for (const int64_t row : sample_rows(80, 35)) expected.push_back(times[static_cast<size_t>(row)]);
  EXPECT_EQ(features.seconds(train_[0]), expected);

  Question span = train_[0];
  span.feature_rows = Question::RowRange{3, 6};
  EXPECT_EQ(features.seconds(span), (std::vector<double>{0.875, 1.125, 1.375}));
  span.feature_rows = Question::RowRange{90, 95};  // sees no row, reads one of zeros
  EXPECT_TRUE(features.seconds(span).empty());

  options.shift = VideoShift::kAsHmeTvqa;
  EXPECT_TRUE(VideoFeatures(options, {train_[0]}).seconds(train_[0]).empty());
}

TEST_F(VideoFeaturesTest, ThereAreNoSecondsWhereTheFileHasNoTimes) {
  write_feature_file(path_, {{"cat", torch::randn({4, 3})}});
  VideoFeatures features({path_}, {});
  EXPECT_TRUE(features.seconds(train_[0]).empty());
}

TEST_F(VideoFeaturesTest, DenseArraysAreReadByRow) {
  const auto vgg = torch::randn({3, 5, 2});
  const auto c3d = torch::randn({3, 5, 4});
  write_feature_file(path_, {{"vgg", vgg}, {"c3d", c3d}});
  const Question question = about_video("clip", {"clip", "vid3", "3"}, 2);
  VideoFeatures features({path_, path_}, {question});
  EXPECT_TRUE(features.clip(question).appearance.equal(vgg[2]));
  EXPECT_TRUE(features.clip(question).motion.equal(c3d[2]));
}

TEST_F(VideoFeaturesTest, L2MakesEveryRowOfBothStreamsOfLengthOne) {
  const auto rows = torch::tensor({{3.0F, 4.0F}, {0.0F, 0.0F}, {0.0F, 2.0F}});
  write_feature_file(path_, {{"cat", rows}});
  VideoFeatures features(normalized(FeatureNorm::kL2), {train_[0]});
  const auto clip = features.clip(train_[0]);
  EXPECT_TRUE(clip.appearance.allclose(torch::tensor({{0.6F, 0.8F}, {0.0F, 0.0F}, {0.0F, 1.0F}})));
  EXPECT_TRUE(clip.motion.allclose(torch::tensor({{-0.6F, -0.8F}, {0.0F, 1.0F}, {0.0F, 0.0F}})));
}

TEST_F(VideoFeaturesTest, StandardizingTakesItsStatisticsFromTrainingClipsAlone) {
  auto cat = torch::randn({7, 3}) * 5 + 100;
  auto dog = torch::randn({4, 3}) * 5 + 100;
  cat.select(1, 2).fill_(8);  // a column that never varies
  dog.select(1, 2).fill_(8);
  const auto test_clip = torch::randn({5, 3});
  write_feature_file(path_, {{"cat", cat}, {"dog", dog}, {"owl", test_clip}});
  std::vector<Question> train = train_;
  train.push_back(train_[1]);  // a second question about a clip does not count it twice
  VideoFeatures features(normalized(FeatureNorm::kStandardize), train);

  const auto rows = torch::cat({cat, dog}).to(torch::kFloat64);
  const auto mean = rows.mean(0);
  auto deviation = (rows - mean).square().mean(0).sqrt();
  deviation[2] = 1;
  for (const auto& [question, raw] :
       {std::pair(train_[0], cat), std::pair(about_video("owl", {"owl"}), test_clip)}) {
    const auto expected = (raw.to(torch::kFloat64) - mean) / deviation;
    EXPECT_TRUE(
        features.clip(question).appearance.to(torch::kFloat64).allclose(expected, 1e-4, 1e-4))
        << question.video;
  }
  const auto difference = [](const torch::Tensor& x) {
    return torch::cat({x.slice(0, 1) - x.slice(0, 0, -1), torch::zeros({1, 3}, x.options())});
  };
  const auto motion = torch::cat({difference(cat), difference(dog)}).to(torch::kFloat64);
  const auto motion_deviation = (motion - motion.mean(0)).square().mean(0).sqrt();
  const auto expected = (difference(cat).to(torch::kFloat64) - motion.mean(0)).slice(1, 0, 2) /
                        motion_deviation.slice(0, 0, 2);
  EXPECT_TRUE(features.clip(train_[0])
                  .motion.slice(1, 0, 2)
                  .to(torch::kFloat64)
                  .allclose(expected, 1e-4, 1e-4));
}

TEST_F(VideoFeaturesTest, MissingClipNamesFileClipAndTheNamesThatWereTried) {
  write_feature_file(path_, {{"cat", torch::ones({2, 2})}});
  VideoFeatures features({path_}, {train_[0]});
  EXPECT_THAT(
      [&] {
        features.clip(about_video("owl", {"17", "owl"}));
      },
      throws(path_,
             "no rows for clip 'owl'; tried '17', 'owl'; the file holds 1 clips, such as 'cat'"));
}

TEST_F(VideoFeaturesTest, DenseArrayOfAnotherNameIsNamed) {
  write_feature_file(path_, {{"vgg", torch::ones({3, 5, 2})}});
  EXPECT_THAT(
      [&] {
        VideoFeatures({path_, path_}, {about_video("clip", {"vid3"}, 2)});
      },
      throws(path_, "dense array 'c3d'; the file holds the dense arrays 'vgg'"));
}

TEST_F(VideoFeaturesTest, ClipOfAnotherWidthIsNamed) {
  write_feature_file(path_, {{"cat", torch::ones({2, 2})}, {"dog", torch::ones({2, 3})}});
  VideoFeatures features({path_}, {train_[0]});
  EXPECT_THAT([&] { features.clip(train_[1]); },
              throws(path_, "clip 'dog' has width 3, the clips before it 2"));
}

TEST_F(VideoFeaturesTest, ValuesThatAreNotFiniteAreNamedByRow) {
  for (const float value :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto rows = torch::ones({4, 2});
    rows[2][1] = value;
    write_feature_file(path_, {{"cat", rows}});
    VideoFeatures features({path_}, {});
    EXPECT_THAT([&] { features.clip(train_[0]); },
                throws(path_, "clip 'cat' holds NaN or Inf in row 2"));
  }
}

TEST_F(VideoFeaturesTest, ClipWithoutRowsIsNamed) {
  write_feature_file(path_, {{"cat", torch::ones({0, 2})}});
  VideoFeatures features({path_}, {});
  EXPECT_THAT([&] { features.clip(train_[0]); }, throws(path_, "'cat'"));
}

TEST_F(VideoFeaturesTest, PairSeesTheRowsOfTheSpan) {
  const auto appearance = torch::randn({9, 2});
  const auto motion = torch::randn({8, 3});
  write_feature_file(path_, {{"cat", appearance}});
  write_feature_file(motion_path_, {{"cat", motion}});
  VideoFeatures features({path_, motion_path_}, {});
  Question question = train_[0];
  question.feature_rows = Question::RowRange{6, 12};
  EXPECT_TRUE(features.clip(question).appearance.equal(appearance.slice(0, 6, 8)));
  EXPECT_TRUE(features.clip(question).motion.equal(motion.slice(0, 6, 8)));
  question.feature_rows = Question::RowRange{8, 12};
  EXPECT_TRUE(features.clip(question).appearance.equal(torch::zeros({1, 2})));
  EXPECT_TRUE(features.clip(question).motion.equal(torch::zeros({1, 3})));
}

TEST_F(VideoFeaturesTest, RowsThatMustExistAndDoNotAreNamedByQuestion) {
  write_feature_file(path_, {{"cat", torch::rand({5, 2})}, {"dog", torch::rand({9, 2})}});
  VideoFeatures features({path_}, train_);
  Question question = about_video("cat", {"cat"});
  question.feature_rows = Question::RowRange{2, 5, true};
  EXPECT_EQ(features.clip(question).appearance.size(0), 3);
  question.feature_rows = Question::RowRange{2, 6, true};
  const auto message =
      throws(path_, "question q-cat asks for rows 2 to 5 of clip 'cat', which has 5");
  EXPECT_THAT([&] { features.clip(question); }, message);
  EXPECT_THAT([&] { features.check(question); }, message);
}

TEST_F(VideoFeaturesTest, DrawChoosesTheWindowOfASegment) {
  const torch::Tensor rows = torch::arange(14.0).view({7, 2}).to(torch::kFloat32);
  write_feature_file(path_, {{"cat", rows}, {"dog", rows}});
  VideoFeatureOptions options;
  options.appearance_path = path_;
  options.max_frames = 4;
  options.sampling = FrameSampling::kSegment;
  VideoFeatures features(options, train_);
  const Question question = about_video("cat", {"cat"});
  EXPECT_TRUE(features.clip(question).appearance.equal(rows.narrow(0, 1, 4)));
  for (uint64_t draw = 0; draw < 20; ++draw)
    EXPECT_TRUE(features.clip(question, draw)
                    .appearance.equal(rows.narrow(0, segment_rows(7, 4, draw).front(), 4)));
}

TEST_F(VideoFeaturesTest, FolderOfPicklesIsReadByKind) {
  const torch::Tensor vgg = torch::rand({3, 2});
  const torch::Tensor c3d = torch::rand({3, 5});
  for (const char* clip : {"cat", "dog"}) {
    vidqa::testing::write_pickled_rows(folder_.file(std::string("vgg_") + clip + ".pkl"), vgg);
    vidqa::testing::write_pickled_rows(folder_.file(std::string("c3d_") + clip + ".pkl"), c3d);
  }
  VideoFeatureOptions options;
  options.appearance_path = folder_.path().string();
  options.motion_path = options.appearance_path;
  options.appearance_array = "c3d";
  options.motion_array = "vgg";
  VideoFeatures features(options, train_);
  EXPECT_EQ(features.appearance_dim(), 5);
  const VideoFeatures::Clip clip = features.clip(about_video("dog", {"dog"}));
  EXPECT_TRUE(clip.appearance.equal(c3d));
  EXPECT_TRUE(clip.motion.equal(vgg));
  EXPECT_THAT([&] { features.clip(about_video("owl", {"owl"})); },
              throws(folder_.path().string(), "no rows for clip 'owl'; tried 'owl' (files c3d_"));
}

TEST_F(VideoFeaturesTest, ClipsAreReadAgainWhereTheCacheIsTooSmall) {
  const auto cat = torch::randn({4, 3});
  const auto dog = torch::randn({4, 3});
  write_feature_file(path_, {{"cat", cat}, {"dog", dog}});
  VideoFeatureOptions options{path_};
  options.cache_bytes = 50;  // one clip
  VideoFeatures features(options, {});
  const VideoFeatures::Clip first = features.clip(train_[0]);
  for (int round = 0; round < 2; ++round)
    EXPECT_TRUE(features.clip(train_[1]).appearance.equal(dog));
  EXPECT_TRUE(first.appearance.equal(cat)) << "a clip in use outlives the cache";
  EXPECT_TRUE(features.clip(train_[0]).appearance.equal(cat));
}

TEST_F(VideoFeaturesTest, WithoutAnyFileItSaysSo) {
  EXPECT_THAT([] { VideoFeatures(VideoFeatureOptions{}, {}); },
              ThrowsMessage<c10::Error>(HasSubstr("a feature file must be named")));
}

TEST_F(VideoFeaturesTest, MissingFileIsNamed) {
  EXPECT_THAT([&] { VideoFeatures({path_}, {}); }, ThrowsMessage<c10::Error>(HasSubstr(path_)));
}

}  // namespace
}  // namespace vidqa::data

#include "features/feature_similarity.h"

#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "features/feature_writer.h"
#include "tests/features/extraction_fixture.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kWidth = 64;
constexpr int64_t kFrames = 240;  // of a video, at 30 a second

/// Features of every frame of a video, as networks give them: what all videos have in common, what
/// the video is about, and what moves, slowly enough for neighbours to be alike. Not negative.
torch::Tensor frame_features(int64_t clip) {
  torch::manual_seed(7);
  const torch::Tensor common = torch::rand({1, kWidth}) * 2;
  torch::manual_seed(100 + clip);
  const torch::Tensor content = torch::rand({1, kWidth});
  const torch::Tensor time = torch::arange(kFrames, torch::kFloat32).view({kFrames, 1}) / 30;
  const torch::Tensor motion =
      torch::sin(time * (2 + 6 * torch::rand({1, kWidth})) + 6 * torch::rand({1, kWidth}));
  return torch::relu(common + content + 0.5 * motion);
}

torch::Tensor every(int64_t step, int64_t first, const torch::Tensor& frames) {
  return frames.slice(0, first, c10::nullopt, step);
}

/// Another resize: every frame looks different in the same way, and a bit in its own.
torch::Tensor preprocessed_otherwise(const torch::Tensor& rows, int64_t clip) {
  torch::manual_seed(500 + clip);
  return torch::relu(rows + 0.3 * torch::randn({1, kWidth}) +
                     0.05 * torch::randn({rows.size(0), kWidth}));
}

using Rows = std::function<torch::Tensor(int64_t clip)>;

class Similarity : public ::testing::Test {
 protected:
  static constexpr int64_t kClips = 3;

  void write(const std::string& name, const Rows& rows, double first_seconds, double step_seconds,
             FeatureType type = FeatureType::kFloat32) {
    FeatureWriter writer(folder_.file(name), type);
    for (int64_t clip = 0; clip < kClips; ++clip) {
      const torch::Tensor features = rows(clip);
      std::vector<double> times;
      for (int64_t i = 0; i < features.size(0); ++i)
        times.push_back(first_seconds + static_cast<double>(i) * step_seconds);
      writer.write(std::to_string(clip), features, times, {});
    }
    writer.close();
  }
  FileSimilarity compare() const {
    return compare_feature_files(folder_.file("a.h5"), folder_.file("b.h5"));
  }
  /// Compares without times, as released files are.
  std::vector<Likeness> likenesses_without_times(const Rows& a, const Rows& b) const {
    torch::Tensor centre_a = torch::zeros({kWidth}, torch::kFloat64), centre_b = centre_a.clone();
    for (int64_t clip = 0; clip < kClips; ++clip) {
      centre_a += a(clip).to(torch::kFloat64).mean(0) / kClips;
      centre_b += b(clip).to(torch::kFloat64).mean(0) / kClips;
    }
    std::vector<Likeness> likenesses;
    for (int64_t clip = 0; clip < kClips; ++clip)
      likenesses.push_back(compare_clip({a(clip), {}}, {b(clip), {}}, centre_a, centre_b).likeness);
    return likenesses;
  }
  static std::vector<Likeness> all(Likeness likeness) {
    return std::vector<Likeness>(kClips, likeness);
  }

  testing::TempDir folder_;
  Rows at_3_fps_ = [](int64_t clip) { return every(10, 0, frame_features(clip)); };
};

TEST_F(Similarity, KnowsTheSame) {
  EXPECT_EQ(likenesses_without_times(at_3_fps_, at_3_fps_), all(Likeness::kSame));
}

TEST_F(Similarity, KnowsHalves) {
  write("a.h5", at_3_fps_, 0, 1.0 / 3);
  write("b.h5", at_3_fps_, 0, 1.0 / 3, FeatureType::kFloat16);
  const FileSimilarity files = compare();
  for (const ClipSimilarity& clip : files.clips) {
    EXPECT_EQ(clip.likeness, Likeness::kHalf);
    EXPECT_GT(clip.least_cosine, 0.999999);
    EXPECT_EQ(clip.time_offset_seconds, 0);
  }
  EXPECT_THAT(files.verdict, AllOf(HasSubstr("3 of 3"), HasSubstr("float16")));
}

TEST_F(Similarity, KnowsRoundingNormalisationAndFactors) {
  EXPECT_EQ(
      likenesses_without_times(
          at_3_fps_,
          [&](int64_t clip) { return at_3_fps_(clip).to(torch::kBFloat16).to(torch::kFloat32); }),
      all(Likeness::kRounding));
  EXPECT_EQ(likenesses_without_times(at_3_fps_,
                                     [&](int64_t clip) {
                                       const torch::Tensor rows = at_3_fps_(clip);
                                       return rows / rows.norm(2, 1, true);
                                     }),
            all(Likeness::kNormalized));
  EXPECT_EQ(
      likenesses_without_times(at_3_fps_, [&](int64_t clip) { return at_3_fps_(clip) / 255; }),
      all(Likeness::kScaled));
}

TEST_F(Similarity, KnowsShiftedRowsAndByHowMany) {
  write("a.h5", at_3_fps_, 0, 1.0 / 3);
  write(
      "b.h5", [&](int64_t clip) { return every(10, 20, frame_features(clip)); }, 0, 1.0 / 3);
  for (const ClipSimilarity& clip : compare().clips) {
    EXPECT_EQ(clip.likeness, Likeness::kShifted);
    EXPECT_EQ(clip.shift, -2);
  }
}

TEST_F(Similarity, KnowsAnotherFrameRate) {
  EXPECT_EQ(likenesses_without_times(
                at_3_fps_, [](int64_t clip) { return every(5, 0, frame_features(clip)); }),
            all(Likeness::kOtherSampling));
}

// Frames 4, 14, 24 ... in place of 0, 10, 20 ...: what ffmpeg's fps filter takes.
TEST_F(Similarity, KnowsOtherFramesByTheTimesOfTheRows) {
  write("a.h5", at_3_fps_, 0, 1.0 / 3);
  write(
      "b.h5", [](int64_t clip) { return every(10, 4, frame_features(clip)); }, 4.0 / 30, 1.0 / 3);
  for (const ClipSimilarity& clip : compare().clips) {
    EXPECT_EQ(clip.likeness, Likeness::kOtherFrames);
    EXPECT_NEAR(clip.time_offset_seconds, 4.0 / 30, 1e-9);
  }
}

TEST_F(Similarity, TellsOtherFramesFromOtherPreprocessingWithoutTimes) {
  EXPECT_EQ(likenesses_without_times(
                at_3_fps_, [](int64_t clip) { return every(10, 4, frame_features(clip)); }),
            all(Likeness::kOtherFrames));
  EXPECT_EQ(
      likenesses_without_times(
          at_3_fps_, [&](int64_t clip) { return preprocessed_otherwise(at_3_fps_(clip), clip); }),
      all(Likeness::kOtherPreprocessing));
}

TEST_F(Similarity, KnowsOtherPreprocessingByEqualTimes) {
  write("a.h5", at_3_fps_, 0, 1.0 / 3);
  write(
      "b.h5", [&](int64_t clip) { return preprocessed_otherwise(at_3_fps_(clip), clip); }, 0,
      1.0 / 3);
  for (const ClipSimilarity& clip : compare().clips)
    EXPECT_EQ(clip.likeness, Likeness::kOtherPreprocessing);
}

// Features that are not negative have cosines of 0.8 with those of any other weights.
TEST_F(Similarity, KnowsOtherWeights) {
  const Rows other = [&](int64_t clip) {
    torch::manual_seed(3);
    return torch::relu(at_3_fps_(clip).matmul(torch::rand({kWidth, kWidth}) - 0.3));
  };
  EXPECT_EQ(likenesses_without_times(at_3_fps_, other), all(Likeness::kUnrelated));
}

TEST_F(Similarity, KnowsAnotherWidth) {
  EXPECT_EQ(compare_clip({torch::ones({2, 4}), {}}, {torch::ones({2, 5}), {}}, torch::zeros({4}),
                         torch::zeros({5}))
                .likeness,
            Likeness::kOtherWidth);
}

TEST_F(Similarity, ListsClipsOfOneFileAndDifferencesByTheirOwnAccount) {
  for (const char* name : {"a", "b"}) {
    FeatureWriter writer(folder_.file(std::string(name) + ".h5"));
    writer.set_attributes({{"preset", std::string("preset of ") + name}, {"fps", 3.0}});
    for (const std::string& clip : {std::string("both"), std::string("only ") + name})
      writer.write(clip, torch::ones({1, 2}), {0}, {});
    writer.close();
  }
  const FileSimilarity files = compare();
  EXPECT_THAT(files.only_a, ElementsAre("only a"));
  EXPECT_THAT(files.only_b, ElementsAre("only b"));
  EXPECT_THAT(files.recipe_differences, ElementsAre("preset: preset of a, preset of b"));
  ASSERT_EQ(files.clips.size(), 1U);
  EXPECT_EQ(files.clips[0].likeness, Likeness::kSame);
}

TEST_F(Similarity, NamesFilesWithoutACommonClip) {
  for (const char* name : {"a", "b"}) {
    FeatureWriter writer(folder_.file(std::string(name) + ".h5"));
    writer.write(std::string("of ") + name, torch::ones({1, 2}), {0}, {});
    writer.close();
  }
  EXPECT_THAT(reason_of([&] { compare(); }),
              AllOf(HasSubstr("a.h5"), HasSubstr("'of b'"), HasSubstr("no clip in common")));
}

}  // namespace
}  // namespace vidqa::features

#include "features/extractor.h"

#include <csignal>
#include <fstream>
#include <iterator>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <torch/torch.h>
#include <unistd.h>

#include "features/backbone.h"
#include "features/feature_store.h"
#include "features/frame_transform.h"
#include "features/hash.h"
#include "features/video_files.h"
#include "features/video_reader.h"
#include "features/video_writer.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void write_video(const fs::path& path, int frames, int seed) {
  fs::create_directories(path.parent_path());
  VideoWriter writer(path.string(), {48, 32, 10, 20});
  for (int i = 0; i < frames; ++i)
    writer.write(
        cv::Mat(32, 48, CV_8UC3, cv::Scalar(40 * seed % 256, 10 * i % 256, (90 + 7 * seed) % 256)));
  writer.close();
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Mean and greatest value of every channel: (n, 6).
torch::Tensor channel_statistics(const torch::Tensor& images) {
  const torch::Tensor pixels = images.flatten(2);
  return torch::cat({pixels.mean(2), std::get<0>(pixels.max(2))}, 1);
}

const FeatureNetwork kNetwork = {"statistics", "none", "none", channel_statistics};

std::string reason_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

class Extractor : public ::testing::Test {
 protected:
  Extractor() {
    const int lengths[] = {12, 1, 25, 8};
    for (int i = 0; i < 4; ++i)
      write_video(videos() / (std::string(1, static_cast<char>('a' + i)) + ".mp4"), lengths[i], i);
    options_.videos = {videos().string()};
    options_.output = folder_.file("features.h5");
    options_.resize_size = options_.crop_size = 16;
    options_.batch_size = 4;
  }
  fs::path videos() const { return folder_.path() / "videos"; }
  ExtractResult run() { return extract(options_, kNetwork, {}); }
  bool has_parts() const { return fs::exists(options_.output + ".parts"); }
  std::string failures() const { return options_.output + ".failures.csv"; }

  testing::TempDir folder_;
  ExtractOptions options_;
};

TEST_F(Extractor, WritesRowsTimesAndProvenanceOfEveryClip) {
  const ExtractResult result = run();
  EXPECT_EQ(result.done, 4);
  EXPECT_THAT(result.failures, IsEmpty());
  const FeatureReader reader(options_.output);
  EXPECT_THAT(reader.clips(), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(reader.times_seconds("a"),
              ElementsAre(0, 0.4, 0.7, 1.0));  // 10 frames a second, 3 wanted

  // The rows are those of the frames at these times, one by one.
  VideoReader video((videos() / "a.mp4").string());
  std::vector<torch::Tensor> expected;
  FrameTransformOptions frame_options;
  frame_options.resize_size = frame_options.crop_size = 16;
  const FrameTransform transform(frame_options);
  for (int i = 0; video.grab(); ++i)
    if (i == 0 || i == 4 || i == 7 || i == 10)
      expected.push_back(channel_statistics(transform(video.retrieve()).unsqueeze(0)));
  EXPECT_TRUE(torch::allclose(reader.read("a"), torch::cat(expected), 1e-5, 1e-6));

  const Attributes attributes = reader.attributes("a");
  EXPECT_EQ(std::get<std::string>(attributes.at("source")), "a.mp4");
  EXPECT_EQ(std::get<std::string>(attributes.at("source_sha256")),
            sha256_file((videos() / "a.mp4").string()));
  EXPECT_EQ(std::get<int64_t>(attributes.at("source_bytes")),
            static_cast<int64_t>(fs::file_size(videos() / "a.mp4")));
  EXPECT_EQ(std::get<int64_t>(attributes.at("frames_decoded")), 12);
  EXPECT_EQ(std::get<int64_t>(attributes.at("decode_errors")), 0);
  EXPECT_DOUBLE_EQ(std::get<double>(attributes.at("duration_seconds")), 1.2);
  EXPECT_DOUBLE_EQ(std::get<double>(attributes.at("fps")), 3);
  EXPECT_EQ(std::get<std::string>(attributes.at("backbone")), "statistics");
  EXPECT_EQ(std::get<std::string>(attributes.at("preprocessing")),
            "shorter 16, crop 16, RGB / 255, mean and deviation of ImageNet");
  EXPECT_FALSE(has_parts());
  EXPECT_FALSE(fs::exists(failures()));
}

TEST_F(Extractor, GivesEveryClipTheWantedNumberOfRowsWhenUniform) {
  options_.sampler = "uniform";
  options_.num_frames = 5;
  run();
  const FeatureReader reader(options_.output);
  for (const std::string& clip : reader.clips()) EXPECT_EQ(reader.read(clip).size(0), 5) << clip;
  EXPECT_THAT(reader.times_seconds("b"), ElementsAre(0, 0, 0, 0, 0));
}

TEST_F(Extractor, WritesEqualBytesTwice) {
  run();
  const std::string first = content_of(options_.output);
  fs::remove(options_.output);
  run();
  EXPECT_EQ(sha256(content_of(options_.output)), sha256(first));
}

TEST_F(Extractor, SkipsWhatIsDoneAndAddsWhatIsNew) {
  run();
  const torch::Tensor before = FeatureReader(options_.output).read("c");
  write_video(videos() / "deeper" / "e.MP4", 5, 5);
  write_video(videos() / "b.mp4", 3, 6);  // another video now
  const ExtractResult result = run();
  EXPECT_EQ(result.skipped, 3);
  EXPECT_EQ(result.done, 2);
  const FeatureReader reader(options_.output);
  EXPECT_THAT(reader.clips(), ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_TRUE(torch::equal(reader.read("c"), before));
  EXPECT_EQ(std::get<int64_t>(reader.attributes("b").at("frames_decoded")), 3);
  EXPECT_EQ(run().skipped, 5);
}

// The process dies at every call of the network in turn, and then the next run takes over.
TEST_F(Extractor, GoesOnAfterAKillAsIfNothingHadHappened) {
  run();
  const std::string uninterrupted = sha256_file(options_.output);
  fs::remove(options_.output);
  int kills = 0;
  for (bool finished = false; !finished; ++kills) {
    ASSERT_LT(kills, 20);
    const pid_t child = fork();
    if (child == 0) {
      int calls = 0;
      const FeatureNetwork dying = {"statistics", "none", "none", [&](const torch::Tensor& images) {
                                      // 4 frames went through whole; the rest of a clip is lost
                                      if (++calls > 2) kill(getpid(), SIGKILL);
                                      return channel_statistics(images);
                                    }};
      extract(options_, dying, {});
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    finished = WIFEXITED(status);
    EXPECT_EQ(fs::exists(options_.output), finished);
  }
  EXPECT_GT(kills, 1);
  EXPECT_EQ(sha256_file(options_.output), uninterrupted);
  EXPECT_FALSE(has_parts());
}

TEST_F(Extractor, RemovesWhatAKilledRunLeftHalfWritten) {
  fs::create_directories(options_.output + ".parts");
  std::ofstream(options_.output + ".parts/.a.h5.123-0.tmp") << "half";
  std::ofstream(folder_.file(".features.h5.123-1.tmp")) << "half";
  EXPECT_EQ(run().done, 4);
  EXPECT_FALSE(has_parts());
  EXPECT_FALSE(fs::exists(folder_.file(".features.h5.123-1.tmp")));
}

TEST_F(Extractor, ListsWhatFailsAndGoesOn) {
  std::ofstream(videos() / "b2.mp4").close();
  std::ofstream(videos() / "c2, \"odd\".mp4") << "no video";
  const ExtractResult result = run();
  EXPECT_EQ(result.done, 4);
  ASSERT_EQ(result.failures.size(), 2);
  EXPECT_THAT(result.failures[0].path, HasSubstr("b2.mp4"));
  EXPECT_THAT(result.failures[0].reason, HasSubstr("empty file"));
  EXPECT_THAT(content_of(failures()),
              AllOf(HasSubstr("path,reason\n"), HasSubstr("c2, \"\"odd\"\".mp4\",\"'")));
  EXPECT_THAT(FeatureReader(options_.output).clips(), ElementsAre("a", "b", "c", "d"));

  fs::remove(videos() / "b2.mp4");
  fs::remove(videos() / "c2, \"odd\".mp4");
  EXPECT_THAT(run().failures, IsEmpty());
  EXPECT_FALSE(fs::exists(failures()));
}

TEST_F(Extractor, TakesFeaturesThatAreNotFiniteForAFailureOfTheClip) {
  int calls = 0;
  const FeatureNetwork broken = {"statistics", "none", "none", [&](const torch::Tensor& images) {
                                   torch::Tensor features = channel_statistics(images);
                                   if (++calls == 2)
                                     features[0][1] = std::numeric_limits<float>::quiet_NaN();
                                   return features;
                                 }};
  const ExtractResult result = extract(options_, broken, {});
  ASSERT_EQ(result.failures.size(), 1);
  EXPECT_THAT(result.failures[0].reason, AllOf(HasSubstr("b.mp4"), HasSubstr("NaN")));
  EXPECT_EQ(result.done, 3);
}

TEST_F(Extractor, RefusesAFileOfAnotherRecipeNamingTheOption) {
  run();
  const std::string before = content_of(options_.output);
  options_.fps = 5;
  EXPECT_THAT(reason_of([&] { run(); }), HasSubstr("made with fps = 3, this run has 5"));
  options_.fps = 3;
  EXPECT_THAT(reason_of([&] {
                extract(options_, {"statistics", "none", "other", channel_statistics}, {});
              }),
              HasSubstr("weights_hash = none, this run has other"));
  options_.sampler = "all";
  EXPECT_THAT(reason_of([&] { run(); }), HasSubstr("sampler = fps"));
  EXPECT_EQ(content_of(options_.output), before);
  EXPECT_FALSE(has_parts());
}

TEST_F(Extractor, RefusesPartsOfAnotherRecipe) {
  const pid_t child = fork();
  if (child == 0) {
    extract(options_, kNetwork,
            {[](int64_t clips, int64_t, int64_t, const std::string&) {
               if (clips == 2) kill(getpid(), SIGKILL);
             },
             {}});
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  options_.crop_size = 8;
  EXPECT_THAT(reason_of([&] { run(); }),
              AllOf(HasSubstr("features.h5.parts"), HasSubstr("crop_size = 16, this run has 8")));
  options_.crop_size = 16;
  const ExtractResult result = run();
  EXPECT_EQ(result.skipped, 2);
  EXPECT_EQ(result.done, 2);
}

TEST_F(Extractor, RefusesASecondRunOnTheSameOutput) {
  std::string reason;
  const FeatureNetwork nested = {"statistics", "none", "none", [&](const torch::Tensor& images) {
                                   if (reason.empty()) reason = reason_of([&] { run(); });
                                   return channel_statistics(images);
                                 }};
  extract(options_, nested, {});
  EXPECT_THAT(reason, HasSubstr("another run is extracting"));
}

TEST_F(Extractor, NamesBothVideosOfOneStem) {
  write_video(videos() / "other" / "a.mov.mp4", 1, 0);  // stem a.mov: no clash
  write_video(videos() / "other" / "b.mp4", 1, 0);
  EXPECT_THAT(
      reason_of([&] { run(); }),
      AllOf(HasSubstr("videos/b.mp4"), HasSubstr("videos/other/b.mp4"), HasSubstr("clip 'b'")));
}

TEST_F(Extractor, SaysWhichOutputCannotBeWritten) {
  std::ofstream(folder_.file("file")).close();
  for (const std::string& output : {folder_.file("file/features.h5"),
                                    std::string("/proc/features.h5"), folder_.path().string()}) {
    options_.output = output;
    EXPECT_THAT(reason_of([&] { run(); }), HasSubstr(output));
  }
}

// A limit on the size of files stands for the full disk.
TEST_F(Extractor, StopsWhenTheDiskIsFullAndGoesOnLater) {
  options_.sampler = "all";
  const FeatureNetwork wide = {"wide", "none", "none", [](const torch::Tensor& images) {
                                 return channel_statistics(images).repeat({1, 200});
                               }};
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{70000, 70000};  // b needs 5 kB, c 120 kB
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string reason = reason_of([&] { extract(options_, wide, {}); });
    _exit(reason.find("c.h5") != std::string::npos && !fs::exists(options_.output) ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  const ExtractResult result = extract(options_, wide, {});
  EXPECT_EQ(result.skipped, 2);
  EXPECT_EQ(result.done, 2);
}

TEST_F(Extractor, ReportsEveryClipAndTheFrames) {
  std::vector<std::string> clips;
  int64_t last_done = 0, last_frames = 0;
  const ExtractResult result =
      extract(options_, kNetwork,
              {[&](int64_t done, int64_t total, int64_t frames, const std::string& clip) {
                 EXPECT_EQ(total, 4);
                 EXPECT_GE(frames, last_frames);
                 last_frames = frames;
                 if (done > last_done) clips.push_back(clip);
                 last_done = done;
               },
               {}});
  EXPECT_THAT(clips, ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(last_frames, result.frames);
  EXPECT_EQ(result.frames, 4 + 1 + 8 + 3);
}

TEST_F(Extractor, NamesOptionsOutOfRange) {
  const auto reason_with = [&](const std::function<void(ExtractOptions&)>& change) {
    const ExtractOptions good = options_;
    change(options_);
    const std::string reason = reason_of([&] { run(); });
    options_ = good;
    return reason;
  };
  EXPECT_THAT(reason_with([](ExtractOptions& o) { o.batch_size = 0; }), HasSubstr("batch_size"));
  EXPECT_THAT(reason_with([](ExtractOptions& o) { o.sampler = "some"; }),
              HasSubstr("accepted: fps, uniform, all"));
  EXPECT_THAT(reason_with([](ExtractOptions& o) { o.resize = "crop"; }),
              HasSubstr("shorter or squash"));
  EXPECT_THAT(reason_with([](ExtractOptions& o) { o.videos = {}; }), HasSubstr("no videos"));
  write_video(folder_.path() / "_times.mp4", 1, 0);
  EXPECT_THAT(reason_with([&](ExtractOptions& o) { o.videos = {folder_.file("_times.mp4")}; }),
              HasSubstr("rename the video"));
  EXPECT_THAT(reason_with([](ExtractOptions& o) { o.output = ""; }), HasSubstr("no output"));
  EXPECT_THAT(reason_with([&](ExtractOptions& o) {
                fs::create_directory(folder_.path() / "bare");
                o.videos = {folder_.file("bare")};
              }),
              AllOf(HasSubstr("no videos in folder"), HasSubstr(".webm")));
}

TEST_F(Extractor, PassesFramesThroughTheBackbone) {
  options_.videos = {(videos() / "a.mp4").string()};
  options_.resize_size = options_.crop_size = 32;
  options_.weights = "random:1";
  EXPECT_EQ(extract(options_, {}).done, 1);
  BackboneOptions backbone_options;
  backbone_options.weights = "random:1";
  const LoadedBackbone backbone = make_backbone(backbone_options);
  VideoReader video(options_.videos.front());
  ASSERT_TRUE(video.grab());
  FrameTransformOptions frames;
  frames.resize_size = frames.crop_size = 32;
  const torch::Tensor image = FrameTransform(frames)(video.retrieve());
  const FeatureReader reader(options_.output);
  EXPECT_TRUE(torch::allclose(reader.read("a")[0], backbone.network->forward(image.unsqueeze(0))[0],
                              1e-4, 1e-5));
  EXPECT_EQ(std::get<std::string>(reader.attributes("a").at("weights_hash")), "random:1");
}

TEST_F(Extractor, TakesFilesAndFoldersOnce) {
  write_video(videos() / ".hidden.mp4", 1, 0);
  const std::vector<VideoFile> files =
      find_videos({(videos() / "c.mp4").string(), videos().string(), folder_.file("absent.xyz")});
  std::vector<std::string> stems;
  for (const VideoFile& file : files) stems.push_back(file.stem);
  EXPECT_THAT(stems, ElementsAre("c", "a", "b", "d", "absent"));
}

}  // namespace
}  // namespace vidqa::features

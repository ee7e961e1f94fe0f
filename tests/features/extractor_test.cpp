#include "features/extractor.h"

#include <chrono>
#include <cstdlib>
#include <limits>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>
#include <sys/stat.h>
#include <torch/torch.h>

#include "features/backbone.h"
#include "features/feature_store.h"
#include "features/frame_transform.h"
#include "features/hash.h"
#include "features/video_files.h"
#include "features/video_reader.h"
#include "tests/features/extraction_fixture.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Extractor = ExtractionFixture;

/// Frames of a video as the statistics network sees them, (n, 3, 16, 16).
torch::Tensor images_of(const std::string& path) {
  const FrameTransform transform(statistics_network().input.transform);
  VideoReader video(path);
  std::vector<torch::Tensor> images;
  while (video.grab()) images.push_back(transform(video.retrieve()));
  return torch::stack(images);
}

TEST_F(Extractor, WritesRowsTimesAndProvenanceOfEveryClip) {
  const ExtractResult result = run();
  EXPECT_EQ(result.done, 4);
  EXPECT_THAT(result.failures, IsEmpty());
  const FeatureReader reader(options_.output);
  EXPECT_THAT(reader.clips(), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(reader.times_seconds("a"),
              ElementsAre(0, 0.4, 0.7, 1.0));  // 10 frames a second, 3 wanted

  // The rows are those of the frames at these times, one by one.
  const torch::Tensor images = images_of(video("a.mp4"));
  for (const auto& [row, frame] : std::map<int64_t, int64_t>{{0, 0}, {1, 4}, {2, 7}, {3, 10}})
    EXPECT_TRUE(torch::allclose(reader.read("a")[row],
                                channel_statistics(images.narrow(0, frame, 1))[0], 1e-5, 1e-6));

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
            FrameTransform(statistics_network().input.transform).description());
  EXPECT_EQ(std::get<std::string>(attributes.at("sampler")), "pts");
  EXPECT_EQ(std::get<std::string>(attributes.at("status")), "complete");
  EXPECT_EQ(std::get<int64_t>(attributes.at(kRowCount)), 4);
  EXPECT_FALSE(has_parts());
  EXPECT_FALSE(fs::exists(failures()));
}

TEST_F(Extractor, GivesEveryClipTheWantedNumberOfRowsWhenUniform) {
  options_.frames.sampler = parse_frame_sampler("uniform:5");
  int64_t images = 0;
  extract(options_, statistics_network([&](const torch::Tensor& inputs) {
            images += inputs.size(0);
            return channel_statistics(inputs);
          }),
          {});
  const FeatureReader reader(options_.output);
  for (const std::string& clip : reader.clips()) EXPECT_EQ(reader.read(clip).size(0), 5) << clip;
  EXPECT_THAT(reader.times_seconds("b"), ElementsAre(0, 0, 0, 0, 0));
  EXPECT_TRUE(torch::equal(reader.read("b")[0], reader.read("b")[4]));
  // A frame that stands for five rows goes through the network once; one more is the batcher's
  // test.
  EXPECT_EQ(images, 5 + 1 + 5 + 5 + 1);
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
  EXPECT_THAT(content_of(failures()), AllOf(HasSubstr("path,kind,reason\n"),
                                            HasSubstr("c2, \"\"odd\"\".mp4\",failed,\"'")));
  EXPECT_THAT(FeatureReader(options_.output).clips(), ElementsAre("a", "b", "c", "d"));

  fs::remove(videos() / "b2.mp4");
  fs::remove(videos() / "c2, \"odd\".mp4");
  EXPECT_THAT(run().failures, IsEmpty());
  EXPECT_FALSE(fs::exists(failures()));
}

TEST_F(Extractor, NamesBothVideosOfOneStem) {
  write_video(videos() / "other" / "a.mov.mp4", 1, 0);  // stem a.mov: no clash
  write_video(videos() / "other" / "b.mp4", 1, 0);
  EXPECT_THAT(
      reason_of([&] { run(); }),
      AllOf(HasSubstr("videos/b.mp4"), HasSubstr("videos/other/b.mp4"), HasSubstr("clip 'b'")));
}

TEST_F(Extractor, TakesFilesAndFoldersOnce) {
  write_video(videos() / ".hidden.mp4", 1, 0);
  const std::vector<VideoFile> files =
      find_videos({(videos() / "c.mp4").string(), videos().string(), folder_.file("absent.xyz")});
  std::vector<std::string> stems;
  for (const VideoFile& file : files) stems.push_back(file.stem);
  EXPECT_THAT(stems, ElementsAre("c", "a", "b", "d", "absent"));
}

TEST_F(Extractor, TakesFeaturesThatAreNotFiniteForAFailureOfTheClip) {
  // b is the only video of one frame: its picture is the only one whose second channel is like
  // this.
  const torch::Tensor b = channel_statistics(images_of(video("b.mp4")))[0];
  const ExtractResult result =
      extract(options_, statistics_network([&](const torch::Tensor& images) {
                torch::Tensor features = channel_statistics(images);
                for (int64_t i = 0; i < features.size(0); ++i)
                  if (torch::allclose(features[i], b, 1e-4, 1e-4))
                    features[i][1] = std::numeric_limits<float>::quiet_NaN();
                return features;
              }),
              {});
  ASSERT_EQ(result.failures.size(), 1);
  EXPECT_THAT(result.failures[0].reason, AllOf(HasSubstr("b.mp4"), HasSubstr("NaN")));
  EXPECT_EQ(result.done, 3);
}

TEST_F(Extractor, KeepsHalvesAndRefusesWhatTheyCannotHold) {
  run();
  const torch::Tensor exact = FeatureReader(options_.output).read("c");
  options_.output = folder_.file("half.h5");
  options_.type = FeatureType::kFloat16;
  run();
  EXPECT_TRUE(torch::equal(FeatureReader(options_.output).read("c"),
                           exact.to(torch::kHalf).to(torch::kFloat32)));
  options_.output = folder_.file("large.h5");
  const ExtractResult result =
      extract(options_, statistics_network([](const torch::Tensor& images) {
                return channel_statistics(images) * 1e6;
              }),
              {});
  EXPECT_EQ(result.done, 0);
  ASSERT_EQ(result.failures.size(), 4);
  EXPECT_THAT(result.failures[0].reason, AllOf(HasSubstr("a.mp4"), HasSubstr("store float32")));
}

TEST_F(Extractor, RefusesAFileOfAnotherRecipeNamingTheOption) {
  run();
  const std::string before = content_of(options_.output);
  options_.frames.sampler.fps = 5;
  EXPECT_THAT(reason_of([&] { run(); }), HasSubstr("made with fps = 3, this run has 5"));
  options_.frames.sampler.fps = 3;
  FeatureNetwork other = statistics_network();
  other.weights_hash = "other";
  EXPECT_THAT(reason_of([&] { extract(options_, other, {}); }),
              HasSubstr("weights_hash = none, this run has other"));
  options_.frames.sampler = parse_frame_sampler("stride:1");
  EXPECT_THAT(reason_of([&] { run(); }), HasSubstr("sampler = pts"));
  EXPECT_EQ(content_of(options_.output), before);
  EXPECT_FALSE(has_parts());
}

// The rows of a clip are the same bits whatever the batch size and whatever clips stand beside it.
TEST_F(Extractor, GivesRowsThatDependOnTheirClipAlone) {
  options_.frames.sampler = parse_frame_sampler("stride:1");
  run();
  const FeatureReader together(options_.output);
  for (const int64_t batch_size : {1, 3, 64}) {
    for (const char* clip : {"a", "c"}) {
      options_.videos = {video(std::string(clip) + ".mp4")};
      options_.output = folder_.file(fmt::format("{}{}.h5", clip, batch_size));
      options_.batch_size = batch_size;
      run();
      EXPECT_TRUE(torch::equal(FeatureReader(options_.output).read(clip), together.read(clip)));
    }
  }
}

// A network that rounds differently in batches of another size.
TEST_F(Extractor, MakesBatchesWithinClipsWhereTheNetworkIsNotRowWiseToTheBit) {
  const FeatureNetwork network = statistics_network([](const torch::Tensor& images) {
    return channel_statistics(images) + 1e-3 * static_cast<double>(images.size(0));
  });
  extract(options_, network, {});
  const FeatureReader together(options_.output);
  for (const char* clip : {"a", "b", "c", "d"}) {
    options_.videos = {video(std::string(clip) + ".mp4")};
    options_.output = folder_.file(std::string(clip) + ".h5");
    extract(options_, network, {});
    EXPECT_TRUE(torch::equal(FeatureReader(options_.output).read(clip), together.read(clip)))
        << clip;
  }
}

TEST_F(Extractor, GivesTheSameBytesWithSeveralDecoders) {
  const std::string expected = undisturbed();
  options_.decoders = 3;
  run();
  EXPECT_EQ(sha256(content_of(options_.output)), sha256(expected));
}

TEST_F(Extractor, GivesMotionNetworksWindowsOfFrames) {
  FeatureNetwork network = statistics_network([](const torch::Tensor& clips) {
    EXPECT_EQ(clips.sizes().slice(1), (std::vector<int64_t>{3, 4, 16, 16}));
    return clips.flatten(3).mean(3).flatten(1);  // (n, 3 * 4): the mean of every frame
  });
  network.input.clip_length = 4;
  options_.frames.sampler = parse_frame_sampler("stride:1");
  options_.windows.stride = 3;
  options_.windows.edge = EdgeRule::kDrop;
  const ExtractResult result = extract(options_, network, {});
  EXPECT_EQ(result.done, 3);
  ASSERT_EQ(result.failures.size(), 1);  // b has one frame
  EXPECT_THAT(result.failures[0].reason, AllOf(HasSubstr("b.mp4"), HasSubstr("edge rule")));
  const FeatureReader reader(options_.output);
  const torch::Tensor means = images_of(video("a.mp4")).flatten(2).mean(2);  // (12, 3)
  const torch::Tensor rows = reader.read("a");
  ASSERT_EQ(rows.size(0), 3);  // windows at 0, 3, 6
  for (int64_t window = 0; window < 3; ++window)
    EXPECT_TRUE(
        torch::allclose(rows[window].view({3, 4}), means.narrow(0, 3 * window, 4).t(), 1e-5, 1e-6));
  EXPECT_THAT(reader.times_seconds("a"), ElementsAre(0.2, 0.5, ::testing::DoubleNear(0.8, 1e-9)));
}

TEST_F(Extractor, KeepsMapsAsRowsWithTheirShape) {
  extract(options_, statistics_network([](const torch::Tensor& images) {
            return images.slice(2, 0, 2).slice(3, 0, 5);
          }),
          {});
  const FeatureReader reader(options_.output);
  EXPECT_EQ(reader.read("c").size(1), 3 * 2 * 5);
  EXPECT_EQ(std::get<std::string>(reader.attributes("c").at("row_shape")), "3,2,5");
}

TEST_F(Extractor, CutsOffAVideoThatTakesTooLong) {
  options_.timeout_seconds = 1e-9;
  const ExtractResult result = run();
  ASSERT_EQ(result.failures.size(), 4);
  for (const ExtractFailure& failure : result.failures) {
    EXPECT_EQ(failure.kind, "timeout");
    EXPECT_THAT(failure.reason, AllOf(HasSubstr(failure.path), HasSubstr("not decoded after")));
  }
  options_.timeout_seconds = 1e9;
  EXPECT_EQ(run().done, 4);
}

/// Decoders of videos that are 64 pixels wide take `seconds` for every packet while one lives.
class HangingDecoder {
 public:
  explicit HangingDecoder(double seconds) {
    setenv("VIDQA_HANGING_DECODER", fmt::format("64:{}", seconds).c_str(), 1);
  }
  ~HangingDecoder() { unsetenv("VIDQA_HANGING_DECODER"); }
  HangingDecoder(const HangingDecoder&) = delete;
  HangingDecoder& operator=(const HangingDecoder&) = delete;
};

TEST_F(Extractor, LeavesADecoderBehindThatNeverReturns) {
  const HangingDecoder hanging(1e5);
  write_video(videos() / "e.mp4", 12, 1, 64);
  options_.timeout_seconds = 1;
  options_.decoders = 1;
  const ExtractResult result = run();
  EXPECT_EQ(result.done, 4);
  EXPECT_GT(result.stages.preprocess, 0) << "of the videos before it, by the thread left behind";
  EXPECT_EQ(result.decoders_left_behind, 1);
  ASSERT_EQ(result.failures.size(), 1);
  EXPECT_EQ(result.failures[0].kind, "timeout");
  EXPECT_THAT(result.failures[0].reason, AllOf(HasSubstr("e.mp4"), HasSubstr("does not return")));
}

TEST_F(Extractor, SeesNothingOfADecoderThatReturnsLate) {
  constexpr double kSeconds = 3;  // the first comes back within the run, the second after it
  const HangingDecoder hanging(kSeconds);
  write_video(videos() / "a2.mp4", 12, 1, 64);
  write_video(videos() / "a3.mp4", 12, 1, 64);
  options_.timeout_seconds = 1;
  options_.decoders = 1;
  const ExtractResult result = run();
  EXPECT_EQ(result.done, 4) << "the videos after them are another thread's";
  EXPECT_EQ(result.decoders_left_behind, 2);
  EXPECT_EQ(result.failures.size(), 2);
  EXPECT_THAT(FeatureReader(options_.output).clips(), ElementsAre("a", "b", "c", "d"));
  std::this_thread::sleep_for(std::chrono::duration<double>(kSeconds));
}

TEST_F(Extractor, StopsForAFaultOfTheRunThoughADecoderHangs) {
  const HangingDecoder hanging(1e5);
  write_video(videos() / "0.mp4", 12, 1, 64);
  options_.timeout_seconds = 1;
  options_.decoders = 2;
  const FeatureNetwork broken = statistics_network(
      [](const torch::Tensor&) -> torch::Tensor { throw std::runtime_error("no network"); });
  EXPECT_THAT(reason_of([&] { extract(options_, broken, {}); }), HasSubstr("no network"));
}

TEST_F(Extractor, DoesNotWaitForAPipe) {
  const std::string pipe = folder_.file("pipe.mp4"), images = folder_.file("images");
  fs::create_directory(images);
  cv::imwrite(images + "/00001.jpg", cv::Mat(8, 8, CV_8UC3, cv::Scalar(9)));
  for (const std::string& path : {pipe, images + "/00002.jpg"})
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  options_.videos = {pipe, images};
  const ExtractResult result = run();
  ASSERT_EQ(result.failures.size(), 2);
  for (const ExtractFailure& failure : result.failures)
    EXPECT_THAT(failure.reason, HasSubstr("neither a file nor a folder"));
}

TEST_F(Extractor, TakesADamagedVideoForAFailureUnlessAllowed) {
  VIDQA_REQUIRE_SHARED("data/videos/truncated.mp4");
  options_.videos = {(testing::shared_dir() / "data/videos/truncated.mp4").string()};
  const ExtractResult refused = run();
  ASSERT_EQ(refused.failures.size(), 1);
  EXPECT_EQ(refused.failures[0].kind, "partial");
  options_.allow_partial = true;
  const ExtractResult allowed = run();
  EXPECT_EQ(allowed.done, 1);
  EXPECT_EQ(allowed.partial, 1);
  {
    const Attributes attributes = FeatureReader(options_.output).attributes("truncated");
    EXPECT_EQ(std::get<std::string>(attributes.at("status")), "partial");
    EXPECT_EQ(attributes.count("partial_reason"), 1);
  }
  EXPECT_EQ(run().skipped, 1);
  options_.allow_partial = false;
  EXPECT_EQ(run().failures.size(), 1) << "a partial clip is done only where it is allowed";
}

TEST_F(Extractor, ReportsEveryClipAndTheFrames) {
  int64_t last_done = 0, last_frames = 0;
  const ExtractResult result = extract(options_, statistics_network(),
                                       {[&](const ExtractProgress& progress) {
                                          EXPECT_EQ(progress.clips_total, 4);
                                          EXPECT_GE(progress.frames, last_frames);
                                          EXPECT_GE(progress.clips_done, last_done);
                                          last_frames = progress.frames;
                                          last_done = progress.clips_done;
                                        },
                                        {}});
  EXPECT_EQ(last_done, 4);
  EXPECT_EQ(last_frames, result.frames);
  EXPECT_EQ(result.frames, 4 + 1 + 8 + 3);
  EXPECT_GT(result.stages.decode, 0);
  EXPECT_GT(result.stages.network, 0);
  EXPECT_GT(result.stages.write, 0);
}

TEST_F(Extractor, NamesOptionsOutOfRange) {
  const auto reason_with = [&](const std::function<void(ExtractOptions&)>& change) {
    const ExtractOptions good = options_;
    change(options_);
    const std::string reason = reason_of([&] { run(); });
    options_ = good;
    return reason;
  };
  EXPECT_THAT(reason_with([](ExtractOptions& o) { o.batch_size = -1; }), HasSubstr("batch_size"));
  EXPECT_THAT(reason_with([](ExtractOptions& o) { o.frames.sampler.name = "some"; }),
              HasSubstr("accepted: pts"));
  EXPECT_THAT(reason_with([](ExtractOptions& o) { o.windows.stride = 0; }), HasSubstr("stride"));
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
  options_.videos = {video("a.mp4")};
  options_.backbone.weights = "random:1";
  options_.backbone.frames.resize_size = options_.backbone.frames.crop_size = 32;
  EXPECT_EQ(extract(options_, {}).done, 1);
  const LoadedBackbone backbone = make_backbone(options_.backbone);
  VideoReader reader_of_a(video("a.mp4"));
  ASSERT_TRUE(reader_of_a.grab());
  const torch::Tensor image = FrameTransform(backbone.input.transform)(reader_of_a.retrieve());
  const FeatureReader reader(options_.output);
  EXPECT_TRUE(
      torch::allclose(reader.read("a")[0], backbone.rows(image.unsqueeze(0))[0], 1e-4, 1e-5));
  EXPECT_EQ(std::get<std::string>(reader.attributes("a").at("weights_hash")), "random:1");
  EXPECT_EQ(std::get<std::string>(reader.attributes().at("layer")), backbone.layer);
}

TEST_F(Extractor, GroupsTheReasonsInItsSummary) {
  ExtractResult result;
  result.done = 7;
  result.frames = 70;
  result.seconds = 10;
  result.stages = {1, 1, 17, 1};
  result.failures = {{"v/1.mp4", "failed", "'v/1.mp4' is cut after 12.5 seconds"},
                     {"v/2.mp4", "failed", "'v/2.mp4' is cut after 3 seconds"},
                     {"v/3.mp4", "partial", "'v/3.mp4' lacks 4 frames"}};
  EXPECT_THAT(summary(result),
              AllOf(HasSubstr("7 clips done"), HasSubstr("3 failed (1 of them partial)"),
                    HasSubstr("7.0 frames/s"), HasSubstr("network 85.0 %"),
                    HasSubstr("2 x failed: ... is cut after N seconds"), HasSubstr("v/1.mp4"),
                    HasSubstr("partial: 'v/3.mp4' lacks 4 frames")));
}

}  // namespace
}  // namespace vidqa::features

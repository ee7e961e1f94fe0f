// What happens to an extraction when the machine is not kind: kill -9, a full disk, a target that
// cannot be written, sources that change, several processes on one output.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <random>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "features/extraction_journal.h"
#include "features/extractor.h"
#include "features/feature_check.h"
#include "features/feature_merge.h"
#include "features/hash.h"
#include "features/parts_folder.h"
#include "tests/features/extraction_fixture.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsSubsetOf;

class ExtractionFaults : public ExtractionFixture {
 protected:
  /// Names of the parts that are there; each must be whole.
  std::set<std::string> whole_parts() const {
    std::set<std::string> names;
    if (!has_parts()) return names;
    for (const StoredClip& part : parts_in(parts().string())) {
      const FeatureReader reader(part.path);
      EXPECT_EQ(clip_fault(reader, part.clip), "") << part.path;
      EXPECT_EQ(reader.attributes().count(kComplete), 1) << part.path;
      names.insert(part.clip);
    }
    return names;
  }
  std::set<std::string> journaled() const {
    std::set<std::string> names;
    if (!has_parts()) return names;
    for (const auto& [clip, entry] : ExtractionJournal::read(parts().string()).clips)
      if (!entry.is_failure()) names.insert(clip);
    return names;
  }
  int run_in_child(const FeatureNetwork& network) {
    return exit_code_of(in_child([&] {
      extract(options_, network, {});
      return 0;
    }));
  }
  /// Starts a run in a process of its own and kills it when so many parts are there.
  void kill_at_parts(size_t count) {
    const pid_t child = in_child([&] {
      extract(options_, statistics_network([](const torch::Tensor& images) {
                std::this_thread::sleep_for(std::chrono::milliseconds(50));
                return channel_statistics(images);
              }),
              {});
      return 0;
    });
    while (!has_parts() || parts_in(parts().string()).size() < count)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    kill(child, SIGKILL);
    exit_code_of(child);
  }
};

TEST_F(ExtractionFaults, LosesNothingToFiftyKillsAtRandomMoments) {
  for (int i = 0; i < 4; ++i)  // more clips, so that there are more moments
    write_video(videos() / (std::string(1, static_cast<char>('e' + i)) + ".mp4"), 3 + i, i + 4);
  const auto start = std::chrono::steady_clock::now();
  const std::string expected = sha256(undisturbed());
  const auto whole_run = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - start);

  std::mt19937 random(1);  // NOLINT: the same moments every time, as far as that goes
  std::uniform_int_distribution<int64_t> moment(0, whole_run.count());
  int kills = 0, runs_to_the_end = 0;
  while (kills < 50) {
    ASSERT_LT(runs_to_the_end, 500);
    const std::set<std::string> before = whole_parts();
    const pid_t child = in_child([&] {
      run();
      return 0;
    });
    std::this_thread::sleep_for(std::chrono::microseconds(moment(random)));
    kill(child, SIGKILL);
    if (exit_code_of(child) == -1) ++kills;

    if (fs::exists(options_.output)) {
      EXPECT_EQ(sha256(content_of(options_.output)), expected) << "an output that shows is whole";
      EXPECT_EQ(run().done, 0);
      EXPECT_EQ(sha256(content_of(options_.output)), expected);
      EXPECT_FALSE(has_parts());
      fs::remove(options_.output);
      ++runs_to_the_end;
      continue;
    }
    const std::set<std::string> after = whole_parts();
    EXPECT_THAT(before, IsSubsetOf(after)) << "a finished clip was lost";
    EXPECT_THAT(journaled(), IsSubsetOf(after)) << "the journal promises what is not there";
  }
  run();
  EXPECT_EQ(sha256(content_of(options_.output)), expected);
  EXPECT_FALSE(has_parts());
}

TEST_F(ExtractionFaults, RefusesPartsOfAnotherRecipe) {
  kill_at_parts(1);
  const size_t left = parts_in(parts().string()).size();
  options_.frames.sampler.fps = 5;
  EXPECT_THAT(reason_of([&] { run(); }),
              AllOf(HasSubstr("features.h5.parts"), HasSubstr("fps = 3, this run has 5")));
  EXPECT_EQ(whole_parts().size(), left);
  options_.frames.sampler.fps = 3;
  const ExtractResult result = run();
  EXPECT_EQ(static_cast<size_t>(result.skipped), left);
  EXPECT_EQ(result.done + result.skipped, 4);
}

TEST_F(ExtractionFaults, MakesADamagedPartAgain) {
  const std::string expected = sha256(undisturbed());
  kill_at_parts(1);
  const StoredClip part = parts_in(parts().string()).front();
  std::string bytes = content_of(part.path);
  const torch::Tensor rows = FeatureReader(part.path).read(part.clip);
  const size_t data = bytes.find(std::string(static_cast<const char*>(rows.data_ptr()), 24));
  ASSERT_NE(data, std::string::npos);
  bytes[data + 5] = static_cast<char>(bytes[data + 5] ^ 0x10);
  std::ofstream(part.path, std::ios::binary) << bytes;
  run();
  EXPECT_EQ(sha256(content_of(options_.output)), expected);
}

TEST_F(ExtractionFaults, MakesADamagedClipOfTheOutputAgain) {
  run();
  const std::string expected = sha256(content_of(options_.output));
  std::string bytes = content_of(options_.output);
  const torch::Tensor rows = FeatureReader(options_.output).read("c");
  const size_t data = bytes.find(std::string(static_cast<const char*>(rows.data_ptr()), 24));
  ASSERT_NE(data, std::string::npos);
  bytes[data] = static_cast<char>(bytes[data] ^ 1);
  std::ofstream(options_.output, std::ios::binary) << bytes;
  const ExtractResult result = run();
  EXPECT_EQ(result.done, 1);
  EXPECT_EQ(result.skipped, 3);
  EXPECT_EQ(sha256(content_of(options_.output)), expected);
}

TEST_F(ExtractionFaults, MakesAClipAgainWhoseVideoHasChanged) {
  run();
  const std::string bytes = content_of(video("c.mp4"));
  // The same content at another time is the same video.
  fs::last_write_time(video("c.mp4"), fs::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_EQ(run().skipped, 4);
  // As many other bytes are not.
  std::string changed = bytes;
  changed.back() = static_cast<char>(changed.back() ^ 1);
  std::ofstream(video("c.mp4"), std::ios::binary) << changed;
  fs::last_write_time(video("c.mp4"), fs::file_time_type::clock::now() + std::chrono::hours(2));
  const ExtractResult result = run();
  EXPECT_EQ(result.skipped, 3);
  EXPECT_EQ(result.done + static_cast<int64_t>(result.failures.size()), 1);
}

// With batches of one, the decoder of a video of 25 frames is still at work when the first row is
// made.
TEST_F(ExtractionFaults, TakesAVideoThatChangesMeanwhileForAFailure) {
  options_.videos = {video("c.mp4")};
  options_.frames.sampler = parse_frame_sampler("stride:1");
  options_.batch_size = 1;
  bool changed = false;
  const ExtractResult result =
      extract(options_, statistics_network([&](const torch::Tensor& images) {
                if (!changed)
                  fs::last_write_time(video("c.mp4"),
                                      fs::file_time_type::clock::now() + std::chrono::hours(1));
                changed = true;
                return channel_statistics(images);
              }),
              {});
  ASSERT_EQ(result.failures.size(), 1);
  EXPECT_EQ(result.failures[0].kind, "changed");
  EXPECT_FALSE(fs::exists(options_.output));
  EXPECT_THAT(content_of(failures()), HasSubstr("changed"));
  EXPECT_EQ(run().done, 1);
}

TEST_F(ExtractionFaults, SharesTheClipsAmongProcessesOnOneOutput) {
  const std::string expected = sha256(undisturbed());
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i)
    children.push_back(in_child([&] {
      const ExtractResult result =
          extract(options_, statistics_network([](const torch::Tensor& images) {
                    std::this_thread::sleep_for(std::chrono::milliseconds(20));
                    return channel_statistics(images);
                  }),
                  {});
      return static_cast<int>(result.done);
    }));
  int done = 0;
  for (const pid_t child : children) done += exit_code_of(child);
  EXPECT_EQ(done, 4) << "every clip is made once";
  EXPECT_EQ(sha256(content_of(options_.output)), expected) << "the last one merges";
  EXPECT_FALSE(has_parts());
}

TEST_F(ExtractionFaults, ShardsTogetherMakeTheSameFile) {
  const std::string expected = sha256(undisturbed());
  for (const int64_t index : {2, 1}) {
    options_.shard = Shard{index, 3};
    EXPECT_EQ(run().merged, false);
  }
  EXPECT_FALSE(fs::exists(options_.output));
  const MergeOptions merging{options_.output, {}, false};
  EXPECT_THAT(reason_of([&] { merge(merging); }), HasSubstr("shard 3/3 did not come to its end"));
  options_.shard = Shard{3, 3};
  run();
  const MergeResult merged = merge(merging);
  EXPECT_TRUE(merged.is_written);
  EXPECT_EQ(merged.clips, 4);
  EXPECT_EQ(sha256(content_of(options_.output)), expected);
  EXPECT_FALSE(merge(merging).is_written) << "nothing is left to do";
  EXPECT_EQ(sha256(content_of(options_.output)), expected);
}

TEST_F(ExtractionFaults, SaysWhichOutputCannotBeWritten) {
  std::ofstream(folder_.file("file")).close();
  for (const std::string& output : {folder_.file("file/features.h5"),
                                    std::string("/proc/features.h5"), folder_.path().string()}) {
    options_.output = output;
    EXPECT_THAT(reason_of([&] { run(); }), HasSubstr(output));
  }
}

// A limit on the size of files stands for the full disk.
TEST_F(ExtractionFaults, StopsWhenAFileCannotGrowAndGoesOnLater) {
  options_.frames.sampler = parse_frame_sampler("stride:1");
  const FeatureNetwork wide = statistics_network([](const torch::Tensor& images) {
    return channel_statistics(images).repeat({1, 200});
  });
  const pid_t child = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{70000, 70000};  // b needs 5 kB, c 120 kB
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string reason = reason_of([&] { extract(options_, wide, {}); });
    return reason.find("c.h5") != std::string::npos && !fs::exists(options_.output) ? 0 : 1;
  });
  EXPECT_EQ(exit_code_of(child), 0);
  const size_t kept = whole_parts().size();
  EXPECT_GE(kept, 2U);
  const ExtractResult result = extract(options_, wide, {});
  EXPECT_EQ(static_cast<size_t>(result.skipped), kept);
  EXPECT_EQ(result.done + result.skipped, 4);
}

constexpr int kCannotMount = 77;

/// Runs `action` where a file system of `size` is mounted at `folder`, if the system lets us.
template <typename Action>
int with_small_disk(const std::string& folder, const std::string& size, const Action& action) {
  fs::create_directories(folder);
  return exit_code_of(in_child([&] {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", folder.c_str(), "tmpfs", 0, ("size=" + size).c_str()) != 0)
      return kCannotMount;
    return action();
  }));
}

TEST_F(ExtractionFaults, StopsWhenTheDiskIsFullAndGoesOnWhenItIsNot) {
  options_.frames.sampler = parse_frame_sampler("stride:1");
  const FeatureNetwork wide = statistics_network([](const torch::Tensor& images) {
    return channel_statistics(images).repeat({1, 2000});  // 48 kB a row
  });
  const std::string disk = folder_.file("disk");
  extract(options_, wide, {});
  const std::string expected = sha256(content_of(options_.output));
  options_.output = disk + "/features.h5";
  const int code = with_small_disk(disk, "900k", [&] {
    const std::string reason = reason_of([&] { extract(options_, wide, {}); });
    if (reason.find("No space left") == std::string::npos) return 1;
    if (fs::exists(options_.output)) return 2;
    for (const StoredClip& part : parts_in(options_.output + ".parts"))
      if (!clip_fault(FeatureReader(part.path), part.clip).empty()) return 3;
    if (mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT, "size=64m") != 0) return kCannotMount;
    extract(options_, wide, {});
    return sha256(content_of(options_.output)) == expected ? 0 : 4;
  });
  if (code == kCannotMount) GTEST_SKIP() << "cannot mount a small file system here";
  EXPECT_EQ(code, 0);
}

TEST_F(ExtractionFaults, SaysSoWhenTheTargetIsReadOnlyAndLeavesItAlone) {
  const std::string disk = folder_.file("disk");
  options_.output = disk + "/features.h5";
  const int code = with_small_disk(disk, "16m", [&] {
    run();
    const std::string before = content_of(options_.output);
    write_video(videos() / "z.mp4", 2, 9);
    if (mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
      return kCannotMount;
    const std::string reason = reason_of([&] { run(); });
    if (reason.find(disk) == std::string::npos || reason.find("Read-only") == std::string::npos)
      return 1;
    return content_of(options_.output) == before ? 0 : 2;
  });
  if (code == kCannotMount) GTEST_SKIP() << "cannot mount a small file system here";
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace vidqa::features

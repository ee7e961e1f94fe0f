// The small parts of an extraction: queue, batches, spool, locks, journal, shards, recipes.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "features/bounded_queue.h"
#include "features/extraction_journal.h"
#include "features/feature_writer.h"
#include "features/lock_file.h"
#include "features/network_threads.h"
#include "features/parts_folder.h"
#include "features/recipe.h"
#include "features/row_batcher.h"
#include "features/row_spool.h"
#include "features/shard.h"
#include "tests/features/extraction_fixture.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(BoundedQueue, HandsItemsOverInOrderAndHoldsBackTheMaker) {
  BoundedQueue<int> queue(2);
  std::atomic<int> made{0};
  std::thread maker([&] {
    for (int i = 0; i < 100; ++i) {
      queue.push(i);
      made = i + 1;
    }
    queue.close();
  });
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(queue.pop(), i);
    EXPECT_LE(made, i + 4);  // those taken, two inside, one that is being counted
  }
  EXPECT_EQ(queue.pop(), std::nullopt);
  maker.join();
}

TEST(BoundedQueue, LetsAMakerGoWhenItIsClosed) {
  BoundedQueue<int> queue(1);
  queue.push(1);
  bool taken = true;
  std::thread maker([&] { taken = queue.push(2); });
  queue.close();
  maker.join();
  EXPECT_FALSE(taken);
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

struct Delivered {
  std::map<size_t, std::vector<float>> rows;
  std::vector<int64_t> batches;

  NetworkThreads::Forward twice = [this](const torch::Tensor& inputs) {
    batches.push_back(inputs.size(0));
    return inputs.flatten(1) * 2;
  };
  RowBatcher::Deliver keep = [this](size_t clip, const torch::Tensor& values) {
    for (int64_t i = 0; i < values.size(0); ++i) rows[clip].push_back(values[i][0].item<float>());
  };
};

torch::Tensor input_of(float value) { return torch::full({1, 1, 1}, value); }

TEST(RowBatcher, FillsBatchesAcrossClipsAndGivesRowsBackInOrder) {
  Delivered delivered;
  NetworkThreads network(delivered.twice, 1);
  RowBatcher batcher(network, 3, delivered.keep);
  for (const float value : {1.F, 2.F}) batcher.add(0, input_of(value));
  batcher.end(0);
  for (const float value : {3.F, 4.F, 5.F}) batcher.add(1, input_of(value));
  batcher.end(1);
  batcher.flush();
  EXPECT_TRUE(batcher.mixes_clips());
  EXPECT_THAT(delivered.rows[0], ElementsAre(2, 4));
  EXPECT_THAT(delivered.rows[1], ElementsAre(6, 8, 10));
  EXPECT_THAT(delivered.batches, ElementsAre(3, 1, 2));  // the one input alone is the test
}

TEST(RowBatcher, SeparatesClipsWhenARowDependsOnTheBatch) {
  Delivered delivered;
  NetworkThreads network(
      [&](const torch::Tensor& inputs) {
        return inputs.flatten(1) * 2 + static_cast<double>(inputs.size(0)) / 8;
      },
      2);
  RowBatcher batcher(network, 3, delivered.keep);
  for (const float value : {1.F, 2.F}) batcher.add(0, input_of(value));
  batcher.end(0);
  batcher.add(1, input_of(3));
  EXPECT_FALSE(batcher.mixes_clips());
  for (const float value : {4.F, 5.F, 6.F}) batcher.add(1, input_of(value));
  batcher.end(1);
  batcher.flush();
  EXPECT_THAT(delivered.rows[0], ElementsAre(2.25, 4.25)) << "a clip that is whole does not wait";
  EXPECT_THAT(delivered.rows[1], ElementsAre(6.375, 8.375, 10.375, 12.125));
}

TEST(RowBatcher, DropsWhatWaitsOfAClip) {
  Delivered delivered;
  NetworkThreads network(delivered.twice, 1);
  RowBatcher batcher(network, 4, delivered.keep);
  batcher.add(0, input_of(1));
  batcher.add(1, input_of(2));
  batcher.drop(0);
  batcher.flush();
  EXPECT_EQ(delivered.rows.count(0), 0U);
  EXPECT_THAT(delivered.rows[1], ElementsAre(4));
}

TEST(RowBatcher, NamesARowTooFew) {
  NetworkThreads network([](const torch::Tensor& inputs) { return inputs.flatten(1).slice(0, 1); },
                         1);
  RowBatcher batcher(network, 2, [](size_t, const torch::Tensor&) {});
  batcher.add(0, input_of(1));
  batcher.add(0, input_of(2));
  EXPECT_THAT(reason_of([&] { batcher.flush(); }), HasSubstr("a row an input"));
}

TEST(RowBatcher, DeliversInOrderWhateverBatchIsDoneFirst) {
  Delivered delivered;
  NetworkThreads network(
      [](const torch::Tensor& inputs) {
        const float value = inputs[0].item<float>();
        std::this_thread::sleep_for(std::chrono::milliseconds(value < 2 ? 100 : 0));
        return inputs.flatten(1) * 2;
      },
      3);
  RowBatcher batcher(network, 1, delivered.keep);
  for (const float value : {1.F, 2.F, 3.F, 4.F, 5.F}) batcher.add(0, input_of(value));
  batcher.flush();
  EXPECT_THAT(delivered.rows[0], ElementsAre(2, 4, 6, 8, 10));
}

TEST(NetworkThreads, ShareOutTheProcessors) {
  EXPECT_EQ(NetworkThreads::batches_at_a_time(1), 1);
  EXPECT_EQ(NetworkThreads::batches_at_a_time(2), 2);
  EXPECT_EQ(NetworkThreads::batches_at_a_time(3), 3);
  EXPECT_EQ(NetworkThreads::batches_at_a_time(6), 3);
  EXPECT_EQ(NetworkThreads::batches_at_a_time(7), 1);
  EXPECT_EQ(NetworkThreads::batches_at_a_time(16), 4);
  const int before = at::get_num_threads();
  at::set_num_threads(4);
  std::atomic<int> processors{0};
  NetworkThreads network(
      [&](const torch::Tensor& inputs) {
        processors = at::get_num_threads();
        return inputs;
      },
      2);
  network.run({input_of(1)}).get();
  EXPECT_EQ(processors, 2);
  EXPECT_EQ(at::get_num_threads(), 4) << "the caller's stay";
  at::set_num_threads(before);
}

TEST(NetworkThreads, HandOnWhatTheNetworkThrows) {
  NetworkThreads network(
      [](const torch::Tensor&) -> torch::Tensor { throw std::runtime_error("no memory"); }, 2);
  EXPECT_THAT(reason_of([&] { network.run({input_of(1)}).get(); }), HasSubstr("no memory"));
}

TEST(RowSpool, GivesBackTheSameRowsFromMemoryAndFromDisk) {
  const testing::TempDir folder;
  const torch::Tensor rows = torch::randn({50, 7});
  for (const int64_t memory_bytes : {int64_t{0}, int64_t{300}, RowSpool::kMemoryBytes}) {
    for (const auto type : {torch::kFloat32, torch::kHalf}) {
      RowSpool spool(folder.path().string(), memory_bytes);
      for (const auto& [begin, end] : {std::pair{0, 20}, {20, 21}, {21, 50}})
        spool.append(rows.slice(0, begin, end).to(type));
      EXPECT_EQ(spool.rows(), 50);
      EXPECT_TRUE(torch::equal(spool.all(), rows.to(type))) << memory_bytes;
      EXPECT_TRUE(fs::is_empty(folder.path())) << "nothing is left if the process dies";
    }
  }
}

TEST(RowSpool, RefusesRowsOfAnotherWidthAndFoldersThatAreNotThere) {
  RowSpool spool("/nonexistent", 0);
  EXPECT_THAT(reason_of([&] { spool.append(torch::zeros({1, 2})); }), HasSubstr("/nonexistent"));
  RowSpool other(".");
  other.append(torch::zeros({1, 2}));
  EXPECT_THAT(reason_of([&] { other.append(torch::zeros({1, 3})); }), HasSubstr("2 columns"));
}

TEST(LockFile, ExcludesOthersPlaceByPlace) {
  const testing::TempDir folder;
  LockFile mine(folder.file("lock")), other(folder.file("lock"));
  using Mode = LockFile::Mode;
  EXPECT_TRUE(mine.try_lock(5, Mode::kExclusive));
  EXPECT_FALSE(other.try_lock(5, Mode::kExclusive));
  EXPECT_FALSE(other.try_lock(5, Mode::kShared));
  EXPECT_TRUE(other.try_lock(6, Mode::kExclusive));
  mine.unlock(5);
  EXPECT_TRUE(other.try_lock(5, Mode::kShared));
  EXPECT_TRUE(mine.try_lock(5, Mode::kShared));
  EXPECT_FALSE(mine.try_lock(5, Mode::kExclusive)) << "the other one shares it";
  other.unlock(5);
  EXPECT_TRUE(mine.try_lock(5, Mode::kExclusive));
}

TEST(LockFile, IsFreeWhenItsProcessDies) {
  const testing::TempDir folder;
  const pid_t child = in_child([&] {
    LockFile lock(folder.file("lock"));
    lock.lock(3, LockFile::Mode::kExclusive);
    raise(SIGKILL);
    return 0;
  });
  EXPECT_EQ(exit_code_of(child), -1);
  LockFile lock(folder.file("lock"));
  EXPECT_TRUE(lock.try_lock(3, LockFile::Mode::kExclusive));
  EXPECT_TRUE(lock.is_in_place());
  fs::remove(folder.file("lock"));
  EXPECT_FALSE(lock.is_in_place());
}

TEST(ExtractionJournal, KeepsTheLatestEntryOfEveryClip) {
  const testing::TempDir folder;
  {
    ExtractionJournal first(folder.path().string()), second(folder.path().string());
    first.append({"a", "v/a.mp4", "failed", "'v/a.mp4' is empty", 0, 0, 0});
    first.append({"b", "v/b.mp4", "done", "", 7, 100, 5});
    first.append_shard("1/2", false);
    second.append({"a", "v/a.mp4", "done", "", 3, 20, 6});
    second.append({"c \"ä\"", "v/c.mp4", "timeout", "late", 0, 0, 0});
    second.append_shard("1/2", true);
    second.append_shard("2/2", false);
  }
  const ExtractionJournal::Account account = ExtractionJournal::read(folder.path().string());
  ASSERT_EQ(account.clips.size(), 3U);
  EXPECT_EQ(account.clips.at("a").status, "done");
  EXPECT_EQ(account.clips.at("b").rows, 7);
  EXPECT_EQ(account.clips.at("c \"ä\"").reason, "late");
  ASSERT_EQ(account.failures().size(), 1U);
  EXPECT_EQ(account.failures()[0].kind, "timeout");
  EXPECT_TRUE(account.shards.at("1/2"));
  EXPECT_FALSE(account.shards.at("2/2"));
}

TEST(ExtractionJournal, PassesOverALastLineThatWasCutAndNamesAnyOther) {
  const testing::TempDir folder;
  const std::string good = R"({"time_ns":1,"clip":"a","path":"a.mp4","status":"done","rows":2})";
  std::ofstream(folder.file("journal-x-1-0.jsonl")) << good << "\n" << good.substr(0, 20);
  EXPECT_EQ(ExtractionJournal::read(folder.path().string()).clips.size(), 1U);
  std::ofstream(folder.file("journal-x-2-0.jsonl")) << good << "\nno json\n" << good << "\n";
  EXPECT_THAT(reason_of([&] { ExtractionJournal::read(folder.path().string()); }),
              AllOf(HasSubstr("journal-x-2-0.jsonl"), HasSubstr("line 2")));
}

TEST(Shard, DividesAListWithoutGapOrOverlap) {
  for (int64_t place = 0; place < 20; ++place) {
    int held = 0;
    for (int64_t index = 1; index <= 3; ++index) held += Shard{index, 3}.holds(place) ? 1 : 0;
    EXPECT_EQ(held, 1);
  }
}

TEST(Shard, ReadsNumbersAndTheArrayOfASlurmJob) {
  EXPECT_EQ(parse_shard("2/8").to_string(), "2/8");
  for (const char* wrong : {"", "2", "0/8", "9/8", "a/8", "2/8x", "2/0"})
    EXPECT_THAT(reason_of([&] { parse_shard(wrong); }), HasSubstr("shard must be")) << wrong;
  unsetenv("SLURM_ARRAY_TASK_ID");
  EXPECT_THAT(reason_of([] { parse_shard("slurm"); }), HasSubstr("SLURM_ARRAY_TASK_ID"));
  setenv("SLURM_ARRAY_TASK_ID", "12", 1);
  setenv("SLURM_ARRAY_TASK_MIN", "10", 1);
  setenv("SLURM_ARRAY_TASK_COUNT", "4", 1);
  EXPECT_EQ(parse_shard("slurm").to_string(), "3/4");
  for (const char* name : {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT"})
    unsetenv(name);
}

TEST(Recipe, IsTheSameAfterJson) {
  const Attributes recipe = {{"fps", 3.0}, {"window_length", int64_t{16}}, {"layer", "fc \"7\" ä"}};
  EXPECT_EQ(attributes_from_json(to_json(recipe), "recipe"), recipe);
  EXPECT_THAT(reason_of([] { attributes_from_json("[1]", "'r.json'"); }), HasSubstr("'r.json'"));
}

TEST(PartsFolder, NamesPartsOfLongClipsByAHash) {
  const testing::TempDir folder;
  PartsFolder parts(folder.file("f.h5"));
  const std::string name(250, 'x');
  {
    FeatureWriter writer(parts.part(name));
    writer.write(name, torch::zeros({1, 2}), {0}, {});
    writer.close();
  }
  const std::vector<StoredClip> stored = parts_in(parts.path());
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0].clip, name);
}

TEST(PartsFolder, GivesAClipToOneRunOnly) {
  const testing::TempDir folder;
  PartsFolder first(folder.file("f.h5"));
  first.end_turn();
  PartsFolder second(folder.file("f.h5"));
  EXPECT_TRUE(first.claim("a"));
  EXPECT_FALSE(second.claim("a"));
  EXPECT_TRUE(second.claim("b"));
  first.release("a");
  EXPECT_TRUE(second.claim("a"));
  EXPECT_FALSE(second.is_alone());
}

}  // namespace
}  // namespace vidqa::features

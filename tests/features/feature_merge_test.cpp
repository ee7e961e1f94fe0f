#include "features/feature_merge.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "features/dense_export.h"
#include "features/feature_check.h"
#include "features/feature_writer.h"
#include "tests/features/extraction_fixture.h"
#include "tests/testing/feature_file.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

torch::Tensor rows_of(int64_t seed) {
  torch::manual_seed(seed);
  return torch::randn({4, 5});
}

void write_features(const std::string& path, const std::map<std::string, int64_t>& seeds,
                    const Attributes& recipe = {{"fps", 3.0}, {"backbone", "x"}}) {
  FeatureWriter writer(path);
  writer.set_attributes(recipe);
  for (const auto& [clip, seed] : seeds)
    writer.write(clip, rows_of(seed), {0, 1, 2, 3}, {{"source", clip + ".mp4"}});
  writer.close();
}

class FeatureMerge : public ::testing::Test {
 protected:
  std::string file(const std::string& name) const { return folder_.file(name); }
  MergeResult merge_files(const std::vector<std::string>& names) const {
    MergeOptions options{file("all.h5"), {}, false};
    for (const std::string& name : names) options.sources.push_back(file(name));
    return merge(options);
  }
  testing::TempDir folder_;
};

TEST_F(FeatureMerge, PutsFilesTogetherAndStandsAlone) {
  write_features(file("1.h5"), {{"a", 1}, {"d", 4}});
  write_features(file("2.h5"), {{"b", 2}});
  const MergeResult result = merge_files({"1.h5", "2.h5"});
  EXPECT_EQ(result.clips, 3);
  EXPECT_TRUE(result.is_written);
  fs::remove(file("1.h5"));
  fs::remove(file("2.h5"));
  const FeatureReader reader(file("all.h5"));
  EXPECT_THAT(reader.clips(), ElementsAre("a", "b", "d"));
  EXPECT_TRUE(torch::equal(reader.read("d"), rows_of(4)));
  EXPECT_THAT(reader.times_seconds("b"), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(std::get<std::string>(reader.attributes("a").at("source")), "a.mp4");
  EXPECT_EQ(std::get<double>(reader.attributes().at("fps")), 3.0);
  EXPECT_THAT(check_feature_file(file("all.h5")).faults, IsEmpty());
}

TEST_F(FeatureMerge, ChangesNothingTheSecondTimeAndDoesNotAskForTheOrder) {
  write_features(file("1.h5"), {{"a", 1}, {"d", 4}});
  write_features(file("2.h5"), {{"b", 2}});
  merge_files({"1.h5", "2.h5"});
  const std::string once = content_of(file("all.h5"));
  const auto time = fs::last_write_time(file("all.h5"));
  EXPECT_FALSE(merge_files({"2.h5", "1.h5"}).is_written);
  EXPECT_EQ(fs::last_write_time(file("all.h5")), time);
  fs::remove(file("all.h5"));
  merge_files({"2.h5", "1.h5"});
  EXPECT_EQ(content_of(file("all.h5")), once);
}

TEST_F(FeatureMerge, RefusesMixedRecipesNamingTheOptionAndTheFile) {
  write_features(file("1.h5"), {{"a", 1}});
  write_features(file("2.h5"), {{"b", 2}}, {{"fps", 5.0}, {"backbone", "x"}});
  write_features(file("3.h5"), {{"c", 2}}, {{"fps", 3.0}, {"backbone", "x"}, {"stream", "best"}});
  EXPECT_THAT(reason_of([&] {
                merge_files({"1.h5", "2.h5"});
              }),
              AllOf(HasSubstr("2.h5"), HasSubstr("fps = 5"), HasSubstr("not mixed")));
  EXPECT_THAT(reason_of([&] {
                merge_files({"1.h5", "3.h5"});
              }),
              AllOf(HasSubstr("1.h5"), HasSubstr("stream")));
  EXPECT_FALSE(fs::exists(file("all.h5")));
}

TEST_F(FeatureMerge, TakesAClipOnceAndRefusesTwoContents) {
  write_features(file("1.h5"), {{"a", 1}, {"b", 2}});
  write_features(file("2.h5"), {{"b", 2}, {"c", 3}});
  EXPECT_EQ(merge_files({"1.h5", "2.h5"}).clips, 3);
  write_features(file("2.h5"), {{"b", 7}, {"c", 3}});
  EXPECT_THAT(reason_of([&] {
                merge_files({"1.h5", "2.h5"});
              }),
              AllOf(HasSubstr("clip 'b' differs"), HasSubstr("1.h5"), HasSubstr("2.h5")));
}

TEST_F(FeatureMerge, DoesNotThrowAwayWhatTheOutputHolds) {
  write_features(file("1.h5"), {{"a", 1}});
  write_features(file("all.h5"), {{"z", 9}});
  EXPECT_THAT(reason_of([&] { merge_files({"1.h5"}); }),
              AllOf(HasSubstr("holds clip 'z'"), HasSubstr("all.h5")));
  EXPECT_EQ(merge_files({"1.h5", "all.h5"}).clips, 2);
}

TEST_F(FeatureMerge, RefusesDamagedClipsAndMissingSources) {
  write_features(file("1.h5"), {{"a", 1}});
  std::string bytes = content_of(file("1.h5"));
  const torch::Tensor rows = rows_of(1);
  const size_t data = bytes.find(std::string(static_cast<const char*>(rows.data_ptr()), 20));
  ASSERT_NE(data, std::string::npos);
  bytes[data] = static_cast<char>(bytes[data] ^ 4);
  std::ofstream(file("1.h5"), std::ios::binary) << bytes;
  EXPECT_THAT(reason_of([&] { merge_files({"1.h5"}); }),
              AllOf(HasSubstr("1.h5"), HasSubstr("hash differs")));
  EXPECT_THAT(reason_of([&] { merge_files({"none.h5"}); }), HasSubstr("none.h5"));
  EXPECT_THAT(reason_of([&] { merge({file("never.h5"), {}, false}); }), HasSubstr("never.h5"));
}

TEST_F(FeatureMerge, TakesFilesOfOtherPrograms) {
  testing::write_feature_file(file("1.h5"), {{"a", torch::ones({2, 3})}});
  testing::write_feature_file(file("2.h5"), {{"b", torch::ones({1, 3})}});
  EXPECT_EQ(merge_files({"1.h5", "2.h5"}).clips, 2);
  EXPECT_TRUE(torch::equal(FeatureReader(file("all.h5")).read("a"), torch::ones({2, 3})));
}

TEST(DenseExport, PutsVideosInTheRowsOfTheirNumbers) {
  const testing::TempDir folder;
  write_features(folder.file("vgg.h5"), {{"vid2", 2}, {"vid10", 10}, {"vid1", 1}});
  write_features(folder.file("c3d.h5"), {{"vid2", 12}, {"vid3", 13}});
  DenseExportOptions options{folder.file("dense.h5"), {}, false};
  options.arrays = {{"vgg", folder.file("vgg.h5")}, {"c3d", folder.file("c3d.h5")}};
  EXPECT_THAT(reason_of([&] { export_dense(options); }),
              AllOf(HasSubstr("dense.h5"), HasSubstr("9 videos")));
  options.allow_missing = true;
  const DenseExportResult result = export_dense(options);
  EXPECT_EQ(result.videos, 10);
  EXPECT_THAT(result.missing, ElementsAre(1, 3, 4, 5, 6, 7, 8, 9, 10));
  const FeatureReader reader(folder.file("dense.h5"));
  EXPECT_THAT(reader.dense_arrays(), ElementsAre("c3d", "vgg"));
  EXPECT_TRUE(torch::equal(reader.read_dense("vgg", 9), rows_of(10)));
  EXPECT_TRUE(torch::equal(reader.read_dense("vgg", 1), rows_of(2)));
  EXPECT_TRUE(torch::equal(reader.read_dense("c3d", 2), rows_of(13)));
  EXPECT_EQ(reader.read_dense("vgg", 4).abs().sum().item<float>(), 0);
}

TEST(DenseExport, NamesClipsWithoutANumberAndOfAnotherLength) {
  const testing::TempDir folder;
  DenseExportOptions options{folder.file("dense.h5"), {{"vgg", folder.file("f.h5")}}, false};
  write_features(folder.file("f.h5"), {{"cat", 2}});
  EXPECT_THAT(reason_of([&] { export_dense(options); }), HasSubstr("'cat'"));
  write_features(folder.file("f.h5"), {{"vid1", 2}, {"clip01", 2}});
  EXPECT_THAT(reason_of([&] { export_dense(options); }), HasSubstr("one number"));
  {
    FeatureWriter writer(folder.file("f.h5"));
    writer.write("vid1", torch::zeros({2, 3}), {0, 1}, {});
    writer.write("vid2", torch::zeros({1, 3}), {0}, {});
    writer.close();
  }
  EXPECT_THAT(reason_of([&] { export_dense(options); }),
              AllOf(HasSubstr("'vid2'"), HasSubstr("uniform:20")));
  EXPECT_FALSE(fs::exists(folder.file("dense.h5")));
}

TEST(FeatureCheck, ListsWhatIsDamagedAndWhatIsMissing) {
  const testing::TempDir folder;
  const std::string path = folder.file("f.h5");
  write_features(path, {{"a", 1}, {"b", 2}, {"c", 3}});
  EXPECT_THAT(check_feature_file(path).faults, IsEmpty());
  EXPECT_EQ(check_feature_file(path).rows, 12);

  std::string bytes = content_of(path);
  const torch::Tensor rows = rows_of(2);
  const size_t data = bytes.find(std::string(static_cast<const char*>(rows.data_ptr()), 20));
  ASSERT_NE(data, std::string::npos);
  bytes[data + 40] = static_cast<char>(bytes[data + 40] ^ 1);
  std::ofstream(path, std::ios::binary) << bytes;
  const FileCheck check = check_feature_file(path, {"a", "z"});
  ASSERT_EQ(check.faults.size(), 2U);
  EXPECT_EQ(check.faults[0].clip, "b");
  EXPECT_THAT(check.faults[0].reason, HasSubstr("hash differs"));
  EXPECT_EQ(check.faults[1].clip, "z");
}

// Every byte in turn would take long; every 97th meets all parts of the file.
TEST(FeatureCheck, NoticesAByteThatChangedInTheDataAndNeverFallsOver) {
  const testing::TempDir folder;
  const std::string path = folder.file("f.h5");
  write_features(path, {{"a", 1}});
  const std::string bytes = content_of(path);
  const torch::Tensor rows = rows_of(1);
  const size_t data = bytes.find(std::string(static_cast<const char*>(rows.data_ptr()), 20));
  ASSERT_NE(data, std::string::npos);
  for (size_t at = 8; at < bytes.size(); at += 97) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    std::ofstream(path, std::ios::binary) << changed;
    bool is_noticed = false;
    try {
      is_noticed = !check_feature_file(path, {"a"}).faults.empty();
    } catch (const c10::Error&) {
      is_noticed = true;  // the file cannot be opened
    }
    const bool is_data = at >= data && at < data + rows.nbytes();
    EXPECT_TRUE(is_noticed || !is_data) << at;
  }
}

TEST(FeatureCheck, SaysWhatToDoWithAFileThatIsCut) {
  const testing::TempDir folder;
  const std::string path = folder.file("f.h5");
  write_features(path, {{"a", 1}});
  fs::resize_file(path, fs::file_size(path) / 2);
  EXPECT_THAT(reason_of([&] { check_feature_file(path); }),
              AllOf(HasSubstr("f.h5"), HasSubstr("make it again")));
}

TEST(FeatureCheck, ReadsFilesOfOtherPrograms) {
  const testing::TempDir folder;
  const std::string path = folder.file("f.h5");
  testing::write_feature_file(
      path, {{"good", torch::ones({2, 3})},
             {"nan", torch::full({2, 3}, std::numeric_limits<float>::quiet_NaN())},
             {"none", torch::ones({0, 3})}});
  const FileCheck check = check_feature_file(path);
  EXPECT_EQ(check.clips, 3);
  EXPECT_EQ(check.without_hash, 1);
  ASSERT_EQ(check.faults.size(), 2U);
  EXPECT_THAT(check.faults[0].reason, HasSubstr("NaN"));
  EXPECT_THAT(check.faults[1].reason, HasSubstr("no rows"));
}

}  // namespace
}  // namespace vidqa::features

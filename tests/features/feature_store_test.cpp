#include "features/feature_store.h"

#include <csignal>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <torch/torch.h>
#include <unistd.h>

#include "features/feature_writer.h"
#include "features/hash.h"
#include "features/hdf5_handles.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string reason_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "";
}

/// IEEE binary16, which HDF5 1.10 has no name for.
Hdf5Handle half_type() {
  Hdf5Handle type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose, "copy a type");
  check_hdf5(H5Tset_fields(type, 15, 10, 5, 0, 10), "set fields");
  check_hdf5(H5Tset_size(type, 2), "set size");
  check_hdf5(H5Tset_ebias(type, 15), "set bias");
  return type;
}

/// Writes data sets as other programs do, through HDF5 itself.
class ForeignFile {
 public:
  explicit ForeignFile(const std::string& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose,
              "create " + path) {}

  void add(const std::string& name, const torch::Tensor& values, hid_t file_type) {
    const torch::Tensor doubles = values.to(torch::kFloat64).contiguous();
    const std::vector<hsize_t> shape(values.sizes().begin(), values.sizes().end());
    const Hdf5Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                           H5Sclose, name);
    const Hdf5Handle set(
        H5Dcreate2(file_, name.c_str(), file_type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Dclose, name);
    check_hdf5(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, doubles.data_ptr()),
               name);
  }

 private:
  Hdf5Handle file_;
};

const Attributes kProvenance = {
    {"source", "a b.mp4"}, {"source_bytes", int64_t{1} << 40}, {"fps", 2.5}, {"note", ""}};

/// What was given, without what the writer adds to every clip.
Attributes given(Attributes attributes) {
  for (const char* added : {kRowCount, kContentHash})
    EXPECT_EQ(attributes.erase(added), 1U) << added;
  return attributes;
}

void write_two_clips(const std::string& path) {
  FeatureWriter writer(path);
  writer.set_attributes({{"recipe", "fps=3"}});
  writer.write("b", torch::arange(6, torch::kFloat32).view({2, 3}), {0, 0.5}, kProvenance);
  writer.write("clip ä", torch::full({1, 3}, 7.25), {0.125}, {});
  writer.close();
}

TEST(FeatureStore, GivesBackWhatWasWritten) {
  const testing::TempDir folder;
  write_two_clips(folder.file("features.h5"));
  const FeatureReader reader(folder.file("features.h5"));
  EXPECT_THAT(reader.clips(), ElementsAre("b", "clip ä"));
  EXPECT_TRUE(torch::equal(reader.read("b"), torch::arange(6, torch::kFloat32).view({2, 3})));
  EXPECT_THAT(reader.times_seconds("b"), ElementsAre(0, 0.5));
  EXPECT_THAT(reader.times_seconds("clip ä"), ElementsAre(0.125));
  EXPECT_EQ(given(reader.attributes("b")), kProvenance);
  EXPECT_EQ(reader.attributes(), (Attributes{{"recipe", "fps=3"}, {kComplete, int64_t{1}}}));
  EXPECT_TRUE(reader.contains("b"));
  for (const char* absent : {"a", "", ".", "_times", "_times/b", "/b", "b/c"})
    EXPECT_FALSE(reader.contains(absent));
}

TEST(FeatureStore, WritesTheSameBytesTwice) {
  const testing::TempDir folder;
  write_two_clips(folder.file("1.h5"));
  write_two_clips(folder.file("2.h5"));
  EXPECT_EQ(content_of(folder.file("1.h5")), content_of(folder.file("2.h5")));
}

TEST(FeatureStore, KeepsHalvesRoundedToNearestAndRefusesWhatTheyCannotHold) {
  const testing::TempDir folder;
  const torch::Tensor values = torch::tensor({{0.1F, -65504.0F, 1.0009766F}});
  FeatureWriter writer(folder.file("half.h5"), FeatureType::kFloat16);
  writer.write("a", values, {0}, {});
  EXPECT_THAT(reason_of([&] { writer.write("large", values * 2, {0}, {}); }),
              AllOf(HasSubstr("'large'"), HasSubstr("half.h5"), HasSubstr("float16")));
  writer.close();
  const FeatureReader reader(folder.file("half.h5"));
  EXPECT_TRUE(torch::equal(reader.read("a"), values.to(torch::kHalf).to(torch::kFloat32)));
  EXPECT_FALSE(reader.contains("large"));
  // 3 numbers in 2 bytes each and one time
  EXPECT_EQ(std::get<std::string>(reader.attributes("a").at(kContentHash)),
            reader.content_sha256("a"));
}

TEST(FeatureStore, HashesTheBytesOfRowsAndTimes) {
  const testing::TempDir folder;
  const torch::Tensor rows = torch::rand({300, 5000});  // more than is read at a time
  const std::vector<double> times(300, 0.25);
  FeatureWriter writer(folder.file("features.h5"));
  writer.write("a", rows, times, {});
  writer.close();
  std::string bytes(static_cast<const char*>(rows.data_ptr()), rows.nbytes());
  bytes.append(reinterpret_cast<const char*>(times.data()), times.size() * sizeof(double));
  const FeatureReader reader(folder.file("features.h5"));
  EXPECT_EQ(reader.content_sha256("a"), sha256(bytes));
  EXPECT_EQ(std::get<std::string>(reader.attributes("a").at(kContentHash)), sha256(bytes));
  EXPECT_EQ(std::get<int64_t>(reader.attributes("a").at(kRowCount)), 300);
}

TEST(FeatureStore, CopiesClipsWithTimesAndAttributes) {
  const testing::TempDir folder;
  write_two_clips(folder.file("from.h5"));
  FeatureWriter writer(folder.file("to.h5"));
  writer.copy(folder.file("from.h5"), {"b"});
  writer.close();
  const FeatureReader reader(folder.file("to.h5"));
  EXPECT_THAT(reader.clips(), ElementsAre("b"));
  EXPECT_TRUE(torch::equal(reader.read("b"), torch::arange(6, torch::kFloat32).view({2, 3})));
  EXPECT_THAT(reader.times_seconds("b"), ElementsAre(0, 0.5));
  EXPECT_EQ(given(reader.attributes("b")), kProvenance);
}

TEST(FeatureStore, ReadsHalfAndDoublePrecisionAndOneRow) {
  const testing::TempDir folder;
  const torch::Tensor values = torch::tensor({{0.5, -2.0, 65504.0}, {6.103515625e-05, 0.0, 1.5}});
  {
    ForeignFile file(folder.file("foreign.h5"));
    file.add("half", values, half_type());
    file.add("double", values, H5T_IEEE_F64LE);
    file.add("one_row", values[1], H5T_IEEE_F32LE);
    file.add("no_rows", torch::empty({0, 3}), H5T_IEEE_F32LE);
  }
  const FeatureReader reader(folder.file("foreign.h5"));
  EXPECT_THAT(reader.clips(), ElementsAre("double", "half", "no_rows", "one_row"));
  EXPECT_TRUE(torch::equal(reader.read("half"), values));  // all of them are halves exactly
  EXPECT_TRUE(torch::equal(reader.read("double"), values));
  EXPECT_TRUE(torch::equal(reader.read("one_row"), values.slice(0, 1)));
  EXPECT_EQ(reader.read("no_rows").sizes(), (std::vector<int64_t>{0, 3}));
  EXPECT_THAT(reader.times_seconds("half"), IsEmpty());
}

TEST(FeatureStore, ReadsDenseArraysRowByRow) {
  const testing::TempDir folder;
  const torch::Tensor vgg = torch::rand({4, 5, 6});
  {
    ForeignFile file(folder.file("dense.h5"));
    file.add("vgg", vgg, H5T_IEEE_F32LE);
    file.add("c3d", vgg * 2, H5T_IEEE_F32LE);
  }
  const FeatureReader reader(folder.file("dense.h5"));
  EXPECT_THAT(reader.dense_arrays(), ElementsAre("c3d", "vgg"));
  EXPECT_THAT(reader.clips(), IsEmpty());
  for (const int64_t row : {0, 3})
    EXPECT_TRUE(torch::equal(reader.read_dense("vgg", row), vgg[row]));
  EXPECT_THAT(reason_of([&] { reader.read_dense("vgg", 4); }),
              AllOf(HasSubstr("dense.h5"), HasSubstr("0 to 3")));
  EXPECT_THAT(reason_of([&] { reader.read_dense("vgg", -1); }), HasSubstr("got -1"));
  EXPECT_THAT(reason_of([&] { reader.read_dense("flow", 0); }), HasSubstr("'c3d', 'vgg'"));
  EXPECT_THAT(reason_of([&] { reader.read("vgg"); }),
              AllOf(HasSubstr("no clip 'vgg'"), HasSubstr("dense arrays")));
}

TEST(FeatureStore, NamesFileAndClipInErrors) {
  const testing::TempDir folder;
  const std::string path = folder.file("features.h5");
  EXPECT_THAT(reason_of([&] { FeatureReader reader(path); }),
              AllOf(HasSubstr(path), HasSubstr("does not exist")));
  write_two_clips(path);
  EXPECT_THAT(reason_of([&] { FeatureReader(path).read("c"); }),
              AllOf(HasSubstr(path), HasSubstr("'c'"), HasSubstr("2 clips: 'b', 'clip ä'")));
  std::ofstream(folder.file("text.h5")) << "not HDF5";
  EXPECT_THAT(reason_of([&] { FeatureReader reader(folder.file("text.h5")); }),
              HasSubstr("text.h5"));
}

TEST(FeatureStore, RefusesNamesAndShapesThatCannotBeStored) {
  const testing::TempDir folder;
  FeatureWriter writer(folder.file("features.h5"));
  for (const char* name : {"", ".", "_times", "a/b"})
    EXPECT_THROW(writer.write(name, torch::zeros({1, 2}), {0}, {}), c10::Error) << name;
  EXPECT_THROW(writer.write("a", torch::zeros({2, 2}), {0}, {}), c10::Error);
  EXPECT_THROW(writer.write("a", torch::zeros({2}), {0, 1}, {}), c10::Error);
}

TEST(FeatureStore, LeavesNothingBehindWithoutClose) {
  const testing::TempDir folder;
  {
    FeatureWriter writer(folder.file("features.h5"));
    writer.write("a", torch::zeros({1, 2}), {0}, {});
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

// A limit on the size of files stands for the full disk.
TEST(FeatureStore, SaysSoWhenTheDiskIsFull) {
  const testing::TempDir folder;
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100000, 100000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string reason = reason_of([&] {
      FeatureWriter writer(folder.file("features.h5"));
      for (const char* clip : {"a", "b", "c"})
        writer.write(clip, torch::ones({10, 1000}), std::vector<double>(10), {});
      writer.close();
    });
    _exit(reason.find("features.h5") != std::string::npos &&
                  reason.find("large") != std::string::npos
              ? 0
              : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace vidqa::features

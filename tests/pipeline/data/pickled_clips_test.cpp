#include "pipeline/data/pickled_clips.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/pickles.h"
#include "tests/testing/shared_data.h"

namespace vidqa::data {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using vidqa::testing::error_of;
using vidqa::testing::write_file;
using vidqa::testing::write_pickled_rows;

class PickledClipsTest : public ::testing::Test {
 protected:
  std::string error(const std::string& content) {
    write_file(path_, content);
    return error_of([&] { PickledClips(folder_.path().string(), "vgg").read("1_D"); });
  }
  vidqa::testing::TempDir folder_;
  const std::string path_ = folder_.file("vgg_1_D.pkl");
};

TEST_F(PickledClipsTest, ClipsOfOneKindAreFoundAndRead) {
  const torch::Tensor rows = torch::rand({3, 4}) - 0.5;
  write_pickled_rows(path_, rows);
  write_pickled_rows(folder_.file("vgg_2_F.pkl"), torch::ones({1, 4}));
  write_pickled_rows(folder_.file("c3d_1_D.pkl"), torch::ones({1, 2}));
  const PickledClips clips(folder_.path().string(), "vgg");
  EXPECT_THAT(clips.clips(), ElementsAre("1_D", "2_F"));
  EXPECT_TRUE(clips.contains("1_D"));
  EXPECT_FALSE(clips.contains("1_M"));
  EXPECT_TRUE(clips.read("1_D").equal(rows));
}

TEST_F(PickledClipsTest, FolderWithoutThisKindNamesThoseThatAreThere) {
  write_pickled_rows(folder_.file("c3d_1_D.pkl"), torch::ones({1, 2}));
  EXPECT_THAT(error_of([&] { PickledClips(folder_.path().string(), "vgg"); }),
              AllOf(HasSubstr("holds no vgg_<clip>.pkl"), HasSubstr("of the kinds c3d")));
}

TEST_F(PickledClipsTest, ForeignOpcodeIsNamedWithTheFileAndItsPlace) {
  EXPECT_THAT(error("(dp0\nS'feat'\np1\n\x82\1s."),
              AllOf(HasSubstr(path_), HasSubstr("opcode 0x82"), HasSubstr("at byte 16")));
}

TEST_F(PickledClipsTest, PickleThatWantsToRunSomethingIsRefused) {
  EXPECT_THAT(error("cos\nsystem\n(S'true'\ntR."),
              AllOf(HasSubstr(path_), HasSubstr("global 'os.system' is not allowed")));
}

TEST_F(PickledClipsTest, PickleOfSomethingElseIsNamed) {
  EXPECT_THAT(error("(dp0\nS'rows'\np1\nI3\ns."),
              AllOf(HasSubstr(path_), HasSubstr("the key 'feat' is missing")));
  EXPECT_THAT(error("(lp0\n."), AllOf(HasSubstr(path_), HasSubstr("expected a dict")));
  EXPECT_THAT(error("(dp0\nS'feat'\np1\nI3\ns."), HasSubstr("expected a numpy array"));
  EXPECT_THAT(error("(dp0\nS'feat'\n"), HasSubstr(path_));
}

}  // namespace
}  // namespace vidqa::data

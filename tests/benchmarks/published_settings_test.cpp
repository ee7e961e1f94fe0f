#include "benchmarks/published_settings.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "benchmarks/experiment.h"
#include "models/model.h"
#include "tests/benchmarks/tiny_corpus.h"
#include "tests/testing/errors.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using models::HmeInit;
using models::StreamRoles;
using testing::error_of;

TEST(PublishedSettings, AreThoseOfTheReleasedCode) {
  struct Row {
    const char* dataset;
    int64_t hidden, slots;
    HmeInit init;
    StreamRoles roles;
    bool encodes_one_stream;
  };
  const std::vector<Row> table = {
      {"msvd-qa", 512, 20, HmeInit::kMsvd, StreamRoles::kByName, true},
      {"tgif-action", 512, 35, HmeInit::kCommon, StreamRoles::kByName, false},
      {"tgif-transition", 512, 35, HmeInit::kCommon, StreamRoles::kByName, false},
      {"tgif-count", 512, 35, HmeInit::kCommon, StreamRoles::kByName, false},
      {"tgif-frameqa", 512, 35, HmeInit::kCommon, StreamRoles::kByName, false},
      {"ego-vqa", 256, 20, HmeInit::kCommon, StreamRoles::kSwapped, true},
      {"youtube2text-qa", 256, 20, HmeInit::kCommon, StreamRoles::kSwapped, true},
      {"tvqa", 512, 50, HmeInit::kCommon, StreamRoles::kByName, false},
      {"a data set of one's own", 512, 35, HmeInit::kCommon, StreamRoles::kByName, false},
  };
  for (const Row& row : table) {
    const PublishedSettings got = published_settings(row.dataset);
    EXPECT_EQ(got.hidden, row.hidden) << row.dataset;
    EXPECT_EQ(got.slots, row.slots) << row.dataset;
    EXPECT_EQ(got.init, row.init) << row.dataset;
    EXPECT_EQ(got.roles, row.roles) << row.dataset;
    EXPECT_EQ(got.encodes_one_stream, row.encodes_one_stream) << row.dataset;
  }
}

class SettingsOfAModel : public ::testing::Test {
 protected:
  const testing::TempDir folder;
  ExperimentOptions options = write_tiny_corpus(folder.path());
};

TEST_F(SettingsOfAModel, AreTakenUnlessTheOptionsSayOtherwise) {
  options.hidden = 0;
  options.slots = 0;
  options.model = "lstm_enc_dec";
  LoadedData data = load_data(options);
  data.corpus.name = "ego-vqa";
  const models::ModelConfig ego = build_model(options, data)->config();
  EXPECT_EQ(ego.hidden, 256);
  EXPECT_EQ(ego.slots, 20);
  EXPECT_EQ(ego.stream_roles, StreamRoles::kSwapped);
  EXPECT_EQ(ego.video_encoder_dim, ego.appearance_dim);
  EXPECT_NE(experiment_identity(options, data).find("hidden=256\n"), std::string::npos);
  EXPECT_NE(experiment_identity(options, data).find("slots=20\n"), std::string::npos);

  options.hidden = 12;
  options.slots = 3;
  options.model = "hme";
  data.corpus.name = "msvd-qa";
  options.fusion = "concat_mlp:mm_dim=8";
  options.fusion_place = models::HmeFusionPlace::kVideoQuestion;
  const models::ModelConfig msvd = build_model(options, data)->config();
  EXPECT_EQ(msvd.hidden, 12);
  EXPECT_EQ(msvd.slots, 3);
  EXPECT_EQ(msvd.hme_init, HmeInit::kMsvd);
  EXPECT_EQ(msvd.stream_roles, StreamRoles::kByName);
  EXPECT_EQ(msvd.fusion_place, models::HmeFusionPlace::kVideoQuestion);
}

TEST_F(SettingsOfAModel, VideoOnlyIsRefusedWhereCandidatesDoNotStandApart) {
  options.model = "video_only";
  LoadedData data = load_data(options);
  EXPECT_NO_THROW(build_model(options, data));  // open-ended
  data.corpus.task = models::Task::kMultipleChoice;
  EXPECT_THAT(error_of([&] { build_model(options, data); }),
              ::testing::HasSubstr("msvd-qa gives no candidates apart from their question"));
}

}  // namespace
}  // namespace vidqa::benchmarks

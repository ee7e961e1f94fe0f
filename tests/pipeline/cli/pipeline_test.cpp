#include <filesystem>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/pipeline/cli/program.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// One small data set with its features, made once for all tests here.
class Pipeline : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempDir;
    const ProgramResult synth =
        run_vidqa(fmt::format("synth --output {} --seed 3 --clips 60 --frames 16", data()));
    ASSERT_EQ(synth.exit_code, 0) << synth.err;
    const ProgramResult extract = run_vidqa("extract " + extract_options());
    ASSERT_EQ(extract.exit_code, 0) << extract.err;
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static std::string data() { return folder_->file("data"); }
  static std::string features() { return folder_->file("features.h5"); }
  static std::string file(const std::string& name) { return folder_->file(name); }
  static std::string extract_options(double fps = 4) {
    return fmt::format(
        "--videos {}/videos --output {} --backbone resnet18 --weights random:1 --fps {} --resize "
        "squash --crop-size 32",
        data(), features(), fps);
  }
  static std::string train_options(const std::string& dataset) {
    return fmt::format(
        "--dataset {} --data {} --features {} --hidden 16 --slots 4 --epochs 2 --seed 5 ", dataset,
        data(), features());
  }

  static TempDir* folder_;
};

TempDir* Pipeline::folder_ = nullptr;

TEST_F(Pipeline, ExtractSkipsWhatIsDone) {
  const std::string before = read_file(features());
  const ProgramResult again = run_vidqa("extract " + extract_options());
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("60 skipped"));
  EXPECT_EQ(read_file(features()), before);
}

TEST_F(Pipeline, ExtractRefusesToMixRecipesInOneFile) {
  const ProgramResult other = run_vidqa("extract " + extract_options(2));
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.err, HasSubstr("fps"));
}

TEST_F(Pipeline, TrainsEvaluatesAndRepeatsItself) {
  const std::string run = file("run");
  const std::string command =
      "train " + train_options("tgif-frameqa") + "--fusion mfb:mm_dim=8 --output " + run;
  const ProgramResult first = run_vidqa(command);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  for (const char* name :
       {"config.toml", "environment.json", "metrics.csv", "predictions.jsonl", "summary.json",
        "train.log", "checkpoints/best.pt", "checkpoints/last.pt", "DONE"}) {
    EXPECT_TRUE(fs::exists(fs::path(run) / name)) << name;
  }

  // evaluate scores the same checkpoint on the same questions: the same answers.
  const ProgramResult scored = run_vidqa(
      fmt::format("evaluate --run {} --split test --output {}", run, file("again.jsonl")));
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  EXPECT_EQ(read_file(file("again.jsonl")), read_file(run + "/predictions.jsonl"));

  // config.toml loads back and gives the same run.
  const ProgramResult again =
      run_vidqa(fmt::format("train --config {}/config.toml --output {}", run, file("run2")));
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(read_file(file("run2") + "/predictions.jsonl"), read_file(run + "/predictions.jsonl"));

  // A finished run is not trained again; one with other options is refused.
  EXPECT_EQ(run_vidqa(command).exit_code, 0);
  const ProgramResult other = run_vidqa(command + " --learning-rate 0.5");
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.err, HasSubstr("learning"));
}

TEST_F(Pipeline, EveryTaskTrains) {
  for (const char* dataset : {"tgif-action", "tgif-transition", "tgif-count", "msvd-qa"}) {
    const ProgramResult result =
        run_vidqa(fmt::format("train {} --output {}", train_options(dataset), file(dataset)));
    EXPECT_EQ(result.exit_code, 0) << dataset << ": " << result.err;
    EXPECT_THAT(result.out, HasSubstr("accuracy")) << dataset;
  }
}

TEST_F(Pipeline, TheOtherModelsTrain) {
  const auto train = [](const std::string& dataset, const std::string& options) {
    return run_vidqa(
        fmt::format("train --dataset {} --data {} --features {} --hidden 8 --epochs 1 "
                    "{} --output {}",
                    dataset, data(), features(), options, file("other_" + dataset)));
  };
  const std::map<std::string, std::string> models = {{"tgif-count", "lstm_enc_dec"},
                                                     {"tgif-transition", "st_vqa"},
                                                     {"msvd-qa", "co_memory"},
                                                     {"tgif-frameqa", "video_only"}};
  for (const auto& [dataset, model] : models) {
    const ProgramResult result = train(dataset, "--model " + model);
    EXPECT_EQ(result.exit_code, 0) << model << ": " << result.err;
  }
  const ProgramResult refused = train("tgif-action", "--model video_only");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("video_only: tgif-action gives no candidates apart"));
}

TEST_F(Pipeline, TheFusionPlaceIsKeptInTheConfiguration) {
  const std::string command =
      "train " + train_options("tgif-frameqa") + "--fusion-place video-question ";
  const std::string run = file("video_question");
  const ProgramResult result = run_vidqa(command + "--fusion concat_mlp:mm_dim=8 --output " + run);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(read_file(run + "/config.toml"), HasSubstr("fusion-place=\"video-question\""));
  const ProgramResult scored =
      run_vidqa(fmt::format("evaluate --run {} --output {}", run, file("video_question.jsonl")));
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  EXPECT_EQ(read_file(file("video_question.jsonl")), read_file(run + "/predictions.jsonl"));

  const ProgramResult refused = run_vidqa(command + "--fusion default --output " + file("refused"));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("concat_mlp is the plain one"));
}

TEST_F(Pipeline, ComparisonHasItsControls) {
  const std::string output = file("compare");
  const std::string command =
      "compare " + train_options("tgif-frameqa") +
      "--fusions default,mcb:mm_dim=16,mfb:mm_dim=8,factor=3 --seeds 2 --output " + output;
  const ProgramResult result = run_vidqa(command);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json table = nlohmann::json::parse(read_file(output + "/table.json"));
  std::vector<std::string> names;
  for (const auto& row : table.at("rows")) names.push_back(row.at("name"));
  EXPECT_THAT(names,
              ::testing::UnorderedElementsAre("chance", "most frequent", "question-only", "default",
                                              "mcb:mm_dim=16", "mfb:mm_dim=8,factor=3"));
  EXPECT_THAT(read_file(output + "/table.md"), HasSubstr("question-only"));
  EXPECT_THAT(read_file(output + "/table.csv"), HasSubstr("question-only"));

  // Nothing is trained a second time, and the table is the same.
  const std::string before = read_file(output + "/table.json");
  EXPECT_EQ(run_vidqa(command).exit_code, 0);
  EXPECT_EQ(read_file(output + "/table.json"), before);
}

TEST_F(Pipeline, QuestionOnlyNeedsNoFeatures) {
  const ProgramResult result = run_vidqa(fmt::format(
      "train --dataset msvd-qa --data {} --streams none --hidden 16 --epochs 1 --output {}", data(),
      file("text")));
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

/// TVQA's models on the subtitled form of the same clips.
class TvqaPipeline : public Pipeline {
 protected:
  static void SetUpTestSuite() {
    Pipeline::SetUpTestSuite();
    const ProgramResult extract = run_vidqa(fmt::format(
        "extract --videos {}/videos --output {}/tvqa/tvqa_imagenet_pool5_hq.h5 --backbone resnet18 "
        "--weights random:1 --fps 3 --resize squash --crop-size 32",
        data(), data()));
    ASSERT_EQ(extract.exit_code, 0) << extract.err;
  }

  static ProgramResult train(const std::string& options, const std::string& run) {
    return run_vidqa(
        fmt::format("train --dataset tvqa --data {}/tvqa --hsz1 6 --hsz2 5 --word-dim 8 --epochs 1 "
                    "--loss-reduction sum --optimizer radam --learning-rate 3e-4 {} --output {}",
                    data(), options, file(run)));
  }
};

TEST_F(TvqaPipeline, TheFolderPassesItsCheck) {
  const ProgramResult check = run_vidqa(fmt::format("data check tvqa --data {}/tvqa", data()));
  EXPECT_EQ(check.exit_code, 0) << check.out << check.err;
  EXPECT_THAT(check.out, HasSubstr("OK"));
}

TEST_F(TvqaPipeline, KeepsWhatEveryStreamSaysAndTheFamilyOfAQuestion) {
  const ProgramResult result = train("--model tvqa", "svi");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::map<std::string, int64_t> families;
  std::istringstream lines(read_file(file("svi") + "/predictions.jsonl"));
  for (std::string text; std::getline(lines, text);) {
    const auto line = nlohmann::json::parse(text);
    ++families[line.at("type")];
    ASSERT_EQ(line.at("stream_scores").size(), 3u);
    for (size_t a = 0; a < 5; ++a) {
      double sum = 0;
      for (const auto& item : line.at("stream_scores").items())
        sum += item.value().at(a).get<double>();
      EXPECT_NEAR(sum, line.at("scores").at(a).at(1).get<double>(), 1e-5);
    }
  }
  EXPECT_EQ(families.size(), 4u);
  for (const char* family : {"subtitle", "video", "either", "joint"})
    EXPECT_THAT(result.out, HasSubstr(family));
}

TEST_F(TvqaPipeline, TrainsTheVariantsAndRefusesWhatDoesNotFitTogether) {
  EXPECT_EQ(train("--model tvqa --streams sub --fusion mlb:mm_dim=6 --fusion-dim 7", "s").exit_code,
            0);
  EXPECT_EQ(train("--model tvqa --streams sub,imagenet --tvqa-variant without-question", "noqs")
                .exit_code,
            0);
  EXPECT_EQ(train("--model tvqa --deep-cca once --deep-cca-weight 0.1", "dcca").exit_code, 0);
  EXPECT_EQ(
      train("--model tvqa_dual_stream --fusion mfh:mm_dim=6 --fusion-dim 7", "dual").exit_code, 0);
  const ProgramResult evaluate =
      run_vidqa(fmt::format("evaluate --run {} --split val", file("dual")));
  EXPECT_EQ(evaluate.exit_code, 0) << evaluate.err;

  const auto error = [](const ProgramResult& result) {
    EXPECT_EQ(result.exit_code, 1);
    return result.error_lines().size() == 1 ? result.error_lines()[0]
                                            : "not one line: " + result.err;
  };
  EXPECT_THAT(error(train("--model tvqa --streams sub,audio", "x")), HasSubstr("audio"));
  EXPECT_THAT(error(train("--model tvqa_dual_stream", "x")), HasSubstr("fusion"));
  EXPECT_THAT(error(train("--model tvqa --streams motion", "x")), HasSubstr("motion"));
}

}  // namespace
}  // namespace vidqa::testing

#include <filesystem>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "benchmarks/datasets/dataset.h"
#include "tests/pipeline/cli/program.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

/// A small data set with its features, made once for all tests here.
class Ask : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempDir;
    const ProgramResult synth =
        run_vidqa(fmt::format("synth --output {} --seed 5 --clips 30 --frames 16", data()));
    ASSERT_EQ(synth.exit_code, 0) << synth.err;
    const std::string options = fmt::format(
        "extract --videos {}/videos --backbone resnet18 --weights random:2 --fps 4 "
        "--resize squash --crop-size 32 --output ",
        data());
    ASSERT_EQ(run_vidqa(options + features()).exit_code, 0);
    ASSERT_EQ(run_vidqa(options + data() + "/tvqa/tvqa_imagenet_pool5_hq.h5").exit_code, 0);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static std::string data() { return folder_->file("data"); }
  static std::string features() { return folder_->file("features.h5"); }
  static std::string file(const std::string& name) { return folder_->file(name); }
  static std::string video(const std::string& name) {
    return fmt::format("{}/videos/{}.mp4", data(), name);
  }
  static std::string train_options(const std::string& dataset) {
    return fmt::format(
        "--dataset {} --data {} --features {} --feature-norm standardize --hidden 16 --slots 4 "
        "--epochs 1 --seed 5 ",
        dataset, data(), features());
  }

  static std::string quoted(const std::string& text) { return fmt::format(" \"{}\"", text); }
  /// Options that put a question of the data set about its clip.
  static std::string asking(const data::Question& question) {
    std::string options =
        " --video " + video(question.video) + " --question" + quoted(question.text);
    for (const std::string& candidate : question.candidates)
      options += " --answer" + quoted(candidate);
    return options;
  }
  /// Lines of a predictions file by question id.
  static std::map<std::string, nlohmann::json> predictions(const std::string& path) {
    std::map<std::string, nlohmann::json> lines;
    std::istringstream file(read_file(path));
    for (std::string text; std::getline(file, text);) {
      nlohmann::json line = nlohmann::json::parse(text);
      const std::string id = line.at("qid");
      lines[id] = std::move(line);
    }
    return lines;
  }
  /// The scores of an answer to `ask --json` against those of the same question in the run.
  static void expect_scores(const nlohmann::json& answered, const nlohmann::json& predicted) {
    std::map<std::string, double> scores;
    double sum = 0, previous = 1;
    for (const nlohmann::json& answer : answered.at("answers")) {
      scores[answer.at("answer")] = answer.at("score");
      const double probability = answer.at("probability");
      EXPECT_LE(probability, previous) << "ranked";
      sum += probability;
      previous = probability;
    }
    EXPECT_NEAR(sum, 1, 1e-6);
    EXPECT_EQ(answered.at("answers").at(0).at("answer"), predicted.at("prediction"));
    for (const nlohmann::json& pair : predicted.at("scores"))
      EXPECT_NEAR(scores.at(pair.at(0)), pair.at(1).get<double>(), 1e-4);
  }

  static TempDir* folder_;
};

TempDir* Ask::folder_ = nullptr;

TEST_F(Ask, AnOpenQuestionOfTheTestSplitGetsTheScoresThatItHasThere) {
  const std::string run = file("frameqa");
  ASSERT_EQ(run_vidqa("train " + train_options("tgif-frameqa") + "--output " + run).exit_code, 0);
  const std::string with_attention = file("frameqa.jsonl");
  ASSERT_EQ(run_vidqa(fmt::format("evaluate --run {} --attention --output {}", run, with_attention))
                .exit_code,
            0);
  const auto expected = predictions(with_attention);
  const data::Question question = benchmarks::load_dataset("tgif-frameqa", {data()}).test.at(1);
  const ProgramResult result = run_vidqa("ask --json --run " + run + asking(question));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json answered = nlohmann::json::parse(result.out);
  expect_scores(answered, expected.at(question.id));

  const nlohmann::json& frames = answered.at("frames");
  const nlohmann::json& attention = expected.at(question.id).at("attention");
  EXPECT_EQ(frames.at("source"), "attention");
  EXPECT_EQ(frames.at("seconds"), attention.at("seconds"));
  ASSERT_EQ(frames.at("weights").size(), attention.at("weights").size());
  for (size_t i = 0; i < frames.at("weights").size(); ++i)
    EXPECT_NEAR(frames["weights"][i].get<double>(), attention["weights"][i].get<double>(), 1e-5);

  // For people: the answers in order, and times. A checkpoint stands for its run.
  const ProgramResult text =
      run_vidqa("ask --top 2 --checkpoint " + run + "/checkpoints/best.pt" + asking(question));
  ASSERT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr(" 1. " + answered["answers"][0]["answer"].get<std::string>()));
  EXPECT_THAT(text.out, HasSubstr(" 2. "));
  EXPECT_THAT(text.out, Not(HasSubstr(" 3. ")));
  EXPECT_THAT(text.out, HasSubstr("attention over time"));
  EXPECT_THAT(text.out, HasSubstr(" s  0."));
}

TEST_F(Ask, CandidatesAreRankedAndCountsAreNumbers) {
  const std::string choice = file("transition");
  ASSERT_EQ(run_vidqa("train " + train_options("tgif-transition") + "--output " + choice).exit_code,
            0);
  const data::Question question = benchmarks::load_dataset("tgif-transition", {data()}).test.at(0);
  const ProgramResult ranked = run_vidqa("ask --json --run " + choice + asking(question));
  ASSERT_EQ(ranked.exit_code, 0) << ranked.err;
  expect_scores(nlohmann::json::parse(ranked.out),
                predictions(choice + "/predictions.jsonl").at(question.id));

  const std::string count = file("count");
  ASSERT_EQ(
      run_vidqa("train " + train_options("tgif-count") + "--model lstm_enc_dec --output " + count)
          .exit_code,
      0);
  const data::Question how_often = benchmarks::load_dataset("tgif-count", {data()}).test.at(0);
  const ProgramResult counted = run_vidqa("ask --json --run " + count + asking(how_often));
  ASSERT_EQ(counted.exit_code, 0) << counted.err;
  const nlohmann::json number = nlohmann::json::parse(counted.out);
  const nlohmann::json expected = predictions(count + "/predictions.jsonl").at(how_often.id);
  EXPECT_NEAR(number.at("raw_score").get<double>(), expected.at("raw_score").get<double>(), 1e-4);
  EXPECT_EQ(std::to_string(number.at("count").get<int64_t>()), expected.at("prediction"));
  EXPECT_EQ(number.at("frames").at("source"), "occlusion");
  EXPECT_EQ(number.at("frames").at("weights").size(), number.at("frames").at("seconds").size());
}

TEST_F(Ask, TvqaReadsTheSubtitlesOfTheClip) {
  const std::string run = file("tvqa");
  const ProgramResult train = run_vidqa(
      fmt::format("train --dataset tvqa --data {}/tvqa --full-length --model tvqa --streams "
                  "sub,imagenet --hsz1 6 --hsz2 5 --word-dim 8 --epochs 1 --output {}",
                  data(), run));
  ASSERT_EQ(train.exit_code, 0) << train.err;
  const data::Question question = benchmarks::load_dataset("tvqa", {data() + "/tvqa"}).test.at(0);
  const std::string options = "ask --json --run " + run + asking(question);
  const ProgramResult result = run_vidqa(
      fmt::format("{} --subtitles {}/tvqa/tvqa_subtitles/{}.srt", options, data(), question.video));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json answered = nlohmann::json::parse(result.out);
  expect_scores(answered, predictions(run + "/predictions.jsonl").at(question.id));
  EXPECT_EQ(answered.at("frames").at("source"), "occlusion");
  EXPECT_THAT(run_vidqa(options).err, HasSubstr("--subtitles FILE.srt"));
}

TEST_F(Ask, WhatIsMissingIsSaidInOneLine) {
  const std::string run = file("errors");
  ASSERT_EQ(run_vidqa("train " + train_options("tgif-action") + "--output " + run).exit_code, 0);
  const auto error = [](const std::string& options) {
    const ProgramResult result = run_vidqa("ask " + options);
    EXPECT_EQ(result.exit_code, 1);
    return result.error_lines().size() == 1 ? result.error_lines()[0]
                                            : "not one line: " + result.err;
  };
  const std::string question = " --question \"what ?\" --answer a --answer b";
  EXPECT_THAT(error("--run " + run + question), HasSubstr("--video"));
  EXPECT_THAT(error("--run " + run + question + " --video " + file("none.mp4")),
              HasSubstr("none.mp4"));
  EXPECT_THAT(error("--run " + run + " --question what --video x.mp4"), HasSubstr("--answer"));
  EXPECT_THAT(error("--run " + data() + question), HasSubstr("config.toml"));
  EXPECT_THAT(error("--checkpoint " + features() + question), HasSubstr("--run"));
  EXPECT_THAT(error(question), HasSubstr("--run"));
}

TEST_F(Ask, EvaluateWritesTheAttentionOverTheFramesOnRequest) {
  const std::string run = file("attention");
  ASSERT_EQ(run_vidqa("train " + train_options("tgif-transition") + "--output " + run).exit_code,
            0);
  EXPECT_THAT(read_file(run + "/predictions.jsonl"), ::testing::Not(HasSubstr("attention")));
  const std::string output = file("attention.jsonl");
  const ProgramResult scored =
      run_vidqa(fmt::format("evaluate --run {} --attention --output {}", run, output));
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  std::istringstream lines(read_file(output)), plain(read_file(run + "/predictions.jsonl"));
  for (std::string text, other; std::getline(lines, text);) {
    nlohmann::json line = nlohmann::json::parse(text);
    const auto seconds = line.at("attention").at("seconds").get<std::vector<double>>();
    const auto weights = line.at("attention").at("weights").get<std::vector<double>>();
    ASSERT_EQ(seconds.size(), weights.size());
    double sum = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      sum += weights[i];
      EXPECT_NEAR(seconds[i], 0.25 * static_cast<double>(i), 0.13) << "four frames a second";
    }
    EXPECT_NEAR(sum, 1, 1e-5);
    line.erase("attention");
    std::getline(plain, other);
    EXPECT_EQ(line, nlohmann::json::parse(other));
  }

  const ProgramResult train = run_vidqa("train " + train_options("tgif-count") +
                                        "--model lstm_enc_dec --output " + file("silent"));
  ASSERT_EQ(train.exit_code, 0) << train.err;
  const ProgramResult refused =
      run_vidqa(fmt::format("evaluate --run {} --attention --output {}", file("silent"), output));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("lstm_enc_dec has none over time; models that have one: hme"));
}

}  // namespace
}  // namespace vidqa::testing

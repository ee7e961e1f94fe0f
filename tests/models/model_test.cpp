#include "models/model.h"

#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/answer_head.h"
#include "tests/models/batches.h"
#include "tests/testing/errors.h"
#include "tests/testing/golden_file.h"
#include "tests/testing/shared_data.h"

namespace vidqa::models {
namespace {

using ::testing::HasSubstr;
using testing::random_batch;
using testing::rows;
using testing::small_config;
using testing::with_candidates_in_order;
using testing::with_more_padding;
using testing::with_other_words;
using torch::Tensor;
using vidqa::testing::error_of;
using vidqa::testing::kDoubleRounding;
using vidqa::testing::relative_error;

/// Every row of the model table, for every task.
class AnyModel : public ::testing::TestWithParam<std::tuple<std::string, Task>> {
 protected:
  Task task() const { return std::get<1>(GetParam()); }
  bool reads_text() const { return find_model(std::get<0>(GetParam())).reads_text(task()); }

  /// In double precision and evaluation mode.
  ModelPtr make(uint64_t seed = 1) const {
    torch::manual_seed(seed);
    const ModelPtr model =
        make_model(std::get<0>(GetParam()), small_config(std::get<0>(GetParam()), task()));
    model->to(torch::kFloat64);
    model->eval();
    return model;
  }
};

TEST_P(AnyModel, GivesEveryTrainableParameterAGradient) {
  const ModelPtr model = make();
  const Tensor scores = model->forward(random_batch(task(), 4, 2)).scores;
  // Not the loss: the hinge gives the bias of the last layer a gradient of zero.
  (scores * torch::rand_like(scores)).sum().backward();
  const auto trainable = model->trainable_parameters();
  size_t num_with_gradient = 0;
  for (const auto& item : model->named_parameters()) {
    const Tensor& gradient = item.value().grad();
    if (!gradient.defined()) continue;
    ++num_with_gradient;
    EXPECT_GT(gradient.abs().max().item<double>(), 0) << item.key();
  }
  EXPECT_EQ(num_with_gradient, trainable.size());
  for (const Tensor& parameter : trainable) EXPECT_TRUE(parameter.grad().defined());
}

TEST_P(AnyModel, ScoresARowAsIfItWereAlone) {
  const ModelPtr model = make();
  const Batch batch = random_batch(task(), 4, 3);
  const Tensor scores = model->forward(batch).scores;
  for (int64_t i = 0; i < batch.size(); ++i) {
    const Tensor alone = model->forward(rows(batch, i, i + 1)).scores;
    EXPECT_LE(relative_error(scores.slice(0, i, i + 1), alone), kDoubleRounding) << "row " << i;
  }
}

TEST_P(AnyModel, NeverReadsPadding) {
  const ModelPtr model = make();
  const Batch batch = random_batch(task(), 4, 4);
  const Tensor scores = model->forward(batch).scores;
  const Batch padded = with_more_padding(batch);
  EXPECT_LE(relative_error(model->forward(padded).scores, scores), kDoubleRounding);
}

TEST_P(AnyModel, ReadsTheTextUpToItsLengthIfAny) {
  const ModelPtr model = make();
  const Batch batch = random_batch(task(), 1, 5);
  const Tensor scores = model->forward(batch).scores;
  Batch changed = batch;
  changed.text = batch.text.clone();
  const int64_t last = batch.text_lengths[0][0].item<int64_t>() - 1;
  changed.text[0][0][last] = (batch.text[0][0][last] + 1) % 40;
  changed.answers = changed.text;
  const double change = relative_error(model->forward(changed).scores, scores);
  if (reads_text()) {
    EXPECT_GT(change, kDoubleRounding);
  } else {
    EXPECT_EQ(change, 0);
  }
}

TEST_P(AnyModel, AnswersTheSameAfterSaveAndLoad) {
  const ModelPtr model = make(6);
  const ModelPtr loaded = make(7);
  const Batch batch = random_batch(task(), 3, 8);
  const Tensor scores = model->forward(batch).scores;
  EXPECT_FALSE(torch::equal(loaded->forward(batch).scores, scores));

  std::stringstream stream;
  torch::serialize::OutputArchive out;
  model->save(out);
  out.save_to(stream);
  torch::serialize::InputArchive in;
  in.load_from(stream);
  loaded->load(in);
  EXPECT_TRUE(torch::equal(loaded->forward(batch).scores, scores));
}

TEST_P(AnyModel, LearnsEightExamplesByHeart) {
  const ModelPtr model = make();
  const Batch batch = random_batch(task(), 8, 9);
  // With steps of 0.01 every rectifier of co_memory's episodes can die.
  torch::optim::Adam optimizer(model->trainable_parameters(), torch::optim::AdamOptions(0.003));
  double loss = 0;
  for (int step = 0; step < 1000; ++step) {
    const Tensor step_loss = model->loss(model->forward(batch), batch.labels);
    loss = step_loss.item<double>();
    if (loss < 0.02) break;
    optimizer.zero_grad();
    step_loss.backward();
    optimizer.step();
  }
  EXPECT_LT(loss, 0.02);
  const Tensor predictions = predict_answer(task(), model->forward(batch).scores);
  EXPECT_TRUE(torch::equal(predictions, batch.labels.to(torch::kInt64)));
}

/// These have no dropout in the released code.
bool drops_out(const std::string& model) {
  return model != "lstm_enc_dec" && model != "st_vqa" && model != "co_memory";
}

TEST_P(AnyModel, DropsOutOnlyWhileTraining) {
  const ModelPtr model = make();
  const Batch batch = random_batch(task(), 4, 10);
  EXPECT_TRUE(torch::equal(model->forward(batch).scores, model->forward(batch).scores));
  model->train();
  EXPECT_NE(torch::equal(model->forward(batch).scores, model->forward(batch).scores),
            drops_out(std::get<0>(GetParam())));
}

TEST_P(AnyModel, SaysHowItAttendsOverTimeWhereItCanAndIsAsked) {
  const ModelPtr model = make();
  const Batch batch = random_batch(task(), 4, 14);
  const Output silent = model->forward(batch);
  EXPECT_FALSE(silent.attention.defined());
  model->report_attention(true);
  model->train();
  EXPECT_FALSE(model->forward(batch).attention.defined()) << "in training";
  model->eval();
  const Output output = model->forward(batch);
  EXPECT_TRUE(torch::equal(output.scores, silent.scores));
  ASSERT_EQ(output.attention.defined(), find_model(std::get<0>(GetParam())).attends_over_time);
  if (!output.attention.defined()) return;

  const int64_t steps = batch.appearance.size(1);
  ASSERT_EQ(output.attention.sizes(), (std::vector<int64_t>{4, steps}));
  const Tensor is_padding =
      torch::arange(steps).unsqueeze(0) >= batch.video_lengths.unsqueeze(1);  // (B, T)
  EXPECT_TRUE(is_padding.any().item<bool>());
  EXPECT_TRUE(torch::equal(output.attention.masked_select(is_padding),
                           torch::zeros(is_padding.sum().item<int64_t>(), torch::kFloat64)));
  EXPECT_GT(output.attention.masked_select(is_padding.logical_not()).min().item<double>(), 0);
  EXPECT_LE(relative_error(output.attention.sum(1), torch::ones(4, torch::kFloat64)),
            kDoubleRounding);
  EXPECT_GT(output.attention.std(1).max().item<double>(), 1e-6) << "not even over all steps";

  // It is that of the best candidate: the others need not be there.
  const Tensor best = output.scores.argmax(1);
  for (int64_t i = 0; i < batch.size(); ++i) {
    Batch alone = rows(batch, i, i + 1);
    if (task() == Task::kMultipleChoice) {
      const auto candidate = best[i].item<int64_t>();
      alone.text = alone.text.narrow(1, candidate, 1);
      alone.text_lengths = alone.text_lengths.narrow(1, candidate, 1);
    }
    EXPECT_LE(relative_error(output.attention.slice(0, i, i + 1), model->forward(alone).attention),
              kDoubleRounding)
        << "row " << i;
  }
}

TEST_P(AnyModel, AttendsEvenlyWhereItsAttentionHasNoWeights) {
  const ModelPtr model = make();
  if (!find_model(std::get<0>(GetParam())).attends_over_time) return;
  const torch::NoGradGuard no_grad;
  for (const auto& item : model->named_parameters())
    if (item.key().find("TpAtt") == 0 || item.key().find("z2.") != std::string::npos)
      item.value().zero_();
  const Batch batch = random_batch(task(), 4, 14);
  model->report_attention(true);
  const Tensor attention = model->forward(batch).attention;
  for (int64_t i = 0; i < batch.size(); ++i) {
    const auto length = batch.video_lengths[i].item<int64_t>();
    EXPECT_LE(
        relative_error(attention[i].narrow(0, 0, length),
                       torch::full({length}, 1.0 / static_cast<double>(length), torch::kFloat64)),
        kDoubleRounding);
  }
}

TEST_P(AnyModel, TakesWordVectors) {
  const ModelPtr model = make();
  const Batch batch = random_batch(task(), 2, 11);
  model->set_word_vectors(torch::zeros({40, 6}));
  const Tensor scores = model->forward(batch).scores;
  // All words have the same vector.
  EXPECT_TRUE(torch::equal(model->forward(with_other_words(batch)).scores, scores));
  if (!reads_text()) return;
  EXPECT_THAT(error_of([&] {
                model->set_word_vectors(torch::zeros({40, 5}));
              }),
              HasSubstr("[40, 6], got [40, 5]"));
}

std::vector<std::tuple<std::string, Task>> models_and_tasks() {
  std::vector<std::tuple<std::string, Task>> all;
  for (const ModelEntry& row : model_table()) {
    for (const Task task : row.tasks) all.emplace_back(row.name, task);
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Table, AnyModel, ::testing::ValuesIn(models_and_tasks()),
                         [](const auto& info) {
                           return vidqa::testing::test_name(std::get<0>(info.param) + "_" +
                                                            to_string(std::get<1>(info.param)));
                         });

TEST(ModelTable, ScoresFollowTheCandidatesWhenTheirOrderChanges) {
  const Batch batch = random_batch(Task::kMultipleChoice, 3, 12);
  const Tensor order = torch::tensor({2, 0, 3, 1}, torch::kInt64);
  const Batch permuted = with_candidates_in_order(batch, order);
  for (const ModelEntry& row : model_table()) {
    const ModelPtr model = row.make(small_config(row.name, Task::kMultipleChoice));
    model->to(torch::kFloat64);
    model->eval();
    EXPECT_LE(relative_error(model->forward(permuted).scores,
                             model->forward(batch).scores.index_select(1, order)),
              kDoubleRounding)
        << row.name;
  }
}

TEST(ModelTable, OnlyModelsThatUseVideoNeedIt) {
  const Batch batch = random_batch(Task::kMultipleChoice, 2, 13);
  Batch text_only = batch;
  text_only.appearance = text_only.motion = text_only.video_lengths = Tensor();
  text_only.streams.clear();
  for (const ModelEntry& row : model_table()) {
    const ModelPtr model = row.make(small_config(row.name, Task::kMultipleChoice));
    model->to(torch::kFloat64);
    model->eval();
    if (row.video == VideoInput::kNone) {
      EXPECT_TRUE(torch::equal(model->forward(text_only).scores, model->forward(batch).scores))
          << row.name;
    } else {
      EXPECT_THAT(error_of([&] { model->forward(text_only); }),
                  HasSubstr(row.video == VideoInput::kTwoStreams
                                ? row.name + ": the batch must have video streams"
                                : "stream sub: the data has no streams"));
    }
  }
}

TEST(ModelTable, StreamsChangePlacesWithTheirRoles) {
  const Batch batch = random_batch(Task::kMultipleChoice, 2, 14);
  Batch other = batch;
  std::swap(other.appearance, other.motion);
  for (const ModelEntry& row : model_table()) {
    if (row.video != VideoInput::kTwoStreams) continue;
    const auto scores = [&](const ModelConfig& config, const Batch& of) {
      torch::manual_seed(15);
      const ModelPtr model = make_model(row.name, config);
      model->to(torch::kFloat64);
      model->eval();
      return model->forward(of).scores;
    };
    ModelConfig config = small_config(row.name, Task::kMultipleChoice);
    const Tensor expected = scores(config, batch);
    std::swap(config.appearance_dim, config.motion_dim);
    config.stream_roles = StreamRoles::kSwapped;
    EXPECT_TRUE(torch::equal(scores(config, other), expected)) << row.name;
  }
}

TEST(MakeModel, ListsTheNamesWhenOneIsUnknown) {
  const std::string error = error_of([] { make_model("hmm", small_config(Task::kCount)); });
  EXPECT_THAT(error, HasSubstr("unknown name 'hmm'"));
  for (const ModelEntry& row : model_table()) EXPECT_THAT(error, HasSubstr(row.name));
}

TEST(MakeModel, NamesTheOptionThatDoesNotFit) {
  const auto error = [](const std::string& name, Task task, auto change) {
    ModelConfig config = small_config(task);
    change(config);
    return error_of([&] { make_model(name, config); });
  };
  EXPECT_THAT(error("hme", Task::kCount, [](auto& c) { c.vocab_size = 0; }),
              HasSubstr("vocabulary"));
  EXPECT_THAT(error("hme", Task::kCount, [](auto& c) { c.motion_dim = 0; }),
              HasSubstr("got widths 5 and 0"));
  EXPECT_THAT(error("hme", Task::kCount, [](auto& c) { c.slots = 0; }), HasSubstr("slots"));
  EXPECT_THAT(error("hme", Task::kOpenEnded, [](auto& c) { c.num_classes = 0; }),
              HasSubstr("num_classes"));
  EXPECT_THAT(error("hme", Task::kCount, [](auto& c) { c.fusion = "cross_attention"; }),
              HasSubstr("cross_attention needs two sequences"));
  EXPECT_THAT(error("question_only", Task::kCount, [](auto& c) { c.fusion = "mfb"; }),
              HasSubstr("no place for a fusion"));
  EXPECT_THAT(error("st_vqa", Task::kCount,
                    [](auto& c) { c.fusion_place = HmeFusionPlace::kVideoQuestion; }),
              HasSubstr("of hme alone"));
  EXPECT_THAT(error("tvqa", Task::kCount, [](auto&) {}), HasSubstr("no answer head for count"));
  EXPECT_THAT(error("tvqa_dual_stream", Task::kMultipleChoice, [](auto&) {}),
              HasSubstr("needs a fusion"));
  const auto tvqa = [&](auto change) {
    return error("tvqa", Task::kMultipleChoice, [&](auto& c) { change(c); });
  };
  EXPECT_THAT(tvqa([](auto& c) {
                c.tvqa.streams = {"sub", "audio"};
              }),
              HasSubstr("unknown stream 'audio'"));
  EXPECT_THAT(tvqa([](auto& c) { c.tvqa.streams = {"motion"}; }),
              HasSubstr("stream motion needs a feature file"));
  EXPECT_THAT(tvqa([](auto& c) { c.tvqa.streams = {"sub", "sub"}; }), HasSubstr("named twice"));
  EXPECT_THAT(tvqa([](auto& c) { c.tvqa.hidden_raw = 0; }), HasSubstr("hidden_raw"));
  EXPECT_THAT(tvqa([](auto& c) {
                c.fusion = "mfb";
                c.tvqa.deep_cca = DeepCcaUse::kOnce;
              }),
              HasSubstr("deep CCA"));
}

}  // namespace
}  // namespace vidqa::models

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "fusion/fusion.h"
#include "models/answer_head.h"
#include "models/attention.h"
#include "models/memory.h"
#include "models/model.h"
#include "models/multi_step_fusion.h"
#include "models/sequence.h"
#include "tests/testing/golden_file.h"
#include "tests/testing/shared_data.h"

namespace vidqa::models {
namespace {

using ::testing::UnorderedElementsAreArray;
using torch::Tensor;
using vidqa::testing::GoldenFile;
using vidqa::testing::relative_error;

/// Largest accepted relative errors, from README.md beside the files.
struct Tolerance {
  torch::Dtype dtype;
  double scores;
  double gradients;
};
/// The stored values are those of the originals in single precision: this is how far the originals
/// in double precision may be from them.
constexpr Tolerance kDouble{torch::kFloat64, 2e-6, 1e-5};
constexpr Tolerance kSingle{torch::kFloat32, 1e-5, 1e-4};

/// Gradients are compared relative to the largest element of the tensor, but at least to this share
/// of the largest element of all gradients.
constexpr double kGradientFloor = 1e-3;

struct Case {
  std::string path;
};

void PrintTo(const Case& item, std::ostream* out) {
  *out << std::filesystem::path(item.path).filename().string();
}

std::vector<Case> cases() {
  std::vector<Case> result;
  for (const auto& path : vidqa::testing::golden_files("hme")) result.push_back({path.string()});
  return result;
}

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  return vidqa::testing::test_name(std::filesystem::path(info.param.path).stem().string());
}

std::vector<std::string> keys(const std::map<std::string, Tensor>& tensors) {
  std::vector<std::string> result;
  for (const auto& item : tensors) result.push_back(item.first);
  return result;
}

/// Copies the published parameters and buffers by name; every name must exist on both sides.
void load(torch::nn::Module& module, const std::map<std::string, Tensor>& published) {
  const torch::NoGradGuard no_grad;
  std::vector<std::string> names;
  for (auto tensors : {module.named_parameters(), module.named_buffers()}) {
    for (auto& item : tensors) {
      names.push_back(item.key());
      const auto found = published.find(item.key());
      ASSERT_NE(found, published.end()) << item.key();
      ASSERT_EQ(item.value().sizes(), found->second.sizes()) << item.key();
      item.value().copy_(found->second);
    }
  }
  EXPECT_THAT(names, UnorderedElementsAreArray(keys(published)));
}

void expect_gradients(const torch::nn::Module& module, const GoldenFile& golden,
                      const nlohmann::json& config, double tolerance) {
  const std::map<std::string, Tensor> expected = golden.tensors("/grads");
  double largest = 0;
  for (const auto& item : expected)
    largest = std::max(largest, item.second.abs().max().item<double>());
  const std::vector<std::string> zero =
      config.value("zero_grad_params", std::vector<std::string>{});
  const std::vector<std::string> dead = config.at("dead_params");

  std::vector<std::string> without_gradient;
  for (const auto& item : module.named_parameters()) {
    const Tensor& gradient = item.value().grad();
    if (!gradient.defined()) {
      without_gradient.push_back(item.key());
    } else if (std::count(zero.begin(), zero.end(), item.key()) > 0) {
      EXPECT_LE(gradient.abs().max().item<double>(), tolerance * largest) << item.key();
    } else if (expected.count(item.key()) > 0) {
      EXPECT_LE(relative_error(gradient, expected.at(item.key()), kGradientFloor * largest),
                tolerance)
          << item.key();
    }
  }
  EXPECT_THAT(without_gradient, UnorderedElementsAreArray(dead));
}

std::string option_value(const nlohmann::json& value) {
  if (value.is_string()) {
    const std::string text = value;  // leaky_relu of leaky_relu(0.01)
    return text.substr(0, text.find('('));
  }
  if (!value.is_array()) return value.dump();
  std::string text;  // 9x9 of [9, 9, 16]: the reference counts the output among the dimensions
  for (size_t i = 0; i + 1 < value.size(); ++i) text += (i > 0 ? "x" : "") + value[i].dump();
  return text;
}

/// The fusion that a file was made with, as a spec; nothing when the table does not have it.
std::optional<std::string> fusion_spec(const nlohmann::json& config) {
  fusion::FusionSpec spec;
  spec.name = config.at("name");
  if (spec.name == kNoFusion) return spec.name;
  std::vector<std::string> accepted;
  try {
    accepted = fusion::find_fusion(spec.name).keys;
  } catch (const c10::Error&) {
    return std::nullopt;
  }
  for (const std::string& key : accepted) {
    const bool is_implied = key == "mm_dim" && config.contains("dimensions");
    if (config.contains(key) && !is_implied) spec.options[key] = option_value(config[key]);
  }
  return spec.str();
}

ModelConfig model_config(const nlohmann::json& config, const std::string& fusion) {
  const std::map<std::string, Task> tasks = {
      {"cross_entropy", Task::kOpenEnded}, {"hinge", Task::kMultipleChoice}, {"mse", Task::kCount}};
  ModelConfig result;
  result.task = tasks.at(config.at("loss"));
  result.vocab_size = config.at("vocab");
  result.num_classes = result.task == Task::kOpenEnded ? config.at("num_outputs").get<int>() : 0;
  result.appearance_dim = config.at("appearance_dim");
  result.motion_dim = config.at("motion_dim");
  result.word_dim = config.at("embed");
  result.hidden = config.at("hidden");
  result.slots = config.at("slots");
  result.fusion = fusion;
  result.video_encoder_dim = config.at("feat_channel");
  return result;
}

Batch read_batch(const GoldenFile& golden, torch::Dtype dtype) {
  Batch batch;
  if (golden.contains("/inputs/candidates")) {
    batch.text = golden.tensor("/inputs/candidates");
    batch.text_lengths = golden.tensor("/inputs/candidate_lengths");
  } else {
    batch.text = golden.tensor("/inputs/word_ids").unsqueeze(1);
    batch.text_lengths = golden.tensor("/inputs/word_lengths").unsqueeze(1);
  }
  batch.appearance = golden.tensor("/inputs/appearance").to(dtype);
  batch.motion = golden.tensor("/inputs/motion").to(dtype);
  batch.video_lengths = golden.tensor("/inputs/video_lengths");
  batch.labels = golden.tensor("/inputs/labels");
  return batch;
}

void expect_model(const GoldenFile& golden, const nlohmann::json& config, const Tolerance& within) {
  std::string name = golden.attribute("/", "model");
  if (name == "tgif_benchmark") name = "st_vqa";  // the class is called TGIFBenchmark there
  const auto& table = model_table();
  if (std::none_of(table.begin(), table.end(), [&](const auto& row) { return row.name == name; }))
    GTEST_SKIP() << "the model " << name << " is not built yet";
  const std::optional<std::string> fusion = fusion_spec(config.at("fusion"));
  if (!fusion) GTEST_SKIP() << "the fusion " << config.at("fusion").at("name") << " is not built";

  const ModelConfig options = model_config(config, *fusion);
  const ModelPtr model = make_model(name, options);
  load(*model, golden.tensors("/params"));
  if (::testing::Test::HasFatalFailure()) return;
  model->to(within.dtype);
  model->eval();

  const Batch batch = read_batch(golden, within.dtype);
  const Tensor scores = model->forward(batch).scores;
  const Tensor loss = answer_loss(options.task, scores, batch.labels);
  loss.backward();
  EXPECT_LE(relative_error(scores, golden.tensor("/outputs/scores")), within.scores);
  EXPECT_LE(relative_error(loss, golden.tensor("/outputs/loss")), within.scores);
  EXPECT_TRUE(
      torch::equal(predict_answer(options.task, scores), golden.tensor("/outputs/predictions")));
  expect_gradients(*model, golden, config, within.gradients);
}

/// Stands for the model in whose state dict the parts have their names.
struct Owner : torch::nn::Module {};

using Inputs = std::map<std::string, Tensor>;

struct Part {
  std::shared_ptr<torch::nn::Module> owner = std::make_shared<Owner>();
  std::function<Tensor(const Inputs&)> forward;
};

RaggedSequence sequence(const Inputs& inputs, const std::string& values,
                        const std::string& lengths) {
  const RowLayout layout(inputs.at(lengths));
  return {layout.unpad(inputs.at(values)), layout};
}

/// With zeros beyond the lengths, as many steps as `like` has.
Tensor padded(const Tensor& rows, const RowLayout& layout, const Tensor& like) {
  return layout.pad(rows, like.size(1));
}

/// The part of HME called `name`; its forward is empty when there is none.
Part make_part(const std::string& name, const ModelConfig& config) {
  const int64_t h = config.hidden;
  Part part;
  if (name == "temporal_attention") {
    const auto module = part.owner->register_module("TpAtt_a", TemporalAttention(2 * h, h));
    part.forward = [module](const Inputs& in) {
      return module->forward(sequence(in, "states", "video_lengths"), in.at("query"));
    };
  } else if (name == "mrm_vid") {
    const auto module = part.owner->register_module("mrm_vid", VideoMemory(h, config.slots));
    part.forward = [module](const Inputs& in) {
      const auto [appearance, layout] = sequence(in, "hidden_a", "video_lengths");
      const Tensor motion = layout.unpad(in.at("hidden_m"));
      return padded(module->forward(appearance, motion, layout), layout, in.at("hidden_a"));
    };
  } else if (name == "mrm_txt") {
    const auto module = part.owner->register_module("mrm_txt", QuestionMemory(h, config.slots));
    part.forward = [module](const Inputs& in) {
      const auto [words, layout] = sequence(in, "hidden_q", "word_lengths");
      return padded(module->forward(words, layout), layout, in.at("hidden_q"));
    };
  } else if (name == "mm_att") {
    const auto module =
        part.owner->register_module("mm_att", ModalityAttention(h, config.fusion, config.hme_init));
    part.forward = [module](const Inputs& in) {
      return module->forward(in.at("state"),
                             module->prepare(sequence(in, "memory_video", "video_lengths"),
                                             sequence(in, "memory_text", "word_lengths")));
    };
  } else if (name == "mm_module") {
    const auto module = std::make_shared<MultiStepFusion>(*part.owner, config);
    part.forward = [module](const Inputs& in) {
      return module->forward(in.at("last_states"), sequence(in, "memory_video", "video_lengths"),
                             sequence(in, "memory_text", "word_lengths"));
    };
  }
  return part;
}

void expect_part(const GoldenFile& golden, const nlohmann::json& config, const Tolerance& within) {
  ModelConfig options;
  options.hidden = config.at("hidden");
  options.slots = config.at("slots");
  const std::string name = config.at("submodule");
  const Part part = make_part(name, options);
  if (!part.forward) GTEST_SKIP() << "the part " << name << " is not built yet";
  load(*part.owner, golden.tensors("/params"));
  if (::testing::Test::HasFatalFailure()) return;
  part.owner->to(within.dtype);
  part.owner->eval();

  Inputs inputs = golden.tensors("/inputs");
  const std::map<std::string, Tensor> input_gradients = golden.tensors("/input_grads");
  for (auto& item : inputs) {
    if (item.second.is_floating_point()) item.second = item.second.to(within.dtype);
    if (input_gradients.count(item.first) > 0) item.second.requires_grad_();
  }
  const Tensor out = part.forward(inputs);
  const Tensor loss = (out * inputs.at("loss_weights")).sum();
  loss.backward();
  EXPECT_LE(relative_error(out, golden.tensor("/outputs/out")), within.scores);
  EXPECT_LE(relative_error(loss, golden.tensor("/outputs/loss")), within.scores);
  for (const auto& item : input_gradients) {
    EXPECT_LE(relative_error(inputs.at(item.first).grad(), item.second), within.gradients)
        << item.first;
  }
  expect_gradients(*part.owner, golden, config, within.gradients);
}

class HmeGolden : public ::testing::TestWithParam<Case> {
 protected:
  static void expect_reference_values(const Tolerance& within) {
    const GoldenFile golden(GetParam().path);
    const nlohmann::json config = golden.json_attribute("/", "config");
    const bool is_part = golden.attribute("/", "model") == "submodule";
    is_part ? expect_part(golden, config, within) : expect_model(golden, config, within);
  }
};

TEST_P(HmeGolden, AgreesWithTheReferenceInDoublePrecision) { expect_reference_values(kDouble); }

TEST_P(HmeGolden, AgreesWithTheReferenceInSinglePrecision) { expect_reference_values(kSingle); }

INSTANTIATE_TEST_SUITE_P(Reference, HmeGolden, ::testing::ValuesIn(cases()), case_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(HmeGolden);

}  // namespace
}  // namespace vidqa::models

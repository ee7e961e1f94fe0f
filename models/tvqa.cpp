#include "models/tvqa.h"

#include <algorithm>
#include <utility>

#include <torch/torch.h>

namespace vidqa::models {
namespace {

using torch::Tensor;

/// Names of the slots of M_a (tvqa.h).
enum Slot : size_t { kContext, kAnswer, kQuestion, kAnswerTimesContext, kQuestionTimesContext };
constexpr size_t kConcatenatedSlots = 5;
/// And without the question.
enum SlotWithoutQuestion : size_t { kProduct = 2, kSum = 3, kProductTimesSum = 4 };
constexpr size_t kFusedSlots = 2;

}  // namespace

/// A stream and its attention over question and answers.
struct Tvqa::Attended {
  Attended(const EncodedBatch& batch, const EncodedRows& stream)
      : context(stream),
        question(batch.question),
        answers(batch.answers),
        num_answers(batch.num_answers),
        by_question(attend({context.layout, 1, question.layout}, context.rows, question.rows)),
        by_answer(
            attend({context.layout, num_answers, answers.layout}, context.rows, answers.rows)) {}

  /// (rows of the stream, d) -> the same for each answer.
  Tensor for_answers(const Tensor& rows) const { return context.layout.repeat(rows, num_answers); }
  MatureInput input() const {
    MatureInput input;
    input.steps = context.layout;
    input.num_answers = num_answers;
    return input;
  }

  const EncodedRows& context;
  const EncodedRows& question;
  const EncodedRows& answers;
  int64_t num_answers;
  AttendedText by_question;
  AttendedText by_answer;
};

void validate_tvqa(const std::string& name, const ModelConfig& config) {
  const TvqaConfig& tvqa = config.tvqa;
  TORCH_CHECK(!tvqa.streams.empty(), name,
              ": streams: want at least one of sub, vcpt, imagenet, "
              "regional, motion");
  for (const std::string& stream : tvqa.streams) {
    TORCH_CHECK(is_text_stream(stream) || is_feature_stream(stream), name, ": unknown stream '",
                stream, "'; accepted: sub, vcpt, imagenet, regional, motion");
    TORCH_CHECK(std::count(tvqa.streams.begin(), tvqa.streams.end(), stream) == 1, name,
                ": stream ", stream, " is named twice");
    const auto dim = tvqa.feature_dims.find(stream);
    TORCH_CHECK(is_text_stream(stream) || (dim != tvqa.feature_dims.end() && dim->second > 0), name,
                ": stream ", stream, " needs a feature file");
  }
  for (const auto& [option, value] :
       {std::pair<const char*, int64_t>{"hidden_raw", tvqa.hidden_raw},
        {"hidden_mature", tvqa.hidden_mature},
        {"fusion_dim", tvqa.fusion_dim},
        {"classifier_layers", tvqa.classifier_layers}})
    TORCH_CHECK(value > 0, name, ": ", option, " must be positive, got ", value);
  const bool fuses = config.fusion != kNoFusion;
  TORCH_CHECK(
      !fuses || (tvqa.variant == TvqaVariant::kWithQuestion && tvqa.deep_cca == DeepCcaUse::kNone),
      name, ": fusion ", config.fusion,
      " replaces concatenation, so it goes with neither deep CCA nor the variant without "
      "the question");
  TORCH_CHECK(tvqa.deep_cca == DeepCcaUse::kNone || tvqa.variant == TvqaVariant::kWithQuestion,
              name, ": deep CCA projects the question, which the variant leaves out");
  if (name != "tvqa_dual_stream") return;
  for (const char* stream : {"sub", "imagenet"})
    TORCH_CHECK(std::count(tvqa.streams.begin(), tvqa.streams.end(), stream) == 1, name,
                ": needs the streams sub and imagenet");
}

fusion::FusionPtr register_fusion(torch::nn::Module& owner, const std::string& name,
                                  const ModelConfig& config) {
  if (config.fusion == kNoFusion) return nullptr;
  const int64_t width = 2 * config.tvqa.hidden_raw;
  auto fusion = fusion::make_fusion(config.fusion, {width, width, config.tvqa.fusion_dim});
  TORCH_CHECK(fusion->granularity() == fusion::Granularity::kVector, "tvqa: fusion ", config.fusion,
              " fuses sequences, but the model fuses the rows of each step; choose one that "
              "`vidqa fusions` lists per vector");
  return owner.register_module(name, fusion);
}

Tvqa::Tvqa(const ModelConfig& config)
    : Model(config),
      encoder_(*this, config),
      shared_fusion_(config.tvqa.fusion_per_stream ? nullptr
                                                   : register_fusion(*this, "blp", config)) {
  for (const std::string& stream : config.tvqa.streams) stages_.push_back(register_stage(stream));
}

Tvqa::Stage Tvqa::register_stage(const std::string& stream) {
  const TvqaConfig& tvqa = config().tvqa;
  const std::string name = published_stream_name(stream);
  const bool fuses = config().fusion != kNoFusion;
  Stage stage = {
      TvqaVoter(*this, config(), stream, fuses ? kFusedSlots : kConcatenatedSlots,
                fuses ? tvqa.fusion_dim : encoder_.width()),
      tvqa.fusion_per_stream ? register_fusion(*this, "blp_" + name, config()) : shared_fusion_};
  if (tvqa.deep_cca != DeepCcaUse::kNone)
    stage.deep_cca =
        register_module("dcca_" + name + "qa", DeepCca(encoder_.width(), tvqa.deep_cca_layers));
  return stage;
}

Output Tvqa::forward(const Batch& batch) {
  const TvqaConfig& tvqa = config().tvqa;
  const EncodedBatch encoded = encoder_.forward(batch);
  Output output;
  Tensor correlation;
  for (Stage& stage : stages_) {
    const Attended parts(encoded, encoded.streams.at(stage.voter.stream()));
    MatureInput input;
    if (stage.fusion != nullptr) {
      input = fused(parts, *stage.fusion);
    } else if (tvqa.variant == TvqaVariant::kWithoutQuestion) {
      input = without_question(parts);
    } else if (stage.deep_cca) {
      const int64_t times =
          tvqa.deep_cca == DeepCcaUse::kAsReleased ? parts.context.layout.longest() : 1;
      const auto views =
          stage.deep_cca->forward({parts.by_question.text, parts.context.rows}, times);
      if (tvqa.deep_cca_weight > 0) {
        const Tensor one = total_correlation(views.question, views.context);
        correlation = correlation.defined() ? correlation + one : one;
      }
      input = projected(parts, views);
    } else {
      input = concatenated(parts);
    }
    const Tensor scores = stage.voter.score(input);  // (B, A)
    output.stream_scores.emplace_back(stage.voter.stream(), scores);
    output.scores = output.scores.defined() ? output.scores + scores : scores;
  }
  if (correlation.defined()) output.penalty = -tvqa.deep_cca_weight * correlation;
  return output;
}

MatureInput Tvqa::concatenated(const Attended& parts) const {
  MatureInput input = parts.input();
  const Tensor& context = parts.context.rows;
  input.of_question = {{context, {kContext}},
                       {parts.by_question.text * context, {kQuestionTimesContext}}};
  input.attended_question = {&parts.by_question, &parts.question, {kQuestion}};
  input.of_answer = {{parts.by_answer.text * parts.for_answers(context), {kAnswerTimesContext}}};
  input.attended_answer = {&parts.by_answer, &parts.answers, {kAnswer}};
  return input;
}

MatureInput Tvqa::without_question(const Attended& parts) const {
  MatureInput input = parts.input();
  const Tensor context = parts.for_answers(parts.context.rows);
  const Tensor& answer = parts.by_answer.text;
  const Tensor product = answer * context;
  input.of_question = {{parts.context.rows, {kContext, kSum}}};
  input.of_answer = {{product, {kProduct}}, {product * (answer + context), {kProductTimesSum}}};
  input.attended_answer = {&parts.by_answer, &parts.answers, {kAnswer, kSum}};
  return input;
}

MatureInput Tvqa::projected(const Attended& parts, const DeepCcaImpl::Views& views) const {
  MatureInput input = parts.input();
  input.of_question = {{views.context, {kContext}},
                       {views.question, {kQuestion}},
                       {views.question * views.context, {kQuestionTimesContext}}};
  input.of_answer = {
      {parts.by_answer.text * parts.for_answers(views.context), {kAnswerTimesContext}}};
  input.attended_answer = {&parts.by_answer, &parts.answers, {kAnswer}};
  return input;
}

MatureInput Tvqa::fused(const Attended& parts, fusion::Fusion& fusion) const {
  MatureInput input = parts.input();
  const Tensor& context = parts.context.rows;
  input.of_question = {{fusion.forward(parts.by_question.text, context), {0}}};
  input.of_answer = {{fusion.forward(parts.by_answer.text, parts.for_answers(context)), {1}}};
  return input;
}

Tensor Tvqa::loss(const Output& output, const Tensor& labels) const {
  const Tensor loss = torch::cross_entropy_loss(output.scores, labels);
  return output.penalty.defined() ? loss + output.penalty : loss;
}

void Tvqa::set_word_vectors(const Tensor& vectors) { encoder_.set_word_vectors(vectors); }

}  // namespace vidqa::models

// Times a training step (forward, loss, backward, Adam) of TVQA's models at the sizes of arXiv
// 2012.10285 beside two yardsticks in the same run:
//   composed   what the released code does, with Torch's operators: packed torch::lstm, one call
//   for
//              each answer, padded attention, the plain composition of each fusion
//   floor      the bare matrix products that our step needs, alone
// A batch of 16 questions whose texts, subtitles, concepts and frames have the lengths of a real
// batch; 5,000 words, 2,048-wide features. tensors: those that exist at most at once, parameters,
// gradients and Adam's moments included. process: all that a process which only trains so holds.
//
//   build/release/benchmarks/speed/tvqa_speed [--benchmark_filter=concat]

#include <array>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <torch/torch.h>

#include "benchmarks/speed/speed_report.h"
#include "fusion/fusion.h"
#include "fusion/tensor_memory.h"
#include "models/model.h"
#include "models/ragged.h"
#include "pipeline/train/environment.h"

namespace vidqa::benchmarks::speed {
namespace {

using models::Batch;
using models::RowLayout;
using torch::Tensor;

constexpr int64_t kBatch = 16;
constexpr int64_t kAnswers = 5;
constexpr int64_t kWords = 5000;
constexpr int64_t kWordDim = 300;
constexpr int64_t kFeatureDim = 2048;
constexpr int64_t kWidth = 300;  // of encoded rows
constexpr int64_t kHidden = 300;

using Lengths = std::array<int64_t, kBatch>;

constexpr Lengths kQuestion = {13, 18, 17, 19, 12, 17, 9, 18, 9, 13, 10, 17, 16, 22, 14, 15};
constexpr std::array<Lengths, kAnswers> kAnswer = {{
    {2, 7, 7, 8, 6, 7, 7, 4, 9, 6, 6, 8, 5, 3, 4, 6},
    {5, 9, 3, 6, 7, 7, 4, 6, 5, 4, 5, 3, 9, 4, 7, 11},
    {11, 3, 8, 5, 2, 5, 8, 7, 8, 8, 8, 4, 4, 5, 6, 5},
    {4, 8, 4, 6, 7, 14, 6, 6, 3, 11, 6, 7, 4, 2, 4, 5},
    {6, 7, 10, 8, 6, 3, 6, 6, 6, 5, 2, 5, 8, 6, 8, 5},
}};
constexpr Lengths kSub = {80,  102, 109, 182, 118, 100, 135, 300,
                          168, 108, 207, 234, 104, 205, 143, 107};
constexpr Lengths kVcpt = {66, 124, 66, 100, 15, 169, 160, 150, 115, 93, 53, 84, 167, 43, 56, 140};
constexpr Lengths kVideo = {36, 32, 18, 51, 44, 23, 88, 60, 83, 26, 114, 174, 68, 115, 10, 16};

Tensor tensor_of(const Lengths& lengths) {
  return torch::tensor(std::vector<int64_t>(lengths.begin(), lengths.end()), torch::kInt64);
}

int64_t sum_of(const Lengths& lengths) { return tensor_of(lengths).sum().item<int64_t>(); }

Batch make_batch() {
  torch::manual_seed(2018);
  const auto words = [](const Tensor& lengths) {
    std::vector<int64_t> sizes = lengths.sizes().vec();
    sizes.push_back(lengths.max().item<int64_t>());
    return torch::randint(3, kWords, sizes, torch::kInt64);
  };
  Batch batch;
  batch.question_lengths = tensor_of(kQuestion);
  batch.question = words(batch.question_lengths);
  std::vector<Tensor> answers;
  for (const Lengths& lengths : kAnswer) answers.push_back(tensor_of(lengths));
  batch.answer_lengths = torch::stack(answers, 1);
  batch.answers = words(batch.answer_lengths);
  batch.streams.push_back({"sub", words(tensor_of(kSub)), tensor_of(kSub)});
  batch.streams.push_back({"vcpt", words(tensor_of(kVcpt)), tensor_of(kVcpt)});
  const Tensor features =
      torch::rand({kBatch, tensor_of(kVideo).max().item<int64_t>(), kFeatureDim});
  batch.streams.push_back({"imagenet", features / features.norm(2, 2, true), tensor_of(kVideo)});
  batch.labels = torch::randint(kAnswers, {kBatch}, torch::kInt64);
  return batch;
}

/// What the released code computes, from the parameters of our model.
class Released {
 public:
  Released(models::Model& model, fusion::Fusion* fusion)
      : training_(model.is_training()), fusion_(fusion) {
    for (const auto& item : model.named_parameters()) parameters_[item.key()] = item.value();
  }

  Tensor scores(const Batch& batch, bool dual) const {
    const Text question = encode(embed(batch.question), batch.question_lengths);
    std::vector<Text> answers;
    for (int64_t a = 0; a < kAnswers; ++a)
      answers.push_back(
          encode(embed(batch.answers.select(1, a)), batch.answer_lengths.select(1, a)));
    if (dual) {
      const Text video = stream(batch, "imagenet");
      const Text sub = stream(batch, "sub");
      const auto fused = [&](const Text& x) {
        const Text v = {attend(video, x), video.lengths};
        const Text s = {attend(sub, x), sub.lengths};
        return fusion_->compose(v.rows, attend(v, s));
      };
      const Tensor z = fused(question);
      std::vector<Tensor> scores;
      for (const Text& answer : answers)
        scores.push_back(vote("vid", torch::cat({z, fused(answer)}, 2), video.lengths));
      return torch::cat(scores, 1);
    }
    Tensor total;
    for (const auto& [name, published] :
         {std::pair("sub", "sub"), std::pair("vcpt", "vcpt"), std::pair("imagenet", "vid")}) {
      const Text context = stream(batch, name);
      const Tensor by_question = attend(context, question);
      const Tensor z = fusion_ != nullptr ? fusion_->compose(by_question, context.rows) : Tensor();
      std::vector<Tensor> scores;
      for (const Text& answer : answers) {
        const Tensor by_answer = attend(context, answer);
        const Tensor m = fusion_ != nullptr
                             ? torch::cat({z, fusion_->compose(by_answer, context.rows)}, 2)
                             : torch::cat({context.rows, by_answer, by_question,
                                           by_answer * context.rows, by_question * context.rows},
                                          2);
        scores.push_back(vote(published, m, context.lengths));
      }
      const Tensor of_stream = torch::cat(scores, 1);
      total = total.defined() ? total + of_stream : of_stream;
    }
    return total;
  }

 private:
  /// Rows (B, T, D).
  struct Text {
    Tensor rows;
    Tensor lengths;
  };

  const Tensor& at(const std::string& name) const { return parameters_.at(name); }
  Tensor embed(const Tensor& ids) const { return torch::embedding(at("embedding.weight"), ids); }

  Text stream(const Batch& batch, const std::string& name) const {
    const models::Stream& stream = batch.stream(name);
    const Tensor embedded = stream.is_text()
                                ? embed(stream.values)
                                : torch::linear(torch::dropout(stream.values, 0.5, training_),
                                                at("video_fc.1.weight"), at("video_fc.1.bias"))
                                      .tanh();
    return encode(embedded, stream.lengths);
  }

  Text encode(const Tensor& x, const Tensor& lengths) const {
    return {lstm("lstm_raw.rnn", x, lengths), lengths};
  }

  /// Packed, longest first.
  Tensor lstm(const std::string& name, const Tensor& x, const Tensor& lengths) const {
    const auto [sorted, order] = lengths.sort(0, true);
    const auto [packed, sizes] =
        torch::_pack_padded_sequence(x.index_select(0, order), sorted, true);
    std::vector<Tensor> parameters;
    for (const char* direction : {"", "_reverse"}) {
      for (const char* part : {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"})
        parameters.push_back(at(fmt::format("{}.{}{}", name, part, direction)));
    }
    const Tensor start = torch::zeros({2, x.size(0), parameters[1].size(1)});
    const Tensor states = std::get<0>(
        torch::lstm(packed, sizes, {start, start}, parameters, true, 1, 0.0, training_, true));
    return std::get<0>(torch::_pad_packed_sequence(states, sizes, true, 0.0, x.size(1)))
        .index_select(0, order.argsort());
  }

  static Tensor is_padding(const Tensor& lengths, int64_t steps) {
    return torch::arange(steps).unsqueeze(0) >= lengths.unsqueeze(1);
  }

  static Tensor attend(const Text& context, const Text& text) {
    const Tensor mix = context.rows.bmm(text.rows.transpose(1, 2))
                           .masked_fill(is_padding(text.lengths, text.rows.size(1)).unsqueeze(1),
                                        -std::numeric_limits<double>::infinity())
                           .softmax(2);
    return mix.bmm(text.rows);
  }

  /// (B, T, D) -> (B, 1).
  Tensor vote(const std::string& stream, const Tensor& m, const Tensor& lengths) const {
    const Tensor states = lstm("lstm_mature_" + stream + ".rnn", m, lengths);
    const Tensor pooled =
        std::get<0>(states
                        .masked_fill(is_padding(lengths, states.size(1)).unsqueeze(2),
                                     -std::numeric_limits<double>::infinity())
                        .max(1));
    return torch::linear(pooled, at("classifier_" + stream + ".main.0.weight"),
                         at("classifier_" + stream + ".main.0.bias"));
  }

  bool training_;
  fusion::Fusion* fusion_;
  std::map<std::string, Tensor> parameters_;
};

struct Case {
  std::string name;
  std::string fusion;
  bool dual;
  int64_t threads;

  std::string label() const { return fmt::format("{}/{}_threads", name, threads); }
};

constexpr const char* kOurs = "/ours";
constexpr const char* kComposed = "/composed";

/// One product of (rows, in) and (in, out), forward and both backward.
struct Product {
  int64_t rows;
  int64_t in;
  int64_t out;
};

/// Those of our step, the recurrences as one product of all their rows.
std::vector<Product> products_of(const Case& c) {
  constexpr int64_t kGates = 8 * kHidden;  // of both directions
  constexpr int64_t kRawGates = 4 * kHidden;
  constexpr int64_t kOut = 750;
  int64_t words = sum_of(kQuestion);
  for (const Lengths& lengths : kAnswer) words += sum_of(lengths);
  std::vector<int64_t> steps = {sum_of(kVideo)};
  int64_t encoded = words + sum_of(kVideo) + sum_of(kSub);
  if (!c.dual) {
    steps.push_back(sum_of(kSub));
    steps.push_back(sum_of(kVcpt));
    encoded += sum_of(kVcpt);
  }
  std::vector<Product> products = {{sum_of(kVideo), kFeatureDim, kWordDim},
                                   {encoded, kWordDim, kRawGates},
                                   {encoded, kHidden / 2, kRawGates}};
  for (const int64_t rows : steps) {
    products.push_back({kAnswers * rows, kHidden, kGates});  // recurrence
    if (c.fusion == models::kNoFusion) {
      products.push_back({rows, 2 * kWidth, kGates});         // context, question * context
      products.push_back({kAnswers * rows, kWidth, kGates});  // answer * context
      products.push_back({words, kWidth, kGates});            // words, before they are mixed
    } else {
      products.push_back({rows, kOut, kGates});
      products.push_back({kAnswers * rows, kOut, kGates});
      const int64_t fused = (kAnswers + 1) * rows;
      if (c.fusion.rfind("mcb", 0) == 0) {
        products.push_back({fused, 1600, kOut});
      } else if (c.fusion.rfind("mfb", 0) == 0) {
        products.push_back({fused, kWidth, 3200});
        products.push_back({fused, kWidth, 3200});
        products.push_back({fused, 1600, kOut});
      } else {
        for (int i = 0; i < 4; ++i) products.push_back({fused, kWidth, 3000});
        products.push_back({fused, 3000, kOut});
      }
    }
  }
  return products;
}

class Bench {
 public:
  explicit Bench(const Case& c) : dual_(c.dual), batch_(make_batch()) {
    models::ModelConfig config;
    config.task = models::Task::kMultipleChoice;
    config.vocab_size = kWords;
    config.fusion = c.fusion;
    config.tvqa.feature_dims = {{"imagenet", kFeatureDim}};
    if (c.dual) config.tvqa.streams = {"sub", "imagenet"};
    torch::manual_seed(1);
    model_ = models::make_model(c.dual ? "tvqa_dual_stream" : "tvqa", config);
    model_->train();
    optimizer_ = std::make_unique<torch::optim::Adam>(
        model_->parameters(), torch::optim::AdamOptions(3e-4).weight_decay(1e-5));
  }

  void ours() {
    step([&] {
      const models::Output output = model_->forward(batch_);
      return model_->loss(output, batch_.labels);
    });
  }

  void composed() {
    const auto fusion = model_->named_modules().find("blp");
    auto* blp = fusion == nullptr ? nullptr : dynamic_cast<fusion::Fusion*>(fusion->get());
    step([&] {
      const Released released(*model_, blp);
      return torch::cross_entropy_loss(released.scores(batch_, dual_), batch_.labels);
    });
  }

 private:
  template <typename Loss>
  void step(Loss loss) {
    optimizer_->zero_grad();
    loss().backward();
    optimizer_->step();
  }

  bool dual_;
  Batch batch_;
  models::ModelPtr model_;
  std::unique_ptr<torch::optim::Adam> optimizer_;
};

class Floor {
 public:
  explicit Floor(const Case& c) {
    for (const Product& p : products_of(c))
      buffers_.push_back({torch::randn({p.rows, p.in}), torch::randn({p.out, p.in}),
                          torch::empty({p.rows, p.out}), torch::empty({p.rows, p.in}),
                          torch::empty({p.out, p.in})});
  }

  void run() {
    const torch::NoGradGuard no_grad;
    for (Buffers& b : buffers_) {
      torch::mm_out(b.out, b.in, b.weight.t());
      torch::mm_out(b.d_in, b.out, b.weight);
      torch::mm_out(b.d_weight, b.out.t(), b.in);
    }
  }

 private:
  struct Buffers {
    Tensor in, weight, out, d_in, d_weight;
  };
  std::vector<Buffers> buffers_;
};

using Step = void (Bench::*)();

void two_steps(const Case& c, Step step) {
  train::set_threads(c.threads);
  Bench bench(c);
  for (int i = 0; i < 2; ++i) (bench.*step)();
}

/// Megabytes of tensors at most, from nothing to the end of two steps.
double peak_megabytes(const Case& c, Step step) {
  const fusion::TensorMemoryMeter meter;
  two_steps(c, step);
  return static_cast<double>(meter.peak_bytes()) / 1e6;
}

Table& results() {
  static Table table = {
      {"model", "threads", "ours ms", "floor ms", "ours / floor", "composed ms", "composed / ours",
       "tensors MB", "composed MB", "process MB", "composed MB", "ours / composed"},
      {}};
  return table;
}

void run_case(benchmark::State& state, const Case& c) {
  constexpr double kSeconds = 8;
  constexpr int kFewestRounds = 3;
  const double memory = peak_megabytes(c, &Bench::ours);
  const double of_composed = peak_megabytes(c, &Bench::composed);
  const double process = resident_megabytes(c.label() + kOurs);
  const double process_of_composed = resident_megabytes(c.label() + kComposed);
  Bench bench(c);
  Floor floor(c);
  Rotation rotation({[&] { bench.ours(); }, [&] { floor.run(); }, [&] { bench.composed(); }});
  for (auto _ : state) {
    rotation.run(kSeconds, kFewestRounds);
    state.SetIterationTime(rotation.milliseconds(0) / 1e3);
  }
  state.counters["of_floor"] = rotation.ratio(0, 1);
  results().rows.push_back(
      {c.name, std::to_string(c.threads), fmt::format("{:.0f}", rotation.milliseconds(0)),
       fmt::format("{:.0f}", rotation.milliseconds(1)), fmt::format("{:.2f}", rotation.ratio(0, 1)),
       fmt::format("{:.0f}", rotation.milliseconds(2)), fmt::format("{:.2f}", rotation.ratio(2, 0)),
       fmt::format("{:.0f}", memory), fmt::format("{:.0f}", of_composed),
       fmt::format("{:.0f}", process), fmt::format("{:.0f}", process_of_composed),
       fmt::format("{:.2f}", process / process_of_composed)});
}

void register_cases() {
  for (const auto& [name, fusion, dual] :
       {std::tuple("SVI concat", models::kNoFusion, false), std::tuple("SVI mfb", "mfb", false),
        std::tuple("SVI mcb", "mcb", false), std::tuple("dual mfh", "mfh:mm_dim=1500", true)}) {
    for (const int64_t count : thread_counts()) {
      const Case c = {name, fusion, dual, count};
      add_case(c.label(), [c](benchmark::State& state) { run_case(state, c); });
      add_resident_work(c.label() + kOurs, [c] { two_steps(c, &Bench::ours); });
      add_resident_work(c.label() + kComposed, [c] { two_steps(c, &Bench::composed); });
    }
  }
}

}  // namespace
}  // namespace vidqa::benchmarks::speed

int main(int argc, char** argv) {
  using namespace vidqa::benchmarks::speed;
  register_cases();
  return run(argc, argv, "TVQA: a training step", [] { return results(); });
}

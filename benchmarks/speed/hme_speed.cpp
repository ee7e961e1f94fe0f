// Times a training step (forward, loss, backward, Adam) of HME at the sizes of its published code
// (fanchenyou/HME-VideoQA) beside two yardsticks in the same run:
//   composed   the same model with Torch's operators: LSTM cells and memories step by step over
//              padded batches, products with inputs hoisted, clips repeated for every candidate
//   floor      the bare matrix products that our step needs, alone
// MSVD-QA: 32 questions, 20 steps, 20 slots; TGIF-QA action: 8 questions with five candidates, 35
// steps, 35 slots. Texts have the lengths of real batches. memory: tensors that exist at most at
// once, parameters, gradients and Adam's moments included, and without these four; process: all
// that a process which only trains so holds.
//
//   build/release/benchmarks/speed/hme_speed [--benchmark_filter=msvd]
//
// A batched PyTorch version (packed nn.LSTM, the memories as loops over steps with concatenated
// inputs) is the peer that users have: give it the lengths below, random words and features, Adam,
// torch.set_num_threads(1) and the same environment, and take the median of its steps.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <torch/torch.h>

#include "benchmarks/speed/speed_report.h"
#include "fusion/tensor_memory.h"
#include "models/additive_attention.h"
#include "models/attention.h"
#include "models/lstm.h"
#include "models/memory.h"
#include "models/model.h"
#include "models/ragged.h"
#include "models/sequence.h"
#include "pipeline/train/environment.h"

namespace vidqa::benchmarks::speed {
namespace {

using models::Batch;
using models::Sequence;
using models::StackedOutput;
using models::StackedState;
using torch::Tensor;

struct Case {
  std::string name;
  models::Task task = models::Task::kOpenEnded;
  int64_t candidates = 1;
  int64_t steps = 0;
  int64_t slots = 0;
  int64_t appearance_dim = 0;
  int64_t vocabulary = 0;
  int64_t classes = 0;
  std::vector<int64_t> text_lengths;  ///< candidates of a question after each other
  int64_t threads = 1;

  std::string label() const {
    return fmt::format("{}/{}_threads", classes > 0 ? "msvd" : "action", threads);
  }
  int64_t texts() const { return static_cast<int64_t>(text_lengths.size()); }
  int64_t clips() const { return texts() / candidates; }
  int64_t words() const { return models::RowLayout(text_lengths).rows(); }
};

constexpr const char* kOurs = "/ours";
constexpr const char* kComposed = "/composed";
constexpr int64_t kHidden = 512;
constexpr int64_t kMotionDim = 4096;
constexpr int64_t kWordDim = 300;

std::vector<Case> cases() {
  Case msvd;
  msvd.name = "MSVD-QA";
  msvd.steps = 20;
  msvd.slots = 20;
  msvd.appearance_dim = 4096;
  msvd.vocabulary = 4000;
  msvd.classes = 1000;
  msvd.text_lengths = {6, 7, 9, 5, 8, 8, 4, 4, 8, 9, 5, 9, 5, 11, 5, 8,
                       9, 9, 6, 7, 5, 5, 7, 8, 8, 8, 3, 5, 5, 8,  5, 5};
  Case action;
  action.name = "TGIF-QA action";
  action.task = models::Task::kMultipleChoice;
  action.candidates = 5;
  action.steps = 35;
  action.slots = 35;
  action.appearance_dim = 2048;
  action.vocabulary = 2550;
  action.text_lengths = {13, 14, 12, 16, 13, 11, 10, 12, 12, 10, 16, 16, 15, 16,
                         16, 12, 14, 12, 12, 11, 12, 11, 11, 11, 12, 11, 10, 11,
                         11, 11, 11, 11, 12, 10, 11, 11, 11, 11, 11, 10};
  return {msvd, action};
}

Batch make_batch(const Case& c) {
  torch::manual_seed(2019);
  Batch batch;
  batch.text_lengths = torch::tensor(c.text_lengths, torch::kInt64).view({c.clips(), c.candidates});
  const int64_t longest = batch.text_lengths.max().item<int64_t>();
  batch.text = torch::randint(2, c.vocabulary, {c.clips(), c.candidates, longest}, torch::kInt64);
  batch.appearance = torch::rand({c.clips(), c.steps, c.appearance_dim});
  batch.motion = torch::rand({c.clips(), c.steps, kMotionDim});
  batch.video_lengths = torch::full({c.clips()}, c.steps, torch::kInt64);
  batch.labels =
      torch::randint(c.classes > 0 ? c.classes : c.candidates, {c.clips()}, torch::kInt64);
  return batch;
}

/// HME with Torch's operators, from the parameters of our model.
class Composed {
 public:
  explicit Composed(models::Model& model) : model_(model) {
    for (const auto& item : model.named_parameters()) parameters_[item.key()] = item.value();
    for (const auto& item : model.named_modules()) modules_[item.key()] = item.value();
  }

  Tensor scores(const Batch& batch) const {
    const int64_t candidates = batch.text.size(1);
    const Tensor text_lengths = batch.text_lengths.flatten();
    const Tensor video_lengths = batch.video_lengths.repeat_interleave(candidates);
    const Tensor valid_text = models::valid_steps(text_lengths, batch.text.size(2));
    const Tensor valid_video = models::valid_steps(video_lengths, batch.motion.size(1));

    const Tensor words =
        cell("lstm_text_1")
            ->project(torch::embedding(at("embed.weight"), batch.text.flatten(0, 1)));
    const StackedState read_once = run("text", "", words, text_lengths, {}).last;
    const auto encode = [&](const char* stream, const Tensor& features) {
      const Tensor projected = cell(std::string("lstm_video_1") + stream)->project(features);
      return run("video", stream, projected.repeat_interleave(candidates, 0), video_lengths,
                 read_once);
    };
    const StackedOutput appearance = encode("a", batch.appearance);
    const StackedOutput motion = encode("m", batch.motion);
    const StackedState start{{appearance.last.layer_1.h + motion.last.layer_1.h, {}},
                             {appearance.last.layer_2.h + motion.last.layer_2.h, {}}};
    const StackedOutput question = run("text", "", words, text_lengths, start);

    const Tensor query = question.last.hidden();
    const auto summary = [&](const char* name, const StackedOutput& stream) {
      return module<models::TemporalAttentionImpl>(name)->forward(
          Sequence{stream.hidden(), valid_video}, query);
    };
    const Sequence video = {
        module<models::VideoMemoryImpl>("mrm_vid")->compose(appearance.hidden_2, motion.hidden_2),
        valid_video};
    const Sequence text = {
        module<models::QuestionMemoryImpl>("mrm_txt")->compose(question.hidden_2), valid_text};
    const Tensor fused =
        multi_step(torch::cat({appearance.last.layer_2.h, motion.last.layer_2.h}, 1), video, text);
    const Tensor decoded =
        torch::cat({linear("linear_decoder_att_a", summary("TpAtt_a", appearance)).tanh(),
                    linear("linear_decoder_att_m", summary("TpAtt_m", motion)).tanh(),
                    linear("linear_decoder_mem", fused).tanh()},
                   1);
    return linear("linear_decoder_count_2", decoded).reshape({batch.size(), -1});
  }

 private:
  const Tensor& at(const std::string& name) const { return parameters_.at(name); }
  Tensor linear(const std::string& name, const Tensor& x) const {
    return torch::linear(x, at(name + ".weight"), at(name + ".bias"));
  }
  template <typename Module>
  std::shared_ptr<Module> module(const std::string& name) const {
    return std::dynamic_pointer_cast<Module>(modules_.at(name));
  }
  models::LstmCell cell(const std::string& name) const {
    return models::LstmCell(module<models::LstmCellImpl>(name));
  }

  StackedOutput run(const std::string& kind, const std::string& stream, const Tensor& projected,
                    const Tensor& lengths, const StackedState& start) const {
    return models::compose_stacked_lstm(cell("lstm_" + kind + "_1" + stream),
                                        cell("lstm_" + kind + "_2" + stream), projected, lengths,
                                        start);
  }

  Tensor multi_step(const Tensor& last_states, const Sequence& video, const Sequence& text) const {
    const auto keys = [&](const Sequence& memory, const char* W, const char* b) {
      return torch::matmul(memory.values, at(std::string("mm_att.") + W)) +
             at(std::string("mm_att.") + b);
    };
    const Tensor video_keys = keys(video, "Wav", "bav");
    const Tensor text_keys = keys(text, "Wat", "bat");
    const auto drop = [&](const Tensor& x) {
      return torch::dropout(x, model_.config().dropout, model_.is_training());
    };
    const models::LstmCell first = cell("lstm_mm_1");
    const models::LstmCell second = cell("lstm_mm_2");
    models::LstmState state_1 = first->zero_state(last_states.size(0));
    models::LstmState state_2 = state_1;
    Tensor x = drop(linear("hidden_encoder_1", last_states).tanh());
    for (int round = 1;; ++round) {
      state_1 = first->step(first->project(x), state_1);
      state_2 = second->step(second->project(state_1.h), state_2);
      const Tensor& s = state_2.h;
      if (round == 3) return torch::cat({state_1.h, s}, 1);
      const Tensor v = models::compose_additive_attention(video_keys, video, s.mm(at("mm_att.Uav")),
                                                          at("mm_att.Vav"));
      const Tensor t = models::compose_additive_attention(text_keys, text, s.mm(at("mm_att.Uat")),
                                                          at("mm_att.Vat"));
      const Tensor of_state = s.mm(at("mm_att.Wb"));
      const Tensor rows = torch::stack({v.mm(at("mm_att.Vbv")) + at("mm_att.bbv") + of_state,
                                        t.mm(at("mm_att.Vbt")) + at("mm_att.bbt") + of_state},
                                       1);
      const auto beta = rows.tanh().matmul(at("mm_att.wb")).softmax(1).unsqueeze(2).unbind(1);
      const Tensor y =
          (s.mm(at("mm_att.Whh")) + beta[0] * linear("mm_att.video_sum_encoder", v) +
           beta[1] * linear("mm_att.question_sum_encoder", t) + at("mm_att.bh").view({-1}))
              .tanh();
      x = drop(linear("hidden_encoder_2", torch::cat({s, y}, 1)).tanh());
    }
  }

  models::Model& model_;
  std::map<std::string, Tensor> parameters_;
  std::map<std::string, std::shared_ptr<torch::nn::Module>> modules_;
};

/// A linear layer's product, rows times `in` to `out`.
struct Product {
  int64_t rows;
  int64_t in;
  int64_t out;
  bool is_of_features = false;  ///< which need no gradient
};

std::vector<Product> products_of(const Case& c) {
  constexpr int64_t h = kHidden;
  const int64_t rows = c.texts() * c.steps;
  const int64_t n = c.texts();
  const int64_t words = c.words();
  std::vector<Product> products = {{c.clips() * c.steps, c.appearance_dim, 4 * h, true},
                                   {c.clips() * c.steps, kMotionDim, 4 * h, true},
                                   {words, kWordDim, 4 * h}};
  const auto add = [&](int times, Product product) {
    for (int i = 0; i < times; ++i) products.push_back(product);
  };
  add(6, {rows, h, 4 * h});   // of both streams: recurrences, input of the second layer
  add(6, {words, h, 4 * h});  // of both readings of the text
  add(2, {rows, 2 * h, h});   // keys of both streams
  add(2, {n, 2 * h, h});
  add(4, {rows, h, 2 * h + c.slots});  // video memory: inputs and states of both streams
  add(1, {rows, h, h});
  add(1, {rows, h, 3 * h});
  add(1, {rows, 3 * h, c.slots + 3});
  add(2, {words, h, 2 * h + 2 * c.slots + 2});  // question memory
  add(1, {words, h, h});
  add(1, {rows, h, h});  // keys of the memories
  add(1, {words, h, h});
  add(16, {n, h, h});      // two readings of the memories
  add(12, {n, h, 4 * h});  // three rounds of two cells
  add(6, {n, 2 * h, h});   // encoders of the rounds, decoders
  add(1, {n, 3 * h, c.classes > 0 ? c.classes : 1});
  return products;
}

class Bench {
 public:
  explicit Bench(const Case& c) : batch_(make_batch(c)) {
    models::ModelConfig config;
    config.task = c.task;
    config.vocab_size = c.vocabulary;
    config.num_classes = c.classes;
    config.appearance_dim = c.appearance_dim;
    config.motion_dim = kMotionDim;
    config.word_dim = kWordDim;
    config.hidden = kHidden;
    config.slots = c.slots;
    config.video_encoder_dim = c.appearance_dim == 4096 ? 4096 : 0;
    if (c.classes > 0) config.hme_init = models::HmeInit::kMsvd;
    torch::manual_seed(1);
    model_ = models::make_model("hme", config);
    model_->train();
    optimizer_ = std::make_unique<torch::optim::Adam>(model_->trainable_parameters(),
                                                      torch::optim::AdamOptions(1e-3));
  }

  void ours() {
    step([&] { return model_->loss(model_->forward(batch_), batch_.labels); });
  }
  void composed() {
    step([&] { return model_->loss({Composed(*model_).scores(batch_)}, batch_.labels); });
  }
  void adam() { optimizer_->step(); }

  /// Parameters, and three times those that are trained.
  double megabytes_of_training() const {
    int64_t values = 0;
    for (const Tensor& parameter : model_->parameters()) values += parameter.numel();
    for (const Tensor& parameter : model_->trainable_parameters()) values += 3 * parameter.numel();
    return static_cast<double>(values * 4) / 1e6;
  }

 private:
  template <typename Loss>
  void step(Loss loss) {
    optimizer_->zero_grad();
    loss().backward();
    optimizer_->step();
  }

  Batch batch_;
  models::ModelPtr model_;
  std::unique_ptr<torch::optim::Adam> optimizer_;
};

class Floor {
 public:
  explicit Floor(const Case& c) {
    for (const Product& p : products_of(c))
      buffers_.push_back({torch::randn({p.rows, p.in}), torch::randn({p.out, p.in}),
                          torch::empty({p.rows, p.out}),
                          p.is_of_features ? Tensor() : torch::empty({p.rows, p.in}),
                          torch::empty({p.out, p.in})});
  }

  void run() {
    const torch::NoGradGuard no_grad;
    for (Buffers& b : buffers_) {
      torch::mm_out(b.out, b.in, b.weight.t());
      if (b.d_in.defined()) torch::mm_out(b.d_in, b.out, b.weight);
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

/// Megabytes of tensors at most, from nothing to the end of two steps; and without parameters,
/// gradients and moments.
struct Memory {
  double all;
  double alone;
};

Memory peak_memory(const Case& c, Step step) {
  const fusion::TensorMemoryMeter meter;
  Bench bench(c);
  for (int i = 0; i < 2; ++i) (bench.*step)();
  const double peak = static_cast<double>(meter.peak_bytes()) / 1e6;
  return {peak, peak - bench.megabytes_of_training()};
}

Table& results() {
  static Table table = {{"model", "threads", "ours ms", "floor ms", "ours / floor", "Adam ms",
                         "composed ms", "composed / ours", "tensors MB", "composed MB",
                         "ours alone MB", "composed alone MB", "process MB", "composed MB"},
                        {}};
  return table;
}

void run_case(benchmark::State& state, const Case& c) {
  constexpr double kSeconds = 8;
  constexpr int kFewestRounds = 3;
  train::set_threads(c.threads);
  const Memory memory = peak_memory(c, &Bench::ours);
  const Memory of_composed = peak_memory(c, &Bench::composed);
  Bench bench(c);
  Floor floor(c);
  Rotation rotation({[&] { bench.ours(); }, [&] { floor.run(); }, [&] { bench.adam(); },
                     [&] { bench.composed(); }});
  for (auto _ : state) {
    rotation.run(kSeconds, kFewestRounds);
    state.SetIterationTime(rotation.milliseconds(0) / 1e3);
  }
  state.counters["of_floor"] = rotation.ratio(0, 1);
  results().rows.push_back(
      {c.name, std::to_string(c.threads), fmt::format("{:.0f}", rotation.milliseconds(0)),
       fmt::format("{:.0f}", rotation.milliseconds(1)), fmt::format("{:.2f}", rotation.ratio(0, 1)),
       fmt::format("{:.0f}", rotation.milliseconds(2)),
       fmt::format("{:.0f}", rotation.milliseconds(3)), fmt::format("{:.2f}", rotation.ratio(3, 0)),
       fmt::format("{:.0f}", memory.all), fmt::format("{:.0f}", of_composed.all),
       fmt::format("{:.0f}", memory.alone), fmt::format("{:.0f}", of_composed.alone),
       fmt::format("{:.0f}", resident_megabytes(c.label() + kOurs)),
       fmt::format("{:.0f}", resident_megabytes(c.label() + kComposed))});
}

void register_cases() {
  for (Case c : cases()) {
    for (const int64_t count : thread_counts()) {
      c.threads = count;
      add_case(c.label(), [c](benchmark::State& state) { run_case(state, c); });
      for (const auto& [side, step] :
           {std::pair(kOurs, &Bench::ours), std::pair(kComposed, &Bench::composed)}) {
        add_resident_work(c.label() + side, [c, step = step] {
          train::set_threads(c.threads);
          Bench bench(c);
          for (int i = 0; i < 2; ++i) (bench.*step)();
        });
      }
    }
  }
}

}  // namespace
}  // namespace vidqa::benchmarks::speed

int main(int argc, char** argv) {
  using namespace vidqa::benchmarks::speed;
  register_cases();
  return run(argc, argv, "HME: a training step", [] { return results(); });
}

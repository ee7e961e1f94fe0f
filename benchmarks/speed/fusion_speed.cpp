// Times every published fusion beside two yardsticks in the same run:
//   composed   the plain composition of Torch's operators, what the reference executes (with
//              nn::Bilinear for Tucker and BlockTucker)
//   floor      the bare matrix products of those shapes, alone
// Sizes of TVQA's dual-stream model in arXiv 2012.10285: 300 and 300 wide in, mm_dim 1500, 750 out;
// Tucker has mm_dim 240, since 1500 does not fit. forward: evaluation, no gradients recorded.
// training: forward and backward with dropout 0.2 everywhere, gradients of inputs and parameters.
// memory: what a training step holds at most above what it leaves, the gradients of inputs and
// parameters.
//
//   build/release/benchmarks/speed/fusion_speed [--benchmark_filter=mfb/2400]

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <torch/torch.h>

#include "benchmarks/speed/speed_report.h"
#include "fusion/block_tucker.h"
#include "fusion/chunks.h"
#include "fusion/dropout.h"
#include "fusion/fusion.h"
#include "fusion/tensor_memory.h"
#include "fusion/tucker.h"
#include "pipeline/train/environment.h"

namespace vidqa::benchmarks::speed {
namespace {

using fusion::FusionPtr;
using torch::Tensor;

constexpr fusion::FusionDims kDims{300, 300, 750};
constexpr int64_t kMmDim = 1500;
constexpr int64_t kTuckerMmDim = 240;
constexpr int64_t kChunks = 20;
constexpr int64_t kRank = 15;

/// `count` products of (rows, in) and (in, out).
struct Product {
  int64_t count;
  int64_t in;
  int64_t out;
};

struct Operator {
  std::string name;
  int64_t mm_dim;
  std::vector<Product> products;

  /// Whether the reference composes it with nn::Bilinear.
  bool goes_through_bilinear() const { return name == "tucker" || name == "block_tucker"; }
};

std::vector<Operator> operators() {
  const int64_t m = kMmDim;
  const int64_t w = m / kChunks;
  const int64_t t = kTuckerMmDim;
  const auto [dx, dy, out] = kDims;
  return {
      {"linear_sum", m, {{1, dx, m}, {1, dy, m}, {1, m, out}}},
      {"concat_mlp", m, {{1, dx + dy, m}, {1, m, m}, {1, m, out}}},
      {"mcb", m, {{1, m, out}}},
      {"mlb", m, {{1, dx, m}, {1, dy, m}, {1, m, out}}},
      {"mfb", m, {{1, dx, 2 * m}, {1, dy, 2 * m}, {1, m, out}}},
      {"mfh", m, {{2, dx, 2 * m}, {2, dy, 2 * m}, {1, 2 * m, out}}},
      {"mutan", m, {{1, dx, m}, {1, dy, m}, {2, m, kRank * m}, {1, m, out}}},
      {"tucker", t, {{1, dx, t}, {1, dy, t}, {1, t, t * t}, {1, t, out}}},
      {"block", m, {{1, dx, m}, {1, dy, m}, {2 * kChunks, w, kRank * w}, {1, m, out}}},
      {"block_tucker", m, {{1, dx, m}, {1, dy, m}, {kChunks, w, w * w}, {1, m, out}}},
  };
}

struct Case {
  Operator op;
  int64_t rows;
  int64_t threads;
  bool training;

  std::string name() const {
    return fmt::format("{}/{}/{}/{}_threads", op.name, rows, training ? "training" : "forward",
                       threads);
  }
};

/// With 48,000 rows the composition of the others takes minutes a step, or more than 20 GB.
bool has_composition_of_many_rows(const Operator& op) {
  constexpr std::array kNames = {"linear_sum", "concat_mlp", "mcb", "mlb", "mfb"};
  return std::find(kNames.begin(), kNames.end(), op.name) != kNames.end();
}

bool has_composition(const Case& c) { return c.rows <= 2400 || has_composition_of_many_rows(c.op); }

std::vector<int64_t> row_counts(const Operator& op) {
  if (op.goes_through_bilinear()) return {32, 480, 2400, 48000};
  return {32, 2400, 48000};
}

/// Tucker and BlockTucker as the reference composes them, through nn::Bilinear.
Tensor compose_through_bilinear(fusion::Fusion& module, const Tensor& x, const Tensor& y,
                                int64_t mm_dim, int64_t chunks) {
  constexpr double kDropout = 0.2;
  auto p = module.named_parameters();
  const auto drop = [&](const Tensor& z) {
    return fusion::drop(z, kDropout, module.is_training());
  };
  const auto linear = [&](const std::string& name, const Tensor& z) {
    return torch::linear(z, p[name + ".weight"], p[name + ".bias"]);
  };
  const std::vector<int64_t> sizes = fusion::ChunkSplit(mm_dim, chunks).sizes();
  const auto us = drop(linear("linear0", x)).split_with_sizes(sizes, -1);
  const auto vs = drop(linear("linear1", y)).split_with_sizes(sizes, -1);
  std::vector<Tensor> zs;
  for (size_t c = 0; c < sizes.size(); ++c) {
    const std::string core = chunks > 1 ? "bilinears." + std::to_string(c) : "bilinear";
    zs.push_back(torch::bilinear(us[c], vs[c], p[core + ".weight"], p[core + ".bias"]));
  }
  const Tensor z = fusion::normalize_and_join(std::move(zs), fusion::PosNorm::kBeforeCat);
  return drop(linear("linear_out", drop(z)));
}

/// The three pieces of work of a case, and what they work on.
class Bench {
 public:
  explicit Bench(const Case& c)
      : case_(c),
        module_(fusion::make_fusion(
            c.op.name + (c.op.name == "concat_mlp"
                             ? fmt::format(":dimensions={}x{}", c.op.mm_dim, c.op.mm_dim)
                             : fmt::format(":mm_dim={}", c.op.mm_dim)),
            kDims)),
        x_(torch::randn({c.rows, kDims.x}).requires_grad_(c.training)),
        y_(torch::randn({c.rows, kDims.y}).requires_grad_(c.training)),
        gradient_(torch::randn({c.rows, kDims.out})) {
    module_->train(c.training);
    for (const Product& product : c.op.products)
      buffers_.push_back({product.count, torch::randn({c.rows, product.in}),
                          torch::randn({product.out, product.in}),
                          torch::empty({c.rows, product.out}), torch::empty({c.rows, product.in}),
                          torch::empty({product.out, product.in})});
  }

  void ours() {
    step([&] { return module_->forward(x_, y_); });
  }

  void composed() {
    step([&] {
      if (case_.op.name == "tucker")
        return compose_through_bilinear(*module_, x_, y_, case_.op.mm_dim, 1);
      if (case_.op.name == "block_tucker")
        return compose_through_bilinear(*module_, x_, y_, case_.op.mm_dim, kChunks);
      return module_->compose(x_, y_);
    });
  }

  void floor() {
    const torch::NoGradGuard no_grad;
    for (Buffers& b : buffers_) {
      for (int64_t i = 0; i < b.count; ++i) {
        torch::mm_out(b.out, b.in, b.weight.t());
        if (!case_.training) continue;
        torch::mm_out(b.d_in, b.out, b.weight);
        torch::mm_out(b.d_weight, b.out.t(), b.in);
      }
    }
  }

  /// Greatest number of bytes that a piece of work holds, above what it leaves behind.
  double peak_megabytes(const std::function<void()>& work) {
    clear_gradients();
    const fusion::TensorMemoryMeter meter;
    work();
    return static_cast<double>(meter.peak_bytes() - meter.bytes()) / 1e6;
  }

 private:
  struct Buffers {
    int64_t count;
    Tensor in, weight, out, d_in, d_weight;
  };

  void clear_gradients() {
    for (Tensor& parameter : module_->parameters()) parameter.mutable_grad() = Tensor();
    x_.mutable_grad() = Tensor();
    y_.mutable_grad() = Tensor();
  }

  template <typename Forward>
  void step(Forward forward) {
    if (!case_.training) {
      const torch::NoGradGuard no_grad;
      benchmark::DoNotOptimize(forward());
      return;
    }
    clear_gradients();
    forward().backward(gradient_);
  }

  Case case_;
  FusionPtr module_;
  Tensor x_, y_, gradient_;
  std::vector<Buffers> buffers_;
};

Table& results() {
  static Table table = {
      {"fusion", "rows", "pass", "threads", "ours ms", "floor ms", "ours / floor", "composed ms",
       "composed / ours", "memory MB", "composed MB", "ours / composed"},
      {}};
  return table;
}

void run_case(benchmark::State& state, const Case& c) {
  constexpr double kSeconds = 3;
  constexpr int kFewestRounds = 3;
  train::set_threads(c.threads);
  Bench bench(c);
  const bool is_composed = has_composition(c);
  const auto composed = is_composed ? std::function<void()>([&] { bench.composed(); }) : nullptr;
  Rotation rotation({[&] { bench.ours(); }, [&] { bench.floor(); }, composed});
  for (auto _ : state) {
    rotation.run(kSeconds, kFewestRounds);
    state.SetIterationTime(rotation.milliseconds(0) / 1e3);
  }
  state.counters["of_floor"] = rotation.ratio(0, 1);
  std::vector<std::string> row = {c.op.name,
                                  grouped(c.rows),
                                  c.training ? "training" : "forward",
                                  std::to_string(c.threads),
                                  fmt::format("{:.2f}", rotation.milliseconds(0)),
                                  fmt::format("{:.2f}", rotation.milliseconds(1)),
                                  fmt::format("{:.2f}", rotation.ratio(0, 1))};
  if (is_composed) {
    row.push_back(fmt::format("{:.2f}", rotation.milliseconds(2)));
    row.push_back(fmt::format("{:.2f}", rotation.ratio(2, 0)));
  } else {
    row.insert(row.end(), 2, "-");
  }
  if (c.training) {
    const double memory = bench.peak_megabytes([&] { bench.ours(); });
    row.push_back(fmt::format("{:.1f}", memory));
    if (is_composed) {
      const double of_composed = bench.peak_megabytes([&] { bench.composed(); });
      row.push_back(fmt::format("{:.1f}", of_composed));
      row.push_back(fmt::format("{:.2f}", memory / of_composed));
    }
  }
  row.resize(results().headings.size(), "-");
  results().rows.push_back(std::move(row));
}

void register_cases() {
  for (const Operator& op : operators()) {
    for (const int64_t rows : row_counts(op)) {
      for (const int64_t count : thread_counts()) {
        for (const bool training : {false, true}) {
          const Case c = {op, rows, count, training};
          add_case(c.name(), [c](benchmark::State& state) { run_case(state, c); });
        }
      }
    }
  }
}

}  // namespace
}  // namespace vidqa::benchmarks::speed

int main(int argc, char** argv) {
  using namespace vidqa::benchmarks::speed;
  register_cases();
  return run(argc, argv, "Fusions", [] { return results(); });
}

#include "tests/benchmarks/comparison_examples.h"

namespace vidqa::benchmarks {

Comparison example() {
  Comparison c;
  c.dataset = "msvd-qa";
  c.metric = "accuracy";
  c.num_questions = 200;
  c.seeds = {1, 2};
  ComparisonRow chance;
  chance.kind = ComparisonRow::Kind::kChance;
  chance.name = "chance";
  chance.values = {0.05};
  chance.mean = 0.05;
  chance.difference = Interval{-0.3, -0.35, -0.25};
  chance.by_type = {{"what", 0.05}, {"who", 0.05}};
  ComparisonRow base;
  base.name = "default";
  base.is_baseline = true;
  base.parameters = 1234567;
  base.values = {0.34, 0.36};
  base.mean = 0.35;
  base.sd = 0.0141421;
  base.seconds_per_epoch = 12.34;
  base.peak_memory_mb = 812.4;
  base.by_type = {{"what", 0.3}, {"who", 0.45}};
  ComparisonRow mfb = base;
  mfb.name = "mfb:factor=2,dropout=0";
  mfb.is_baseline = false;
  mfb.parameters = 999;
  mfb.values = {0.35, 0.37};
  mfb.mean = 0.36;
  mfb.difference = Interval{0.01, -0.0049, 0.025};
  mfb.by_type = {{"what", 0.36}};
  c.rows = {chance, base, mfb};
  c.notes = {"a note"};
  return c;
}

Comparison tested_example() {
  Comparison c = example();
  c.num_videos = 50;
  c.rows[0].test = BaselineTest{std::nullopt, "clustered t", 1e-9, std::nullopt, 0.07};
  c.rows[1].interval = Interval{0.35, 0.2873, 0.4184};
  c.rows[2].interval = Interval{0.36, 0.2966, 0.4285};
  c.rows[2].test = BaselineTest{std::nullopt, "clustered t", 0.183, 0.183, 0.0213};
  c.rows[2].seed_test = SeedTest{2, 0.01, 0.0042, 0.5, 0.0, 4};
  return c;
}

Comparison count_example() {
  Comparison c = example();
  c.dataset = "tgif-count";
  c.metric = "mse";
  c.higher_is_better = false;
  c.seeds = {7};
  c.rows.erase(c.rows.begin());
  c.rows[0].values = {4.1234};
  c.rows[0].mean = 4.1234;
  c.rows[0].by_type = {};
  c.rows[1].values = {3.9};
  c.rows[1].mean = 3.9;
  c.rows[1].difference = Interval{-0.2234, -0.4, -0.05};
  c.rows[1].by_type = {};
  c.notes = {};
  return c;
}

Comparison failed_example() {
  Comparison c = example();
  c.rows[2].values = {0.37};  // seed 1 failed
  ComparisonRow lost;
  lost.name = "mcb";
  c.rows.push_back(lost);
  c.failures = {{"mfb:factor=2,dropout=0", 1, "out/runs/mfb/seed1", "the loss is nan"},
                {"mcb", 1, "out/runs/mcb/seed1", "x"},
                {"mcb", 2, "out/runs/mcb/seed2", "x"}};
  return c;
}

Comparison runs_example() {
  Comparison c;
  c.dataset = "val.json";
  c.metric = "accuracy";
  c.num_questions = 15253;
  ComparisonRow svi;
  svi.kind = ComparisonRow::Kind::kRun;
  svi.name = "SVI";
  svi.mean = 11002.0 / 15253;
  svi.values = {svi.mean};
  svi.interval = Interval{svi.mean, 0.7141, 0.7284};
  svi.difference = Interval{51.0 / 15253, -0.0025, 0.0092};
  svi.test = BaselineTest{BaselineTest::Discordant{1057, 1006}, "McNemar", 0.271, 0.542, 0.00834};
  ComparisonRow svir = svi;
  svir.name = "SVIR";
  svir.mean = 10951.0 / 15253;
  svir.values = {svir.mean};
  svir.interval = Interval{svir.mean, 0.7107, 0.7251};
  svir.is_baseline = true;
  svir.difference.reset();
  svir.test.reset();
  c.rows = {svi, svir};
  c.notes = {"a note"};
  return c;
}

}  // namespace vidqa::benchmarks

#include "benchmarks/report.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "benchmarks/report_data.h"
#include "tests/benchmarks/comparison_examples.h"
#include "tests/testing/shared_data.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Report, TerminalTableIsAligned) {
  EXPECT_EQ(to_terminal(example()), R"(msvd-qa: 200 test questions, seeds 1, 2

fusion                  seeds  parameters  accuracy %  difference, points [95 %]  s/epoch  memory MiB  what   who
chance                      -           -         5.0       -30.0 [-35.0, -25.0]        -           -   5.0   5.0
default                     2   1,234,567  35.0 ± 1.4                   baseline     12.3         812  30.0  45.0
mfb:factor=2,dropout=0      2         999  36.0 ± 1.4          +1.0 [-0.5, +2.5]     12.3         812  36.0     -

mean ± standard deviation over seeds
difference to the baseline with its 95 % paired bootstrap interval over questions
a note
)");
}

TEST(Report, MarkdownHasTheSameColumns) {
  EXPECT_EQ(to_markdown(example()), R"(## msvd-qa: 200 test questions, seeds 1, 2

| fusion | seeds | parameters | accuracy % | difference, points [95 %] | s/epoch | memory MiB | what | who |
|:--|--:|--:|--:|--:|--:|--:|--:|--:|
| chance | - | - | 5.0 | -30.0 [-35.0, -25.0] | - | - | 5.0 | 5.0 |
| default | 2 | 1,234,567 | 35.0 ± 1.4 | baseline | 12.3 | 812 | 30.0 | 45.0 |
| mfb:factor=2,dropout=0 | 2 | 999 | 36.0 ± 1.4 | +1.0 [-0.5, +2.5] | 12.3 | 812 | 36.0 | - |

* mean ± standard deviation over seeds
* difference to the baseline with its 95 % paired bootstrap interval over questions
* a note
)");
}

TEST(Report, TestsStandInTheTableAndThoseOverSeedsBelow) {
  EXPECT_EQ(to_terminal(tested_example()), R"(msvd-qa: 200 test questions, seeds 1, 2

fusion                  seeds  parameters  accuracy %  difference, points [95 %]      p  p Holm  detectable  s/epoch  memory MiB  what   who
chance                      -           -         5.0       -30.0 [-35.0, -25.0]  1e-09       -         7.0        -           -   5.0   5.0
default                     2   1,234,567  35.0 ± 1.4                   baseline      -       -           -     12.3         812  30.0  45.0
mfb:factor=2,dropout=0      2         999  36.0 ± 1.4          +1.0 [-0.5, +2.5]   0.18    0.18         2.1     12.3         812  36.0     -

mean ± standard deviation over seeds
difference to the baseline with its 95 % paired bootstrap interval over questions, drawn by video (50)
p: clustered t; Holm: corrected for the number of arms or runs; detectable: the difference that these questions show at 5 % four times of five
a note

fusion                  seeds  difference, points  Wilcoxon p  ASO ε  seeds for 1 point
mfb:factor=2,dropout=0      2          +1.0 ± 0.4         0.5   0.00                  4

over seeds, seed by seed against the baseline: Wilcoxon signed-rank (needs 6 seeds to reach 0.05); ASO ε: below 0.5 almost always better, 0.2 clearly; seeds that a paired t test needs at this spread
)");
  EXPECT_THAT(to_markdown(tested_example()),
              HasSubstr("| mfb:factor=2,dropout=0 | 2 | +1.0 ± 0.4 | 0.5 | 0.00 | 4 |"));
}

TEST(Report, FinishedRunsHaveNoColumnsOfTrainingAndTwoDecimals) {
  EXPECT_EQ(to_terminal(runs_example()), R"(val.json: 15,253 questions

run             accuracy %  difference, points [95 %]  only it / baseline     p  p Holm  detectable
SVI   72.13 [71.41, 72.84]       +0.33 [-0.25, +0.92]         1057 / 1006  0.27    0.54        0.83
SVIR  71.80 [71.07, 72.51]                   baseline                   -     -       -           -

accuracy with its 95 % Wilson interval
difference to the baseline with its 95 % paired bootstrap interval over questions
p: McNemar; Holm: corrected for the number of arms or runs; detectable: the difference that these questions show at 5 % four times of five
a note
)");
}

TEST(Report, CountShowsTheErrorAndThatLowerIsBetter) {
  EXPECT_EQ(to_terminal(count_example()), R"(tgif-count: 200 test questions, seed 7

fusion                  seeds  parameters  MSE (lower is better)     difference [95 %]  s/epoch  memory MiB
default                     1   1,234,567                   4.12              baseline     12.3         812
mfb:factor=2,dropout=0      1         999                   3.90  -0.22 [-0.40, -0.05]     12.3         812

difference to the baseline with its 95 % paired bootstrap interval over questions
)");
  EXPECT_THAT(to_markdown(count_example()), HasSubstr("| -0.22 [-0.40, -0.05] |"));
}

TEST(Report, AFailedRunIsSaid) {
  const std::string text = to_terminal(failed_example());
  EXPECT_THAT(text, HasSubstr("mcb                         -           -      failed"));
  EXPECT_THAT(text, HasSubstr("mfb:factor=2,dropout=0, seed 1 FAILED and is not in the table: the "
                              "loss is nan (out/runs/mfb/seed1)\n"));
}

TEST(Report, OnlyWhatIsSignificantAfterTheCorrectionStandsOut) {
  Comparison c = tested_example();
  EXPECT_THAT(to_markdown(c), Not(HasSubstr("**"))) << "chance is worse, but a control";
  c.rows[2].test->p = 0.03;
  c.rows[2].test->p_holm = 0.06;
  EXPECT_THAT(to_markdown(c), Not(HasSubstr("**")));
  EXPECT_THAT(to_terminal(c), Not(HasSubstr("] *")));
  c.rows[2].test->p_holm = 0.049;
  EXPECT_THAT(to_markdown(c), HasSubstr("| **+1.0 [-0.5, +2.5]** |"));
  EXPECT_THAT(to_markdown(c), HasSubstr("* bold: p Holm below 0.05\n"));
  EXPECT_THAT(to_terminal(c), HasSubstr("+1.0 [-0.5, +2.5] *"));
  EXPECT_THAT(to_latex(c), HasSubstr("& \\textbf{+1.0 [$-$0.5, +2.5]} &"));
}

TEST(Report, SeveralOptionsHaveAColumnEach) {
  Comparison c = example();
  c.varied = {"fusion", "learning-rate"};
  c.rows[1].settings = {"default", "1e-3"};
  c.rows[2].settings = {"mfb:factor=2", "1e-4"};
  c.rows[2].multiply_adds = 1234567;
  const std::string table = to_markdown(c);
  EXPECT_THAT(table, HasSubstr("| fusion | learning-rate | seeds | parameters | multiply-adds |"));
  EXPECT_THAT(table, HasSubstr("| chance | - | - | - | - |"));
  EXPECT_THAT(table, HasSubstr("| default | 1e-3 | 2 | 1,234,567 | - |"));
  EXPECT_THAT(table, HasSubstr("| mfb:factor=2 | 1e-4 | 2 | 999 | 1.23 M |"));
}

TEST(Report, LatexIsATabularOfBooktabs) {
  const std::string table = to_latex(count_example());
  EXPECT_THAT(table, ::testing::StartsWith("% tgif-count: 200 test questions, seed 7\n"));
  EXPECT_THAT(table, HasSubstr("\\begin{tabular}{lrrrrrr}\n\\toprule\nfusion & seeds & "));
  EXPECT_THAT(table, HasSubstr("mfb:factor=2,dropout=0 & 1 & 999 & 3.90 & $-$0.22 [$-$0.40, "
                               "$-$0.05] & 12.3 & 812 \\\\\n\\bottomrule\n\\end{tabular}\n"));
}

TEST(Report, TablesAreWrittenSideBySide) {
  const testing::TempDir folder;
  const std::string target = (folder.path() / "new" / "folder").string();
  write_tables(example(), target);
  const auto content = [&](const char* name) {
    std::ostringstream text;
    text << std::ifstream(std::filesystem::path(target) / name, std::ios::binary).rdbuf();
    return text.str();
  };
  EXPECT_EQ(content("table.md"), to_markdown(example()));
  EXPECT_EQ(content("table.csv"), to_csv(example()));
  EXPECT_EQ(content("table.json"), to_json(example()));
  EXPECT_EQ(content("table.tex"), to_latex(example()));
}

}  // namespace
}  // namespace vidqa::benchmarks

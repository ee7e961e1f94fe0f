#include "benchmarks/table.h"

#include <gtest/gtest.h>

namespace vidqa::benchmarks {
namespace {

Table two_by_two() { return {{"fusion", "gain"}, {{"mcb", "1"}, {"tücker", "-0.25"}}}; }

TEST(Table, LeavesColumnsOfEqualWidthForTheTerminal) {
  EXPECT_EQ(to_terminal(two_by_two()),
            "fusion   gain\n"
            "mcb         1\n"
            "tücker  -0.25\n");
}

TEST(Table, EscapesBarsInMarkdown) {
  EXPECT_EQ(to_markdown(Table{{"inputs", "n"}, {{"|x-y|", "4"}}}),
            "| inputs | n |\n"
            "|:--|--:|\n"
            "| \\|x-y\\| | 4 |\n");
}

TEST(Table, QuotesCsvFieldsThatNeedIt) {
  EXPECT_EQ(to_csv(Table{{"a", "b"}, {{"x, y", "say \"no\""}, {"two\nlines", "plain"}}}),
            "a,b\r\n"
            "\"x, y\",\"say \"\"no\"\"\"\r\n"
            "\"two\nlines\",plain\r\n");
}

TEST(Table, EscapesWhatLatexWouldRead) {
  EXPECT_EQ(to_latex(Table{{"mm_dim", "50 %"}, {{"a & b", "**-1 ± 2**"}, {"{x}", "1e-09"}}}),
            "\\begin{tabular}{lr}\n"
            "\\toprule\n"
            "mm\\_dim & 50 \\% \\\\\n"
            "\\midrule\n"
            "a \\& b & \\textbf{$-$1 $\\pm$ 2} \\\\\n"
            "\\{x\\} & 1e-09 \\\\\n"
            "\\bottomrule\n"
            "\\end{tabular}\n");
}

TEST(Table, GroupsDigitsByThree) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
}

}  // namespace
}  // namespace vidqa::benchmarks

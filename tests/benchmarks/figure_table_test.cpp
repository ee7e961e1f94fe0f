#include "benchmarks/figure_table.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace vidqa::benchmarks {
namespace {

FigureTable example_table() {
  FigureTable table;
  table.columns = {{"run"},
                   {"questions", Unit::kCount},
                   {"accuracy", Unit::kPercent},
                   {"difference", Unit::kPoints},
                   {"p", Unit::kPValue},
                   {"overlap", Unit::kRatio, /*only_exact=*/true}};
  table.rows = {{"a, b", int64_t{15253}, 0.72130072, 0.00334, 1.3e-6, 0.5},
                {"c", int64_t{7}, 0.125, -0.015, Cell(), Cell()}};
  table.notes = {"a note"};
  return table;
}

TEST(FigureTable, PeopleReadRoundedFigures) {
  EXPECT_EQ(to_terminal(example_table()), R"(run   questions  accuracy  difference        p
a, b     15,253     72.13       +0.33  1.3e-06
c             7     12.50       -1.50        -

a note
)");
  EXPECT_EQ(to_markdown(example_table()), R"(| run | questions | accuracy | difference | p |
|:--|--:|--:|--:|--:|
| a, b | 15,253 | 72.13 | +0.33 | 1.3e-06 |
| c | 7 | 12.50 | -1.50 | - |

* a note
)");
}

TEST(FigureTable, ATinyPIsNotReadAsNone) {
  EXPECT_EQ(rounded(0.0, Unit::kPValue), "<1e-300");
  EXPECT_EQ(rounded(4.9e-38, Unit::kPValue), "4.9e-38");
}

TEST(FigureTable, ProgramsReadEveryColumnInFull) {
  EXPECT_EQ(to_csv(example_table()),
            "run,questions,accuracy,difference,p,overlap\r\n"
            "\"a, b\",15253,0.72130072,0.00334,1.3e-06,0.5\r\n"
            "c,7,0.125,-0.015,,\r\n");
  const nlohmann::json json = nlohmann::json::parse(to_json(example_table()));
  EXPECT_EQ(json.at("rows").at(0).at("accuracy"), 0.72130072);
  EXPECT_EQ(json.at("rows").at(0).at("questions"), 15253);
  EXPECT_EQ(json.at("rows").at(1).at("run"), "c");
  EXPECT_TRUE(json.at("rows").at(1).at("overlap").is_null());
  EXPECT_EQ(json.at("notes"), nlohmann::json({"a note"}));
}

TEST(FigureTable, WithoutNotesEndsWithTheRows) {
  FigureTable table = example_table();
  table.notes.clear();
  table.rows.clear();
  EXPECT_EQ(to_terminal(table), "run  questions  accuracy  difference  p\n");
  EXPECT_EQ(nlohmann::json::parse(to_json(table)).at("rows"), nlohmann::json::array());
}

}  // namespace
}  // namespace vidqa::benchmarks

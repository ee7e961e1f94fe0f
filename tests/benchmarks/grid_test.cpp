#include "benchmarks/grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/errors.h"

namespace vidqa::benchmarks {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::Pair;

std::vector<std::string> names_of(const std::vector<GridCell>& cells) {
  std::vector<std::string> names;
  for (const GridCell& cell : cells) names.push_back(cell.name);
  return names;
}

TEST(Grid, AnAxisIsAnOptionAndItsValues) {
  const GridAxis axis = parse_grid_axis("learning-rate=1e-4,3e-4");
  EXPECT_EQ(axis.option, "learning-rate");
  EXPECT_THAT(axis.values, ElementsAre("1e-4", "3e-4"));
  EXPECT_EQ(parse_grid_axis("--hidden=8").option, "hidden");
}

TEST(Grid, CommasWithinAFusionSpecDoNotPartIt) {
  EXPECT_THAT(parse_grid_axis("fusion=mcb,mfb:mm_dim=160,factor=2,mlb:dropout=0").values,
              ElementsAre("mcb", "mfb:mm_dim=160,factor=2", "mlb:dropout=0"));
}

TEST(Grid, SemicolonsPartValuesThatHoldCommas) {
  EXPECT_THAT(parse_grid_axis("streams=sub,vcpt,imagenet;vcpt,imagenet").values,
              ElementsAre("sub,vcpt,imagenet", "vcpt,imagenet"));
  EXPECT_THAT(parse_grid_axis("streams=sub,vcpt;").values, ElementsAre("sub,vcpt"));
}

TEST(Grid, CellsAreAllCombinationsTheLastAxisFastest) {
  const Grid grid{{}, {{"fusion", {"mcb", "mfb:factor=2"}}, {"learning-rate", {"1e-4", "3e-4"}}}};
  EXPECT_THAT(grid.varied(), ElementsAre("fusion", "learning-rate"));
  const std::vector<GridCell> cells = grid.cells();
  EXPECT_THAT(names_of(cells),
              ElementsAre("mcb learning-rate=1e-4", "mcb learning-rate=3e-4",
                          "mfb:factor=2 learning-rate=1e-4", "mfb:factor=2 learning-rate=3e-4"));
  EXPECT_THAT(cells[1].varied, ElementsAre("mcb", "3e-4"));
  EXPECT_THAT(cells[1].settings, ElementsAre(Pair("fusion", "mcb"), Pair("learning-rate", "3e-4")));
}

TEST(Grid, ArmsAreSettingsUnderOneName) {
  const Grid grid{{{"SVI", {{"streams", "sub,vcpt,imagenet"}}}, {"noqs", {{"tvqa-variant", "x"}}}},
                  {{"fusion", {"default", "mcb"}}}};
  EXPECT_THAT(grid.varied(), ElementsAre("arm", "fusion"));
  EXPECT_THAT(names_of(grid.cells()),
              ElementsAre("SVI default", "SVI mcb", "noqs default", "noqs mcb"));
  EXPECT_THAT(grid.cells()[3].settings,
              ElementsAre(Pair("tvqa-variant", "x"), Pair("fusion", "mcb")));
}

TEST(Grid, WithoutAxesThereIsOneCell) { EXPECT_EQ(Grid().cells().size(), 1u); }

TEST(Grid, WhatIsNoGridIsRefused) {
  const auto parse_error = [](const std::string& text) {
    return error_of([&] { parse_grid_axis(text); });
  };
  EXPECT_THAT(parse_error("mcb,mfb"), AllOf(HasSubstr("mcb,mfb"), HasSubstr("OPTION=VALUE")));
  EXPECT_THAT(parse_error("=1"), HasSubstr("OPTION=VALUE"));
  EXPECT_THAT(parse_error("hidden="), HasSubstr("at least one value"));
  EXPECT_THAT(parse_error("hidden=8,,9"), HasSubstr("empty"));
  EXPECT_THAT(parse_error("hidden=8,9,8"), HasSubstr("'8' is there twice"));
  const auto grid_error = [](const Grid& grid) { return error_of([&] { grid.cells(); }); };
  EXPECT_THAT(grid_error({{}, {{"hidden", {"8"}}, {"hidden", {"9"}}}}), HasSubstr("two axes"));
  EXPECT_THAT(grid_error({{{"a", {}}, {"a", {}}}, {}}), HasSubstr("arm 'a'"));
  EXPECT_THAT(grid_error({{{"a", {{"hidden", "8"}}}}, {{"hidden", {"9"}}}}),
              HasSubstr("arm 'a' and by an axis"));
}

TEST(Grid, NamesBecomeFolders) {
  EXPECT_EQ(folder_name("mfb:factor=2,dropout=0"), "mfb_factor=2_dropout=0");
  EXPECT_EQ(folder_name("VI mcb learning-rate=1e-4"), "VI_mcb_learning-rate=1e-4");
}

}  // namespace
}  // namespace vidqa::benchmarks

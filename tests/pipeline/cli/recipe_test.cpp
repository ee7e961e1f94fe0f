#include <algorithm>
#include <filesystem>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pipeline/cli/program.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Recipes that a user may name, by their paths in the repository.
std::vector<std::string> shipped_recipes() {
  std::vector<std::string> recipes;
  for (const auto& entry :
       fs::recursive_directory_iterator(fs::path(VIDQA_SOURCES) / "benchmarks/recipes")) {
    if (entry.path().extension() == ".toml" && entry.path().stem() != "base")
      recipes.push_back(fs::relative(entry.path(), VIDQA_SOURCES).string());
  }
  std::sort(recipes.begin(), recipes.end());
  return recipes;
}

class ShippedRecipe : public ::testing::TestWithParam<std::string> {};

TEST_P(ShippedRecipe, BeginsWithItsCommandAndRunsDry) {
  const std::string path = (fs::path(VIDQA_SOURCES) / GetParam()).string();
  const std::vector<std::string> lines = lines_of(read_file(path));
  EXPECT_EQ(lines.at(0), fmt::format("# vidqa compare --recipe {} --data DIR", GetParam()));
  EXPECT_LE(lines.size(), 25u);
  if (fs::path(path).stem() == "paper" && read_file(path).find("\nrecipes = ") != std::string::npos)
    return;  // its parts are recipes of their own

  const ProgramResult result = run_vidqa("compare --dry-run --recipe " + path);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("runs, "), HasSubstr("cost model"),
                                HasSubstr("question-only"), Not(HasSubstr("cannot be built"))));
}

INSTANTIATE_TEST_SUITE_P(All, ShippedRecipe, ::testing::ValuesIn(shipped_recipes()),
                         [](const auto& info) {
                           std::string name =
                               fs::path(info.param).parent_path().filename().string() + "_" +
                               fs::path(info.param).stem().string();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Recipe, TheWholeGridOfThePaperIsThere) {
  for (const char* name :
       {"tvqa/svi", "tvqa/vi", "tvqa/noqs", "tvqa/dual_stream", "tvqa/deep_cca_svi",
        "tvqa/deep_cca_vi", "tvqa/hme", "tvqa/paper", "msvd-qa/paper", "ego-vqa/split0",
        "ego-vqa/split1", "ego-vqa/split2", "ego-vqa/paper", "tgif-qa/action", "tgif-qa/transition",
        "tgif-qa/frameqa", "tgif-qa/count", "tgif-qa/paper"})
    EXPECT_THAT(shipped_recipes(),
                ::testing::Contains(fmt::format("benchmarks/recipes/{}.toml", name)));
  const std::string svi =
      read_file(std::string(VIDQA_SOURCES) + "/benchmarks/recipes/tvqa/svi.toml");
  for (const char* fusion : {"default", "linear_sum", "concat_mlp", "mcb", "mlb", "mfb", "mfh",
                             "mutan", "tucker", "block_tucker", "block"})
    EXPECT_THAT(svi, HasSubstr(std::string("\"") + fusion));
}

TEST(Recipe, ARecipeOfRecipesPlansEachOfThem) {
  const ProgramResult result =
      run_vidqa("compare --dry-run --recipe " + std::string(VIDQA_SOURCES) +
                "/benchmarks/recipes/tgif-qa/paper.toml");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* task : {"tgif-action: ", "tgif-transition: ", "tgif-frameqa: ", "tgif-count: "})
    EXPECT_THAT(result.out, HasSubstr(std::string("\n") + task + "15 runs"));
}

TEST(Recipe, ParametersAreThoseOfThePublishedModel) {
  const ProgramResult result =
      run_vidqa("compare --dry-run --recipe " + std::string(VIDQA_SOURCES) +
                "/benchmarks/recipes/msvd-qa/paper.toml");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  // 48,344,017 of the released checkpoint, without what computes nothing in it: video_encoder
  // (4096 + 1) * 512, mm_att.Wvh and mm_att.Wth 2 * 512 * 512.
  EXPECT_THAT(result.out, HasSubstr(" 45,722,065 "));
}

class OwnRecipe : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    write_file(folder_.file(name), text);
    return folder_.file(name);
  }
  static ProgramResult dry_run(const std::string& path, const std::string& options = "") {
    return run_vidqa("compare --dry-run --recipe " + path + " " + options);
  }
  TempDir folder_;
};

TEST_F(OwnRecipe, TheCommandLineWinsOverTheFileAndTheFileOverItsBase) {
  write("base.toml",
        "seeds = 5\n[train]\ndataset = \"msvd-qa\"\nhidden = 16\nepochs = 7\nslots = 2\n"
        "[grid]\nfusion = [\"default\"]\n");
  const std::string path =
      write("own.toml",
            "base = \"base.toml\"\nseeds = 3\n[train]\nepochs = 8\n[grid]\nlr = [\"1e-3\"]\n");
  const ProgramResult file = dry_run(path);
  ASSERT_EQ(file.exit_code, 0) << file.err;
  EXPECT_THAT(file.out, HasSubstr("msvd-qa: 6 runs"));
  EXPECT_THAT(file.out, ::testing::ContainsRegex("learning-rate=1e-3 +3 .* 8 "));
  EXPECT_THAT(file.out, Not(HasSubstr("\ndefault ")));
  const ProgramResult line = dry_run(path, "--epochs 9 --seeds 2 --fusions lmf,default");
  EXPECT_EQ(line.exit_code, 2) << "--fusions would replace the grid of the recipe";
  const ProgramResult grid = dry_run(path, "--epochs 9 --seeds 2 --grid fusion=lmf,default");
  ASSERT_EQ(grid.exit_code, 0) << grid.err;
  EXPECT_THAT(grid.out, ::testing::ContainsRegex("lmf +2 .* 9 "));
}

TEST_F(OwnRecipe, SaysWhichKeyOfWhichFileIsWrong) {
  const auto error = [&](const std::string& text) {
    const ProgramResult result = dry_run(write("wrong.toml", text));
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.error_lines(), SizeIs(1)) << result.err;
    EXPECT_THAT(result.err, HasSubstr("wrong.toml"));
    return result.err;
  };
  const std::string train = "[train]\ndataset = \"msvd-qa\"\n";
  EXPECT_THAT(error("sedes = 3\n" + train), AllOf(HasSubstr("'sedes'"), HasSubstr("seeds")));
  EXPECT_THAT(error("seeds = 0\n" + train), HasSubstr("seeds"));
  EXPECT_THAT(error(train + "hiden = 3\n"), AllOf(HasSubstr("'hiden'"), HasSubstr("hidden")));
  EXPECT_THAT(error(train + "hidden = \"wide\"\n"), HasSubstr("hidden=wide"));
  EXPECT_THAT(error("[trian]\nx = 1\n"), HasSubstr("[trian]"));
  EXPECT_THAT(error("[train]\nhidden = 3\n"), HasSubstr("dataset"));
  EXPECT_THAT(error("base = \"wrong.toml\"\n"), HasSubstr("without end"));
  EXPECT_THAT(error("recipes = [\"wrong.toml\"]\n" + train), HasSubstr("stand alone"));
}

TEST_F(OwnRecipe, ABaseThatIsNotThereIsNamed) {
  const ProgramResult result = dry_run(write("own.toml", "base = \"none.toml\"\n"));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("none.toml: cannot open"));
}

TEST_F(OwnRecipe, SizesOfOtherDataSetsNeedTheData) {
  const ProgramResult result = dry_run(
      write("next.toml", "[train]\ndataset = \"next-qa\"\n[grid]\nfusion = [\"default\"]\n"));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("next-qa"), HasSubstr("--data")));
}

}  // namespace
}  // namespace vidqa::testing

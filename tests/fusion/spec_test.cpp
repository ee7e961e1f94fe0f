#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "fusion/fusion.h"
#include "fusion/mfb.h"
#include "fusion/mlb.h"

namespace vidqa::fusion {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

constexpr FusionDims kSpecDims{7, 5, 6};

void expect_error(const std::string& spec, const std::string& message) {
  EXPECT_THAT([&] { make_fusion(spec, kSpecDims); }, ThrowsMessage<c10::Error>(HasSubstr(message)))
      << spec;
}

template <typename Impl>
auto options_of(const FusionPtr& fusion) {
  return dynamic_cast<const Impl&>(*fusion).options;
}

TEST(FusionSpec, IsANameWithOrWithoutOptions) {
  EXPECT_EQ(FusionSpec::parse("mfb").name, "mfb");
  const FusionSpec spec = FusionSpec::parse("mfb:mm_dim=16,dropout=0.2");
  EXPECT_EQ(spec.name, "mfb");
  EXPECT_THAT(spec.options, ElementsAre(Pair("dropout", "0.2"), Pair("mm_dim", "16")));
}

TEST(FusionSpec, WritesItselfSoThatItParsesBack) {
  const FusionSpec spec = FusionSpec::parse("mfb:mm_dim=16,dropout=0.2");
  EXPECT_EQ(spec.str(), "mfb:dropout=0.2,mm_dim=16");
  EXPECT_EQ(FusionSpec::parse(spec.str()).options, spec.options);
  EXPECT_EQ(FusionSpec::parse("mcb").str(), "mcb");
}

TEST(FusionSpec, RefusesWhatIsNotKeyAndValue) {
  for (const char* text : {"", ":mm_dim=2", "mfb:", "mfb:mm_dim", "mfb:mm_dim=", "mfb:=2",
                           "mfb:mm_dim=2,", "mfb:,mm_dim=2"})
    expect_error(text,
                 std::string("fusion spec '") + text + "': must be NAME or NAME:KEY=VALUE,...");
  expect_error("mfb:factor=2,factor=3", "key 'factor' is given twice");
}

TEST(MakeFusion, FindsNamesWhateverTheirCaseAndUnderscores) {
  const std::pair<const char*, const char*> names[] = {{"concat:dimensions=4", "concat_mlp"},
                                                       {"ConcatMLP:dimensions=4", "concat_mlp"},
                                                       {"Block_Tucker:mm_dim=20", "block_tucker"},
                                                       {"MFB:mm_dim=4", "mfb"}};
  for (const auto& [spec, name] : names) EXPECT_EQ(make_fusion(spec, kSpecDims)->name(), name);
}

TEST(MakeFusion, ListsTheNamesWhenOneIsUnknown) {
  std::string accepted;
  for (const FusionEntry& entry : fusion_table())
    accepted += (accepted.empty() ? "" : ", ") + entry.name;
  expect_error("mbf", "fusion: unknown name 'mbf'; accepted: " + accepted);
}

TEST(MakeFusion, ListsTheKeysWhenOneIsUnknown) {
  expect_error("mfb:rank=3",
               "mfb: unknown key 'rank'; accepted: mm_dim, factor, activ_input, activ_output, "
               "normalize, dropout_input, dropout_pre_norm, dropout_output, dropout");
  expect_error("tucker:shared=true", "tucker: unknown key 'shared'; accepted: mm_dim, normalize");
}

TEST(MakeFusion, NamesTheValueThatItCannotRead) {
  expect_error("mfb:mm_dim=12.5", "mfb: mm_dim must be an integer, got '12.5'");
  expect_error("mfb:factor=two", "mfb: factor must be an integer, got 'two'");
  expect_error("mfb:mm_dim=99999999999999999999", "mfb: mm_dim must be an integer");
  expect_error("mfb:normalize=1", "mfb: normalize must be one of false true, got '1'");
  expect_error("mfb:dropout=a", "mfb: dropout must be a number, got 'a'");
  expect_error("mfb:activ_input=swish", "mfb: activ_input must be one of elu, gelu, leaky_relu, ");
  expect_error("block:pos_norm=cat",
               "block: pos_norm must be one of after_cat before_cat, got 'cat'");
  expect_error("concat_mlp:dimensions=6x", "concat_mlp: dimensions must be integers like 60x60");
  expect_error("concat_mlp:dimensions=6x0",
               "concat_mlp: dimensions must be a positive integer, got 0");
}

TEST(MakeFusion, RefusesOptionsThatDoNotFitEachOther) {
  expect_error("block:mm_dim=12,chunks=5", "5 chunks of mm_dim=12 do, 4 do not");
  expect_error("block_tucker:mm_dim=8,chunks=9",
               "block_tucker: chunks must be at most mm_dim=8, got 9");
  expect_error("mutan:mm_dim=4,shared=true",
               "mutan: shared must be false unless both inputs have one width");
  expect_error("concat_mlp:mm_dim=4,dimensions=4", "give one of them");
}

TEST(MakeFusion, SetsEveryPlaceOfDropoutAndLetsTheNamedOneWin) {
  const auto options =
      options_of<MFBImpl>(make_fusion("mfb:mm_dim=4,dropout=0.5,dropout_output=0.1", kSpecDims));
  EXPECT_EQ(options.dropout_input(), 0.5);
  EXPECT_EQ(options.dropout_middle(), 0.5);
  EXPECT_EQ(options.dropout_output(), 0.1);
}

TEST(MakeFusion, ReadsEveryKindOfOption) {
  const auto options = options_of<MLBImpl>(
      make_fusion("mlb:mm_dim=4,activ_input=none,activ_output=tanh,normalize=false", kSpecDims));
  EXPECT_EQ(options.mm_dim(), 4);
  EXPECT_EQ(options.activ_input(), "none");
  EXPECT_EQ(options.activ_output(), "tanh");
  EXPECT_FALSE(options.normalize());
}

TEST(MakeFusion, TreatsBothInputsAlikeWhereTheirWeightsAreShared) {
  for (const char* name : {"mutan", "block"}) {
    for (const bool shared : {true, false}) {
      const std::string options = std::string(":mm_dim=20,shared=") + (shared ? "true" : "false");
      const FusionPtr fusion = make_fusion(name + options, {7, 7, 6});
      fusion->to(torch::kFloat64);
      fusion->eval();
      const torch::Tensor x = torch::randn({3, 7}, torch::kFloat64);
      const torch::Tensor y = torch::randn({3, 7}, torch::kFloat64);
      EXPECT_EQ(torch::allclose(fusion->forward(x, y), fusion->forward(y, x)), shared) << name;
    }
  }
}

TEST(MakeFusion, RegistersSharedWeightsOnce) {
  for (const char* name : {"mutan", "block", "block_tucker"}) {
    const FusionPtr fusion = make_fusion(std::string(name) + ":mm_dim=40,shared=true", {7, 7, 6});
    for (const std::string& key : fusion->named_parameters().keys())
      EXPECT_THAT(key, Not(AnyOf(StartsWith("linear1"), StartsWith("merge_linear1"),
                                 StartsWith("merge_linears1"))));
  }
}

TEST(SplitSpecs, KeepsTheOptionsOfASpecTogether) {
  EXPECT_THAT(split_specs("default"), ElementsAre("default"));
  EXPECT_THAT(split_specs("concat,mfb:mm_dim=16,factor=2,mcb,mlb:mm_dim=8"),
              ElementsAre("concat", "mfb:mm_dim=16,factor=2", "mcb", "mlb:mm_dim=8"));
  EXPECT_THROW(split_specs(""), c10::Error);
  EXPECT_THROW(split_specs("mfb,,mcb"), c10::Error);
}

}  // namespace
}  // namespace vidqa::fusion

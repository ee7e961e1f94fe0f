#include "features/weights.h"

#include <iterator>
#include <limits>
#include <random>

#include <gmock/gmock.h>
#include <torch/torch.h>

#include "tests/features/weights_files.h"
#include "tests/testing/errors.h"
#include "tests/testing/files.h"
#include "tests/testing/shared_data.h"

namespace vidqa::features {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using testing::PickledTensor;
using testing::raw_values;
using testing::safetensors_bytes;
using testing::TempDir;
using testing::torch_stream;
using testing::write_file;
using testing::write_torch_zip;

std::string read_error(const std::string& path) {
  return error_of([&] { read_weights(path); });
}

void expect_equal(const StateDict& actual, const StateDict& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    ASSERT_EQ(actual.count(name), 1) << name;
    EXPECT_EQ(actual.at(name).dtype(), tensor.dtype()) << name;
    EXPECT_TRUE(torch::equal(actual.at(name), tensor)) << name;
  }
}

/// Two windows on one storage of 0..11, one of them transposed, and an integer without dimensions.
struct Sample {
  torch::Tensor values = torch::arange(12, torch::kFloat32);
  torch::Tensor counter = torch::tensor(7, torch::kInt64);
  std::vector<PickledTensor> pickled = {{"a.weight", "FloatStorage", "0", 12, 0, {2, 3}, {3, 1}},
                                        {"b.weight", "FloatStorage", "0", 12, 6, {3, 2}, {1, 3}},
                                        {"b.counter", "LongStorage", "1", 1, 0, {}, {}}};
  StateDict expected = {{"a.weight", values.slice(0, 0, 6).view({2, 3})},
                        {"b.weight", values.slice(0, 6, 12).view({2, 3}).t().contiguous()},
                        {"b.counter", counter}};

  void write_zip(const std::string& path, const std::string& pickle) const {
    write_torch_zip(path, pickle, {{"0", raw_values(values)}, {"1", raw_values(counter)}});
  }
  void write_zip(const std::string& path) const {
    write_zip(path, testing::pickled_state_dict(pickled));
  }
  std::string stream() const {
    return torch_stream(testing::pickled_state_dict(pickled, true),
                        {{"1", 1, raw_values(counter)}, {"0", 12, raw_values(values)}});
  }
};

TEST(Safetensors, EveryDtypeKeepsItsValues) {
  const TempDir folder;
  StateDict tensors;
  for (const torch::Dtype dtype :
       {torch::kFloat32, torch::kFloat64, torch::kFloat16, torch::kBFloat16, torch::kInt64})
    tensors[std::string("x.") + torch::toString(dtype)] =
        torch::arange(-3, 3).view({2, 3}).to(dtype);
  tensors["empty"] = torch::zeros({0, 4});
  tensors["scalar"] = torch::tensor(1.5F);
  testing::write_safetensors(folder.file("w.safetensors"), tensors);
  expect_equal(read_weights(folder.file("w.safetensors")), tensors);
}

TEST(Safetensors, BrokenHeadersAreRefusedWithTheReason) {
  const TempDir folder;
  const std::string path = folder.file("w.safetensors");
  const auto error = [&](const std::string& header, const std::string& data) {
    write_file(path, safetensors_bytes(header, data));
    return read_error(path);
  };
  EXPECT_THAT(error(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "1234"),
              AllOf(HasSubstr(path), HasSubstr("'w' lies outside the file")));
  EXPECT_THAT(error(R"({"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", "12345678"),
              HasSubstr("larger than the file"));
  EXPECT_THAT(error(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", "12345678"),
              HasSubstr("8 bytes"));
  EXPECT_THAT(
      error(R"({"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", ""),
      HasSubstr("larger"));
  EXPECT_THAT(error(R"({"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", "1234"),
              HasSubstr("negative"));
  EXPECT_THAT(error(R"({"w":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}})", "1234"),
              HasSubstr("'F8_E4M3' is not supported"));
  EXPECT_THAT(error(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "12345678"),
              HasSubstr("gap"));
  EXPECT_THAT(error(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "12345678"),
              HasSubstr("4 bytes before the file does"));
  EXPECT_THAT(error(R"({"w":{"dtype":"F32"}})", ""), HasSubstr(path));
  EXPECT_THAT(error("[1]", ""), HasSubstr("no JSON object"));
  EXPECT_THAT(error("{}", ""), HasSubstr("holds no tensors"));
  write_file(path, std::string(8, '\xff'));
  EXPECT_THAT(read_error(path), HasSubstr("does not fit"));
}

TEST(TorchFile, ZipFormatIsRead) {
  const TempDir folder;
  const Sample sample;
  sample.write_zip(folder.file("w.pth"));
  expect_equal(read_weights(folder.file("w.pth")), sample.expected);
}

TEST(TorchFile, FormatBeforeTheZipIsRead) {
  const TempDir folder;
  const Sample sample;
  write_file(folder.file("w.pth"), sample.stream());
  expect_equal(read_weights(folder.file("w.pth")), sample.expected);
}

TEST(TorchFile, WhatLibTorchPicklesIsRead) {
  const TempDir folder;
  c10::Dict<std::string, torch::Tensor> dict;
  dict.insert("w", torch::arange(6, torch::kFloat32).view({2, 3}).t());
  dict.insert("half", torch::ones({4}, torch::kFloat16));
  const std::vector<char> bytes = torch::pickle_save(dict);
  write_file(folder.file("w.pt"), std::string(bytes.begin(), bytes.end()));
  expect_equal(read_weights(folder.file("w.pt")),
               {{"w", dict.at("w").contiguous()}, {"half", dict.at("half")}});
}

TEST(TorchFile, StateDictOfACheckpointIsFound) {
  const TempDir folder;
  const Sample sample;
  std::string inner = testing::pickled_state_dict(sample.pickled);
  inner = inner.substr(2, inner.size() - 3);  // without protocol and STOP
  const std::string checkpoint = "}(" + testing::pickled_text("epoch") + "K\x05" +
                                 testing::pickled_text("state_dict") + inner + "u.";
  sample.write_zip(folder.file("w.pth"), checkpoint);
  expect_equal(read_weights(folder.file("w.pth")), sample.expected);

  sample.write_zip(folder.file("x.pth"), "}(" + testing::pickled_text("epoch") + "K\x05u.");
  EXPECT_THAT(read_error(folder.file("x.pth")), HasSubstr("'epoch' is no tensor"));
}

TEST(TorchFile, PrefixOfDataParallelIsTakenOff) {
  const TempDir folder;
  testing::write_safetensors(folder.file("a.safetensors"),
                             {{"module.w", torch::ones(1)}, {"module.b", torch::ones(2)}});
  expect_equal(read_weights(folder.file("a.safetensors")),
               {{"w", torch::ones(1)}, {"b", torch::ones(2)}});
  testing::write_safetensors(folder.file("b.safetensors"),
                             {{"module.w", torch::ones(1)}, {"b", torch::ones(2)}});
  EXPECT_EQ(read_weights(folder.file("b.safetensors")).count("module.w"), 1);
}

TEST(TorchFile, CodeInAFileIsRefusedByName) {
  const TempDir folder;
  const Sample sample;
  sample.write_zip(folder.file("w.pth"), "cos\nsystem\n(S'true'\ntR.");
  EXPECT_THAT(read_error(folder.file("w.pth")),
              AllOf(HasSubstr(folder.file("w.pth")), HasSubstr("os.system"),
                    HasSubstr("model.state_dict()")));
  sample.write_zip(folder.file("w.pth"), "ctorchvision.models.resnet\nResNet\n)\x81.");
  EXPECT_THAT(read_error(folder.file("w.pth")), HasSubstr("torchvision.models.resnet.ResNet"));
}

TEST(TorchFile, WindowsOutsideTheirStorageAreRefused) {
  const TempDir folder;
  const auto error = [&](const PickledTensor& tensor) {
    const std::string path = folder.file("w.pth");
    write_torch_zip(path, testing::pickled_state_dict({tensor}), {{"0", std::string(48, '\0')}});
    return read_error(path);
  };
  constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(error({"w", "FloatStorage", "0", 12, 6, {2, 3}, {3, 1}}), "no error");
  EXPECT_EQ(error({"w", "FloatStorage", "0", 12, 12, {0, 3}, {3, 1}}), "no error");
  for (const PickledTensor& tensor :
       std::vector<PickledTensor>{{"w", "FloatStorage", "0", 12, 7, {2, 3}, {3, 1}},
                                  {"w", "FloatStorage", "0", 12, -1, {1}, {1}},
                                  {"w", "FloatStorage", "0", 12, 12, {}, {}},
                                  {"w", "FloatStorage", "0", 12, kHuge, {1}, {1}},
                                  {"w", "FloatStorage", "0", 12, 0, {2, 2}, {kHuge, kHuge}},
                                  {"w", "FloatStorage", "0", 12, 0, {kHuge, kHuge}, {0, 0}},
                                  {"w", "FloatStorage", "0", 12, 0, {13}, {0}},
                                  {"w", "FloatStorage", "0", 12, 0, {2}, {-1}},
                                  {"w", "FloatStorage", "0", 12, 0, {2}, {}}})
    EXPECT_THAT(error(tensor), HasSubstr("'w' lies outside its storage of 12 values"));
  EXPECT_THAT(error({"w", "FloatStorage", "0", 13, 0, {1}, {1}}), HasSubstr("too few for 13"));
  EXPECT_THAT(error({"w", "FloatStorage", "0", -1, 0, {1}, {1}}), HasSubstr("negative"));
  EXPECT_THAT(error({"w", "FloatStorage", "9", 12, 0, {1}, {1}}), HasSubstr("data/9"));
}

TEST(TorchFile, DamagedFilesThrowOrReadButNeverCrash) {
  const TempDir folder;
  const Sample sample;
  sample.write_zip(folder.file("zip.pth"));
  write_file(folder.file("stream.pth"), sample.stream());
  testing::write_safetensors(folder.file("s.safetensors"), sample.expected);
  std::mt19937 random(1);
  for (const std::string name : {"zip.pth", "stream.pth", "s.safetensors"}) {
    const std::string content = testing::read_file(folder.file(name));
    const std::string damaged = folder.file("damaged_" + name);
    for (size_t size = 0; size < content.size(); size += 1 + size / 16) {
      write_file(damaged, content.substr(0, size));
      EXPECT_THAT(read_error(damaged), HasSubstr(damaged)) << size;
    }
    for (int round = 0; round < 200; ++round) {
      std::string flipped = content;
      for (int i = 0; i < 3; ++i) flipped[random() % flipped.size()] = static_cast<char>(random());
      write_file(damaged, flipped);
      const std::string message = read_error(damaged);
      EXPECT_TRUE(message == "no error" || message.find(damaged) != std::string::npos) << message;
    }
  }
}

TEST(Weights, WhatCannotBeAWeightsFileIsRefused) {
  const TempDir folder;
  EXPECT_THAT(read_error(folder.file("absent.pth")),
              AllOf(HasSubstr("absent.pth"), HasSubstr("no such")));
  write_file(folder.file("w.bin"), "x");
  EXPECT_THAT(read_error(folder.file("w.bin")), HasSubstr(".safetensors"));
  write_file(folder.file("w.pth"), "not a pickle at all");
  EXPECT_THAT(read_error(folder.file("w.pth")), HasSubstr(folder.file("w.pth")));
  write_file(folder.file("w.pth"), "");
  EXPECT_THAT(read_error(folder.file("w.pth")), HasSubstr("empty"));
}

struct NormImpl : torch::nn::Module {
  NormImpl() : torch::nn::Module("norm"), norm(register_module("bn", torch::nn::BatchNorm1d(2))) {}
  torch::nn::BatchNorm1d norm;
};

StateDict norm_weights() {
  return {{"bn.weight", torch::tensor({2.F, 3.F})},
          {"bn.bias", torch::tensor({4.F, 5.F})},
          {"bn.running_mean", torch::tensor({6.F, 7.F})},
          {"bn.running_var", torch::tensor({8.F, 9.F})}};
}

TEST(LoadStateDict, ParametersAndBuffersAreCopiedAndTheCounterMayLack) {
  NormImpl module;
  StateDict weights = norm_weights();
  weights["bn.weight"] = weights["bn.weight"].to(torch::kFloat16);
  load_state_dict(module, weights, "w.pth");
  EXPECT_TRUE(torch::equal(module.norm->weight, torch::tensor({2.F, 3.F})));
  EXPECT_TRUE(torch::equal(module.norm->running_var, torch::tensor({8.F, 9.F})));
  EXPECT_TRUE(module.norm->weight.requires_grad());
}

TEST(LoadStateDict, EveryMisfitIsNamedAndNothingIsCopied) {
  NormImpl module;
  StateDict weights = norm_weights();
  weights.erase("bn.bias");
  weights["bn.weight"] = torch::ones({3});
  weights["bn.running_mean"][1] = std::numeric_limits<float>::quiet_NaN();
  weights["bn.running_var"] = torch::ones({2}, torch::kInt64);
  weights["extra"] = torch::ones({1});
  weights["fc.weight"] = torch::ones({1});
  const std::string message = error_of([&] { load_state_dict(module, weights, "w.pth", {"fc."}); });
  EXPECT_THAT(message,
              AllOf(HasSubstr("w.pth: does not fit norm"),
                    HasSubstr("'bn.bias' is missing, expected shape [2]"),
                    HasSubstr("'bn.weight' has shape [3], expected [2]"),
                    HasSubstr("'bn.running_mean' holds values that are not finite"),
                    HasSubstr("'bn.running_var' has dtype"), HasSubstr("'extra' is not a tensor")));
  EXPECT_THAT(message, ::testing::Not(HasSubstr("fc.weight")));
  EXPECT_TRUE(torch::equal(module.norm->weight, torch::ones({2})));
}

TEST(LoadStateDict, LongListsOfMisfitsAreCutShort) {
  NormImpl module;
  StateDict weights;
  for (int i = 0; i < 20; ++i) weights["x" + std::to_string(i)] = torch::ones({1});
  EXPECT_THAT(error_of([&] { load_state_dict(module, weights, "w.pth"); }),
              HasSubstr("and 19 more"));
}

}  // namespace
}  // namespace vidqa::features

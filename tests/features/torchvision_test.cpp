#include <cstdlib>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <torch/torch.h>

#include "features/backbone.h"
#include "features/frame_transform.h"
#include "features/npy_file.h"
#include "tests/testing/files.h"
#include "tests/testing/golden_file.h"
#include "tests/testing/shared_data.h"

// The whole chain from pixels to features beside torchvision itself, with weights that it wrote.

namespace vidqa::features {
namespace {

bool runs(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

/// Writes w.pth, and for every preset the input and the features of frame.png.
constexpr const char* kScript = R"(
import sys, numpy, torch, torchvision
from PIL import Image
from torchvision.transforms import Compose, Resize, CenterCrop, ToTensor, Normalize
folder = sys.argv[1]
torch.manual_seed(0)
model = torchvision.models.resnet18(weights=None)
for name, value in model.named_buffers():
    if value.is_floating_point():
        value.uniform_(0.5, 1.5)
torch.save(model.state_dict(), folder + '/w.pth')
model.fc = torch.nn.Identity()
model.eval()
frame = Image.open(folder + '/frame.png').convert('RGB')
ends = [ToTensor(), Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
for preset, steps in {'torchvision-v1': [Resize(256), CenterCrop(224)],
                      'torchvision-v2': [Resize(232), CenterCrop(224)],
                      'tvqa': [Resize((224, 224))]}.items():
    x = Compose(steps + ends)(frame).unsqueeze(0)
    with torch.no_grad():
        y = model(x)
    numpy.save(folder + '/x_' + preset + '.npy', x.numpy())
    numpy.save(folder + '/y_' + preset + '.npy', y.numpy())
video = torch.from_numpy(numpy.array(frame)).permute(2, 0, 1).unsqueeze(0)
transforms = torchvision.models.video.R2Plus1D_18_Weights.KINETICS400_V1.transforms()
numpy.save(folder + '/x_torchvision-video.npy', transforms(video).transpose(0, 1).contiguous().numpy())
)";

constexpr const char* kPython = "/usr/bin/python3";

bool has_torchvision() {
  static const bool kHas =
      runs(fmt::format("{} -c 'import torch, torchvision, numpy, PIL'", kPython));
  return kHas;
}

/// Writes w.pth of the named network, an input and its features.
constexpr const char* kNetworkScript = R"(
import sys, numpy, torch, torchvision
folder, name = sys.argv[1:]
torch.manual_seed(0)
model = getattr(torchvision.models, name)(weights=None)
for key, value in model.named_buffers():
    if value.is_floating_point():
        value.uniform_(0.5, 1.5)
torch.save(model.state_dict(), folder + '/w.pth')
model.fc = torch.nn.Identity()
model.eval()
x = torch.randn(2, 3, 96, 64)
with torch.no_grad():
    y = model(x)
numpy.save(folder + '/x.npy', x.numpy())
numpy.save(folder + '/y.npy', y.numpy())
)";

/// Those of which ../shared/golden has no values.
class TorchvisionNetwork : public ::testing::TestWithParam<const char*> {};

TEST_P(TorchvisionNetwork, GivesTheSameFeatures) {
  if (!has_torchvision()) GTEST_SKIP() << "needs python3-torchvision";
  const testing::TempDir folder;
  testing::write_file(folder.file("script.py"), kNetworkScript);
  ASSERT_TRUE(runs(fmt::format("{} {} {} {}", kPython, folder.file("script.py"),
                               folder.path().string(), GetParam())));
  BackboneOptions options;
  options.name = GetParam();
  options.weights = folder.file("w.pth");
  const LoadedBackbone loaded = make_backbone(options);
  EXPECT_LT(testing::relative_error(loaded.rows(read_npy(folder.file("x.npy"))),
                                    read_npy(folder.file("y.npy"))),
            1e-4);
}

INSTANTIATE_TEST_SUITE_P(Backbones, TorchvisionNetwork,
                         ::testing::Values("resnet34", "resnet152", "resnext101_64x4d"));

TEST(Torchvision, GivesTheSameInputsBitForBitAndTheSameFeatures) {
  if (!has_torchvision()) GTEST_SKIP() << "needs python3-torchvision";
  const testing::TempDir folder;
  testing::write_file(folder.file("script.py"), kScript);
  cv::Mat frame(360, 641, CV_8UC3);
  cv::RNG random(1);
  random.fill(frame, cv::RNG::UNIFORM, 0, 256);
  cv::blur(frame(cv::Rect(0, 0, 400, 300)), frame(cv::Rect(0, 0, 400, 300)), {9, 9});
  cv::Mat bgr;
  cv::cvtColor(frame, bgr, cv::COLOR_RGB2BGR);
  ASSERT_TRUE(cv::imwrite(folder.file("frame.png"), bgr));
  ASSERT_TRUE(
      runs(fmt::format("{} {} {}", kPython, folder.file("script.py"), folder.path().string())));

  for (const std::string preset : {"torchvision-v1", "torchvision-v2", "tvqa"}) {
    BackboneOptions options;
    options.weights = folder.file("w.pth");
    options.frames.preset = preset;
    const LoadedBackbone loaded = make_backbone(options);
    const torch::Tensor input = FrameTransform(loaded.input.transform)(frame).unsqueeze(0);
    EXPECT_TRUE(torch::equal(input, read_npy(folder.file("x_" + preset + ".npy")))) << preset;
    EXPECT_LT(
        testing::relative_error(loaded.rows(input), read_npy(folder.file("y_" + preset + ".npy"))),
        1e-4)
        << preset;
  }
}

}  // namespace
}  // namespace vidqa::features

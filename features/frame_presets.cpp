#include <c10/util/Exception.h>

#include "features/frame_transform.h"

namespace vidqa::features {
namespace {

std::vector<FramePreset> make_presets() {
  FrameTransformOptions v1;

  FrameTransformOptions v2 = v1;
  v2.preset = "torchvision-v2";
  v2.resize_size = 232;

  FrameTransformOptions tvqa = v1;
  tvqa.preset = "tvqa";
  tvqa.resize = "squash";

  FrameTransformOptions video;
  video.preset = "torchvision-video";
  video.resize = "fixed";
  video.interpolation = "tensor";
  video.resize_size = 128;
  video.resize_width = 171;
  video.crop_size = 112;
  video.mean = {0.43216F, 0.394666F, 0.37645F};
  video.deviation = {0.22803F, 0.22145F, 0.216989F};

  FrameTransformOptions c3d = video;
  c3d.preset = "c3d";
  c3d.interpolation = "skimage";
  c3d.levels = 1;
  c3d.mean = {0, 0, 0};
  c3d.deviation = {1, 1, 1};

  FrameTransformOptions caffe;
  caffe.preset = "caffe";
  caffe.resize = "squash";
  caffe.channels = "bgr";
  caffe.levels = 1;
  caffe.mean = {103.939F, 116.779F, 123.68F};
  caffe.deviation = {1, 1, 1};

  return {{"torchvision-v1", "256 / 224: torchvision's IMAGENET1K_V1 weights", v1},
          {"torchvision-v2", "232 / 224: torchvision's IMAGENET1K_V2 weights", v2},
          {"tvqa", "squashed to 224: the features of TVQA (jayleicn/TVQA#10)", tvqa},
          {"torchvision-video", "128x171 / 112: torchvision's KINETICS400_V1 weights", video},
          {"c3d",
           "128x171 / 112, levels 0 to 255: the C3D features of TVQA, whose crop was random: here "
           "the centre",
           c3d},
          {"caffe", "squashed to 224, BGR, levels less their mean: VGG-16 of MSVD-QA", caffe}};
}

}  // namespace

const std::vector<FramePreset>& frame_presets() {
  static const std::vector<FramePreset> kPresets = make_presets();
  return kPresets;
}

const FrameTransformOptions& frame_preset(const std::string& name) {
  std::string accepted;
  for (const FramePreset& preset : frame_presets()) {
    if (preset.name == name) return preset.options;
    accepted += (accepted.empty() ? "" : ", ") + preset.name;
  }
  TORCH_CHECK(false, "preset '", name, "' is unknown; accepted: ", accepted);
}

FrameTransformOptions resolve_frame_transform(FrameTransformOptions base,
                                              const FrameOverrides& overrides) {
  if (overrides.preset) base = frame_preset(*overrides.preset);
  bool changed = false;
  const auto apply = [&changed](auto& value, const auto& wanted) {
    if (!wanted) return;
    changed = true;
    value = *wanted;
  };
  apply(base.resize, overrides.resize);
  apply(base.resize_size, overrides.resize_size);
  apply(base.resize_width, overrides.resize_width);
  apply(base.crop_size, overrides.crop_size);
  apply(base.crop_top, overrides.crop_top);
  apply(base.crop_left, overrides.crop_left);
  apply(base.mean, overrides.mean);
  apply(base.deviation, overrides.deviation);
  if (changed) base.preset = "custom";
  return base;
}

}  // namespace vidqa::features

#include "features/extract_like.h"

#include <algorithm>
#include <array>
#include <optional>
#include <regex>
#include <sstream>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "features/extractor.h"
#include "features/feature_store.h"
#include "features/hash.h"
#include "features/video_files.h"
#include "features/video_reader.h"

namespace vidqa::features {
namespace {

constexpr const char* kRandomPrefix = "random:";
constexpr const char* kCustomPreset = "custom";

/// What a feature file says of how it was made.
class Recipe {
 public:
  explicit Recipe(const std::string& path) : path_(path) {
    const FeatureReader reader(path);
    of_file_ = reader.attributes();
    const std::vector<std::string> clips = reader.clips();
    if (!clips.empty()) of_clip_ = reader.attributes(clips.front());
    TORCH_CHECK(of_file_.count("backbone") > 0 && of_file_.count("weights_hash") > 0, path,
                ": does not say how its features were extracted, so it is not a file of `vidqa "
                "extract`, and no other clip can be added to it; ask a model that was trained on "
                "features of `vidqa extract`");
  }

  template <typename T>
  T get(const char* name) const {
    const auto found = of_file_.find(name);
    TORCH_CHECK(found != of_file_.end() && std::holds_alternative<T>(found->second), path_,
                ": its recipe lacks '", name, "'; extract it again with this version of vidqa");
    return std::get<T>(found->second);
  }
  bool has(const char* name) const { return of_file_.count(name) > 0; }
  template <typename T>
  void get_if_there(const char* name, T& value) const {
    if (has(name)) value = get<T>(name);
  }
  /// Batches may change the last bits, so they are as large as they were.
  int64_t batch_size(int64_t otherwise) const {
    const auto found = of_clip_.find("batch_size");
    return found != of_clip_.end() && std::holds_alternative<int64_t>(found->second)
               ? std::get<int64_t>(found->second)
               : otherwise;
  }
  const Attributes& of_file() const { return of_file_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  Attributes of_file_;
  Attributes of_clip_;
};

std::string choose_weights(const Recipe& recipe, const std::vector<std::string>& given) {
  const auto hash = recipe.get<std::string>("weights_hash");
  if (hash.rfind(kRandomPrefix, 0) == 0) return hash;
  std::string tried;
  for (const std::string& path : given) {
    const std::string found = sha256_file(path);
    if (found == hash) return path;
    tried += fmt::format("{}{} ({}...)", tried.empty() ? "" : ", ", path, found.substr(0, 12));
  }
  TORCH_CHECK(false, recipe.path(), ": was extracted by ", recipe.get<std::string>("backbone"),
              " with the weights whose SHA-256 is ", hash, "; name that file with --weights",
              tried.empty() ? "" : ", got " + tried);
}

std::array<float, 3> read_three(const std::string& text) {
  std::array<float, 3> values{};
  std::istringstream stream(text);
  char comma = ',';
  stream >> values[0] >> comma >> values[1] >> comma >> values[2];
  return values;
}

/// The values that FrameTransform::description() tells, over those of a preset that interpolates
/// and scales in the same way: FrameOverrides cannot change that.
FrameOverrides overrides_by(const std::string& description, const std::string& path) {
  static const std::regex kForm(
      "(shorter|fixed|squash)(?: (\\d+)(?:x(\\d+))?)? (\\w+), (?:to|crop) (\\d+)"
      "(?: at (?:the centre|row (\\d+), column (\\d+)))?, (\\w+) / ([^,]+), mean \\(([^)]*)\\), "
      "deviation \\(([^)]*)\\)");
  std::smatch part;
  TORCH_CHECK(std::regex_match(description, part, kForm), path,
              ": cannot follow the preprocessing '", description,
              "'; extract it again with this version of vidqa");
  const auto number = [&](size_t group) -> std::optional<int64_t> {
    if (!part[group].matched) return std::nullopt;
    return std::stoll(part[group].str());
  };
  for (const FramePreset& preset : frame_presets()) {
    const FrameTransformOptions& base = preset.options;
    if (base.interpolation != part[4] || base.channels != part[8] ||
        fmt::format("{:g}", base.levels) != part[9])
      continue;
    FrameOverrides overrides;
    overrides.preset = preset.name;
    overrides.resize = part[1];
    overrides.resize_size = number(2);
    overrides.resize_width = number(3);
    overrides.crop_size = number(5);
    overrides.crop_top = number(6);
    overrides.crop_left = number(7);
    overrides.mean = read_three(part[10]);
    overrides.deviation = read_three(part[11]);
    return overrides;
  }
  TORCH_CHECK(false, path, ": no preset has the preprocessing '", description,
              "'; extract it again with this version of vidqa");
}

BackboneOptions backbone_of(const Recipe& recipe, const ExtractLikeOptions& like) {
  BackboneOptions options;
  options.name = recipe.get<std::string>("backbone");
  const std::string weights = choose_weights(recipe, like.weights);
  const auto& table = backbone_table();
  const bool is_known = std::any_of(table.begin(), table.end(), [&](const BackboneEntry& entry) {
    return entry.name == options.name;
  });
  (is_known ? options.weights : options.torchscript) = weights;
  options.layer = recipe.get<std::string>("layer");
  options.spatial_map = recipe.get<int64_t>("spatial_map") != 0;
  options.l2_normalize = recipe.get<int64_t>("l2_normalize") != 0;
  options.precision = recipe.get<std::string>("precision") == "bfloat16" ? Precision::kBfloat16
                                                                         : Precision::kFloat32;
  options.device = like.device;
  const auto preset = recipe.get<std::string>("preset");
  if (preset == kCustomPreset)
    options.frames = overrides_by(recipe.get<std::string>("preprocessing"), recipe.path());
  else
    options.frames.preset = preset;
  if (recipe.has("window_length")) options.clip_length = recipe.get<int64_t>("window_length");
  return options;
}

ExtractOptions options_of(const Recipe& recipe, const ExtractLikeOptions& like) {
  ExtractOptions options;
  options.videos = {like.video};
  options.output = like.output;
  options.backbone = backbone_of(recipe, like);
  double fps = options.frames.sampler.fps;
  recipe.get_if_there("fps", fps);
  options.frames.sampler = parse_frame_sampler(recipe.get<std::string>("sampler"), fps);
  VideoReaderOptions& reader = options.frames.reader;
  reader.color =
      recipe.get<std::string>("color") == "opencv" ? ColorPolicy::kOpencv : ColorPolicy::kAuto;
  const auto stream = recipe.get<std::string>("stream");
  if (stream != "best") reader.stream = std::stoi(stream);
  reader.image_fps = recipe.get<double>("image_fps");
  options.type = parse_feature_type(recipe.get<std::string>("dtype"));
  if (recipe.has("window_length")) {
    options.windows.stride = recipe.get<int64_t>("window_stride");
    options.windows.edge = parse_edge_rule(recipe.get<std::string>("window_edge"));
  }
  options.batch_size = recipe.batch_size(options.batch_size);
  options.decoders = 1;
  return options;
}

}  // namespace

std::string extract_like(const ExtractLikeOptions& options) {
  TORCH_CHECK(find_videos({options.video}).size() == 1, options.video,
              ": is a folder of several videos; name one of them");
  const Recipe recipe(options.like);
  const ExtractResult result = extract(options_of(recipe, options), {});
  if (!result.failures.empty()) throw VideoError(result.failures.front().reason);
  const FeatureReader made(options.output);
  const Attributes attributes = made.attributes();
  for (const auto& [name, value] : recipe.of_file()) {
    const auto found = attributes.find(name);
    TORCH_CHECK(found != attributes.end() && found->second == value, options.like,
                ": its recipe has a '", name,
                "' that this version of vidqa does not follow; extract it again");
  }
  return made.clips().at(0);
}

}  // namespace vidqa::features

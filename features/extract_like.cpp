#include "features/extract_like.h"

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
  template <typename T>
  void get_if_there(const char* name, T& value) const {
    if (of_file_.count(name) > 0) value = get<T>(name);
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

ExtractOptions options_of(const Recipe& recipe, const ExtractLikeOptions& like) {
  ExtractOptions options;
  options.videos = {like.video};
  options.output = like.output;
  options.backbone = recipe.get<std::string>("backbone");
  options.weights = choose_weights(recipe, like.weights);
  options.sampler = recipe.get<std::string>("sampler");
  recipe.get_if_there("fps", options.fps);
  recipe.get_if_there("num_frames", options.num_frames);
  options.resize = recipe.get<std::string>("resize");
  recipe.get_if_there("resize_size", options.resize_size);
  options.crop_size = recipe.get<int64_t>("crop_size");
  options.batch_size = recipe.batch_size(options.batch_size);
  options.device = like.device;
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
  for (const auto& [name, value] : recipe.of_file()) {
    const Attributes attributes = made.attributes();
    const auto found = attributes.find(name);
    TORCH_CHECK(found != attributes.end() && found->second == value, options.like,
                ": its recipe has a '", name,
                "' that this version of vidqa does not follow; extract it again");
  }
  return made.clips().at(0);
}

}  // namespace vidqa::features

#include "benchmarks/datasets/synthetic.h"

#include <filesystem>
#include <map>
#include <vector>

#include <c10/util/Exception.h>
#include <nlohmann/json.hpp>

#include "benchmarks/datasets/synthetic_dialogue.h"
#include "benchmarks/datasets/synthetic_questions.h"
#include "benchmarks/datasets/synthetic_render.h"
#include "benchmarks/datasets/synthetic_scene.h"
#include "features/atomic_file.h"
#include "features/video_writer.h"
#include "pipeline/data/text_file.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;

constexpr int kFormat = 2;          // counted up whenever equal options give another data set
constexpr int64_t kMinClips = 20;   // two of each kind in every split
constexpr int64_t kMinFrames = 16;  // three counts
constexpr int64_t kMinSize = 32;

void check(const SynthOptions& options) {
  TORCH_CHECK(!options.output.empty(), "synth: an output folder must be named");
  TORCH_CHECK(options.clips >= kMinClips && options.clips < 100000, "synth: clips must be ",
              kMinClips, " to 99999, got ", options.clips);
  TORCH_CHECK(options.frames >= kMinFrames, "synth: frames must be at least ", kMinFrames, ", got ",
              options.frames);
  TORCH_CHECK(options.size >= kMinSize && options.size % 2 == 0,
              "synth: size must be even and at least ", kMinSize, ", got ", options.size);
  TORCH_CHECK(options.fps > 0, "synth: fps must be positive, got ", options.fps);
}

/// Writes options.json, or compares with the one that is there.
void claim_folder(const SynthOptions& options) {
  const nlohmann::json ours = {{"format", kFormat},        {"seed", options.seed},
                               {"clips", options.clips},   {"size", options.size},
                               {"frames", options.frames}, {"fps", options.fps}};
  const std::string path = (fs::path(options.output) / "options.json").string();
  if (!fs::exists(path)) {
    features::write_text_atomically(path, ours.dump(1) + "\n");
    return;
  }
  const nlohmann::json theirs =
      nlohmann::json::parse(data::read_text(path), nullptr, /*allow_exceptions=*/false);
  TORCH_CHECK(theirs.is_object(), path, ": is not a JSON object; remove the folder");
  for (const auto& [key, value] : ours.items()) {
    const nlohmann::json there = theirs.value(key, nlohmann::json());
    TORCH_CHECK(there == value, options.output, ": holds a data set with ", key, " = ",
                there.dump(), ", not ", value.dump(), "; name another folder, or remove this one");
  }
}

void write_video(const synthetic::Scene& scene, const SynthOptions& options,
                 const std::string& path) {
  features::VideoWriterOptions video;
  video.width = static_cast<int>(options.size);
  video.height = static_cast<int>(options.size);
  video.fps = options.fps;
  features::VideoWriter writer(path, video);
  for (int64_t frame = 0; frame < options.frames; ++frame)
    writer.write(synthetic::render(scene, frame, options.frames, options.size));
  writer.close();
}

}  // namespace

int64_t synthesize(const SynthOptions& options,
                   const std::function<void(int64_t done, int64_t total)>& on_clip) {
  check(options);
  const fs::path output(options.output);
  for (const char* folder :
       {"videos", "tgif_qa", "msvd_qa", "tvqa/tvqa_qa_release", "tvqa/tvqa_subtitles"}) {
    std::error_code error;
    fs::create_directories(output / folder, error);
    TORCH_CHECK(!error, (output / folder).string(), ": cannot be made: ", error.message());
  }
  claim_folder(options);

  std::vector<synthetic::Scene> scenes;
  int64_t rendered = 0;
  for (int64_t i = 0; i < options.clips; ++i) {
    scenes.push_back(synthetic::make_scene(options.seed, i, options.frames));
    const std::string path = (output / "videos" / (scenes.back().name + ".mp4")).string();
    if (!fs::exists(path)) {
      write_video(scenes.back(), options, path);
      ++rendered;
    }
    if (on_clip) on_clip(i + 1, options.clips);
  }
  std::map<std::string, std::string> files = synthetic::annotation_files(options.seed, scenes);
  files.merge(synthetic::tvqa_files(options.seed, scenes,
                                    static_cast<double>(options.frames) / options.fps));
  for (const auto& [name, content] : files)
    if (!fs::exists(output / name))
      features::write_text_atomically((output / name).string(), content);
  return rendered;
}

}  // namespace vidqa::benchmarks

#include "tests/benchmarks/tiny_corpus.h"

#include <array>
#include <fstream>

#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "features/feature_writer.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 4> kColours = {"red", "green", "blue", "gray"};
constexpr int64_t kFramesOfClip = 3;
constexpr int64_t kWidth = 6;

/// Two questions about each of the clips first .. first + count - 1.
void write_split(const fs::path& path, int64_t first, int64_t count) {
  nlohmann::json records = nlohmann::json::array();
  for (int64_t clip = first; clip < first + count; ++clip) {
    for (const char* question : {"what colour is it?", "which colour is this?"})
      records.push_back({{"id", records.size() + static_cast<size_t>(10 * first)},
                         {"video_id", clip},
                         {"question", question},
                         {"answer", kColours[static_cast<size_t>(clip % 4)]}});
  }
  std::ofstream(path) << records.dump();
}

/// (T, D): the colour's column is near 1, the others near 0.
torch::Tensor clip_features(int64_t clip) {
  torch::Tensor rows = torch::zeros({kFramesOfClip, kWidth});
  for (int64_t t = 0; t < kFramesOfClip; ++t) {
    for (int64_t d = 0; d < kWidth; ++d)
      rows[t][d] =
          0.02 * static_cast<double>((clip * 7 + t * 3 + d * 5) % 11) + (d == clip % 4 ? 1 : 0);
  }
  return rows;
}

}  // namespace

ExperimentOptions write_tiny_corpus(const fs::path& folder) {
  const fs::path root = folder / "msvd_qa";
  fs::create_directories(root);
  write_split(root / "train_qa.json", 1, 60);
  write_split(root / "val_qa.json", 61, 12);
  write_split(root / "test_qa.json", 73, 20);
  std::ofstream(root / "vocab.txt") << "what\nwhich\ncolour\nis\nit\nthis\n<UNK>\n";
  std::ofstream answers(root / "answer_set.txt");
  for (const char* colour : kColours) answers << colour << '\n';
  std::ofstream mapping(root / "youtube_mapping.txt");
  features::FeatureWriter features((folder / "features.h5").string());
  for (int64_t clip = 1; clip <= 92; ++clip) {
    mapping << "clip_0_" << clip << " vid" << clip << '\n';
    features.write("vid" + std::to_string(clip), clip_features(clip), {0, 0.5, 1}, {});
  }
  features.close();

  ExperimentOptions options;
  options.dataset = "msvd-qa";
  options.data.root = root.string();
  options.features = (folder / "features.h5").string();
  options.hidden = 12;
  options.slots = 3;
  options.word_dim = 6;
  options.train.epochs = 5;
  options.train.batch_size = 16;
  options.train.learning_rate = 0.01;
  return options;
}

}  // namespace vidqa::benchmarks

#include "features/parts_folder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include <c10/util/Exception.h>

#include "features/atomic_file.h"
#include "features/hash.h"
#include "features/recipe.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;

// Places in the lock file; clips have theirs beyond.
constexpr int64_t kTurn = 0;
constexpr int64_t kPresence = 1;  ///< shared by all runs at work
constexpr int64_t kFirstClip = 2;

constexpr char kLock[] = ".lock";
constexpr char kRecipe[] = "recipe.json";
/// Parts of clips whose names are too long for a file with more to its name are named by a hash.
constexpr char kHashed[] = "sha256-";
constexpr size_t kLongestName = 200;

int64_t place_of(const std::string& clip) {
  const uint64_t hash = std::stoull(sha256(clip).substr(0, 15), nullptr, 16);  // 60 bits
  return kFirstClip + static_cast<int64_t>(hash);
}

void make_folder(const std::string& output, const std::string& folder) {
  TORCH_CHECK(!output.empty(), "extract: no output file given");
  TORCH_CHECK(!fs::is_directory(output), "'", output,
              "' is a folder; name the feature file to write, such as '",
              (fs::path(output) / "features.h5").string(), "'");
  std::error_code error;
  fs::create_directories(folder, error);
  TORCH_CHECK(fs::is_directory(folder), "cannot make folder '", folder, "': ", error.message());
}

/// What killed runs left half written.
void remove_temporaries(const std::string& folder) {
  std::vector<fs::path> stale;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".tmp" && entry.path().filename().string().front() == '.')
      stale.push_back(entry.path());
  for (const fs::path& file : stale) fs::remove(file);
}

bool holds_nothing(const std::string& folder) {
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(folder, gone)) {
    const std::string name = entry.path().filename().string();
    if (name != kLock && name != kRecipe) return false;
  }
  return true;
}

}  // namespace

PartsFolder::PartsFolder(const std::string& output) : output_(output), path_(path_for(output)) {
  join();
  if (is_alone()) {
    remove_temporaries(path_);
    remove_stale_temporaries(output_);
    remove_stale_temporaries(output_ + ".failures.csv");
  }
  lock_->lock(kPresence, LockFile::Mode::kShared);
}

void PartsFolder::join() {
  for (;;) {
    make_folder(output_, path_);
    lock_ = std::make_unique<LockFile>((fs::path(path_) / kLock).string());
    take_turn();
    if (lock_->is_in_place()) return;  // else the one whose turn it was has removed the folder
  }
}

PartsFolder::~PartsFolder() {
  if (lock_ == nullptr) return;
  take_turn();
  std::error_code kept;
  if (is_alone() && holds_nothing(path_)) fs::remove_all(path_, kept);
}

std::string PartsFolder::part(const std::string& clip) const {
  const std::string name = clip.size() <= kLongestName ? clip : kHashed + sha256(clip);
  return (fs::path(path_) / (name + ".h5")).string();
}

void PartsFolder::take_turn() { lock_->lock(kTurn, LockFile::Mode::kExclusive); }
void PartsFolder::end_turn() { lock_->unlock(kTurn); }
bool PartsFolder::is_alone() { return lock_->try_lock(kPresence, LockFile::Mode::kExclusive); }

void PartsFolder::remove() {
  fs::remove_all(path_);
  lock_.reset();
}

bool PartsFolder::claim(const std::string& clip) {
  return lock_->try_lock(place_of(clip), LockFile::Mode::kExclusive);
}
void PartsFolder::release(const std::string& clip) { lock_->unlock(place_of(clip)); }

std::vector<StoredClip> parts_in(const std::string& folder) {
  std::vector<StoredClip> parts;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".h5") continue;
    const std::string path = entry.path().string(), name = entry.path().stem().string();
    if (name.rfind(kHashed, 0) != 0) {
      parts.push_back({name, path});
      continue;
    }
    const std::vector<std::string> clips = FeatureReader(path).clips();
    TORCH_CHECK(clips.size() == 1, "'", path, "' is no part: it holds ", clips.size(), " clips");
    parts.push_back({clips.front(), path});
  }
  std::sort(parts.begin(), parts.end(),
            [](const StoredClip& a, const StoredClip& b) { return a.clip < b.clip; });
  return parts;
}

std::optional<Attributes> read_recipe(const std::string& folder) {
  const std::string path = (fs::path(folder) / kRecipe).string();
  if (!fs::exists(path)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  return attributes_from_json({std::istreambuf_iterator<char>(file), {}}, "'" + path + "'");
}

void write_recipe(const std::string& folder, const Attributes& recipe) {
  write_text_atomically((fs::path(folder) / kRecipe).string(), to_json(recipe));
}

}  // namespace vidqa::features

#include "features/extraction_output.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <c10/util/Exception.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "features/atomic_file.h"
#include "features/feature_writer.h"
#include "features/hash.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;

constexpr char kSourceBytes[] = "source_bytes";

std::string text_of(const Attributes::mapped_type& value) {
  return std::visit([](const auto& v) { return fmt::format("{}", v); }, value);
}

/// Refuses a file of another recipe. `remedy` ends the message.
void check_recipe(const FeatureReader& reader, const Attributes& recipe,
                  const std::string& remedy) {
  const Attributes made_with = reader.attributes();
  for (const auto& [option, value] : recipe) {
    const auto other = made_with.find(option);
    TORCH_CHECK(other != made_with.end(), "'", reader.path(),
                "' was not made by vidqa extract with these options (no attribute '", option,
                "'); ", remedy);
    TORCH_CHECK(other->second == value, "'", reader.path(), "' was made with ", option, " = ",
                text_of(other->second), ", this run has ", text_of(value), "; ", remedy);
  }
}

/// Held as long as it lives; the system frees it when the process dies.
class Lock {
 public:
  Lock(const std::string& path, const std::string& output)
      : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    TORCH_CHECK(fd_ >= 0, "cannot write '", path, "': ", std::strerror(errno));
    // Where the file system knows no locks (ENOLCK and its like), two runs are the user's care.
    const bool taken = ::flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (taken) ::close(fd_);
    TORCH_CHECK(!taken, "another run is extracting into '", output,
                "'; wait for it or choose another output");
  }
  ~Lock() { ::close(fd_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int fd_;
};

fs::path make_parts_folder(const std::string& output) {
  TORCH_CHECK(!output.empty(), "extract: no output file given");
  TORCH_CHECK(!fs::is_directory(output), "'", output,
              "' is a folder; name the feature file to write, such as '",
              (fs::path(output) / "features.h5").string(), "'");
  const fs::path folder = output + ".parts";
  std::error_code error;
  fs::create_directories(folder, error);
  TORCH_CHECK(fs::is_directory(folder), "cannot make folder '", folder.string(),
              "': ", error.message());
  return folder;
}

std::string quoted(const std::string& field) {
  std::string text = "\"";
  for (const char c : field) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

}  // namespace

struct ExtractionOutput::Impl {
  Impl(const std::string& path, const Attributes& recipe)
      : path(path),
        recipe(recipe),
        parts_folder(make_parts_folder(path)),
        lock((parts_folder / ".lock").string(), path) {}

  ~Impl() {
    std::error_code holds_parts;  // then it stays for the next run
    fs::remove(parts_folder / ".lock", holds_parts);
    fs::remove(parts_folder, holds_parts);
  }

  std::string part(const std::string& stem) const {
    return (parts_folder / (stem + ".h5")).string();
  }
  /// Stems of the parts, sorted.
  std::vector<std::string> part_stems() const {
    std::vector<std::string> stems;
    for (const auto& entry : fs::directory_iterator(parts_folder))
      if (entry.path().extension() == ".h5") stems.push_back(entry.path().stem().string());
    std::sort(stems.begin(), stems.end());
    return stems;
  }
  void assemble() const;

  std::string path;
  Attributes recipe;
  fs::path parts_folder;
  Lock lock;
  std::unique_ptr<FeatureReader> finished;  ///< the output as it was before this run; may be null
};

ExtractionOutput::ExtractionOutput(const std::string& path, const Attributes& recipe)
    : impl_(std::make_unique<Impl>(path, recipe)) {
  remove_stale_temporaries(path);
  if (fs::exists(path)) {
    impl_->finished = std::make_unique<FeatureReader>(path);
    check_recipe(*impl_->finished, recipe, "use the same options or choose another output");
  }
  for (const std::string& stem : impl_->part_stems())
    check_recipe(FeatureReader(impl_->part(stem)), recipe,
                 "use the same options, or remove the folder to give up what it holds");
}

ExtractionOutput::~ExtractionOutput() = default;

bool ExtractionOutput::is_done(const VideoFile& video) const {
  std::error_code missing;
  const auto bytes = static_cast<int64_t>(fs::file_size(video.path, missing));
  const auto holds = [&](const FeatureReader& reader) {
    if (!reader.contains(video.stem)) return false;
    const Attributes attributes = reader.attributes(video.stem);
    const auto size = attributes.find(kSourceBytes);
    return size != attributes.end() && (missing || size->second == Attributes::mapped_type(bytes));
  };
  if (const std::string part = impl_->part(video.stem); fs::exists(part))
    return holds(FeatureReader(part));
  return impl_->finished != nullptr && holds(*impl_->finished);
}

void ExtractionOutput::write(const VideoFile& video, const torch::Tensor& features,
                             const std::vector<double>& times_seconds, Attributes attributes) {
  attributes["source"] = fs::path(video.path).filename().string();
  attributes[kSourceBytes] = static_cast<int64_t>(fs::file_size(video.path));
  attributes["source_sha256"] = sha256_file(video.path);
  attributes.insert(impl_->recipe.begin(), impl_->recipe.end());
  FeatureWriter writer(impl_->part(video.stem));
  writer.set_attributes(impl_->recipe);
  writer.write(video.stem, features, times_seconds, attributes);
  writer.close();
}

void ExtractionOutput::Impl::assemble() const {
  const std::vector<std::string> stems = part_stems();
  if (stems.empty()) return;
  FeatureWriter writer(path);
  writer.set_attributes(recipe);
  if (finished != nullptr) {
    std::vector<std::string> kept;
    for (const std::string& clip : finished->clips())
      if (!std::binary_search(stems.begin(), stems.end(), clip)) kept.push_back(clip);
    writer.copy(path, kept);
  }
  for (const std::string& stem : stems) writer.copy(part(stem), {stem});
  writer.close();
}

void ExtractionOutput::finish(const std::vector<ExtractFailure>& failures) {
  impl_->assemble();
  impl_->finished.reset();
  const std::string list = impl_->path + ".failures.csv";
  if (failures.empty()) {
    fs::remove(list);
  } else {
    std::string csv = "path,reason\n";
    for (const ExtractFailure& failure : failures)
      csv += quoted(failure.path) + "," + quoted(failure.reason) + "\n";
    write_text_atomically(list, csv);
  }
  fs::remove_all(impl_->parts_folder);
}

}  // namespace vidqa::features

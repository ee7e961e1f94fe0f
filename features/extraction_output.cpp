#include "features/extraction_output.h"

#include <filesystem>
#include <mutex>

#include "features/atomic_file.h"
#include "features/extraction_journal.h"
#include "features/feature_check.h"
#include "features/feature_merge.h"
#include "features/feature_writer.h"
#include "features/hdf5_handles.h"
#include "features/parts_folder.h"
#include "features/recipe.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;

constexpr char kSourceBytes[] = "source_bytes";
constexpr char kSourceTime[] = "source_modified_ns";
constexpr char kSourceHash[] = "source_sha256";
constexpr char kStatus[] = "status";

bool has(const Attributes& attributes, const char* name, const Attributes::mapped_type& value) {
  const auto found = attributes.find(name);
  return found != attributes.end() && found->second == value;
}

}  // namespace

struct ExtractionOutput::Impl {
  explicit Impl(const ExtractionOutputOptions& options)
      : options(options), parts(options.path), journal(parts.path()) {}

  bool holds(const FeatureReader& reader, const VideoFile& video, const SourceStamp& source) const;
  std::string shard_name() const { return options.shard.value_or(Shard()).to_string(); }

  ExtractionOutputOptions options;
  PartsFolder parts;
  ExtractionJournal journal;
  std::unique_ptr<FeatureReader> finished;  ///< the output as it was before this run; may be null
  std::mutex mutex;                         ///< HDF5 is for one thread at a time
};

ExtractionOutput::ExtractionOutput(const ExtractionOutputOptions& options)
    : impl_(std::make_unique<Impl>(options)) {
  const std::string& path = options.path;
  if (fs::exists(path)) {
    impl_->finished = std::make_unique<FeatureReader>(path);
    check_recipe(impl_->finished->attributes(), path, options.recipe,
                 "use the same options or choose another output");
  }
  const std::string& folder = impl_->parts.path();
  if (const std::optional<Attributes> recipe = read_recipe(folder))
    check_recipe(*recipe, folder, options.recipe,
                 "use the same options, or remove the folder to give up what it holds");
  else
    write_recipe(folder, options.recipe);
  impl_->parts.end_turn();
  impl_->journal.append_shard(impl_->shard_name(), false);
}

ExtractionOutput::~ExtractionOutput() = default;

const std::string& ExtractionOutput::work_folder() const { return impl_->parts.path(); }

bool ExtractionOutput::Impl::holds(const FeatureReader& reader, const VideoFile& video,
                                   const SourceStamp& source) const {
  if (!clip_fault(reader, video.stem).empty()) return false;
  const Attributes attributes = reader.attributes(video.stem);
  if (attributes.count(kSourceBytes) == 0) return false;
  if (!options.allow_partial && has(attributes, kStatus, "partial")) return false;
  if (!source.exists()) return true;
  if (!has(attributes, kSourceBytes, source.bytes)) return false;
  return has(attributes, kSourceTime, source.modified_ns) ||
         has(attributes, kSourceHash, sha256_source(video.path));
}

ExtractionOutput::Claim ExtractionOutput::claim(const VideoFile& video, const SourceStamp& source) {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  silence_hdf5();  // every thread has its own switch
  if (!impl_->parts.claim(video.stem)) return Claim::kElsewhere;
  const auto is_done = [&] {
    const std::string part = impl_->parts.part(video.stem);
    if (!fs::exists(part))
      return impl_->finished != nullptr && impl_->holds(*impl_->finished, video, source);
    try {
      const FeatureReader reader(part);
      check_recipe(reader.attributes(), part, impl_->options.recipe, "remove it");
      return impl_->holds(reader, video, source);
    } catch (const c10::Error&) {  // damaged, or put there by somebody: it is made again
      return false;
    }
  };
  if (!is_done()) return Claim::kMine;
  impl_->parts.release(video.stem);
  return Claim::kDone;
}

void ExtractionOutput::write(const FinishedClip& clip) {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  Attributes attributes = clip.attributes;
  attributes["source"] = fs::path(clip.video.path).filename().string();
  attributes[kSourceBytes] = clip.source.bytes;
  attributes[kSourceTime] = clip.source.modified_ns;
  attributes.insert(impl_->options.recipe.begin(), impl_->options.recipe.end());
  FeatureWriter writer(impl_->parts.part(clip.video.stem), impl_->options.type);
  writer.set_attributes(impl_->options.recipe);
  writer.write(clip.video.stem, clip.rows->all(), clip.times_seconds, attributes);
  writer.close();

  JournalEntry entry;
  entry.clip = clip.video.stem;
  entry.path = clip.video.path;
  entry.status = "done";
  entry.rows = clip.rows->rows();
  entry.source_bytes = clip.source.bytes;
  entry.source_modified_ns = clip.source.modified_ns;
  impl_->journal.append(entry);
  impl_->parts.release(clip.video.stem);
}

void ExtractionOutput::fail(const VideoFile& video, const ExtractFailure& failure) {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  JournalEntry entry;
  entry.clip = video.stem;
  entry.path = failure.path;
  entry.status = failure.kind;
  entry.reason = failure.reason;
  impl_->journal.append(entry);
  impl_->parts.release(video.stem);
}

bool ExtractionOutput::finish() {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  impl_->journal.append_shard(impl_->shard_name(), true);
  impl_->finished.reset();
  impl_->parts.take_turn();
  const bool is_last = !impl_->options.shard.has_value() && impl_->parts.is_alone();
  if (is_last) merge_parts(impl_->options.path, impl_->options.recipe);
  write_failures(impl_->options.path, ExtractionJournal::read(impl_->parts.path()).failures());
  if (is_last)
    impl_->parts.remove();
  else
    impl_->parts.end_turn();
  return is_last;
}

}  // namespace vidqa::features

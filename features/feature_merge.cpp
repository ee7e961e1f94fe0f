#include "features/feature_merge.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "features/atomic_file.h"
#include "features/extraction_journal.h"
#include "features/feature_check.h"
#include "features/feature_writer.h"
#include "features/parts_folder.h"
#include "features/recipe.h"
#include "features/shard.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;

Attributes recipe_in(const FeatureReader& reader) {
  Attributes recipe = reader.attributes();
  recipe.erase(kComplete);
  return recipe;
}

bool is_up_to_date(const std::string& output, const Attributes& recipe,
                   const std::vector<StoredClip>& clips) {
  if (!fs::exists(output)) return false;
  const FeatureReader reader(output);
  if (recipe_in(reader) != recipe || reader.clips().size() != clips.size()) return false;
  return std::all_of(clips.begin(), clips.end(), [&](const StoredClip& stored) {
    if (!reader.contains(stored.clip)) return false;
    if (stored.path == output) return true;
    const Attributes attributes = FeatureReader(stored.path).attributes(stored.clip);
    return attributes.count(kContentHash) != 0 && attributes == reader.attributes(stored.clip) &&
           clip_fault(reader, stored.clip).empty();
  });
}

/// Shards of the announced division that have not come to their end; empty when one division has.
std::vector<std::string> missing_shards(const std::map<std::string, bool>& shards) {
  std::map<int64_t, std::vector<std::string>> missing;  // by the number of shards
  for (const auto& [name, is_finished] : shards) {
    const int64_t count = parse_shard(name).count;
    if (missing.count(count) != 0) continue;
    std::vector<std::string>& names = missing[count];
    for (int64_t i = 1; i <= count; ++i) {
      const auto known = shards.find(Shard{i, count}.to_string());
      if (known == shards.end() || !known->second) names.push_back(Shard{i, count}.to_string());
    }
    if (names.empty()) return {};
  }
  return missing.empty() ? std::vector<std::string>() : missing.rbegin()->second;
}

void check_shards(const std::string& folder, const ExtractionJournal::Account& account,
                  bool allow_missing) {
  const std::vector<std::string> missing = missing_shards(account.shards);
  TORCH_CHECK(allow_missing || missing.empty(), "'", folder, "': shard ",
              fmt::format("{}", fmt::join(missing, ", ")),
              " did not come to its end; run it, or allow missing ones to merge what is there");
}

/// Clips of a source with the recipe of all of them.
struct MergeSource {
  std::string path;
  Attributes recipe;
  std::vector<StoredClip> clips;
  std::vector<ExtractFailure> failures;
};

MergeSource source_of_folder(const std::string& path, bool allow_missing) {
  const ExtractionJournal::Account account = ExtractionJournal::read(path);
  check_shards(path, account, allow_missing);
  MergeSource source{path, {}, parts_in(path), account.failures()};
  const std::optional<Attributes> recipe = read_recipe(path);
  TORCH_CHECK(recipe.has_value() || !source.clips.empty(), "folder '", path,
              "' holds no parts of a feature file");
  source.recipe =
      recipe.has_value() ? *recipe : recipe_in(FeatureReader(source.clips.front().path));
  return source;
}

MergeSource source_of_file(const std::string& path) {
  const FeatureReader reader(path);
  MergeSource source{path, recipe_in(reader), {}, {}};
  for (const std::string& clip : reader.clips()) source.clips.push_back({clip, path});
  TORCH_CHECK(!source.clips.empty(), "feature file '", path, "' holds no clips");
  return source;
}

void check_same_recipe(const MergeSource& first, const MergeSource& other) {
  const char* remedy = "features of different recipes are not mixed";
  check_recipe(other.recipe, other.path, first.recipe, remedy);
  check_recipe(first.recipe, first.path, other.recipe, remedy);
}

std::string stored_hash(const StoredClip& stored) {
  const FeatureReader reader(stored.path);
  return reader.content_sha256(stored.clip);
}

MergeResult merge_sources(const MergeOptions& options) {
  std::vector<MergeSource> sources;
  MergeResult result;
  for (const std::string& path : options.sources) {
    sources.push_back(fs::is_directory(path) ? source_of_folder(path, options.allow_missing)
                                             : source_of_file(path));
    check_same_recipe(sources.front(), sources.back());
  }
  std::map<std::string, StoredClip> clips;
  for (const MergeSource& source : sources) {
    result.failures.insert(result.failures.end(), source.failures.begin(), source.failures.end());
    for (const StoredClip& stored : source.clips) {
      const auto [known, is_new] = clips.emplace(stored.clip, stored);
      TORCH_CHECK(is_new || stored_hash(known->second) == stored_hash(stored), "clip '",
                  stored.clip, "' differs between '", known->second.path, "' and '", stored.path,
                  "'");
    }
  }
  if (fs::exists(options.output))
    for (const std::string& clip : FeatureReader(options.output).clips())
      TORCH_CHECK(clips.count(clip) != 0, "'", options.output, "' is there and holds clip '", clip,
                  "', which no source has; name it among the sources, or remove it");
  std::vector<StoredClip> all;
  for (const auto& [name, stored] : clips) all.push_back(stored);
  result.clips = static_cast<int64_t>(all.size());
  result.is_written = write_merged(options.output, sources.front().recipe, std::move(all));
  write_failures(options.output, result.failures);
  return result;
}

MergeResult merge_own_parts(const MergeOptions& options) {
  const std::string folder = PartsFolder::path_for(options.output);
  MergeResult result;
  if (fs::is_directory(folder)) {
    PartsFolder parts(options.output);
    TORCH_CHECK(parts.is_alone(), "a run is at work on '", options.output, "'; wait for its end");
    const MergeSource source = source_of_folder(folder, options.allow_missing);
    result.is_written = merge_parts(options.output, source.recipe);
    result.failures = source.failures;
    write_failures(options.output, result.failures);
    parts.remove();
  }
  TORCH_CHECK(fs::exists(options.output), "there is neither '", options.output, "' nor '", folder,
              "' with parts of it");
  result.clips = static_cast<int64_t>(FeatureReader(options.output).clips().size());
  return result;
}

}  // namespace

bool write_merged(const std::string& output, const Attributes& recipe,
                  std::vector<StoredClip> clips) {
  std::sort(clips.begin(), clips.end(),
            [](const StoredClip& a, const StoredClip& b) { return a.clip < b.clip; });
  for (const StoredClip& stored : clips) {
    if (stored.path == output) continue;
    const std::string fault = clip_fault(FeatureReader(stored.path), stored.clip);
    TORCH_CHECK(fault.empty(), "clip '", stored.clip, "' of '", stored.path, "' ", fault,
                "; remove the file and extract the clip again");
  }
  if (is_up_to_date(output, recipe, clips)) return false;
  FeatureWriter writer(output);
  writer.set_attributes(recipe);
  for (const StoredClip& stored : clips) writer.copy(stored.path, {stored.clip});
  writer.close();
  return true;
}

bool merge_parts(const std::string& output, const Attributes& recipe) {
  std::vector<StoredClip> clips = parts_in(PartsFolder::path_for(output));
  if (clips.empty()) return false;
  for (const StoredClip& part : clips)
    check_recipe(FeatureReader(part.path).attributes(), part.path, recipe,
                 "remove it and extract the clip again");
  if (fs::exists(output)) {
    const FeatureReader finished(output);
    check_recipe(finished.attributes(), output, recipe, "choose another output");
    const size_t num_parts = clips.size();
    for (const std::string& clip : finished.clips()) {
      const auto parts_end = clips.begin() + static_cast<std::ptrdiff_t>(num_parts);
      const auto part = std::lower_bound(
          clips.begin(), parts_end, clip,
          [](const StoredClip& stored, const std::string& name) { return stored.clip < name; });
      if (part == parts_end || part->clip != clip) clips.push_back({clip, output});
    }
  }
  return write_merged(output, recipe, std::move(clips));
}

void write_failures(const std::string& output, const std::vector<ExtractFailure>& failures) {
  const std::string path = output + ".failures.csv";
  if (failures.empty())
    fs::remove(path);
  else
    write_text_atomically(path, failures_csv(failures));
}

MergeResult merge(const MergeOptions& options) {
  TORCH_CHECK(!options.output.empty(), "merge: no output file given");
  return options.sources.empty() ? merge_own_parts(options) : merge_sources(options);
}

}  // namespace vidqa::features

#include "benchmarks/datasets/tvqa_subtitles.h"

#include <filesystem>
#include <utility>

#include <c10/util/Exception.h>
#include <nlohmann/json.hpp>

#include "pipeline/data/json_record.h"
#include "pipeline/data/tokenizer.h"

namespace vidqa::benchmarks {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

data::Subtitles cleaned(data::Subtitles subtitles) {
  for (std::string& text : subtitles.texts) text = data::tvqa_clean(text);
  return subtitles;
}

/// Checks and appends an entry; `where` names the clip.
void append(const json& text, const json& seconds, const std::string& where,
            data::Subtitles& subtitles) {
  const size_t number = subtitles.texts.size() + 1;
  TORCH_CHECK(text.is_string() && !text.get_ref<const std::string&>().empty(), where, ": entry ",
              number, " must have a text, got ", text.dump());
  TORCH_CHECK(seconds.is_number(), where, ": entry ", number, " must have a time in seconds, got ",
              seconds.dump());
  subtitles.texts.push_back(text.get<std::string>());
  subtitles.start_seconds.push_back(seconds.get<double>());
}

}  // namespace

TvqaSubtitles::TvqaSubtitles(const std::string& path)
    : path_(path), is_folder_(fs::is_directory(path)) {
  if (is_folder_) return;
  if (fs::path(path).extension() == ".jsonl")
    read_lines();
  else
    read_cache();
}

void TvqaSubtitles::read_cache() {
  const json root = data::read_json(path_);
  const data::JsonRecord cache(root, path_);
  const json& times = cache.object("sub_time");
  for (const auto& [video, texts] : cache.object("sub_text").items()) {
    const std::string where = path_ + ": clip '" + video + "'";
    const auto found = times.find(video);
    TORCH_CHECK(found != times.end() && texts.is_array() && found->is_array() &&
                    texts.size() == found->size(),
                where, " must have as many times in 'sub_time' as texts in 'sub_text'");
    data::Subtitles subtitles;
    for (size_t i = 0; i < texts.size(); ++i) append(texts[i], (*found)[i], where, subtitles);
    clips_[video] = cleaned(std::move(subtitles));
  }
}

void TvqaSubtitles::read_lines() {
  data::for_each_json_line(path_, [&](const std::string& line, const std::string& where) {
    const json object = data::parse_json(line, where);
    const data::JsonRecord clip(object, where);
    data::Subtitles subtitles;
    for (const json& entry : clip.array("sub")) {
      const data::JsonRecord fields(entry, where);
      append(fields.field("text"), fields.field("start"), where, subtitles);
      std::string& text = subtitles.texts.back();
      if (text.front() != ' ' && text.front() != '(') text = data::kUnknownSpeaker + text;
    }
    const bool is_new = clips_.emplace(clip.text("vid_name"), cleaned(std::move(subtitles))).second;
    TORCH_CHECK(is_new, where, ": the clip '", clip.text("vid_name"),
                "' stands on an earlier line already");
  });
}

const data::Subtitles& TvqaSubtitles::clip(const std::string& video) {
  auto found = clips_.find(video);
  if (found == clips_.end()) {
    TORCH_CHECK(is_folder_, path_, ": has no subtitles of clip '", video, "'");
    const std::string file = (fs::path(path_) / (video + ".srt")).string();
    found = clips_.emplace(video, cleaned(data::read_srt(file))).first;
  }
  TORCH_CHECK(!found->second.texts.empty(), path_, ": clip '", video,
              "' has no subtitle entry; the file may be empty or cut");
  return found->second;
}

data::Subtitles read_tvqa_srt(const std::string& path) {
  data::Subtitles subtitles = cleaned(data::read_srt(path));
  TORCH_CHECK(!subtitles.texts.empty(), path, ": has no subtitle entry; is it a .srt file?");
  return subtitles;
}

}  // namespace vidqa::benchmarks

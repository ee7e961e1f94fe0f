#include "benchmarks/datasets/tvqa_visual_concepts.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <unordered_set>
#include <utility>

#include <c10/util/Exception.h>
#include <nlohmann/json.hpp>

#include "features/pickle.h"
#include "pipeline/data/json_record.h"
#include "pipeline/data/text_file.h"
#include "pipeline/data/tokenizer.h"

namespace vidqa::benchmarks {
namespace {

namespace pickle = features::pickle;

/// What stands between commas, blanks included.
std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  size_t first = 0;
  for (size_t comma = text.find(','); comma != std::string::npos; comma = text.find(',', first)) {
    parts.push_back(text.substr(first, comma - first));
    first = comma + 1;
  }
  parts.push_back(text.substr(first));
  return parts;
}

}  // namespace

TvqaVisualConcepts::TvqaVisualConcepts(const std::string& path) : path_(path) {
  if (std::filesystem::path(path).extension() == ".json")
    read_json();
  else
    read_pickle();
  TORCH_CHECK(!clips_.empty(), path, ": holds no clips");
}

void TvqaVisualConcepts::read_pickle() {
  const std::string content = data::read_text(path_);
  std::string where = path_;
  try {
    const pickle::ValuePtr root = pickle::read(content, /*allowed_globals=*/{});
    for (const auto& [key, value] : pickle::as_dict(*root).items) {
      const std::string& video = pickle::as_string(*key);
      where = path_ + ": clip '" + video + "'";
      const auto* list = std::get_if<pickle::List>(&value->data);
      if (list == nullptr) throw std::runtime_error("pickle: expected a list of texts");
      std::vector<std::string>& frames = clips_[video];
      frames.reserve(list->items.size());
      for (const pickle::ValuePtr& frame : list->items) frames.push_back(pickle::as_string(*frame));
    }
  } catch (const c10::Error&) {
    throw;
  } catch (const std::runtime_error& error) {
    TORCH_CHECK(false, where, ": is not a pickled {clip: [text a frame]}: ", error.what());
  }
}

void TvqaVisualConcepts::read_json() {
  data::for_each_json_member(path_, [&](const std::string& video, const nlohmann::json& value) {
    const bool is_list = value.is_array() &&
                         std::all_of(value.begin(), value.end(),
                                     [](const nlohmann::json& item) { return item.is_string(); });
    TORCH_CHECK(is_list, path_, ": clip '", video, "' must be a list of texts, one a frame");
    clips_[video] = value.get<std::vector<std::string>>();
  });
}

const std::vector<std::string>& TvqaVisualConcepts::clip(const std::string& video) const {
  const auto found = clips_.find(video);
  TORCH_CHECK(found != clips_.end(), path_, ": has no visual concepts of clip '", video, "'");
  return found->second;
}

std::vector<std::string> visual_concept_words(const std::vector<std::string>& frames,
                                              const std::optional<data::Question::RowRange>& rows) {
  const auto count = static_cast<int64_t>(frames.size());
  const int64_t first = rows ? std::min(rows->first, count) : 0;
  const int64_t last = rows ? std::min(rows->last + 1, count) : count;
  std::string text;
  for (int64_t i = first; i < last; ++i) {
    if (i > first) text += " , ";
    text += frames[static_cast<size_t>(i)];
  }
  std::vector<std::string> words;
  std::unordered_set<std::string> seen;
  for (const std::string& phrase : split_at_commas(data::ascii_lower(text))) {
    if (!seen.insert(phrase).second) continue;
    for (std::string& word : data::split_at_whitespace(phrase)) words.push_back(std::move(word));
  }
  return words;
}

}  // namespace vidqa::benchmarks

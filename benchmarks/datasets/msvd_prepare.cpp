#include "benchmarks/datasets/msvd_prepare.h"

#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "benchmarks/datasets/encoded_text.h"
#include "benchmarks/datasets/msvd_qa.h"
#include "features/atomic_file.h"

namespace vidqa::benchmarks {
namespace {

/// One array on one line, as released.
std::string to_json(const std::vector<data::Question>& questions, bool with_answers) {
  nlohmann::ordered_json records = nlohmann::ordered_json::array();
  for (const data::Question& question : questions) {
    nlohmann::ordered_json record = {
        {"answer", question.answer},
        {"id", std::stoll(question.id)},
        {"question", question.text},
        {"video_id", question.feature_row + 1},
        {"question_encode", to_encoded_text(question.word_ids.front())}};
    if (with_answers) record["answer_encode"] = question.label;
    records.push_back(std::move(record));
  }
  return records.dump();
}

}  // namespace

std::vector<std::pair<std::string, int64_t>> prepare_msvd_qa(const std::string& root,
                                                             const std::string& output) {
  DatasetOptions options;
  options.root = root;
  const data::QaCorpus corpus = load_msvd_qa(options);
  std::filesystem::create_directories(output);
  std::vector<std::pair<std::string, int64_t>> written;
  for (const auto& [split, questions] :
       {std::pair("train", &corpus.train), std::pair("val", &corpus.val),
        std::pair("test", &corpus.test)}) {
    const std::string path = fmt::format("{}/{}_qa_encode.json", output, split);
    features::write_text_atomically(path, to_json(*questions, questions == &corpus.train));
    written.emplace_back(path, static_cast<int64_t>(questions->size()));
  }
  return written;
}

}  // namespace vidqa::benchmarks

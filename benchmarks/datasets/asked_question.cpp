#include "benchmarks/datasets/asked_question.h"

#include <c10/util/Exception.h>

#include "benchmarks/datasets/tvqa.h"

namespace vidqa::benchmarks {
namespace {

void check_candidates(const data::QaCorpus& corpus, const AskedQuestion& asked) {
  const size_t given = asked.candidates.size();
  if (corpus.task != models::Task::kMultipleChoice) {
    TORCH_CHECK(given == 0, "ask: the model of ", corpus.name,
                " finds the answer by itself; leave --answer out");
    return;
  }
  // The text streams of TVQA's models are laid out for its five answers; other models score each
  // candidate for itself.
  const size_t needed = corpus.train.front().candidates.size();
  const bool fits = corpus.name == "tvqa" ? given == needed : given >= 2;
  TORCH_CHECK(fits, "ask: the model of ", corpus.name, " chooses among answers; give --answer ",
              corpus.name == "tvqa" ? std::to_string(needed) + " times" : "twice or more", ", got ",
              given);
}

}  // namespace

data::Question read_asked_question(const data::QaCorpus& corpus, const DatasetOptions& options,
                                   const AskedQuestion& asked) {
  check_candidates(corpus, asked);
  data::Question question;
  question.id = "asked";
  question.type = "asked";
  question.text = asked.text;
  question.candidates = asked.candidates;
  find_dataset(corpus.name).encode(corpus, options, question);
  for (const std::vector<int64_t>& ids : question.word_ids)
    TORCH_CHECK(!ids.empty(), "ask: the question holds no word: '", asked.text, "'");

  const auto& streams = corpus.train.front().text_streams;
  TORCH_CHECK(streams.count("vcpt") == 0,
              "ask: the model reads visual concepts (stream vcpt), which nothing here detects in a "
              "clip; ask a model that was trained with --streams sub,imagenet");
  const bool reads_subtitles = streams.count("sub") > 0;
  TORCH_CHECK(reads_subtitles || asked.subtitles.empty(),
              "ask: the model reads no subtitles; leave --subtitles out");
  TORCH_CHECK(!reads_subtitles || !asked.subtitles.empty(),
              "ask: the model reads subtitles; name those of the clip with --subtitles FILE.srt");
  if (reads_subtitles)
    question.text_streams["sub"] = encode_tvqa_subtitles(
        join_tvqa_lines(read_tvqa_srt(asked.subtitles).texts), corpus.vocabulary);
  return question;
}

}  // namespace vidqa::benchmarks

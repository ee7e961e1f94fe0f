#include "benchmarks/datasets/tvqa_records.h"

#include <fstream>
#include <unordered_set>
#include <utility>

#include <c10/util/Exception.h>
#include <nlohmann/json.hpp>

#include "benchmarks/datasets/tvqa_vocabulary.h"
#include "features/atomic_file.h"
#include "pipeline/data/json_record.h"
#include "pipeline/data/tokenizer.h"

namespace vidqa::benchmarks {
namespace {

using data::JsonRecord;
using nlohmann::json;

std::string answer_key(size_t answer) { return "a" + std::to_string(answer); }

/// Calls `call` so that what it throws begins with `where`.
template <typename Call>
auto at(const std::string& where, const Call& call) {
  try {
    return call();
  } catch (const c10::Error& error) {
    TORCH_CHECK(false, where, ": ", error.what_without_backtrace());
  }
}

void add_context(json& record, const TvqaSpan& span, const TvqaSources& sources,
                 const std::string& video, const std::string& where) {
  if (sources.subtitles != nullptr) {
    const data::Subtitles& subtitles =
        at(where, [&]() -> const data::Subtitles& { return sources.subtitles->clip(video); });
    std::vector<std::string> located;
    for (const size_t line : locate_subtitles(span, subtitles.start_seconds))
      located.push_back(subtitles.texts[line]);
    record["sub_text"] = join_tvqa_lines(subtitles.texts);
    record["sub_time"] = subtitles.start_seconds;
    record["located_sub_text"] = join_tvqa_lines(located);
  }
  if (sources.frame_counts != nullptr) {
    const int64_t frames = at(where, [&] { return sources.frame_counts->clip(video); });
    const auto range = locate_frames(span, frames);
    record["located_frame"] = {range.first, range.last};
  }
}

data::Question::RowRange frame_range(const JsonRecord& record) {
  const json& range = record.array("located_frame");
  const auto is_frame = [](const json& number) {
    return number.is_number_integer() && number.get<int64_t>() >= 0;
  };
  TORCH_CHECK(range.size() == 2 && is_frame(range[0]) && is_frame(range[1]), record.where(),
              ": 'located_frame' must hold two frame numbers, got ", range.dump());
  return {range[0].get<int64_t>(), range[1].get<int64_t>()};
}

/// Reads the keys of the processed form.
TvqaRecord parse(const JsonRecord& record, const TvqaContext& context) {
  TvqaRecord result;
  result.where = record.where();
  result.qid = record.integer("qid");
  result.video = record.text("vid_name");
  TORCH_CHECK(!result.video.empty(), record.where(), ": 'vid_name' is empty");
  result.clean_question = record.text("q");
  for (size_t i = 0; i < kTvqaAnswers; ++i) result.clean_answers[i] = record.text(answer_key(i));
  TORCH_CHECK(!record.has(answer_key(kTvqaAnswers)), record.where(),
              ": has more than five answers, there is an '", answer_key(kTvqaAnswers), "'");
  if (record.has("answer_idx")) {
    result.answer_idx = record.integer("answer_idx");
    TORCH_CHECK(result.answer_idx >= 0 && result.answer_idx < static_cast<int64_t>(kTvqaAnswers),
                record.where(), ": 'answer_idx' must be 0 to 4, got ", result.answer_idx);
  }
  if (record.has("family")) result.family = record.text("family");
  if (context.subtitles)
    result.subtitles = record.text(context.full_length ? "sub_text" : "located_sub_text");
  if (context.frames && !context.full_length) result.frames = frame_range(record);
  result.question = result.clean_question;
  result.answers = result.clean_answers;
  return result;
}

/// Takes records and sees to it that no qid occurs twice.
class Collector {
 public:
  explicit Collector(Faults& faults) : faults_(faults) {}

  /// Adds what `read` returns.
  template <typename Read>
  void add(const Read& read) {
    ++seen_;
    faults_.guard([&] {
      TvqaRecord record = read();
      TORCH_CHECK(qids_.insert(record.qid).second, record.where, ": the qid ", record.qid,
                  " stands in an earlier record already");
      records_.push_back(std::move(record));
    });
  }
  std::vector<TvqaRecord> take(const std::string& path) {
    if (seen_ == 0) faults_.add(path + ": holds no questions");
    return std::move(records_);
  }

 private:
  Faults& faults_;
  int64_t seen_ = 0;
  std::unordered_set<int64_t> qids_;
  std::vector<TvqaRecord> records_;
};

TvqaRecord read_question(const std::string& line, const TvqaContext& context,
                         const TvqaSources& sources, const std::string& where) {
  const json raw = data::parse_json(line, where);
  const json processed = process_tvqa(raw, sources, where);
  TvqaRecord record = parse({processed, where}, context);
  record.question = raw["q"];
  for (size_t i = 0; i < kTvqaAnswers; ++i) record.answers[i] = raw[answer_key(i)];
  record.has_default_span = parse_tvqa_span(raw["ts"], where).is_default;
  return record;
}

}  // namespace

std::string join_tvqa_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) text += std::string(" ") + kTvqaEnd + " ";
    text += lines[i];
  }
  return text;
}

json process_tvqa(const json& raw, const TvqaSources& sources, const std::string& where) {
  const JsonRecord record(raw, where);
  json processed = raw;
  processed["q"] = data::tvqa_clean(record.text("q"));
  for (size_t i = 0; i < kTvqaAnswers; ++i)
    processed[answer_key(i)] = data::tvqa_clean(record.text(answer_key(i)));
  const TvqaSpan span = parse_tvqa_span(record.text("ts"), where);
  processed["ts"] = {span.start_seconds, span.end_seconds};
  add_context(processed, span, sources, record.text("vid_name"), where);
  return processed;
}

std::vector<TvqaRecord> read_tvqa_questions(const std::string& path, const TvqaContext& context,
                                            const TvqaSources& sources, Faults& faults) {
  Collector records(faults);
  const auto take = [&](const std::string& line, const std::string& where) {
    records.add([&] { return read_question(line, context, sources, where); });
  };
  if (!faults.guard([&] { data::for_each_json_line(path, take); })) return {};
  return records.take(path);
}

std::vector<TvqaRecord> read_tvqa_processed(const std::string& path, const TvqaContext& context,
                                            Faults& faults) {
  Collector records(faults);
  const auto take = [&](const json& element, const std::string& where) {
    records.add([&] { return parse({element, where}, context); });
  };
  if (!faults.guard([&] { data::for_each_json_element(path, take); })) return {};
  return records.take(path);
}

int64_t write_tvqa_processed(const std::string& questions, const TvqaSources& sources,
                             const std::string& output) {
  int64_t records = 0;
  features::write_atomically(output, [&](const std::string& temporary_path) {
    std::ofstream stream(temporary_path, std::ios::binary | std::ios::trunc);
    data::for_each_json_line(questions, [&](const std::string& line, const std::string& where) {
      const json processed = process_tvqa(data::parse_json(line, where), sources, where);
      parse({processed, where}, {});
      stream << (records++ == 0 ? "[" : ", ") << processed.dump(-1, ' ', /*ensure_ascii=*/true);
    });
    TORCH_CHECK(records > 0, questions, ": holds no questions");
    stream << "]";
    stream.close();
    TORCH_CHECK(stream.good(), output, ": cannot be written; is the disk full?");
  });
  return records;
}

}  // namespace vidqa::benchmarks

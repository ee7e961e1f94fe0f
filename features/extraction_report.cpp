#include "features/extraction_report.h"

#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>

namespace vidqa::features {
namespace {

std::string quoted(const std::string& field) {
  std::string text = "\"";
  for (const char c : field) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

/// A reason without what differs from clip to clip: the path in quotation marks and numbers.
std::string pattern_of(const ExtractFailure& failure) {
  std::string text = failure.reason;
  for (const std::string& path : {"'" + failure.path + "'", failure.path})
    for (size_t at = text.find(path); at != std::string::npos; at = text.find(path, at + 1))
      text.replace(at, path.size(), "...");
  std::string pattern;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto is_digit = [&](size_t j) {
      return j < text.size() && std::isdigit(static_cast<unsigned char>(text[j])) != 0;
    };
    if (!is_digit(i)) {
      pattern += text[i];
      continue;
    }
    while (is_digit(i + 1) ||
           (text[i] != '.' && i + 2 < text.size() && text[i + 1] == '.' && is_digit(i + 2)))
      ++i;
    pattern += 'N';
  }
  return failure.kind + ": " + pattern;
}

std::string grouped(const std::vector<ExtractFailure>& failures) {
  struct Group {
    int64_t count = 0;
    const ExtractFailure* example = nullptr;
  };
  std::map<std::string, Group> groups;
  for (const ExtractFailure& failure : failures) {
    Group& group = groups[pattern_of(failure)];
    if (group.count++ == 0) group.example = &failure;
  }
  std::vector<std::pair<std::string, Group>> sorted(groups.begin(), groups.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
  std::string text;
  for (const auto& [pattern, group] : sorted)
    text += group.count == 1 ? fmt::format("  {}: {}\n", group.example->kind, group.example->reason)
                             : fmt::format("  {} x {}\n      such as {}\n", group.count, pattern,
                                           group.example->path);
  return text;
}

int64_t count_of(const std::vector<ExtractFailure>& failures, const std::string& kind) {
  return std::count_if(failures.begin(), failures.end(),
                       [&](const ExtractFailure& failure) { return failure.kind == kind; });
}

}  // namespace

std::string summary(const ExtractResult& result) {
  const auto failed = static_cast<int64_t>(result.failures.size());
  const int64_t damaged = count_of(result.failures, "partial");
  std::string text =
      fmt::format("{} clips done{}, {} skipped (already there), {} failed", result.done,
                  result.partial > 0 ? fmt::format(" ({} of them partial)", result.partial) : "",
                  result.skipped, failed);
  if (damaged > 0) text += fmt::format(" ({} of them partial)", damaged);
  if (result.elsewhere > 0)
    text += fmt::format(", {} in the hands of other runs", result.elsewhere);
  text += fmt::format("; {} frames in {:.1f} s, {:.1f} frames/s\n", result.frames, result.seconds,
                      result.seconds > 0 ? static_cast<double>(result.frames) / result.seconds : 0);
  const StageSeconds& stages = result.stages;
  const double busy = stages.decode + stages.preprocess + stages.network + stages.write;
  if (busy > 0)
    text += fmt::format(
        "busy: decode {:.1f} %, preprocess {:.1f} %, network {:.1f} %, write {:.1f} %\n",
        100 * stages.decode / busy, 100 * stages.preprocess / busy, 100 * stages.network / busy,
        100 * stages.write / busy);
  return text + grouped(result.failures);
}

std::string failures_csv(const std::vector<ExtractFailure>& failures) {
  std::string csv = "path,kind,reason\n";
  for (const ExtractFailure& failure : failures)
    csv += fmt::format("{},{},{}\n", quoted(failure.path), failure.kind, quoted(failure.reason));
  return csv;
}

}  // namespace vidqa::features

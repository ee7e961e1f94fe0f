#include "features/feature_similarity.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include "features/feature_store.h"

namespace vidqa::features {
namespace {

constexpr double kClose = 0.9999;           // cosine of rows that are the same but for rounding
constexpr double kRelativeRounding = 0.02;  // |a - b| / |b| of the same; bfloat16 makes 0.006
constexpr double kUnitTolerance = 2e-3;     // of a length in float16
constexpr double kSameTimeSeconds = 5e-3;
constexpr double kUnrelatedCosine = 0.3;  // of rows without what is common to their files
constexpr double kSystematicShare = 0.3;  // of the difference: other preprocessing
constexpr int64_t kMostShift = 8;         // rows

torch::Tensor unit_rows(const torch::Tensor& rows) {
  return rows / rows.norm(2, 1, true).clamp_min(1e-12);
}

torch::Tensor row_cosines(const torch::Tensor& a, const torch::Tensor& b) {
  return (unit_rows(a) * unit_rows(b)).sum(1);
}

double mean_of(const torch::Tensor& values) { return values.mean().item<double>(); }

bool is_half_of(const torch::Tensor& rounded, const torch::Tensor& exact) {
  return torch::equal(rounded, exact.to(torch::kHalf).to(torch::kFloat64));
}

/// Lengths of rows, in units of one file's against the other's.
struct Lengths {
  Lengths(const torch::Tensor& a, const torch::Tensor& b)
      : a(a.norm(2, 1)), b(b.norm(2, 1)), ratio(this->a / this->b.clamp_min(1e-12)) {}

  static bool are_units(const torch::Tensor& lengths) {
    return ((lengths - 1).abs() < kUnitTolerance).all().item<bool>();
  }
  bool one_is_normalized() const { return are_units(a) != are_units(b); }
  bool have_one_factor() const {
    return ((ratio / ratio.mean() - 1).abs() < kRelativeRounding).all().item<bool>();
  }

  torch::Tensor a, b, ratio;
};

struct Shift {
  int64_t rows = 0;
  double cosine = -1;
};

Shift best_shift(const torch::Tensor& a, const torch::Tensor& b) {
  Shift best;
  for (int64_t shift = -kMostShift; shift <= kMostShift; ++shift) {
    const int64_t begin_a = std::max<int64_t>(0, -shift), begin_b = std::max<int64_t>(0, shift);
    const int64_t count = std::min(a.size(0) - begin_a, b.size(0) - begin_b);
    if (count < 2 || 2 * count < std::min(a.size(0), b.size(0))) continue;
    const double cosine =
        mean_of(row_cosines(a.narrow(0, begin_a, count), b.narrow(0, begin_b, count)));
    if (cosine > best.cosine) best = {shift, cosine};
  }
  return best;
}

/// Mean over the rows of the shorter one of the cosine with the row of the longer one most like it.
double best_match(const torch::Tensor& a, const torch::Tensor& b) {
  const bool a_is_shorter = a.size(0) <= b.size(0);
  const torch::Tensor cosines =
      unit_rows(a_is_shorter ? a : b).matmul(unit_rows(a_is_shorter ? b : a).t());
  return mean_of(std::get<0>(cosines.max(1)));
}

/// `count` rows at even distances: those of two frame rates then show about the same moments.
torch::Tensor spread_rows(const torch::Tensor& rows, int64_t count) {
  const torch::Tensor places = torch::arange(count, torch::kInt64) * rows.size(0);
  return rows.index_select(0, torch::div(places, count, "floor"));
}

/// Share of the squared difference that all rows have in common.
double systematic_share(const torch::Tensor& a, const torch::Tensor& b) {
  const torch::Tensor difference = unit_rows(a) - unit_rows(b);
  const double all = difference.square().sum(1).mean().item<double>();
  return all > 0 ? difference.mean(0).square().sum().item<double>() / all : 0;
}

/// NaN where the rows are all like their file's centre.
double centred_cosine(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& centre_a,
                      const torch::Tensor& centre_b) {
  const torch::Tensor x = a - centre_a, y = b - centre_b;
  const double variation = std::min((x.norm() / a.norm().clamp_min(1e-12)).item<double>(),
                                    (y.norm() / b.norm().clamp_min(1e-12)).item<double>());
  constexpr double kNoVariation = 1e-3;
  return variation < kNoVariation ? std::nan("") : mean_of(row_cosines(x, y));
}

double median_offset(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> offsets;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) offsets.push_back(b[i] - a[i]);
  if (offsets.empty()) return std::nan("");
  const auto middle = offsets.begin() + static_cast<std::ptrdiff_t>(offsets.size() / 2);
  std::nth_element(offsets.begin(), middle, offsets.end());
  return *middle;
}

/// Of rows that go in the same directions.
Likeness likeness_of_parallel(const torch::Tensor& a, const torch::Tensor& b,
                              double relative_difference) {
  if (torch::equal(a, b)) return Likeness::kSame;
  if (is_half_of(a, b) || is_half_of(b, a)) return Likeness::kHalf;
  if (relative_difference < kRelativeRounding) return Likeness::kRounding;
  const Lengths lengths(a, b);
  if (lengths.one_is_normalized()) return Likeness::kNormalized;
  return lengths.have_one_factor() ? Likeness::kScaled : Likeness::kOtherPreprocessing;
}

Likeness likeness_of_different(const torch::Tensor& a, const torch::Tensor& b,
                               const torch::Tensor& centre_a, const torch::Tensor& centre_b,
                               const ClipSimilarity& similarity) {
  const double match = best_match(a, b);
  if (match > kClose) return Likeness::kOtherSampling;
  const int64_t rows = std::min(a.size(0), b.size(0));
  const torch::Tensor x = spread_rows(a, rows), y = spread_rows(b, rows);
  const double centred = centred_cosine(x, y, centre_a, centre_b);
  constexpr double kUnrelatedRaw = 0.5;
  if (std::isnan(centred) ? match < kUnrelatedRaw : centred < kUnrelatedCosine)
    return Likeness::kUnrelated;
  const double offset = similarity.time_offset_seconds;
  if (!std::isnan(offset))
    return a.size(0) == b.size(0) && std::abs(offset) < kSameTimeSeconds
               ? Likeness::kOtherPreprocessing
               : Likeness::kOtherFrames;
  if (a.size(0) != b.size(0)) return Likeness::kOtherFrames;
  return systematic_share(x, y) > kSystematicShare ? Likeness::kOtherPreprocessing
                                                   : Likeness::kOtherFrames;
}

/// Mean row of all clips of a file; by clip, so that long ones do not rule.
torch::Tensor centre_of(const FeatureReader& reader, const std::vector<std::string>& clips) {
  torch::Tensor sum;
  for (const std::string& clip : clips) {
    const torch::Tensor rows = reader.read(clip).to(torch::kFloat64);
    if (rows.size(0) == 0) continue;
    const torch::Tensor mean = rows.mean(0);
    if (!sum.defined()) sum = torch::zeros_like(mean);
    if (mean.size(0) == sum.size(0)) sum += mean / static_cast<double>(clips.size());
  }
  return sum;
}

std::vector<std::string> differences(const Attributes& a, const Attributes& b) {
  const auto text = [](const Attributes& attributes, const std::string& name) {
    const auto found = attributes.find(name);
    if (found == attributes.end()) return std::string("unknown");
    return std::visit([](const auto& value) { return fmt::format("{}", value); }, found->second);
  };
  std::map<std::string, bool> names;
  for (const auto& [name, value] : a) names[name] = true;
  for (const auto& [name, value] : b) names[name] = true;
  std::vector<std::string> lines;
  for (const auto& [name, known] : names)
    if (name != kComplete && text(a, name) != text(b, name))
      lines.push_back(fmt::format("{}: {}, {}", name, text(a, name), text(b, name)));
  return lines;
}

std::string verdict_on(const FileSimilarity& files) {
  std::map<Likeness, size_t> counts;
  for (const ClipSimilarity& clip : files.clips) ++counts[clip.likeness];
  std::vector<std::pair<Likeness, size_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string verdict;
  for (const auto& [likeness, count] : sorted)
    verdict += fmt::format("{}{} of {} clips: {}", verdict.empty() ? "" : "; ", count,
                           files.clips.size(), to_string(likeness));
  return verdict;
}

}  // namespace

std::string to_string(Likeness likeness) {
  switch (likeness) {
    case Likeness::kSame:
      return "the same numbers";
    case Likeness::kHalf:
      return "the same, one file rounded to float16";
    case Likeness::kRounding:
      return "the same up to rounding (library, processor, bfloat16, a resize of the same kind)";
    case Likeness::kNormalized:
      return "the same, but one file is L2-normalised";
    case Likeness::kScaled:
      return "the same up to a factor";
    case Likeness::kShifted:
      return "the same rows, shifted";
    case Likeness::kOtherSampling:
      return "the same network and preprocessing at another frame rate or sampler";
    case Likeness::kOtherPreprocessing:
      return "the same frames with other preprocessing (resize, crop, colour, JPEG or another "
             "encode)";
    case Likeness::kOtherFrames:
      return "other frames of the video (sampler, frame rate or start)";
    case Likeness::kUnrelated:
      return "unrelated: other weights, layer or network";
    case Likeness::kOtherWidth:
      return "rows of another width: another network or layer";
  }
  return "";
}

ClipSimilarity compare_clip(const ClipRows& clip_a, const ClipRows& clip_b,
                            const torch::Tensor& centre_a, const torch::Tensor& centre_b) {
  ClipSimilarity result;
  const torch::Tensor a = clip_a.rows.to(torch::kFloat64), b = clip_b.rows.to(torch::kFloat64);
  result.rows_a = a.size(0);
  result.rows_b = b.size(0);
  result.time_offset_seconds = median_offset(clip_a.times_seconds, clip_b.times_seconds);
  if (a.size(1) != b.size(1)) {
    result.likeness = Likeness::kOtherWidth;
    return result;
  }
  const int64_t rows = std::min(a.size(0), b.size(0));
  if (rows == 0) {
    result.likeness = a.size(0) == b.size(0) ? Likeness::kSame : Likeness::kOtherFrames;
    return result;
  }
  const torch::Tensor x = a.narrow(0, 0, rows), y = b.narrow(0, 0, rows);
  const torch::Tensor cosines = row_cosines(x, y);
  result.mean_cosine = mean_of(cosines);
  result.least_cosine = cosines.min().item<double>();
  result.relative_difference = ((x - y).norm() / y.norm().clamp_min(1e-12)).item<double>();

  if (a.size(0) == b.size(0) && (result.least_cosine > kClose || torch::equal(a, b))) {
    result.likeness = likeness_of_parallel(a, b, result.relative_difference);
    return result;
  }
  const Shift shift = best_shift(a, b);
  if (shift.rows != 0 && shift.cosine > kClose && shift.cosine > result.mean_cosine) {
    result.shift = shift.rows;
    result.likeness = Likeness::kShifted;
    return result;
  }
  result.likeness = likeness_of_different(a, b, centre_a, centre_b, result);
  return result;
}

FileSimilarity compare_feature_files(const std::string& path_a, const std::string& path_b) {
  const FeatureReader a(path_a), b(path_b);
  const std::vector<std::string> clips_a = a.clips(), clips_b = b.clips();
  FileSimilarity result;
  std::vector<std::string> both;
  std::set_intersection(clips_a.begin(), clips_a.end(), clips_b.begin(), clips_b.end(),
                        std::back_inserter(both));
  std::set_difference(clips_a.begin(), clips_a.end(), clips_b.begin(), clips_b.end(),
                      std::back_inserter(result.only_a));
  std::set_difference(clips_b.begin(), clips_b.end(), clips_a.begin(), clips_a.end(),
                      std::back_inserter(result.only_b));
  TORCH_CHECK(!both.empty(), "'", path_a, "' (", clips_a.size(), " clips",
              clips_a.empty() ? "" : ", such as '" + clips_a.front() + "'", ") and '", path_b,
              "' (", clips_b.size(), " clips",
              clips_b.empty() ? "" : ", such as '" + clips_b.front() + "'",
              ") have no clip in common");
  const torch::Tensor centre_a = centre_of(a, both), centre_b = centre_of(b, both);
  for (const std::string& clip : both) {
    result.clips.push_back(compare_clip({a.read(clip), a.times_seconds(clip)},
                                        {b.read(clip), b.times_seconds(clip)}, centre_a, centre_b));
    result.clips.back().clip = clip;
  }
  const Attributes recipe_a = a.attributes(), recipe_b = b.attributes();
  if (recipe_a.count(kComplete) != 0 && recipe_b.count(kComplete) != 0)
    result.recipe_differences = differences(recipe_a, recipe_b);
  result.verdict = verdict_on(result);
  return result;
}

}  // namespace vidqa::features

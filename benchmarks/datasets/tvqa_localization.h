#pragma once

#include <string>
#include <vector>

#include "pipeline/data/question.h"

namespace vidqa::benchmarks {

/// The part of a clip that a TVQA question is about, in seconds from its start. As annotated: it
/// may be empty, reversed, or reach past the clip's end.
struct TvqaSpan {
  double start_seconds = 0;
  double end_seconds = 0;
  bool is_default = false;  ///< the annotation is NaN; 10 to 30 seconds stand in, as published
};

/// Key `ts`: "48.62-60.02". Of more than two numbers the first two count, as published. Throws
/// c10::Error beginning with `where` for anything else.
TvqaSpan parse_tvqa_span(const std::string& text, const std::string& where);

/// Indices of the subtitle lines that a question about `span` sees: those that start within it
/// (bounds left out); if there are none, the line that starts nearest to span.start_seconds (the
/// first of equals) with its neighbours. Then the line before the first, unless line 0 is among
/// them. `start_seconds` must hold at least one time.
std::vector<size_t> locate_subtitles(const TvqaSpan& span,
                                     const std::vector<double>& start_seconds);

/// Rows [first, last) of the clip's features that a question about `span` sees (`located_frame`).
/// `num_frames`: frames of the clip at 3 a second; the features hold at most 300 of them, evenly
/// spaced. Neither bound is compared with the clip's length, as published, so the rows may lie past
/// its end; first > last where the span is reversed.
data::Question::RowRange locate_frames(const TvqaSpan& span, int64_t num_frames);

}  // namespace vidqa::benchmarks

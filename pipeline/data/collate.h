#pragma once

#include <string>
#include <vector>

#include "models/batch.h"
#include "models/task.h"
#include "pipeline/data/question.h"
#include "pipeline/data/video_features.h"

namespace vidqa::data {

/// Puts questions into one batch, padded on the right with zeros to its own longest text and clip.
/// `clips[i]` belongs to `questions[i]`, and their streams are called `stream_names`; no clips at
/// all: a batch of text only. The streams of the batch are the questions' text streams, sorted by
/// name, then those of the clips. Labels are float32 for counts, else int64.
///
/// `shift`: how appearance and motion are laid into their padding, see VideoShift.
///
/// Throws c10::Error naming the question: no questions, a text without words, another number of
/// candidates or other text streams than the others.
models::Batch collate(const std::vector<const Question*>& questions, models::Task task,
                      const std::vector<VideoFeatures::Clip>& clips,
                      const std::vector<std::string>& stream_names = {},
                      VideoShift shift = VideoShift::kNone);

}  // namespace vidqa::data

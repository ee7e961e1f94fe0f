#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace vidqa::benchmarks {

/// A diagnostic data set: short H.264 clips of a large coloured shape that moves, grows, disappears
/// and appears, or changes colour, several times, or does one such action before and another after
/// the light goes out, with questions in the released formats of TGIF-QA and MSVD-QA, and, with
/// subtitles, of TVQA.
///
///   <output>/videos/<gif_name>.mp4
///   <output>/tgif_qa/{Train,Test}_{action,transition,count,frameqa}_question.csv
///   <output>/msvd_qa/{train,val,test}_qa.json, vocab.txt, answer_set.txt, youtube_mapping.txt
///   <output>/tvqa/            questions in families that need subtitles, video, either or both:
///                             synthetic_dialogue.h
///   <output>/scenes.jsonl     what is seen in every clip
///   <output>/options.json     what the folder was made with
///
/// Answers are balanced within every question wording, so that no text-only rule beats chance.
struct SynthOptions {
  std::string output;
  uint64_t seed = 1;
  int64_t clips = 600;
  int64_t size = 64;    ///< width and height, pixels, even
  int64_t frames = 32;  ///< frames a clip
  double fps = 8;
};

/// Writes the data set; equal options give equal bytes. Files that are there are left as they are,
/// so that an interrupted run goes on; a folder made with other options is refused (c10::Error),
/// naming the option. Returns the number of clips that were rendered (0: all were there).
int64_t synthesize(const SynthOptions& options,
                   const std::function<void(int64_t done, int64_t total)>& on_clip = {});

}  // namespace vidqa::benchmarks

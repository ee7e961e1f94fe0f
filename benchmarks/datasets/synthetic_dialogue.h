#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "benchmarks/datasets/synthetic_scene.h"

namespace vidqa::benchmarks::synthetic {

inline constexpr std::array<const char*, 5> kSpeakers = {"Anna", "Ben", "Clara", "David", "Emma"};

/// What is said in a clip: each speaker likes a colour, all different, one of them that of the
/// shape, and then, in clips that repeat an action, a narrator says which one.
///
/// The speaker who likes the shape's colour is drawn apart from everything that is seen, and the
/// colour is equally likely to be any of the five that are named. So who likes the colour of the
/// shape can be told neither from the subtitles nor from the video: each alone leaves all five
/// speakers equally likely.
struct Dialogue {
  std::array<size_t, kSpeakers.size()> order{};   ///< speakers as they speak
  std::array<size_t, kSpeakers.size()> colors{};  ///< by speaker, into kColors
  size_t right_speaker = 0;                       ///< who likes the colour of the shape
};

/// A function of its arguments alone. `occurrence`: how many clips before this one have the shape's
/// colour; of five clips in a row with one colour, each has another right speaker.
Dialogue make_dialogue(uint64_t seed, const Scene& scene, int64_t occurrence);

/// The released files of TVQA about these clips, below tvqa/ (file name -> content):
///
///   tvqa_qa_release/tvqa_{train,val,test_public}.jsonl   70, 10 and 20 % of the clips; unlike the
///                                                        released ones, all with answers
///   tvqa_subtitles/<clip>.srt                            a line each, "(Anna:)I like red."
///   det_visual_concepts_hq.json                          the colour, in every frame
///   frm_cnt_cache.json                                   frames at 3 a second
///
/// Every question has the key `family`, which says what it needs:
///   subtitle   "Which color does Anna like ?"               the colours that are named
///   video      "What is the color of the shape ?"           the same five
///   either     "What does the shape do ?"                   seen, and said by the narrator
///   joint      "Who likes the color of the shape ?"         the five speakers
std::map<std::string, std::string> tvqa_files(uint64_t seed, const std::vector<Scene>& scenes,
                                              double clip_seconds);

}  // namespace vidqa::benchmarks::synthetic

#include "tests/testing/tvqa_folder.h"

#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <torch/torch.h>

#include "tests/testing/feature_file.h"
#include "tests/testing/files.h"
#include "tests/testing/pickles.h"

namespace vidqa::testing {
namespace {

namespace fs = std::filesystem;

const std::map<std::string, int64_t> kFrames = {{TvqaFolder::kBigBang, 20},
                                                {TvqaFolder::kFriends, 350},
                                                {TvqaFolder::kCastle, 30},
                                                {TvqaFolder::kHouse, 12}};

/// Rows that the released features hold of so many frames.
int64_t feature_rows(int64_t frames) { return std::min<int64_t>(frames, 300); }

/// (rows, width), every row another, none of them zero.
torch::Tensor features(int64_t rows, int64_t width, int64_t salt) {
  torch::Tensor values = torch::empty({rows, width});
  for (int64_t t = 0; t < rows; ++t)
    for (int64_t d = 0; d < width; ++d)
      values[t][d] = static_cast<double>(1 + (t * 7 + d * 3 + salt) % 11) / 4.0;
  return values;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

}  // namespace

TvqaFolder::TvqaFolder(fs::path folder) : folder_(std::move(folder)) {
  for (const char* name :
       {"tvqa_qa_release", "tvqa_subtitles", "regional_features", "motion_features"})
    fs::create_directories(folder_ / name);
  write_questions();
  write_subtitles();
  write_concepts();
  write_features();
}

void TvqaFolder::write_questions() const {
  const auto write = [&](const std::string& split, const std::vector<std::string>& lines) {
    write_file(questions(split), joined(lines));  // the last line has no end, as released
  };
  write(
      "train",
      {R"({"qid": 0, "q": "What does Sheldon say after \"Hi\"?", "a0": "Hello. ", "a1": "Bye!", "a2": "He didn't.", "a3": "It's 3:05", "a4": "(So far) nothing", "answer_idx": 0, "ts": "1.0-3.5", "vid_name": "s01e02_seg01_clip_00", "show_name": "The Big Bang Theory"})",
       R"({"qid": 1, "q": "Who is at the door when Penny sits down?", "a0": "Leonard", "a1": "Sheldon", "a2": "Penny", "a3": "Raj", "a4": "Howard", "answer_idx": 3, "ts": "4-5.5", "vid_name": "s01e02_seg01_clip_00", "show_name": "The Big Bang Theory"})",
       R"({"qid": 2, "q": "Why isn't Joey there before they'll go?", "a0": "He is sick", "a1": "He is late", "a2": "He left", "a3": "He is lost", "a4": "He is here", "answer_idx": 1, "ts": "60-90.25", "vid_name": "friends_s10e17-18_seg02_clip_16", "show_name": "Friends"})",
       R"({"qid": 3, "q": "Where is Joey?", "a0": "At the door", "a1": "At home", "a2": "In a car", "a3": "In bed", "a4": "Here", "answer_idx": 4, "ts": "NaN-NaN", "vid_name": "friends_s10e17-18_seg02_clip_16", "show_name": "Friends"})",
       R"({"qid": 4, "q": "How many people are there?", "a0": "One", "a1": "Two", "a2": "Three", "a3": "Four", "a4": "Five", "answer_idx": 2, "ts": "6.99-6.99", "vid_name": "s01e02_seg01_clip_00", "show_name": "The Big Bang Theory"})"});
  write(
      "val",
      {R"({"qid": 122039, "q": "Which door is open?", "a0": "One", "a1": "Two", "a2": "Three", "a3": "Four", "a4": "Both", "answer_idx": 4, "ts": "1-2", "vid_name": "castle_s02e03_seg02_clip_02", "show_name": "Castle"})",
       R"({"qid": 122040, "q": "\"Hi\", who says that after Castle?", "a0": "Joey", "a1": "He", "a2": "She", "a3": "Nobody", "a4": "Castle", "answer_idx": 1, "ts": "5-9", "vid_name": "castle_s02e03_seg02_clip_02", "show_name": "Castle"})"});
  write(
      "test_public",
      {R"({"qid": 137292, "q": "What is in the house?", "a0": "A door", "a1": "A bed", "a2": "A car", "a3": "A man", "a4": "Nothing", "ts": "0-2", "vid_name": "house_s07e19_seg02_clip_12", "show_name": "House M.D."})",
       R"({"qid": 137296, "q": "Is he sick?", "a0": "Yes", "a1": "No", "a2": "He is", "a3": "She is", "a4": "Both", "ts": "30-40", "vid_name": "house_s07e19_seg02_clip_12", "show_name": "House M.D."})"});
}

void TvqaFolder::write_subtitles() const {
  const auto write = [&](const std::string& clip, const std::string& content) {
    write_file(file("tvqa_subtitles/" + clip + ".srt"), content);
  };
  write(kBigBang,
        "1\n00:00:01,200 --> 00:00:02,000\n(Sheldon:)Hello, it's me.\n\n"
        "2\n00:00:04,500 --> 00:00:05,000\nYou don't say...\nreally?\n\n"
        "3\n00:00:06,000 --> 00:00:06,500\n(Penny:)Who is at the door?\n");
  write(kFriends,
        "1\n00:00:20,000 --> 00:00:22,000\n(Joey:)Where are they?\n\n"
        "2\n00:01:15,500 --> 00:01:16,000\nJoey is late.\n");
  write(kCastle, "1\n00:00:01,500 --> 00:00:02,000\n(Castle:)Hi.\n");
  write(kHouse,
        "1\n00:00:00,000 --> 00:00:02,000\nHe is in the house.\n\n"
        "2\n00:00:03,000 --> 00:00:04,000\n(House:)It's not lupus!\n");
  write_file(file("frm_cnt_cache.json"),
             R"({"s01e02_seg01_clip_00": 20, "friends_s10e17-18_seg02_clip_16": 350, )"
             R"("castle_s02e03_seg02_clip_02": 30, "house_s07e19_seg02_clip_12": 12})");
}

void TvqaFolder::write_concepts() const {
  std::map<std::string, std::vector<std::string>> texts;
  for (const auto& [clip, frames] : kFrames)
    for (int64_t t = 0; t < feature_rows(frames); ++t)
      texts[clip].push_back(t % 2 == 0 ? "white door , man" : "Man , white door , door");
  write_pickled_texts(file("det_visual_concepts_hq.pickle"), texts);
}

void TvqaFolder::write_features() const {
  std::map<std::string, torch::Tensor> imagenet;
  std::map<std::string, torch::Tensor> motion;
  std::map<std::string, torch::Tensor> regional;
  for (const auto& [clip, frames] : kFrames) {
    imagenet[clip] = features(feature_rows(frames), 4, frames);
    motion[clip] = features(frames, 3, frames + 1);
    for (int64_t t = 1; t <= feature_rows(frames); ++t) {
      const int64_t detections = 2 + t % 3;
      const std::string frame = std::to_string(t);
      regional[clip + "/features/" + frame] = features(detections, 5, t);
      regional[clip + "/scores/" + frame] = features(1, detections, t + frames)[0];
    }
  }
  write_feature_file(file("tvqa_imagenet_pool5_hq.h5"), imagenet);
  write_feature_file(file("motion_features/fixed_tvqa_c3d_fc6_features.hdf5"), motion);
  write_feature_file(file("regional_features/100p.h5"), regional);
}

std::string TvqaFolder::questions(const std::string& split) const {
  return file("tvqa_qa_release/tvqa_" + split + ".jsonl");
}

std::vector<std::string> TvqaFolder::lines(const std::string& split) const {
  std::istringstream stream(read_file(questions(split)));
  std::vector<std::string> result;
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

std::string TvqaFolder::line(const std::string& split, size_t number) const {
  return lines(split).at(number);
}

void TvqaFolder::set_line(const std::string& split, size_t number, const std::string& text) const {
  std::vector<std::string> all = lines(split);
  if (text.empty())
    all.erase(all.begin() + static_cast<int64_t>(number));
  else
    all.at(number) = text;
  write_file(questions(split), joined(all));
}

void TvqaFolder::edit_line(const std::string& split, size_t number, const std::string& from,
                           const std::string& to) const {
  std::string text = line(split, number);
  const size_t at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("the line does not hold " + from);
  set_line(split, number, text.replace(at, from.size(), to));
}

void TvqaFolder::remove(const std::string& name) const { fs::remove_all(folder_ / name); }

}  // namespace vidqa::testing

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "benchmarks/datasets/dataset.h"

namespace vidqa::benchmarks {

/// What a video_id stands for.
struct XuClip {
  std::string name;
  std::vector<std::string> feature_keys;  ///< data::Question::feature_keys
  int64_t feature_row = -1;
};

/// What MSVD-QA and MSRVTT-QA, both released by Xu et al. (MM 2017), have not in common.
struct XuForm {
  std::string name;    ///< of the corpus
  std::string folder;  ///< of the released files
  /// Throws c10::Error that begins with `where` for an id that is none.
  std::function<XuClip(int64_t video_id, const std::string& where)> clip;
  /// Whether vocab.txt and answer_set.txt must be there; else they are built where both are absent.
  bool has_lists = true;
  int64_t answer_set_size = 1000;  ///< of an answer set that is built
};

/// Reads a data set in their form:
///
///   {train,val,test}_qa.json   array of {"answer", "id", "question", "video_id"}
///   vocab.txt                  a word a line, id = line number from 0; <UNK> stands for all others
///   answer_set.txt             an answer a line, class = line number from 0
///   {train,val,test}_qa_encode.json   optional: the same records with "question_encode"
///   ("2,143,0")
///                              and in train "answer_encode"; train without answers outside the set
///   word_embedding.npy         optional: (V, 300), word vectors
///   video_feature_20.h5        optional: /vgg and /c3d (N, 20, 4096), appearance and motion
///
/// Words: msvd_words() of pipeline/data/tokenizer.h. The type of a question is its first word. As
/// published, training questions whose answer is outside the answer set are dropped (a note says
/// how many); those of the other splits stay and count as wrong. Throws c10::Error naming file and
/// record, also where an encoding is not that of the question by vocab.txt.
data::QaCorpus load_xu_release(const XuForm& form);

/// Sets what of word_embedding.npy and video_feature_20.h5 stands in the folder.
void find_xu_companions(data::QaCorpus& corpus, const std::string& folder);

/// Reads the line `<UNK>` and all others of a vocab.txt; throws c10::Error naming the file.
data::Vocabulary read_vocab_txt(const std::string& path);

}  // namespace vidqa::benchmarks

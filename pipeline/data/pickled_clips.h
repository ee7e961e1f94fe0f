#pragma once

#include <string>
#include <vector>

#include <torch/types.h>

namespace vidqa::data {

/// Features of clips as EgoVQA releases them: a folder of Python pickles `<kind>_<clip>.pkl`, e.g.
/// vgg_1_D.pkl, each {"feat": numpy array (n, D)}, one row a frame, in any protocol up to 4.
/// Nothing in a pickle is run. Errors (c10::Error) name the file.
class PickledClips {
 public:
  /// Throws when the folder holds no pickle of this kind, naming the kinds that are there.
  PickledClips(std::string folder, std::string kind);

  bool contains(const std::string& clip) const;
  /// Sorted.
  std::vector<std::string> clips() const;
  /// (n, D) float32. Throws for what is no such pickle, a foreign opcode included.
  torch::Tensor read(const std::string& clip) const;

 private:
  std::string file(const std::string& clip) const;

  std::string folder_;
  std::string kind_;
};

}  // namespace vidqa::data

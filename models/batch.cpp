#include "models/batch.h"

#include <torch/torch.h>

namespace vidqa::models {

const Stream& Batch::stream(const std::string& name) const {
  std::string names;
  for (const Stream& stream : streams) {
    if (stream.name == name) return stream;
    names += (names.empty() ? "" : ", ") + stream.name;
  }
  TORCH_CHECK(false, "stream ", name, ": the data has ",
              names.empty() ? std::string("no streams") : names);
}

Batch Batch::to(torch::Device device) const {
  Batch moved = *this;
  for (torch::Tensor* tensor : {&moved.text, &moved.text_lengths, &moved.question, &moved.answers,
                                &moved.question_lengths, &moved.answer_lengths, &moved.appearance,
                                &moved.motion, &moved.video_lengths, &moved.labels}) {
    if (tensor->defined()) *tensor = tensor->to(device);
  }
  for (Stream& stream : moved.streams) {
    stream.values = stream.values.to(device);
    stream.lengths = stream.lengths.to(device);
  }
  return moved;
}

}  // namespace vidqa::models

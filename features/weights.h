#pragma once

#include <map>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/types.h>

namespace vidqa::features {

/// Tensors by name, on the CPU, in the dtype of their file.
using StateDict = std::map<std::string, torch::Tensor>;

/// Reads a weights file; no code of the file is run.
///   FILE.safetensors     https://github.com/huggingface/safetensors, the format section of its
///                        README
///   FILE.pth, .pt, ...   what torch.save(model.state_dict(), FILE) writes, since 1.6 (zip) or
///                        before; the dict may lie under the key "state_dict" or
///                        "model_state_dict" of a checkpoint
/// A "module." before every name (DataParallel) is taken off. Throws c10::Error naming the file and
/// what is wrong.
StateDict read_weights(const std::string& path);

/// Copies `tensors` into the parameters and buffers of `module`, converting dtype and device. All
/// or nothing: throws c10::Error that begins with `source` (the file) and lists the tensors that
/// are missing, of another shape, not finite, or unknown to the module. Not needed:
/// `num_batches_tracked`, which torch before 0.4.1 did not write. Unknown tensors are let pass only
/// where their names start with one of `ignored_prefixes`.
void load_state_dict(torch::nn::Module& module, const StateDict& tensors, const std::string& source,
                     const std::vector<std::string>& ignored_prefixes = {});

}  // namespace vidqa::features

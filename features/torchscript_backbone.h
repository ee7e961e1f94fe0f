#pragma once

#include "features/backbone.h"

namespace vidqa::features {

/// A network that somebody else scripted or traced: a file of torch.jit.save whose forward takes
/// images (n, 3, H, W), or clips (n, 3, T, H, W), and gives one tensor (n, D), (n, D, 1, 1), or a
/// map (n, D, h, w). With float32 it is frozen and, on the CPU, optimised by Torch.
///
/// How its frames are made comes from three places; a later one wins:
///   attributes of the module    input_size, mean, std, clip_length, ...
///   the extra file vidqa.json   torch.jit.save(m, "m.pt", _extra_files={"vidqa.json": '{...}'})
///   options                     BackboneOptions::frames and clip_length
/// with the keys
///   input_size    rows and columns that it sees
///   mean, std     of its channels, frames scaled to 0..1
///   clip_length   frames of an input; 1, images, unless given
///   preset        a frame preset (features/frame_transform.h), in place of the three above
///   resize, resize_size, interpolation    as in FrameTransformOptions; without them the shorter
///                 side becomes input_size
/// input_size, mean and std, or a preset, have to be given: nothing can be guessed from weights.
///
/// options.torchscript is the path. Throws c10::Error that names the file and what is missing or
/// unknown, what forward() throws on an input of zeros, or what it gives instead of one tensor.
LoadedBackbone make_torchscript_backbone(const BackboneOptions& options);

}  // namespace vidqa::features

// Exists so that one target owns the precompiled <torch/torch.h>.

#pragma once

/// Kernels are compiled once for plain x86-64, once for AVX2 and once for AVX-512, and the
/// processor decides while the program loads. A kernel is a function marked VIDQA_MULTIARCH; all
/// that it calls in its loops is marked VIDQA_INLINE, so that it is compiled with it.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define VIDQA_MULTIARCH \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VIDQA_MULTIARCH
#endif

#define VIDQA_INLINE inline __attribute__((always_inline))
#define VIDQA_INLINE_LAMBDA __attribute__((always_inline))

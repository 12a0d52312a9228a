// Rotary position embedding of one head: pair p of dimensions (a, b) becomes
// (fma(a, cos, -(b * sin)), fma(a, sin, b * cos)); dimensions behind the rotary ones are copied.
#ifndef LH_WIDTH
#include "scalar.h"

// Rotates the pair at in[first], in[second]. Both are read before either is written: out may be in.
LH_INLINE void rotate_pair(
  const float *in, float *out, float cosine, float sine, int64_t first, int64_t second) {
  float a = in[first], b = in[second];
  out[first] = __builtin_fmaf(a, cosine, -(b * sine));
  out[second] = __builtin_fmaf(a, sine, b * cosine);
}

LH_INLINE void copy_rest(const float *in, float *out, int64_t from, int64_t to) {
  if (in != out)
    for (int64_t i = from; i < to; i++) out[i] = in[i];
}

void lh_rope_reference(
  const float *in, float *out, const float *cosine, const float *sine, int64_t head_dimension,
  int64_t rotary_dimension, lh_rope_layout layout) {
  int64_t half = rotary_dimension / 2;
  for (int64_t p = 0; p < half; p++) {
    if (layout == LH_ROPE_INTERLEAVED) rotate_pair(in, out, cosine[p], sine[p], 2 * p, 2 * p + 1);
    else rotate_pair(in, out, cosine[p], sine[p], p, p + half);
  }
  copy_rest(in, out, 2 * half, head_dimension);
}

#define LH_KERNEL_FILE "rope.c"
#include "each_isa.h"
#else

#if LH_WIDTH == 16
#define EVEN_LANES 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD_LANES 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define LOW_ZIP 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_ZIP 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif LH_WIDTH == 8
#define EVEN_LANES 0, 2, 4, 6, 8, 10, 12, 14
#define ODD_LANES 1, 3, 5, 7, 9, 11, 13, 15
#define LOW_ZIP 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_ZIP 4, 12, 5, 13, 6, 14, 7, 15
#else
#define EVEN_LANES 0, 2, 4, 6
#define ODD_LANES 1, 3, 5, 7
#define LOW_ZIP 0, 4, 1, 5
#define HIGH_ZIP 2, 6, 3, 7
#endif

void LH_FN(lh_rope)(
  const float *in, float *out, const float *cosine, const float *sine, int64_t head_dimension,
  int64_t rotary_dimension, lh_rope_layout layout) {
  int64_t half = rotary_dimension / 2, p = 0;
  if (layout == LH_ROPE_INTERLEAVED) {
    for (; p + LH_WIDTH <= half; p += LH_WIDTH) {
      vf low = load_f32(in + 2 * p), high = load_f32(in + 2 * p + LH_WIDTH);
      vf a = __builtin_shufflevector(low, high, EVEN_LANES);
      vf b = __builtin_shufflevector(low, high, ODD_LANES);
      vf c = load_f32(cosine + p), s = load_f32(sine + p);
      vf first = fma_vector(a, c, -(b * s)), second = fma_vector(a, s, b * c);
      store_f32(out + 2 * p, __builtin_shufflevector(first, second, LOW_ZIP));
      store_f32(out + 2 * p + LH_WIDTH, __builtin_shufflevector(first, second, HIGH_ZIP));
    }
    for (; p < half; p++) rotate_pair(in, out, cosine[p], sine[p], 2 * p, 2 * p + 1);
  } else {
    for (; p + LH_WIDTH <= half; p += LH_WIDTH) {
      vf a = load_f32(in + p), b = load_f32(in + p + half);
      vf c = load_f32(cosine + p), s = load_f32(sine + p);
      store_f32(out + p, fma_vector(a, c, -(b * s)));
      store_f32(out + p + half, fma_vector(a, s, b * c));
    }
    for (; p < half; p++) rotate_pair(in, out, cosine[p], sine[p], p, p + half);
  }
  copy_rest(in, out, 2 * half, head_dimension);
}

#undef EVEN_LANES
#undef ODD_LANES
#undef LOW_ZIP
#undef HIGH_ZIP
#endif

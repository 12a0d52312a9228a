// Queries and keys as 16-bit integers under a scale, for dot products of fast attention that cannot overflow.
#ifndef LONGHAUL_INTEGER_VECTORS_H
#define LONGHAUL_INTEGER_VECTORS_H

#include "kv_block.h"

LH_INLINE int64_t pairs_of(int64_t head_dimension) { return (head_dimension + 1) / 2; }

// A first, cautious size: head_dimension squares of it are below 2^31.
LH_INLINE int32_t cautious_integer(int64_t head_dimension) {
  int64_t n = (int64_t)__builtin_sqrt((double)INT32_MAX / (double)head_dimension);
  return (int32_t)lh_min(n, INT16_MAX);
}

// By what integers of the cautious size, whose squares have this sum, may grow: the length of the vector that they make
// becomes at most 46336, so that no product of two of them reaches 2^31. Rounding moves each integer by half, and the
// vector by half the root of its elements' number, both then and now.
LH_INLINE float integer_growth(int32_t squares, int64_t head_dimension) {
  float rounding = 0.5f * __builtin_sqrtf((float)head_dimension);
  return (46336.0f - rounding) / (__builtin_sqrtf((float)squares) + rounding);
}

typedef struct {
  float cautious, largest;
} lh_integer_factors;

// By what elements become integers of the cautious size, and of the largest that 16 bits have, if their largest
// magnitude has these bits: 0 if it is all zero or not finite.
LH_INLINE lh_integer_factors integer_factors(uint32_t magnitude, int64_t head_dimension) {
  float most = lh_from_bits(magnitude);
  if (magnitude >= 0x7f800000u || most < 0x1p-100f) return (lh_integer_factors){0, 0};
  return (lh_integer_factors){(float)cautious_integer(head_dimension) / most, 32767.0f / most};
}

// The final factor.
LH_INLINE float integer_factor(lh_integer_factors f, int32_t squares, int64_t head_dimension) {
  float factor = f.cautious * integer_growth(squares, head_dimension);
  return factor < f.largest ? factor : f.largest;
}

LH_INLINE float integer_scale(uint32_t magnitude, float factor) {
  if (magnitude >= 0x7f800000u) return lh_from_bits(0x7fc00000u);
  return factor == 0 ? 0 : 1.0f / factor;
}

// How integers of a key block that come with a scale change their size: (n * multiplier + 2^14) >> 15, and the scale
// times 2^15 / multiplier. At first by cautious_integer; then, with the sum of these integers' squares, by this.
LH_INLINE int32_t integer_multiplier(int32_t squares, int64_t head_dimension) {
  float multiplier = (float)cautious_integer(head_dimension) * integer_growth(squares, head_dimension);
  return multiplier < 32767.0f ? (int32_t)multiplier : 32767;
}

#endif

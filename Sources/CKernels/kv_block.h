// How the numbers of key blocks and value blocks are kept (CKernels.h tells the layout), one at a time.
//
// Some types keep integers under a scale: one f32 scale for each key, or value, behind the integers of the
// block. A product runs over the plain integers; a key's scale then multiplies its score, a value's scale
// the probability it is weighted with.
#ifndef LONGHAUL_KV_BLOCK_H
#define LONGHAUL_KV_BLOCK_H

#include "scalar.h"

// How the elements of key blocks and of value blocks are read.
LH_INLINE lh_type lh_key_elements(lh_type kv) {
  return kv == LH_I16 ? LH_INTEGERS_16 : kv == LH_Q8_0 ? LH_INTEGERS_8 : kv;
}
LH_INLINE lh_type lh_value_elements(lh_type kv) {
  return kv == LH_I16 ? LH_F16 : kv == LH_Q8_0 ? LH_INTEGERS_8 : kv;
}
LH_INLINE bool lh_is_scaled(lh_type elements) { return elements == LH_INTEGERS_16 || elements == LH_INTEGERS_8; }

LH_INLINE int64_t lh_element_bytes(lh_type elements) {
  return elements == LH_F32 ? 4 : elements == LH_INTEGERS_8 ? 1 : 2;
}

// The 64 scales of a block; NULL where the type has none, or there is no block.
LH_INLINE const float *lh_block_scales(lh_type elements, const void *block, int64_t dimensions) {
  if (block == NULL || !lh_is_scaled(elements)) return NULL;
  return (const float *)((const uint8_t *)block + lh_element_bytes(elements) * LH_KEYS_PER_BLOCK * dimensions);
}

// Element i of a block as a float, not yet scaled.
LH_INLINE float lh_block_element(lh_type elements, const void *block, int64_t i) {
  if (elements == LH_INTEGERS_16) return (float)((const int16_t *)block)[i];
  if (elements == LH_INTEGERS_8) return (float)((const int8_t *)block)[i];
  return lh_decode(elements, block, i);
}

// The bits of the largest magnitude: as integers they order like the numbers, and NaN above them all.
LH_INLINE uint32_t lh_largest_magnitude(const float *x, int64_t n) {
  uint32_t largest = 0;
  for (int64_t i = 0; i < n; i++) {
    uint32_t magnitude = lh_to_bits(x[i]) & 0x7fffffffu;
    largest = magnitude > largest ? magnitude : largest;
  }
  return largest;
}

// Settles the scale of one key or value and stores it in `slot`; returns what its elements are multiplied by
// before rounding, 0 if all of it is zero or it is not finite.
LH_INLINE float lh_store_scale(
  lh_type elements, void *block, int64_t dimensions, int64_t slot, const float *x, int64_t n) {
  float *scale = (float *)(uintptr_t)lh_block_scales(elements, block, dimensions) + slot;
  uint32_t largest = lh_largest_magnitude(x, n);
  float magnitude = lh_from_bits(largest), top = elements == LH_INTEGERS_16 ? 32767.0f : 127.0f;
  if (largest >= 0x7f800000u) return *scale = lh_from_bits(0x7fc00000u), 0;
  if (magnitude < 0x1p-100f) return *scale = 0, 0;
  *scale = magnitude / top;
  return top / magnitude;
}

// Adding and taking away rounds to the nearest integer, ties to even.
#define LH_ROUND_INTEGER 0x1.8p23f
LH_INLINE int32_t lh_scaled_integer(float x, float factor) {
  // A key that is not finite has factor 0 and must not make a NaN an integer.
  return factor == 0 ? 0 : (int32_t)(__builtin_fmaf(x, factor, LH_ROUND_INTEGER) - LH_ROUND_INTEGER);
}

LH_INLINE void lh_store_integer(lh_type elements, void *block, int64_t i, int32_t value) {
  if (elements == LH_INTEGERS_16) ((int16_t *)block)[i] = (int16_t)value;
  else ((int8_t *)block)[i] = (int8_t)value;
}

#endif

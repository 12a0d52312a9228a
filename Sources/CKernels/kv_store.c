// Keys and values into and out of the 64-position blocks that attention.c reads.
#ifndef LH_WIDTH
#include "scalar.h"

int64_t lh_key_block_bytes(lh_type kv, int64_t head_dimension) {
  if (!lh_is_kv_type(kv)) return 0;
  int64_t scales = lh_keys_are_scaled(kv) ? LH_KEYS_PER_BLOCK * (int64_t)sizeof(float) : 0;
  return head_dimension * LH_KEYS_PER_BLOCK * lh_type_block_bytes(kv) + scales;
}

void lh_store_key_reference(
  lh_type kv, const float *key, void *block, int64_t head_dimension, int64_t slot) {
  if (lh_keys_are_scaled(kv)) {
    int16_t *column = (int16_t *)block + slot;
    float factor = lh_key_scale(
      lh_largest_magnitude(key, head_dimension), lh_key_scales(block, head_dimension) + slot);
    for (int64_t d = 0; d < head_dimension; d++)
      column[d * LH_KEYS_PER_BLOCK] = lh_scaled_element(key[d], factor);
    return;
  }
  for (int64_t d = 0; d < head_dimension; d++) lh_encode(kv, key[d], block, d * LH_KEYS_PER_BLOCK + slot);
}

void lh_load_key_reference(
  lh_type kv, const void *block, float *key, int64_t head_dimension, int64_t slot) {
  if (!lh_is_kv_type(kv)) return;
  if (lh_keys_are_scaled(kv)) {
    const int16_t *column = (const int16_t *)block + slot;
    float scale = lh_key_scales(block, head_dimension)[slot];
    for (int64_t d = 0; d < head_dimension; d++) key[d] = (float)column[d * LH_KEYS_PER_BLOCK] * scale;
    return;
  }
  for (int64_t d = 0; d < head_dimension; d++) key[d] = lh_decode(kv, block, d * LH_KEYS_PER_BLOCK + slot);
}

void lh_store_value_reference(
  lh_type kv, const float *value, void *block, int64_t head_dimension, int64_t value_stride,
  int64_t slot) {
  for (int64_t d = 0; d < value_stride; d++)
    lh_encode(kv, d < head_dimension ? value[d] : 0.0f, block, slot * value_stride + d);
}

#define LH_KERNEL_FILE "kv_store.c"
#include "each_isa.h"
#else

void LH_FN(lh_store_key)(
  lh_type kv, const float *key, void *block, int64_t head_dimension, int64_t slot) {
  if (lh_keys_are_scaled(kv)) {
    int16_t *column = (int16_t *)block + slot;
    float factor = lh_key_scale(
      lh_largest_magnitude(key, head_dimension), lh_key_scales(block, head_dimension) + slot);
    int64_t d = 0;
    for (; factor != 0 && d + LH_WIDTH <= head_dimension; d += LH_WIDTH) {
      vf turned = fma_vector(load_f32(key + d), (vf)factor, (vf)LH_ROUND_INTEGER) - LH_ROUND_INTEGER;
      vi rounded = __builtin_convertvector(turned, vi);
      LH_UNROLL for (int i = 0; i < LH_WIDTH; i++)
        column[(d + i) * LH_KEYS_PER_BLOCK] = (int16_t)rounded[i];
    }
    for (; d < head_dimension; d++) column[d * LH_KEYS_PER_BLOCK] = lh_scaled_element(key[d], factor);
    return;
  }
  int64_t d = 0;
  if (kv == LH_BF16) {
    uint16_t *column = (uint16_t *)block + slot;
    for (; d + LH_WIDTH <= head_dimension; d += LH_WIDTH) {
      vu16 rounded = round_kv(LH_BF16, load_f32(key + d));
      LH_UNROLL for (int i = 0; i < LH_WIDTH; i++) column[(d + i) * LH_KEYS_PER_BLOCK] = rounded[i];
    }
  }
  for (; d < head_dimension; d++) lh_encode(kv, key[d], block, d * LH_KEYS_PER_BLOCK + slot);
}

void LH_FN(lh_load_key)(
  lh_type kv, const void *block, float *key, int64_t head_dimension, int64_t slot) {
  // A strided gather: bound by its cache misses, not by arithmetic.
  lh_load_key_reference(kv, block, key, head_dimension, slot);
}

void LH_FN(lh_store_value)(
  lh_type kv, const float *value, void *block, int64_t head_dimension, int64_t value_stride,
  int64_t slot) {
  int64_t d = 0;
  if (kv == LH_F16 || kv == LH_BF16) {
    uint16_t *row = (uint16_t *)block + slot * value_stride;
    for (; d + LH_WIDTH <= head_dimension; d += LH_WIDTH) {
      vf v = load_f32(value + d);
      vu16 rounded = kv == LH_F16 ? round_kv(LH_F16, v) : round_kv(LH_BF16, v);
      __builtin_memcpy(row + d, &rounded, sizeof rounded);
    }
  }
  for (; d < value_stride; d++)
    lh_encode(kv, d < head_dimension ? value[d] : 0.0f, block, slot * value_stride + d);
}

#endif

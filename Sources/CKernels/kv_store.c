// Keys and values into and out of the 64-position blocks that attention.c reads.
#ifndef LH_WIDTH
#include "kv_block.h"

static int64_t block_bytes(lh_type kv, lh_type elements, int64_t dimensions) {
  if (!lh_is_kv_type(kv)) return 0;
  int64_t scales = lh_is_scaled(elements) ? (int64_t)sizeof(float) : 0;
  return LH_KEYS_PER_BLOCK * (dimensions * lh_element_bytes(elements) + scales);
}

int64_t lh_key_block_bytes(lh_type kv, int64_t head_dimension) {
  return block_bytes(kv, lh_key_elements(kv), head_dimension);
}

int64_t lh_value_block_bytes(lh_type kv, int64_t value_stride) {
  return block_bytes(kv, lh_value_elements(kv), value_stride);
}

void lh_store_key_reference(
  lh_type kv, const float *key, void *block, int64_t head_dimension, int64_t slot) {
  lh_type elements = lh_key_elements(kv);
  if (lh_is_scaled(elements)) {
    float factor = lh_store_scale(elements, block, head_dimension, slot, key, head_dimension);
    for (int64_t d = 0; d < head_dimension; d++)
      lh_store_integer(elements, block, d * LH_KEYS_PER_BLOCK + slot, lh_scaled_integer(key[d], factor));
    return;
  }
  for (int64_t d = 0; d < head_dimension; d++) lh_encode(kv, key[d], block, d * LH_KEYS_PER_BLOCK + slot);
}

void lh_load_key_reference(
  lh_type kv, const void *block, float *key, int64_t head_dimension, int64_t slot) {
  if (!lh_is_kv_type(kv)) return;
  lh_type elements = lh_key_elements(kv);
  const float *scales = lh_block_scales(elements, block, head_dimension);
  for (int64_t d = 0; d < head_dimension; d++) {
    float element = lh_block_element(elements, block, d * LH_KEYS_PER_BLOCK + slot);
    key[d] = scales ? element * scales[slot] : element;
  }
}

void lh_store_value_reference(
  lh_type kv, const float *value, void *block, int64_t head_dimension, int64_t value_stride,
  int64_t slot) {
  lh_type elements = lh_value_elements(kv);
  if (lh_is_scaled(elements)) {
    float factor = lh_store_scale(elements, block, value_stride, slot, value, head_dimension);
    for (int64_t d = 0; d < value_stride; d++)
      lh_store_integer(
        elements, block, slot * value_stride + d, d < head_dimension ? lh_scaled_integer(value[d], factor) : 0);
    return;
  }
  for (int64_t d = 0; d < value_stride; d++)
    lh_encode(elements, d < head_dimension ? value[d] : 0.0f, block, slot * value_stride + d);
}

#define LH_KERNEL_FILE "kv_store.c"
#include "each_isa.h"
#else

#define scaled_integers LH_FN(kv_store_scaled_integers)

// lh_scaled_integer of LH_WIDTH numbers; the factor is not 0.
LH_INLINE vi scaled_integers(const float *x, float factor) {
  vf rounded = fma_vector(load_f32(x), (vf)factor, (vf)LH_ROUND_INTEGER) - LH_ROUND_INTEGER;
  return __builtin_convertvector(rounded, vi);
}

void LH_FN(lh_store_key)(
  lh_type kv, const float *key, void *block, int64_t head_dimension, int64_t slot) {
  lh_type elements = lh_key_elements(kv);
  int64_t d = 0;
  if (lh_is_scaled(elements)) {
    float factor = lh_store_scale(elements, block, head_dimension, slot, key, head_dimension);
    for (; factor != 0 && d + LH_WIDTH <= head_dimension; d += LH_WIDTH) {
      vi rounded = scaled_integers(key + d, factor);
      LH_UNROLL for (int i = 0; i < LH_WIDTH; i++)
        lh_store_integer(elements, block, (d + i) * LH_KEYS_PER_BLOCK + slot, rounded[i]);
    }
    for (; d < head_dimension; d++)
      lh_store_integer(elements, block, d * LH_KEYS_PER_BLOCK + slot, lh_scaled_integer(key[d], factor));
    return;
  }
  if (kv == LH_F16 || kv == LH_BF16) {
    uint16_t *column = (uint16_t *)block + slot;
    for (; d + LH_WIDTH <= head_dimension; d += LH_WIDTH) {
      vf k = load_f32(key + d);
      vu16 rounded = kv == LH_F16 ? round_kv(LH_F16, k) : round_kv(LH_BF16, k);
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
  lh_type elements = lh_value_elements(kv);
  int64_t d = 0;
  if (elements == LH_F16 || elements == LH_BF16) {
    uint16_t *row = (uint16_t *)block + slot * value_stride;
    for (; d + LH_WIDTH <= head_dimension; d += LH_WIDTH) {
      vf v = load_f32(value + d);
      vu16 rounded = elements == LH_F16 ? round_kv(LH_F16, v) : round_kv(LH_BF16, v);
      __builtin_memcpy(row + d, &rounded, sizeof rounded);
    }
  }
  if (kv == LH_Q8_0) lh_store_value_reference(kv, value, block, head_dimension, value_stride, slot);
  else
    for (; d < value_stride; d++)
      lh_encode(elements, d < head_dimension ? value[d] : 0.0f, block, slot * value_stride + d);
}

#endif

// Rounds activations to bytes, 32 at a time: value = nearest(x * (127 / a)), scale = a / 127, a = max |x|.
//
// The largest magnitude is found among the bit patterns without sign, as integers: for finite numbers that
// is the same order, and infinities and NaN come out on top, whatever the order of the comparisons. Adding
// 1.5 * 2^23 rounds to an integer, nearest even, and leaves it in the low bits of the sum.
#ifndef LH_WIDTH
#include "scalar.h"

#define SMALLEST 0x1p-120f  // below it 127 / a would overflow
#define ROUND 0x1.8p23f
enum { ROUND_BITS = 0x4b400000, INFINITY_BITS = 0x7f800000 };

// Everything but the values; sum[] are the halves' sums of values.
LH_INLINE void finish(lh_activation_block *block, float scale, const int32_t *sum) {
  block->scale = scale;
  block->sum = scale * (float)(sum[0] + sum[1]);
  block->negated = -(sum[0] + sum[1]);
  for (int h = 0; h < 2; h++) {
    block->half_sum[h] = scale * (float)sum[h];
    block->half_negated[h] = -sum[h];
  }
  block->unused = 0;
}

// A block that is all zeros or not finite has values of zero.
LH_INLINE void finish_without_values(lh_activation_block *block, uint32_t largest) {
  __builtin_memset(block->value, 0, sizeof block->value);
  finish(block, largest >= INFINITY_BITS ? __builtin_nanf("") : 0.0f, (const int32_t[2]){0, 0});
}

// 2048 elements are 64 blocks, 4 KiB: in rows so far apart the same blocks would fight for the same few places of the
// first-level cache.
int64_t lh_activation_stride(int64_t k) { return k / LH_BLOCK_ELEMENTS | 1; }

void lh_quantize_rows_reference(
  const float *x, int64_t x_stride, lh_activation_block *blocks, int64_t block_stride, int64_t m, int64_t k) {
  for (int64_t r = 0; r < m; r++)
    for (int64_t b = 0; b < k / LH_BLOCK_ELEMENTS; b++) {
      const float *from = x + r * x_stride + b * LH_BLOCK_ELEMENTS;
      lh_activation_block *block = blocks + r * block_stride + b;
      uint32_t largest = 0;
      for (int i = 0; i < LH_BLOCK_ELEMENTS; i++) {
        uint32_t magnitude = lh_to_bits(from[i]) & 0x7fffffffu;
        if (magnitude > largest) largest = magnitude;
      }
      if (largest >= INFINITY_BITS || lh_from_bits(largest) < SMALLEST) {
        finish_without_values(block, largest);
        continue;
      }
      float inverse = 127.0f / lh_from_bits(largest);
      int32_t sum[2] = {0, 0};
      for (int i = 0; i < LH_BLOCK_ELEMENTS; i++) {
        float scaled = from[i] * inverse;
        int32_t value = (int32_t)lh_to_bits(scaled + ROUND) - ROUND_BITS;
        block->value[i] = (int8_t)value;
        sum[i / 16] += value;
      }
      finish(block, lh_from_bits(largest) / 127.0f, sum);
    }
}

#define LH_KERNEL_FILE "quantize_rows.c"
#include "each_isa.h"
#else

void LH_FN(lh_quantize_rows)(
  const float *x, int64_t x_stride, lh_activation_block *blocks, int64_t block_stride, int64_t m, int64_t k) {
  enum { PARTS = LH_BLOCK_ELEMENTS / LH_WIDTH };
  typedef int8_t bytes __attribute__((ext_vector_type(LH_WIDTH)));
  for (int64_t r = 0; r < m; r++)
    for (int64_t b = 0; b < k / LH_BLOCK_ELEMENTS; b++) {
      const float *from = x + r * x_stride + b * LH_BLOCK_ELEMENTS;
      lh_activation_block *block = blocks + r * block_stride + b;
      vf v[PARTS];
      vu top = 0;
      LH_UNROLL for (int p = 0; p < PARTS; p++) {
        v[p] = load_f32(from + p * LH_WIDTH);
        top = __builtin_elementwise_max(top, __builtin_bit_cast(vu, v[p]) & 0x7fffffffu);
      }
      uint32_t largest = __builtin_reduce_max(top);
      if (largest >= INFINITY_BITS || lh_from_bits(largest) < SMALLEST) {
        finish_without_values(block, largest);
        continue;
      }
      float inverse = 127.0f / lh_from_bits(largest);
      vi sums[2] = {0, 0};
      LH_UNROLL for (int p = 0; p < PARTS; p++) {
        vi value = __builtin_bit_cast(vi, v[p] * inverse + ROUND) - (vi)(int32_t)ROUND_BITS;
        sums[2 * p / PARTS] += value;
        bytes narrow = __builtin_convertvector(value, bytes);
        __builtin_memcpy(block->value + p * LH_WIDTH, &narrow, sizeof narrow);
      }
      int32_t sum[2] = {__builtin_reduce_add(sums[0]), __builtin_reduce_add(sums[1])};
      finish(block, lh_from_bits(largest) / 127.0f, sum);
    }
}

#endif

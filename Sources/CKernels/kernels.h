// What the files of this module share: the list of kernels, from which dispatch.c makes the table of
// variants and the public functions, and the declarations of every variant.
#ifndef LONGHAUL_KERNELS_H
#define LONGHAUL_KERNELS_H

#include "CKernels.h"

#include <stddef.h>

// X(result, name, parameters, arguments) for each dispatched kernel lh_<name>: those that have a variant of their own
// where AVX-512 has dot products of bf16 pairs, and all others.
#define LH_KERNELS(X) LH_BF16_KERNELS(X) LH_OTHER_KERNELS(X)
#define LH_BF16_KERNELS(X) \
  X(void, matmul_bf16, \
    (const void *packed, const lh_bf16_pair *x, int64_t x_stride, float *y, int64_t y_stride, int64_t m, \
     int64_t k, int64_t n0, int64_t n1), \
    (packed, x, x_stride, y, y_stride, m, k, n0, n1)) \
  X(void, attention_fast_tile, \
    (const lh_attention_rows *rows, const lh_integer_queries *grouped, const lh_integer_queries *neighbor, \
     const lh_attention_block *block, float *maximum, float *sum, float *acc, float *scratch), \
    (rows, grouped, neighbor, block, maximum, sum, acc, scratch))
#define LH_OTHER_KERNELS(X) \
  X(void, dequantize, (lh_type type, const void *src, float *dst, int64_t n), (type, src, dst, n)) \
  X(void, quantize_rows, \
    (const float *x, int64_t x_stride, lh_activation_block *blocks, int64_t block_stride, int64_t m, \
     int64_t k), \
    (x, x_stride, blocks, block_stride, m, k)) \
  X(void, round_rows, \
    (const float *x, int64_t x_stride, lh_bf16_pair *pairs, int64_t pair_stride, int64_t m, int64_t k), \
    (x, x_stride, pairs, pair_stride, m, k)) \
  X(void, matmul, \
    (lh_type type, const void *packed, const float *x, int64_t x_stride, float *y, int64_t y_stride, \
     int64_t m, int64_t k, int64_t n0, int64_t n1), \
    (type, packed, x, x_stride, y, y_stride, m, k, n0, n1)) \
  X(void, matmul_quantized, \
    (lh_type type, const void *packed, const lh_activation_block *x, int64_t x_stride, float *y, \
     int64_t y_stride, int64_t m, int64_t k, int64_t n0, int64_t n1), \
    (type, packed, x, x_stride, y, y_stride, m, k, n0, n1)) \
  X(void, rmsnorm, (const float *x, const float *weight, float epsilon, float *y, int64_t n), \
    (x, weight, epsilon, y, n)) \
  X(void, layernorm, \
    (const float *x, const float *weight, const float *bias, float epsilon, float *y, int64_t n), \
    (x, weight, bias, epsilon, y, n)) \
  X(void, gelu, (float *x, int64_t n), (x, n)) \
  X(void, gelu_exact, (float *x, int64_t n), (x, n)) \
  X(void, gelu_multiply, (float *gate, const float *up, int64_t n), (gate, up, n)) \
  X(void, soft_cap, (float *x, float cap, int64_t n), (x, cap, n)) \
  X(void, scale, (float *x, float factor, int64_t n), (x, factor, n)) \
  X(void, silu_multiply, (float *gate, const float *up, int64_t n), (gate, up, n)) \
  X(void, swiglu_clamped, (float *gate, const float *up, float alpha, float limit, int64_t n), \
    (gate, up, alpha, limit, n)) \
  X(void, add, (float *x, const float *y, int64_t n), (x, y, n)) \
  X(void, add_scaled, (float *x, const float *y, float scale, int64_t n), (x, y, scale, n)) \
  X(void, rope, \
    (const float *in, float *out, const float *cosine, const float *sine, int64_t head_dimension, \
     int64_t rotary_dimension, lh_rope_layout layout), \
    (in, out, cosine, sine, head_dimension, rotary_dimension, layout)) \
  X(void, exp_row, (const float *in, float *out, int64_t n), (in, out, n)) \
  X(int64_t, argmax, (const float *x, int64_t n), (x, n)) \
  X(float, maximum, (const float *x, int64_t n), (x, n)) \
  X(double, sum_exp, (const float *x, int64_t n, float maximum), (x, n, maximum)) \
  X(bool, all_finite, (const float *x, int64_t n), (x, n)) \
  X(void, store_key, \
    (lh_type kv, const float *key, void *block, int64_t head_dimension, int64_t slot), \
    (kv, key, block, head_dimension, slot)) \
  X(void, load_key, \
    (lh_type kv, const void *block, float *key, int64_t head_dimension, int64_t slot), \
    (kv, block, key, head_dimension, slot)) \
  X(void, store_value, \
    (lh_type kv, const float *value, void *block, int64_t head_dimension, int64_t value_stride, \
     int64_t slot), \
    (kv, value, block, head_dimension, value_stride, slot)) \
  X(void, round_queries, \
    (const float *queries, int64_t query_stride, int64_t rows, int64_t head_dimension, int16_t *integers, \
     float *scales), \
    (queries, query_stride, rows, head_dimension, integers, scales)) \
  X(void, attention_tile, \
    (const lh_attention_rows *rows, const lh_attention_block *block, float *maximum, float *sum, \
     float *acc, float *scratch), \
    (rows, block, maximum, sum, acc, scratch)) \
  X(void, attention_merge, \
    (int64_t row_count, int64_t value_stride, float *maximum, float *sum, float *acc, \
     const float *part_maximum, const float *part_sum, const float *part_acc), \
    (row_count, value_stride, maximum, sum, acc, part_maximum, part_sum, part_acc)) \
  X(void, attention_finish, \
    (int64_t row_count, int64_t head_dimension, int64_t value_stride, const float *sum, \
     const float *acc, float *out, int64_t out_stride), \
    (row_count, head_dimension, value_stride, sum, acc, out, out_stride))

#define LH_DECLARE(result, name, parameters, arguments) \
  result lh_##name##_reference parameters; \
  result lh_##name##_avx2 parameters; \
  result lh_##name##_avx512 parameters; \
  result lh_##name##_neon parameters;
LH_KERNELS(LH_DECLARE)
#undef LH_DECLARE
#define LH_DECLARE(result, name, parameters, arguments) result lh_##name##_avx512_bf16 parameters;
LH_BF16_KERNELS(LH_DECLARE)
#undef LH_DECLARE

// Whether the processor's dot product of bf16 pairs is what matmul_bf16.c says; only where it has one.
bool lh_bf16_dot_is_two_fmas(void);

#define LH_INLINE static inline __attribute__((always_inline, unused))

LH_INLINE int64_t lh_min(int64_t a, int64_t b) { return a < b ? a : b; }
LH_INLINE int64_t lh_clamp(int64_t x, int64_t low, int64_t high) {
  return x < low ? low : x > high ? high : x;
}
// The larger number; b if either is NaN or they are equal. Every maximum here is this one.
LH_INLINE float lh_larger(float a, float b) { return a > b ? a : b; }

#endif

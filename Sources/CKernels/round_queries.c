// Rounds queries to integers under a scale each (integer_vectors.h), for fast attention.
#ifndef LH_WIDTH
#include "integer_vectors.h"

int64_t lh_integer_query_stride(int64_t head_dimension) { return 2 * pairs_of(head_dimension); }

void lh_round_queries_reference(
  const float *queries, int64_t query_stride, int64_t rows, int64_t head_dimension, int16_t *integers, float *scales) {
  const int64_t stride = lh_integer_query_stride(head_dimension);
  for (int64_t r = 0; r < rows; r++) {
    const float *query = queries + r * query_stride;
    int16_t *to = integers + r * stride;
    const uint32_t magnitude = lh_largest_magnitude(query, head_dimension);
    const lh_integer_factors factors = integer_factors(magnitude, head_dimension);
    int32_t squares = 0;
    for (int64_t d = 0; d < head_dimension; d++) {
      int32_t n = lh_scaled_integer(query[d], factors.cautious);
      squares += n * n;
    }
    const float factor = integer_factor(factors, squares, head_dimension);
    scales[r] = integer_scale(magnitude, factor);
    if (stride > head_dimension) to[head_dimension] = 0;
    for (int64_t d = 0; d < head_dimension; d++) to[d] = (int16_t)lh_scaled_integer(query[d], factor);
  }
}

#define LH_KERNEL_FILE "round_queries.c"
#include "each_isa.h"
#else

// lh_scaled_integer of LH_WIDTH numbers.
LH_INLINE vi LH_FN(scaled_queries)(const float *x, float factor) {
  vf n = fma_vector(load_f32(x), (vf)factor, (vf)LH_ROUND_INTEGER) - LH_ROUND_INTEGER;
  return __builtin_convertvector(factor == 0 ? (vf)0.0f : n, vi);
}

void LH_FN(lh_round_queries)(
  const float *queries, int64_t query_stride, int64_t rows, int64_t head_dimension, int16_t *integers, float *scales) {
  const int64_t stride = lh_integer_query_stride(head_dimension);
  for (int64_t r = 0; r < rows; r++) {
    const float *query = queries + r * query_stride;
    int16_t *to = integers + r * stride;
    int64_t d = 0;
    vi most = 0;
    for (; d + LH_WIDTH <= head_dimension; d += LH_WIDTH) {
      vi magnitude = __builtin_bit_cast(vi, load_f32(query + d)) & 0x7fffffff;
      most = magnitude > most ? magnitude : most;
    }
    uint32_t largest = lh_largest_magnitude(query + d, head_dimension - d);
    LH_UNROLL for (int i = 0; i < LH_WIDTH; i++) largest = (uint32_t)most[i] > largest ? (uint32_t)most[i] : largest;
    const lh_integer_factors factors = integer_factors(largest, head_dimension);
    vi sums = 0;
    for (d = 0; d + LH_WIDTH <= head_dimension; d += LH_WIDTH) {
      vi n = LH_FN(scaled_queries)(query + d, factors.cautious);
      sums += n * n;
    }
    int32_t squares = 0;
    LH_UNROLL for (int i = 0; i < LH_WIDTH; i++) squares += sums[i];
    for (; d < head_dimension; d++) {
      int32_t n = lh_scaled_integer(query[d], factors.cautious);
      squares += n * n;
    }
    const float factor = integer_factor(factors, squares, head_dimension);
    scales[r] = integer_scale(largest, factor);
    for (d = 0; d + LH_WIDTH <= head_dimension; d += LH_WIDTH) {
      vi16 rounded = __builtin_convertvector(LH_FN(scaled_queries)(query + d, factor), vi16);
      __builtin_memcpy(to + d, &rounded, sizeof rounded);
    }
    for (; d < head_dimension; d++) to[d] = (int16_t)lh_scaled_integer(query[d], factor);
    if (stride > head_dimension) to[head_dimension] = 0;
  }
}

#endif

// The running state of an online softmax, a row each: begun, merged with the state of other keys, finished.
#ifndef LH_WIDTH
#include "scalar.h"

void lh_attention_begin(
  int64_t row_count, int64_t value_stride, float *maximum, float *sum, float *acc) {
  for (int64_t r = 0; r < row_count; r++) maximum[r] = -__builtin_inff(), sum[r] = 0;
  for (int64_t i = 0; i < row_count * value_stride; i++) acc[i] = 0;
}

// Settles maximum and sum of one row, and the row itself if either side is empty; returns false then.
// Otherwise gives the factors that scale total and part to their common maximum.
LH_INLINE bool merge_row(
  float *maximum, float *sum, float *acc, float part_maximum, float part_sum, const float *part_acc,
  int64_t n, float *total_factor, float *part_factor) {
  if (part_maximum == -__builtin_inff()) return false;
  if (*maximum == -__builtin_inff()) {
    *maximum = part_maximum;
    *sum = part_sum;
    __builtin_memcpy(acc, part_acc, (size_t)n * sizeof(float));
    return false;
  }
  float next = lh_larger(*maximum, part_maximum);
  *total_factor = lh_exp_scalar(*maximum - next);
  *part_factor = lh_exp_scalar(part_maximum - next);
  *maximum = next;
  *sum = __builtin_fmaf(part_sum, *part_factor, *sum * *total_factor);
  return true;
}

void lh_attention_merge_reference(
  int64_t row_count, int64_t value_stride, float *maximum, float *sum, float *acc,
  const float *part_maximum, const float *part_sum, const float *part_acc) {
  for (int64_t r = 0; r < row_count; r++) {
    float *to = acc + r * value_stride, a, b;
    const float *from = part_acc + r * value_stride;
    if (!merge_row(
          &maximum[r], &sum[r], to, part_maximum[r], part_sum[r], from, value_stride, &a, &b))
      continue;
    for (int64_t d = 0; d < value_stride; d++) to[d] = __builtin_fmaf(from[d], b, to[d] * a);
  }
}

void lh_attention_finish_reference(
  int64_t row_count, int64_t head_dimension, int64_t value_stride, const float *sum, const float *acc,
  float *out, int64_t out_stride) {
  for (int64_t r = 0; r < row_count; r++)
    for (int64_t d = 0; d < head_dimension; d++)
      out[r * out_stride + d] = sum[r] == 0 ? 0 : acc[r * value_stride + d] / sum[r];
}

#define LH_KERNEL_FILE "attention_merge.c"
#include "each_isa.h"
#else

void LH_FN(lh_attention_merge)(
  int64_t row_count, int64_t value_stride, float *maximum, float *sum, float *acc,
  const float *part_maximum, const float *part_sum, const float *part_acc) {
  for (int64_t r = 0; r < row_count; r++) {
    float *to = acc + r * value_stride, a, b;
    const float *from = part_acc + r * value_stride;
    if (!merge_row(
          &maximum[r], &sum[r], to, part_maximum[r], part_sum[r], from, value_stride, &a, &b))
      continue;
    for (int64_t d = 0; d < value_stride; d += LH_WIDTH)
      store_f32(to + d, fma_vector(load_f32(from + d), (vf)b, load_f32(to + d) * a));
  }
}

void LH_FN(lh_attention_finish)(
  int64_t row_count, int64_t head_dimension, int64_t value_stride, const float *sum, const float *acc,
  float *out, int64_t out_stride) {
  for (int64_t r = 0; r < row_count; r++) {
    const float *from = acc + r * value_stride;
    float *to = out + r * out_stride;
    int64_t d = 0;
    if (sum[r] != 0)
      for (; d + LH_WIDTH <= head_dimension; d += LH_WIDTH) store_f32(to + d, load_f32(from + d) / sum[r]);
    for (; d < head_dimension; d++) to[d] = sum[r] == 0 ? 0 : from[d] / sum[r];
  }
}

#endif

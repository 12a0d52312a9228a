// y[i] = (x[i] - mean) * s * weight[i] + bias[i],  s = 1 / sqrt(sum of (x[i] - mean)^2 / n + epsilon)
//
// Both sums run in 16 partial sums, element i into sum i mod 16, folded 8, 4, 2, 1 apart: an order that
// vectors of 4, 8 and 16 lanes can all keep.
#ifndef LH_WIDTH
#include "scalar.h"

LH_INLINE float fold_partial_sums(float *partial) {
  for (int apart = 8; apart > 0; apart /= 2)
    for (int i = 0; i < apart; i++) partial[i] = partial[i] + partial[i + apart];
  return partial[0];
}

LH_INLINE float layer_scale(float sum, float epsilon, int64_t n) {
  return 1.0f / __builtin_sqrtf(sum / (float)n + epsilon);
}

LH_INLINE float layer_element(float x, float mean, float s, float weight, const float *bias, int64_t i) {
  float y = (x - mean) * s * weight;
  return bias == NULL ? y : y + bias[i];
}

void lh_layernorm_reference(
  const float *x, const float *weight, const float *bias, float epsilon, float *y, int64_t n) {
  if (n <= 0) return;
  float partial[16] = {0};
  for (int64_t i = 0; i < n; i++) partial[i % 16] = partial[i % 16] + x[i];
  float mean = fold_partial_sums(partial) / (float)n;
  float squares[16] = {0};
  for (int64_t i = 0; i < n; i++) squares[i % 16] = __builtin_fmaf(x[i] - mean, x[i] - mean, squares[i % 16]);
  float s = layer_scale(fold_partial_sums(squares), epsilon, n);
  for (int64_t i = 0; i < n; i++) y[i] = layer_element(x[i], mean, s, weight[i], bias, i);
}

#define LH_KERNEL_FILE "layernorm.c"
#include "each_isa.h"
#else

void LH_FN(lh_layernorm)(
  const float *x, const float *weight, const float *bias, float epsilon, float *y, int64_t n) {
  if (n <= 0) return;
  vf partial[LH_PER_16];
  float lane[16];
  LH_UNROLL for (int v = 0; v < LH_PER_16; v++) partial[v] = 0.0f;
  int64_t i = 0;
  for (; i + 16 <= n; i += 16)
    LH_UNROLL for (int v = 0; v < LH_PER_16; v++) partial[v] = partial[v] + load_f32(x + i + v * LH_WIDTH);
  LH_UNROLL for (int v = 0; v < LH_PER_16; v++) store_f32(lane + v * LH_WIDTH, partial[v]);
  for (int64_t j = i; j < n; j++) lane[j - i] = lane[j - i] + x[j];
  float mean = fold_partial_sums(lane) / (float)n;
  LH_UNROLL for (int v = 0; v < LH_PER_16; v++) partial[v] = 0.0f;
  for (i = 0; i + 16 <= n; i += 16)
    LH_UNROLL for (int v = 0; v < LH_PER_16; v++) {
      vf e = load_f32(x + i + v * LH_WIDTH) - mean;
      partial[v] = fma_vector(e, e, partial[v]);
    }
  LH_UNROLL for (int v = 0; v < LH_PER_16; v++) store_f32(lane + v * LH_WIDTH, partial[v]);
  for (int64_t j = i; j < n; j++) lane[j - i] = __builtin_fmaf(x[j] - mean, x[j] - mean, lane[j - i]);
  float s = layer_scale(fold_partial_sums(lane), epsilon, n);
  for (i = 0; i + LH_WIDTH <= n; i += LH_WIDTH) {
    vf e = (load_f32(x + i) - mean) * s * load_f32(weight + i);
    store_f32(y + i, bias == NULL ? e : e + load_f32(bias + i));
  }
  for (; i < n; i++) y[i] = layer_element(x[i], mean, s, weight[i], bias, i);
}

#endif

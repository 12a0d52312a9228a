// y[i] = (x[i] * s) * weight[i],  s = 1 / sqrt(sum of x[i]^2 / n + epsilon)
//
// The sum runs in 16 partial sums, element i into sum i mod 16, folded 8, 4, 2, 1 apart: an order that
// vectors of 4, 8 and 16 lanes can all keep.
#ifndef LH_WIDTH
#include "scalar.h"

LH_INLINE float rms_scale(float sum, float epsilon, int64_t n) {
  return 1.0f / __builtin_sqrtf(sum / (float)n + epsilon);
}

void lh_rmsnorm_reference(const float *x, const float *weight, float epsilon, float *y, int64_t n) {
  if (n <= 0) return;
  float partial[16] = {0};
  for (int64_t i = 0; i < n; i++) partial[i % 16] = __builtin_fmaf(x[i], x[i], partial[i % 16]);
  for (int apart = 8; apart > 0; apart /= 2)
    for (int i = 0; i < apart; i++) partial[i] = partial[i] + partial[i + apart];
  float s = rms_scale(partial[0], epsilon, n);
  for (int64_t i = 0; i < n; i++) y[i] = x[i] * s * weight[i];
}

#define LH_KERNEL_FILE "rmsnorm.c"
#include "each_isa.h"
#else

void LH_FN(lh_rmsnorm)(const float *x, const float *weight, float epsilon, float *y, int64_t n) {
  if (n <= 0) return;
  vf partial[LH_PER_16];
  for (int v = 0; v < LH_PER_16; v++) partial[v] = 0.0f;
  int64_t i = 0;
  for (; i + 16 <= n; i += 16)
    LH_UNROLL for (int v = 0; v < LH_PER_16; v++) {
      vf e = load_f32(x + i + v * LH_WIDTH);
      partial[v] = fma_vector(e, e, partial[v]);
    }
  float lane[16];
  for (int v = 0; v < LH_PER_16; v++) store_f32(lane + v * LH_WIDTH, partial[v]);
  for (int64_t j = i; j < n; j++) lane[j - i] = __builtin_fmaf(x[j], x[j], lane[j - i]);
  for (int v = 0; v < LH_PER_16; v++) partial[v] = load_f32(lane + v * LH_WIDTH);
  float s = rms_scale(fold_sum(partial), epsilon, n);
  for (i = 0; i + LH_WIDTH <= n; i += LH_WIDTH)
    store_f32(y + i, load_f32(x + i) * s * load_f32(weight + i));
  for (; i < n; i++) y[i] = x[i] * s * weight[i];
}

#endif

// x[i] = fma(y[i], scale, x[i])
#ifndef LH_WIDTH
#include "scalar.h"

void lh_add_scaled_reference(float *x, const float *y, float scale, int64_t n) {
  for (int64_t i = 0; i < n; i++) x[i] = __builtin_fmaf(y[i], scale, x[i]);
}

#define LH_KERNEL_FILE "add_scaled.c"
#include "each_isa.h"
#else

void LH_FN(lh_add_scaled)(float *x, const float *y, float scale, int64_t n) {
  int64_t i = 0;
  for (; i + LH_WIDTH <= n; i += LH_WIDTH)
    store_f32(x + i, fma_vector(load_f32(y + i), (vf)scale, load_f32(x + i)));
  for (; i < n; i++) x[i] = __builtin_fmaf(y[i], scale, x[i]);
}

#endif

// x[i] = x[i] * factor
#ifndef LH_WIDTH
#include "scalar.h"

void lh_scale_reference(float *x, float factor, int64_t n) {
  for (int64_t i = 0; i < n; i++) x[i] = x[i] * factor;
}

#define LH_KERNEL_FILE "scale.c"
#include "each_isa.h"
#else

void LH_FN(lh_scale)(float *x, float factor, int64_t n) {
  int64_t i = 0;
  for (; i + LH_WIDTH <= n; i += LH_WIDTH) store_f32(x + i, load_f32(x + i) * factor);
  for (; i < n; i++) x[i] = x[i] * factor;
}

#endif

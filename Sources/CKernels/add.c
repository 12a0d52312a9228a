// x[i] = x[i] + y[i]
#ifndef LH_WIDTH
#include "scalar.h"

void lh_add_reference(float *x, const float *y, int64_t n) {
  for (int64_t i = 0; i < n; i++) x[i] = x[i] + y[i];
}

#define LH_KERNEL_FILE "add.c"
#include "each_isa.h"
#else

void LH_FN(lh_add)(float *x, const float *y, int64_t n) {
  int64_t i = 0;
  for (; i + LH_WIDTH <= n; i += LH_WIDTH) store_f32(x + i, load_f32(x + i) + load_f32(y + i));
  for (; i < n; i++) x[i] = x[i] + y[i];
}

#endif

// x[i] = cap * tanh(x[i] / cap)
//
// tanh(t) = 1 - 2 / (exp(2t) + 1), within 2^-23 of it: an error of 2^-23 cap, as one of a sum of that size.
#ifndef LH_WIDTH
#include "scalar.h"

void lh_soft_cap_reference(float *x, float cap, int64_t n) {
  for (int64_t i = 0; i < n; i++) x[i] = lh_soft_cap_scalar(x[i], cap);
}

#define LH_KERNEL_FILE "soft_cap.c"
#include "each_isa.h"
#else

void LH_FN(lh_soft_cap)(float *x, float cap, int64_t n) {
  int64_t i = 0;
  for (; i + LH_WIDTH <= n; i += LH_WIDTH) store_f32(x + i, soft_cap_vector(load_f32(x + i), cap));
  for (; i < n; i++) x[i] = lh_soft_cap_scalar(x[i], cap);
}

#endif

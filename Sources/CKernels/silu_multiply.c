// gate[i] = gate[i] / (1 + exp(-gate[i])) * up[i]
#ifndef LH_WIDTH
#include "scalar.h"

LH_INLINE float silu_times(float gate, float up) { return gate / (1.0f + lh_exp_scalar(-gate)) * up; }

void lh_silu_multiply_reference(float *gate, const float *up, int64_t n) {
  for (int64_t i = 0; i < n; i++) gate[i] = silu_times(gate[i], up[i]);
}

#define LH_KERNEL_FILE "silu_multiply.c"
#include "each_isa.h"
#else

void LH_FN(lh_silu_multiply)(float *gate, const float *up, int64_t n) {
  int64_t i = 0;
  for (; i + LH_WIDTH <= n; i += LH_WIDTH) {
    vf g = load_f32(gate + i);
    store_f32(gate + i, g / (1.0f + exp_vector(-g)) * load_f32(up + i));
  }
  for (; i < n; i++) gate[i] = silu_times(gate[i], up[i]);
}

#endif

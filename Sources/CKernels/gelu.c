// gelu(x) = x / 2 * (1 + tanh(u)) with u = sqrt(2/pi) * (x + 0.044715 x^3)
//
// As 1 + tanh(u) is 2 / (1 + exp(-2u)), it is x / (1 + exp(-2u)): one exponential, and no sum that cancels.
#ifndef LH_WIDTH
#include "scalar.h"

// -2 sqrt(2/pi), and that times 0.044715.
#define LH_GELU_LINEAR -0x1.988454p+0f
#define LH_GELU_CUBIC -0x1.2444f2p-4f

LH_INLINE float gelu(float x) {
  float exponent = x * __builtin_fmaf(x * x, LH_GELU_CUBIC, LH_GELU_LINEAR);
  return x / (1.0f + lh_exp_scalar(exponent));
}

void lh_gelu_reference(float *x, int64_t n) {
  for (int64_t i = 0; i < n; i++) x[i] = gelu(x[i]);
}

void lh_gelu_multiply_reference(float *gate, const float *up, int64_t n) {
  for (int64_t i = 0; i < n; i++) gate[i] = gelu(gate[i]) * up[i];
}

#define LH_KERNEL_FILE "gelu.c"
#include "each_isa.h"
#else

LH_INLINE vf LH_FN(gelu_of)(vf x) {
  vf exponent = x * fma_vector(x * x, (vf)LH_GELU_CUBIC, (vf)LH_GELU_LINEAR);
  return x / (1.0f + exp_vector(exponent));
}

void LH_FN(lh_gelu)(float *x, int64_t n) {
  int64_t i = 0;
  for (; i + LH_WIDTH <= n; i += LH_WIDTH) store_f32(x + i, LH_FN(gelu_of)(load_f32(x + i)));
  for (; i < n; i++) x[i] = gelu(x[i]);
}

void LH_FN(lh_gelu_multiply)(float *gate, const float *up, int64_t n) {
  int64_t i = 0;
  for (; i + LH_WIDTH <= n; i += LH_WIDTH)
    store_f32(gate + i, LH_FN(gelu_of)(load_f32(gate + i)) * load_f32(up + i));
  for (; i < n; i++) gate[i] = gelu(gate[i]) * up[i];
}

#endif

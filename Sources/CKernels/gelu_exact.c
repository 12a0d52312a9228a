// gelu(x) = x / 2 * (1 + erf(x / sqrt(2)))
//
// For z = |x|, 1 - erf(z / sqrt(2)) is t times a polynomial in t = 1 / (1 + p z), times exp(-z^2 / 2), with an error of
// at most 1.5e-7 (Abramowitz and Stegun, 7.1.26). So x / 2 times that is what x falls short of max(x, 0) by, on both
// sides of 0: no sum cancels.
#ifndef LH_WIDTH
#include "scalar.h"

// p over the root of 2, and half of the polynomial's coefficients.
#define LH_ERF_P 0.23164187f
#define LH_ERF_A1 0.127414796f
#define LH_ERF_A2 -0.142248368f
#define LH_ERF_A3 0.7107068705f
#define LH_ERF_A4 -0.7265760135f
#define LH_ERF_A5 0.5307027145f

LH_INLINE float gelu_exact(float x) {
  float size = __builtin_fabsf(x);
  float t = 1.0f / __builtin_fmaf(size, LH_ERF_P, 1.0f);
  float q = __builtin_fmaf(LH_ERF_A5, t, LH_ERF_A4);
  q = __builtin_fmaf(q, t, LH_ERF_A3);
  q = __builtin_fmaf(q, t, LH_ERF_A2);
  q = __builtin_fmaf(q, t, LH_ERF_A1);
  return (x > 0.0f ? x : 0.0f) - size * (q * t) * lh_exp_scalar(size * size * -0.5f);
}

void lh_gelu_exact_reference(float *x, int64_t n) {
  for (int64_t i = 0; i < n; i++) x[i] = gelu_exact(x[i]);
}

#define LH_KERNEL_FILE "gelu_exact.c"
#include "each_isa.h"
#else

LH_INLINE vf LH_FN(gelu_exact_of)(vf x) {
  vf size = __builtin_elementwise_abs(x);
  vf t = 1.0f / fma_vector(size, (vf)LH_ERF_P, (vf)1.0f);
  vf q = fma_vector((vf)LH_ERF_A5, t, (vf)LH_ERF_A4);
  q = fma_vector(q, t, (vf)LH_ERF_A3);
  q = fma_vector(q, t, (vf)LH_ERF_A2);
  q = fma_vector(q, t, (vf)LH_ERF_A1);
  return (x > 0.0f ? x : (vf)0.0f) - size * (q * t) * exp_vector(size * size * -0.5f);
}

void LH_FN(lh_gelu_exact)(float *x, int64_t n) {
  int64_t i = 0;
  for (; i + LH_WIDTH <= n; i += LH_WIDTH) store_f32(x + i, LH_FN(gelu_exact_of)(load_f32(x + i)));
  for (; i < n; i++) x[i] = gelu_exact(x[i]);
}

#endif

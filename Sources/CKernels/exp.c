// exp(x) = 2^n * e^r with n = round(x / ln 2) and |r| <= ln(2)/2.
//
// n comes from adding 1.5 * 2^23, which rounds to an integer in the low bits; r from subtracting n * ln 2
// in two parts, the first exact. e^r = 1 + r + r^2 * (a polynomial of degree 4) whose coefficients were
// fitted for the smallest relative error (3.7e-9, a sixteenth of an ulp); exp(0) is therefore 1.
#ifndef LH_WIDTH
#include "scalar.h"

float lh_exp(float x) { return lh_exp_scalar(x); }

void lh_exp_row_reference(const float *in, float *out, int64_t n) {
  for (int64_t i = 0; i < n; i++) out[i] = lh_exp_scalar(in[i]);
}

#define LH_KERNEL_FILE "exp.c"
#include "each_isa.h"
#else

void LH_FN(lh_exp_row)(const float *in, float *out, int64_t n) {
  int64_t i = 0;
  for (; i + LH_WIDTH <= n; i += LH_WIDTH) store_f32(out + i, exp_vector(load_f32(in + i)));
  for (; i < n; i++) out[i] = lh_exp_scalar(in[i]);
}

#endif

// gate[i] = g / (1 + exp(-alpha * g)) * (u + 1), g = min(gate[i], limit), u = up[i] clamped to either side of the limit
//
// NaN is no less and no more than the limit, and stays.
#ifndef LH_WIDTH
#include "scalar.h"

LH_INLINE float swiglu_clamped(float gate, float up, float alpha, float limit) {
  float g = gate > limit ? limit : gate, u = up > limit ? limit : up < -limit ? -limit : up;
  return g / (1.0f + lh_exp_scalar(-(alpha * g))) * (u + 1.0f);
}

void lh_swiglu_clamped_reference(float *gate, const float *up, float alpha, float limit, int64_t n) {
  for (int64_t i = 0; i < n; i++) gate[i] = swiglu_clamped(gate[i], up[i], alpha, limit);
}

#define LH_KERNEL_FILE "swiglu_clamped.c"
#include "each_isa.h"
#else

void LH_FN(lh_swiglu_clamped)(float *gate, const float *up, float alpha, float limit, int64_t n) {
  int64_t i = 0;
  for (; i + LH_WIDTH <= n; i += LH_WIDTH) {
    vf g = load_f32(gate + i), u = load_f32(up + i);
    g = g > limit ? (vf)limit : g;
    u = u > limit ? (vf)limit : u < -limit ? (vf)-limit : u;
    store_f32(gate + i, g / (1.0f + exp_vector(-(alpha * g))) * (u + 1.0f));
  }
  for (; i < n; i++) gate[i] = swiglu_clamped(gate[i], up[i], alpha, limit);
}

#endif

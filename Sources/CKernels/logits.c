// What the sampler asks of a row of logits: argmax, maximum, sum of exponentials, finiteness.
#ifndef LH_WIDTH
#include "scalar.h"

int64_t lh_argmax_reference(const float *x, int64_t n) {
  int64_t best = -1;
  for (int64_t i = 0; i < n; i++)
    if (x[i] == x[i] && (best < 0 || x[i] > x[best])) best = i;
  return best;
}

float lh_maximum_reference(const float *x, int64_t n) {
  float most = -__builtin_inff();
  for (int64_t i = 0; i < n; i++) most = lh_larger(x[i], most);
  return most + 0.0f;  // -0 and +0 are equal: which was met first must not show
}

double lh_sum_exp_reference(const float *x, int64_t n, float maximum) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += (double)lh_exp_scalar(x[i] - maximum);
  return sum;
}

bool lh_all_finite_reference(const float *x, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    if ((lh_to_bits(x[i]) & 0x7f800000u) == 0x7f800000u) return false;
  return true;
}

#define LH_KERNEL_FILE "logits.c"
#include "each_isa.h"
#else

float LH_FN(lh_maximum)(const float *x, int64_t n) {
  vf most[4];
  for (int v = 0; v < 4; v++) most[v] = -__builtin_inff();
  int64_t i = 0;
  for (; i + 4 * LH_WIDTH <= n; i += 4 * LH_WIDTH)
    LH_UNROLL for (int v = 0; v < 4; v++) most[v] = larger(load_f32(x + i + v * LH_WIDTH), most[v]);
  vf all = larger(larger(most[0], most[1]), larger(most[2], most[3]));
  float result = -__builtin_inff();
  for (int lane = 0; lane < LH_WIDTH; lane++) result = lh_larger(all[lane], result);
  for (; i < n; i++) result = lh_larger(x[i], result);
  return result + 0.0f;
}

int64_t LH_FN(lh_argmax)(const float *x, int64_t n) {
  // The maximum first, then the first element that equals it: two plain passes, no index bookkeeping.
  float most = LH_FN(lh_maximum)(x, n);
  int64_t i = 0;
  for (; i + LH_WIDTH <= n; i += LH_WIDTH)
    if (__builtin_reduce_or(load_f32(x + i) == most)) break;
  for (; i < n; i++)
    if (x[i] == most) return i;
  return -1;
}

double LH_FN(lh_sum_exp)(const float *x, int64_t n, float maximum) {
  double sum = 0;
  float e[64];
  int64_t i = 0;
  for (; i + 64 <= n; i += 64) {
    for (int j = 0; j < 64; j += LH_WIDTH) store_f32(e + j, exp_vector(load_f32(x + i + j) - maximum));
    for (int j = 0; j < 64; j++) sum += (double)e[j];
  }
  for (; i < n; i++) sum += (double)lh_exp_scalar(x[i] - maximum);
  return sum;
}

bool LH_FN(lh_all_finite)(const float *x, int64_t n) {
  vi bad = 0;
  int64_t i = 0;
  for (; i + LH_WIDTH <= n; i += LH_WIDTH)
    bad |= (__builtin_bit_cast(vu, load_f32(x + i)) & 0x7f800000u) == 0x7f800000u;
  return !__builtin_reduce_or(bad) && lh_all_finite_reference(x + i, n - i);
}

#endif

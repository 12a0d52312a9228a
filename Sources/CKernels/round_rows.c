// Rounds activations to pairs of bf16, to nearest even; what is below 2^-56 becomes zero (PackedWeights.h says why).
#ifndef LH_WIDTH
#include "packed.h"

// A whole number of cache lines, and odd: in rows a multiple of 4 KiB apart the same pairs would fight for the same few
// places of the first-level cache.
int64_t lh_pair_stride(int64_t k) { return (((k + 1) / 2 + 15) / 16 | 1) * 16; }

// Pairs from `pair` on of one row, one number at a time; zeros up to the end of the cache line.
LH_INLINE void round_rest(const float *x, lh_bf16_pair *pairs, int64_t pair, int64_t k) {
  for (; 2 * pair < k; pair++) {
    uint32_t even = lh_without_tiny(lh_f32_to_bf16(x[2 * pair]));
    uint32_t odd = 2 * pair + 1 < k ? lh_without_tiny(lh_f32_to_bf16(x[2 * pair + 1])) : 0;
    pairs[pair] = even | odd << 16;
  }
  for (; pair % 16 != 0; pair++) pairs[pair] = 0;
}

void lh_round_rows_reference(
  const float *x, int64_t x_stride, lh_bf16_pair *pairs, int64_t pair_stride, int64_t m, int64_t k) {
  for (int64_t r = 0; r < m; r++) round_rest(x + r * x_stride, pairs + r * pair_stride, 0, k);
}

#define LH_KERNEL_FILE "round_rows.c"
#include "each_isa.h"
#else

void LH_FN(lh_round_rows)(
  const float *x, int64_t x_stride, lh_bf16_pair *pairs, int64_t pair_stride, int64_t m, int64_t k) {
  for (int64_t r = 0; r < m; r++) {
    const float *from = x + r * x_stride;
    lh_bf16_pair *to = pairs + r * pair_stride;
    int64_t pair = 0;
    for (; 2 * (pair + LH_WIDTH) <= k; pair += LH_WIDTH)
      LH_UNROLL for (int half = 0; half < 2; half++) {
        vu16 bits = round_kv(LH_BF16, load_f32(from + 2 * pair + half * LH_WIDTH));
        bits = (bits & 0x7fff) < LH_TINY_BF16 ? (vu16)0 : bits;
        __builtin_memcpy((uint16_t *)(to + pair) + half * LH_WIDTH, &bits, sizeof bits);
      }
    round_rest(from, to, pair, k);
  }
}

#endif

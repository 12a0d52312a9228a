// Products of packed BF16 weights and activations rounded to bf16, two elements at a time (PackedWeights.h has the
// layout).
//
//   acc = fma(x[2p + 1], w[2p + 1], acc), then acc = fma(x[2p], w[2p], acc); p ascending, from +0.
//
// The second of a pair goes first because that is what AVX-512's dot product of bf16 pairs does. That instruction also
// takes subnormal numbers for zeros, and makes such results zeros, where fma does not: but here are none. Weights and
// activations are zero or at least 2^-56, hence multiples of 2^-63; products, and by rounding their sums, are multiples
// of 2^-126, the smallest normal number.
//
// Lanes are features, and rows go in groups (row_groups.h, float_sums.h). Without the instruction, the rows of a group
// are first spread out as floats, some pairs at a time, so that the loop over pairs only reads and multiplies.
#ifndef LH_WIDTH
#include "row_groups.h"

enum { SPREAD_PAIRS = 64 };

void lh_matmul_bf16_reference(
  const void *packed, const lh_bf16_pair *x, int64_t x_stride, float *y, int64_t y_stride, int64_t m, int64_t k,
  int64_t n0, int64_t n1) {
  const int64_t pairs = (k + 1) / 2;
  for (int64_t n = n0; n < n1; n++)
    for (int64_t r = 0; r < m; r++) {
      int64_t first = n / LH_PANEL_FEATURES * LH_PANEL_FEATURES * pairs + n % LH_PANEL_FEATURES;
      float acc = 0;
      for (int64_t p = 0; p < pairs; p++) {
        const uint8_t *w = (const uint8_t *)packed + 4 * (first + p * LH_PANEL_FEATURES);
        lh_bf16_pair a = x[r * x_stride + p];
        acc = __builtin_fmaf(lh_from_bits(a & 0xffff0000u), lh_bf16_to_f32(lh_read_u16(w + 2)), acc);
        acc = __builtin_fmaf(lh_from_bits(a << 16), lh_bf16_to_f32(lh_read_u16(w)), acc);
      }
      y[r * y_stride + n] = acc;
    }
}

#define LH_KERNEL_FILE "matmul_bf16.c"
#define LH_WITH_BF16_DOT
#include "each_isa.h"
#undef LH_WITH_BF16_DOT
#else

#include "packed_vectors.h"
#include "float_sums.h"

#define spread LH_FN(bf16_spread)
#define spread_rows LH_FN(bf16_spread_rows)
#define add_pair LH_FN(bf16_add_pair)
#define group LH_FN(bf16_group)

// Some pairs of a group's rows as the loop over pairs reads them.
#ifdef LH_BF16_DOT
#define ELEMENT_STEPS 1
typedef struct { const lh_bf16_pair *row; int64_t stride; } spread;

LH_INLINE void spread_rows(spread *s, int rows, const lh_bf16_pair *x, int64_t x_stride, int64_t count) {
  (void)rows, (void)count;
  *s = (spread){x, x_stride};
}
#else
#define ELEMENT_STEPS 2
typedef struct { float element[2][LARGEST_GROUP][SPREAD_PAIRS]; } spread;

// Reads to the end of the last cache line of a row.
LH_INLINE void spread_rows(spread *s, int rows, const lh_bf16_pair *x, int64_t x_stride, int64_t count) {
  for (int r = 0; r < rows; r++)
    for (int64_t p = 0; p < count; p += LH_WIDTH) {
      vu pair;
      __builtin_memcpy(&pair, x + r * x_stride + p, sizeof pair);
      store_f32(&s->element[1][r][p], __builtin_bit_cast(vf, pair & 0xffff0000u));
      store_f32(&s->element[0][r][p], __builtin_bit_cast(vf, pair << 16));
    }
}
#endif

// Adds to the rows' sums the products of their pair p and LH_WIDTH features' pairs: of one `element` of the pairs, or
// of both where an instruction does both.
LH_INLINE void add_pair(
  int rows, int element, const spread *s, int64_t p, const uint8_t *at, vf (*acc)[PARTS], int part) {
  // Read once for each element: to be kept in between, they would take the place of sums in registers.
  __asm__("" : "+r"(at));
  vu w;
  __builtin_memcpy(&w, at, sizeof w);
#ifdef LH_BF16_DOT
  (void)element;
  LH_UNROLL for (int r = 0; r < rows; r++) {
    __m512i pair = _mm512_set1_epi32((int)s->row[r * s->stride + p]);
    acc[r][part] = (vf)_mm512_dpbf16_ps((__m512)acc[r][part], (__m512bh)pair, (__m512bh)w);
  }
#else
  vf weight = __builtin_bit_cast(vf, element == 1 ? w & 0xffff0000u : w << 16);
  LH_UNROLL for (int r = 0; r < rows; r++)
    acc[r][part] = fma_vector((vf)s->element[element][r][p], weight, acc[r][part]);
#endif
}

// `rows` rows by features [n0, n1).
LH_INLINE void group(
  int rows, const uint8_t *packed, const lh_bf16_pair *x, int64_t x_stride, float *y, int64_t y_stride,
  int64_t pairs, int64_t n0, int64_t n1) {
  enum { PAIR_BYTES = 4 * LH_PANEL_FEATURES };
  const int64_t panels = (n1 + LH_PANEL_FEATURES - 1) / LH_PANEL_FEATURES;
#ifdef LH_BF16_DOT
  const int64_t at_once = pairs;
#else
  const int64_t at_once = SPREAD_PAIRS;
#endif
  for (int64_t first = n0 / LH_PANEL_FEATURES; first < panels; first += BESIDE(rows)) {
    const uint8_t *w[MOST_BESIDE];
    sums acc;
    begin_sums(rows, packed, PAIR_BYTES * pairs, first, panels, w, acc);
    LH_NO_UNROLL for (int64_t start = 0; start < pairs; start += at_once) {
      const int64_t count = lh_min(at_once, pairs - start);
      spread s;
      spread_rows(&s, rows, x + start, x_stride, count);
      LH_NO_UNROLL for (int64_t p = 0; p < count; p++)
        LH_UNROLL for (int element = ELEMENT_STEPS - 1; element >= 0; element--)
          LH_UNROLL for (int b = 0; b < BESIDE(rows); b++) {
            const uint8_t *at = w[b] + (start + p) * PAIR_BYTES;
            if (element == 0) __builtin_prefetch(at + PREFETCH_BYTES, 0, 3);
            LH_UNROLL for (int t = 0; t < PARTS; t++)
              add_pair(rows, element, &s, p, at + 4 * t * LH_WIDTH, acc[b], t);
          }
    }
    store_sums(rows, acc, y, y_stride, first, panels, n0, n1);
  }
}

// One function for each number of rows: in one large function registers were spilled at random.
#define GROUP(name, rows) \
  static __attribute__((noinline)) void LH_FN(name##_##rows)( \
    const uint8_t *packed, const void *x, int64_t x_stride, float *y, int64_t y_stride, int64_t k, int64_t n0, \
    int64_t n1) { \
    group(rows, packed, x, x_stride, y, y_stride, (k + 1) / 2, n0, n1); \
  }
#define NAME(name, rows) LH_FN(name##_##rows),
EACH_ROW_COUNT(GROUP, matmul_bf16)
static const lh_row_group LH_FN(matmul_bf16_by_rows)[] = {EACH_ROW_COUNT(NAME, matmul_bf16)};
#undef NAME
#undef GROUP

void LH_FN(lh_matmul_bf16)(
  const void *packed, const lh_bf16_pair *x, int64_t x_stride, float *y, int64_t y_stride, int64_t m, int64_t k,
  int64_t n0, int64_t n1) {
  const lh_row_groups groups = {
    .by_rows = LH_FN(matmul_bf16_by_rows),
    .most_rows = GROUP_ROWS,
    .element_bytes = sizeof(lh_bf16_pair),
    .panel_bytes = 4 * LH_PANEL_FEATURES * ((k + 1) / 2),
  };
  lh_each_row_group(groups, packed, x, x_stride, y, y_stride, m, k, n0, n1);
}

#ifdef LH_BF16_DOT
// Whether each lane computes two fmas, the second element's first, and no other sum of two products.
bool lh_bf16_dot_is_two_fmas(void) {
  enum { ONE = 0x3f80, LARGE = 0x4b80 /* 2^24 */, SMALL = 0x3380 /* 2^-24 */, MINUS = 0x8000 };
  // 1 + 2^24 loses the 1 that 1 - 2^24 would keep; 1 + 2^-24 loses what two of them together would not.
  const vu w = (vu)(uint32_t)(ONE | ONE << 16);
  vu x = (vu)((uint32_t)LARGE << 16 | (LARGE | MINUS));
  x[1] = (uint32_t)SMALL << 16 | SMALL;
  vf sum = (vf)_mm512_dpbf16_ps((__m512)(vf)1.0f, (__m512bh)x, (__m512bh)w);
  return sum[0] == 0 && sum[1] == 1;
}
#endif

#undef ELEMENT_STEPS
#endif

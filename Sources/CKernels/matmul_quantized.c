// Products of packed quantized weights and activations rounded to bytes (PackedWeights.h has the layout).
//
//   acc = fma(float(s), weight scale * activation scale, acc), s = sum of (code - offset) * value, exact,
//   then, for types with minimum, acc = fma(minimum, activation sum, acc); sub-blocks ascending.
//
// Sums of bytes are exact in any order, so only the order of the sub-blocks matters, and that is one for
// all. Lanes are features. The offset costs nothing: a sum begins at -(sum of value) << offset_shift.
//
// A group of up to 8 rows (row_groups.h) is multiplied by a panel at a time: codes and scales of a block are read
// once, put to use in registers for all of these rows and forgotten, while their sums stay in registers from the first
// block to the last. One stream of memory, with the next bytes asked for ahead.
#ifndef LH_WIDTH
#include "row_groups.h"

enum { QUANTIZED_ROWS = 8 };

_Static_assert(sizeof(lh_activation_block) == 64, "a cache line");

void lh_matmul_quantized_reference(
  lh_type type, const void *packed, const lh_activation_block *x, int64_t x_stride, float *y, int64_t y_stride,
  int64_t m, int64_t k, int64_t n0, int64_t n1) {
  const lh_packing p = lh_packing_of(type);
  if (p.low_bits == 0) return;
  const int64_t units = k / lh_unit_elements(p), unit_bytes = lh_unit_bytes(p);
  const int subs = LH_BLOCK_ELEMENTS / p.sub_elements, offset = p.offset_shift < 0 ? 0 : 1 << p.offset_shift;
  for (int64_t n = n0; n < n1; n++)
    for (int64_t r = 0; r < m; r++) {
      const lh_activation_block *a = x + r * x_stride;
      const uint8_t *unit = (const uint8_t *)packed + n / LH_PANEL_FEATURES * units * unit_bytes;
      int feature = (int)(n % LH_PANEL_FEATURES);
      float acc = 0;
      for (int64_t u = 0; u < units; u++, unit += unit_bytes)
        for (int b = 0; b < p.blocks; b++, a++)
          for (int s = 0; s < subs; s++) {
            int32_t sum = 0;
            for (int i = s * p.sub_elements; i < (s + 1) * p.sub_elements; i++)
              sum += (lh_packed_code(type, p, unit, feature, b, i) - offset) * a->value[i];
            lh_packed_scale w = lh_packed_scale_of(type, p, unit, feature, b * subs + s);
            acc = __builtin_fmaf((float)sum, w.scale * a->scale, acc);
            if (p.has_minimum) acc = __builtin_fmaf(w.minimum, subs == 1 ? a->sum : a->half_sum[s], acc);
          }
      y[r * y_stride + n] = acc;
    }
}

#define LH_KERNEL_FILE "matmul_quantized.c"
#include "each_isa.h"
#else

#include "packed_vectors.h"

#define PARTS (LH_PANEL_FEATURES / LH_WIDTH)
#define start_of LH_FN(quantized_start)
#define add_block LH_FN(quantized_add_block)
#define group LH_FN(quantized_group)
#define groups_of LH_FN(quantized_groups_of)

// What the integer sum of a sub-block begins with.
LH_INLINE vi start_of(lh_packing p, const lh_activation_block *a, int sub) {
  if (p.offset_shift < 0 || (LH_SIGNED_WIDE_CODES && p.offset_shift == 7)) return 0;
  return (vi)(p.sub_elements == 32 ? a->negated : a->half_negated[sub]) << p.offset_shift;
}

// acc plus one block's product: codes times one row's activations.
LH_INLINE vf add_block(
  lh_packing p, vf acc, const vb *code, const vf *scale, const vf *minimum, const lh_activation_block *a) {
  const int subs = LH_BLOCK_ELEMENTS / p.sub_elements;
  LH_UNROLL for (int s = 0; s < subs; s++) {
    vi sum = start_of(p, a, s);
    LH_UNROLL for (int g = s * 8 / subs; g < (s + 1) * 8 / subs; g += GATHERED(p)) {
      vi gathered = begin_gathering(sum);
      LH_UNROLL for (int j = g; j < g + GATHERED(p); j++)
        gathered = gather(gathered, code[j], a->value + 4 * j, p.offset_shift == 7);
      sum = end_gathering(sum, gathered);
    }
    acc = fma_vector(__builtin_convertvector(sum, vf), scale[s] * a->scale, acc);
    if (p.has_minimum) acc = fma_vector(minimum[s], (vf)(subs == 1 ? a->sum : a->half_sum[s]), acc);
  }
  return acc;
}

// `rows` rows by features [n0, n1).
LH_INLINE void group(
  lh_type type, int rows, const uint8_t *packed, const lh_activation_block *x, int64_t x_stride, float *y,
  int64_t y_stride, int64_t k, int64_t n0, int64_t n1) {
  const lh_packing p = lh_packing_of(type);
  const int subs = LH_BLOCK_ELEMENTS / p.sub_elements;
  const int64_t units = k / lh_unit_elements(p);
  for (int64_t n = n0 / LH_PANEL_FEATURES * LH_PANEL_FEATURES; n < n1; n += LH_PANEL_FEATURES) {
    const uint8_t *unit = packed + n / LH_PANEL_FEATURES * units * lh_unit_bytes(p);
    const lh_activation_block *a = x;
    vf acc[QUANTIZED_ROWS][PARTS];
    LH_UNROLL for (int r = 0; r < rows; r++) LH_UNROLL for (int t = 0; t < PARTS; t++) acc[r][t] = 0;
    LH_NO_UNROLL for (int64_t u = 0; u < units; u++, unit += lh_unit_bytes(p)) {
      vf scale[PARTS][16], minimum[PARTS][16];
      LH_UNROLL for (int t = 0; t < PARTS; t++)
        LH_UNROLL for (int s = 0; s < p.blocks * subs; s++)
          scale_vectors(type, p, unit, t, s, &scale[t][s], &minimum[t][s]);
      LH_NO_UNROLL for (int b = 0; b < p.blocks; b++, a++) {
        const uint8_t *soon = unit + b * (lh_unit_bytes(p) / p.blocks) + PREFETCH_BYTES;
        LH_UNROLL for (int ahead = 0; ahead < lh_unit_bytes(p) / p.blocks; ahead += 64)
          __builtin_prefetch(soon + ahead, 0, 3);
        LH_UNROLL for (int t = 0; t < PARTS; t++) {
          vb code[8];
          code_vectors(type, p, unit, b, t, code);
          LH_UNROLL for (int r = 0; r < rows; r++)
            acc[r][t] = add_block(
              p, acc[r][t], code, &scale[t][b * subs], &minimum[t][b * subs], a + r * x_stride);
        }
      }
    }
    LH_UNROLL for (int r = 0; r < rows; r++)
      LH_UNROLL for (int t = 0; t < PARTS; t++)
        store_part(y + r * y_stride, acc[r][t], n + t * LH_WIDTH, n0, n1);
  }
}

// One function for each type and number of rows: in one large function registers were spilled at random.
#define GROUP(name, type, rows) \
  static __attribute__((noinline)) void LH_FN(quantized_##name##_##rows)( \
    const uint8_t *packed, const void *x, int64_t x_stride, float *y, int64_t y_stride, int64_t k, int64_t n0, \
    int64_t n1) { \
    group(type, rows, packed, x, x_stride, y, y_stride, k, n0, n1); \
  }
#define NAME(name, rows) LH_FN(quantized_##name##_##rows)
#define OF_TYPE(name, type) \
  GROUP(name, type, 1) GROUP(name, type, 2) GROUP(name, type, 3) GROUP(name, type, 4) \
  GROUP(name, type, 5) GROUP(name, type, 6) GROUP(name, type, 7) GROUP(name, type, 8) \
  static const lh_row_group LH_FN(quantized_##name)[QUANTIZED_ROWS] = { \
    NAME(name, 1), NAME(name, 2), NAME(name, 3), NAME(name, 4), \
    NAME(name, 5), NAME(name, 6), NAME(name, 7), NAME(name, 8)};
#define LH_QUANTIZED_TYPES(X) \
  X(q4_0, LH_Q4_0) X(q4_1, LH_Q4_1) X(q5_0, LH_Q5_0) X(q5_1, LH_Q5_1) X(q8_0, LH_Q8_0) X(iq4_nl, LH_IQ4_NL) \
  X(q2_k, LH_Q2_K) X(q3_k, LH_Q3_K) X(q4_k, LH_Q4_K) X(q5_k, LH_Q5_K) X(q6_k, LH_Q6_K) X(iq4_xs, LH_IQ4_XS) \
  X(mxfp4, LH_MXFP4) X(iq1_s, LH_IQ1_S) X(iq1_m, LH_IQ1_M) X(iq2_xxs, LH_IQ2_XXS) X(iq2_xs, LH_IQ2_XS) \
  X(iq2_s, LH_IQ2_S) X(iq3_xxs, LH_IQ3_XXS) X(iq3_s, LH_IQ3_S) X(tq1_0, LH_TQ1_0) X(tq2_0, LH_TQ2_0)
LH_QUANTIZED_TYPES(OF_TYPE)
#undef OF_TYPE
#undef NAME
#undef GROUP

// The functions of a type, by number of rows less one; NULL for a type that is not quantized.
static const lh_row_group *groups_of(lh_type type) {
#define OF_TYPE(name, type) case type: return LH_FN(quantized_##name);
  switch (type) {
    LH_QUANTIZED_TYPES(OF_TYPE)
    case LH_F32:
    case LH_F16:
    case LH_BF16: break;
  }
#undef OF_TYPE
  return NULL;
}

void LH_FN(lh_matmul_quantized)(
  lh_type type, const void *packed, const lh_activation_block *x, int64_t x_stride, float *y, int64_t y_stride,
  int64_t m, int64_t k, int64_t n0, int64_t n1) {
  const lh_row_group *by_rows = groups_of(type);
  if (by_rows == NULL) return;
  const lh_packing p = lh_packing_of(type);
  const lh_row_groups groups = {
    .by_rows = by_rows,
    .most_rows = QUANTIZED_ROWS,
    .element_bytes = sizeof(lh_activation_block),
    .panel_bytes = k / lh_unit_elements(p) * lh_unit_bytes(p),
  };
  lh_each_row_group(groups, packed, x, x_stride, y, y_stride, m, k, n0, n1);
}

#undef LH_QUANTIZED_TYPES
#undef PARTS
#endif

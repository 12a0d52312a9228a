// Products of packed F32 and F16 weights: y[r][n] = sum over i of x[r][i] * w[n][i]; acc = fma(x[r][i], w[n][i],
// acc), i ascending, from +0.
//
// The order within a sum is fixed, so all parallelism is across sums: lanes of a vector are features, and
// packed weights have 16 features of one i side by side.
//
// Each vector of weights is used at once for a group of rows and forgotten (row_groups.h), while all sums stay in
// registers (float_sums.h).
#ifndef LH_WIDTH
#include "row_groups.h"

void lh_matmul_reference(
  lh_type type, const void *packed, const float *x, int64_t x_stride, float *y, int64_t y_stride,
  int64_t m, int64_t k, int64_t n0, int64_t n1) {
  if (type != LH_F32 && type != LH_F16) return;
  for (int64_t n = n0; n < n1; n++)
    for (int64_t r = 0; r < m; r++) {
      int64_t first = n / LH_PANEL_FEATURES * LH_PANEL_FEATURES * k + n % LH_PANEL_FEATURES;
      float acc = 0;
      for (int64_t i = 0; i < k; i++)
        acc = __builtin_fmaf(
          x[r * x_stride + i], lh_decode(type, packed, first + i * LH_PANEL_FEATURES), acc);
      y[r * y_stride + n] = acc;
    }
}

#define LH_KERNEL_FILE "matmul.c"
#include "each_isa.h"
#else

#include "packed_vectors.h"
#include "float_sums.h"

#define group LH_FN(matmul_group)

// `rows` rows by features [n0, n1).
LH_INLINE void group(
  lh_type type, int64_t element_bytes, int rows, const uint8_t *packed, const float *x, int64_t x_stride,
  float *y, int64_t y_stride, int64_t k, int64_t n0, int64_t n1) {
  const int64_t panels = (n1 + LH_PANEL_FEATURES - 1) / LH_PANEL_FEATURES;
  for (int64_t first = n0 / LH_PANEL_FEATURES; first < panels; first += BESIDE(rows)) {
    const uint8_t *w[MOST_BESIDE];
    sums acc;
    begin_sums(rows, packed, LH_PANEL_FEATURES * element_bytes * k, first, panels, w, acc);
    LH_NO_UNROLL for (int64_t i = 0; i < k; i++)
      LH_UNROLL for (int b = 0; b < BESIDE(rows); b++) {
        const uint8_t *at = w[b] + i * LH_PANEL_FEATURES * element_bytes;
        __builtin_prefetch(at + PREFETCH_BYTES, 0, 3);
        LH_UNROLL for (int t = 0; t < PARTS; t++) {
          vf weight = load_kv(type, at, t * LH_WIDTH);
          LH_UNROLL for (int r = 0; r < rows; r++)
            acc[b][r][t] = fma_vector((vf)x[r * x_stride + i], weight, acc[b][r][t]);
        }
      }
    store_sums(rows, acc, y, y_stride, first, panels, n0, n1);
  }
}

// One function for each type and number of rows: in one large function registers were spilled at random.
#define GROUP(type, rows) \
  static __attribute__((noinline)) void LH_FN(matmul_##type##_##rows)( \
    const uint8_t *packed, const void *x, int64_t x_stride, float *y, int64_t y_stride, int64_t k, int64_t n0, \
    int64_t n1) { \
    group(type, type == LH_F32 ? 4 : 2, rows, packed, x, x_stride, y, y_stride, k, n0, n1); \
  }
#define NAME(type, rows) LH_FN(matmul_##type##_##rows),
EACH_ROW_COUNT(GROUP, LH_F32)
EACH_ROW_COUNT(GROUP, LH_F16)
static const lh_row_group LH_FN(matmul_f32)[] = {EACH_ROW_COUNT(NAME, LH_F32)};
static const lh_row_group LH_FN(matmul_f16)[] = {EACH_ROW_COUNT(NAME, LH_F16)};
#undef NAME
#undef GROUP

void LH_FN(lh_matmul)(
  lh_type type, const void *packed, const float *x, int64_t x_stride, float *y, int64_t y_stride,
  int64_t m, int64_t k, int64_t n0, int64_t n1) {
  if (type != LH_F32 && type != LH_F16) return;
  const lh_row_groups groups = {
    .by_rows = type == LH_F32 ? LH_FN(matmul_f32) : LH_FN(matmul_f16),
    .most_rows = GROUP_ROWS,
    .element_bytes = sizeof(float),
    .panel_bytes = LH_PANEL_FEATURES * (type == LH_F32 ? 4 : 2) * k,
  };
  lh_each_row_group(groups, packed, x, x_stride, y, y_stride, m, k, n0, n1);
}
#endif

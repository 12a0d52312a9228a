// Products of packed F32 and F16 weights: y[r][n] = sum over i of x[r][i] * w[n][i]; acc = fma(x[r][i], w[n][i],
// acc), i ascending, from +0.
//
// The order within a sum is fixed, so all parallelism is across sums: lanes of a vector are channels, and
// packed weights have 16 channels of one i side by side.
//
// Each vector of weights is used at once for a group of rows and forgotten, while all sums stay in registers from the
// first i to the last; groups of few rows take several bundles side by side to hide the latency of the fma. More rows
// are cut into groups, and some bundles stay in the second-level cache until all groups have met them: memory is read
// once, however many rows there are.
#ifndef LH_WIDTH
#include "packed.h"

enum { LARGEST_GROUP = 8, MOST_BESIDE = 4 };

void lh_matmul_reference(
  lh_type type, const void *packed, const float *x, int64_t x_stride, float *y, int64_t y_stride,
  int64_t m, int64_t k, int64_t n0, int64_t n1) {
  if (type != LH_F32 && type != LH_F16) return;
  for (int64_t n = n0; n < n1; n++)
    for (int64_t r = 0; r < m; r++) {
      int64_t first = n / LH_BUNDLE_CHANNELS * LH_BUNDLE_CHANNELS * k + n % LH_BUNDLE_CHANNELS;
      float acc = 0;
      for (int64_t i = 0; i < k; i++)
        acc = __builtin_fmaf(
          x[r * x_stride + i], lh_decode(type, packed, first + i * LH_BUNDLE_CHANNELS), acc);
      y[r * y_stride + n] = acc;
    }
}

#define LH_KERNEL_FILE "matmul.c"
#include "each_isa.h"
#else

#include "packed_vectors.h"

#define PARTS (LH_BUNDLE_CHANNELS / LH_WIDTH)
// Rows of a group, and bundles side by side for so many rows: as many sums as leave registers for the rest.
#if LH_WIDTH == 16
#define GROUP_ROWS 8
#define MOST_SUMS 16
#elif LH_WIDTH == 8
#define GROUP_ROWS 5
#define MOST_SUMS 10
#else
#define GROUP_ROWS 5
#define MOST_SUMS 20
#endif
#define BESIDE(rows) \
  (MOST_SUMS / ((rows) * PARTS) < MOST_BESIDE ? MOST_SUMS / ((rows) * PARTS) : MOST_BESIDE)

#define group LH_FN(matmul_group)
#define group_of LH_FN(matmul_group_of)

// `rows` rows by channels [n0, n1).
LH_INLINE void group(
  lh_type type, int64_t element_bytes, int rows, const uint8_t *packed, const float *x, int64_t x_stride,
  float *y, int64_t y_stride, int64_t k, int64_t n0, int64_t n1) {
  const int beside = BESIDE(rows);
  const int64_t bundle_bytes = LH_BUNDLE_CHANNELS * element_bytes * k;
  const int64_t bundles = (n1 + LH_BUNDLE_CHANNELS - 1) / LH_BUNDLE_CHANNELS;
  for (int64_t first = n0 / LH_BUNDLE_CHANNELS; first < bundles; first += beside) {
    const uint8_t *w[MOST_BESIDE];
    vf acc[MOST_BESIDE][LARGEST_GROUP][PARTS];
    LH_UNROLL for (int b = 0; b < beside; b++) {
      // Bundles behind the last repeat it, and are not stored.
      w[b] = packed + lh_min(first + b, bundles - 1) * bundle_bytes;
      LH_UNROLL for (int r = 0; r < rows; r++)
        LH_UNROLL for (int t = 0; t < PARTS; t++) acc[b][r][t] = 0;
    }
    LH_NO_UNROLL for (int64_t i = 0; i < k; i++)
      LH_UNROLL for (int b = 0; b < beside; b++) {
        const uint8_t *at = w[b] + i * LH_BUNDLE_CHANNELS * element_bytes;
        __builtin_prefetch(at + PREFETCH_BYTES, 0, 3);
        LH_UNROLL for (int t = 0; t < PARTS; t++) {
          vf weight = load_kv(type, at, t * LH_WIDTH);
          LH_UNROLL for (int r = 0; r < rows; r++)
            acc[b][r][t] = fma_vector((vf)x[r * x_stride + i], weight, acc[b][r][t]);
        }
      }
    LH_UNROLL for (int b = 0; b < beside; b++)
      LH_UNROLL for (int r = 0; r < rows; r++)
        LH_UNROLL for (int t = 0; t < PARTS; t++)
          store_part(
            y + r * y_stride, acc[b][r][t], (first + b) * LH_BUNDLE_CHANNELS + t * LH_WIDTH, n0,
            first + b < bundles ? n1 : 0);
  }
}

typedef void (*group_of)(
  const uint8_t *packed, const float *x, int64_t x_stride, float *y, int64_t y_stride, int64_t k, int64_t n0,
  int64_t n1);

// One function for each type and number of rows: in one large function registers were spilled at random.
#define GROUP(name, type, rows) \
  static __attribute__((noinline)) void LH_FN(matmul_##name##_##rows)( \
    const uint8_t *packed, const float *x, int64_t x_stride, float *y, int64_t y_stride, int64_t k, \
    int64_t n0, int64_t n1) { \
    group(type, type == LH_F32 ? 4 : 2, rows, packed, x, x_stride, y, y_stride, k, n0, n1); \
  }
#define NAME(name, rows) LH_FN(matmul_##name##_##rows)
#if GROUP_ROWS == 8
#define MORE_ROWS(name, type) GROUP(name, type, 6) GROUP(name, type, 7) GROUP(name, type, 8)
#define MORE_NAMES(name) NAME(name, 6), NAME(name, 7), NAME(name, 8)
#else
#define MORE_ROWS(name, type)
#define MORE_NAMES(name)
#endif
#define OF_TYPE(name, type) \
  GROUP(name, type, 1) GROUP(name, type, 2) GROUP(name, type, 3) GROUP(name, type, 4) GROUP(name, type, 5) \
  MORE_ROWS(name, type) \
  static const group_of LH_FN(matmul_##name)[GROUP_ROWS] = { \
    NAME(name, 1), NAME(name, 2), NAME(name, 3), NAME(name, 4), NAME(name, 5), MORE_NAMES(name)};
OF_TYPE(f32, LH_F32) OF_TYPE(f16, LH_F16)
#undef OF_TYPE
#undef MORE_ROWS
#undef MORE_NAMES
#undef NAME
#undef GROUP

void LH_FN(lh_matmul)(
  lh_type type, const void *packed, const float *x, int64_t x_stride, float *y, int64_t y_stride,
  int64_t m, int64_t k, int64_t n0, int64_t n1) {
  if (type != LH_F32 && type != LH_F16) return;
  if (k == 0) return lh_write_zeros(y, y_stride, m, n0, n1);
  const group_of *by_rows = type == LH_F32 ? LH_FN(matmul_f32) : LH_FN(matmul_f16);
  const int64_t stay = lh_stay_channels(LH_BUNDLE_CHANNELS * (type == LH_F32 ? 4 : 2) * k);
  const int64_t groups = (m + GROUP_ROWS - 1) / GROUP_ROWS;
  for (int64_t n = n0, end; n < n1; n = end) {
    end = lh_min(n1, (n / stay + 1) * stay);
    for (int64_t g = 0; g < groups; g++) {
      // Groups as equal as can be: of 8, 9 rows are 4 and 5.
      int64_t first = m * g / groups, rows = m * (g + 1) / groups - first;
      by_rows[rows - 1](packed, x + first * x_stride, x_stride, y + first * y_stride, y_stride, k, n, end);
    }
  }
}

#undef PARTS
#undef GROUP_ROWS
#undef MOST_SUMS
#undef BESIDE
#endif

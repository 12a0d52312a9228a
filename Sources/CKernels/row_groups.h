// How a product goes through its rows and features: rows in groups whose sums fit in registers, features in panels
// that stay in the second-level cache until all groups have met them, so that memory is read once however many rows
// there are.
#ifndef LONGHAUL_ROW_GROUPS_H
#define LONGHAUL_ROW_GROUPS_H

#include "packed.h"

// The products of a group's rows with features [n0, n1). The type of the rows is the kernel's; `x_stride` and
// `y_stride` count their elements.
typedef void (*lh_row_group)(
  const uint8_t *packed, const void *x, int64_t x_stride, float *y, int64_t y_stride, int64_t k, int64_t n0,
  int64_t n1);

typedef struct {
  // By number of rows less one.
  const lh_row_group *by_rows;
  int64_t most_rows;
  // Of x.
  int64_t element_bytes;
  // Of 16 features' weights.
  int64_t panel_bytes;
} lh_row_groups;

// How many features all groups of rows meet before the next ones are read: whole panels that leave half of a usual
// second-level cache to the rows, but at least two, and an even number.
LH_INLINE int64_t lh_stay_features(int64_t panel_bytes) {
  int64_t pairs = (512 << 10) / (2 * panel_bytes);
  return 2 * LH_PANEL_FEATURES * (pairs < 1 ? 1 : pairs);
}

static inline void lh_each_row_group(
  lh_row_groups groups, const uint8_t *packed, const void *x, int64_t x_stride, float *y, int64_t y_stride, int64_t m,
  int64_t k, int64_t n0, int64_t n1) {
  if (k == 0) {
    for (int64_t r = 0; r < m; r++)
      for (int64_t n = n0; n < n1; n++) y[r * y_stride + n] = 0;
    return;
  }
  const int64_t stay = lh_stay_features(groups.panel_bytes);
  const int64_t count = (m + groups.most_rows - 1) / groups.most_rows;
  for (int64_t n = n0, end; n < n1; n = end) {
    end = lh_min(n1, (n / stay + 1) * stay);
    for (int64_t g = 0; g < count; g++) {
      // Groups as equal as can be: of 8, 9 rows are 4 and 5.
      int64_t first = m * g / count, rows = m * (g + 1) / count - first;
      groups.by_rows[rows - 1](
        packed, (const uint8_t *)x + first * x_stride * groups.element_bytes, x_stride, y + first * y_stride, y_stride,
        k, n, end);
    }
  }
}

#endif

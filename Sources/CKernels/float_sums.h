// The sums of a group of rows, for products of floats; included by them once for each instruction set, after
// packed_vectors.h. All of them stay in registers from the first element to the last; groups of few rows take several
// panels side by side to hide the latency of the fma.
#undef PARTS
#undef GROUP_ROWS
#undef MOST_SUMS
#undef BESIDE
#undef EACH_ROW_COUNT

#define PARTS (LH_PANEL_FEATURES / LH_WIDTH)
// Rows of a group, and panels side by side for so many rows: as many sums as leave registers for the rest.
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

// X(type, rows) for every number of rows that a group may have.
#if GROUP_ROWS == 8
#define EACH_ROW_COUNT(X, type) \
  X(type, 1) X(type, 2) X(type, 3) X(type, 4) X(type, 5) X(type, 6) X(type, 7) X(type, 8)
#else
#define EACH_ROW_COUNT(X, type) X(type, 1) X(type, 2) X(type, 3) X(type, 4) X(type, 5)
#endif

#ifndef LONGHAUL_FLOAT_SUMS
#define LONGHAUL_FLOAT_SUMS
enum { LARGEST_GROUP = 8, MOST_BESIDE = 4 };
#define sums LH_FN(lh_sums)
#define begin_sums LH_FN(lh_begin_sums)
#define store_sums LH_FN(lh_store_sums)
#endif

// By panel, row and part of the panel.
typedef vf sums[MOST_BESIDE][LARGEST_GROUP][PARTS];

// Finds the panels from `first` on, of `panels` in all, and sets their sums to zero. Panels behind the last repeat
// it, and are not stored.
LH_INLINE void begin_sums(
  int rows, const uint8_t *packed, int64_t panel_bytes, int64_t first, int64_t panels, const uint8_t **w, sums acc) {
  LH_UNROLL for (int b = 0; b < BESIDE(rows); b++) {
    w[b] = packed + lh_min(first + b, panels - 1) * panel_bytes;
    LH_UNROLL for (int r = 0; r < rows; r++)
      LH_UNROLL for (int t = 0; t < PARTS; t++) acc[b][r][t] = 0;
  }
}

// Stores the sums of features in [n0, n1).
LH_INLINE void store_sums(
  int rows, sums acc, float *y, int64_t y_stride, int64_t first, int64_t panels, int64_t n0, int64_t n1) {
  LH_UNROLL for (int b = 0; b < BESIDE(rows); b++)
    LH_UNROLL for (int r = 0; r < rows; r++)
      LH_UNROLL for (int t = 0; t < PARTS; t++)
        store_part(
          y + r * y_stride, acc[b][r][t], (first + b) * LH_PANEL_FEATURES + t * LH_WIDTH, n0,
          first + b < panels ? n1 : 0);
}

// Products of packed float weights: y[r][n] = sum over i of x[r][i] * w[n][i]; acc = fma(x[r][i], w[n][i],
// acc), i ascending, from +0.
//
// The order within a sum is fixed, so all parallelism is across sums: lanes of a vector are channels, and
// packed weights have 16 channels of one i side by side.
//
// Few rows (decoding): each vector of weights is used at once for all rows and forgotten; several bundles
// run side by side to hide the latency of the fma.
// Many rows (prefill): x is packed once per block of i, as [i][rows of a tile]; then for each panel of
// channels the weights are converted once into [i][channels of the panel] and every row tile is multiplied
// by it in registers. Partial sums rest in y between blocks of i: a float stored and loaded is the same
// float, so neither the blocking nor the number of rows shows in the result.
#ifndef LH_WIDTH
#include "packed.h"

enum {
  INNER_BLOCK = 256,     // i a block
  ROW_BLOCK = 240,       // rows packed at a time; a multiple of every tile height
  PANEL_CHANNELS = 32,   // at least the panel width of any variant
  DIRECT_ROWS = 4,       // up to so many rows nothing is packed
};

// More than lh_matmul_quantized needs, too.
int64_t lh_matmul_scratch_floats(void) { return (ROW_BLOCK + PANEL_CHANNELS) * INNER_BLOCK; }

void lh_matmul_reference(
  lh_type type, const void *packed, const float *x, int64_t x_stride, float *y, int64_t y_stride,
  int64_t m, int64_t k, int64_t n0, int64_t n1, float *scratch) {
  (void)scratch;
  if (!lh_is_float(type)) return;
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

// Tile heights and widths that fill the registers: TILE_ROWS x PANEL_VECTORS accumulators.
#if LH_WIDTH == 16
#define TILE_ROWS 12
#define PANEL_VECTORS 2
#else
#define TILE_ROWS 6
#define PANEL_VECTORS (16 / LH_WIDTH)
#endif
#define PANEL_WIDTH (PANEL_VECTORS * LH_WIDTH)
#define PARTS (LH_BUNDLE_CHANNELS / LH_WIDTH)
// Bundles side by side when rows are few.
#define DIRECT_BUNDLES(rows) ((rows) == 1 ? 64 / LH_WIDTH / PARTS : 2)

#define direct LH_FN(matmul_direct)
#define pack_panel LH_FN(matmul_pack_panel)
#define pack_rows LH_FN(matmul_pack_rows)
#define micro LH_FN(matmul_micro)
#define micro_rows LH_FN(matmul_micro_rows)
#define panels LH_FN(matmul_panels)

LH_INLINE void direct(
  lh_type type, int64_t element_bytes, int rows, const uint8_t *packed, const float *x, int64_t x_stride,
  float *y, int64_t y_stride, int64_t k, int64_t n0, int64_t n1) {
  enum { BUNDLES = 4 };
  const int beside = DIRECT_BUNDLES(rows);
  const int64_t bundle_bytes = LH_BUNDLE_CHANNELS * element_bytes * k;
  const int64_t bundles = (n1 + LH_BUNDLE_CHANNELS - 1) / LH_BUNDLE_CHANNELS;
  for (int64_t first = n0 / LH_BUNDLE_CHANNELS; first < bundles; first += beside) {
    const uint8_t *w[BUNDLES];
    vf acc[BUNDLES][DIRECT_ROWS][PARTS];
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

// Converts i in [begin, end) of the panel's channels from `n` (a multiple of LH_WIDTH) on into
// panel[i - begin][channel]. Vectors at or behind n1 are zeros.
LH_INLINE void pack_panel(
  lh_type type, int64_t element_bytes, const uint8_t *packed, int64_t k, int64_t n, int64_t n1, int64_t begin,
  int64_t end, float *panel) {
  LH_UNROLL for (int v = 0; v < PANEL_VECTORS; v++) {
    int64_t channel = n + v * LH_WIDTH;
    const uint8_t *from = packed +
      element_bytes * (channel / LH_BUNDLE_CHANNELS * LH_BUNDLE_CHANNELS * k + channel % LH_BUNDLE_CHANNELS);
    float *to = panel + v * LH_WIDTH;
    for (int64_t i = begin; i < end; i++, to += PANEL_WIDTH)
      store_f32(to, channel < n1 ? load_kv(type, from, i * LH_BUNDLE_CHANNELS) : (vf)0.0f);
  }
}

// Copies rows of x for i in [begin, end) into tiles of TILE_ROWS rows, each [i][row]; the last tile may
// be lower and is packed by its own height.
static void pack_rows(
  const float *x, int64_t x_stride, int64_t rows, int64_t begin, int64_t end, float *packed_x) {
  for (int64_t r = 0; r < rows; r += TILE_ROWS) {
    int64_t height = lh_min(TILE_ROWS, rows - r);
    float *tile = packed_x + r * (end - begin);
    for (int64_t t = 0; t < height; t++) {
      const float *from = x + (r + t) * x_stride + begin;
      float *to = tile + t;
      for (int64_t i = 0; i < end - begin; i++) to[i * height] = from[i];
    }
  }
}

// y tile += packed x tile * panel, `height` rows by a panel of channels from n on. `fresh`: start from +0
// instead of from y.
LH_INLINE void micro(
  int height, const float *tile, const float *panel, int64_t inner, float *y, int64_t y_stride, int64_t n,
  int64_t n0, int64_t n1, bool fresh) {
  vf acc[TILE_ROWS][PANEL_VECTORS];
  LH_UNROLL for (int r = 0; r < height; r++)
    LH_UNROLL for (int v = 0; v < PANEL_VECTORS; v++)
      acc[r][v] = fresh ? (vf)0.0f : load_part(y + r * y_stride, n + v * LH_WIDTH, n0, n1);
  LH_NO_UNROLL for (int64_t i = 0; i < inner; i++) {
    vf w[PANEL_VECTORS];
    LH_UNROLL for (int v = 0; v < PANEL_VECTORS; v++) w[v] = load_f32(panel + v * LH_WIDTH);
    LH_UNROLL for (int r = 0; r < height; r++)
      LH_UNROLL for (int v = 0; v < PANEL_VECTORS; v++)
        acc[r][v] = fma_vector((vf)tile[r], w[v], acc[r][v]);
    panel += PANEL_WIDTH;
    tile += height;
  }
  LH_UNROLL for (int r = 0; r < height; r++)
    LH_UNROLL for (int v = 0; v < PANEL_VECTORS; v++)
      store_part(y + r * y_stride, acc[r][v], n + v * LH_WIDTH, n0, n1);
}

static void micro_rows(
  int64_t height, const float *tile, const float *panel, int64_t inner, float *y, int64_t y_stride,
  int64_t n, int64_t n0, int64_t n1, bool fresh) {
#define HEIGHT(h) \
  case h: micro(h, tile, panel, inner, y, y_stride, n, n0, n1, fresh); break;
  switch (height) {
    HEIGHT(1) HEIGHT(2) HEIGHT(3) HEIGHT(4) HEIGHT(5) HEIGHT(6)
#if TILE_ROWS == 12
    HEIGHT(7) HEIGHT(8) HEIGHT(9) HEIGHT(10) HEIGHT(11) HEIGHT(12)
#endif
  }
#undef HEIGHT
}

LH_INLINE void panels(
  lh_type type, int64_t element_bytes, const uint8_t *packed, const float *x, int64_t x_stride, float *y,
  int64_t y_stride, int64_t m, int64_t k, int64_t n0, int64_t n1, float *scratch) {
  float *panel = scratch, *packed_x = scratch + PANEL_CHANNELS * INNER_BLOCK;
  for (int64_t r0 = 0; r0 < m; r0 += ROW_BLOCK) {
    int64_t rows = lh_min(ROW_BLOCK, m - r0);
    for (int64_t begin = 0; begin < k; begin += INNER_BLOCK) {
      int64_t end = lh_min(begin + INNER_BLOCK, k), inner = end - begin;
      pack_rows(x + r0 * x_stride, x_stride, rows, begin, end, packed_x);
      for (int64_t n = n0 / LH_BUNDLE_CHANNELS * LH_BUNDLE_CHANNELS; n < n1; n += PANEL_WIDTH) {
        pack_panel(type, element_bytes, packed, k, n, n1, begin, end, panel);
        for (int64_t r = 0; r < rows; r += TILE_ROWS)
          micro_rows(
            lh_min(TILE_ROWS, rows - r), packed_x + r * inner, panel, inner, y + (r0 + r) * y_stride,
            y_stride, n, n0, n1, begin == 0);
      }
    }
  }
}

// One function for each type and number of rows: in one large function registers were spilled at random.
#define DIRECT(name, type, rows) \
  static __attribute__((noinline)) void LH_FN(matmul_##name##_##rows)( \
    const uint8_t *packed, const float *x, int64_t x_stride, float *y, int64_t y_stride, int64_t k, \
    int64_t n0, int64_t n1) { \
    direct(type, type == LH_F32 ? 4 : 2, rows, packed, x, x_stride, y, y_stride, k, n0, n1); \
  }
#define OF_TYPE(name, type) \
  DIRECT(name, type, 1) DIRECT(name, type, 2) DIRECT(name, type, 3) DIRECT(name, type, 4) \
  static __attribute__((noinline)) void LH_FN(matmul_##name)( \
    const uint8_t *packed, const float *x, int64_t x_stride, float *y, int64_t y_stride, int64_t m, \
    int64_t k, int64_t n0, int64_t n1, float *scratch) { \
    panels( \
      type, type == LH_F32 ? 4 : 2, packed, x, x_stride, y, y_stride, m, k, n0, n1, scratch); \
  }
OF_TYPE(f32, LH_F32) OF_TYPE(f16, LH_F16) OF_TYPE(bf16, LH_BF16)
#undef OF_TYPE
#undef DIRECT

void LH_FN(lh_matmul)(
  lh_type type, const void *packed, const float *x, int64_t x_stride, float *y, int64_t y_stride,
  int64_t m, int64_t k, int64_t n0, int64_t n1, float *scratch) {
  if (!lh_is_float(type) || n0 >= n1) return;
  if (k == 0) return lh_write_zeros(y, y_stride, m, n0, n1);
#define ROWS(name, rows) \
  case rows: LH_FN(matmul_##name##_##rows)(packed, x, x_stride, y, y_stride, k, n0, n1); break;
#define OF_TYPE(name, type) \
  case type: \
    switch (m) { \
      case 0: break; \
      ROWS(name, 1) ROWS(name, 2) ROWS(name, 3) ROWS(name, 4) \
      default: LH_FN(matmul_##name)(packed, x, x_stride, y, y_stride, m, k, n0, n1, scratch); \
    } \
    break;
  switch (type) {
    OF_TYPE(f32, LH_F32) OF_TYPE(f16, LH_F16) OF_TYPE(bf16, LH_BF16)
    default: break;
  }
#undef OF_TYPE
#undef ROWS
}

#undef TILE_ROWS
#undef PANEL_VECTORS
#undef PANEL_WIDTH
#undef PARTS
#undef DIRECT_BUNDLES
#endif

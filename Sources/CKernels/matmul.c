// y[r][n] = sum over i of x[r][i] * w[n][i]; acc = fma(x[r][i], w[n][i], acc), i ascending, from +0.
//
// The order within a sum is fixed, so all parallelism is across sums: lanes of a vector are output
// channels. Weights lie with i contiguous, so they are transposed on the way, in registers, LH_WIDTH
// channels by a few i at a time, while being decoded to f32 ("transposed stripe" below).
//
// Few rows (decoding): every transposed vector is used at once for all rows and forgotten; the weights
// are read once, and several stripes of channels run side by side to hide the latency of the fma. Reading
// a little of many rows at a time is more than the processor's own prefetching follows (5 GB/s), so the
// rows of the next group, which lie in one piece, are asked for in order meanwhile (15 to 28 GB/s).
// Many rows (prefill): x is packed once per block of i, as [i][rows of a tile]; then for each panel of
// channels the weights are decoded once into [i][channels of the panel] and every row tile is multiplied
// by it in registers. Partial sums rest in y between blocks of i: a float stored and loaded is the same
// float, so neither the blocking nor the number of rows shows in the result.
// Quantised types other than Q4_0 and Q8_0 have no transposing decoder: a panel's rows are decoded to floats
// first, and packed as floats, however few the rows of x.
#ifndef LH_WIDTH
#include "quantised.h"

enum {
  INNER_BLOCK = 256,     // i a block; a multiple of every type's block, so that none is cut
  ROW_BLOCK = 240,       // rows packed at a time; a multiple of every tile height
  PANEL_CHANNELS = 64,   // at least the panel width of any variant
  DIRECT_ROWS = 4,       // up to so many rows nothing is packed
};

int64_t lh_matmul_scratch_floats(void) { return (ROW_BLOCK + 2 * PANEL_CHANNELS) * INNER_BLOCK; }

void lh_matmul_reference(
  lh_type type, const void *w, int64_t row_bytes, const float *x, int64_t x_stride, float *y,
  int64_t y_stride, int64_t m, int64_t k, int64_t n0, int64_t n1, float *scratch) {
  if (lh_type_block_bytes(type) == 0) return;
  for (int64_t n = n0; n < n1; n++) {
    for (int64_t r = 0; r < m; r++) y[r * y_stride + n] = 0;
    for (int64_t begin = 0; begin < k; begin += INNER_BLOCK) {
      int64_t inner = lh_min(INNER_BLOCK, k - begin);
      const uint8_t *from = (const uint8_t *)w + n * row_bytes + lh_row_bytes(type, begin);
      lh_dequantize_reference(type, from, scratch, inner);
      for (int64_t r = 0; r < m; r++) {
        float acc = y[r * y_stride + n];
        for (int64_t i = 0; i < inner; i++) acc = __builtin_fmaf(x[r * x_stride + begin + i], scratch[i], acc);
        y[r * y_stride + n] = acc;
      }
    }
  }
}

#define LH_KERNEL_FILE "matmul.c"
#include "each_isa.h"
#else

// Tile heights and widths that fill the registers: TILE_ROWS x PANEL_STRIPES accumulators.
#if LH_WIDTH == 16
#define TILE_ROWS 12
#define PANEL_STRIPES 2
#else
#define TILE_ROWS 6
#define PANEL_STRIPES (16 / LH_WIDTH)
#endif
// Stripes side by side when rows are few. Transposing floats fills the registers, so fewer of those.
#define DIRECT_STRIPES(type, rows) (IS_QUANTISED(type) ? (rows) == 1 ? 4 : 2 : (rows) == 1 ? 2 : 1)
#define HAS_STRIPE(type) (IS_QUANTISED(type) || lh_group_elements(type) == 0)
// Of the types that stripe() decodes.
#define IS_QUANTISED(type) ((type) == LH_Q4_0 || (type) == LH_Q8_0)
// i covered by one transposed stripe, and the bytes of one row that hold them.
#define STRIPE_INNER(type) (IS_QUANTISED(type) ? 32 : LH_WIDTH)
#define STRIPE_BYTES(type) \
  ((type) == LH_Q4_0 ? 18 : (type) == LH_Q8_0 ? 34 : (type) == LH_F32 ? 4 * LH_WIDTH : 2 * LH_WIDTH)

#define transpose LH_FN(matmul_transpose)
#define take LH_FN(matmul_take)
#define sink LH_FN(matmul_sink)
#define stripe LH_FN(matmul_stripe)
#define direct LH_FN(matmul_direct)
#define pack_panel LH_FN(matmul_pack_panel)
#define pack_rows LH_FN(matmul_pack_rows)
#define pack_decoded LH_FN(matmul_pack_decoded)
#define micro LH_FN(matmul_micro)
#define micro_rows LH_FN(matmul_micro_rows)
#define packed LH_FN(matmul_packed)
#define quad_rows LH_FN(matmul_quad_rows)
#define scales LH_FN(matmul_scales)

// Transposes LH_WIDTH vectors in place: 4 x 4 inside the 128-bit parts, then the parts.
#if LH_WIDTH == 16
#define ZIP_LOW 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29
#define ZIP_HIGH 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31
#define PAIR_LOW 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define PAIR_HIGH 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#elif LH_WIDTH == 8
#define ZIP_LOW 0, 8, 1, 9, 4, 12, 5, 13
#define ZIP_HIGH 2, 10, 3, 11, 6, 14, 7, 15
#define PAIR_LOW 0, 1, 8, 9, 4, 5, 12, 13
#define PAIR_HIGH 2, 3, 10, 11, 6, 7, 14, 15
#else
#define ZIP_LOW 0, 4, 1, 5
#define ZIP_HIGH 2, 6, 3, 7
#define PAIR_LOW 0, 1, 4, 5
#define PAIR_HIGH 2, 3, 6, 7
#endif
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)

// The 4 x 4 transposition of 32-bit elements in each 128-bit part: out[c] part p is column c of part p.
#define QUAD_TRANSPOSE(a, b, c, d) \
  do { \
    __typeof__(a) zip0 = SHUFFLE(a, b, ZIP_LOW), zip1 = SHUFFLE(a, b, ZIP_HIGH); \
    __typeof__(a) zip2 = SHUFFLE(c, d, ZIP_LOW), zip3 = SHUFFLE(c, d, ZIP_HIGH); \
    a = SHUFFLE(zip0, zip2, PAIR_LOW); \
    b = SHUFFLE(zip0, zip2, PAIR_HIGH); \
    c = SHUFFLE(zip1, zip3, PAIR_LOW); \
    d = SHUFFLE(zip1, zip3, PAIR_HIGH); \
  } while (0)

LH_INLINE void transpose(vf *v) {
  LH_UNROLL for (int q = 0; q < LH_WIDTH; q += 4) QUAD_TRANSPOSE(v[q], v[q + 1], v[q + 2], v[q + 3]);
#if LH_WIDTH == 16
  LH_UNROLL for (int c = 0; c < 4; c++) {
    vf a = SHUFFLE(v[c], v[4 + c], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    vf b = SHUFFLE(v[c], v[4 + c], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    vf d = SHUFFLE(v[8 + c], v[12 + c], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    vf e = SHUFFLE(v[8 + c], v[12 + c], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    v[c] = SHUFFLE(a, d, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
    v[4 + c] = SHUFFLE(a, d, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    v[8 + c] = SHUFFLE(b, e, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
    v[12 + c] = SHUFFLE(b, e, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  }
#elif LH_WIDTH == 8
  LH_UNROLL for (int c = 0; c < 4; c++) {
    vf a = v[c], b = v[4 + c];
    v[c] = SHUFFLE(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
    v[4 + c] = SHUFFLE(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
  }
#endif
}

// Where transposed vectors go. rows = 0: into a packed panel, one vector for each i, `panel_stride` floats
// apart. rows > 0: into the accumulators of that many rows of x.
typedef struct {
  int rows;
  float *panel;
  int64_t panel_stride;
  const float *x;
  int64_t x_stride;
  vf *acc;
} sink;

LH_INLINE void take(sink to, int64_t i, vf w) {
  if (to.rows == 0) {
    store_f32(to.panel + i * to.panel_stride, w);
  } else {
    LH_UNROLL for (int r = 0; r < to.rows; r++)
      to.acc[r] = fma_vector((vf)to.x[r * to.x_stride + i], w, to.acc[r]);
  }
}

// 16 bytes from each of LH_WIDTH addresses, as four vectors: v[c] lane l is 32-bit word c of address l.
LH_INLINE void quad_rows(const uint8_t *const *at, vu *v) {
  typedef uint32_t quad __attribute__((ext_vector_type(4)));
  LH_UNROLL for (int c = 0; c < 4; c++) {
    quad part[LH_WIDTH / 4];
    LH_UNROLL for (int p = 0; p < LH_WIDTH / 4; p++) __builtin_memcpy(&part[p], at[4 * p + c], 16);
#if LH_WIDTH == 16
    v[c] = SHUFFLE(
      SHUFFLE(part[0], part[1], 0, 1, 2, 3, 4, 5, 6, 7),
      SHUFFLE(part[2], part[3], 0, 1, 2, 3, 4, 5, 6, 7),
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#elif LH_WIDTH == 8
    v[c] = SHUFFLE(part[0], part[1], 0, 1, 2, 3, 4, 5, 6, 7);
#else
    v[c] = part[0];
#endif
  }
  QUAD_TRANSPOSE(v[0], v[1], v[2], v[3]);
}

// The f16 scale at each of LH_WIDTH addresses, as floats.
LH_INLINE vf scales(const uint8_t *const *at) {
  vu16 half;
  LH_UNROLL for (int l = 0; l < LH_WIDTH; l++) half[l] = lh_read_u16(at[l]);
  return __builtin_convertvector(__builtin_bit_cast(vf16, half), vf);
}

// Decodes weights i .. i + STRIPE_INNER(type) of the LH_WIDTH rows in `row`, transposed, into `to` at
// positions `place` and following.
LH_INLINE void stripe(lh_type type, const uint8_t *const *row, int64_t i, sink to, int64_t place) {
  const uint8_t *at[LH_WIDTH];
  if (type == LH_Q4_0) {
    LH_UNROLL for (int l = 0; l < LH_WIDTH; l++) at[l] = row[l] + i / 32 * 18;
    vf d = scales(at);
    LH_UNROLL for (int l = 0; l < LH_WIDTH; l++) at[l] += 2;
    vu v[4];
    quad_rows(at, v);
    LH_UNROLL for (int j = 0; j < 32; j++) {
      vu shifted = v[j % 16 / 4] >> (uint32_t)(8 * (j % 4) + (j < 16 ? 0 : 4));
#if LH_WIDTH == 16
      // The permutation looks at the low four bits of its index only: a table of nibble - 8.
      vf number = __builtin_bit_cast(vf, _mm512_permutexvar_ps(
        __builtin_bit_cast(__m512i, shifted),
        _mm512_setr_ps(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7)));
#else
      vf number = __builtin_convertvector(__builtin_bit_cast(vi, shifted & 15u) - 8, vf);
#endif
      take(to, place + j, d * number);
    }
  } else if (type == LH_Q8_0) {
    LH_UNROLL for (int l = 0; l < LH_WIDTH; l++) at[l] = row[l] + i / 32 * 34;
    vf d = scales(at);
    LH_UNROLL for (int half = 0; half < 2; half++) {
      LH_UNROLL for (int l = 0; l < LH_WIDTH; l++) at[l] += half == 0 ? 2 : 16;
      vu v[4];
      quad_rows(at, v);
      LH_UNROLL for (int j = 0; j < 16; j++) {
        vi number = __builtin_bit_cast(vi, v[j / 4] << (uint32_t)(24 - 8 * (j % 4))) >> 24;
        take(to, place + 16 * half + j, d * __builtin_convertvector(number, vf));
      }
    }
  } else {
    vf v[LH_WIDTH];
    LH_UNROLL for (int l = 0; l < LH_WIDTH; l++) v[l] = load_kv(type, row[l], i);
    transpose(v);
    LH_UNROLL for (int j = 0; j < LH_WIDTH; j++) take(to, place + j, v[j]);
  }
}

// Rows of one stripe of channels; those behind the last channel repeat it, and are not stored.
#define ROWS_OF_STRIPE(row, first) \
  for (int l = 0; l < LH_WIDTH; l++) \
    (row)[l] = (const uint8_t *)w + lh_min((first) + l, n1 - 1) * row_bytes

// The tail of i for unquantised types, one at a time.
LH_INLINE void LH_FN(matmul_tail)(
  lh_type type, const uint8_t *const *row, int64_t i, int64_t end, sink to, int64_t place) {
  for (; i < end; i++, place++) {
    vf v;
    for (int l = 0; l < LH_WIDTH; l++) v[l] = lh_decode(type, row[l], i);
    take(to, place, v);
  }
}

LH_INLINE void direct(
  lh_type type, int rows, const void *w, int64_t row_bytes, const float *x, int64_t x_stride, float *y,
  int64_t y_stride, int64_t k, int64_t n0, int64_t n1) {
  const int stripes = DIRECT_STRIPES(type, rows);
  for (int64_t n = n0; n < n1; n += stripes * LH_WIDTH) {
    const uint8_t *row[4][LH_WIDTH];
    vf acc[4][DIRECT_ROWS];
    LH_UNROLL for (int s = 0; s < stripes; s++) {
      ROWS_OF_STRIPE(row[s], n + s * LH_WIDTH);
      LH_UNROLL for (int r = 0; r < rows; r++) acc[s][r] = 0.0f;
    }
    sink to = {.rows = rows, .x = x, .x_stride = x_stride};
    int64_t i = 0;
    // Prefetching reads nothing: beyond the last row it is a wasted hint.
    const uint8_t *ahead = (const uint8_t *)w + lh_min(n + stripes * LH_WIDTH, n1) * row_bytes;
    LH_NO_UNROLL for (; i + STRIPE_INNER(type) <= k; i += STRIPE_INNER(type))
      LH_UNROLL for (int s = 0; s < stripes; s++) {
        LH_UNROLL for (int b = 0; b < LH_WIDTH * STRIPE_BYTES(type); b += 64)
          __builtin_prefetch(ahead + b, 0, 2);
        ahead += LH_WIDTH * STRIPE_BYTES(type);
        to.acc = acc[s];
        stripe(type, row[s], i, to, i);
        // Keeps the compiler from mixing the stripes, for which there are not enough registers.
        if (!IS_QUANTISED(type)) __asm__ volatile("" ::: "memory");
      }
    if (!IS_QUANTISED(type) && i < k)
      LH_UNROLL for (int s = 0; s < stripes; s++) {
        to.acc = acc[s];
        LH_FN(matmul_tail)(type, row[s], i, k, to, i);
      }
    LH_UNROLL for (int s = 0; s < stripes; s++) {
      int64_t first = n + s * LH_WIDTH;
      LH_UNROLL for (int r = 0; r < rows; r++) {
        if (first + LH_WIDTH <= n1) store_f32(y + r * y_stride + first, acc[s][r]);
        else
          for (int64_t l = 0; first + l < n1; l++) y[r * y_stride + first + l] = acc[s][r][l];
      }
    }
  }
}

// One function for each type and number of rows: in one large function registers were spilled at random.
#define DIRECT_ROWS(name, type, rows) \
  static __attribute__((noinline)) void LH_FN(matmul_##name##_##rows)( \
    const void *w, int64_t row_bytes, const float *x, int64_t x_stride, float *y, int64_t y_stride, \
    int64_t k, int64_t n0, int64_t n1) { \
    direct(type, rows, w, row_bytes, x, x_stride, y, y_stride, k, n0, n1); \
  }
#define DIRECT(name, type) \
  DIRECT_ROWS(name, type, 1) DIRECT_ROWS(name, type, 2) DIRECT_ROWS(name, type, 3) DIRECT_ROWS(name, type, 4)
DIRECT(f32, LH_F32) DIRECT(f16, LH_F16) DIRECT(bf16, LH_BF16) DIRECT(q4_0, LH_Q4_0) DIRECT(q8_0, LH_Q8_0)
#undef DIRECT
#undef DIRECT_ROWS

// Decodes channels n.. (a whole panel; repeats of the last channel behind n1) for i in [begin, end) into
// panel[i - begin][channel].
LH_INLINE void pack_panel(
  lh_type type, const void *w, int64_t row_bytes, int64_t n, int64_t n1, int64_t begin, int64_t end,
  float *panel) {
  LH_NO_UNROLL for (int s = 0; s < PANEL_STRIPES; s++) {
    const uint8_t *row[LH_WIDTH];
    ROWS_OF_STRIPE(row, n + s * LH_WIDTH);
    sink to = {.panel = panel + s * LH_WIDTH, .panel_stride = PANEL_STRIPES * LH_WIDTH};
    int64_t i = begin;
    LH_NO_UNROLL for (; i + STRIPE_INNER(type) <= end; i += STRIPE_INNER(type))
      stripe(type, row, i, to, i - begin);
    if (!IS_QUANTISED(type)) LH_FN(matmul_tail)(type, row, i, end, to, i - begin);
  }
}

// The same by way of `decoded`, INNER_BLOCK floats for each channel of the panel.
static void pack_decoded(
  lh_type type, const void *w, int64_t row_bytes, int64_t n, int64_t n1, int64_t begin, int64_t end,
  float *panel, float *decoded) {
  int64_t channels = lh_min(PANEL_STRIPES * LH_WIDTH, n1 - n);
  const uint8_t *from = (const uint8_t *)w + n * row_bytes + lh_row_bytes(type, begin);
  for (int64_t c = 0; c < channels; c++)
    LH_FN(lh_dequantize)(type, from + c * row_bytes, decoded + c * INNER_BLOCK, end - begin);
  pack_panel(LH_F32, decoded, 4 * INNER_BLOCK, 0, channels, 0, end - begin, panel);
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

// y tile += packed x tile * panel, `height` rows by a panel of channels, of which `channels` exist.
// `fresh`: start from +0 instead of from y.
LH_INLINE void micro(
  int height, const float *tile, const float *panel, int64_t inner, float *y, int64_t y_stride,
  int64_t channels, bool fresh) {
  vf acc[TILE_ROWS][PANEL_STRIPES];
  float edge[TILE_ROWS][PANEL_STRIPES * LH_WIDTH];
  bool whole = channels == PANEL_STRIPES * LH_WIDTH;
  if (!whole && !fresh)
    for (int r = 0; r < height; r++) {
      for (int64_t c = 0; c < PANEL_STRIPES * LH_WIDTH; c++)
        edge[r][c] = c < channels ? y[r * y_stride + c] : 0.0f;
    }
  LH_UNROLL for (int r = 0; r < height; r++)
    LH_UNROLL for (int s = 0; s < PANEL_STRIPES; s++)
      acc[r][s] = fresh ? (vf)0.0f
        : load_f32(whole ? y + r * y_stride + s * LH_WIDTH : edge[r] + s * LH_WIDTH);
  LH_NO_UNROLL for (int64_t i = 0; i < inner; i++) {
    vf w[PANEL_STRIPES];
    LH_UNROLL for (int s = 0; s < PANEL_STRIPES; s++) w[s] = load_f32(panel + s * LH_WIDTH);
    LH_UNROLL for (int r = 0; r < height; r++)
      LH_UNROLL for (int s = 0; s < PANEL_STRIPES; s++)
        acc[r][s] = fma_vector((vf)tile[r], w[s], acc[r][s]);
    panel += PANEL_STRIPES * LH_WIDTH;
    tile += height;
  }
  LH_UNROLL for (int r = 0; r < height; r++)
    LH_UNROLL for (int s = 0; s < PANEL_STRIPES; s++)
      store_f32(whole ? y + r * y_stride + s * LH_WIDTH : edge[r] + s * LH_WIDTH, acc[r][s]);
  if (!whole)
    for (int r = 0; r < height; r++)
      for (int64_t c = 0; c < channels; c++) y[r * y_stride + c] = edge[r][c];
}

static void micro_rows(
  int64_t height, const float *tile, const float *panel, int64_t inner, float *y, int64_t y_stride,
  int64_t channels, bool fresh) {
#define HEIGHT(h) \
  case h: micro(h, tile, panel, inner, y, y_stride, channels, fresh); break;
  switch (height) {
    HEIGHT(1) HEIGHT(2) HEIGHT(3) HEIGHT(4) HEIGHT(5) HEIGHT(6)
#if TILE_ROWS == 12
    HEIGHT(7) HEIGHT(8) HEIGHT(9) HEIGHT(10) HEIGHT(11) HEIGHT(12)
#endif
  }
#undef HEIGHT
}

LH_INLINE void packed(
  lh_type type, const void *w, int64_t row_bytes, const float *x, int64_t x_stride, float *y,
  int64_t y_stride, int64_t m, int64_t k, int64_t n0, int64_t n1, float *scratch) {
  float *panel = scratch, *decoded = panel + PANEL_CHANNELS * INNER_BLOCK;
  float *packed_x = decoded + PANEL_CHANNELS * INNER_BLOCK;
  for (int64_t r0 = 0; r0 < m; r0 += ROW_BLOCK) {
    int64_t rows = lh_min(ROW_BLOCK, m - r0);
    for (int64_t begin = 0; begin < k; begin += INNER_BLOCK) {
      int64_t end = lh_min(begin + INNER_BLOCK, k), inner = end - begin;
      pack_rows(x + r0 * x_stride, x_stride, rows, begin, end, packed_x);
      for (int64_t n = n0; n < n1; n += PANEL_STRIPES * LH_WIDTH) {
        if (HAS_STRIPE(type)) pack_panel(type, w, row_bytes, n, n1, begin, end, panel);
        else pack_decoded(type, w, row_bytes, n, n1, begin, end, panel, decoded);
        int64_t channels = lh_min(PANEL_STRIPES * LH_WIDTH, n1 - n);
        for (int64_t r = 0; r < rows; r += TILE_ROWS)
          micro_rows(
            lh_min(TILE_ROWS, rows - r), packed_x + r * inner, panel, inner,
            y + (r0 + r) * y_stride + n, y_stride, channels, begin == 0);
      }
    }
  }
}

void LH_FN(lh_matmul)(
  lh_type type, const void *w, int64_t row_bytes, const float *x, int64_t x_stride, float *y,
  int64_t y_stride, int64_t m, int64_t k, int64_t n0, int64_t n1, float *scratch) {
  if (k == 0 && lh_type_block_bytes(type) != 0)
    for (int64_t r = 0; r < m; r++)
      for (int64_t n = n0; n < n1; n++) y[r * y_stride + n] = 0;
  if (m == 0 || k == 0) return;
#define ROWS(name, rows) \
  case rows: LH_FN(matmul_##name##_##rows)(w, row_bytes, x, x_stride, y, y_stride, k, n0, n1); break;
#define OF_TYPE(name, type) \
  case type: \
    switch (m) { \
      ROWS(name, 1) ROWS(name, 2) ROWS(name, 3) ROWS(name, 4) \
      default: packed(type, w, row_bytes, x, x_stride, y, y_stride, m, k, n0, n1, scratch); \
    } \
    break;
  switch (type) {
    OF_TYPE(f32, LH_F32) OF_TYPE(f16, LH_F16) OF_TYPE(bf16, LH_BF16) OF_TYPE(q4_0, LH_Q4_0)
    OF_TYPE(q8_0, LH_Q8_0)
    default:
      if (lh_group_elements(type) != 0)
        packed(type, w, row_bytes, x, x_stride, y, y_stride, m, k, n0, n1, scratch);
  }
#undef OF_TYPE
#undef ROWS
}

#undef TILE_ROWS
#undef PANEL_STRIPES
#undef DIRECT_STRIPES
#undef IS_QUANTISED
#undef HAS_STRIPE
#undef STRIPE_INNER
#undef STRIPE_BYTES
#undef ROWS_OF_STRIPE
#undef ZIP_LOW
#undef ZIP_HIGH
#undef PAIR_LOW
#undef PAIR_HIGH
#undef SHUFFLE
#undef QUAD_TRANSPOSE
#endif

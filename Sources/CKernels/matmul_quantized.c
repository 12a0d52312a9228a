// Products of packed quantised weights and activations rounded to bytes (PackedWeights.h has the layout).
//
//   acc = fma(float(s), weight scale * activation scale, acc), s = sum of (code - offset) * value, exact,
//   then, for types with minimum, acc = fma(minimum, activation sum, acc); sub-blocks ascending.
//
// Sums of bytes are exact in any order, so only the order of the sub-blocks matters, and that is one for
// all. Lanes are channels. The offset costs nothing: a sum begins at -(sum of value) << offset_shift.
//
// Few rows (decoding): codes and scales of a bundle's block are read once, put to use in registers for all
// rows and forgotten: one stream of memory, with the next bytes asked for ahead.
// Many rows (prefill): for each panel of channels, codes and scales of some blocks are unfolded once, into
// bytes and floats that fit in the first-level cache; then a tile of rows at a time is multiplied by the
// panel, all sums in registers. Sums rest in y between panels: a float stored and loaded is the same float.
#ifndef LH_WIDTH
#include "packed.h"

enum {
  DIRECT_ROWS = 4,      // up to so many rows nothing is unfolded
  PANEL_BLOCKS = 16,    // blocks of a panel; a multiple of every unit
  PANEL_BUNDLES = 2,
  ROW_BLOCK = 240,      // rows whose activations stay in the second-level cache; whole tiles
  PANEL_BLOCK_BYTES = PANEL_BUNDLES * (512 + 4 * 64),  // codes, two scales and two minima
};

_Static_assert(sizeof(lh_activation_block) == 64, "a cache line");

void lh_matmul_quantized_reference(
  lh_type type, const void *packed, const lh_activation_block *x, float *y, int64_t y_stride, int64_t m,
  int64_t k, int64_t n0, int64_t n1, float *scratch) {
  (void)scratch;
  const lh_packing p = lh_packing_of(type);
  if (p.low_bits == 0) return;
  const int64_t units = k / lh_unit_elements(p), unit_bytes = lh_unit_bytes(p);
  const int subs = LH_BLOCK_ELEMENTS / p.sub_elements, offset = p.offset_shift < 0 ? 0 : 1 << p.offset_shift;
  for (int64_t n = n0; n < n1; n++)
    for (int64_t r = 0; r < m; r++) {
      const lh_activation_block *a = x + r * (k / LH_BLOCK_ELEMENTS);
      const uint8_t *unit = (const uint8_t *)packed + n / LH_BUNDLE_CHANNELS * units * unit_bytes;
      int channel = (int)(n % LH_BUNDLE_CHANNELS);
      float acc = 0;
      for (int64_t u = 0; u < units; u++, unit += unit_bytes)
        for (int b = 0; b < p.blocks; b++, a++)
          for (int s = 0; s < subs; s++) {
            int32_t sum = 0;
            for (int i = s * p.sub_elements; i < (s + 1) * p.sub_elements; i++)
              sum += (lh_packed_code(p, unit + b * lh_code_bytes(p), channel, i) - offset) * a->value[i];
            lh_packed_scale w =
              lh_packed_scale_of(type, p, unit + p.blocks * lh_code_bytes(p), channel, b * subs + s);
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

#define PARTS (LH_BUNDLE_CHANNELS / LH_WIDTH)
// Tiles that fill the registers: TILE_ROWS x TILE_VECTORS sums of integers and as many of floats.
#if LH_WIDTH == 16
#define TILE_ROWS 6
#define TILE_VECTORS 2
#else
#define TILE_ROWS 3
#define TILE_VECTORS 2
#endif
#define PANEL_VECTORS (PANEL_BUNDLES * PARTS)

#define start_of LH_FN(quantized_start)
#define add_block LH_FN(quantized_add_block)
#define direct LH_FN(quantized_direct)
#define unfold LH_FN(quantized_unfold)
#define tile LH_FN(quantized_tile)
#define tile_of LH_FN(quantized_tile_of)
#define panels LH_FN(quantized_panels)

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

LH_INLINE void direct(
  lh_type type, int rows, const uint8_t *packed, const lh_activation_block *x, float *y, int64_t y_stride,
  int64_t k, int64_t n0, int64_t n1) {
  const lh_packing p = lh_packing_of(type);
  const int subs = LH_BLOCK_ELEMENTS / p.sub_elements;
  const int64_t units = k / lh_unit_elements(p), x_stride = k / LH_BLOCK_ELEMENTS;
  for (int64_t n = n0 / LH_BUNDLE_CHANNELS * LH_BUNDLE_CHANNELS; n < n1; n += LH_BUNDLE_CHANNELS) {
    const uint8_t *unit = packed + n / LH_BUNDLE_CHANNELS * units * lh_unit_bytes(p);
    const lh_activation_block *a = x;
    vf acc[DIRECT_ROWS][PARTS];
    LH_UNROLL for (int r = 0; r < rows; r++) LH_UNROLL for (int t = 0; t < PARTS; t++) acc[r][t] = 0;
    LH_NO_UNROLL for (int64_t u = 0; u < units; u++, unit += lh_unit_bytes(p)) {
      vf scale[PARTS][16], minimum[PARTS][16];
      LH_UNROLL for (int t = 0; t < PARTS; t++)
        LH_UNROLL for (int s = 0; s < p.blocks * subs; s++)
          scale_vectors(
            type, p, unit + p.blocks * lh_code_bytes(p), t, s, &scale[t][s], &minimum[t][s]);
      LH_NO_UNROLL for (int b = 0; b < p.blocks; b++, a++) {
        const uint8_t *codes = unit + b * lh_code_bytes(p);
        LH_UNROLL for (int ahead = 0; ahead < lh_unit_bytes(p) / p.blocks; ahead += 64)
          __builtin_prefetch(codes + ahead + PREFETCH_BYTES, 0, 3);
        LH_UNROLL for (int t = 0; t < PARTS; t++) {
          vb code[8];
          code_vectors(p, codes, t, code);
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

// Vectors of a panel's block: 8 of codes, then `subs` scales, then `subs` minima if there are any, for each
// part of each bundle.
#define PANEL_STEP(subs, has_minimum) (8 + (subs) * ((has_minimum) ? 2 : 1))

// Unfolds `blocks` blocks (whole units) of one bundle, from unit `unit` on, into a panel's vectors
// [block][part of panel][step]. `first` is the bundle's first part of the panel.
LH_INLINE void unfold(lh_type type, const uint8_t *unit, int64_t blocks, int first, uint8_t *panel) {
  const lh_packing p = lh_packing_of(type);
  const int subs = LH_BLOCK_ELEMENTS / p.sub_elements, step = PANEL_STEP(subs, p.has_minimum);
  for (int64_t block = 0; block < blocks; block += p.blocks, unit += lh_unit_bytes(p)) {
    const uint8_t *scales = unit + p.blocks * lh_code_bytes(p);
    LH_UNROLL for (int b = 0; b < p.blocks; b++)
      LH_UNROLL for (int t = 0; t < PARTS; t++) {
        uint8_t *to = panel + ((block + b) * PANEL_VECTORS + first + t) * step * sizeof(vf);
        vb code[8];
        code_vectors(p, unit + b * lh_code_bytes(p), t, code);
        __builtin_memcpy(to, code, sizeof code);
        LH_UNROLL for (int s = 0; s < subs; s++) {
          vf scale, minimum;
          scale_vectors(type, p, scales, t, b * subs + s, &scale, &minimum);
          __builtin_memcpy(to + (8 + s) * sizeof(vf), &scale, sizeof scale);
          if (p.has_minimum) __builtin_memcpy(to + (8 + subs + s) * sizeof(vf), &minimum, sizeof minimum);
        }
      }
  }
}

// `height` rows times TILE_VECTORS vectors of a panel. `fresh`: sums begin at 0, else with what y has.
LH_INLINE void tile(
  lh_packing p, int height, const lh_activation_block *x, int64_t x_stride, const uint8_t *panel,
  int64_t blocks, float *y, int64_t y_stride, int64_t n, int64_t n0, int64_t n1, bool fresh) {
  const int subs = LH_BLOCK_ELEMENTS / p.sub_elements, step = PANEL_STEP(subs, p.has_minimum);
  vf acc[TILE_ROWS][TILE_VECTORS];
  LH_UNROLL for (int r = 0; r < height; r++)
    LH_UNROLL for (int v = 0; v < TILE_VECTORS; v++)
      acc[r][v] = fresh ? (vf)0.0f : load_part(y + r * y_stride, n + v * LH_WIDTH, n0, n1);
  LH_NO_UNROLL for (int64_t b = 0; b < blocks; b++) {
    LH_UNROLL for (int s = 0; s < subs; s++) {
      vi sum[TILE_ROWS][TILE_VECTORS];
      LH_UNROLL for (int r = 0; r < height; r++)
        LH_UNROLL for (int v = 0; v < TILE_VECTORS; v++) sum[r][v] = start_of(p, x + r * x_stride + b, s);
      LH_UNROLL for (int g = s * 8 / subs; g < (s + 1) * 8 / subs; g += GATHERED(p)) {
        vi gathered[TILE_ROWS][TILE_VECTORS];
        LH_UNROLL for (int r = 0; r < height; r++)
          LH_UNROLL for (int v = 0; v < TILE_VECTORS; v++) gathered[r][v] = begin_gathering(sum[r][v]);
        LH_UNROLL for (int j = g; j < g + GATHERED(p); j++)
          LH_UNROLL for (int r = 0; r < height; r++)
            LH_UNROLL for (int v = 0; v < TILE_VECTORS; v++)
              gathered[r][v] = gather(
                gathered[r][v], load_bytes(panel + (v * step + j) * sizeof(vf)),
                x[r * x_stride + b].value + 4 * j, p.offset_shift == 7);
        LH_UNROLL for (int r = 0; r < height; r++)
          LH_UNROLL for (int v = 0; v < TILE_VECTORS; v++) sum[r][v] = end_gathering(sum[r][v], gathered[r][v]);
      }
      LH_UNROLL for (int v = 0; v < TILE_VECTORS; v++) {
        vf scale = load_f32(panel + (v * step + 8 + s) * sizeof(vf));
        LH_UNROLL for (int r = 0; r < height; r++)
          acc[r][v] = fma_vector(
            __builtin_convertvector(sum[r][v], vf), scale * x[r * x_stride + b].scale, acc[r][v]);
        if (!p.has_minimum) continue;
        vf minimum = load_f32(panel + (v * step + 8 + subs + s) * sizeof(vf));
        LH_UNROLL for (int r = 0; r < height; r++) {
          const lh_activation_block *from = x + r * x_stride + b;
          acc[r][v] = fma_vector(minimum, (vf)(subs == 1 ? from->sum : from->half_sum[s]), acc[r][v]);
        }
      }
    }
    panel += PANEL_VECTORS * step * sizeof(vf);
  }
  LH_UNROLL for (int r = 0; r < height; r++)
    LH_UNROLL for (int v = 0; v < TILE_VECTORS; v++)
      store_part(y + r * y_stride, acc[r][v], n + v * LH_WIDTH, n0, n1);
}

// What a tile needs to know of a type, so that types share their code: the offset, the sub-block, minima.
#define TILE(name, shift, sub, minimum) \
  static __attribute__((noinline)) void LH_FN(quantized_tile_##name)( \
    int height, const lh_activation_block *x, int64_t x_stride, const uint8_t *panel, int64_t blocks, \
    float *y, int64_t y_stride, int64_t n, int64_t n0, int64_t n1, bool fresh) { \
    const lh_packing p = {.offset_shift = shift, .sub_elements = sub, .has_minimum = minimum}; \
    switch (height) { TILE_HEIGHTS } \
  }
#define HEIGHT(h) \
  case h: tile(p, h, x, x_stride, panel, blocks, y, y_stride, n, n0, n1, fresh); break;
#if TILE_ROWS == 6
#define TILE_HEIGHTS HEIGHT(1) HEIGHT(2) HEIGHT(3) HEIGHT(4) HEIGHT(5) HEIGHT(6)
#else
#define TILE_HEIGHTS HEIGHT(1) HEIGHT(2) HEIGHT(3)
#endif
TILE(by_8, 3, 32, false)
TILE(by_16, 4, 32, false)
TILE(by_128, 7, 32, false)
TILE(minimum, -1, 32, true)
TILE(half_by_4, 2, 16, false)
TILE(half_by_32, 5, 16, false)
TILE(half_minimum, -1, 16, true)
#undef TILE
#undef HEIGHT
#undef TILE_HEIGHTS

typedef void (*tile_of)(
  int height, const lh_activation_block *x, int64_t x_stride, const uint8_t *panel, int64_t blocks, float *y,
  int64_t y_stride, int64_t n, int64_t n0, int64_t n1, bool fresh);

LH_INLINE void panels(
  lh_type type, tile_of run, const uint8_t *packed, const lh_activation_block *x, float *y,
  int64_t y_stride, int64_t m, int64_t k, int64_t n0, int64_t n1, uint8_t *panel) {
  const lh_packing p = lh_packing_of(type);
  const int step = PANEL_STEP(LH_BLOCK_ELEMENTS / p.sub_elements, p.has_minimum);
  const int64_t k_blocks = k / LH_BLOCK_ELEMENTS, bundle_bytes = k_blocks / p.blocks * lh_unit_bytes(p);
  const int64_t bundles = (n1 + LH_BUNDLE_CHANNELS - 1) / LH_BUNDLE_CHANNELS;
  for (int64_t r0 = 0; r0 < m; r0 += ROW_BLOCK) {
    int64_t rows = lh_min(ROW_BLOCK, m - r0);
    for (int64_t begin = 0; begin < k_blocks; begin += PANEL_BLOCKS) {
      int64_t blocks = lh_min(PANEL_BLOCKS, k_blocks - begin);
      for (int64_t bundle = n0 / LH_BUNDLE_CHANNELS; bundle < bundles; bundle += PANEL_BUNDLES) {
        int64_t width = lh_min(PANEL_BUNDLES, bundles - bundle);
        for (int64_t i = 0; i < width; i++)
          unfold(
            type, packed + (bundle + i) * bundle_bytes + begin / p.blocks * lh_unit_bytes(p), blocks,
            (int)i * PARTS, panel);
        for (int64_t r = 0; r < rows; r += TILE_ROWS)
          for (int64_t v = 0; v < width * PARTS; v += TILE_VECTORS)
            run(
              (int)lh_min(TILE_ROWS, rows - r), x + (r0 + r) * k_blocks + begin, k_blocks,
              panel + v * step * (int64_t)sizeof(vf), blocks, y + (r0 + r) * y_stride, y_stride,
              bundle * LH_BUNDLE_CHANNELS + v * LH_WIDTH, n0, n1, begin == 0);
      }
    }
  }
}

// One function for each type and number of rows: in one large function registers were spilled at random.
#define DIRECT(name, type, rows) \
  static __attribute__((noinline)) void LH_FN(quantized_##name##_##rows)( \
    const uint8_t *packed, const lh_activation_block *x, float *y, int64_t y_stride, int64_t k, int64_t n0, \
    int64_t n1) { \
    direct(type, rows, packed, x, y, y_stride, k, n0, n1); \
  }
#define OF_TYPE(name, type, tile_name) \
  DIRECT(name, type, 1) DIRECT(name, type, 2) DIRECT(name, type, 3) DIRECT(name, type, 4) \
  static __attribute__((noinline)) void LH_FN(quantized_##name)( \
    const uint8_t *packed, const lh_activation_block *x, float *y, int64_t y_stride, int64_t m, int64_t k, \
    int64_t n0, int64_t n1, uint8_t *panel) { \
    panels(type, LH_FN(quantized_tile_##tile_name), packed, x, y, y_stride, m, k, n0, n1, panel); \
  }
#define LH_QUANTISED_TYPES(X) \
  X(q4_0, LH_Q4_0, by_8) X(q4_1, LH_Q4_1, minimum) X(q5_0, LH_Q5_0, by_16) X(q5_1, LH_Q5_1, minimum) \
  X(q8_0, LH_Q8_0, by_128) X(iq4_nl, LH_IQ4_NL, by_128) X(q2_k, LH_Q2_K, half_minimum) \
  X(q3_k, LH_Q3_K, half_by_4) X(q4_k, LH_Q4_K, minimum) X(q5_k, LH_Q5_K, minimum) \
  X(q6_k, LH_Q6_K, half_by_32) X(iq4_xs, LH_IQ4_XS, by_128)
LH_QUANTISED_TYPES(OF_TYPE)
#undef OF_TYPE
#undef DIRECT

void LH_FN(lh_matmul_quantized)(
  lh_type type, const void *packed, const lh_activation_block *x, float *y, int64_t y_stride, int64_t m,
  int64_t k, int64_t n0, int64_t n1, float *scratch) {
  if (n0 >= n1) return;
  uint8_t *panel = (uint8_t *)scratch;
  if (k == 0 && lh_is_quantised(type)) return lh_write_zeros(y, y_stride, m, n0, n1);
#define ROWS(name, rows) \
  case rows: LH_FN(quantized_##name##_##rows)(packed, x, y, y_stride, k, n0, n1); break;
#define OF_TYPE(name, type, tile_name) \
  case type: \
    switch (m) { \
      case 0: break; \
      ROWS(name, 1) ROWS(name, 2) ROWS(name, 3) ROWS(name, 4) \
      default: LH_FN(quantized_##name)(packed, x, y, y_stride, m, k, n0, n1, panel); \
    } \
    break;
  switch (type) {
    LH_QUANTISED_TYPES(OF_TYPE)
    case LH_F32:
    case LH_F16:
    case LH_BF16: break;
  }
#undef OF_TYPE
#undef ROWS
}

#undef LH_QUANTISED_TYPES
#undef PARTS
#undef TILE_ROWS
#undef TILE_VECTORS
#undef PANEL_VECTORS
#undef PANEL_STEP
#endif

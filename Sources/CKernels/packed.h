// The layout of PackedWeights.h for the kernels: the parts of a unit and how one number is read.
#ifndef LONGHAUL_PACKED_H
#define LONGHAUL_PACKED_H

#include "grids.h"

// How far ahead of its use packed memory is asked for when rows are few. Prefetching reads nothing: beyond
// the end it is a wasted hint.
#ifndef PREFETCH_BYTES
#define PREFETCH_BYTES 8192
#endif

// Tables that codes are looked up in.
typedef enum {
  LH_NO_TABLE,
  LH_IQ4_TABLE,
  LH_FP4_TABLE,
  LH_IQ1_TABLE,
  LH_IQ2_TABLE,
  LH_IQ3_XXS_TABLE,
  LH_IQ3_S_TABLE,
} lh_code_table;

// How codes are stored: in planes of bits; as indices of a grid that each stand for several of them, the high plane
// having signs; or as five trits in a byte.
typedef enum { LH_PLANES, LH_GRID, LH_TRITS } lh_code_kind;

// How a quantized type is packed. Constant where the type is, so that it costs nothing.
typedef struct {
  int low_bits, high_bits;  // of the codes' planes; 0: no such plane, and for low_bits: no quantized type
  int offset_shift;         // the offset is 1 << offset_shift; -1: no offset
  int blocks;               // of a unit
  int sub_elements;         // of a sub-block
  int byte_rows, half_rows; // of scales, 16 entries each
  lh_code_table table;      // what codes are looked up in
  bool has_minimum;
  lh_code_kind kind;        // of a grid, low_bits are an index's share of each number
  bool has_spare_signs;     // the last sign of eight follows from the others, and its bit means something else
} lh_packing;

LH_INLINE lh_packing lh_packing_of(lh_type type) {
  switch (type) {
    case LH_F32:
    case LH_F16:
    case LH_BF16: break;
    case LH_Q4_0: return (lh_packing){4, 0, 3, 1, 32, 0, 1, LH_NO_TABLE, false};
    case LH_Q4_1: return (lh_packing){4, 0, -1, 1, 32, 0, 2, LH_NO_TABLE, true};
    case LH_Q5_0: return (lh_packing){4, 1, 4, 1, 32, 0, 1, LH_NO_TABLE, false};
    case LH_Q5_1: return (lh_packing){4, 1, -1, 1, 32, 0, 2, LH_NO_TABLE, true};
    case LH_Q8_0: return (lh_packing){8, 0, 7, 1, 32, 0, 1, LH_NO_TABLE, false};
    case LH_IQ4_NL: return (lh_packing){4, 0, 7, 1, 32, 0, 1, LH_IQ4_TABLE, false};
    case LH_Q2_K: return (lh_packing){2, 0, -1, 8, 16, 16, 2, LH_NO_TABLE, true};
    case LH_Q3_K: return (lh_packing){2, 1, 2, 8, 16, 12, 1, LH_NO_TABLE, false};
    case LH_Q4_K: return (lh_packing){4, 0, -1, 8, 32, 12, 2, LH_NO_TABLE, true};
    case LH_Q5_K: return (lh_packing){4, 1, -1, 8, 32, 12, 2, LH_NO_TABLE, true};
    case LH_Q6_K: return (lh_packing){4, 2, 5, 8, 16, 16, 1, LH_NO_TABLE, false};
    case LH_IQ1_S: return (lh_packing){1, 0, 4, 8, 32, 16, 1, LH_IQ1_TABLE, false, LH_GRID, false};
    case LH_IQ1_M: return (lh_packing){1, 0, 4, 8, 16, 24, 0, LH_IQ1_TABLE, false, LH_GRID, false};
    case LH_IQ2_XXS: return (lh_packing){1, 1, 6, 8, 32, 0, 1, LH_IQ2_TABLE, false, LH_GRID, true};
    case LH_IQ2_XS: return (lh_packing){1, 1, 6, 8, 16, 8, 1, LH_IQ2_TABLE, false, LH_GRID, true};
    case LH_IQ2_S: return (lh_packing){1, 1, 6, 8, 16, 16, 1, LH_IQ2_TABLE, false, LH_GRID, false};
    case LH_IQ3_XXS: return (lh_packing){2, 1, 6, 8, 32, 0, 1, LH_IQ3_XXS_TABLE, false, LH_GRID, true};
    case LH_IQ3_S: return (lh_packing){2, 1, 6, 8, 32, 12, 1, LH_IQ3_S_TABLE, false, LH_GRID, false};
    case LH_IQ4_XS: return (lh_packing){4, 0, 7, 8, 32, 6, 1, LH_IQ4_TABLE, false};
    case LH_TQ1_0: return (lh_packing){2, 0, 0, 8, 32, 0, 1, LH_NO_TABLE, false, LH_TRITS, false};
    case LH_TQ2_0: return (lh_packing){2, 0, 0, 8, 32, 0, 1, LH_NO_TABLE, false};
    case LH_MXFP4: return (lh_packing){4, 0, 4, 1, 32, 1, 0, LH_FP4_TABLE, false};
  }
  return (lh_packing){0};
}

// Vectors of 64 bytes that have TQ1_0's trits.
enum { LH_TRIT_VECTORS = 13 };

LH_INLINE int lh_code_bytes(lh_packing p) { return 64 * (p.low_bits + p.high_bits); }
LH_INLINE int lh_scale_bytes(lh_packing p) { return 16 * p.byte_rows + 32 * p.half_rows; }
// Codes of a unit: those of its blocks, one after the other, or the trits of all.
LH_INLINE int lh_unit_code_bytes(lh_packing p) {
  return p.kind == LH_TRITS ? 64 * LH_TRIT_VECTORS : p.blocks * lh_code_bytes(p);
}
LH_INLINE int lh_unit_bytes(lh_packing p) { return lh_unit_code_bytes(p) + lh_scale_bytes(p); }
LH_INLINE int lh_unit_elements(lh_packing p) { return p.blocks * LH_BLOCK_ELEMENTS; }

// BF16 weights, and activations for them, of a magnitude below 2^-56 are zero.
enum { LH_TINY_BF16 = (127 - 56) << 7 };
LH_INLINE uint16_t lh_without_tiny(uint16_t bf16) { return (bf16 & 0x7fff) < LH_TINY_BF16 ? 0 : bf16; }

// The values of the table types, plus 128 for IQ4 and 16 for MXFP4.
#define LH_IQ4_CODES 1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241
#define LH_FP4_CODES 16, 17, 18, 19, 20, 22, 24, 28, 16, 15, 14, 13, 12, 10, 8, 4

// Bits of element i of a block in one plane of `bits` bits.
LH_INLINE int lh_plane_bits(const uint8_t *plane, int bits, int feature, int i) {
  int vector = i / 4, byte = 4 * feature + i % 4;
  int vectors = bits;  // a plane of so many bits has as many vectors of 64 bytes
  int in_byte = 8 / bits;
  // 8 code vectors over `vectors` vectors. 4 bits: v and 4 + v share a vector; else neighbors do.
  int v = bits == 4 ? vector % vectors : vector / in_byte;
  int place = bits == 4 ? vector / vectors : vector % in_byte;
  return plane[64 * v + byte] >> place * bits & ((1 << bits) - 1);
}

// ---- Grids: an index stands for `lh_grid_elements` codes ----

LH_INLINE int lh_grid_elements(lh_packing p) { return 8 / p.low_bits; }

// The bits of a word of signs that are spare: bit o is in the place of the last sign of octet o.
LH_INLINE int lh_spare_signs(const uint8_t *signs, int feature) {
  int bits = 0;
  for (int o = 0; o < 4; o++) bits |= (signs[4 * feature + 3] >> (2 * o + 1) & 1) << o;
  return bits;
}

LH_INLINE int lh_packed_sign(lh_packing p, const uint8_t *signs, int feature, int i) {
  if (!p.has_spare_signs || i % 8 != 7) return lh_plane_bits(signs, 1, feature, i);
  int parity = 0;
  for (int other = i - 7; other < i; other++) parity ^= lh_plane_bits(signs, 1, feature, other);
  return parity;
}

// What a grid's code is looked up by: the code of element i (0 to 31) of block b, and its sign or shift above it.
LH_INLINE int lh_packed_grid_code(lh_type type, lh_packing p, const uint8_t *unit, int feature, int b, int i) {
  const uint8_t *codes = unit + b * lh_code_bytes(p), *row = unit + lh_unit_code_bytes(p) + feature;
  const uint8_t *signs = codes + 64 * p.low_bits;
  const int elements = lh_grid_elements(p), e = i / elements;
  const int more = p.low_bits == 1 && p.high_bits == 0 ? row[16 * (2 * b)] | row[16 * (2 * b + 1)] << 8 : 0;
  int index = codes[64 * (e / 4) + 4 * feature + e % 4], high = 0, sign = 0;
  if (type == LH_IQ2_XS) high = lh_spare_signs(signs, feature) >> e & 1;
  if (type == LH_IQ2_S) high = row[16 * b] >> 2 * e & 3;
  if (type == LH_IQ3_S) high = row[16 * b] >> e & 1;
  if (type == LH_IQ1_S) high = more >> 3 * e & 7, sign = more >> 15;
  if (type == LH_IQ1_M) high = more >> 4 * e & 7, sign = more >> (4 * e + 3) & 1;
  if (p.high_bits != 0) sign = lh_packed_sign(p, signs, feature, i);
  int code = lh_grid_code(lh_grid_of(type)[index | high << 8], elements, i % elements);
  return code | sign << (elements == 8 ? 2 : 3);
}

// ---- Trits ----

// Which vector of a unit has element i of block b in a byte of its own, and where in that byte.
typedef struct { int vector, place; } lh_trit_place;
LH_INLINE lh_trit_place lh_place_of_trit(int b, int code_vector) {
  if (b < 5) return (lh_trit_place){code_vector, b};
  if (b < 7) return (lh_trit_place){8 + code_vector % 4, 2 * (b - 5) + code_vector / 4};
  return code_vector < 4 ? (lh_trit_place){8 + code_vector, 4} : (lh_trit_place){12, code_vector - 4};
}

// The code of element i (0 to 31) of block b of a unit, looked up where the type says so.
LH_INLINE int lh_packed_code(lh_type type, lh_packing p, const uint8_t *unit, int feature, int b, int i) {
  static const uint8_t tables[][16] = {
    [LH_IQ4_TABLE] = {LH_IQ4_CODES},
    [LH_FP4_TABLE] = {LH_FP4_CODES},
    [LH_IQ1_TABLE] = {LH_IQ1_NUMBERS(16)},
    [LH_IQ2_TABLE] = {LH_IQ2_NUMBERS(64)},
    [LH_IQ3_XXS_TABLE] = {LH_IQ3_XXS_NUMBERS(64)},
    [LH_IQ3_S_TABLE] = {LH_IQ3_S_NUMBERS(64)},
  };
  const uint8_t *codes = unit + b * lh_code_bytes(p);
  if (p.kind == LH_GRID) return tables[p.table][lh_packed_grid_code(type, p, unit, feature, b, i)];
  if (p.kind == LH_TRITS) {
    lh_trit_place at = lh_place_of_trit(b, i / 4);
    return lh_trit(unit[64 * at.vector + 4 * feature + i % 4], at.place);
  }
  int code = lh_plane_bits(codes, p.low_bits, feature, i);
  if (p.high_bits != 0)
    code |= lh_plane_bits(codes + 64 * p.low_bits, p.high_bits, feature, i) << p.low_bits;
  return p.table == LH_NO_TABLE ? code : tables[p.table][code];
}

// Stores those of `count` features from feature n on that lie in [n0, n1). Out of line: the edges of a matrix are few,
// and their code would bury the kernels'.
static __attribute__((noinline, unused)) void lh_store_edge(
  float *y, const float *values, int64_t count, int64_t n, int64_t n0, int64_t n1) {
  for (int64_t i = lh_clamp(n0 - n, 0, count); i < lh_min(n1 - n, count); i++) y[n + i] = values[i];
}

typedef struct { float scale, minimum; } lh_packed_scale;

// Scale and minimum of a sub-block of a unit.
LH_INLINE lh_packed_scale lh_packed_scale_of(
  lh_type type, lh_packing p, const uint8_t *unit, int feature, int sub) {
  const uint8_t *scales = unit + lh_unit_code_bytes(p);
  const uint8_t *row = scales + feature, *halves = scales + 16 * p.byte_rows + 2 * feature;
  float d = p.half_rows != 0 ? lh_f16_to_f32(lh_read_u16(halves)) : 0.0f;
  float m = p.half_rows == 2 ? lh_f16_to_f32(lh_read_u16(halves + 32)) : 0.0f;
#define ROW(i) ((int)row[16 * (i)])
  int low = sub % 4;
  switch (type) {
    case LH_Q2_K: return (lh_packed_scale){d * (float)(ROW(sub) & 15), -(m * (float)(ROW(sub) >> 4))};
    case LH_Q3_K: {
      int six = (ROW(sub % 8) >> sub / 8 * 4 & 15) | (ROW(8 + low) >> sub / 4 * 2 & 3) << 4;
      return (lh_packed_scale){d * (float)(six - 32), 0};
    }
    case LH_Q4_K:
    case LH_Q5_K: {
      int s = sub < 4 ? ROW(sub) & 63 : (ROW(8 + low) & 15) | ROW(low) >> 6 << 4;
      int t = sub < 4 ? ROW(4 + sub) & 63 : ROW(8 + low) >> 4 | ROW(4 + low) >> 6 << 4;
      return (lh_packed_scale){d * (float)s, -(m * (float)t)};
    }
    case LH_Q6_K: return (lh_packed_scale){d * (float)(int8_t)ROW(sub), 0};
    case LH_IQ1_S: return (lh_packed_scale){d * 0.125f * (float)(2 * (ROW(2 * sub + 1) >> 4 & 7) + 1), 0};
    case LH_IQ1_M: {
      int bits = ROW(17) >> 4 | ROW(19) >> 4 << 4 | ROW(21) >> 4 << 8 | ROW(23) >> 4 << 12;
      int three = (ROW(16 + sub / 4 * 2) | ROW(17 + sub / 4 * 2) << 8) >> 3 * low & 7;
      return (lh_packed_scale){lh_f16_to_f32((uint16_t)bits) * 0.125f * (float)(2 * three + 1), 0};
    }
    case LH_IQ2_XXS:
    case LH_IQ3_XXS: {
      int four = lh_spare_signs(unit + sub * lh_code_bytes(p) + 64 * p.low_bits, feature);
      return (lh_packed_scale){d * (type == LH_IQ2_XXS ? 0.125f : 0.25f) * (float)(2 * four + 1), 0};
    }
    case LH_IQ2_XS:
    case LH_IQ2_S: {
      int four = ROW((type == LH_IQ2_S ? 8 : 0) + sub / 2) >> sub % 2 * 4 & 15;
      return (lh_packed_scale){d * 0.125f * (float)(2 * four + 1), 0};
    }
    case LH_IQ3_S: return (lh_packed_scale){d * (float)(2 * (ROW(8 + sub / 2) >> sub % 2 * 4 & 15) + 1), 0};
    case LH_MXFP4: return (lh_packed_scale){lh_half_power(row[0]), 0};
    case LH_IQ4_XS: {
      int six = (ROW(2 + sub / 2) >> sub % 2 * 4 & 15) | (ROW(sub / 4) >> low * 2 & 3) << 4;
      return (lh_packed_scale){d * (float)(six - 32), 0};
    }
    default: return (lh_packed_scale){d, m};
  }
#undef ROW
}

#endif

// Vectors of packed weights, for the vector halves of the matrix products; included by them once for each
// instruction set, after vectors.h. A "part" of a panel is LH_WIDTH of its features.

typedef uint8_t LH_FN(lh_vb) __attribute__((ext_vector_type(4 * LH_WIDTH)));
typedef uint8_t LH_FN(lh_vbyte) __attribute__((ext_vector_type(LH_WIDTH)));

#ifndef LONGHAUL_PACKED_VECTOR_NAMES
#define LONGHAUL_PACKED_VECTOR_NAMES
#define vb LH_FN(lh_vb)
#define vbyte LH_FN(lh_vbyte)
#define load_bytes LH_FN(lh_load_bytes)
#define code_vectors LH_FN(lh_code_vectors)
#define scale_vectors LH_FN(lh_scale_vectors)
#define byte_row LH_FN(lh_byte_row)
#define half_row LH_FN(lh_half_row)
#define half_powers LH_FN(lh_half_powers)
#define look_up LH_FN(lh_look_up)
#define begin_gathering LH_FN(lh_begin_gathering)
#define gather LH_FN(lh_gather)
#define end_gathering LH_FN(lh_end_gathering)
#define store_part LH_FN(lh_store_part)
// Whether codes are kept as signed numbers (less 128) where the type's offset is 128; see gather.
#define LH_SIGNED_WIDE_CODES (LH_WIDTH == 8)
#endif

LH_INLINE vb load_bytes(const uint8_t *p) {
  vb v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

// Sums of products are gathered in two steps, each lane for itself: `gather` adds four codes times the four
// activations to what `begin_gathering` gave, and after at most GATHERED(p) of these `end_gathering` adds the
// lot to the sum. Exact.
//
// AVX2 has no instruction for it; it has one that adds pairs of u8 * s8 in 16 bits, saturating. Codes of few
// bits never come near that, so several pairs are added in 16 bits before they are widened. Codes of types
// with offset 128 do: they are kept as signed numbers here, and their magnitude (at most 128) is multiplied
// by the activation with the number's sign, one at a time.
#undef GATHERED
#if LH_WIDTH == 8
// Largest code times 127, twice, so many times, is below 2^15: 15 for an offset of 8, 31 (or less), 63 for 32, 126
// for 64.
#define GATHERED(p) ((p).offset_shift == 3 ? 8 : (p).offset_shift == 5 ? 2 : (p).offset_shift > 5 ? 1 : 4)
#else
#define GATHERED(p) 4
#endif

LH_INLINE vi begin_gathering(vi sum) {
#if LH_WIDTH == 8
  return sum ^ sum;
#else
  return sum;
#endif
}

LH_INLINE vi gather(vi gathered, vb codes, const int8_t *activation, bool is_wide) {
  (void)is_wide;
  int32_t four;
  __builtin_memcpy(&four, activation, 4);
#if LH_WIDTH == 16
  return (vi)_mm512_dpbusd_epi32((__m512i)gathered, (__m512i)codes, _mm512_set1_epi32(four));
#elif LH_WIDTH == 8
  __m256i a = _mm256_set1_epi32(four), w = (__m256i)codes;
  __m256i pairs = is_wide ? _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(a, w))
                          : _mm256_maddubs_epi16(w, a);
  return (vi)_mm256_add_epi16((__m256i)gathered, pairs);
#else
  int8x16_t a = vreinterpretq_s8_s32(vdupq_n_s32(four));
  uint8x16_t w = (uint8x16_t)codes;
  // A product of a code and an activation fits in 16 bits.
  int16x8_t low = vmulq_s16(vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(w))), vmovl_s8(vget_low_s8(a)));
  int16x8_t high = vmulq_s16(vreinterpretq_s16_u16(vmovl_u8(vget_high_u8(w))), vmovl_s8(vget_high_s8(a)));
  return gathered + (vi)vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high));
#endif
}

LH_INLINE vi end_gathering(vi sum, vi gathered) {
#if LH_WIDTH == 8
  return sum + (vi)_mm256_madd_epi16((__m256i)gathered, _mm256_set1_epi16(1));
#else
  (void)sum;
  return gathered;
#endif
}

// The values of a table's codes (0 to 15), plus the type's offset.
LH_INLINE vb look_up(lh_code_table which, vb codes) {
  static const uint8_t iq4[16] = {LH_IQ4_CODES}, fp4[16] = {LH_FP4_CODES}, iq1[16] = {LH_IQ1_NUMBERS(16)};
  static const uint8_t iq2[16] = {LH_IQ2_NUMBERS(64)}, iq3_xxs[16] = {LH_IQ3_XXS_NUMBERS(64)};
  static const uint8_t iq3_s[16] = {LH_IQ3_S_NUMBERS(64)};
  const uint8_t *table = which == LH_IQ4_TABLE       ? iq4
                         : which == LH_FP4_TABLE     ? fp4
                         : which == LH_IQ1_TABLE     ? iq1
                         : which == LH_IQ2_TABLE     ? iq2
                         : which == LH_IQ3_XXS_TABLE ? iq3_xxs
                                                     : iq3_s;
#if LH_WIDTH == 16
  __m512i rows = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)table));
  return (vb)_mm512_shuffle_epi8(rows, (__m512i)codes);
#elif LH_WIDTH == 8
  __m256i rows = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table));
  return (vb)_mm256_shuffle_epi8(rows, (__m256i)codes);
#else
  return (vb)vqtbl1q_u8(vld1q_u8(table), (uint8x16_t)codes);
#endif
}

// Bits [shift, shift + bits) of every byte, moved to bit `to`.
LH_INLINE vb LH_FN(lh_bits)(vb v, int shift, int bits, int to) {
  typedef uint16_t words __attribute__((ext_vector_type(2 * LH_WIDTH)));
  words w = __builtin_bit_cast(words, v);
  w = shift > to ? w >> (uint16_t)(shift - to) : w << (uint16_t)(to - shift);
  return __builtin_bit_cast(vb, w) & (uint8_t)(((1 << bits) - 1) << to);
}

LH_INLINE vi byte_row(const uint8_t *rows, int row) {
  vbyte v;
  __builtin_memcpy(&v, rows + 16 * row, sizeof v);
  return __builtin_bit_cast(vi, __builtin_convertvector(v, vu));
}

LH_INLINE vf half_row(const uint8_t *halves, int row) { return load_kv(LH_F16, halves + 32 * row, 0); }

// lh_half_power of every byte.
LH_INLINE vf half_powers(vi bytes) {
  return __builtin_bit_cast(vf, bytes < 2 ? (vi)(int32_t)0x200000 << bytes : (bytes - 1) << 23);
}

#include "grid_vectors.h"

// A trit of every byte: lh_trit.
LH_INLINE vb LH_FN(lh_trits)(vb v, int place) {
  typedef uint16_t words __attribute__((ext_vector_type(2 * LH_WIDTH)));
  const uint16_t power = (uint16_t)(place == 0 ? 1 : place == 1 ? 3 : place == 2 ? 9 : place == 3 ? 27 : 81);
  words w = __builtin_bit_cast(words, v);
  vb first = __builtin_bit_cast(vb, (words)((w * power & (uint16_t)255) | (w >> (uint16_t)8) * power << (uint16_t)8));
  return (first > 85 ? (vb)(uint8_t)1 : (vb)(uint8_t)0) + (first > 170 ? (vb)(uint8_t)1 : (vb)(uint8_t)0);
}

// The eight code vectors of one part of block b of a unit.
LH_INLINE void code_vectors(lh_type type, lh_packing p, const uint8_t *unit, int b, int part, vb *out) {
  const uint8_t *codes = unit + b * lh_code_bytes(p) + 4 * LH_WIDTH * part;
  if (p.kind == LH_GRID) return grid_code_vectors(type, p, unit, b, part, out);
  if (p.kind == LH_TRITS) {
    LH_UNROLL for (int j = 0; j < 8; j++) {
      lh_trit_place at = lh_place_of_trit(b, j);
      out[j] = LH_FN(lh_trits)(load_bytes(unit + 64 * at.vector + 4 * LH_WIDTH * part), at.place);
    }
    return;
  }
  if (p.low_bits == 8) LH_UNROLL for (int j = 0; j < 8; j++) out[j] = load_bytes(codes + 64 * j);
  if (p.low_bits == 4)
    LH_UNROLL for (int j = 0; j < 4; j++) {
      vb both = load_bytes(codes + 64 * j);
      out[j] = both & 15;
      out[4 + j] = LH_FN(lh_bits)(both, 4, 4, 0);
    }
  if (p.low_bits == 2)
    LH_UNROLL for (int j = 0; j < 8; j++)
      out[j] = LH_FN(lh_bits)(load_bytes(codes + 64 * (j / 4)), 2 * (j % 4), 2, 0);
  const uint8_t *high = codes + 64 * p.low_bits;
  if (p.high_bits == 1)
    LH_UNROLL for (int j = 0; j < 8; j++)
      out[j] |= LH_FN(lh_bits)(load_bytes(high), j, 1, p.low_bits);
  if (p.high_bits == 2)
    LH_UNROLL for (int j = 0; j < 8; j++)
      out[j] |= LH_FN(lh_bits)(load_bytes(high + 64 * (j / 4)), 2 * (j % 4), 2, p.low_bits);
  if (p.table != LH_NO_TABLE) LH_UNROLL for (int j = 0; j < 8; j++) out[j] = look_up(p.table, out[j]);
  if (LH_SIGNED_WIDE_CODES && p.offset_shift == 7)
    LH_UNROLL for (int j = 0; j < 8; j++) out[j] ^= 0x80;
}

// lh_packed_scale_of, for one part.
LH_INLINE void scale_vectors(
  lh_type type, lh_packing p, const uint8_t *unit, int part, int sub, vf *scale, vf *minimum) {
  const uint8_t *scales = unit + lh_unit_code_bytes(p);
  const uint8_t *row = scales + LH_WIDTH * part, *halves = scales + 16 * p.byte_rows + 2 * LH_WIDTH * part;
  vf d = p.half_rows != 0 ? half_row(halves, 0) : 0;
  vf m = p.half_rows == 2 ? half_row(halves, 1) : 0;
  int low = sub % 4;
#define ROW(i) byte_row(row, i)
#define FLOATS(v) __builtin_convertvector(v, vf)
  if (type == LH_Q2_K) {
    vi s = ROW(sub);
    d *= FLOATS(s & 15);
    m = -(m * FLOATS(s >> 4));
  }
  if (type == LH_Q3_K)
    d *= FLOATS(((ROW(sub % 8) >> sub / 8 * 4 & 15) | (ROW(8 + low) >> sub / 4 * 2 & 3) << 4) - 32);
  if (type == LH_Q4_K || type == LH_Q5_K) {
    vi s = sub < 4 ? ROW(sub) & 63 : (ROW(8 + low) & 15) | ROW(low) >> 6 << 4;
    vi t = sub < 4 ? ROW(4 + sub) & 63 : ROW(8 + low) >> 4 | ROW(4 + low) >> 6 << 4;
    d *= FLOATS(s);
    m = -(m * FLOATS(t));
  }
  if (type == LH_Q6_K) d *= FLOATS(ROW(sub) << 24 >> 24);
  if (type == LH_MXFP4) d = half_powers(ROW(0));
  if (type == LH_IQ1_S) d *= 0.125f * FLOATS(2 * (ROW(2 * sub + 1) >> 4 & 7) + 1);
  if (type == LH_IQ1_M) {
    vi bits = ROW(17) >> 4 | ROW(19) >> 4 << 4 | ROW(21) >> 4 << 8 | ROW(23) >> 4 << 12;
    vi three = (ROW(16 + sub / 4 * 2) | ROW(17 + sub / 4 * 2) << 8) >> 3 * low & 7;
    vf16 half = __builtin_bit_cast(vf16, __builtin_convertvector(bits, vu16));
    d = __builtin_convertvector(half, vf) * 0.125f * FLOATS(2 * three + 1);
  }
  if (type == LH_IQ2_XXS || type == LH_IQ3_XXS) {
    vi four = spare_signs(load_words(unit + sub * lh_code_bytes(p) + 64 * p.low_bits + 4 * LH_WIDTH * part));
    d *= (type == LH_IQ2_XXS ? 0.125f : 0.25f) * FLOATS(2 * four + 1);
  }
  if (type == LH_IQ2_XS || type == LH_IQ2_S)
    d *= 0.125f * FLOATS(2 * (ROW((type == LH_IQ2_S ? 8 : 0) + sub / 2) >> sub % 2 * 4 & 15) + 1);
  if (type == LH_IQ3_S) d *= FLOATS(2 * (ROW(8 + sub / 2) >> sub % 2 * 4 & 15) + 1);
  if (type == LH_IQ4_XS)
    d *= FLOATS(((ROW(2 + sub / 2) >> sub % 2 * 4 & 15) | (ROW(sub / 4) >> low * 2 & 3) << 4) - 32);
#undef ROW
#undef FLOATS
  *scale = d;
  *minimum = m;
}

// Stores the lanes that are features in [n0, n1); lane 0 is feature n.
LH_INLINE void store_part(float *y, vf v, int64_t n, int64_t n0, int64_t n1) {
  if (n >= n0 && n + LH_WIDTH <= n1) return store_f32(y + n, v);
  float lanes[LH_WIDTH];
  store_f32(lanes, v);
  lh_store_edge(y, lanes, LH_WIDTH, n, n0, n1);
}

// Quantized blocks, taken apart: what each bit of every block type means, once, for every reader of weights.
//
// A block holds 32 or 256 weights in groups of 16 or 32. Every type comes down to the same sum: weight j of
// a block is (d * scale[g]) * number[j] + base * minimum[g], where g is j's group, number a small integer
// and d and base are the block's own floats. The products are exact in f32 (an 11-bit d, at most 8 bits of
// scale and 8 of number), so the sum is rounded once, fused or not.
// Types without minimum have base = -0, the one number whose addition changes nothing, not even a -0.
#ifndef LONGHAUL_QUANTIZED_H
#define LONGHAUL_QUANTIZED_H

#include "grids.h"

enum { LH_LARGEST_BLOCK = 256, LH_MOST_GROUPS = 16 };

typedef struct {
  float d, base;
  int8_t scale[LH_MOST_GROUPS];
  uint8_t minimum[LH_MOST_GROUPS];
  int8_t number[LH_LARGEST_BLOCK];
} lh_quants;

// Weights that share a scale: 16 or 32; 0 for types that are not quantized.
LH_INLINE int lh_group_elements(lh_type type) {
  switch (type) {
    case LH_F32:
    case LH_F16:
    case LH_BF16: return 0;
    case LH_Q2_K:
    case LH_Q3_K:
    case LH_Q6_K:
    case LH_IQ1_M:
    case LH_IQ2_XS:
    case LH_IQ2_S: return 16;
    case LH_Q4_0:
    case LH_Q4_1:
    case LH_Q5_0:
    case LH_Q5_1:
    case LH_Q8_0:
    case LH_Q4_K:
    case LH_Q5_K:
    case LH_IQ4_NL:
    case LH_IQ1_S:
    case LH_IQ2_XXS:
    case LH_IQ3_XXS:
    case LH_IQ3_S:
    case LH_IQ4_XS:
    case LH_TQ1_0:
    case LH_TQ2_0:
    case LH_MXFP4: return 32;
  }
  return 0;
}

// Bytes of `elements` in whole blocks of a known type.
LH_INLINE int64_t lh_row_bytes(lh_type type, int64_t elements) {
  return elements / lh_type_block_elements(type) * lh_type_block_bytes(type);
}

// The numbers that the 4-bit codes of IQ4_NL and IQ4_XS stand for.
static const int8_t lh_iq4_numbers[16] = {
  -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

// What MXFP4's 4-bit codes stand for, twice over: the floats of sign, two bits of exponent and one of fraction (the OCP
// Microscaling formats' E2M1) are 0, 0.5, 1, 1.5, 2, 3, 4 and 6 either side of zero.
static const int8_t lh_fp4_numbers[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

LH_INLINE float lh_half(const uint8_t *p) { return lh_f16_to_f32(lh_read_u16(p)); }

// Low halves of `count` bytes, then the high ones.
LH_INLINE void lh_nibbles(const uint8_t *bytes, int count, int8_t *number) {
  for (int j = 0; j < count; j++) {
    number[j] = (int8_t)(bytes[j] & 15);
    number[count + j] = (int8_t)(bytes[j] >> 4);
  }
}

LH_INLINE void lh_subtract(int8_t *number, int count, int bias) {
  for (int j = 0; j < count; j++) number[j] = (int8_t)(number[j] - bias);
}

LH_INLINE void lh_look_up(const int8_t *numbers, int8_t *number, int count) {
  for (int j = 0; j < count; j++) number[j] = numbers[number[j]];
}

// ---- Blocks of 32: one group ----

// The fifth bits of 32 numbers, bit j of a word being number j's.
LH_INLINE void lh_fifth_bits(const uint8_t *bits, int8_t *number) {
  for (int j = 0; j < 32; j++) number[j] = (int8_t)(number[j] | (bits[j / 8] >> j % 8 & 1) << 4);
}

LH_INLINE void lh_take_apart_32(lh_type type, const uint8_t *block, lh_quants *to) {
  to->d = lh_half(block);
  to->scale[0] = 1;
  if (type == LH_Q4_1 || type == LH_Q5_1) to->base = lh_half(block + 2);
  if (type == LH_Q8_0) __builtin_memcpy(to->number, block + 2, 32);
  if (type == LH_Q4_0 || type == LH_IQ4_NL) lh_nibbles(block + 2, 16, to->number);
  if (type == LH_Q4_1) lh_nibbles(block + 4, 16, to->number);
  if (type == LH_Q5_0) {
    lh_nibbles(block + 6, 16, to->number);
    lh_fifth_bits(block + 2, to->number);
  }
  if (type == LH_Q5_1) {
    lh_nibbles(block + 8, 16, to->number);
    lh_fifth_bits(block + 4, to->number);
  }
  if (type == LH_Q4_0) lh_subtract(to->number, 32, 8);
  if (type == LH_Q5_0) lh_subtract(to->number, 32, 16);
  if (type == LH_IQ4_NL) lh_look_up(lh_iq4_numbers, to->number, 32);
}

LH_INLINE void lh_take_apart_mxfp4(const uint8_t *block, lh_quants *to) {
  to->d = lh_half_power(block[0]);
  to->scale[0] = 1;
  lh_nibbles(block + 1, 16, to->number);
  lh_look_up(lh_fp4_numbers, to->number, 32);
}

// ---- Blocks of 256: 16 groups of 16, or 8 of 32 ----

// 256 two-bit numbers in 64 bytes: each run of 32 bytes holds 128, two bits of every byte at a time.
LH_INLINE void lh_pairs_of_bits(const uint8_t *bytes, int8_t *number) {
  for (int run = 0; run < 2; run++)
    for (int s = 0; s < 4; s++)
      for (int l = 0; l < 32; l++)
        number[128 * run + 32 * s + l] = (int8_t)(bytes[32 * run + l] >> 2 * s & 3);
}

// scale and minimum of 8 groups, 6 bits each, in 12 bytes: the first four of either in the low bits of
// bytes 0..3 and 4..7, whose high pairs top the last four; bytes 8..11 hold the low halves of those.
LH_INLINE void lh_scales_of_12(const uint8_t *s, lh_quants *to) {
  for (int g = 0; g < 4; g++) {
    to->scale[g] = (int8_t)(s[g] & 63);
    to->minimum[g] = s[4 + g] & 63;
    to->scale[4 + g] = (int8_t)((s[8 + g] & 15) | s[g] >> 6 << 4);
    to->minimum[4 + g] = (uint8_t)(s[8 + g] >> 4 | s[4 + g] >> 6 << 4);
  }
}

LH_INLINE void lh_take_apart_q2_k(const uint8_t *block, lh_quants *to) {
  to->d = lh_half(block + 80);
  to->base = -lh_half(block + 82);
  for (int g = 0; g < 16; g++) {
    to->scale[g] = (int8_t)(block[g] & 15);
    to->minimum[g] = block[g] >> 4;
  }
  lh_pairs_of_bits(block + 16, to->number);
}

// The mask's bits say which numbers are not lowered by 4: bit s of byte l is number 32 s + l's.
LH_INLINE void lh_take_apart_q3_k(const uint8_t *block, lh_quants *to) {
  const uint8_t *mask = block, *scales = block + 96;
  to->d = lh_half(block + 108);
  for (int g = 0; g < 16; g++) {
    int low = scales[g % 8] >> (g < 8 ? 0 : 4) & 15, high = scales[8 + g % 4] >> 2 * (g / 4) & 3;
    to->scale[g] = (int8_t)((low | high << 4) - 32);
  }
  lh_pairs_of_bits(block + 32, to->number);
  for (int s = 0; s < 8; s++)
    for (int l = 0; l < 32; l++) {
      int8_t *number = &to->number[32 * s + l];
      *number = (int8_t)((*number | (mask[l] >> s & 1) << 2) - 4);
    }
}

LH_INLINE void lh_take_apart_q45_k(lh_type type, const uint8_t *block, lh_quants *to) {
  to->d = lh_half(block);
  to->base = -lh_half(block + 2);
  lh_scales_of_12(block + 4, to);
  const uint8_t *fifth = block + 16, *halves = type == LH_Q5_K ? block + 48 : block + 16;
  for (int pair = 0; pair < 4; pair++) lh_nibbles(halves + 32 * pair, 32, to->number + 64 * pair);
  if (type != LH_Q5_K) return;
  for (int s = 0; s < 8; s++)
    for (int l = 0; l < 32; l++) {
      int8_t *number = &to->number[32 * s + l];
      *number = (int8_t)(*number | (fifth[l] >> s & 1) << 4);
    }
}

LH_INLINE void lh_take_apart_q6_k(const uint8_t *block, lh_quants *to) {
  const uint8_t *tops = block + 128;
  to->d = lh_half(block + 208);
  __builtin_memcpy(to->scale, block + 192, 16);
  for (int run = 0; run < 2; run++) {
    lh_nibbles(block + 64 * run, 64, to->number + 128 * run);
    for (int s = 0; s < 4; s++)
      for (int l = 0; l < 32; l++) {
        int8_t *number = &to->number[128 * run + 32 * s + l];
        *number = (int8_t)(*number | (tops[32 * run + l] >> 2 * s & 3) << 4);
      }
  }
  lh_subtract(to->number, 256, 32);
}

LH_INLINE void lh_take_apart_iq4_xs(const uint8_t *block, lh_quants *to) {
  to->d = lh_half(block);
  uint16_t tops = lh_read_u16(block + 2);
  for (int g = 0; g < 8; g++) {
    int low = block[4 + g / 2] >> 4 * (g % 2) & 15, high = tops >> 2 * g & 3;
    to->scale[g] = (int8_t)((low | high << 4) - 32);
    lh_nibbles(block + 8 + 16 * g, 16, to->number + 32 * g);
  }
  lh_look_up(lh_iq4_numbers, to->number, 256);
}

// ---- Blocks of 256 whose numbers are entries of a grid ----

// Numbers of one entry; bit i of `signs` is number i's.
LH_INLINE void lh_eight_of_grid(lh_type type, int index, int signs, int8_t *number) {
  static const int8_t iq1[16] = {LH_IQ1_NUMBERS(0)}, iq2[16] = {LH_IQ2_NUMBERS(0)};
  const int8_t *numbers = type == LH_IQ1_S || type == LH_IQ1_M ? iq1 : iq2;
  uint16_t entry = lh_grid_of(type)[index];
  for (int i = 0; i < 8; i++) number[i] = numbers[lh_grid_code(entry, 8, i) | (signs >> i & 1) << 2];
}

LH_INLINE void lh_four_of_grid(lh_type type, int index, int signs, int8_t *number) {
  static const int8_t iq3_xxs[16] = {LH_IQ3_XXS_NUMBERS(0)}, iq3_s[16] = {LH_IQ3_S_NUMBERS(0)};
  const int8_t *numbers = type == LH_IQ3_XXS ? iq3_xxs : iq3_s;
  uint16_t entry = lh_grid_of(type)[index];
  for (int i = 0; i < 4; i++) number[i] = numbers[lh_grid_code(entry, 4, i) | (signs >> i & 1) << 3];
}

// Scales are odd numbers.
LH_INLINE int8_t lh_odd_scale(int code) { return (int8_t)(2 * code + 1); }

// Half a byte for each group of 16.
LH_INLINE void lh_odd_scales(const uint8_t *bytes, int count, int8_t *scale) {
  for (int g = 0; g < count; g++) scale[g] = lh_odd_scale(bytes[g / 2] >> 4 * (g % 2) & 15);
}

// Of 32 numbers, four times seven signs and the scale in one word.
LH_INLINE uint32_t lh_signs_and_scale(const uint8_t *bytes) {
  uint32_t word;
  __builtin_memcpy(&word, bytes, sizeof word);
  return word;
}

LH_INLINE void lh_take_apart_iq2(lh_type type, const uint8_t *block, lh_quants *to) {
  to->d = lh_half(block) * 0.125f;
  if (type == LH_IQ2_XS) lh_odd_scales(block + 66, 16, to->scale);
  if (type == LH_IQ2_S) lh_odd_scales(block + 74, 16, to->scale);
  for (int b = 0; b < 8; b++) {
    uint32_t word = lh_signs_and_scale(block + 2 + 8 * b + 4);
    if (type == LH_IQ2_XXS) to->scale[b] = lh_odd_scale(word >> 28);
    for (int e = 0; e < 4; e++) {
      int index, signs;
      if (type == LH_IQ2_XXS) {
        index = block[2 + 8 * b + e];
        signs = lh_eight_signs(word >> 7 * e & 127);
      } else if (type == LH_IQ2_XS) {
        int both = lh_read_u16(block + 2 + 8 * b + 2 * e);
        index = both & 511;
        signs = lh_eight_signs(both >> 9);
      } else {
        index = block[2 + 4 * b + e] | (block[66 + b] >> 2 * e & 3) << 8;
        signs = block[34 + 4 * b + e];
      }
      lh_eight_of_grid(type, index, signs, to->number + 32 * b + 8 * e);
    }
  }
}

LH_INLINE void lh_take_apart_iq3(lh_type type, const uint8_t *block, lh_quants *to) {
  to->d = type == LH_IQ3_XXS ? lh_half(block) * 0.25f : lh_half(block);
  if (type == LH_IQ3_S) lh_odd_scales(block + 106, 8, to->scale);
  for (int b = 0; b < 8; b++) {
    uint32_t word = type == LH_IQ3_XXS ? lh_signs_and_scale(block + 66 + 4 * b) : 0;
    if (type == LH_IQ3_XXS) to->scale[b] = lh_odd_scale(word >> 28);
    for (int e = 0; e < 8; e++) {
      int index = block[2 + 8 * b + e];
      if (type == LH_IQ3_S) index |= (block[66 + b] >> e & 1) << 8;
      int signs = type == LH_IQ3_S ? block[74 + 4 * b + e / 2] : lh_eight_signs(word >> 7 * (e / 2) & 127);
      lh_four_of_grid(type, index, signs >> 4 * (e % 2), to->number + 32 * b + 4 * e);
    }
  }
}

// Entries of a quarter block: three more bits of each index, then the group's scale and the side it is shifted to.
LH_INLINE void lh_take_apart_iq1_s(const uint8_t *block, lh_quants *to) {
  to->d = lh_half(block) * 0.125f;
  for (int b = 0; b < 8; b++) {
    int more = lh_read_u16(block + 34 + 2 * b);
    to->scale[b] = lh_odd_scale(more >> 12 & 7);
    for (int e = 0; e < 4; e++)
      lh_eight_of_grid(
        LH_IQ1_S, block[2 + 4 * b + e] | (more >> 3 * e & 7) << 8, more >> 15 ? 255 : 0, to->number + 32 * b + 8 * e);
  }
}

// The bits of d lie in the highest four of each of the words that have four scales.
LH_INLINE void lh_take_apart_iq1_m(const uint8_t *block, lh_quants *to) {
  int d = 0;
  for (int q = 0; q < 4; q++) d |= block[48 + 2 * q + 1] >> 4 << 4 * q;
  to->d = lh_f16_to_f32((uint16_t)d) * 0.125f;
  for (int g = 0; g < 16; g++)
    to->scale[g] = lh_odd_scale(lh_read_u16(block + 48 + g / 4 * 2) >> 3 * (g % 4) & 7);
  for (int e = 0; e < 32; e++) {
    int more = block[32 + e / 2] >> 4 * (e % 2) & 15;
    lh_eight_of_grid(LH_IQ1_M, block[e] | (more & 7) << 8, more >> 3 ? 255 : 0, to->number + 8 * e);
  }
}

// ---- Blocks of 256 numbers between -1 and 1 (TQ2_0's bits can say 2) ----

LH_INLINE void lh_take_apart_tq(lh_type type, const uint8_t *block, lh_quants *to) {
  to->d = lh_half(block + (type == LH_TQ1_0 ? 52 : 64));
  __builtin_memset(to->scale, 1, sizeof to->scale);
  if (type == LH_TQ2_0) lh_pairs_of_bits(block, to->number);
  else {
    for (int i = 0; i < 160; i++) to->number[i] = (int8_t)lh_trit(block[i % 32], i / 32);
    for (int i = 0; i < 80; i++) to->number[160 + i] = (int8_t)lh_trit(block[32 + i % 16], i / 16);
    for (int i = 0; i < 16; i++) to->number[240 + i] = (int8_t)lh_trit(block[48 + i % 4], i / 4);
  }
  lh_subtract(to->number, 256, 1);
}

// Takes one block of a quantized type apart. Other types write nothing.
LH_INLINE void lh_take_apart(lh_type type, const uint8_t *block, lh_quants *to) {
  to->base = -0.0f;
  __builtin_memset(to->minimum, 1, sizeof to->minimum);
  switch (type) {
    case LH_F32:
    case LH_F16:
    case LH_BF16: break;
    case LH_Q4_0:
    case LH_Q4_1:
    case LH_Q5_0:
    case LH_Q5_1:
    case LH_Q8_0:
    case LH_IQ4_NL: lh_take_apart_32(type, block, to); break;
    case LH_Q2_K: lh_take_apart_q2_k(block, to); break;
    case LH_Q3_K: lh_take_apart_q3_k(block, to); break;
    case LH_Q4_K:
    case LH_Q5_K: lh_take_apart_q45_k(type, block, to); break;
    case LH_Q6_K: lh_take_apart_q6_k(block, to); break;
    case LH_IQ1_S: lh_take_apart_iq1_s(block, to); break;
    case LH_IQ1_M: lh_take_apart_iq1_m(block, to); break;
    case LH_IQ2_XXS:
    case LH_IQ2_XS:
    case LH_IQ2_S: lh_take_apart_iq2(type, block, to); break;
    case LH_IQ3_XXS:
    case LH_IQ3_S: lh_take_apart_iq3(type, block, to); break;
    case LH_IQ4_XS: lh_take_apart_iq4_xs(block, to); break;
    case LH_TQ1_0:
    case LH_TQ2_0: lh_take_apart_tq(type, block, to); break;
    case LH_MXFP4: lh_take_apart_mxfp4(block, to); break;
  }
}

// The `count` weights of one block, put together.
LH_INLINE void lh_decode_block(lh_type type, int count, const uint8_t *block, float *weight) {
  const int group = lh_group_elements(type);
  lh_quants part;
  lh_take_apart(type, block, &part);
  for (int g = 0; g < count / group; g++) {
    float scale = part.d * (float)part.scale[g], offset = part.base * (float)part.minimum[g];
    for (int j = 0; j < group; j++)
      weight[g * group + j] = scale * (float)part.number[g * group + j] + offset;
  }
}

#endif

// The grids of IQ1, IQ2 and IQ3: an index stands for 8 or 4 numbers at once, of few different magnitudes.
//
// Nibble b of an entry has codes: of grids of 4 numbers, number b's (three bits); of grids of 8, number b's in the low
// two bits and number 4 + b's in the high two. A code and a sign (of IQ1, the side to which the block is shifted) are
// looked up together among the numbers of the type.
#ifndef LONGHAUL_GRIDS_H
#define LONGHAUL_GRIDS_H

#include "scalar.h"

// One entry more than there are indices, so that four bytes can be read wherever there are two.
extern const uint16_t lh_grid_iq2_xxs[256 + 1], lh_grid_iq2_xs[512 + 1], lh_grid_iq2_s[1024 + 1];
extern const uint16_t lh_grid_iq3_xxs[256 + 1], lh_grid_iq3_s[512 + 1], lh_grid_iq1_s[2048 + 1];

// The numbers by code, those without sign first; `offset` is added. IQ1's are eighths: -1, 0 or 1, an eighth more or
// less.
#define LH_IQ1_NUMBERS(offset) \
  (offset) - 7, (offset) + 1, (offset) + 9, (offset), (offset) - 9, (offset) - 1, (offset) + 7, (offset), \
  0, 0, 0, 0, 0, 0, 0, 0
#define LH_IQ2_NUMBERS(offset) \
  (offset) + 8, (offset) + 25, (offset) + 43, (offset), (offset) - 8, (offset) - 25, (offset) - 43, (offset), \
  0, 0, 0, 0, 0, 0, 0, 0
#define LH_IQ3_XXS_NUMBERS(offset) \
  (offset) + 4, (offset) + 12, (offset) + 20, (offset) + 28, (offset) + 36, (offset) + 44, (offset) + 52, \
  (offset) + 62, (offset) - 4, (offset) - 12, (offset) - 20, (offset) - 28, (offset) - 36, (offset) - 44, \
  (offset) - 52, (offset) - 62
#define LH_IQ3_S_NUMBERS(offset) \
  (offset) + 1, (offset) + 3, (offset) + 5, (offset) + 7, (offset) + 9, (offset) + 11, (offset) + 13, (offset) + 15, \
  (offset) - 1, (offset) - 3, (offset) - 5, (offset) - 7, (offset) - 9, (offset) - 11, (offset) - 13, (offset) - 15

// The grid of a type, NULL for types without one.
LH_INLINE const uint16_t *lh_grid_of(lh_type type) {
  switch (type) {
    case LH_IQ2_XXS: return lh_grid_iq2_xxs;
    case LH_IQ2_XS: return lh_grid_iq2_xs;
    case LH_IQ2_S: return lh_grid_iq2_s;
    case LH_IQ3_XXS: return lh_grid_iq3_xxs;
    case LH_IQ3_S: return lh_grid_iq3_s;
    case LH_IQ1_S:
    case LH_IQ1_M: return lh_grid_iq1_s;
    default: return NULL;
  }
}

// The code of number i of an entry of `elements` numbers.
LH_INLINE int lh_grid_code(uint16_t entry, int elements, int i) {
  return elements == 8 ? entry >> (4 * (i % 4) + 2 * (i / 4)) & 3 : entry >> 4 * i & 7;
}

// Seven signs, and the eighth: an even number of the eight is set.
LH_INLINE int lh_eight_signs(int seven) { return seven | (__builtin_popcount((unsigned)seven) & 1) << 7; }

// The trit of a byte of TQ1_0 that is three to the power of `place`, counted from the first: 0, 1 or 2.
LH_INLINE int lh_trit(uint8_t byte, int place) {
  static const uint8_t power[5] = {1, 3, 9, 27, 81};
  return (uint8_t)(byte * power[place]) * 3 >> 8;
}

#endif

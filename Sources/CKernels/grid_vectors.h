// Codes of grids as vectors, for packed_vectors.h, which includes this once for each instruction set.

// The largest grid that is looked up in registers where these are large.
#ifndef LH_PERMUTED_GRID
#define LH_PERMUTED_GRID 1024
#endif

#ifndef LONGHAUL_GRID_VECTOR_NAMES
#define LONGHAUL_GRID_VECTOR_NAMES
#define load_words LH_FN(lh_load_words)
#define spare_signs LH_FN(lh_spare_signs)
#define with_last_signs LH_FN(lh_with_last_signs)
#define grid_entries LH_FN(lh_grid_entries)
#define grid_code_vectors LH_FN(lh_grid_code_vectors)
#endif

LH_INLINE vi load_words(const uint8_t *p) {
  vi v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

// lh_spare_signs of a vector of words.
LH_INLINE vi spare_signs(vi words) {
  vi bits = words >> 25 & 0x55;
  bits = (bits | bits >> 1) & 0x33;
  return (bits | bits >> 2) & 15;
}

// The words with the last sign of each octet, which is set if an odd number of the others is.
LH_INLINE vi with_last_signs(vi words) {
  vi signs = words & 0x55ffffff, folded = signs ^ signs >> 16;
  folded ^= folded >> 8;
  folded ^= folded >> 1;
  return signs | (folded & 0x55) << 25;
}

// Entries of a grid, in the low halves of the lanes; the high halves are anything.
LH_INLINE vi grid_entries(const uint16_t *grid, vi index) {
#if LH_WIDTH == 16
  return (vi)_mm512_i32gather_epi32((__m512i)index, grid, 2);
#elif LH_WIDTH == 8
  return (vi)_mm256_i32gather_epi32((const int *)grid, (__m256i)index, 2);
#else
  return (vi){grid[index[0]], grid[index[1]], grid[index[2]], grid[index[3]]};
#endif
}

// How many indices a grid has.
LH_INLINE int LH_FN(lh_grid_size)(lh_type type) {
  switch (type) {
    case LH_IQ2_XXS:
    case LH_IQ3_XXS: return 256;
    case LH_IQ2_XS:
    case LH_IQ3_S: return 512;
    case LH_IQ2_S: return 1024;
    default: return 2048;
  }
}

// Index e of a block: its byte of `words`, and its high bits.
LH_INLINE vi LH_FN(lh_grid_index)(lh_type type, vi words, vi more, int e) {
  vi low = words >> 8 * (e % 4) & 255;
  if (type == LH_IQ1_S) return low | (more >> 3 * e & 7) << 8;
  if (type == LH_IQ1_M) return low | (more >> 4 * e & 7) << 8;
  if (type == LH_IQ2_S) return low | (more >> 2 * e & 3) << 8;
  if (type == LH_IQ2_XS || type == LH_IQ3_S) return low | (more >> e & 1) << 8;
  return low;
}

// Entries of four indices of each lane; `index` has those in bits 0 to 15 of vectors 0 to 3.
LH_INLINE void LH_FN(lh_four_entries)(lh_type type, const vi *index, vi *entry) {
  const uint16_t *grid = lh_grid_of(type);
#if LH_WIDTH == 16
  // The smaller grids fit in few registers, where 32 numbers of 16 bits are looked up at once: faster than gathering.
  const int count = LH_FN(lh_grid_size)(type) / 64;
  if (count <= LH_PERMUTED_GRID / 64) {
    LH_UNROLL for (int pair = 0; pair < 2; pair++) {
      const __m512i both = (__m512i)(index[pair] | index[2 + pair] << 16);
      __m512i found[LH_PERMUTED_GRID / 64];
      LH_UNROLL for (int i = 0; i < count; i++)
        found[i] = _mm512_permutex2var_epi16(
          _mm512_loadu_si512(grid + 64 * i), both, _mm512_loadu_si512(grid + 64 * i + 32));
      LH_UNROLL for (int step = 1; step < count; step *= 2) {
        const __mmask32 second = _mm512_test_epi16_mask(both, _mm512_set1_epi16((short)(64 * step)));
        LH_UNROLL for (int i = 0; i < count; i += 2 * step)
          found[i] = _mm512_mask_blend_epi16(second, found[i], found[i + step]);
      }
      entry[pair] = (vi)found[0] & 0xffff;
      entry[2 + pair] = (vi)((vu)found[0] >> 16);
    }
    return;
  }
#endif
  LH_UNROLL for (int i = 0; i < 4; i++) entry[i] = grid_entries(grid, index[i]) & 0xffff;
}

// lh_packed_grid_code of one part of block b, looked up.
LH_INLINE void grid_code_vectors(lh_type type, lh_packing p, const uint8_t *unit, int b, int part, vb *out) {
  const uint8_t *codes = unit + b * lh_code_bytes(p) + 4 * LH_WIDTH * part;
  const uint8_t *row = unit + lh_unit_code_bytes(p) + LH_WIDTH * part;
  const int elements = lh_grid_elements(p), count = LH_BLOCK_ELEMENTS / elements;
  vi signs = p.high_bits != 0 ? load_words(codes + 64 * p.low_bits) : 0, more = 0;
  if (type == LH_IQ1_S || type == LH_IQ1_M) more = byte_row(row, 2 * b) | byte_row(row, 2 * b + 1) << 8;
  if (type == LH_IQ2_XS) more = spare_signs(signs);
  if (type == LH_IQ2_S || type == LH_IQ3_S) more = byte_row(row, b);
  if (p.has_spare_signs) signs = with_last_signs(signs);
  vi entries[8];
  LH_UNROLL for (int four = 0; four < count; four += 4) {
    vi indices[4];
    LH_UNROLL for (int e = four; e < four + 4; e++)
      indices[e - four] = LH_FN(lh_grid_index)(type, load_words(codes + 64 * (four / 4)), more, e);
    LH_FN(lh_four_entries)(type, indices, entries + four);
  }
  LH_UNROLL for (int e = 0; e < count; e++) {
    vi entry = entries[e];
    // A nibble to a byte.
    entry = (entry | entry << 8) & 0x00ff00ff;
    entry = (entry | entry << 4) & 0x0f0f0f0f;
    if (elements == 4) out[e] = __builtin_bit_cast(vb, entry);
    else {
      out[2 * e] = __builtin_bit_cast(vb, entry & 0x03030303);
      out[2 * e + 1] = __builtin_bit_cast(vb, entry >> 2 & 0x03030303);
    }
    if (p.high_bits == 0) {
      vi shift = type == LH_IQ1_S ? more >> 15 & 1 : more >> (4 * e + 3) & 1;
      vb all = __builtin_bit_cast(vb, -shift & 0x04040404);
      out[2 * e] |= all;
      out[2 * e + 1] |= all;
    }
  }
  if (p.high_bits != 0)
    LH_UNROLL for (int j = 0; j < 8; j++)
      out[j] |= LH_FN(lh_bits)(__builtin_bit_cast(vb, signs), j, 1, elements == 8 ? 2 : 3);
  LH_UNROLL for (int j = 0; j < 8; j++) out[j] = look_up(p.table, out[j]);
}

// Packs matrices: moves the bits of the file's rows to where PackedWeights.h wants them.
#include "packed.h"
#include "quantised.h"

int64_t lh_packed_bytes(lh_type type, int64_t channels, int64_t k) {
  int64_t elements = lh_type_block_elements(type), bytes = lh_type_block_bytes(type), row, size;
  if (elements == 0 || channels < 0 || k < 0 || k % elements != 0) return 0;
  if (__builtin_mul_overflow(k / elements, bytes, &row)) return 0;
  if (channels > INT64_MAX - LH_BUNDLE_CHANNELS) return 0;
  int64_t whole = (channels + LH_BUNDLE_CHANNELS - 1) / LH_BUNDLE_CHANNELS * LH_BUNDLE_CHANNELS;
  return __builtin_mul_overflow(whole, row, &size) ? 0 : size;
}

// ---- Floats: the transposition of 16 rows ----

LH_INLINE void pack_floats(int64_t bytes, const uint8_t *const *row, int64_t k, uint8_t *to) {
  static const uint8_t none[4] = {0};
  for (int64_t i = 0; i < k; i++)
    for (int c = 0; c < LH_BUNDLE_CHANNELS; c++, to += bytes)
      __builtin_memcpy(to, row[c] == NULL ? none : row[c] + i * bytes, (size_t)bytes);
}

// ---- Quantised types ----

// Where the parts of a file's block lie: scale bytes, the f16 scale and the f16 minimum.
typedef struct { int bytes, scale, minimum; } places;

LH_INLINE places places_of(lh_type type) {
  switch (type) {
    case LH_Q4_1:
    case LH_Q5_1: return (places){0, 0, 2};
    case LH_Q2_K: return (places){0, 80, 82};
    case LH_Q3_K: return (places){96, 108, 0};
    case LH_Q4_K:
    case LH_Q5_K: return (places){4, 0, 2};
    case LH_Q6_K: return (places){192, 208, 0};
    case LH_IQ4_XS: return (places){2, 0, 0};
    default: return (places){0, 0, 0};
  }
}

LH_INLINE void pack_scales(lh_type type, lh_packing p, const uint8_t *block, int channel, uint8_t *scales) {
  places at = places_of(type);
  for (int i = 0; i < p.byte_rows; i++) scales[16 * i + channel] = block[at.bytes + i];
  uint8_t *halves = scales + 16 * p.byte_rows + 2 * channel;
  __builtin_memcpy(halves, block + at.scale, 2);
  if (p.half_rows == 2) __builtin_memcpy(halves + 32, block + at.minimum, 2);
}

// Puts the low `bits` bits of 32 codes where one channel has them in a plane (lh_plane_bits reads them).
LH_INLINE void put_plane(int bits, const uint8_t *code, int shift, int channel, uint8_t *plane) {
  const int mask = (1 << bits) - 1, in_byte = 8 / bits;
  for (int v = 0; v < bits; v++)
    for (int b = 0; b < 4; b++) {
      int byte = 0;
      for (int place = 0; place < in_byte; place++) {
        int vector = bits == 4 ? v + 4 * place : v * in_byte + place;
        byte |= (code[4 * vector + b] >> shift & mask) << place * bits;
      }
      plane[64 * v + 4 * channel + b] = (uint8_t)byte;
    }
}

LH_INLINE void put_codes(lh_packing p, const uint8_t *code, int channel, uint8_t *codes) {
  if (p.low_bits == 2) put_plane(2, code, 0, channel, codes);
  if (p.low_bits == 4) put_plane(4, code, 0, channel, codes);
  if (p.low_bits == 8) put_plane(8, code, 0, channel, codes);
  if (p.high_bits == 1) put_plane(1, code, p.low_bits, channel, codes + 64 * p.low_bits);
  if (p.high_bits == 2) put_plane(2, code, p.low_bits, channel, codes + 64 * p.low_bits);
}

// The codes of a block of the file, element by element.
LH_INLINE void codes_of(lh_type type, lh_packing p, const uint8_t *block, uint8_t *code) {
  lh_quants parts;
  lh_take_apart(type, block, &parts);
  int count = lh_unit_elements(p), offset = p.offset_shift < 0 ? 0 : 1 << p.offset_shift;
  for (int i = 0; i < count; i++) code[i] = (uint8_t)(parts.number[i] + offset);
}

// IQ4's codes are table indices: the halves as they stand.
LH_INLINE void table_codes_of(lh_packing p, const uint8_t *halves, uint8_t *code) {
  for (int b = 0; b < p.blocks; b++)
    for (int i = 0; i < 16; i++) {
      code[32 * b + i] = halves[16 * b + i] & 15;
      code[32 * b + 16 + i] = halves[16 * b + i] >> 4;
    }
}

LH_INLINE void pack_unit(lh_type type, const uint8_t *const *block, uint8_t *unit) {
  const lh_packing p = lh_packing_of(type);
  for (int c = 0; c < LH_BUNDLE_CHANNELS; c++) {
    if (block[c] == NULL) continue;
    uint8_t code[LH_LARGEST_BLOCK];
    if (p.is_table) table_codes_of(p, block[c] + lh_type_block_bytes(type) - 16 * p.blocks, code);
    else codes_of(type, p, block[c], code);
    for (int b = 0; b < p.blocks; b++)
      put_codes(p, code + b * LH_BLOCK_ELEMENTS, c, unit + b * lh_code_bytes(p));
    pack_scales(type, p, block[c], c, unit + p.blocks * lh_code_bytes(p));
  }
}

// Q4_0, IQ4_NL and Q4_1 have their halves as a plane wants them, Q8_0 all but the offset: four bytes of a
// row are four bytes of a code vector.
LH_INLINE void pack_words(lh_type type, const uint8_t *const *block, uint8_t *unit) {
  const lh_packing p = lh_packing_of(type);
  const uint32_t flip = type == LH_Q8_0 ? 0x80808080u : 0;
  for (int c = 0; c < LH_BUNDLE_CHANNELS; c++) {
    if (block[c] == NULL) continue;
    for (int v = 0; v < p.low_bits; v++) {
      uint32_t word;
      __builtin_memcpy(&word, block[c] + 2 * p.half_rows + 4 * v, 4);
      word ^= flip;
      __builtin_memcpy(unit + 64 * v + 4 * c, &word, 4);
    }
    pack_scales(type, p, block[c], c, unit + lh_code_bytes(p));
  }
}

LH_INLINE void pack_quantised(lh_type type, const uint8_t *const *row, int64_t k, uint8_t *to) {
  const lh_packing p = lh_packing_of(type);
  const int64_t unit_bytes = lh_unit_bytes(p), block_bytes = lh_type_block_bytes(type);
  const bool by_words = p.blocks == 1 && p.high_bits == 0;
  for (int64_t u = 0; u < k / lh_unit_elements(p); u++, to += unit_bytes) {
    const uint8_t *block[LH_BUNDLE_CHANNELS];
    bool is_whole = true;
    for (int c = 0; c < LH_BUNDLE_CHANNELS; c++) {
      block[c] = row[c] == NULL ? NULL : row[c] + u * block_bytes;
      is_whole = is_whole && block[c] != NULL;
    }
    if (!is_whole) __builtin_memset(to, 0, (size_t)unit_bytes);
    if (by_words) pack_words(type, block, to);
    else pack_unit(type, block, to);
  }
}

// One function for each type, in which everything that follows from the type is constant.
#define TYPES(X) \
  X(LH_Q4_0) X(LH_Q4_1) X(LH_Q5_0) X(LH_Q5_1) X(LH_Q8_0) X(LH_IQ4_NL) X(LH_Q2_K) X(LH_Q3_K) X(LH_Q4_K) \
  X(LH_Q5_K) X(LH_Q6_K) X(LH_IQ4_XS)
#define OF_TYPE(type) \
  static __attribute__((noinline)) void pack_##type( \
    const uint8_t *const *row, int64_t k, uint8_t *to) { pack_quantised(type, row, k, to); }
TYPES(OF_TYPE)
#undef OF_TYPE

static void pack_bundle(lh_type type, const uint8_t *const *row, int64_t k, uint8_t *to) {
#define OF_TYPE(type) case type: pack_##type(row, k, to); break;
  switch (type) {
    TYPES(OF_TYPE)
    case LH_F32: pack_floats(4, row, k, to); break;
    case LH_F16:
    case LH_BF16: pack_floats(2, row, k, to); break;
  }
#undef OF_TYPE
}

void lh_pack(
  lh_type type, const void *w, int64_t row_bytes, int64_t channels, int64_t k, int64_t bundle0,
  int64_t bundle1, void *packed) {
  int64_t bundle_bytes = lh_packed_bytes(type, LH_BUNDLE_CHANNELS, k);
  if (bundle_bytes == 0) return;
  for (int64_t bundle = bundle0; bundle < bundle1; bundle++) {
    const uint8_t *row[LH_BUNDLE_CHANNELS];
    for (int c = 0; c < LH_BUNDLE_CHANNELS; c++) {
      int64_t channel = bundle * LH_BUNDLE_CHANNELS + c;
      row[c] = channel < channels ? (const uint8_t *)w + channel * row_bytes : NULL;
    }
    uint8_t *to = (uint8_t *)packed + bundle * bundle_bytes;
    pack_bundle(type, row, k, to);
  }
}

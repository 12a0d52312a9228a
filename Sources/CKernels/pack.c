// Packs matrices: moves the bits of the file's rows to where PackedWeights.h wants them.
#include "packed.h"

int64_t lh_packed_bytes(lh_type type, int64_t features, int64_t k) {
  int64_t elements = lh_type_block_elements(type), bytes = lh_type_block_bytes(type), row, size;
  if (elements == 0 || features < 0 || k < 0 || k % elements != 0) return 0;
  if (type == LH_BF16 && k % 2 != 0 && __builtin_add_overflow(k, 1, &k)) return 0;
  if (__builtin_mul_overflow(k / elements, bytes, &row)) return 0;
  if (features > INT64_MAX - LH_PANEL_FEATURES) return 0;
  int64_t whole = (features + LH_PANEL_FEATURES - 1) / LH_PANEL_FEATURES * LH_PANEL_FEATURES;
  return __builtin_mul_overflow(whole, row, &size) ? 0 : size;
}

// ---- F32 and F16: the transposition of 16 rows ----

// Numbers [begin, end) of 16 rows, one at a time. A row that is not there has zeros.
LH_INLINE void pack_numbers(int64_t bytes, const uint8_t *const *row, int64_t begin, int64_t end, uint8_t *to) {
  to += begin * LH_PANEL_FEATURES * bytes;
  for (int64_t i = begin; i < end; i++)
    for (int c = 0; c < LH_PANEL_FEATURES; c++, to += bytes) {
      if (row[c] == NULL) __builtin_memset(to, 0, (size_t)bytes);
      else __builtin_memcpy(to, row[c] + i * bytes, (size_t)bytes);
    }
}

// 16 bytes of each row at a time. Interleaving vector j with vector j + 8 of 16 moves every number from place p to the
// place whose bits are those of p rotated by one; after four rounds [feature][i] is [i][feature].
#define PACK_FLOATS(name, type, lanes) \
  static void name(const uint8_t *const *row, int64_t k, uint8_t *to) { \
    typedef type vector __attribute__((ext_vector_type(lanes))); \
    int64_t i = 0; \
    for (; i + lanes <= k; i += lanes) { \
      vector v[LH_PANEL_FEATURES], w[LH_PANEL_FEATURES]; \
      for (int c = 0; c < LH_PANEL_FEATURES; c++) { \
        v[c] = 0; \
        if (row[c] != NULL) __builtin_memcpy(&v[c], row[c] + i * (int64_t)sizeof(type), sizeof v[c]); \
      } \
      for (int round = 0; round < 4; round++) { \
        for (int j = 0; j < LH_PANEL_FEATURES / 2; j++) { \
          w[2 * j] = __builtin_shufflevector(v[j], v[j + 8], LOW_OF_##lanes); \
          w[2 * j + 1] = __builtin_shufflevector(v[j], v[j + 8], HIGH_OF_##lanes); \
        } \
        __builtin_memcpy(v, w, sizeof v); \
      } \
      __builtin_memcpy(to + i * LH_PANEL_FEATURES * (int64_t)sizeof(type), v, sizeof v); \
    } \
    pack_numbers(sizeof(type), row, i, k, to); \
  }
#define LOW_OF_8 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_OF_8 4, 12, 5, 13, 6, 14, 7, 15
#define LOW_OF_4 0, 4, 1, 5
#define HIGH_OF_4 2, 6, 3, 7
PACK_FLOATS(pack_halves, uint16_t, 8)
PACK_FLOATS(pack_singles, uint32_t, 4)
#undef PACK_FLOATS

// ---- BF16: the same with pairs ----

static void pack_pairs(const uint8_t *const *row, int64_t k, uint8_t *to) {
  const int64_t numbers = (k + 1) / 2 * 2 * LH_PANEL_FEATURES;
  pack_singles(row, k / 2, to);
  if (k % 2 != 0)
    for (int c = 0; c < LH_PANEL_FEATURES; c++) {
      uint8_t *last = to + 2 * (numbers - 2 * LH_PANEL_FEATURES + 2 * c);
      __builtin_memset(last, 0, 4);
      if (row[c] != NULL) __builtin_memcpy(last, row[c] + 2 * (k - 1), 2);
    }
  for (int64_t i = 0; i < numbers; i++) {
    uint16_t number = lh_without_tiny(lh_read_u16(to + 2 * i));
    __builtin_memcpy(to + 2 * i, &number, 2);
  }
}

// ---- Quantized types ----

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
    case LH_IQ1_S: return (places){34, 0, 0};
    case LH_IQ1_M: return (places){32, 0, 0};
    case LH_IQ2_XS:
    case LH_IQ2_S:
    case LH_IQ3_S: return (places){66, 0, 0};
    case LH_IQ4_XS: return (places){2, 0, 0};
    case LH_TQ1_0: return (places){0, 52, 0};
    case LH_TQ2_0: return (places){0, 64, 0};
    default: return (places){0, 0, 0};
  }
}

LH_INLINE void pack_scales(lh_type type, lh_packing p, const uint8_t *block, int feature, uint8_t *scales) {
  places at = places_of(type);
  for (int i = 0; i < p.byte_rows; i++) {
    // IQ3_S has its signs between the indices' high bits and the scales.
    int gap = type == LH_IQ3_S && i >= 8 ? 32 : 0;
    scales[16 * i + feature] = block[at.bytes + gap + i];
  }
  uint8_t *halves = scales + 16 * p.byte_rows + 2 * feature;
  if (p.half_rows != 0) __builtin_memcpy(halves, block + at.scale, 2);
  if (p.half_rows == 2) __builtin_memcpy(halves + 32, block + at.minimum, 2);
}

LH_INLINE uint32_t word_at(const uint8_t *bytes, int index) {
  uint32_t word;
  __builtin_memcpy(&word, bytes + 4 * index, 4);
  return word;
}

// What a feature has of a block in one plane is one word of 32 bits for each vector of the plane, and a word is made
// of words of the file: four codes at a time.

// 4 bits, where the file has 32 codes in one half of as many bytes: word v is words v and 4 + v side by side.
LH_INLINE void halves_of_bytes(const uint8_t *bytes, bool is_high, uint32_t *word) {
  for (int v = 0; v < 4; v++) {
    uint32_t low = word_at(bytes, v), high = word_at(bytes, 4 + v);
    word[v] = is_high ? (low >> 4 & 0x0f0f0f0fu) | (high & 0xf0f0f0f0u)
                      : (low & 0x0f0f0f0fu) | (high & 0x0f0f0f0fu) << 4;
  }
}

// 2 bits, where the file has those of 32 codes at `shift` of as many bytes.
LH_INLINE void pairs_of_bytes(const uint8_t *bytes, int shift, uint32_t *word) {
  for (int v = 0; v < 2; v++) {
    word[v] = 0;
    for (int i = 0; i < 4; i++) word[v] |= (word_at(bytes, 4 * v + i) >> shift & 0x03030303u) << 2 * i;
  }
}

// 1 bit, where the file has those of 32 codes at `shift` of as many bytes.
LH_INLINE uint32_t bits_of_bytes(const uint8_t *bytes, int shift) {
  uint32_t word = 0;
  for (int j = 0; j < 8; j++) word |= (word_at(bytes, j) >> shift & 0x01010101u) << j;
  return word;
}

// 1 bit, where the file has those of 32 codes one after the other: every fourth of them in a byte.
LH_INLINE uint32_t bits_of_word(uint32_t bits) {
  uint32_t word = 0;
  for (int b = 0; b < 4; b++) {
    uint32_t every = bits >> b & 0x11111111u;
    every = (every | every >> 3) & 0x03030303u;
    every = (every | every >> 6) & 0x000f000fu;
    word |= ((every | every >> 12) & 0xffu) << 8 * b;
  }
  return word;
}

// 28 signs in sevens, and in place of every eighth, which follows from those, a bit of `spare`.
LH_INLINE uint32_t signs_of_sevens(uint32_t sevens, uint32_t spare) {
  uint32_t bits = 0;
  for (int o = 0; o < 4; o++) bits |= (sevens >> 7 * o & 127) << 8 * o | (spare >> o & 1) << (8 * o + 7);
  return bits_of_word(bits);
}

// The words of a block of IQ2_XS: low bits of four indices, then signs and the indices' high bits.
LH_INLINE void words_of_iq2_xs(const uint8_t *bytes, uint32_t *word) {
  uint32_t sevens = 0, high = 0;
  word[0] = 0;
  for (int e = 0; e < 4; e++) {
    uint32_t both = lh_read_u16(bytes + 2 * e);
    word[0] |= (both & 255) << 8 * e;
    high |= (both >> 8 & 1) << e;
    sevens |= both >> 9 << 7 * e;
  }
  word[1] = signs_of_sevens(sevens, high);
}

// The words of block b (of the packed unit, hence 32 codes) out of the file's block: the low plane's, then the high's.
LH_INLINE void words_of(lh_type type, const uint8_t *block, int b, uint32_t *word) {
  switch (type) {
    case LH_Q4_0:
    case LH_IQ4_NL: __builtin_memcpy(word, block + 2, 16); break;
    case LH_Q4_1: __builtin_memcpy(word, block + 4, 16); break;
    case LH_Q5_0:
      __builtin_memcpy(word, block + 6, 16);
      word[4] = bits_of_word(word_at(block + 2, 0));
      break;
    case LH_Q5_1:
      __builtin_memcpy(word, block + 8, 16);
      word[4] = bits_of_word(word_at(block + 4, 0));
      break;
    case LH_Q8_0:
      for (int v = 0; v < 8; v++) word[v] = word_at(block + 2, v) ^ 0x80808080u;
      break;
    case LH_Q2_K: pairs_of_bytes(block + 16 + 32 * (b / 4), 2 * (b % 4), word); break;
    case LH_Q3_K:
      pairs_of_bytes(block + 32 + 32 * (b / 4), 2 * (b % 4), word);
      word[2] = bits_of_bytes(block, b);
      break;
    case LH_Q4_K: halves_of_bytes(block + 16 + 32 * (b / 2), b % 2 == 1, word); break;
    case LH_Q5_K:
      halves_of_bytes(block + 48 + 32 * (b / 2), b % 2 == 1, word);
      word[4] = bits_of_bytes(block + 16, b);
      break;
    case LH_Q6_K:
      halves_of_bytes(block + 64 * (b / 4) + 32 * (b % 2), b % 4 >= 2, word);
      pairs_of_bytes(block + 128 + 32 * (b / 4), 2 * (b % 4), word + 4);
      break;
    case LH_IQ1_S: word[0] = word_at(block + 2, b); break;
    case LH_IQ1_M: word[0] = word_at(block, b); break;
    case LH_IQ2_XXS:
      word[0] = word_at(block + 2, 2 * b);
      word[1] = signs_of_sevens(word_at(block + 2, 2 * b + 1), word_at(block + 2, 2 * b + 1) >> 28);
      break;
    case LH_IQ2_XS: words_of_iq2_xs(block + 2 + 8 * b, word); break;
    case LH_IQ2_S:
      word[0] = word_at(block + 2, b);
      word[1] = bits_of_word(word_at(block + 34, b));
      break;
    case LH_IQ3_XXS:
      __builtin_memcpy(word, block + 2 + 8 * b, 8);
      word[2] = signs_of_sevens(word_at(block + 66, b), word_at(block + 66, b) >> 28);
      break;
    case LH_IQ3_S:
      __builtin_memcpy(word, block + 2 + 8 * b, 8);
      word[2] = bits_of_word(word_at(block + 74, b));
      break;
    case LH_IQ4_XS: __builtin_memcpy(word, block + 8 + 16 * b, 16); break;
    case LH_TQ2_0: pairs_of_bytes(block + 32 * (b / 4), 2 * (b % 4), word); break;
    case LH_TQ1_0: break;
    case LH_MXFP4: __builtin_memcpy(word, block + 1, 16); break;
    case LH_F32:
    case LH_F16:
    case LH_BF16: break;
  }
}

LH_INLINE void pack_unit(lh_type type, const uint8_t *const *block, uint8_t *unit) {
  const lh_packing p = lh_packing_of(type);
  for (int c = 0; c < LH_PANEL_FEATURES; c++) {
    if (block[c] == NULL) continue;
    if (p.kind == LH_TRITS)
      for (int v = 0; v < LH_TRIT_VECTORS; v++) __builtin_memcpy(unit + 64 * v + 4 * c, block[c] + 4 * v, 4);
    _Pragma("clang loop unroll(full)") for (int b = 0; b < p.blocks; b++) {
      if (p.kind == LH_TRITS) break;
      uint32_t word[8];
      words_of(type, block[c], b, word);
      for (int v = 0; v < p.low_bits + p.high_bits; v++)
        __builtin_memcpy(unit + b * lh_code_bytes(p) + 64 * v + 4 * c, &word[v], 4);
    }
    pack_scales(type, p, block[c], c, unit + lh_unit_code_bytes(p));
  }
}

LH_INLINE void pack_quantized(lh_type type, const uint8_t *const *row, int64_t k, uint8_t *to) {
  const lh_packing p = lh_packing_of(type);
  const int64_t unit_bytes = lh_unit_bytes(p), block_bytes = lh_type_block_bytes(type);
  for (int64_t u = 0; u < k / lh_unit_elements(p); u++, to += unit_bytes) {
    const uint8_t *block[LH_PANEL_FEATURES];
    bool is_whole = true;
    for (int c = 0; c < LH_PANEL_FEATURES; c++) {
      block[c] = row[c] == NULL ? NULL : row[c] + u * block_bytes;
      is_whole = is_whole && block[c] != NULL;
    }
    if (!is_whole) __builtin_memset(to, 0, (size_t)unit_bytes);
    pack_unit(type, block, to);
  }
}

// One function for each type, in which everything that follows from the type is constant.
#define TYPES(X) \
  X(LH_Q4_0) X(LH_Q4_1) X(LH_Q5_0) X(LH_Q5_1) X(LH_Q8_0) X(LH_IQ4_NL) X(LH_Q2_K) X(LH_Q3_K) X(LH_Q4_K) \
  X(LH_Q5_K) X(LH_Q6_K) X(LH_IQ4_XS) X(LH_MXFP4) X(LH_IQ1_S) X(LH_IQ1_M) X(LH_IQ2_XXS) X(LH_IQ2_XS) X(LH_IQ2_S) \
  X(LH_IQ3_XXS) X(LH_IQ3_S) X(LH_TQ1_0) X(LH_TQ2_0)
#define OF_TYPE(type) \
  static __attribute__((noinline)) void pack_##type( \
    const uint8_t *const *row, int64_t k, uint8_t *to) { pack_quantized(type, row, k, to); }
TYPES(OF_TYPE)
#undef OF_TYPE

static void pack_panel(lh_type type, const uint8_t *const *row, int64_t k, uint8_t *to) {
#define OF_TYPE(type) case type: pack_##type(row, k, to); break;
  switch (type) {
    TYPES(OF_TYPE)
    case LH_F32: pack_singles(row, k, to); break;
    case LH_F16: pack_halves(row, k, to); break;
    case LH_BF16: pack_pairs(row, k, to); break;
  }
#undef OF_TYPE
}

void lh_pack(
  lh_type type, const void *w, int64_t row_bytes, int64_t features, int64_t k, int64_t panel0,
  int64_t panel1, void *packed) {
  int64_t panel_bytes = lh_packed_bytes(type, LH_PANEL_FEATURES, k);
  if (panel_bytes == 0) return;
  for (int64_t panel = panel0; panel < panel1; panel++) {
    const uint8_t *row[LH_PANEL_FEATURES];
    for (int c = 0; c < LH_PANEL_FEATURES; c++) {
      int64_t feature = panel * LH_PANEL_FEATURES + c;
      row[c] = feature < features ? (const uint8_t *)w + feature * row_bytes : NULL;
    }
    uint8_t *to = (uint8_t *)packed + panel * panel_bytes;
    pack_panel(type, row, k, to);
  }
}

// A block of keys and values as the products of attention_fast.c read it; included there once for each instruction set.
#undef ROW_WEIGHTS
#ifdef LH_BF16_DOT
// Pairs of bf16: of a row's weights, of two keys' values.
#define ROW_WEIGHTS (KEYS / 2)
#else
// Floats, rounded to bf16.
#define ROW_WEIGHTS KEYS
#endif

#ifndef LONGHAUL_ATTENTION_FAST_BLOCK
#define LONGHAUL_ATTENTION_FAST_BLOCK
#define fast_weight LH_FN(attention_fast_weight)
#define fast_block LH_FN(attention_fast_converted)
#define words LH_FN(attention_fast_words)
#define load_words LH_FN(attention_fast_load_words)
#define resize_words LH_FN(attention_fast_resize_words)
#define store_interleaved LH_FN(attention_fast_store_interleaved)
#define split_pairs LH_FN(attention_fast_split_pairs)
#define rounded_bf16 LH_FN(attention_fast_rounded_bf16)
#define without_tiny_words LH_FN(attention_fast_without_tiny_words)
#define sane_words LH_FN(attention_fast_sane_words)
#define bytes LH_FN(attention_fast_bytes)
#define load_integers LH_FN(attention_fast_load_integers)
#define key_squares LH_FN(attention_fast_key_squares)
#define square_pairs LH_FN(attention_fast_square_pairs)
#define scaled_keys LH_FN(attention_fast_scaled_keys)
#define integer_pairs LH_FN(attention_fast_integer_pairs)
#define float_pairs LH_FN(attention_fast_float_pairs)
#define key_pairs LH_FN(attention_fast_key_pairs)
#define block_values LH_FN(attention_fast_values)
#define values_of_type LH_FN(attention_fast_values_of_type)
#define convert_block LH_FN(attention_fast_convert)
#endif

#ifdef LH_BF16_DOT
typedef lh_bf16_pair fast_weight;
#else
typedef float fast_weight;
#endif
// As many 16-bit numbers as fill a vector.
typedef int16_t words __attribute__((ext_vector_type(2 * LH_WIDTH)));
typedef int8_t bytes __attribute__((ext_vector_type(2 * LH_WIDTH)));

typedef struct {
  // [pairs of the head's dimension][64]; NULL for a view that no row uses.
  const uint32_t *grouped, *neighbor;
  // [64]
  const float *grouped_scales, *neighbor_scales;
  // As many rows as keys, or pairs of keys: [value_stride].
  const fast_weight *values;
  // NULL where values have none.
  const float *value_scales;
} fast_block;

// 16-bit integers of two vectors' width, from memory.
LH_INLINE words load_words(const void *p) {
  words w;
  __builtin_memcpy(&w, p, sizeof w);
  return w;
}

// (w * multiplier + 2^14) >> 15
LH_INLINE words resize_words(words w, words multiplier) {
#if LH_WIDTH == 16
  return (words)_mm512_mulhrs_epi16((__m512i)w, (__m512i)multiplier);
#elif LH_WIDTH == 8
  return (words)_mm256_mulhrs_epi16((__m256i)w, (__m256i)multiplier);
#else
  return (words)vqrdmulhq_s16((int16x8_t)w, (int16x8_t)multiplier);
#endif
}

// Pairs (even[i], odd[i]).
LH_INLINE void store_interleaved(uint32_t *to, words even, words odd) {
#if LH_WIDTH == 16
  words low = __builtin_shufflevector(
    even, odd, 0, 32, 1, 33, 2, 34, 3, 35, 4, 36, 5, 37, 6, 38, 7, 39, 8, 40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14,
    46, 15, 47);
  words high = __builtin_shufflevector(
    even, odd, 16, 48, 17, 49, 18, 50, 19, 51, 20, 52, 21, 53, 22, 54, 23, 55, 24, 56, 25, 57, 26, 58, 27, 59, 28, 60,
    29, 61, 30, 62, 31, 63);
#elif LH_WIDTH == 8
  words low = __builtin_shufflevector(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  words high = __builtin_shufflevector(even, odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#else
  words low = __builtin_shufflevector(even, odd, 0, 8, 1, 9, 2, 10, 3, 11);
  words high = __builtin_shufflevector(even, odd, 4, 12, 5, 13, 6, 14, 7, 15);
#endif
  __builtin_memcpy(to, &low, sizeof low);
  __builtin_memcpy(to + LH_WIDTH, &high, sizeof high);
}

// Adds the squares of both integers of each pair.
LH_INLINE vi square_pairs(vi acc, vi pair) {
#if LH_WIDTH == 16
  return (vi)_mm512_dpwssd_epi32((__m512i)acc, (__m512i)pair, (__m512i)pair);
#elif LH_WIDTH == 8
  return acc + (vi)_mm256_madd_epi16((__m256i)pair, (__m256i)pair);
#else
  vi even = pair << 16 >> 16, odd = pair >> 16;
  return acc + even * even + odd * odd;
#endif
}

// Of 2 * LH_WIDTH floats, those of even and those of odd index.
LH_INLINE void split_pairs(const float *from, vf *even, vf *odd) {
  vf a = load_f32(from), b = load_f32(from + LH_WIDTH);
#if LH_WIDTH == 16
  *even = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  *odd = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
#elif LH_WIDTH == 8
  *even = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
  *odd = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
#else
  *even = __builtin_shufflevector(a, b, 0, 2, 4, 6);
  *odd = __builtin_shufflevector(a, b, 1, 3, 5, 7);
#endif
}

// Rounded to bf16; the largest one where that is not finite, zero below 2^-56.
LH_INLINE vf rounded_bf16(vf x) {
  vu16 bits = round_kv(LH_BF16, x);
  vu16 magnitude = bits & 0x7fff;
  bits = magnitude > LARGEST_BF16 ? (bits & 0x8000) | LARGEST_BF16 : bits;
  bits = magnitude < LH_TINY_BF16 ? (vu16)0 : bits;
  return __builtin_bit_cast(vf, __builtin_convertvector(bits, vu) << 16);
}

#ifdef LH_BF16_DOT
LH_INLINE __m512i without_tiny_words(__m512i w) {
  __m512i magnitude = _mm512_and_si512(w, _mm512_set1_epi16(0x7fff));
  return _mm512_maskz_mov_epi16(_mm512_cmpge_epu16_mask(magnitude, _mm512_set1_epi16(LH_TINY_BF16)), w);
}

// The largest bf16 for what is not finite.
LH_INLINE __m512i sane_words(__m512i w) {
  __m512i magnitude = _mm512_min_epu16(
    _mm512_and_si512(w, _mm512_set1_epi16(0x7fff)), _mm512_set1_epi16(LARGEST_BF16));
  return _mm512_or_si512(_mm512_and_si512(w, _mm512_set1_epi16((short)0x8000)), magnitude);
}
#endif

// Integers of a key block from i on.
LH_INLINE words load_integers(lh_type elements, const void *block, int64_t i) {
  if (elements == LH_INTEGERS_16) return load_words((const int16_t *)block + i);
  bytes b;
  __builtin_memcpy(&b, (const int8_t *)block + i, sizeof b);
  return __builtin_convertvector(b, words);
}

// The sums of squares of 2 * LH_WIDTH keys' integers of the cautious size, from key v on.
LH_INLINE void key_squares(const void *block, int64_t head, int v, vi *low, vi *high) {
  const words cautious = (words)(int16_t)cautious_integer(head);
  *low = *high = 0;
  for (int64_t d = 0; d < head; d += 2) {
    words even = resize_words(load_words((const int16_t *)block + d * KEYS + v), cautious), odd = 0;
    if (d + 1 < head) odd = resize_words(load_words((const int16_t *)block + (d + 1) * KEYS + v), cautious);
    uint32_t pairs[2 * LH_WIDTH];
    store_interleaved(pairs, even, odd);
    vi pair[2];
    __builtin_memcpy(pair, pairs, sizeof pair);
    *low = square_pairs(*low, pair[0]);
    *high = square_pairs(*high, pair[1]);
  }
}

// Keys that are integers under a scale. Fetches as many bytes as it reads from `ahead` on, unless that is NULL.
LH_INLINE void integer_pairs(
  lh_type elements, const void *block, int64_t head, uint32_t *pairs, float *scales, const char *ahead) {
  const float *stored = lh_block_scales(elements, block, head);
  const int64_t pair_bytes = 2 * KEYS * lh_element_bytes(elements);
  int16_t multipliers[KEYS];
  for (int v = 0; v < KEYS; v += 2 * LH_WIDTH) {
    vi squares[2];
    if (elements == LH_INTEGERS_16) key_squares(block, head, v, &squares[0], &squares[1]);
    LH_UNROLL for (int half = 0; half < 2; half++) {
      vf scale = load_f32(stored + v + half * LH_WIDTH);
      if (elements == LH_INTEGERS_16) {
        const float rounding = 0.5f * __builtin_sqrtf((float)head);
        vf length = __builtin_elementwise_sqrt(__builtin_convertvector(squares[half], vf)) + rounding;
        vf multiplier = (float)cautious_integer(head) * ((46336.0f - rounding) / length);
        vi whole = __builtin_convertvector(multiplier < 32767.0f ? multiplier : (vf)32767.0f, vi);
        vi16 narrow = __builtin_convertvector(whole, vi16);
        __builtin_memcpy(multipliers + v + half * LH_WIDTH, &narrow, sizeof narrow);
        scale = scale * (32768.0f / __builtin_convertvector(whole, vf));
      }
      store_f32(scales + v + half * LH_WIDTH, scale);
    }
  }
  for (int64_t p = 0; p < pairs_of(head); p++, pairs += KEYS) {
    if (ahead != NULL) lh_fetch_lines(ahead + p * pair_bytes, pair_bytes);
    LH_UNROLL for (int v = 0; v < KEYS; v += 2 * LH_WIDTH) {
      words even = load_integers(elements, block, 2 * p * KEYS + v), odd = 0;
      if (2 * p + 1 < head) odd = load_integers(elements, block, (2 * p + 1) * KEYS + v);
      if (elements == LH_INTEGERS_16) {
        words multiplier = load_words(multipliers + v);
        even = resize_words(even, multiplier);
        odd = resize_words(odd, multiplier);
      }
      store_interleaved(pairs + v, even, odd);
    }
  }
}

// lh_scaled_integer of LH_WIDTH keys' elements from i on.
LH_INLINE vi scaled_keys(lh_type elements, const void *block, int64_t i, const float *factors) {
  vf factor = load_f32(factors);
  vf n = fma_vector(load_kv(elements, block, i), factor, (vf)LH_ROUND_INTEGER) - LH_ROUND_INTEGER;
  return __builtin_convertvector(factor == 0 ? (vf)0.0f : n, vi);
}

// Keys that are floats, under a scale of their own.
LH_INLINE void float_pairs(
  lh_type elements, const void *block, int64_t head, uint32_t *pairs, float *scales) {
  float factors[KEYS];
  for (int64_t v = 0; v < KEYS; v += LH_WIDTH) {
    vi most = 0, squares = 0;
    for (int64_t d = 0; d < head; d++) {
      vi magnitude = __builtin_bit_cast(vi, load_kv(elements, block, d * KEYS + v)) & 0x7fffffff;
      most = magnitude > most ? magnitude : most;
    }
    lh_integer_factors sizes[LH_WIDTH];
    LH_UNROLL for (int i = 0; i < LH_WIDTH; i++) {
      sizes[i] = integer_factors((uint32_t)most[i], head);
      factors[v + i] = sizes[i].cautious;
    }
    for (int64_t d = 0; d < head; d++) {
      vi n = scaled_keys(elements, block, d * KEYS + v, factors + v);
      squares += n * n;
    }
    LH_UNROLL for (int i = 0; i < LH_WIDTH; i++) {
      factors[v + i] = integer_factor(sizes[i], squares[i], head);
      scales[v + i] = integer_scale((uint32_t)most[i], factors[v + i]);
    }
  }
  for (int64_t p = 0; p < pairs_of(head); p++, pairs += KEYS)
    for (int64_t v = 0; v < KEYS; v += LH_WIDTH) {
      vu pair = 0;
      for (int64_t d = 2 * p; d < lh_min(2 * p + 2, head); d++) {
        vu integer = __builtin_bit_cast(vu, scaled_keys(elements, block, d * KEYS + v, factors + v));
        pair |= d == 2 * p ? integer & 0xffffu : integer << 16;
      }
      __builtin_memcpy(pairs + v, &pair, sizeof pair);
    }
}

static void key_pairs(
  lh_type elements, const void *block, int64_t head, uint32_t *pairs, float *scales, const char *ahead) {
  if (elements == LH_INTEGERS_16) integer_pairs(LH_INTEGERS_16, block, head, pairs, scales, ahead);
  else if (elements == LH_INTEGERS_8) integer_pairs(LH_INTEGERS_8, block, head, pairs, scales, ahead);
  else if (elements == LH_F32) float_pairs(LH_F32, block, head, pairs, scales);
  else if (elements == LH_F16) float_pairs(LH_F16, block, head, pairs, scales);
  else float_pairs(LH_BF16, block, head, pairs, scales);
}

// The values of `count` keys; one more of zeros where their number is odd. Fetches as many bytes as it reads from
// `ahead` on, unless that is NULL.
LH_INLINE void block_values(
  lh_type elements, const void *block, int64_t stride, int64_t count, fast_weight *to, const char *ahead) {
  const int64_t row_bytes = stride * lh_element_bytes(elements);
#ifdef LH_BF16_DOT
  for (int64_t j = 0; j < count; j += 2) {
    if (ahead != NULL) lh_fetch_lines(ahead + j * row_bytes, 2 * row_bytes);
    for (int64_t d = 0; d < stride; d += LH_WIDTH) {
      vf even = load_kv(elements, block, j * stride + d);
      vf odd = j + 1 < count ? load_kv(elements, block, (j + 1) * stride + d) : (vf)0.0f;
      words w = (words)_mm512_cvtne2ps_pbh((__m512)odd, (__m512)even);
      __m512i pairs = (__m512i)__builtin_shufflevector(
        w, w, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14,
        30, 15, 31);
      // Bytes are neither; a half is never below 2^-24.
      if (elements != LH_INTEGERS_8) pairs = sane_words(pairs);
      if (elements == LH_F32 || elements == LH_BF16) pairs = without_tiny_words(pairs);
      _mm512_storeu_si512(to + j / 2 * stride + d, pairs);
    }
  }
#else
  for (int64_t j = 0; j < count; j++) {
    if (ahead != NULL) lh_fetch_lines(ahead + j * row_bytes, row_bytes);
    for (int64_t i = j * stride; i < (j + 1) * stride; i += LH_WIDTH)
      store_f32(to + i, rounded_bf16(load_kv(elements, block, i)));
  }
  if (count % 2 != 0)
    for (int64_t d = 0; d < stride; d += LH_WIDTH) store_f32(to + count * stride + d, (vf)0.0f);
#endif
}

static void values_of_type(
  lh_type elements, const void *block, int64_t stride, int64_t count, fast_weight *to, const char *ahead) {
  if (elements == LH_F16) block_values(LH_F16, block, stride, count, to, ahead);
  else if (elements == LH_INTEGERS_8) block_values(LH_INTEGERS_8, block, stride, count, to, ahead);
  else if (elements == LH_F32) block_values(LH_F32, block, stride, count, to, ahead);
  else block_values(LH_BF16, block, stride, count, to, ahead);
}

// The block, converted into `room`: only the views that a row of the tile uses.
static fast_block convert_block(const lh_attention_rows *rows, const lh_attention_block *block, float *room) {
  const int64_t head = rows->head_dimension, stride = rows->value_stride;
  const lh_type keys_of = lh_key_elements(rows->kv_type), values_of = lh_value_elements(rows->kv_type);
  bool any_grouped, any_neighbor;
  lh_views_used(rows, block, &any_grouped, &any_neighbor);
  float *grouped_scales = room, *neighbor_scales = room + KEYS;
  uint32_t *grouped = (uint32_t *)(room + 2 * KEYS), *neighbor = grouped + KEYS * pairs_of(head);
  fast_weight *values = (fast_weight *)(neighbor + KEYS * pairs_of(head));
  // With few rows conversion takes the time in which the next block is fetched; else their products do.
  const bool few = rows->row_count <= ROW_GROUP;
  const char *next_keys = few ? block->next_keys : NULL, *next_values = few ? block->next_values : NULL;
  if (any_grouped) {
    key_pairs(keys_of, block->grouped_keys, head, grouped, grouped_scales, next_keys);
    next_keys = NULL;
  }
  if (any_neighbor) key_pairs(keys_of, block->neighbor_keys, head, neighbor, neighbor_scales, next_keys);
  if (any_grouped || any_neighbor)
    values_of_type(values_of, block->values, stride, block->key_count, values, next_values);
  return (fast_block){
    .grouped = grouped, .neighbor = neighbor, .grouped_scales = grouped_scales, .neighbor_scales = neighbor_scales,
    .values = values, .value_scales = lh_block_scales(values_of, block->values, stride)};
}

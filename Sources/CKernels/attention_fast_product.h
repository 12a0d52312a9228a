// The two products of attention_fast.c, for up to eight rows; included there once for each instruction set.
//
// Lanes are keys or value dimensions; rows share every loaded vector. A strip is as many columns as the sums of its
// rows leave registers for.
#undef FAST_ROWS
#undef FAST_ACROSS
#if LH_WIDTH == 16
#define FAST_ROWS 8
#define FAST_ACROSS(rows) ((rows) > 4 ? 2 : 4)
#else
#define FAST_ROWS 4
#define FAST_ACROSS(rows) (LH_WIDTH == 8 ? 2 : 4)
#endif

#ifndef LONGHAUL_ATTENTION_FAST_PRODUCT
#define LONGHAUL_ATTENTION_FAST_PRODUCT
#define add_integer_pairs LH_FN(attention_fast_add_integer_pairs)
#define score_strip LH_FN(attention_fast_score_strip)
#define score_rows LH_FN(attention_fast_score_rows)
#define score_product LH_FN(attention_fast_score_product)
#define value_strip LH_FN(attention_fast_value_strip)
#define value_rows LH_FN(attention_fast_value_rows)
#define value_product LH_FN(attention_fast_value_product)
#endif

// Adds the products of LH_WIDTH keys' pairs with one pair of a query.
LH_INLINE vi add_integer_pairs(vi acc, vi keys, int32_t query) {
#if LH_WIDTH == 16
  return (vi)_mm512_dpwssd_epi32((__m512i)acc, (__m512i)keys, _mm512_set1_epi32(query));
#elif LH_WIDTH == 8
  return acc + (vi)_mm256_madd_epi16((__m256i)keys, _mm256_set1_epi32(query));
#else
  return acc + (keys << 16 >> 16) * (int32_t)(int16_t)query + (keys >> 16) * (query >> 16);
#endif
}

// Scores of `rows` queries with `across` vectors of keys from `column` on.
LH_INLINE void score_strip(
  int rows, int across, const int16_t *queries, int64_t pairs, const float *query_scales, const uint32_t *keys,
  const float *key_scales, int64_t column, float *scores) {
  vi acc[FAST_ROWS][4];
  const int32_t *row[FAST_ROWS];
  LH_UNROLL for (int r = 0; r < rows; r++) {
    LH_UNROLL for (int v = 0; v < across; v++) acc[r][v] = 0;
    row[r] = (const int32_t *)queries + r * pairs;
    // A register for each row's address, which the compiler would add up again at every step.
    __asm__("" : "+r"(row[r]));
  }
  keys += column;
  LH_NO_UNROLL for (int64_t p = 0; p < pairs; p++, keys += KEYS) {
    vi k[4];
    LH_UNROLL for (int v = 0; v < across; v++) __builtin_memcpy(&k[v], keys + v * LH_WIDTH, sizeof k[v]);
    LH_UNROLL for (int r = 0; r < rows; r++)
      LH_UNROLL for (int v = 0; v < across; v++) acc[r][v] = add_integer_pairs(acc[r][v], k[v], row[r][p]);
  }
  LH_UNROLL for (int v = 0; v < across; v++) {
    vf scale = load_f32(key_scales + column + v * LH_WIDTH);
    LH_UNROLL for (int r = 0; r < rows; r++)
      store_f32(
        scores + r * KEYS + column + v * LH_WIDTH, __builtin_convertvector(acc[r][v], vf) * scale * query_scales[r]);
  }
}

LH_INLINE void score_rows(
  int rows, const int16_t *queries, int64_t pairs, const float *query_scales, const uint32_t *keys,
  const float *key_scales, int64_t first, int64_t last, float *scores) {
  const int64_t wide = FAST_ACROSS(rows) * LH_WIDTH;
  for (int64_t column = first / wide * wide; column < last; column += wide)
    score_strip(rows, FAST_ACROSS(rows), queries, pairs, query_scales, keys, key_scales, column, scores);
}

// Scores of `count` rows from r0 on with the keys that columns [first, last) touch.
static __attribute__((noinline)) void score_product(
  int64_t count, const lh_integer_queries *queries, int64_t r0, int64_t head, const uint32_t *keys,
  const float *key_scales, int64_t first, int64_t last, float *scores) {
  const int64_t pairs = pairs_of(head);
  for (int64_t r = 0; r < count; r += FAST_ROWS) {
    const int16_t *query = queries->integers + (r0 + r) * 2 * pairs;
    const float *scales = queries->scales + r0 + r;
#define ROWS(n) \
  case n: score_rows(n, query, pairs, scales, keys, key_scales, first, last, scores + r * KEYS); break;
    switch (lh_min(FAST_ROWS, count - r)) {
      ROWS(1) ROWS(2) ROWS(3) ROWS(4)
#if FAST_ROWS == 8
      ROWS(5) ROWS(6) ROWS(7) ROWS(8)
#endif
    }
#undef ROWS
  }
}

// The weighted sums of pairs [begin, end) of keys; rows that see nothing keep what they have.
LH_INLINE void value_strip(
  int rows, int across, const fast_weight *weights, const fast_weight *values, int64_t stride, int64_t column,
  int64_t begin, int64_t end, const int64_t *visible, const float *factor, float *sums) {
  vf acc[FAST_ROWS][4];
  const fast_weight *row[FAST_ROWS];
  LH_UNROLL for (int r = 0; r < rows; r++) {
    LH_UNROLL for (int v = 0; v < across; v++) acc[r][v] = 0.0f;
    row[r] = weights + r * ROW_WEIGHTS;
    __asm__("" : "+r"(row[r]));
  }
#ifdef LH_BF16_DOT
  LH_NO_UNROLL for (int64_t i = begin; i < end; i++) {
    __m512bh w[4];
    LH_UNROLL for (int v = 0; v < across; v++)
      w[v] = (__m512bh)_mm512_loadu_si512(values + i * stride + column + v * LH_WIDTH);
    LH_UNROLL for (int r = 0; r < rows; r++)
      LH_UNROLL for (int v = 0; v < across; v++)
        acc[r][v] = (vf)_mm512_dpbf16_ps((__m512)acc[r][v], w[v], (__m512bh)_mm512_set1_epi32((int)row[r][i]));
  }
#else
  LH_NO_UNROLL for (int64_t i = begin; i < end; i++)
    LH_UNROLL for (int odd = 1; odd >= 0; odd--) {
      vf w[4];
      LH_UNROLL for (int v = 0; v < across; v++)
        w[v] = load_f32(values + (2 * i + odd) * stride + column + v * LH_WIDTH);
      LH_UNROLL for (int r = 0; r < rows; r++)
        LH_UNROLL for (int v = 0; v < across; v++)
          acc[r][v] = fma_vector((vf)row[r][2 * i + odd], w[v], acc[r][v]);
    }
#endif
  LH_UNROLL for (int r = 0; r < rows; r++) {
    if (visible[r] == 0) continue;
    float *to = sums + r * stride + column;
    LH_UNROLL for (int v = 0; v < across; v++)
      store_f32(to + v * LH_WIDTH, fma_vector(load_f32(to + v * LH_WIDTH), (vf)factor[r], acc[r][v]));
  }
}

LH_INLINE void value_rows(
  int rows, const fast_weight *weights, const fast_weight *values, int64_t stride, int64_t begin, int64_t end,
  const int64_t *visible, const float *factor, float *sums) {
  const int64_t wide = FAST_ACROSS(rows) * LH_WIDTH;
#define STRIP(across) \
  value_strip(rows, across, weights, values, stride, column, begin, end, visible, factor, sums)
  int64_t column = 0;
  for (; column + wide <= stride; column += wide) STRIP(FAST_ACROSS(rows));
  // What is left of a stride that is no multiple of the strip.
  for (; column < stride; column += 16) STRIP(LH_PER_16);
#undef STRIP
}

static __attribute__((noinline)) void value_product(
  int64_t count, const fast_weight *weights, const fast_weight *values, int64_t stride, int64_t begin, int64_t end,
  const int64_t *visible, const float *factor, float *sums) {
  for (int64_t r = 0; r < count; r += FAST_ROWS) {
#define ROWS(n) \
  case n: \
    value_rows( \
      n, weights + r * ROW_WEIGHTS, values, stride, begin, end, visible + r, factor + r, sums + r * stride); \
    break;
    switch (lh_min(FAST_ROWS, count - r)) {
      ROWS(1) ROWS(2) ROWS(3) ROWS(4)
#if FAST_ROWS == 8
      ROWS(5) ROWS(6) ROWS(7) ROWS(8)
#endif
    }
#undef ROWS
  }
}

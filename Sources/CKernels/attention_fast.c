// SelfExtend attention of query rows over a block of 64 keys, as attention.c has it, by products that take two numbers
// at a time: scores as dot products of 16-bit integers, weighted sums as dot products of bf16 pairs.
//
// Scores decide exponentially, so they get the more exact numbers. A query, and a key, is integers under one scale,
// as large as 16 bits and the length of their vector allow: with lengths of at most 46336 no product of a query and a
// key overflows 32 bits. Half a unit is then about 2^-16 of the largest element where few elements are large, as in
// the keys that matter, and 2^-13.5 where all of 64 are; bf16 would take 2^-9 of each. Sums of integers are exact, so
// their order is no concern. Probabilities and values are rounded to bf16, an error of 2^-9 of each that weighted
// means average out; a row's sum is of the rounded probabilities.
//
// A pair's second product is added first, as AVX-512's dot product of bf16 pairs does. That instruction takes subnormal
// numbers for zeros: as in matmul_bf16.c there are none, since each block's sums begin at +0 and its factors are zero
// or at least 2^-56. They join the accumulators by one fma.
//
// A block is converted once for all rows of a tile. Pairs of keys' elements, and of keys' values, lie in 32 bits.
#ifndef LH_WIDTH
#include "attention_rows.h"
#include "integer_vectors.h"
#include "packed.h"

enum { LARGEST_BF16 = 0x7f7f };

// e^r for |r| <= ln(2)/2 within 2^-13.7 of itself.
#define FAST_C0 0x1.fff692p-1f
#define FAST_C1 0x1.000ac4p+0f
#define FAST_C2 0x1.028ab0p-1f
#define FAST_C3 0x1.5349e6p-3f
#define FAST_LN2 0x1.62e430p-1f
// The exponential of what is less is zero; that of the others is at least 2^-55.
#define FAST_LOW -38.0f

// Pairs of both views' keys and of the values, or these as floats; keys' scales; both views' scores of a group of rows;
// its probabilities.
int64_t lh_attention_fast_scratch_floats(int64_t head_dimension) {
  int64_t stride = (head_dimension + 15) / 16 * 16;
  return 2 * KEYS * (pairs_of(head_dimension) + 1) + KEYS * stride + 3 * ROW_GROUP * KEYS;
}

LH_INLINE int32_t resized(int32_t n, int32_t multiplier) { return (n * multiplier + (1 << 14)) >> 15; }

static float fast_score(
  lh_type keys_of, const lh_integer_queries *queries, const void *keys, int64_t head, int64_t r, int64_t slot) {
  const int16_t *query = queries->integers + r * lh_integer_query_stride(head);
  const bool scaled = lh_is_scaled(keys_of);
  uint32_t magnitude = 0;
  for (int64_t d = 0; d < head && !scaled; d++) {
    float k = lh_block_element(keys_of, keys, d * KEYS + slot);
    uint32_t m = lh_largest_magnitude(&k, 1);
    magnitude = m > magnitude ? m : magnitude;
  }
  const lh_integer_factors factors = integer_factors(magnitude, head);
  int32_t squares = 0;
  for (int64_t d = 0; d < head; d++) {
    float k = lh_block_element(keys_of, keys, d * KEYS + slot);
    int32_t n = scaled ? resized((int32_t)k, cautious_integer(head)) : lh_scaled_integer(k, factors.cautious);
    squares += n * n;
  }
  const float factor = integer_factor(factors, squares, head);
  const int32_t multiplier = integer_multiplier(squares, head);
  float scale = integer_scale(magnitude, factor);
  if (scaled) scale = lh_block_scales(keys_of, keys, head)[slot];
  if (keys_of == LH_INTEGERS_16) scale = scale * (32768.0f / (float)multiplier);
  int32_t total = 0;
  for (int64_t d = 0; d < head; d++) {
    float k = lh_block_element(keys_of, keys, d * KEYS + slot);
    int32_t n = scaled ? (int32_t)k : lh_scaled_integer(k, factor);
    total += query[d] * (keys_of == LH_INTEGERS_16 ? resized(n, multiplier) : n);
  }
  return (float)total * scale * queries->scales[r];
}

// The exponential of x <= 0 as a bf16.
static uint16_t fast_probability(float x) {
  if (x < FAST_LOW) return 0;
  float shifted = __builtin_fmaf(x, LH_EXP_LOG2E, LH_EXP_ROUND);
  float r = __builtin_fmaf(shifted - LH_EXP_ROUND, -FAST_LN2, x);
  float q = __builtin_fmaf(__builtin_fmaf(__builtin_fmaf(FAST_C3, r, FAST_C2), r, FAST_C1), r, FAST_C0);
  return lh_f32_to_bf16(lh_from_bits(lh_to_bits(q) + (lh_to_bits(shifted) << 23)));
}

// A value as the bf16 that stands for it.
LH_INLINE float fast_value(lh_type values_of, const void *block, int64_t i) {
  uint16_t rounded = lh_f32_to_bf16(lh_block_element(values_of, block, i));
  uint16_t magnitude = rounded & 0x7fff;
  if (magnitude > LARGEST_BF16) rounded = (uint16_t)((rounded & 0x8000) | LARGEST_BF16);
  return lh_bf16_to_f32(lh_without_tiny(rounded));
}

void lh_attention_fast_tile_reference(
  const lh_attention_rows *rows, const lh_integer_queries *grouped, const lh_integer_queries *neighbor,
  const lh_attention_block *block, float *maximum, float *sum, float *acc, float *scratch) {
  (void)scratch;
  lh_type keys_of = lh_key_elements(rows->kv_type), values_of = lh_value_elements(rows->kv_type);
  int64_t head = rows->head_dimension, stride = rows->value_stride;
  if (!lh_is_kv_type(rows->kv_type)) return;
  const float *value_scales = lh_block_scales(values_of, block->values, stride);
  for (int64_t r = 0; r < rows->row_count; r++) {
    int64_t visible = visible_keys(rows, r, block);
    int64_t neighbor_from = first_neighbor_key(rows, r, block, visible);
    int64_t seen_from = first_seen_key(rows, r, block, visible);
    if (visible == 0) continue;
    float p[KEYS], most[KEYS];
    for (int64_t j = 0; j < KEYS; j++) {
      p[j] = -__builtin_inff();
      if (j >= seen_from && j < visible) {
        bool near = j >= neighbor_from;
        p[j] = fast_score(
          keys_of, near ? neighbor : grouped, near ? block->neighbor_keys : block->grouped_keys, head, r, j);
        if (rows->score_cap != 0) p[j] = lh_soft_cap_scalar(p[j], rows->score_cap);
      }
      most[j] = p[j];
    }
    for (int apart = KEYS / 2; apart > 0; apart /= 2)
      for (int j = 0; j < apart; j++) most[j] = lh_larger(most[j], most[j + apart]);
    float next = lh_larger(maximum[r], most[0]);
    float alpha = lh_exp_scalar(maximum[r] - next);
    maximum[r] = next;
    for (int64_t j = 0; j < KEYS; j++) p[j] = lh_bf16_to_f32(fast_probability(p[j] - next));
    float total[16];
    for (int i = 0; i < 16; i++) total[i] = p[2 * i + 1] + p[2 * i] + p[33 + 2 * i] + p[32 + 2 * i];
    for (int apart = 8; apart > 0; apart /= 2)
      for (int i = 0; i < apart; i++) total[i] = total[i] + total[i + apart];
    sum[r] = sum[r] * alpha + total[0];
    for (int64_t j = 0; j < visible && value_scales; j++)
      p[j] = lh_bf16_to_f32(lh_without_tiny(lh_f32_to_bf16(p[j] * value_scales[j])));
    for (int64_t d = 0; d < stride; d++) {
      float product = 0;
      for (int64_t j = 0; j < visible; j += 2) {
        if (j + 1 < visible)
          product = __builtin_fmaf(p[j + 1], fast_value(values_of, block->values, (j + 1) * stride + d), product);
        product = __builtin_fmaf(p[j], fast_value(values_of, block->values, j * stride + d), product);
      }
      float *a = acc + r * stride + d;
      *a = __builtin_fmaf(*a, alpha, product);
    }
  }
}

#define LH_KERNEL_FILE "attention_fast.c"
#define LH_WITH_BF16_DOT
#include "each_isa.h"
#undef LH_WITH_BF16_DOT
#else
#include "softmax_vectors.h"
#include "attention_fast_block.h"
#include "attention_fast_product.h"

#define fast_softmax LH_FN(attention_fast_softmax)
#define fast_group LH_FN(attention_fast_group)
#define fast_exp LH_FN(attention_fast_exp)
#define fast_weights LH_FN(attention_fast_weights)
#define pair_sums LH_FN(attention_fast_pair_sums)
#define PER_KEYS (KEYS / LH_WIDTH)
#define PER_ROWS (LH_WIDTH < ROW_GROUP ? ROW_GROUP / LH_WIDTH : 1)

// The exponential of x <= 0, not yet rounded.
LH_INLINE vf fast_exp(vf x) {
  vf shifted = fma_vector(x, (vf)LH_EXP_LOG2E, (vf)LH_EXP_ROUND);
  vf r = fma_vector(shifted - LH_EXP_ROUND, (vf)-FAST_LN2, x);
  vf q = fma_vector((vf)FAST_C3, r, (vf)FAST_C2);
  q = fma_vector(fma_vector(q, r, (vf)FAST_C1), r, (vf)FAST_C0);
  vf result = __builtin_bit_cast(vf, __builtin_bit_cast(vi, q) + (__builtin_bit_cast(vi, shifted) << 23));
  return x < FAST_LOW ? (vf)0.0f : result;
}

#ifdef LH_BF16_DOT
// Probabilities of a row as the product reads them: pairs of bf16. Returns what their sum is folded from.
LH_INLINE void fast_weights(const vf *p, const float *scales, fast_weight *to, vf *sums) {
  __m512i pairs[2];
  LH_UNROLL for (int v = 0; v < 2; v++)
    pairs[v] = (__m512i)_mm512_cvtne2ps_pbh((__m512)p[2 * v + 1], (__m512)p[2 * v]);
  const __m512bh ones = (__m512bh)_mm512_set1_epi16(0x3f80);
  __m512 total = _mm512_dpbf16_ps(_mm512_setzero_ps(), (__m512bh)pairs[0], ones);
  sums[0] = (vf)_mm512_dpbf16_ps(total, (__m512bh)pairs[1], ones);
  if (scales != NULL)
    LH_UNROLL for (int v = 0; v < 2; v++) {
      __m512 w[2];
      LH_UNROLL for (int half = 0; half < 2; half++) {
        __m256i bits = half ? _mm512_extracti64x4_epi64(pairs[v], 1) : _mm512_castsi512_si256(pairs[v]);
        __m512 rounded = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
        w[half] = _mm512_mul_ps(rounded, _mm512_loadu_ps(scales + 32 * v + 16 * half));
      }
      pairs[v] = without_tiny_words((__m512i)_mm512_cvtne2ps_pbh(w[1], w[0]));
    }
  LH_UNROLL for (int v = 0; v < 2; v++) _mm512_storeu_si512(to + 16 * v, pairs[v]);
}
#else
// Probabilities of a row as the product reads them: rounded to bf16. Sums are of 16 lanes.
LH_INLINE void fast_weights(const vf *p, const float *scales, fast_weight *to, vf *sums) {
  LH_UNROLL for (int v = 0; v < PER_KEYS; v++) {
    vf rounded = __builtin_bit_cast(vf, __builtin_convertvector(round_kv(LH_BF16, p[v]), vu) << 16);
    store_f32(to + v * LH_WIDTH, rounded);
  }
  // Lanes of even and of odd keys.
  LH_UNROLL for (int s = 0; s < LH_PER_16; s++) {
    vf even[2], odd[2];
    LH_UNROLL for (int half = 0; half < 2; half++)
      split_pairs(to + 32 * half + 2 * s * LH_WIDTH, &even[half], &odd[half]);
    sums[s] = odd[0] + even[0] + odd[1] + even[1];
  }
  if (scales != NULL)
    LH_UNROLL for (int v = 0; v < PER_KEYS; v++) {
      vf w = load_f32(to + v * LH_WIDTH) * load_f32(scales + v * LH_WIDTH);
      store_f32(to + v * LH_WIDTH, rounded_bf16(w));
    }
}
#endif

// Turns scores of `count` rows into weights of values, and folds them into maximum and sum. Scales of values are NULL
// where there are none. factor[r] becomes alpha.
LH_INLINE void fast_softmax(
  int64_t count, const lh_meeting *m, float *grouped, const float *neighbor, const float *value_scales, float cap,
  float *maximum, float *sum, float *factor, fast_weight *weights) {
  // Lanes of rows that do not exist carry numbers that are never read.
  float before[16] = {0}, most[16], next[16], alpha[16], total[16];
  vf fold[ROW_GROUP];
  for (int64_t r = 0; r < ROW_GROUP; r++) fold[r] = 0.0f;
  for (int64_t r = 0; r < count; r++) {
    int64_t visible = m->visible[r], neighbor_from = m->neighbor_from[r], seen_from = m->seen_from[r];
    float *s = grouped + r * KEYS;
    vf score[PER_KEYS];
    LH_UNROLL for (int v = 0; v < PER_KEYS; v++) score[v] = load_f32(s + v * LH_WIDTH);
    bool whole = neighbor_from == KEYS && seen_from == 0;
    if (neighbor_from < visible)
      LH_UNROLL for (int v = 0; v < PER_KEYS; v++) {
        vi key = lane_index() + v * LH_WIDTH;
        score[v] = key < (int)neighbor_from ? score[v] : load_f32(neighbor + r * KEYS + v * LH_WIDTH);
      }
    if (cap != 0) LH_UNROLL for (int v = 0; v < PER_KEYS; v++) score[v] = soft_cap_vector(score[v], cap);
    if (!whole)
      LH_UNROLL for (int v = 0; v < PER_KEYS; v++) {
        vi key = lane_index() + v * LH_WIDTH;
        score[v] = key < (int)visible ? score[v] : (vf)-__builtin_inff();
        score[v] = key < (int)seen_from ? (vf)-__builtin_inff() : score[v];
      }
    if (!whole || cap != 0) LH_UNROLL for (int v = 0; v < PER_KEYS; v++) store_f32(s + v * LH_WIDTH, score[v]);
    fold[r] = fold_keys_maximum(score);
    before[r] = maximum[r];
  }
  fold_rows_maximum(fold, most);
  for (int v = 0; v < PER_ROWS; v++) {
    vf old = load_f32(before + v * LH_WIDTH);
    vf now = larger(old, load_f32(most + v * LH_WIDTH));
    store_f32(next + v * LH_WIDTH, now);
    store_f32(alpha + v * LH_WIDTH, exp_vector_of_negative(old - now));
  }
  for (int64_t r = 0; r < count; r++) {
    const float *s = grouped + r * KEYS;
    vf p[PER_KEYS], lanes[LH_PER_16];
    LH_UNROLL for (int v = 0; v < PER_KEYS; v++) p[v] = fast_exp(load_f32(s + v * LH_WIDTH) - next[r]);
    fast_weights(p, value_scales, weights + r * ROW_WEIGHTS, lanes);
    LH_UNROLL for (int apart = LH_PER_16 / 2; apart > 0; apart /= 2)
      LH_UNROLL for (int i = 0; i < apart; i++) lanes[i] = lanes[i] + lanes[i + apart];
    fold[r] = lanes[0];
  }
  fold_rows_sum(fold, total);
  for (int64_t r = 0; r < count; r++) {
    factor[r] = 1.0f;
    if (m->visible[r] == 0) continue;
    factor[r] = alpha[r];
    maximum[r] = next[r];
    sum[r] = sum[r] * alpha[r] + total[r];
  }
}

// One group of rows against one block.
LH_INLINE void fast_group(
  const lh_attention_rows *rows, const lh_integer_queries *grouped, const lh_integer_queries *neighbor, int64_t r0,
  int64_t count, const lh_attention_block *block, const fast_block *b, float *maximum, float *sum, float *acc,
  float *scratch) {
  float *grouped_scores = scratch, *neighbor_scores = scratch + ROW_GROUP * KEYS, factor[ROW_GROUP];
  fast_weight *weights = (fast_weight *)(neighbor_scores + ROW_GROUP * KEYS);
  const int64_t stride = rows->value_stride;
  lh_meeting m = lh_meet(rows, r0, count, block);
  if (m.grouped_end > 0)
    score_product(
      count, grouped, r0, rows->head_dimension, b->grouped, b->grouped_scales, 0, m.grouped_end, grouped_scores);
  if (m.neighbor_begin < m.neighbor_end)
    score_product(
      count, neighbor, r0, rows->head_dimension, b->neighbor, b->neighbor_scales, m.neighbor_begin, m.neighbor_end,
      neighbor_scores);
  else if (m.grouped_end == 0) return;
  fast_softmax(
    count, &m, grouped_scores, neighbor_scores, b->value_scales, rows->score_cap, maximum + r0, sum + r0, factor,
    weights);
  value_product(
    count, weights, b->values, stride, m.shared_from / 2, (m.seen_end + 1) / 2, m.visible, factor, acc + r0 * stride);
}

void LH_FN(lh_attention_fast_tile)(
  const lh_attention_rows *rows, const lh_integer_queries *grouped, const lh_integer_queries *neighbor,
  const lh_attention_block *block, float *maximum, float *sum, float *acc, float *scratch) {
  if (!lh_is_kv_type(rows->kv_type)) return;
  float *room = scratch + 3 * ROW_GROUP * KEYS;
  const fast_block b = convert_block(rows, block, room);
  for (int64_t r0 = 0; r0 < rows->row_count; r0 += ROW_GROUP) {
    if (rows->row_count > ROW_GROUP) lh_fetch_share(rows, block, r0);
    fast_group(
      rows, grouped, neighbor, r0, lh_min(ROW_GROUP, rows->row_count - r0), block, &b, maximum, sum, acc, scratch);
  }
}

#undef PER_KEYS
#undef PER_ROWS
#endif

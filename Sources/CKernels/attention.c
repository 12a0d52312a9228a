// SelfExtend attention of query rows over one block of 64 keys at a time, with online softmax.
//
// For a row at position p the keys up to its own are a prefix of a block (j <= p), and the neighbor ones
// (p - j < w) a suffix of that prefix, as are those within its span (p - j < span). So a row is described by
// three numbers: `visible`, the length of the prefix, `neighbor_from`, the first neighbor one, and `seen_from`,
// the first within the span. A prefix without a key within the span counts as none. Scores of both views are
// merged before one softmax:
//   s_j = grouped_query . grouped_key_j  for j < neighbor_from,   neighbor_query . neighbor_key_j  from there on
//   (times the key's scale, where the cache keeps one: see kv_block.h; then capped, where the layer does)
//   m' = max(m, s),  a = exp(m - m'),  p_j = exp(s_j - m'),  sum = sum*a + sum p_j
//   acc[d] = acc[d]*a, then fma(p_j, value[j][d], acc[d]) for j ascending (p_j times the value's scale)
//
// Both products are attention_product.h's. With more than eight rows the block is widened to f32 once, for
// all of them; with few, as when decoding, its numbers are widened on their way from memory, and the next
// block is fetched meanwhile, all the time alike: its keys with the scores, its values with the softmax and
// the weighted sums. Which rows share, which way was taken, and whether a view is computed that a row does
// not use, changes no operation of a row's own sums.
// Keys behind `visible` are never touched by the value loop, and their scores are replaced. Keys before a
// span get a probability of zero, which changes no sum: while only such keys were met, all sums are zero.
#ifndef LH_WIDTH
#include "attention_rows.h"

// Both views' scores of a group of rows, and a block widened to f32: grouped keys, neighbor keys, values.
int64_t lh_attention_scratch_floats(int64_t head_dimension) {
  int64_t stride = (head_dimension + 15) / 16 * 16;
  return 2 * ROW_GROUP * KEYS + 3 * KEYS * stride;
}

void lh_attention_tile_reference(
  const lh_attention_rows *rows, const lh_attention_block *block, float *maximum, float *sum, float *acc,
  float *scratch) {
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
        bool neighbor = j >= neighbor_from;
        const float *query = (neighbor ? rows->neighbor_queries : rows->grouped_queries) + r * rows->query_stride;
        const void *keys = neighbor ? block->neighbor_keys : block->grouped_keys;
        p[j] = 0;
        for (int64_t d = 0; d < head; d++)
          p[j] = __builtin_fmaf(query[d], lh_block_element(keys_of, keys, d * KEYS + j), p[j]);
        if (lh_is_scaled(keys_of)) p[j] = p[j] * lh_block_scales(keys_of, keys, head)[j];
        if (rows->score_cap != 0) p[j] = lh_soft_cap_scalar(p[j], rows->score_cap);
      }
      most[j] = p[j];
    }
    for (int apart = KEYS / 2; apart > 0; apart /= 2)
      for (int j = 0; j < apart; j++) most[j] = lh_larger(most[j], most[j + apart]);
    float next = lh_larger(maximum[r], most[0]);
    float alpha = lh_exp_scalar(maximum[r] - next);
    maximum[r] = next;
    float total[KEYS];
    for (int64_t j = 0; j < KEYS; j++) {
      p[j] = lh_exp_scalar(p[j] - next);
      total[j] = p[j];
    }
    for (int apart = KEYS / 2; apart > 0; apart /= 2)
      for (int j = 0; j < apart; j++) total[j] = total[j] + total[j + apart];
    sum[r] = sum[r] * alpha + total[0];
    for (int64_t j = 0; j < visible && value_scales; j++) p[j] = p[j] * value_scales[j];
    for (int64_t d = 0; d < stride; d++) {
      float *a = acc + r * stride + d;
      *a = *a * alpha;
      for (int64_t j = seen_from; j < visible; j++)
        *a = __builtin_fmaf(p[j], lh_block_element(values_of, block->values, j * stride + d), *a);
    }
  }
}

#define LH_KERNEL_FILE "attention.c"
#include "each_isa.h"
#else
#include "attention_product.h"
#include "softmax_vectors.h"

#define PER_KEYS (KEYS / LH_WIDTH)
// Vectors that hold a number for each row of a group.
#define PER_ROWS (LH_WIDTH < ROW_GROUP ? ROW_GROUP / LH_WIDTH : 1)

#define softmax_rows LH_FN(attention_softmax_rows)
#define group_of LH_FN(attention_group_of)
#define scales_of LH_FN(attention_scales_of)
#define scaled LH_FN(attention_scaled)

// A block's scales: of its keys in both views, of its values. NULL where there are none.
typedef struct {
  const float *grouped, *neighbor, *values;
} scales_of;

LH_INLINE vf scaled(vf x, const float *scales, int v) {
  return scales == NULL ? x : x * load_f32(scales + v * LH_WIDTH);
}

// Turns the scores of `count` rows into probabilities, in place in `grouped`, and folds them into maximum and
// sum. Scales multiply scores before they are capped, and probabilities after. factor[r] becomes alpha; 1 for a
// row that sees nothing, which is left as it is. Each row fetches its share of `ahead`, an eighth part.
LH_INLINE void softmax_rows(
  int64_t count, const lh_meeting *m, float *grouped, const float *neighbor, scales_of scales, float cap,
  float *maximum, float *sum, float *factor, lh_ahead ahead) {
  const int64_t share = ahead.bytes / ROW_GROUP;
  // Lanes of rows that do not exist carry numbers that are never read.
  float before[16] = {0}, most[16], next[16], alpha[16], total[16];
  vf fold[ROW_GROUP];
  for (int64_t r = 0; r < ROW_GROUP; r++) fold[r] = 0.0f;
  for (int64_t r = 0; r < count; r++) {
    int64_t visible = m->visible[r], neighbor_from = m->neighbor_from[r], seen_from = m->seen_from[r];
    float *s = grouped + r * KEYS;
    vf score[PER_KEYS];
    bool whole = neighbor_from == KEYS && seen_from == 0;
    if (whole) {
      LH_UNROLL for (int v = 0; v < PER_KEYS; v++) score[v] = scaled(load_f32(s + v * LH_WIDTH), scales.grouped, v);
      if (cap != 0) LH_UNROLL for (int v = 0; v < PER_KEYS; v++) score[v] = soft_cap_vector(score[v], cap);
    } else {
      LH_UNROLL for (int v = 0; v < PER_KEYS; v++) {
        vi key = lane_index() + v * LH_WIDTH;
        vf of_grouped = neighbor_from == 0 ? (vf)0.0f : scaled(load_f32(s + v * LH_WIDTH), scales.grouped, v);
        vf of_neighbor = neighbor_from == visible
          ? (vf)0.0f : scaled(load_f32(neighbor + r * KEYS + v * LH_WIDTH), scales.neighbor, v);
        vf either = key < (int)neighbor_from ? of_grouped : of_neighbor;
        if (cap != 0) either = soft_cap_vector(either, cap);
        score[v] = key < (int)visible ? either : (vf)-__builtin_inff();
        if (seen_from != 0) score[v] = key < (int)seen_from ? (vf)-__builtin_inff() : score[v];
      }
    }
    if (scales.grouped != NULL || scales.neighbor != NULL || cap != 0 || !whole)
      LH_UNROLL for (int v = 0; v < PER_KEYS; v++) store_f32(s + v * LH_WIDTH, score[v]);
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
    lh_fetch_lines(ahead.from + r * share, share);
    float *s = grouped + r * KEYS;
    vf p[PER_KEYS];
    LH_UNROLL for (int v = 0; v < PER_KEYS; v++) {
      p[v] = exp_vector_of_negative(load_f32(s + v * LH_WIDTH) - next[r]);
      store_f32(s + v * LH_WIDTH, scaled(p[v], scales.values, v));
    }
    fold[r] = fold_keys_sum(p);
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

// One group of rows against one block, whose keys and values are read as these elements wherever they lie.
LH_INLINE void group_of(
  lh_type keys_of, lh_type values_of, const lh_attention_rows *rows, int64_t r0, int64_t count,
  const lh_attention_block *block, scales_of scales, float *maximum, float *sum, float *acc, float *grouped) {
  float *neighbor = grouped + ROW_GROUP * KEYS, factor[ROW_GROUP];
  int64_t query = r0 * rows->query_stride, head = rows->head_dimension, stride = rows->value_stride;
  lh_meeting m = lh_meet(rows, r0, count, block);
  lh_ahead ahead = lh_all_ahead(block->next_keys, head * KEYS * lh_element_bytes(keys_of));
  if (m.grouped_end > 0) {
    product(keys_of, count, rows->grouped_queries + query, rows->query_stride,
      (lh_right_side){block->grouped_keys, KEYS}, 0, m.grouped_end, 0, head, grouped, KEYS, NULL, ahead);
    ahead = lh_nothing_ahead;
  }
  if (m.neighbor_begin < m.neighbor_end)
    product(keys_of, count, rows->neighbor_queries + query, rows->query_stride,
      (lh_right_side){block->neighbor_keys, KEYS}, m.neighbor_begin, m.neighbor_end, 0, head, neighbor, KEYS, NULL,
      ahead);
  else if (m.grouped_end == 0) return;
  // As softmax takes about half as long as a product, it fetches half of the values when all eight rows are there.
  ahead = lh_all_ahead(block->next_values, stride * KEYS * lh_element_bytes(values_of));
  lh_ahead half = {ahead.from, ahead.bytes / 2};
  softmax_rows(count, &m, grouped, neighbor, scales, rows->score_cap, maximum + r0, sum + r0, factor, half);
  ahead.from += half.bytes / ROW_GROUP * count;
  ahead.bytes -= half.bytes / ROW_GROUP * count;
  // Keys that every row sees together, then the rest of each row alone.
  lh_right_side values = {block->values, stride};
  float *sums = acc + r0 * stride;
  int64_t from = lh_min(m.shared_from, m.shared);
  product(values_of, count, grouped, KEYS, values, 0, stride, from, m.shared, sums, stride, factor, ahead);
  static const float unchanged = 1.0f;
  for (int64_t r = 0; r < count; r++)
    if (m.visible[r] > m.shared)
      product_rows(values_of, 1, grouped + r * KEYS, KEYS, values, 0, stride, m.shared, m.visible[r], sums + r * stride,
        stride, &unchanged, lh_nothing_ahead);
}

#define GROUP_OF_TYPE(name, keys_of, values_of) \
  static __attribute__((noinline)) void LH_FN(attention_group_##name)( \
    const lh_attention_rows *rows, int64_t r0, int64_t count, const lh_attention_block *block, \
    scales_of scales, float *maximum, float *sum, float *acc, float *grouped) { \
    group_of(keys_of, values_of, rows, r0, count, block, scales, maximum, sum, acc, grouped); \
  }
GROUP_OF_TYPE(f32, LH_F32, LH_F32)
GROUP_OF_TYPE(i16, LH_INTEGERS_16, LH_F16)
GROUP_OF_TYPE(f16, LH_F16, LH_F16)
GROUP_OF_TYPE(bf16, LH_BF16, LH_BF16)
GROUP_OF_TYPE(q8_0, LH_INTEGERS_8, LH_INTEGERS_8)
#undef GROUP_OF_TYPE

// `count` elements as f32, which all of their types are exactly; count is a multiple of 16.
LH_INLINE void LH_FN(widen)(lh_type elements, const void *from, float *to, int64_t count) {
  for (int64_t i = 0; i < count; i += 16)
    LH_UNROLL for (int v = 0; v < 16; v += LH_WIDTH) store_f32(to + i + v, load_kv(elements, from, i + v));
}

static void LH_FN(widen_of_type)(lh_type elements, const void *from, float *to, int64_t count) {
  if (elements == LH_INTEGERS_16) LH_FN(widen)(LH_INTEGERS_16, from, to, count);
  else if (elements == LH_INTEGERS_8) LH_FN(widen)(LH_INTEGERS_8, from, to, count);
  else if (elements == LH_F16) LH_FN(widen)(LH_F16, from, to, count);
  else LH_FN(widen)(LH_BF16, from, to, count);
}

// The block widened to f32 in scratch, not scaled: only the views that a row of the tile uses.
static lh_attention_block LH_FN(widened)(
  const lh_attention_rows *rows, const lh_attention_block *block, float *scratch) {
  int64_t head = rows->head_dimension, stride = rows->value_stride;
  bool any_grouped, any_neighbor;
  lh_views_used(rows, block, &any_grouped, &any_neighbor);
  float *grouped = scratch, *neighbor = grouped + KEYS * stride, *values = neighbor + KEYS * stride;
  lh_type keys_of = lh_key_elements(rows->kv_type), values_of = lh_value_elements(rows->kv_type);
  if (any_grouped) LH_FN(widen_of_type)(keys_of, block->grouped_keys, grouped, head * KEYS);
  if (any_neighbor) LH_FN(widen_of_type)(keys_of, block->neighbor_keys, neighbor, head * KEYS);
  LH_FN(widen_of_type)(values_of, block->values, values, block->key_count * stride);
  return (lh_attention_block){
    .first_key = block->first_key, .key_count = block->key_count,
    .grouped_keys = grouped, .neighbor_keys = neighbor, .values = values};
}

void LH_FN(lh_attention_tile)(
  const lh_attention_rows *rows, const lh_attention_block *block, float *maximum, float *sum, float *acc,
  float *scratch) {
  lh_type kv = rows->kv_type;
  if (!lh_is_kv_type(kv)) return;
  lh_type keys_of = lh_key_elements(kv), values_of = lh_value_elements(kv);
  int64_t head = rows->head_dimension;
  scales_of scales = {
    lh_block_scales(keys_of, block->grouped_keys, head), lh_block_scales(keys_of, block->neighbor_keys, head),
    lh_block_scales(values_of, block->values, rows->value_stride)};
  const lh_attention_block *stored = block;
  lh_attention_block in_f32;
  if (kv != LH_F32 && rows->row_count > ROW_GROUP) {
    in_f32 = LH_FN(widened)(rows, block, scratch + 2 * ROW_GROUP * KEYS);
    block = &in_f32;
    kv = LH_F32;
  }
#define GROUP_OF(name) LH_FN(attention_group_##name)(rows, r0, count, block, scales, maximum, sum, acc, scratch)
  for (int64_t r0 = 0; r0 < rows->row_count; r0 += ROW_GROUP) {
    int64_t count = lh_min(ROW_GROUP, rows->row_count - r0);
    if (block != stored) lh_fetch_share(rows, stored, r0);
    if (kv == LH_F32) GROUP_OF(f32);
    else if (kv == LH_I16) GROUP_OF(i16);
    else if (kv == LH_F16) GROUP_OF(f16);
    else if (kv == LH_BF16) GROUP_OF(bf16);
    else GROUP_OF(q8_0);
  }
#undef GROUP_OF
}

#undef PER_KEYS
#undef PER_ROWS
#endif

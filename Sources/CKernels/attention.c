// SelfExtend attention of query rows over one block of 64 keys at a time, with online softmax.
//
// For a row at position p the visible keys of a block are a prefix of it (j <= p), and the near ones
// (p - j < w) a suffix of that prefix. So a row is described by two numbers: `visible`, the count of
// visible keys, and `near_from`, the first near one. Scores of both views are merged before one softmax:
//   s_j = far_query . far_key_j  for j < near_from,   near_query . near_key_j  from there on
//   (times the key's scale, where the cache keeps one: see kv_block.h)
//   m' = max(m, s),  a = exp(m - m'),  p_j = exp(s_j - m'),  sum = sum*a + sum p_j
//   acc[d] = acc[d]*a, then fma(p_j, value[j][d], acc[d]) for j ascending (p_j times the value's scale)
//
// The two products (queries by keys, probabilities by values) are the same loop, `product` below: lanes
// are keys or value dimensions, eight rows at a time share every loaded vector. With more rows than that
// the block is widened to f32 once, for all of them; with few, as when decoding, its numbers are widened
// on their way from memory and the next block is fetched meanwhile. Which rows share, which way was
// taken, and whether a view is computed that a row does not use, changes no operation of a row's own sums.
// Keys behind `visible` are never touched by the value loop, and their scores are replaced.
#ifndef LH_WIDTH
#include "kv_block.h"

enum { KEYS = LH_KEYS_PER_BLOCK, ROW_GROUP = 8 };

// Both views' scores of a group of rows, and a block widened to f32: far keys, near keys, values.
int64_t lh_attention_scratch_floats(int64_t head_dimension) {
  int64_t stride = (head_dimension + 15) / 16 * 16;
  return 2 * ROW_GROUP * KEYS + 3 * KEYS * stride;
}

LH_INLINE int64_t visible_keys(const lh_attention_rows *rows, int64_t r, const lh_attention_block *block) {
  return lh_clamp(rows->positions[r] - block->first_key + 1, 0, block->key_count);
}

LH_INLINE int64_t first_near_key(
  const lh_attention_rows *rows, int64_t r, const lh_attention_block *block, int64_t visible) {
  return lh_clamp(rows->positions[r] - block->first_key - rows->neighbor_window + 1, 0, visible);
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
    int64_t near_from = first_near_key(rows, r, block, visible);
    if (visible == 0) continue;
    float p[KEYS], most[KEYS];
    for (int64_t j = 0; j < KEYS; j++) {
      p[j] = -__builtin_inff();
      if (j < visible) {
        bool near = j >= near_from;
        const float *query = (near ? rows->near_queries : rows->far_queries) + r * rows->query_stride;
        const void *keys = near ? block->near_keys : block->far_keys;
        p[j] = 0;
        for (int64_t d = 0; d < head; d++)
          p[j] = __builtin_fmaf(query[d], lh_block_element(keys_of, keys, d * KEYS + j), p[j]);
        if (lh_is_scaled(keys_of)) p[j] = p[j] * lh_block_scales(keys_of, keys, head)[j];
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
      for (int64_t j = 0; j < visible; j++)
        *a = __builtin_fmaf(p[j], lh_block_element(values_of, block->values, j * stride + d), *a);
    }
  }
}

#define LH_KERNEL_FILE "attention.c"
#include "each_isa.h"
#else
#include "softmax_vectors.h"

#define PER_KEYS (KEYS / LH_WIDTH)
// Vectors that hold a number for each row of a group.
#define PER_ROWS (LH_WIDTH < ROW_GROUP ? ROW_GROUP / LH_WIDTH : 1)
// Rows that share a pass over a strip, and the vectors across it: as many sums as registers allow, at
// least eight, so that none waits for its own last step.
#if LH_WIDTH == 16
#define STRIP_ROWS 8
#define STRIP_ACROSS(rows) ((rows) > 4 ? 2 : 4)
#else
#define STRIP_ROWS 4
#define STRIP_ACROSS(rows) (LH_WIDTH == 8 && (rows) > 2 ? 2 : 4)
#endif

#define strip LH_FN(attention_strip)
#define product_rows LH_FN(attention_product_rows)
#define product LH_FN(attention_product)
#define softmax_rows LH_FN(attention_softmax_rows)
#define group_of LH_FN(attention_group_of)
#define right_side LH_FN(attention_right_side)
#define scales_of LH_FN(attention_scales_of)
#define scaled LH_FN(attention_scaled)

// The right side of a product: b[i][column] of a type that load_kv knows, and the block whose same places
// are fetched meanwhile, or NULL.
typedef struct {
  const void *b;
  const void *next;
  int64_t stride;
} right_side;

// c[r][column ..< column + across*LH_WIDTH] = sum over i in [begin, end) ascending of a[r][i] * b[i][same],
// on top of 0, or of c[r][same] * factor[r] where factors are given.
LH_INLINE void strip(
  lh_type elements, int rows, int across, bool fetch, const float *a, int64_t a_stride, right_side right,
  int64_t column, int64_t begin, int64_t end, float *c, int64_t c_stride, const float *factor) {
  const int size = (int)lh_element_bytes(elements);
  vf acc[STRIP_ROWS][4];
  LH_UNROLL for (int r = 0; r < rows; r++)
    LH_UNROLL for (int v = 0; v < across; v++)
      acc[r][v] = factor == NULL ? (vf)0.0f : load_f32(c + r * c_stride + column + v * LH_WIDTH) * factor[r];
  const float *row[STRIP_ROWS];
  LH_UNROLL for (int r = 0; r < rows; r++) {
    row[r] = a + r * a_stride;
    // A register for each row's address, which the compiler would add up anew at every step.
    __asm__("" : "+r"(row[r]));
  }
  LH_NO_UNROLL for (int64_t i = begin; i < end; i++) {
    int64_t at = i * right.stride + column;
    if (fetch)
      LH_UNROLL for (int byte = 0; byte < across * LH_WIDTH * size; byte += 64)
        __builtin_prefetch((const char *)right.next + at * size + byte, 0, 3);
    vf w[4];
    LH_UNROLL for (int v = 0; v < across; v++) w[v] = load_kv(elements, right.b, at + v * LH_WIDTH);
    LH_UNROLL for (int r = 0; r < rows; r++)
      LH_UNROLL for (int v = 0; v < across; v++) acc[r][v] = fma_vector((vf)row[r][i], w[v], acc[r][v]);
  }
  LH_UNROLL for (int r = 0; r < rows; r++)
    LH_UNROLL for (int v = 0; v < across; v++)
      store_f32(c + r * c_stride + column + v * LH_WIDTH, acc[r][v]);
}

// All strips that meet columns [first, last); may compute up to a strip's width more on either side, never
// beyond the right side's rows.
LH_INLINE void product_rows(
  lh_type elements, int rows, const float *a, int64_t a_stride, right_side right, int64_t first, int64_t last,
  int64_t begin, int64_t end, float *c, int64_t c_stride, const float *factor) {
  const int64_t wide = STRIP_ACROSS(rows) * LH_WIDTH;
  int64_t column = first / wide * wide;
#define STRIP(across, fetch) \
  strip(elements, rows, across, fetch, a, a_stride, right, column, begin, end, c, c_stride, factor)
  for (; column + wide <= right.stride && column < last; column += wide) {
    if (right.next != NULL) STRIP(STRIP_ACROSS(rows), true);
    else STRIP(STRIP_ACROSS(rows), false);
  }
  // What is left of a stride that is no multiple of the strip.
  for (; column < right.stride && column < last; column += 16) STRIP(LH_PER_16, false);
#undef STRIP
}

LH_INLINE void product(
  lh_type elements, int64_t rows, const float *a, int64_t a_stride, right_side right, int64_t first, int64_t last,
  int64_t begin, int64_t end, float *c, int64_t c_stride, const float *factor) {
#define ROWS(count) \
  case count: \
    product_rows(elements, count, a, a_stride, right, first, last, begin, end, c, c_stride, factor); \
    break;
  for (; rows > 0; rows -= STRIP_ROWS) {
    switch (lh_min(rows, STRIP_ROWS)) {
      ROWS(1) ROWS(2) ROWS(3) ROWS(4)
#if STRIP_ROWS == 8
      ROWS(5) ROWS(6) ROWS(7) ROWS(8)
#endif
    }
    a += STRIP_ROWS * a_stride;
    c += STRIP_ROWS * c_stride;
    if (factor != NULL) factor += STRIP_ROWS;
    right.next = NULL;
  }
#undef ROWS
}

// A group of rows meeting a block.
typedef struct {
  int64_t visible[ROW_GROUP];
  int64_t near_from[ROW_GROUP];
  // Keys that every row sees.
  int64_t shared;
  // Keys before far_end are far to some row; those in near_begin ..< near_end are near to some row.
  int64_t far_end, near_begin, near_end;
} LH_FN(meeting);

LH_INLINE LH_FN(meeting) LH_FN(meet)(
  const lh_attention_rows *rows, int64_t r0, int64_t count, const lh_attention_block *block) {
  LH_FN(meeting) m = {.shared = block->key_count, .near_begin = KEYS};
  for (int64_t r = 0; r < count; r++) {
    int64_t visible = visible_keys(rows, r0 + r, block);
    int64_t near_from = first_near_key(rows, r0 + r, block, visible);
    m.visible[r] = visible;
    m.near_from[r] = near_from;
    m.shared = lh_min(m.shared, visible);
    if (near_from > m.far_end) m.far_end = near_from;
    if (near_from < visible) {
      m.near_begin = lh_min(m.near_begin, near_from);
      if (visible > m.near_end) m.near_end = visible;
    }
  }
  return m;
}

// A block's scales: of its keys in both views, of its values. NULL where there are none.
typedef struct {
  const float *far, *near, *values;
} scales_of;

LH_INLINE vf scaled(vf x, const float *scales, int v) {
  return scales == NULL ? x : x * load_f32(scales + v * LH_WIDTH);
}

// Turns the scores of `count` rows into probabilities, in place in `far`, and folds them into maximum and
// sum. Scales multiply scores before, probabilities after. factor[r] becomes alpha; 1 for a row that sees
// nothing, which is left as it is.
LH_INLINE void softmax_rows(
  int64_t count, const LH_FN(meeting) *m, float *far, const float *near, scales_of scales, float *maximum,
  float *sum, float *factor) {
  // Lanes of rows that do not exist carry numbers nobody reads.
  float before[16] = {0}, most[16], next[16], alpha[16], total[16];
  vf fold[ROW_GROUP];
  for (int64_t r = 0; r < ROW_GROUP; r++) fold[r] = 0.0f;
  for (int64_t r = 0; r < count; r++) {
    int64_t visible = m->visible[r], near_from = m->near_from[r];
    float *s = far + r * KEYS;
    vf score[PER_KEYS];
    if (near_from == KEYS) {
      LH_UNROLL for (int v = 0; v < PER_KEYS; v++) score[v] = scaled(load_f32(s + v * LH_WIDTH), scales.far, v);
    } else {
      LH_UNROLL for (int v = 0; v < PER_KEYS; v++) {
        vi key = lane_index() + v * LH_WIDTH;
        vf of_far = near_from == 0 ? (vf)0.0f : scaled(load_f32(s + v * LH_WIDTH), scales.far, v);
        vf of_near = near_from == visible ? (vf)0.0f : scaled(load_f32(near + r * KEYS + v * LH_WIDTH), scales.near, v);
        vf either = key < (int)near_from ? of_far : of_near;
        score[v] = key < (int)visible ? either : (vf)-__builtin_inff();
      }
    }
    if (scales.far != NULL || scales.near != NULL || near_from != KEYS)
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
    float *s = far + r * KEYS;
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
  const lh_attention_block *block, scales_of scales, float *maximum, float *sum, float *acc, float *far) {
  float *near = far + ROW_GROUP * KEYS, factor[ROW_GROUP];
  int64_t query = r0 * rows->query_stride, head = rows->head_dimension, stride = rows->value_stride;
  LH_FN(meeting) m = LH_FN(meet)(rows, r0, count, block);
  right_side keys = {block->far_keys, block->next_keys, KEYS};
  if (m.far_end > 0) {
    product(keys_of, count, rows->far_queries + query, rows->query_stride, keys, 0, m.far_end, 0, head, far,
      KEYS, NULL);
    keys.next = NULL;
  }
  keys.b = block->near_keys;
  if (m.near_begin < m.near_end)
    product(keys_of, count, rows->near_queries + query, rows->query_stride, keys, m.near_begin, m.near_end, 0, head,
      near, KEYS, NULL);
  else if (m.far_end == 0) return;
  softmax_rows(count, &m, far, near, scales, maximum + r0, sum + r0, factor);
  // Keys that every row sees together, then the rest of each row alone.
  right_side values = {block->values, block->next_values, stride};
  float *sums = acc + r0 * stride;
  product(values_of, count, far, KEYS, values, 0, stride, 0, m.shared, sums, stride, factor);
  values.next = NULL;
  static const float unchanged = 1.0f;
  for (int64_t r = 0; r < count; r++)
    if (m.visible[r] > m.shared)
      product_rows(values_of, 1, far + r * KEYS, KEYS, values, 0, stride, m.shared, m.visible[r], sums + r * stride,
        stride, &unchanged);
}

#define GROUP_OF_TYPE(name, keys_of, values_of) \
  static __attribute__((noinline)) void LH_FN(attention_group_##name)( \
    const lh_attention_rows *rows, int64_t r0, int64_t count, const lh_attention_block *block, \
    scales_of scales, float *maximum, float *sum, float *acc, float *far) { \
    group_of(keys_of, values_of, rows, r0, count, block, scales, maximum, sum, acc, far); \
  }
GROUP_OF_TYPE(f32, LH_F32, LH_F32)
GROUP_OF_TYPE(f16, LH_INTEGERS_16, LH_F16)
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
  bool any_far = false, any_near = false;
  for (int64_t r = 0; r < rows->row_count; r++) {
    int64_t visible = visible_keys(rows, r, block), near_from = first_near_key(rows, r, block, visible);
    any_far |= near_from > 0;
    any_near |= near_from < visible;
  }
  float *far = scratch, *near = far + KEYS * stride, *values = near + KEYS * stride;
  lh_type keys_of = lh_key_elements(rows->kv_type), values_of = lh_value_elements(rows->kv_type);
  if (any_far) LH_FN(widen_of_type)(keys_of, block->far_keys, far, head * KEYS);
  if (any_near) LH_FN(widen_of_type)(keys_of, block->near_keys, near, head * KEYS);
  LH_FN(widen_of_type)(values_of, block->values, values, block->key_count * stride);
  return (lh_attention_block){
    .first_key = block->first_key, .key_count = block->key_count, .far_keys = far, .near_keys = near, .values = values};
}

// Fetches a share of the next block into the second cache: the one that group r0 pays for.
static void LH_FN(fetch_share)(const lh_attention_rows *rows, const lh_attention_block *block, int64_t r0) {
  if (block->next_keys == NULL || block->next_values == NULL) return;
  int64_t bytes = lh_key_block_bytes(rows->kv_type, rows->head_dimension);
  int64_t first = bytes * r0 / rows->row_count / 64 * 64, end = bytes * (r0 + ROW_GROUP) / rows->row_count;
  for (int64_t at = first; at < end; at += 64) {
    __builtin_prefetch((const char *)block->next_keys + at, 0, 2);
    __builtin_prefetch((const char *)block->next_values + at, 0, 2);
  }
}

void LH_FN(lh_attention_tile)(
  const lh_attention_rows *rows, const lh_attention_block *block, float *maximum, float *sum, float *acc,
  float *scratch) {
  lh_type kv = rows->kv_type;
  if (!lh_is_kv_type(kv)) return;
  lh_type keys_of = lh_key_elements(kv), values_of = lh_value_elements(kv);
  int64_t head = rows->head_dimension;
  scales_of scales = {
    lh_block_scales(keys_of, block->far_keys, head), lh_block_scales(keys_of, block->near_keys, head),
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
    if (block != stored) LH_FN(fetch_share)(rows, stored, r0);
    if (kv == LH_F32) GROUP_OF(f32);
    else if (kv == LH_F16) GROUP_OF(f16);
    else if (kv == LH_BF16) GROUP_OF(bf16);
    else GROUP_OF(q8_0);
  }
#undef GROUP_OF
}

#undef PER_KEYS
#undef PER_ROWS
#undef STRIP_ROWS
#undef STRIP_ACROSS
#endif

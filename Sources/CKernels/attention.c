// SelfExtend attention of query rows over one block of 64 keys at a time, with online softmax.
//
// For a row at position p the visible keys of a block are a prefix of it (j <= p), and the near ones
// (p - j < w) a suffix of that prefix. So a row is described by two numbers: `visible`, the count of
// visible keys, and `near_from`, the first near one. Scores of both views are merged before one softmax:
//   s_j = far_query . far_key_j  for j < near_from,   near_query . near_key_j  from there on
//   (times the key's scale, where the cache keeps one: see CKernels.h, key blocks)
//   m' = max(m, s),  a = exp(m - m'),  p_j = exp(s_j - m'),  sum = sum*a + sum p_j
//   acc[d] = acc[d]*a, then fma(p_j, value[j][d], acc[d]) for j ascending
// The two products (queries by keys, probabilities by values) are the same loop, `product` below: lanes
// are keys or value dimensions, a few rows at a time share every loaded vector. Which rows share, and
// whether a view is computed that a row does not use, changes no operation of any row's own sums.
// Keys behind `visible` are never touched by the value loop, and their scores are replaced.
#ifndef LH_WIDTH
#include "scalar.h"

enum { KEYS = LH_KEYS_PER_BLOCK, ROW_GROUP = 6 };

int64_t lh_attention_scratch_floats(int64_t row_count) {
  (void)row_count;  // a fixed number of rows is worked on at a time
  return 2 * ROW_GROUP * KEYS;
}

void lh_attention_begin(
  int64_t row_count, int64_t value_stride, float *maximum, float *sum, float *acc) {
  for (int64_t r = 0; r < row_count; r++) maximum[r] = -__builtin_inff(), sum[r] = 0;
  for (int64_t i = 0; i < row_count * value_stride; i++) acc[i] = 0;
}

LH_INLINE int64_t visible_keys(const lh_attention_rows *rows, int64_t r, int64_t base, int64_t count) {
  return lh_clamp(rows->positions[r] - base + 1, 0, count);
}

LH_INLINE int64_t first_near_key(const lh_attention_rows *rows, int64_t r, int64_t base, int64_t visible) {
  return lh_clamp(rows->positions[r] - base - rows->neighbor_window + 1, 0, visible);
}

// Element i of a key block, not yet scaled.
LH_INLINE float key_element(lh_type kv, const void *block, int64_t i) {
  return lh_keys_are_scaled(kv) ? (float)((const int16_t *)block)[i] : lh_decode(kv, block, i);
}

void lh_attention_tile_reference(
  const lh_attention_rows *rows, int64_t key_base, int64_t key_count, const void *far_keys,
  const void *near_keys, const void *values, float *maximum, float *sum, float *acc, float *scratch) {
  (void)scratch;
  lh_type kv = rows->kv_type;
  if (!lh_is_kv_type(kv)) return;
  for (int64_t r = 0; r < rows->row_count; r++) {
    int64_t visible = visible_keys(rows, r, key_base, key_count);
    int64_t near_from = first_near_key(rows, r, key_base, visible);
    if (visible == 0) continue;
    float p[KEYS], most[KEYS];
    for (int64_t j = 0; j < KEYS; j++) {
      p[j] = -__builtin_inff();
      if (j < visible) {
        bool near = j >= near_from;
        const float *query = (near ? rows->near_queries : rows->far_queries) + r * rows->query_stride;
        const void *keys = near ? near_keys : far_keys;
        p[j] = 0;
        for (int64_t d = 0; d < rows->head_dimension; d++)
          p[j] = __builtin_fmaf(query[d], key_element(kv, keys, d * KEYS + j), p[j]);
        if (lh_keys_are_scaled(kv)) p[j] = p[j] * lh_key_scales(keys, rows->head_dimension)[j];
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
    for (int64_t d = 0; d < rows->value_stride; d++) {
      float *a = acc + r * rows->value_stride + d;
      *a = *a * alpha;
      for (int64_t j = 0; j < visible; j++)
        *a = __builtin_fmaf(p[j], lh_decode(kv, values, j * rows->value_stride + d), *a);
    }
  }
}

// Settles maximum and sum of one row, and the row itself if either side is empty; returns false then.
// Otherwise gives the factors that scale total and part to their common maximum.
LH_INLINE bool merge_row(
  float *maximum, float *sum, float *acc, float part_maximum, float part_sum, const float *part_acc,
  int64_t n, float *total_factor, float *part_factor) {
  if (part_maximum == -__builtin_inff()) return false;
  if (*maximum == -__builtin_inff()) {
    *maximum = part_maximum;
    *sum = part_sum;
    __builtin_memcpy(acc, part_acc, (size_t)n * sizeof(float));
    return false;
  }
  float next = lh_larger(*maximum, part_maximum);
  *total_factor = lh_exp_scalar(*maximum - next);
  *part_factor = lh_exp_scalar(part_maximum - next);
  *maximum = next;
  *sum = __builtin_fmaf(part_sum, *part_factor, *sum * *total_factor);
  return true;
}

void lh_attention_merge_reference(
  int64_t row_count, int64_t value_stride, float *maximum, float *sum, float *acc,
  const float *part_maximum, const float *part_sum, const float *part_acc) {
  for (int64_t r = 0; r < row_count; r++) {
    float *to = acc + r * value_stride, a, b;
    const float *from = part_acc + r * value_stride;
    if (!merge_row(
          &maximum[r], &sum[r], to, part_maximum[r], part_sum[r], from, value_stride, &a, &b))
      continue;
    for (int64_t d = 0; d < value_stride; d++) to[d] = __builtin_fmaf(from[d], b, to[d] * a);
  }
}

void lh_attention_finish_reference(
  int64_t row_count, int64_t head_dimension, int64_t value_stride, const float *sum, const float *acc,
  float *out, int64_t out_stride) {
  for (int64_t r = 0; r < row_count; r++)
    for (int64_t d = 0; d < head_dimension; d++)
      out[r * out_stride + d] = sum[r] == 0 ? 0 : acc[r * value_stride + d] / sum[r];
}

#define LH_KERNEL_FILE "attention.c"
#include "each_isa.h"
#else

#define PER_KEYS (KEYS / LH_WIDTH)
// Vectors across: 64 lanes with 32 registers of 16, else 16 lanes.
#if LH_WIDTH == 16
#define ACROSS 4
#else
#define ACROSS LH_PER_16
#endif

#define product_strip LH_FN(attention_product_strip)
#define product_fixed LH_FN(attention_product_fixed)
#define product LH_FN(attention_product)
#define softmax_row LH_FN(attention_softmax_row)
#define tile_of LH_FN(attention_tile_of)
#define scale_row LH_FN(attention_scale_row)

// c[r][0 ..< across*LH_WIDTH] (+)= sum over i of a[r][i] * b[i][same], i in [begin, end) ascending.
LH_INLINE void product_strip(
  lh_type kv, int rows, int across, const float *a, int64_t a_stride, const void *b, int64_t b_stride,
  int64_t column, int64_t begin, int64_t end, float *c, int64_t c_stride, bool fresh) {
  vf acc[ROW_GROUP][ACROSS];
  LH_UNROLL for (int r = 0; r < rows; r++)
    LH_UNROLL for (int v = 0; v < across; v++)
      acc[r][v] = fresh ? (vf)0.0f : load_f32(c + r * c_stride + column + v * LH_WIDTH);
  LH_NO_UNROLL for (int64_t i = begin; i < end; i++) {
    vf right[ACROSS];
    LH_UNROLL for (int v = 0; v < across; v++)
      right[v] = load_kv(kv, b, i * b_stride + column + v * LH_WIDTH);
    LH_UNROLL for (int r = 0; r < rows; r++)
      LH_UNROLL for (int v = 0; v < across; v++)
        acc[r][v] = fma_vector((vf)a[r * a_stride + i], right[v], acc[r][v]);
  }
  LH_UNROLL for (int r = 0; r < rows; r++)
    LH_UNROLL for (int v = 0; v < across; v++)
      store_f32(c + r * c_stride + column + v * LH_WIDTH, acc[r][v]);
}

LH_INLINE void product_fixed(
  lh_type kv, int rows, const float *a, int64_t a_stride, const void *b, int64_t b_stride, int64_t begin,
  int64_t end, float *c, int64_t c_stride, bool fresh) {
  int64_t column = 0;
  for (; column + ACROSS * LH_WIDTH <= b_stride; column += ACROSS * LH_WIDTH)
    product_strip(kv, rows, ACROSS, a, a_stride, b, b_stride, column, begin, end, c, c_stride, fresh);
#if ACROSS * LH_WIDTH > 16
  for (; column < b_stride; column += 16)
    product_strip(kv, rows, LH_PER_16, a, a_stride, b, b_stride, column, begin, end, c, c_stride, fresh);
#endif
}

LH_INLINE void product(
  lh_type kv, int64_t rows, const float *a, int64_t a_stride, const void *b, int64_t b_stride,
  int64_t begin, int64_t end, float *c, int64_t c_stride, bool fresh) {
#define ROWS(count) \
  case count: product_fixed(kv, count, a, a_stride, b, b_stride, begin, end, c, c_stride, fresh); break;
  switch (rows) { ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) }
#undef ROWS
}

// Merges the two score rows into `p` (which may be `far`) as probabilities and folds them into maximum
// and sum. Scores are multiplied by the scales of their keys unless these are NULL. Returns alpha.
static float softmax_row(
  const float *far, const float *near, const float *far_scales, const float *near_scales, int64_t visible,
  int64_t near_from, float *maximum, float *sum, float *p) {
  vf s[PER_KEYS], fold[PER_KEYS];
  LH_UNROLL for (int v = 0; v < PER_KEYS; v++) {
    vi key = lane_index() + v * LH_WIDTH;
    vf far_score = load_f32(far + v * LH_WIDTH), near_score = load_f32(near + v * LH_WIDTH);
    if (far_scales) far_score = far_score * load_f32(far_scales + v * LH_WIDTH);
    if (near_scales) near_score = near_score * load_f32(near_scales + v * LH_WIDTH);
    vf score = key < (int)near_from ? far_score : near_score;
    s[v] = key < (int)visible ? score : (vf)-__builtin_inff();
    fold[v] = s[v];
  }
  for (int apart = PER_KEYS / 2; apart >= LH_PER_16; apart /= 2)
    for (int v = 0; v < apart; v++) fold[v] = larger(fold[v], fold[v + apart]);
  float next = lh_larger(*maximum, fold_maximum(fold));
  float alpha = lh_exp_scalar(*maximum - next);
  *maximum = next;
  LH_UNROLL for (int v = 0; v < PER_KEYS; v++) {
    fold[v] = exp_vector(s[v] - next);
    store_f32(p + v * LH_WIDTH, fold[v]);
  }
  for (int apart = PER_KEYS / 2; apart >= LH_PER_16; apart /= 2)
    for (int v = 0; v < apart; v++) fold[v] = fold[v] + fold[v + apart];
  *sum = *sum * alpha + fold_sum(fold);
  return alpha;
}

LH_INLINE void scale_row(float *acc, int64_t n, float alpha) {
  if (alpha == 1.0f) return;  // would multiply by one
  for (int64_t i = 0; i < n; i += LH_WIDTH) store_f32(acc + i, load_f32(acc + i) * alpha);
}

LH_INLINE void tile_of(
  lh_type kv, const lh_attention_rows *rows, int64_t key_base, int64_t key_count, const void *far_keys,
  const void *near_keys, const void *values, float *maximum, float *sum, float *acc, float *scratch) {
  float *far = scratch, *near = scratch + ROW_GROUP * KEYS;
  int64_t stride = rows->value_stride;
  bool scaled = lh_keys_are_scaled(kv);
  const float *far_scales = scaled && far_keys ? lh_key_scales(far_keys, rows->head_dimension) : NULL;
  const float *near_scales = scaled && near_keys ? lh_key_scales(near_keys, rows->head_dimension) : NULL;
  for (int64_t r0 = 0; r0 < rows->row_count; r0 += ROW_GROUP) {
    int64_t count = lh_min(ROW_GROUP, rows->row_count - r0), shared = key_count;
    int64_t visible[ROW_GROUP], near_from[ROW_GROUP];
    bool any_far = false, any_near = false;
    for (int64_t r = 0; r < count; r++) {
      visible[r] = visible_keys(rows, r0 + r, key_base, key_count);
      near_from[r] = first_near_key(rows, r0 + r, key_base, visible[r]);
      shared = lh_min(shared, visible[r]);
      any_far |= near_from[r] > 0;
      any_near |= near_from[r] < visible[r];
    }
    int64_t query = r0 * rows->query_stride;
    if (any_far)
      product(lh_key_elements(kv), count, rows->far_queries + query, rows->query_stride, far_keys, KEYS, 0,
        rows->head_dimension, far, KEYS, true);
    if (any_near)
      product(lh_key_elements(kv), count, rows->near_queries + query, rows->query_stride, near_keys, KEYS, 0,
        rows->head_dimension, near, KEYS, true);
    float *sums = acc + r0 * stride;
    for (int64_t r = 0; r < count; r++) {
      if (visible[r] == 0) continue;
      const float *far_row = (any_far ? far : near) + r * KEYS;
      const float *near_row = (any_near ? near : far) + r * KEYS;
      float alpha = softmax_row(far_row, near_row, any_far ? far_scales : near_scales,
        any_near ? near_scales : far_scales, visible[r], near_from[r], &maximum[r0 + r],
        &sum[r0 + r], far + r * KEYS);
      scale_row(sums + r * stride, stride, alpha);
    }
    // Keys that every row sees together, then the rest of each row alone.
    if (shared > 0) product(kv, count, far, KEYS, values, stride, 0, shared, sums, stride, false);
    for (int64_t r = 0; r < count; r++)
      if (visible[r] > shared)
        product_fixed(kv, 1, far + r * KEYS, KEYS, values, stride, shared, visible[r],
          sums + r * stride, stride, false);
  }
}

void LH_FN(lh_attention_tile)(
  const lh_attention_rows *rows, int64_t key_base, int64_t key_count, const void *far_keys,
  const void *near_keys, const void *values, float *maximum, float *sum, float *acc, float *scratch) {
#define OF_TYPE(kv) \
  case kv: \
    tile_of(kv, rows, key_base, key_count, far_keys, near_keys, values, maximum, sum, acc, scratch); \
    break;
  switch (rows->kv_type) {
    OF_TYPE(LH_F32) OF_TYPE(LH_F16) OF_TYPE(LH_BF16)
    default: break;
  }
#undef OF_TYPE
}

void LH_FN(lh_attention_merge)(
  int64_t row_count, int64_t value_stride, float *maximum, float *sum, float *acc,
  const float *part_maximum, const float *part_sum, const float *part_acc) {
  for (int64_t r = 0; r < row_count; r++) {
    float *to = acc + r * value_stride, a, b;
    const float *from = part_acc + r * value_stride;
    if (!merge_row(
          &maximum[r], &sum[r], to, part_maximum[r], part_sum[r], from, value_stride, &a, &b))
      continue;
    for (int64_t d = 0; d < value_stride; d += LH_WIDTH)
      store_f32(to + d, fma_vector(load_f32(from + d), (vf)b, load_f32(to + d) * a));
  }
}

void LH_FN(lh_attention_finish)(
  int64_t row_count, int64_t head_dimension, int64_t value_stride, const float *sum, const float *acc,
  float *out, int64_t out_stride) {
  for (int64_t r = 0; r < row_count; r++) {
    const float *from = acc + r * value_stride;
    float *to = out + r * out_stride;
    int64_t d = 0;
    if (sum[r] != 0)
      for (; d + LH_WIDTH <= head_dimension; d += LH_WIDTH) store_f32(to + d, load_f32(from + d) / sum[r]);
    for (; d < head_dimension; d++) to[d] = sum[r] == 0 ? 0 : from[d] / sum[r];
  }
}

#undef PER_KEYS
#undef ACROSS
#endif

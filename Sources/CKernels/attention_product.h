// The one matrix product of attention, queries by keys and probabilities by values, for few rows; included by
// attention.c once for each instruction set, behind vectors.h.
//
// Lanes are keys or value dimensions; eight rows at a time share every loaded vector. A strip is as many columns
// as the sums of its rows leave registers for.
#undef STRIP_ROWS
#undef STRIP_ACROSS
// Rows that share a pass over a strip, and the vectors across it: as many sums as registers allow, at
// least eight, so that none waits for its own last step.
#if LH_WIDTH == 16
#define STRIP_ROWS 8
#define STRIP_ACROSS(rows) ((rows) > 4 ? 2 : 4)
#else
#define STRIP_ROWS 4
#define STRIP_ACROSS(rows) (LH_WIDTH == 8 && (rows) > 2 ? 2 : 4)
#endif

#ifndef LONGHAUL_ATTENTION_PRODUCT
#define LONGHAUL_ATTENTION_PRODUCT
#define strip LH_FN(attention_strip)
#define product_rows LH_FN(attention_product_rows)
#define product LH_FN(attention_product)

// b[i][column] of a type that load_kv knows.
typedef struct {
  const void *b;
  int64_t stride;
} lh_right_side;

// Memory that will be read soon, `bytes` of it, fetched meanwhile: evenly over the steps of a product and in
// ascending order, which the processor's own fetching goes along with.
typedef struct {
  const char *from;
  int64_t bytes;
} lh_ahead;

static const lh_ahead lh_nothing_ahead = {NULL, 0};

// All of a block's numbers; nothing for NULL.
LH_INLINE lh_ahead lh_all_ahead(const void *block, int64_t bytes) {
  return (lh_ahead){block, block == NULL ? 0 : bytes};
}
#endif

// c[r][column ..< column + across*LH_WIDTH] = sum over i in [begin, end) ascending of a[r][i] * b[i][same],
// on top of 0, or of c[r][same] * factor[r] where factors are given. Each step fetches as many bytes as it reads
// from `ahead` on, which goes on by `pace`; nothing where it is NULL.
LH_INLINE void strip(
  lh_type elements, int rows, int across, const float *a, int64_t a_stride, lh_right_side right, int64_t column,
  int64_t begin, int64_t end, float *c, int64_t c_stride, const float *factor, const char *ahead, int64_t pace) {
  const int size = (int)lh_element_bytes(elements);
  vf acc[STRIP_ROWS][4];
  LH_UNROLL for (int r = 0; r < rows; r++)
    LH_UNROLL for (int v = 0; v < across; v++)
      acc[r][v] = factor == NULL ? (vf)0.0f : load_f32(c + r * c_stride + column + v * LH_WIDTH) * factor[r];
  const float *row[STRIP_ROWS];
  LH_UNROLL for (int r = 0; r < rows; r++) {
    row[r] = a + r * a_stride;
    // A register for each row's address, which the compiler would add up again at every step.
    __asm__("" : "+r"(row[r]));
  }
  LH_NO_UNROLL for (int64_t i = begin; i < end; i++) {
    int64_t at = i * right.stride + column;
    if (ahead != NULL) {
      LH_UNROLL for (int byte = 0; byte < across * LH_WIDTH * size; byte += 64)
        __builtin_prefetch(ahead + byte, 0, 2);
      ahead += pace;
    }
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
  lh_type elements, int rows, const float *a, int64_t a_stride, lh_right_side right, int64_t first, int64_t last,
  int64_t begin, int64_t end, float *c, int64_t c_stride, const float *factor, lh_ahead ahead) {
  const int64_t wide = STRIP_ACROSS(rows) * LH_WIDTH;
  int64_t column = first / wide * wide;
  const int64_t strips = (lh_min(last, right.stride / wide * wide) - column + wide - 1) / wide;
  // Not more than a step fetches, or lines would be left out.
  const int64_t pace = ahead.bytes <= 0 || strips <= 0 || end <= begin
    ? 0 : lh_min(ahead.bytes / (strips * (end - begin)), wide * lh_element_bytes(elements));
#define STRIP(across, from) \
  strip(elements, rows, across, a, a_stride, right, column, begin, end, c, c_stride, factor, from, pace)
  for (; column + wide <= right.stride && column < last; column += wide) {
    if (pace > 0) {
      STRIP(STRIP_ACROSS(rows), ahead.from);
      ahead.from += pace * (end - begin);
    } else STRIP(STRIP_ACROSS(rows), NULL);
  }
  // What is left of a stride that is no multiple of the strip.
  for (; column < right.stride && column < last; column += 16) STRIP(LH_PER_16, NULL);
#undef STRIP
}

LH_INLINE void product(
  lh_type elements, int64_t rows, const float *a, int64_t a_stride, lh_right_side right, int64_t first, int64_t last,
  int64_t begin, int64_t end, float *c, int64_t c_stride, const float *factor, lh_ahead ahead) {
#define ROWS(count) \
  case count: \
    product_rows(elements, count, a, a_stride, right, first, last, begin, end, c, c_stride, factor, ahead); \
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
    ahead = lh_nothing_ahead;
  }
#undef ROWS
}

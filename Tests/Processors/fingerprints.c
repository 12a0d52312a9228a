// Runs every kernel, with every instruction set that this processor has, on numbers that are the same everywhere,
// and prints a line for each result: its case, and a fingerprint of its bytes. A case has one fingerprint, on whatever
// processor; compare.sh looks for those that have two.
#include "CKernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- Numbers ----

static uint64_t state;

static uint64_t bits(void) {  // splitmix64
  uint64_t z = state += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// Between -2 and 2; now and then zero, or so small that it is subnormal or its square is.
static float number(void) {
  const uint64_t b = bits();
  const float x = (float)((double)(int64_t)b / 4611686018427387904.0);
  switch (b & 63) {
    case 0: return 0;
    case 1: return x * 0x1p-70f;
    case 2: return x * 0x1p-140f;
    default: return x;
  }
}

static void *room(int64_t size) {
  void *p = aligned_alloc(64, (size_t)(size + 127) / 64 * 64);
  if (!p) abort();
  return memset(p, 0, (size_t)(size + 127) / 64 * 64);
}

static float *numbers(int64_t n) {
  float *x = room(n * 4);
  for (int64_t i = 0; i < n; i++) x[i] = number();
  return x;
}

static void put_f16(uint8_t *p) {  // any sign and fraction, from subnormal to 2
  const uint16_t h = (uint16_t)((bits() & 0x83ff) | (bits() % 16) << 10);
  memcpy(p, &h, 2);
}

// One block of a type: any codes, finite scales.
static void put_block(lh_type type, uint8_t *p) {
  const int64_t size = lh_type_block_bytes(type);
  for (int64_t i = 0; i < size; i++) p[i] = (uint8_t)bits();
  const float x = number();
  switch (type) {
    case LH_F32: memcpy(p, &x, 4); break;
    case LH_F16: put_f16(p); break;
    case LH_BF16: memcpy(p, (const uint8_t *)&x + 2, 2); break;
    case LH_Q2_K: put_f16(p + 80), put_f16(p + 82); break;
    case LH_Q3_K: put_f16(p + 108); break;
    case LH_Q6_K: put_f16(p + 208); break;
    case LH_Q4_1: case LH_Q5_1: case LH_Q4_K: case LH_Q5_K: put_f16(p), put_f16(p + 2); break;
    case LH_MXFP4: *p = (uint8_t)(118 + *p % 8); break;
    case LH_TQ1_0: put_f16(p + 52); break;
    case LH_TQ2_0: put_f16(p + 64); break;
    case LH_IQ1_M: p[55] &= 0xbf; break;  // the highest bit of the exponent
    default: put_f16(p);
  }
}

static uint8_t *weights(lh_type type, int64_t n) {
  uint8_t *w = room(n / lh_type_block_elements(type) * lh_type_block_bytes(type));
  for (int64_t b = 0; b < n / lh_type_block_elements(type); b++) put_block(type, w + b * lh_type_block_bytes(type));
  return w;
}

// ---- Reports ----

static void report(const char *what, int a, int b, int c, int d, const void *p, int64_t size) {
  uint64_t h = 0xcbf29ce484222325ULL;
  for (int64_t i = 0; i < size; i++) h = (h ^ ((const uint8_t *)p)[i]) * 0x100000001b3ULL;
  printf("%s-%d-%d-%d-%d %016llx\n", what, a, b, c, d, (unsigned long long)h);
}

// ---- Cases ----

static const lh_type types[] = {LH_F32,  LH_F16,  LH_BF16, LH_Q4_0, LH_Q4_1, LH_Q5_0,   LH_Q5_1,  LH_Q8_0,
                                LH_Q2_K, LH_Q3_K, LH_Q4_K, LH_Q5_K, LH_Q6_K, LH_IQ4_NL, LH_IQ4_XS, LH_MXFP4,
                                LH_IQ1_S, LH_IQ1_M, LH_IQ2_XXS, LH_IQ2_XS, LH_IQ2_S, LH_IQ3_XXS, LH_IQ3_S, LH_TQ1_0,
                                LH_TQ2_0};
static const lh_type cache_types[] = {LH_F32, LH_F16, LH_BF16, LH_I16, LH_Q8_0};
#define COUNT(array) (int)(sizeof(array) / sizeof(*(array)))

static void product(lh_type type, int m, int k, int n) {
  const int64_t block = lh_type_block_elements(type);
  k = (int)((k + block - 1) / block * block);
  uint8_t *w = weights(type, (int64_t)k * n), *packed = room(lh_packed_bytes(type, n, k));
  float *x = numbers((int64_t)m * k), *y = room((int64_t)m * n * 4);
  lh_pack(type, w, k / block * lh_type_block_bytes(type), n, k, 0, (n + 15) / 16, packed);
  report("pack", type, m, k, n, packed, lh_packed_bytes(type, n, k));
  if (block > 1) {
    const int64_t stride = lh_activation_stride(k), size = m * stride * (int64_t)sizeof(lh_activation_block);
    lh_activation_block *rounded = room(size);
    lh_quantize_rows(x, k, rounded, stride, m, k);
    report("round", type, m, k, n, rounded, size);
    lh_matmul_quantized(type, packed, rounded, stride, y, n, m, k, 0, n);
    free(rounded);
  } else if (type == LH_BF16) {
    const int64_t stride = lh_pair_stride(k), size = m * stride * (int64_t)sizeof(lh_bf16_pair);
    lh_bf16_pair *rounded = room(size);
    lh_round_rows(x, k, rounded, stride, m, k);
    report("round", type, m, k, n, rounded, size);
    lh_matmul_bf16(packed, rounded, stride, y, n, m, k, 0, n);
    free(rounded);
  } else {
    lh_matmul(type, packed, x, k, y, n, m, k, 0, n);
  }
  report("product", type, m, k, n, y, (int64_t)m * n * 4);
  free(w), free(packed), free(x), free(y);
}

static void products(void) {
  static const int shapes[][3] = {{1, 1, 1},    {1, 1000, 65}, {2, 300, 63}, {3, 257, 64}, {4, 511, 33}, {5, 513, 17},
                                  {7, 290, 96}, {13, 31, 50},  {25, 260, 35}, {64, 40, 34}, {9, 8000, 20}};
  for (int t = 0; t < COUNT(types); t++) {
    for (int s = 0; s < COUNT(shapes); s++) product(types[t], shapes[s][0], shapes[s][1], shapes[s][2]);
    const int64_t n = 3 * 256;
    uint8_t *w = weights(types[t], n);
    float *x = room(n * 4);
    lh_dequantize(types[t], w, x, n);
    report("decode", types[t], 0, 0, 0, x, n * 4);
    free(w), free(x);
  }
}

static void rows(void) {
  for (int n = 0; n < 70; n += n < 36 ? 1 : 11) {
    float *x = numbers(n + 1), *w = numbers(n + 1), *y = room(n * 4 + 4);
    lh_rmsnorm(x, w, 1e-5f, y, n);
    report("rmsnorm", n, 0, 0, 0, y, n * 4);
    memcpy(y, x, (size_t)n * 4);
    lh_silu_multiply(y, w, n);
    report("silu", n, 0, 0, 0, y, n * 4);
    memcpy(y, x, (size_t)n * 4);
    lh_gelu_multiply(y, w, n);
    report("gelu", n, 0, 0, 0, y, n * 4);
    for (int i = 0; i < n; i++) y[i] = x[i] * (i % 3 ? 30.0f : 1e20f);
    lh_gelu(y, n);
    report("gelu", n, 1, 0, 0, y, n * 4);
    for (int i = 0; i < n; i++) y[i] = x[i] * (i % 3 ? 30.0f : 1e20f);
    lh_gelu_exact(y, n);
    report("gelu_exact", n, 0, 0, 0, y, n * 4);
    for (int i = 0; i < n; i++) y[i] = x[i] * (i % 3 ? 30.0f : 1e20f);
    lh_soft_cap(y, 20, n);
    report("cap", n, 0, 0, 0, y, n * 4);
    lh_scale(y, 1.7f, n);
    report("scale", n, 0, 0, 0, y, n * 4);
    lh_layernorm(x, w, n % 2 ? x + 1 : NULL, 1e-5f, y, n);
    report("layernorm", n, 0, 0, 0, y, n * 4);
    memcpy(y, x, (size_t)n * 4);
    lh_add(y, x, n);
    report("add", n, 0, 0, 0, y, n * 4);
    lh_add_scaled(y, w, 0.7f, n);
    report("add_scaled", n, 0, 0, 0, y, n * 4);
    lh_swiglu_clamped(y, w, 1.702f, 0.5f, n);
    report("swiglu_clamped", n, 0, 0, 0, y, n * 4);
    for (int i = 0; i < n; i++) y[i] = x[i] * (i % 3 ? 60.0f : 1.0f);
    if (n > 3) y[n - 2] = -INFINITY;
    lh_exp_row(y, y, n);
    report("exp", n, 0, 0, 0, y, n * 4);
    const int64_t most = lh_argmax(x, n);
    const float maximum = lh_maximum(x, n);
    const double sum = lh_sum_exp(x, n, 2);
    const bool finite = lh_all_finite(y, n);
    report("argmax", n, 0, 0, 0, &most, 8);
    report("maximum", n, 0, 0, 0, &maximum, 4);
    report("sumexp", n, 0, 0, 0, &sum, 8);
    report("finite", n, 0, 0, 0, &finite, 1);
    free(x), free(w), free(y);
  }
  for (int head = 2; head <= 130; head += 16)
    for (int rotary = 2; rotary <= head; rotary += 14)
      for (int layout = 0; layout < 2; layout++) {
        float *x = numbers(head), *c = numbers(rotary), *y = room(head * 4);
        lh_rope(x, y, c, c + rotary / 2, head, rotary, (lh_rope_layout)layout);
        report("rope", head, rotary, layout, 0, y, head * 4);
        free(x), free(c), free(y);
      }
}

// Two parts of a row's keys, each some blocks, merged.
static void attention(lh_type type, int head, int row_count, int window, int span, float cap) {
  enum { blocks = 4, keys = 211 };
  const int stride = (head + 15) / 16 * 16;
  const int64_t key_bytes = lh_key_block_bytes(type, head), value_bytes = lh_value_block_bytes(type, stride);
  uint8_t *grouped = room(blocks * key_bytes), *neighbor = room(blocks * key_bytes);
  uint8_t *values = room(blocks * value_bytes);
  for (int j = 0; j < keys; j++) {
    float *a = numbers(head), *b = numbers(head), *v = numbers(head), back[256];
    lh_store_key(type, a, grouped + j / 64 * key_bytes, head, j % 64);
    lh_store_key(type, b, neighbor + j / 64 * key_bytes, head, j % 64);
    lh_store_value(type, v, values + j / 64 * value_bytes, head, stride, j % 64);
    if (j % 50 == 0) {
      lh_load_key(type, grouped + j / 64 * key_bytes, back, head, j % 64);
      report("key", type, head, row_count * 1000 + window, j, back, head * 4);
    }
    free(a), free(b), free(v);
  }
  report("keys", type, head, row_count, window, neighbor, blocks * key_bytes);
  report("values", type, head, row_count, window, values, blocks * value_bytes);
  int64_t *positions = room(row_count * 8);
  for (int r = 0; r < row_count; r++) positions[r] = keys - 1 - r * 23 % keys;
  float *grouped_queries = numbers(row_count * head), *neighbor_queries = numbers(row_count * head);
  lh_attention_rows tile = {type, head, stride, row_count, window, grouped_queries, neighbor_queries, head, positions,
                            span, cap};
  float *scratch = room(lh_attention_scratch_floats(head) * 4);
  int16_t *integers = room(2 * row_count * lh_integer_query_stride(head) * 2);
  float *scales = room(2 * row_count * 4), *fast_scratch = room(lh_attention_fast_scratch_floats(head) * 4);
  lh_integer_queries grouped_integers = {integers, scales};
  lh_integer_queries neighbor_integers = {integers + row_count * lh_integer_query_stride(head), scales + row_count};
  lh_round_queries(grouped_queries, head, row_count, head, integers, scales);
  lh_round_queries(
    neighbor_queries, head, row_count, head, integers + row_count * lh_integer_query_stride(head), scales + row_count);
  report("queries", type, head, row_count, window, integers, 2 * row_count * lh_integer_query_stride(head) * 2);
  float *state_of[2], *fast = room(row_count * (2 + stride) * 4), *out = room(row_count * head * 4);
  const int64_t floats = row_count * (2 + stride);
  lh_attention_begin(row_count, stride, fast, fast + row_count, fast + 2 * row_count);
  for (int part = 0; part < 2; part++) {
    float *s = state_of[part] = room(floats * 4);
    lh_attention_begin(row_count, stride, s, s + row_count, s + 2 * row_count);
    for (int b = part * 2; b < part * 2 + 2; b++) {
      lh_attention_block block = {b * 64, keys - b * 64 < 64 ? keys - b * 64 : 64, grouped + b * key_bytes,
                                  neighbor + b * key_bytes, values + b * value_bytes, NULL, NULL};
      lh_attention_tile(&tile, &block, s, s + row_count, s + 2 * row_count, scratch);
      lh_attention_fast_tile(
        &tile, &grouped_integers, &neighbor_integers, &block, fast, fast + row_count, fast + 2 * row_count,
        fast_scratch);
    }
  }
  float *a = state_of[0], *b = state_of[1];
  report("attention", type, head, row_count, window, a, floats * 4);
  report("attention-fast", type, head, row_count, window, fast, floats * 4);
  lh_attention_merge(
    row_count, stride, a, a + row_count, a + 2 * row_count, b, b + row_count, b + 2 * row_count);
  lh_attention_finish(row_count, head, stride, a + row_count, a + 2 * row_count, out, head);
  report("merged", type, head, row_count, window, out, row_count * head * 4);
  free(grouped), free(neighbor), free(values), free(positions);
  free(grouped_queries), free(neighbor_queries), free(scratch);
  free(a), free(b), free(out);
  free(integers), free(scales), free(fast_scratch), free(fast);
}

int main(void) {
  for (lh_isa isa = LH_ISA_REFERENCE; isa <= LH_ISA_AVX512_BF16; isa++) {
    if (!lh_isa_supported(isa)) continue;
    lh_isa_force(isa);
    fprintf(stderr, "fingerprints: %s\n", lh_isa_name(isa));
    state = 7;
    products();
    rows();
    for (int t = 0; t < COUNT(cache_types); t++)
      for (int head = 20; head <= 128; head += 36)
        for (int row_count = 1; row_count < 12; row_count += 5)
          for (int window = 0; window <= 100; window += 50)
            attention(cache_types[t], head, row_count, window, window == 100 ? 70 : 0, window == 50 ? 0.3f : 0);
  }
  return 0;
}

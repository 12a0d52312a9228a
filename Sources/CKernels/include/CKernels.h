// The arithmetic of Longhaul: pure functions on pointers. No allocation, no thread, no I/O, no state but
// the choice of instruction set.
//
// The invariant of this module: every function gives THE SAME BYTES on every instruction set, for any
// batch size and any split of the work over threads. Each output element is accumulated in one fixed
// order which no variant may change; the scalar `_reference` functions define that order. Two things lie
// outside the promise: the sign and payload of a NaN, and floating-point modes other than the default
// (round to nearest even, subnormal numbers kept).
//
// Unless a function says otherwise: pointers need the alignment of their element type and no more, an
// output must not overlap an input, sizes and strides count elements, and a size of 0 does nothing.
// Arguments are trusted: callers check the sizes of files and messages first.
#ifndef LONGHAUL_CKERNELS_H
#define LONGHAUL_CKERNELS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Instruction sets ----

// The variants of each kernel. The reference is plain scalar C and runs everywhere. LH_ISA_AVX512 uses the dot
// products of bytes (VNNI), LH_ISA_AVX512_BF16 those of bf16 pairs, too.
typedef enum {
  LH_ISA_REFERENCE = 0,
  LH_ISA_AVX2 = 1,
  LH_ISA_AVX512 = 2,
  LH_ISA_NEON = 3,
  LH_ISA_AVX512_BF16 = 4,
} lh_isa;

// Whether this build and this processor can run the variant. False for unknown values.
bool lh_isa_supported(lh_isa isa);
// The fastest supported variant; the one in use until lh_isa_force says otherwise.
lh_isa lh_isa_best(void);
// The variant that calls use now.
lh_isa lh_isa_current(void);
// Makes all later calls, of every thread, use `isa`. Meant for tests and measurements. An unsupported
// variant is ignored. Calls already running finish with the variant they began with.
void lh_isa_force(lh_isa isa);
// A short constant name: "reference", "avx2", "avx512", "avx512_bf16", "neon", or "unknown".
const char *lh_isa_name(lh_isa isa);

// ---- Element types ----

// How numbers are stored. The values are GGUF's type numbers; quantized.h tells what the bits of a block
// mean. Everything is little-endian.
typedef enum {
  LH_F32 = 0,
  LH_F16 = 1,
  LH_Q4_0 = 2,
  LH_Q4_1 = 3,
  LH_Q5_0 = 6,
  LH_Q5_1 = 7,
  LH_Q8_0 = 8,
  LH_Q2_K = 10,
  LH_Q3_K = 11,
  LH_Q4_K = 12,
  LH_Q5_K = 13,
  LH_Q6_K = 14,
  LH_IQ2_XXS = 16,
  LH_IQ2_XS = 17,
  LH_IQ3_XXS = 18,
  LH_IQ1_S = 19,
  LH_IQ4_NL = 20,
  LH_IQ3_S = 21,
  LH_IQ2_S = 22,
  LH_IQ4_XS = 23,
  LH_IQ1_M = 29,
  LH_BF16 = 30,
  LH_TQ1_0 = 34,
  LH_TQ2_0 = 35,
  LH_MXFP4 = 39,
} lh_type;
// A type of key and value blocks only, see below; no file has it.
static const lh_type LH_I16 = (lh_type)0x100;

// Elements in one indivisible block of the type: 1, 32 or 256; 0 for an unknown type.
int64_t lh_type_block_elements(lh_type type);
// Bytes of one block; 0 for an unknown type.
int64_t lh_type_block_bytes(lh_type type);

// Decodes n elements to f32, rounding at most once (types without minimum: exactly). `src` may have any
// alignment. n must be a multiple of the block; an unknown type writes nothing.
void lh_dequantize(lh_type type, const void *src, float *dst, int64_t n);

// ---- Rows ----

// y[i] = (x[i] * s) * weight[i] with s = 1 / sqrt(sum of x[i]^2 / n + epsilon), n elements. y may equal x.
// Order: 16 partial sums, element i into sum i mod 16 by fma; then folded 8, 4, 2, 1 apart.
void lh_rmsnorm(const float *x, const float *weight, float epsilon, float *y, int64_t n);

// y[i] = (x[i] - mean) * s * weight[i] + bias[i] with s = 1 / sqrt(sum of (x[i] - mean)^2 / n + epsilon), n
// elements; a NULL bias adds nothing. y may equal x. Order of both sums: that of lh_rmsnorm.
void lh_layernorm(const float *x, const float *weight, const float *bias, float epsilon, float *y, int64_t n);

// x[i] = gelu(x[i]) for n elements: GELU's approximation by tanh, x / 2 * (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
void lh_gelu(float *x, int64_t n);
// x[i] = x / 2 * (1 + erf(x / sqrt(2))) for n elements: GELU itself, within 1e-6.
void lh_gelu_exact(float *x, int64_t n);
// gate[i] = gelu(gate[i]) * up[i] for n elements, by the approximation of lh_gelu.
void lh_gelu_multiply(float *gate, const float *up, int64_t n);

// x[i] = cap * tanh(x[i] / cap) for n elements, cap > 0: soft-capping, which keeps numbers within cap of zero.
void lh_soft_cap(float *x, float cap, int64_t n);
// x[i] = x[i] * factor for n elements.
void lh_scale(float *x, float factor, int64_t n);

// gate[i] = gate[i] / (1 + exp(-gate[i])) * up[i] for n elements.
void lh_silu_multiply(float *gate, const float *up, int64_t n);

// gate[i] = g / (1 + exp(-alpha*g)) * (u + 1) for n elements, g = gate[i] or, if that is larger, limit; u = up[i], kept
// within -limit and limit.
void lh_swiglu_clamped(float *gate, const float *up, float alpha, float limit, int64_t n);

// x[i] += y[i] for n elements.
void lh_add(float *x, const float *y, int64_t n);

// x[i] = fma(y[i], scale, x[i]) for n elements.
void lh_add_scaled(float *x, const float *y, float scale, int64_t n);

// How RoPE pairs the first `rotary` dimensions of a head: (2p, 2p+1) or (p, p + rotary/2).
typedef enum { LH_ROPE_INTERLEAVED = 0, LH_ROPE_HALF_SPLIT = 1 } lh_rope_layout;

// Rotates one head of `head_dimension` elements: pair p becomes (a*cos - b*sin, a*sin + b*cos) with
// cosine[p], sine[p]; both tables have rotary_dimension/2 entries. Dimensions from rotary_dimension
// (even, <= head_dimension) on are copied. `out` may equal `in`, but not overlap it otherwise.
void lh_rope(
  const float *in, float *out, const float *cosine, const float *sine, int64_t head_dimension,
  int64_t rotary_dimension, lh_rope_layout layout);

// e^x within 2 ulp. exp(0) is 1 exactly; -inf gives 0; a result below the smallest normal number is 0;
// overflow is +inf; NaN stays NaN. Every exponential of the model is this one.
float lh_exp(float x);
// out[i] = lh_exp(in[i]) for n elements. out may equal in.
void lh_exp_row(const float *in, float *out, int64_t n);

// The index of the largest of n elements; the lowest index wins ties; NaN never wins. -1 if n is 0 or
// all are NaN.
int64_t lh_argmax(const float *x, int64_t n);
// The largest of n elements, NaN ignored; -inf if there is none. A zero is +0.
float lh_maximum(const float *x, int64_t n);
// The sum over i ascending of lh_exp(x[i] - maximum), accumulated in double.
double lh_sum_exp(const float *x, int64_t n, float maximum);
// Whether none of n elements is infinite or NaN.
bool lh_all_finite(const float *x, int64_t n);

// ---- Key and value blocks ----

// A block holds the keys, or the values, of 64 consecutive positions of one key-value head.
// Key block: transposed, [head_dimension][64]; element (d, slot) at d*64 + slot.
// Value block: [64][value_stride], value_stride = head_dimension rounded up to a multiple of 16; the
// padding is written as zero. Rounding from f32 is to nearest even. The cache's types:
//   LH_F32, LH_BF16   the numbers themselves
//   LH_F16            the numbers themselves (too large becomes infinity)
//   LH_I16            keys as 16-bit integers under a scale; values as f16
//   LH_Q8_0           keys and values as signed bytes under a scale
// Other types do nothing.
// Under a scale means: each key (value) has one f32 scale, its largest magnitude / 32767 (or / 127 for
// bytes), and an element is integer * scale; the scales of the 64 slots follow the integers. An element
// errs by half a scale: 2^-16 of the largest element of its key, or 2^-8 for bytes. f16 would err by 2^-12
// of each element, but after RoPE the large elements of a key decide its scores. A key or value whose
// largest magnitude is below 2^-100 is zero; one that is not finite reads as NaN.
enum { LH_KEYS_PER_BLOCK = 64 };

// Bytes of a key block, scales included; a multiple of 64. 0 for a type that is none of the cache's.
int64_t lh_key_block_bytes(lh_type kv, int64_t head_dimension);
// Bytes of a value block, scales included; a multiple of 64.
int64_t lh_value_block_bytes(lh_type kv, int64_t value_stride);
// Writes one key (head_dimension floats) into `slot` (0..63) of a key block.
void lh_store_key(lh_type kv, const float *key, void *block, int64_t head_dimension, int64_t slot);
// Reads one key back as head_dimension floats.
void lh_load_key(lh_type kv, const void *block, float *key, int64_t head_dimension, int64_t slot);
// Writes one value (head_dimension floats, then zeros up to value_stride) into `slot` of a value block.
void lh_store_value(
  lh_type kv, const float *value, void *block, int64_t head_dimension, int64_t value_stride,
  int64_t slot);

// ---- SelfExtend attention ----

// The query rows of one tile: token x head of one key-value head's group, in any order. The group size
// is the caller's: it has already rotated the two views of each query (and the keys), and scaled them.
typedef struct {
  lh_type kv_type;          // of keys and values
  int64_t head_dimension;   // of queries and keys, > 0
  int64_t value_stride;     // of values and accumulators: head_dimension rounded up to a multiple of 16
  int64_t row_count;
  int64_t neighbor_window;  // w: key j is a neighbor of the query at p if p - j < w (so never for w = 0)
  const float *grouped_queries;   // row r at grouped_queries + r*query_stride; NULL if no pair is grouped
  const float *neighbor_queries;  // row r at neighbor_queries + r*query_stride; NULL if no pair is a neighbor
  int64_t query_stride;
  const int64_t *positions;  // row_count positions, >= 0
  int64_t span;              // key j is seen by the query at p only if p - j < span; 0 sees all of them
  float score_cap;           // a score is cap * tanh(score / cap), see lh_soft_cap; 0 leaves it as it is
} lh_attention_rows;

// One block of keys and values: positions first_key ..< first_key + key_count, key_count <= 64.
typedef struct {
  int64_t first_key;
  int64_t key_count;
  const void *grouped_keys;   // NULL if no visible pair of the tile is grouped
  const void *neighbor_keys;  // NULL if no visible pair of the tile is a neighbor
  const void *values;
  // What will be read after this block, fetched from memory meanwhile; NULL fetches nothing.
  const void *next_keys;
  const void *next_values;
} lh_attention_block;

// Floats of scratch that lh_attention_tile needs; each thread brings its own.
int64_t lh_attention_scratch_floats(int64_t head_dimension);

// Empties the running state of `row_count` rows: maximum[r] = -inf, sum[r] = 0, and
// acc[r*value_stride + d] = 0.
void lh_attention_begin(int64_t row_count, int64_t value_stride, float *maximum, float *sum, float *acc);

// Adds one block of keys to the running state of every row. Key j is visible to a row at position p if
// j <= p and, where there is a span, p - j < span; it is scored as neighbor query times neighbor key if
// p - j < w, else as grouped query times grouped key. A row without visible key is left untouched.
// The bytes of a row depend on its own queries, position and visible keys and values only: not on the
// other rows of the call, nor on what lies in the block behind its visible keys. Values of keys before a
// span must be finite.
// Order: score by fma over d ascending from +0, then times the key's scale where it has one, then
// capped.
// m' = max(maximum, scores), alpha = exp(maximum - m'), p = exp(score - m') and 0 for unseen keys;
// sum = sum*alpha + (p folded 32, 16, 8, 4, 2, 1 apart);
// acc = acc*alpha, then by fma over visible keys ascending, p times the value's scale where it
// has one. Scores must be finite.
void lh_attention_tile(
  const lh_attention_rows *rows, const lh_attention_block *block, float *maximum, float *sum, float *acc,
  float *scratch);

// The same in fewer bits, at twice the rate where a processor multiplies pairs of 16-bit numbers (attention_fast.c says
// how). Its bytes differ from lh_attention_tile's; what they depend on does not.

// A view of queries as integers under a scale: query r is integers[r * lh_integer_query_stride + d] * scales[r].
typedef struct {
  const int16_t *integers;
  const float *scales;
} lh_integer_queries;

// Integers from one query to the next: head_dimension, made even.
int64_t lh_integer_query_stride(int64_t head_dimension);
// Rounds `rows` queries to integers, as large as 16 bits and a vector's length of 46336 allow: so no sum of products
// with such a key reaches 2^31. One that is not finite gets the scale NaN, one below 2^-100 the scale 0.
void lh_round_queries(
  const float *queries, int64_t query_stride, int64_t rows, int64_t head_dimension, int16_t *integers, float *scales);
// Floats of scratch that lh_attention_fast_tile needs.
int64_t lh_attention_fast_scratch_floats(int64_t head_dimension);

// lh_attention_tile by integers and bf16: `grouped` and `neighbor` stand for the rows' own queries, which are not read;
// each may be empty if no pair has that view. Order:
// keys become such integers, too; score = float(exact sum of integer products) times the key's scale, times the
// query's, then capped;
// m' = max(maximum, scores), alpha = exp(maximum - m'), p = 2^-13-near exp(score - m') rounded to bf16, 0 for scores
// below m' - 38 and for unseen keys; sum = sum*alpha + (lane i of 16: p of keys 2i+1, 2i, 33+2i, 32+2i added in this
// order from +0; then folded 8, 4, 2, 1 apart);
// acc = fma(acc, alpha, product of the block), which begins at +0: by fma over pairs of keys ascending, the second of
// a pair first, p (times the value's scale, rounded to bf16) times the value rounded to bf16. Of both, what is below
// 2^-56 is zero; values that are not finite become the largest bf16.
void lh_attention_fast_tile(
  const lh_attention_rows *rows, const lh_integer_queries *grouped, const lh_integer_queries *neighbor,
  const lh_attention_block *block, float *maximum, float *sum, float *acc, float *scratch);

// Adds the state of a part (other keys, same rows) to a total. An empty part (maximum -inf) changes
// nothing; an empty total becomes the part exactly. Merging is not associative to the last bit: merge the
// parts of a fixed split, in ascending order of their keys.
void lh_attention_merge(
  int64_t row_count, int64_t value_stride, float *maximum, float *sum, float *acc,
  const float *part_maximum, const float *part_sum, const float *part_acc);

// out[r*out_stride + d] = acc[r*value_stride + d] / sum[r] for d in [0, head_dimension); zeros for a row
// that saw no key.
void lh_attention_finish(
  int64_t row_count, int64_t head_dimension, int64_t value_stride, const float *sum, const float *acc,
  float *out, int64_t out_stride);

// ---- Limits of the processor ----

// Reads every byte of a region once, as fast as it can, and returns something that depends on them.
uint64_t lh_probe_read(const void *p, int64_t size);
// Multiplies and adds floats, or makes dot products of bytes, on registers alone. `sink` is three floats:
// two operands (small whole numbers), and where the result is left. Both return the operations done, a
// multiplication and an addition being two, in proportion to `rounds`.
int64_t lh_probe_fma(int64_t rounds, float *sink);
int64_t lh_probe_int8(int64_t rounds, float *sink);

#include "PackedWeights.h"

// ---- Writing quantized blocks ----

// What follows has no variants: plain C, whose order of sums is fixed, for programs that write model files.
// `importance` is what the squared error of each number counts for, or NULL: then large numbers count for more.

// The scale and offset (zero or more) by which scale * quant - offset comes nearest to 32 numbers, of whole quants
// from 0 to `top`. Several ranges are tried, and for the quants of each the scale and offset that suit them best. Both
// are 0 for numbers that are all alike zero or not finite.
void lh_fit_offset(const float *numbers, const float *importance, float top, float *scale, float *offset);
// The scale by which scale * quant comes nearest to 16 numbers, of whole quants from -32 to 31; 0 likewise.
float lh_fit_signed(const float *numbers, const float *importance);
// The scale by which scale * level comes nearest to 32 numbers, of 16 whole ascending levels, the first of which is
// the farthest from zero; 0 likewise.
float lh_fit_levels(const float *numbers, const float *importance, const float *levels);

#ifdef __cplusplus
}
#endif

#endif

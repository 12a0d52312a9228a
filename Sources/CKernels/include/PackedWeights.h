// Weights laid out for the matrix product, and activations rounded for it.
//
// A weight matrix is packed once, when it is loaded. Packed weights hold the very bits of the file in
// another order (but for BF16's smallest), so they are as large as the file's tensor, but for the last panel:
//
//   panel   16 consecutive features (rows of the file's matrix). Features that do not exist are zeros.
//   unit     of a panel: the next 32 (or 256) elements of each of its features; units follow each other.
//   block    32 elements of the inner dimension; a unit has 1 or 8 of them.
//
// So a thread that computes some features reads one stream of memory from end to end, and each 32-bit lane
// of a vector is one feature.
//
// F32 and F16: a unit is one element of 16 features, in the type's own bits.
//
// BF16: a unit is a pair of elements, 2*p and 2*p + 1, of 16 features: 2 bytes of the first, then 2 of the second. If
// k is odd, the last second is zero. Weights of a magnitude below 2^-56 become zero, and so do activations: then
// no product and no sum is ever subnormal, which processors with and without bf16 instructions treat differently.
//
// Quantized types: a unit is the codes of its blocks, block after block, then its scales.
// "Code vector" j (0 to 7) of a block has 64 bytes: byte 4*c + b is the code of feature c, element 4*j + b.
// Codes are unsigned, and are stored in one or two planes:
//
//   8 bits   512 bytes: the code vectors themselves.
//   4 bits   256 bytes: 4 vectors; vector v has code vector v in its low halves and 4 + v in its high.
//   2 bits   128 bytes: 2 vectors; bits 2*i and 2*i + 1 of vector v are code vector 4*v + i.
//   1 bit     64 bytes: 1 vector; bit j is code vector j.
//
// Scales are rows of 16, one entry a feature: `f16` rows of 32 bytes, `byte` rows of 16 bytes.
// An element is scale * (code - offset) + minimum, where scale and minimum belong to 32 or 16 elements
// ("sub-block") and are computed in f32, exactly, as the last two columns say:
//
//   type    codes           offset  scales of a unit                  scale          minimum
//   Q4_0    4               8       f16 d                             d
//   Q4_1    4               0       f16 d, f16 m                      d              m
//   Q5_0    4, then 1       16      f16 d                             d
//   Q5_1    4, then 1       0       f16 d, f16 m                      d              m
//   Q8_0    8 (byte + 128)  128     f16 d                             d
//   IQ4_NL  4 (table index) 128     f16 d                             d
//   Q2_K    2               0       16 bytes s, f16 d, f16 m          d * (s & 15)   -(m * (s >> 4))
//   Q3_K    2, then 1       4       12 bytes s, f16 d                 d * (six(s) - 32)
//   Q4_K    4               0       12 bytes s, f16 d, f16 m          d * scale6(s)  -(m * minimum6(s))
//   Q5_K    4, then 1       0       12 bytes s, f16 d, f16 m          d * scale6(s)  -(m * minimum6(s))
//   Q6_K    4, then 2       32      16 bytes s, f16 d                 d * (signed) s
//   IQ4_XS  4 (table index) 128     6 bytes s, f16 d                  d * (six(s) - 32)
//   MXFP4   4 (table index) 16      1 byte s                          2^(s - 128)
//   TQ2_0   2               1       f16 d                             d
//   TQ1_0   trits           1       f16 d                             d
//   IQ2_XXS grid, signs     64      (s beside the signs), f16 d       d / 8 * (2 s + 1)
//   IQ2_XS  grid, signs     64      8 bytes s, f16 d                  d / 8 * (2 four(s) + 1)
//   IQ2_S   grid, signs     64      8 bytes q, 8 bytes s, f16 d       d / 8 * (2 four(s) + 1)
//   IQ3_XXS grid, signs     64      (s beside the signs), f16 d       d / 4 * (2 s + 1)
//   IQ3_S   grid, signs     64      8 bytes q, 4 bytes s, f16 d       d * (2 four(s) + 1)
//   IQ1_S   grid            16      16 bytes q, f16 d                 d / 8 * (2 three(q) + 1)
//   IQ1_M   grid            16      16 bytes q, 8 bytes s             d(s) / 8 * (2 three(s) + 1)
//
// "grid": 64 or 128 bytes of indices, each of 8 numbers (IQ1, IQ2) or 4 (IQ3), which ../grids.h looks up: byte 4*c + i
// of vector v is index 4*v + i of feature c, the low 8 bits of it. More bits are in bytes q, in the file's order.
// "signs": 64 bytes like a plane of 1 bit. Of the types XXS and XS, files have seven signs of each eight. The eighth is
// set if an odd number of these is; it is not stored. The bits in its place are s (XXS: bit o is octet o's) or an
// index's ninth bit (XS). The code is the number, 64 added; of IQ1, eight times the number and the shift that is in q,
// 16 added.
// "trits": the 52 bytes of a file's block, 13 vectors of 64 bytes; a byte has five numbers (of the last vector, four).
//
// A unit has 256 elements for the types with byte rows but MXFP4, for grids, trits and TQ2_0, 32 for the others. A
// sub-block is 16 elements for Q2_K, Q3_K, Q6_K, IQ2_XS, IQ2_S and IQ1_M, 32 for the others. The high plane holds the
// bits above the low plane's. Byte rows are the file's scale bytes in the file's order: row i has byte i of each of the
// 16 features. The table of IQ4 gives values -127 ... 113, that of MXFP4 -12 ... 12; the offset is added to make them
// codes.
#ifndef LONGHAUL_PACKED_WEIGHTS_H
#define LONGHAUL_PACKED_WEIGHTS_H

#include <stdbool.h>
#include <stdint.h>

enum { LH_PANEL_FEATURES = 16, LH_BLOCK_ELEMENTS = 32 };

// Bytes of a packed matrix of `features` rows of k elements. 0 for a type that is not packed, for a k that
// is not a whole number of the type's blocks, and for a size that does not fit.
int64_t lh_packed_bytes(lh_type type, int64_t features, int64_t k);

// Packs panels [panel0, panel1) of a matrix into `packed`, the beginning of the whole packed matrix, so
// that threads may share the work. `w` is row 0 of the file's row-major [features][k] matrix, rows
// `row_bytes` apart, of any alignment.
void lh_pack(
  lh_type type, const void *w, int64_t row_bytes, int64_t features, int64_t k, int64_t panel0,
  int64_t panel1, void *packed);

// ---- Activations ----

// 32 activations, rounded: element i is scale * value[i].
typedef struct {
  int8_t value[32];      // -127 ... 127
  float scale;           // largest magnitude / 127; 0 if all are zero; NaN if any is not finite
  float sum;             // scale * (sum of value)
  float half_sum[2];     // the same of elements 0-15 and 16-31
  int32_t negated;       // -(sum of value)
  int32_t half_negated[2];  // the same of elements 0-15 and 16-31
  int32_t unused;
} lh_activation_block;

// Blocks from one row to the next that suit the product best: at least k/32.
int64_t lh_activation_stride(int64_t k);

// Rounds m rows of k elements (a multiple of 32) to blocks[r * block_stride + b]. `blocks` has the alignment of
// a cache line. value = x * (127 / largest magnitude), to nearest even; a block whose largest magnitude is
// below 2^-120 is all zeros.
void lh_quantize_rows(
  const float *x, int64_t x_stride, lh_activation_block *blocks, int64_t block_stride, int64_t m, int64_t k);

// Two consecutive activations rounded to bf16: element 2*p in the low 16 bits, 2*p + 1 in the high ones.
typedef uint32_t lh_bf16_pair;

// Pairs from one row to the next that suit the product best: at least k/2, and a multiple of 16.
int64_t lh_pair_stride(int64_t k);

// Rounds m rows of k elements to pairs[r * pair_stride + p], to nearest even, magnitudes below 2^-56 to zero; NaN stays
// NaN. A row is filled with zeros up to a multiple of 16 pairs.
void lh_round_rows(
  const float *x, int64_t x_stride, lh_bf16_pair *pairs, int64_t pair_stride, int64_t m, int64_t k);

// ---- Matrix product ----

// Products of `packed` weights: y[r*y_stride + n] = row r of the activations times feature n, for rows r
// in [0, m) and features n in [n0, n1); other elements of y are not touched, so threads may share y and
// split features anywhere (at multiples of 16 nothing is computed twice). k = 0 writes zeros. A type that
// does not belong to the function writes nothing.
//
// F32 and F16. Order: acc = +0, then acc = fma(x[i], w[i], acc) for i ascending.
void lh_matmul(
  lh_type type, const void *packed, const float *x, int64_t x_stride, float *y, int64_t y_stride,
  int64_t m, int64_t k, int64_t n0, int64_t n1);
// BF16, with rows that are filled up to a multiple of 16 pairs. Order: acc = +0, then, for pairs p ascending,
// acc = fma(x[2p + 1], w[2p + 1], acc) and acc = fma(x[2p], w[2p], acc).
void lh_matmul_bf16(
  const void *packed, const lh_bf16_pair *x, int64_t x_stride, float *y, int64_t y_stride, int64_t m, int64_t k,
  int64_t n0, int64_t n1);
// Quantized types. Order: acc = +0; then for each sub-block, ascending, with s = the exact integer sum of
// (code - offset) * value: acc = fma(float(s), weight scale * activation scale, acc), and for types with
// minimum then acc = fma(minimum, activation sum of the sub-block, acc).
void lh_matmul_quantized(
  lh_type type, const void *packed, const lh_activation_block *x, int64_t x_stride, float *y, int64_t y_stride,
  int64_t m, int64_t k, int64_t n0, int64_t n1);

#endif

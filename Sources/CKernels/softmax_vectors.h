// What softmax over rows of 64 keys needs of vectors; included by attention.c once for each instruction
// set, behind vectors.h.

#ifndef LONGHAUL_SOFTMAX_VECTOR_NAMES
#define LONGHAUL_SOFTMAX_VECTOR_NAMES
#define exp_vector_of_negative LH_FN(lh_exp_vector_of_negative)
#define fold_keys_maximum LH_FN(lh_fold_keys_maximum)
#define fold_keys_sum LH_FN(lh_fold_keys_sum)
#define fold_rows_maximum LH_FN(lh_fold_rows_maximum)
#define fold_rows_sum LH_FN(lh_fold_rows_sum)
#define add_vectors LH_FN(lh_add_vectors)
#endif

// lh_exp_scalar for x <= 0 or NaN, the same bits with fewer steps: the power of two is never below the
// smallest normal number's, so one addition to the exponent's bits scales by it.
LH_INLINE vf exp_vector_of_negative(vf x) {
  vf shifted, q = exp_mantissa(x, &shifted);
  vf result = __builtin_bit_cast(vf, __builtin_bit_cast(vi, q) + (__builtin_bit_cast(vi, shifted) << 23));
  // Not less than the bound, or NaN: keeps NaN, whose result is one already.
  return x < LH_EXP_LOW ? (vf)0.0f : result;
}

LH_INLINE vf add_vectors(vf a, vf b) { return a + b; }

#if LH_WIDTH == 16
// The halves, quarters, ... of the lanes of several rows in u and w: low ones in one vector, high in another.
#define LH_LOW_8(u, w) __builtin_shufflevector(u, w, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
#define LH_HIGH_8(u, w) __builtin_shufflevector(u, w, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31)
#define LH_LOW_4(u, w) __builtin_shufflevector(u, w, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
#define LH_HIGH_4(u, w) __builtin_shufflevector(u, w, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)
#define LH_LOW_2(u, w) __builtin_shufflevector(u, w, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29)
#define LH_HIGH_2(u, w) __builtin_shufflevector(u, w, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31)
#define LH_LOW_1(u, w) __builtin_shufflevector(u, w, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define LH_HIGH_1(u, w) __builtin_shufflevector(u, w, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#elif LH_WIDTH == 8
#define LH_LOW_4(u, w) __builtin_shufflevector(u, w, 0, 1, 2, 3, 8, 9, 10, 11)
#define LH_HIGH_4(u, w) __builtin_shufflevector(u, w, 4, 5, 6, 7, 12, 13, 14, 15)
#define LH_LOW_2(u, w) __builtin_shufflevector(u, w, 0, 1, 4, 5, 8, 9, 12, 13)
#define LH_HIGH_2(u, w) __builtin_shufflevector(u, w, 2, 3, 6, 7, 10, 11, 14, 15)
#define LH_LOW_1(u, w) __builtin_shufflevector(u, w, 0, 2, 4, 6, 8, 10, 12, 14)
#define LH_HIGH_1(u, w) __builtin_shufflevector(u, w, 1, 3, 5, 7, 9, 11, 13, 15)
#else
#define LH_LOW_2(u, w) __builtin_shufflevector(u, w, 0, 1, 4, 5)
#define LH_HIGH_2(u, w) __builtin_shufflevector(u, w, 2, 3, 6, 7)
#define LH_LOW_1(u, w) __builtin_shufflevector(u, w, 0, 2, 4, 6)
#define LH_HIGH_1(u, w) __builtin_shufflevector(u, w, 1, 3, 5, 7)
#endif

// Folds 64 keys' numbers of a row to one vector: 32, 16 and, where a vector is shorter, 8 and 4 apart.
// Then the vectors of eight rows to eight numbers, 8 (or what is left of it) to 1 apart, all rows at once.
#define LH_FOLDS(what, combine) \
  LH_INLINE vf LH_FN(lh_fold_keys_##what)(const vf *keys) { \
    vf v[64 / LH_WIDTH]; \
    LH_UNROLL for (int i = 0; i < 64 / LH_WIDTH; i++) v[i] = keys[i]; \
    LH_UNROLL for (int apart = 32 / LH_WIDTH; apart > 0; apart /= 2) \
      LH_UNROLL for (int i = 0; i < apart; i++) v[i] = combine(v[i], v[i + apart]); \
    return v[0]; \
  } \
  LH_INLINE void LH_FN(lh_fold_rows_##what)(const vf *rows, float *out) { \
    vf v[8]; \
    LH_UNROLL for (int i = 0; i < 8; i++) v[i] = rows[i]; \
    LH_FOLD_8(combine) LH_FOLD_4(combine) LH_FOLD_2(combine) LH_FOLD_1(combine) \
  }
#define LH_FOLD(count, apart, combine) \
  LH_UNROLL for (int i = 0; i < count; i++) \
    v[i] = combine(LH_LOW_##apart(v[2 * i], v[2 * i + 1]), LH_HIGH_##apart(v[2 * i], v[2 * i + 1]));

#if LH_WIDTH == 16
#define LH_FOLD_8(combine) LH_FOLD(4, 8, combine)
#define LH_FOLD_4(combine) LH_FOLD(2, 4, combine)
#define LH_FOLD_2(combine) LH_FOLD(1, 2, combine)
// Eight rows are half a vector now: the upper half repeats the lower.
#define LH_FOLD_1(combine) store_f32(out, combine(LH_LOW_1(v[0], v[0]), LH_HIGH_1(v[0], v[0])));
#elif LH_WIDTH == 8
#define LH_FOLD_8(combine)
#define LH_FOLD_4(combine) LH_FOLD(4, 4, combine)
#define LH_FOLD_2(combine) LH_FOLD(2, 2, combine)
#define LH_FOLD_1(combine) LH_FOLD(1, 1, combine) store_f32(out, v[0]);
#else
#define LH_FOLD_8(combine)
#define LH_FOLD_4(combine)
#define LH_FOLD_2(combine) LH_FOLD(4, 2, combine)
#define LH_FOLD_1(combine) LH_FOLD(2, 1, combine) store_f32(out, v[0]); store_f32(out + 4, v[1]);
#endif

LH_FOLDS(maximum, larger)
LH_FOLDS(sum, add_vectors)

#undef LH_FOLDS
#undef LH_FOLD
#undef LH_FOLD_8
#undef LH_FOLD_4
#undef LH_FOLD_2
#undef LH_FOLD_1
#undef LH_LOW_8
#undef LH_HIGH_8
#undef LH_LOW_4
#undef LH_HIGH_4
#undef LH_LOW_2
#undef LH_HIGH_2
#undef LH_LOW_1
#undef LH_HIGH_1

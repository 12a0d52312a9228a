// Vectors of LH_WIDTH lanes for the vector half of a kernel file; included by each_isa.h once for each
// instruction set, so it has no include guard. All loads and stores take any alignment.

typedef float LH_FN(lh_vf) __attribute__((ext_vector_type(LH_WIDTH)));
typedef int32_t LH_FN(lh_vi) __attribute__((ext_vector_type(LH_WIDTH)));
typedef uint32_t LH_FN(lh_vu) __attribute__((ext_vector_type(LH_WIDTH)));
typedef uint16_t LH_FN(lh_vu16) __attribute__((ext_vector_type(LH_WIDTH)));
typedef int16_t LH_FN(lh_vi16) __attribute__((ext_vector_type(LH_WIDTH)));
typedef int8_t LH_FN(lh_vi8) __attribute__((ext_vector_type(LH_WIDTH)));
typedef _Float16 LH_FN(lh_vf16) __attribute__((ext_vector_type(LH_WIDTH)));

#ifndef LONGHAUL_VECTOR_NAMES
#define LONGHAUL_VECTOR_NAMES
#define vf LH_FN(lh_vf)
#define vi LH_FN(lh_vi)
#define vu LH_FN(lh_vu)
#define vu16 LH_FN(lh_vu16)
#define vi16 LH_FN(lh_vi16)
#define vi8 LH_FN(lh_vi8)
#define vf16 LH_FN(lh_vf16)
#define load_f32 LH_FN(lh_load_f32)
#define store_f32 LH_FN(lh_store_f32)
#define load_kv LH_FN(lh_load_kv)
#define round_kv LH_FN(lh_round_kv)
#define lane_index LH_FN(lh_lane_index)
#define larger LH_FN(lh_larger_vector)
#define exp_mantissa LH_FN(lh_exp_mantissa)
#define exp_vector LH_FN(lh_exp_vector)
#define soft_cap_vector LH_FN(lh_soft_cap_vector)
#define fold_sum LH_FN(lh_fold_sum)
#define fold_maximum LH_FN(lh_fold_maximum)
#define fma_vector __builtin_elementwise_fma
// Vectors in 16 floats, the granule of rows and of the fixed summation orders.
#define LH_PER_16 (16 / LH_WIDTH)
#define LH_UNROLL _Pragma("clang loop unroll(full)")
#define LH_NO_UNROLL _Pragma("clang loop unroll(disable)")
#endif

LH_INLINE vf load_f32(const void *p) {
  vf v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

LH_INLINE void store_f32(float *p, vf v) { __builtin_memcpy(p, &v, sizeof v); }

// LH_WIDTH elements of an array of type F32, F16, BF16 or one of integers (not yet scaled) as floats, from i on.
LH_INLINE vf load_kv(lh_type type, const void *p, int64_t i) {
  if (type == LH_F32) return load_f32((const uint8_t *)p + 4 * i);
  if (type == LH_F16) {
    vf16 h;
    __builtin_memcpy(&h, (const uint8_t *)p + 2 * i, sizeof h);
    return __builtin_convertvector(h, vf);
  }
  if (type == LH_INTEGERS_8) {
    vi8 c;
    __builtin_memcpy(&c, (const uint8_t *)p + i, sizeof c);
    return __builtin_convertvector(__builtin_convertvector(c, vi), vf);
  }
  vu16 b;
  __builtin_memcpy(&b, (const uint8_t *)p + 2 * i, sizeof b);
  if (type == LH_INTEGERS_16) return __builtin_convertvector(__builtin_bit_cast(vi16, b), vf);
  return __builtin_bit_cast(vf, __builtin_convertvector(b, vu) << 16);
}

// Rounds to F16 or BF16, to nearest even.
LH_INLINE vu16 round_kv(lh_type type, vf v) {
  if (type == LH_F16) return __builtin_bit_cast(vu16, __builtin_convertvector(v, vf16));
  vu bits = __builtin_bit_cast(vu, v);
  vu rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
  vu quiet = bits >> 16 | 0x40u;
  return __builtin_convertvector((bits & 0x7fffffffu) > 0x7f800000u ? quiet : rounded, vu16);
}

LH_INLINE vi lane_index(void) {
#if LH_WIDTH == 16
  return (vi){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#elif LH_WIDTH == 8
  return (vi){0, 1, 2, 3, 4, 5, 6, 7};
#else
  return (vi){0, 1, 2, 3};
#endif
}

LH_INLINE vf larger(vf a, vf b) { return a > b ? a : b; }

// The polynomial of lh_exp_scalar, lane for lane: exp(x) is the result times the power of two whose exponent is
// in the low bits of shifted.
LH_INLINE vf exp_mantissa(vf x, vf *shifted) {
  *shifted = fma_vector(x, (vf)LH_EXP_LOG2E, (vf)LH_EXP_ROUND);
  vf n = *shifted - LH_EXP_ROUND;
  vf r = fma_vector(n, (vf)-LH_EXP_LN2_LOW, fma_vector(n, (vf)-LH_EXP_LN2_HIGH, x));
  vf q = fma_vector((vf)LH_EXP_C6, r, (vf)LH_EXP_C5);
  q = fma_vector(q, r, (vf)LH_EXP_C4);
  q = fma_vector(q, r, (vf)LH_EXP_C3);
  q = fma_vector(q, r, (vf)LH_EXP_C2);
  return fma_vector(q * r, r, r) + 1.0f;
}

// lh_exp_scalar, lane for lane.
LH_INLINE vf exp_vector(vf x) {
  vf shifted, q = exp_mantissa(x, &shifted);
  vi exponent = __builtin_bit_cast(vi, shifted) - (vi)(int32_t)0x4b400000;
  vi half = exponent >> 1, rest = exponent - half;
  vf result = q * __builtin_bit_cast(vf, (half + 127) << 23) * __builtin_bit_cast(vf, (rest + 127) << 23);
  result = x < LH_EXP_LOW ? (vf)0.0f : result;
  result = x > LH_EXP_HIGH ? (vf)__builtin_inff() : result;
  return x != x ? x : result;
}

// lh_soft_cap_scalar, lane for lane.
LH_INLINE vf soft_cap_vector(vf x, float cap) {
  return cap * (1.0f - 2.0f / (exp_vector(2.0f * (x / cap)) + 1.0f));
}

// Folds 16 floats, given as 16/LH_WIDTH vectors, to one: 8, 4, 2, 1 apart.
LH_INLINE float fold_sum(const vf *v) {
  float lane[16];
  for (int i = 0; i < LH_PER_16; i++) store_f32(lane + i * LH_WIDTH, v[i]);
  for (int apart = 8; apart > 0; apart /= 2)
    for (int i = 0; i < apart; i++) lane[i] = lane[i] + lane[i + apart];
  return lane[0];
}

LH_INLINE float fold_maximum(const vf *v) {
  float lane[16];
  for (int i = 0; i < LH_PER_16; i++) store_f32(lane + i * LH_WIDTH, v[i]);
  for (int apart = 8; apart > 0; apart /= 2)
    for (int i = 0; i < apart; i++) lane[i] = lh_larger(lane[i], lane[i + apart]);
  return lane[0];
}

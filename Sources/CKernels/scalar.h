// One number at a time: decoding and rounding of the element types, in integer arithmetic, so that they
// mean the same on every processor. Matches what the conversion instructions do, NaN included.
#ifndef LONGHAUL_SCALAR_H
#define LONGHAUL_SCALAR_H

#include "kernels.h"

LH_INLINE uint16_t lh_read_u16(const void *p) {
  uint16_t v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

LH_INLINE float lh_from_bits(uint32_t bits) {
  float f;
  __builtin_memcpy(&f, &bits, sizeof f);
  return f;
}

LH_INLINE uint32_t lh_to_bits(float f) {
  uint32_t bits;
  __builtin_memcpy(&bits, &f, sizeof bits);
  return bits;
}

LH_INLINE float lh_f16_to_f32(uint16_t h) {
  uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = (h >> 10) & 31, mantissa = h & 1023;
  if (exponent == 31) {
    uint32_t quiet = mantissa ? 0x400000u : 0u;
    return lh_from_bits(sign | 0x7f800000u | quiet | mantissa << 13);
  }
  if (exponent != 0) return lh_from_bits(sign | (exponent + 112) << 23 | mantissa << 13);
  // Zero or subnormal: mantissa * 2^-24, exact.
  float magnitude = (float)mantissa * 0x1p-24f;
  return lh_from_bits(sign | lh_to_bits(magnitude));
}

LH_INLINE uint16_t lh_f32_to_f16(float f) {
  uint32_t bits = lh_to_bits(f), magnitude = bits & 0x7fffffffu;
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000u);
  if (magnitude > 0x7f800000u) return (uint16_t)(sign | 0x7e00u | (magnitude >> 13 & 0x3ffu));
  if (magnitude >= 0x477ff000u) return sign | 0x7c00u;  // 65520 and more rounds to infinity
  if (magnitude < 0x38800000u) {
    // Below the smallest normal f16: adding 0.5 lets the addition round at 2^-24, to nearest even.
    float rounded = lh_from_bits(magnitude) + 0.5f;
    return (uint16_t)(sign | (lh_to_bits(rounded) - 0x3f000000u));
  }
  uint32_t rebiased = magnitude - (112u << 23);
  return (uint16_t)(sign | (rebiased + 0xfffu + (rebiased >> 13 & 1u)) >> 13);
}

LH_INLINE float lh_bf16_to_f32(uint16_t b) { return lh_from_bits((uint32_t)b << 16); }

LH_INLINE uint16_t lh_f32_to_bf16(float f) {
  uint32_t bits = lh_to_bits(f);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return (uint16_t)(bits >> 16 | 0x40u);
  return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

// Half of the power of two that MXFP4's scale byte stands for (E8M0: 2^(byte - 127)), so 2^(byte - 128), which for 0
// and 1 is subnormal.
LH_INLINE float lh_half_power(uint8_t byte) {
  return lh_from_bits(byte < 2 ? 0x200000u << byte : (uint32_t)(byte - 1) << 23);
}

// Element i of an array of type F32, F16 or BF16.
LH_INLINE float lh_decode(lh_type type, const void *src, int64_t i) {
  const uint8_t *bytes = src;
  float f = 0;
  if (type == LH_F32) __builtin_memcpy(&f, bytes + 4 * i, sizeof f);
  if (type == LH_F16) f = lh_f16_to_f32(lh_read_u16(bytes + 2 * i));
  if (type == LH_BF16) f = lh_bf16_to_f32(lh_read_u16(bytes + 2 * i));
  return f;
}

// How the elements of some key and value blocks are read, see kv_block.h; never a type of a caller.
#define LH_INTEGERS_16 ((lh_type)0x1000)
#define LH_INTEGERS_8 ((lh_type)0x1001)

// Whether keys and values may have this type.
LH_INLINE bool lh_is_kv_type(lh_type kv) {
  return kv == LH_F32 || kv == LH_F16 || kv == LH_BF16 || kv == LH_Q8_0 || kv == LH_I16;
}

// Rounds to the (kv) type and stores as element i of an aligned array.
LH_INLINE void lh_encode(lh_type kv, float f, void *dst, int64_t i) {
  switch (kv) {
    case LH_F32: ((float *)dst)[i] = f; break;
    case LH_F16: ((uint16_t *)dst)[i] = lh_f32_to_f16(f); break;
    case LH_BF16: ((uint16_t *)dst)[i] = lh_f32_to_bf16(f); break;
    default: break;
  }
}

// The constants of lh_exp, see exp.c.
#define LH_EXP_LOW -87.336540f   // just above ln(2^-126)
#define LH_EXP_HIGH 88.722831f   // the largest float whose exponential is finite
#define LH_EXP_LOG2E 0x1.715476p+0f
#define LH_EXP_ROUND 0x1.8p23f
#define LH_EXP_LN2_HIGH 0x1.62e430p-1f
#define LH_EXP_LN2_LOW -0x1.05c610p-29f
#define LH_EXP_C2 0x1.fffffcp-2f
#define LH_EXP_C3 0x1.555492p-3f
#define LH_EXP_C4 0x1.5558f2p-5f
#define LH_EXP_C5 0x1.123a20p-7f
#define LH_EXP_C6 0x1.6a23cep-10f

LH_INLINE float lh_exp_scalar(float x) {
  float shifted = __builtin_fmaf(x, LH_EXP_LOG2E, LH_EXP_ROUND);
  float n = shifted - LH_EXP_ROUND;
  float r = __builtin_fmaf(n, -LH_EXP_LN2_LOW, __builtin_fmaf(n, -LH_EXP_LN2_HIGH, x));
  float q = __builtin_fmaf(LH_EXP_C6, r, LH_EXP_C5);
  q = __builtin_fmaf(q, r, LH_EXP_C4);
  q = __builtin_fmaf(q, r, LH_EXP_C3);
  q = __builtin_fmaf(q, r, LH_EXP_C2);
  q = __builtin_fmaf(q * r, r, r) + 1.0f;
  // 2^n as two powers of two of half the exponent each: n may be 128, which no float exponent holds.
  int32_t exponent = (int32_t)(lh_to_bits(shifted) - lh_to_bits(LH_EXP_ROUND));
  int32_t half = exponent >> 1, rest = (int32_t)((uint32_t)exponent - (uint32_t)half);
  float result = q * lh_from_bits(((uint32_t)half + 127u) << 23);
  result = result * lh_from_bits(((uint32_t)rest + 127u) << 23);
  result = x < LH_EXP_LOW ? 0.0f : result;
  result = x > LH_EXP_HIGH ? __builtin_inff() : result;
  return x != x ? x : result;
}

// See soft_cap.c.
LH_INLINE float lh_soft_cap_scalar(float x, float cap) {
  return cap * (1.0f - 2.0f / (lh_exp_scalar(2.0f * (x / cap)) + 1.0f));
}

#endif

// dst[i] = element i of src, decoded. Blocks are decoded by the same lines on every instruction set: what
// is rounded is rounded once (quantized.h), so the compiler may arrange it as it likes.
#ifndef LH_WIDTH
#include "quantized.h"

int64_t lh_type_block_elements(lh_type type) {
  switch (type) {
    case LH_F32:
    case LH_F16:
    case LH_BF16: return 1;
    case LH_Q4_0:
    case LH_Q4_1:
    case LH_Q5_0:
    case LH_Q5_1:
    case LH_Q8_0:
    case LH_IQ4_NL:
    case LH_MXFP4: return 32;
    case LH_Q2_K:
    case LH_Q3_K:
    case LH_Q4_K:
    case LH_Q5_K:
    case LH_Q6_K:
    case LH_IQ1_S:
    case LH_IQ1_M:
    case LH_IQ2_XXS:
    case LH_IQ2_XS:
    case LH_IQ2_S:
    case LH_IQ3_XXS:
    case LH_IQ3_S:
    case LH_IQ4_XS:
    case LH_TQ1_0:
    case LH_TQ2_0: return 256;
  }
  return 0;
}

int64_t lh_type_block_bytes(lh_type type) {
  switch (type) {
    case LH_F32: return 4;
    case LH_F16:
    case LH_BF16: return 2;
    case LH_Q4_0:
    case LH_IQ4_NL: return 18;
    case LH_Q4_1: return 20;
    case LH_Q5_0: return 22;
    case LH_Q5_1: return 24;
    case LH_Q8_0: return 34;
    case LH_Q2_K: return 84;
    case LH_Q3_K: return 110;
    case LH_Q4_K: return 144;
    case LH_Q5_K: return 176;
    case LH_Q6_K: return 210;
    case LH_IQ1_S: return 50;
    case LH_IQ1_M: return 56;
    case LH_IQ2_XXS: return 66;
    case LH_IQ2_XS: return 74;
    case LH_IQ2_S: return 82;
    case LH_IQ3_XXS: return 98;
    case LH_IQ3_S: return 110;
    case LH_IQ4_XS: return 136;
    case LH_TQ1_0: return 54;
    case LH_TQ2_0: return 66;
    case LH_MXFP4: return 17;
  }
  return 0;
}

// Constant `type` and `count`, that the inner loops may be laid out.
#define BLOCKS(type, count, bytes) \
  case type: \
    for (int64_t i = 0; i < n; i += count, block += bytes) lh_decode_block(type, count, block, dst + i); \
    break;
// The loop over all blocks of n elements of a quantized type.
#define EVERY_BLOCK \
  BLOCKS(LH_Q4_0, 32, 18) BLOCKS(LH_Q4_1, 32, 20) BLOCKS(LH_Q5_0, 32, 22) BLOCKS(LH_Q5_1, 32, 24) \
  BLOCKS(LH_Q8_0, 32, 34) BLOCKS(LH_IQ4_NL, 32, 18) BLOCKS(LH_Q2_K, 256, 84) BLOCKS(LH_Q3_K, 256, 110) \
  BLOCKS(LH_Q4_K, 256, 144) BLOCKS(LH_Q5_K, 256, 176) BLOCKS(LH_Q6_K, 256, 210) \
  BLOCKS(LH_IQ1_S, 256, 50) BLOCKS(LH_IQ1_M, 256, 56) BLOCKS(LH_IQ2_XXS, 256, 66) BLOCKS(LH_IQ2_XS, 256, 74) \
  BLOCKS(LH_IQ2_S, 256, 82) BLOCKS(LH_IQ3_XXS, 256, 98) BLOCKS(LH_IQ3_S, 256, 110) BLOCKS(LH_TQ1_0, 256, 54) \
  BLOCKS(LH_TQ2_0, 256, 66) BLOCKS(LH_IQ4_XS, 256, 136) BLOCKS(LH_MXFP4, 32, 17)

void lh_dequantize_reference(lh_type type, const void *src, float *dst, int64_t n) {
  const uint8_t *block = src;
  switch (type) {
    case LH_F32:
    case LH_F16:
    case LH_BF16:
      for (int64_t i = 0; i < n; i++) dst[i] = lh_decode(type, src, i);
      break;
    EVERY_BLOCK
  }
}

#define LH_KERNEL_FILE "dequantize.c"
#include "each_isa.h"
#else

LH_INLINE void LH_FN(dequantize_plain)(lh_type type, const void *src, float *dst, int64_t n) {
  int64_t i = 0;
  for (; i + LH_WIDTH <= n; i += LH_WIDTH) store_f32(dst + i, load_kv(type, src, i));
  for (; i < n; i++) dst[i] = lh_decode(type, src, i);
}

void LH_FN(lh_dequantize)(lh_type type, const void *src, float *dst, int64_t n) {
  const uint8_t *block = src;
  switch (type) {
    case LH_F32: LH_FN(dequantize_plain)(LH_F32, src, dst, n); break;
    case LH_F16: LH_FN(dequantize_plain)(LH_F16, src, dst, n); break;
    case LH_BF16: LH_FN(dequantize_plain)(LH_BF16, src, dst, n); break;
    EVERY_BLOCK
  }
}

#endif

// dst[i] = element i of src, decoded. All five types decode exactly: f16 and bf16 are subsets of f32, and
// a quantised weight is an 11-bit scale times a small integer.
#ifndef LH_WIDTH
#include "scalar.h"

int64_t lh_type_block_elements(lh_type type) {
  switch (type) {
    case LH_F32:
    case LH_F16:
    case LH_BF16: return 1;
    case LH_Q4_0:
    case LH_Q8_0: return 32;
  }
  return 0;
}

int64_t lh_type_block_bytes(lh_type type) {
  switch (type) {
    case LH_F32: return 4;
    case LH_F16:
    case LH_BF16: return 2;
    case LH_Q4_0: return 18;
    case LH_Q8_0: return 34;
  }
  return 0;
}

void lh_dequantize_reference(lh_type type, const void *src, float *dst, int64_t n) {
  if (lh_type_block_bytes(type) == 0) return;
  for (int64_t i = 0; i < n; i++) dst[i] = lh_decode(type, src, i);
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
  const uint8_t *bytes = src;
  switch (type) {
    case LH_F32: LH_FN(dequantize_plain)(LH_F32, src, dst, n); break;
    case LH_F16: LH_FN(dequantize_plain)(LH_F16, src, dst, n); break;
    case LH_BF16: LH_FN(dequantize_plain)(LH_BF16, src, dst, n); break;
    case LH_Q4_0:
      // Loops simple enough for the compiler to vectorise; products are exact in any arrangement.
      for (int64_t i = 0; i < n; i += 32, bytes += 18) {
        float d = lh_f16_to_f32(lh_read_u16(bytes));
        for (int j = 0; j < 16; j++) {
          dst[i + j] = d * (float)((bytes[2 + j] & 15) - 8);
          dst[i + 16 + j] = d * (float)((bytes[2 + j] >> 4) - 8);
        }
      }
      break;
    case LH_Q8_0:
      for (int64_t i = 0; i < n; i += 32, bytes += 34) {
        float d = lh_f16_to_f32(lh_read_u16(bytes));
        for (int j = 0; j < 32; j++) dst[i + j] = d * (float)(int8_t)bytes[2 + j];
      }
      break;
  }
}

#endif

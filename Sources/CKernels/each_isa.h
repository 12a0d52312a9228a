// Compiles the vector half of a kernel file once for each instruction set of the processor family.
//
// A kernel file has two halves. The first, outside `#ifdef LH_WIDTH`, is the scalar reference. It ends by
// defining LH_KERNEL_FILE as the file's own name and including this header, which includes the file again
// for each instruction set, with LH_WIDTH (floats in a vector) and LH_FN(name) (name plus suffix) set and
// the target features switched on; where a file asks for it by LH_WITH_BF16_DOT, once more for AVX-512 with
// dot products of bf16 pairs (LH_BF16_DOT). The second half, inside `#ifdef LH_WIDTH`, is written once
// against vectors.h.
#include "scalar.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define LH_WIDTH 8
#define LH_FN(name) name##_avx2
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "vectors.h"
#include LH_KERNEL_FILE
#pragma clang attribute pop
#undef LH_WIDTH
#undef LH_FN

#define LH_WIDTH 16
#define LH_FN(name) name##_avx512
#pragma clang attribute push( \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"))), apply_to = function)
#include "vectors.h"
#include LH_KERNEL_FILE
#pragma clang attribute pop
#undef LH_WIDTH
#undef LH_FN

#ifdef LH_WITH_BF16_DOT
#define LH_WIDTH 16
#define LH_BF16_DOT
#define LH_FN(name) name##_avx512_bf16
#pragma clang attribute push( \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16,avx2,fma,f16c"))), \
  apply_to = function)
#include "vectors.h"
#include LH_KERNEL_FILE
#pragma clang attribute pop
#undef LH_WIDTH
#undef LH_BF16_DOT
#undef LH_FN
#endif

#elif defined(__aarch64__)
#include <arm_neon.h>

#define LH_WIDTH 4
#define LH_FN(name) name##_neon
#include "vectors.h"
#include LH_KERNEL_FILE
#undef LH_WIDTH
#undef LH_FN

#endif

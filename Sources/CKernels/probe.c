// What this processor can do at best: loops that only read, only multiply and add, or only make int8 dot
// products. They measure limits that kernels are held against; nothing is computed with them, so here, and
// only here, variants need not agree.
#include "CKernels.h"

#include <stddef.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define LH_TARGET(features) __attribute__((target(features)))
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { LH_PROBE_ROUNDS = 64 };

// ---- Memory ----

// Four streams, so that no single one waits for its prefetcher. A stream is a quarter of the region.
#define LH_READ_BODY(vector, load, combine, reduce)                                 \
  const int64_t lanes = (int64_t)sizeof(vector), step = 4 * lanes;                  \
  const int64_t quarter = size / 4 / step * step;                                   \
  const char *a = p, *b = a + quarter, *c = b + quarter, *d = c + quarter;          \
  vector s0 = load(a), s1 = s0, s2 = s0, s3 = s0;                                   \
  for (int64_t i = 0; i < quarter; i += step) {                                     \
    for (int64_t j = i; j < i + step; j += lanes) {                                 \
      s0 = combine(s0, load(a + j));                                                \
      s1 = combine(s1, load(b + j));                                                \
      s2 = combine(s2, load(c + j));                                                \
      s3 = combine(s3, load(d + j));                                                \
    }                                                                               \
  }                                                                                 \
  s0 = combine(combine(s0, s1), combine(s2, s3));                                   \
  return reduce(s0)

static uint64_t read_plain(const char *p, int64_t size) {
  uint64_t sum = 0, word;
  for (int64_t i = 0; i + 8 <= size; i += 8) {
    memcpy(&word, p + i, 8);
    sum ^= word;
  }
  return sum;
}

#if defined(__x86_64__)
#define LH_LOAD256(q) _mm256_loadu_si256((const __m256i *)(q))
#define LH_REDUCE256(v) (uint64_t)_mm256_extract_epi64(v, 0)
LH_TARGET("avx2") static uint64_t read_avx2(const char *p, int64_t size) {
  LH_READ_BODY(__m256i, LH_LOAD256, _mm256_xor_si256, LH_REDUCE256);
}
#elif defined(__aarch64__)
#define LH_LOAD128(q) vld1q_u64((const uint64_t *)(q))
#define LH_REDUCE128(v) vgetq_lane_u64(v, 0)
static uint64_t read_neon(const char *p, int64_t size) {
  LH_READ_BODY(uint64x2_t, LH_LOAD128, veorq_u64, LH_REDUCE128);
}
#endif

uint64_t lh_probe_read(const void *p, int64_t size) {
  if (size < 4096) return read_plain(p, size < 0 ? 0 : size);
#if defined(__x86_64__)
  return lh_isa_supported(LH_ISA_AVX2) ? read_avx2(p, size) : read_plain(p, size);
#elif defined(__aarch64__)
  return read_neon(p, size);
#else
  return read_plain(p, size);
#endif
}

// ---- Float ----

// Twelve independent chains hide the latency of one fused multiply-add on every core of the last decade.
#define LH_CHAINS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
enum { LH_CHAIN_COUNT = 12 };

#if defined(__x86_64__)
LH_TARGET("avx2,fma") static int64_t fma_avx2(int64_t rounds, float *sink) {
  const __m256 x = _mm256_set1_ps(sink[0]), y = _mm256_set1_ps(sink[1]);
#define X(i) __m256 a##i = _mm256_set1_ps((float)i);
  LH_CHAINS(X)
#undef X
  for (int64_t r = 0; r < rounds * LH_PROBE_ROUNDS; r++) {
#define X(i) a##i = _mm256_fmadd_ps(a##i, x, y);
    LH_CHAINS(X)
#undef X
  }
  __m256 sum = a0;
#define X(i) sum = _mm256_add_ps(sum, a##i);
  LH_CHAINS(X)
#undef X
  sink[2] = _mm256_cvtss_f32(sum);
  return rounds * LH_PROBE_ROUNDS * LH_CHAIN_COUNT * 8 * 2;
}

LH_TARGET("avx512f") static int64_t fma_avx512(int64_t rounds, float *sink) {
  const __m512 x = _mm512_set1_ps(sink[0]), y = _mm512_set1_ps(sink[1]);
#define X(i) __m512 a##i = _mm512_set1_ps((float)i);
  LH_CHAINS(X)
#undef X
  for (int64_t r = 0; r < rounds * LH_PROBE_ROUNDS; r++) {
#define X(i) a##i = _mm512_fmadd_ps(a##i, x, y);
    LH_CHAINS(X)
#undef X
  }
  __m512 sum = a0;
#define X(i) sum = _mm512_add_ps(sum, a##i);
  LH_CHAINS(X)
#undef X
  sink[2] = _mm512_cvtss_f32(sum);
  return rounds * LH_PROBE_ROUNDS * LH_CHAIN_COUNT * 16 * 2;
}
#elif defined(__aarch64__)
static int64_t fma_neon(int64_t rounds, float *sink) {
  const float32x4_t x = vdupq_n_f32(sink[0]), y = vdupq_n_f32(sink[1]);
#define X(i) float32x4_t a##i = vdupq_n_f32((float)i);
  LH_CHAINS(X)
#undef X
  for (int64_t r = 0; r < rounds * LH_PROBE_ROUNDS; r++) {
#define X(i) a##i = vfmaq_f32(y, a##i, x);
    LH_CHAINS(X)
#undef X
  }
  float32x4_t sum = a0;
#define X(i) sum = vaddq_f32(sum, a##i);
  LH_CHAINS(X)
#undef X
  sink[2] = vgetq_lane_f32(sum, 0);
  return rounds * LH_PROBE_ROUNDS * LH_CHAIN_COUNT * 4 * 2;
}
#endif

int64_t lh_probe_fma(int64_t rounds, float *sink) {
#if defined(__x86_64__)
  if (lh_isa_supported(LH_ISA_AVX512)) return fma_avx512(rounds, sink);
  if (lh_isa_supported(LH_ISA_AVX2)) return fma_avx2(rounds, sink);
#elif defined(__aarch64__)
  return fma_neon(rounds, sink);
#endif
  float sum = sink[0];
  for (int64_t r = 0; r < rounds * LH_PROBE_ROUNDS; r++) sum = sum * sink[0] + sink[1];
  sink[2] = sum;
  return rounds * LH_PROBE_ROUNDS * 2;
}

// ---- Int8 ----

#if defined(__x86_64__)
LH_TARGET("avx512f,avx512vnni") static int64_t int8_vnni(int64_t rounds, float *sink) {
  const __m512i x = _mm512_set1_epi8((char)sink[0]), y = _mm512_set1_epi8((char)sink[1]);
#define X(i) __m512i a##i = _mm512_set1_epi32(i);
  LH_CHAINS(X)
#undef X
  for (int64_t r = 0; r < rounds * LH_PROBE_ROUNDS; r++) {
#define X(i) __asm__ volatile("vpdpbusd %2, %1, %0" : "+v"(a##i) : "v"(x), "v"(y));
    LH_CHAINS(X)
#undef X
  }
  __m512i sum = a0;
#define X(i) sum = _mm512_add_epi32(sum, a##i);
  LH_CHAINS(X)
#undef X
  sink[2] = (float)_mm512_reduce_add_epi32(sum);
  return rounds * LH_PROBE_ROUNDS * LH_CHAIN_COUNT * 64 * 2;
}

// Without dot-product instructions: products in pairs, then in fours, then the sum.
LH_TARGET("avx2") static int64_t int8_avx2(int64_t rounds, float *sink) {
  const __m256i x = _mm256_set1_epi8((char)sink[0]), one = _mm256_set1_epi16(1);
#define X(i) __m256i a##i = _mm256_set1_epi32(i);
  LH_CHAINS(X)
#undef X
  for (int64_t r = 0; r < rounds * LH_PROBE_ROUNDS; r++) {
    __m256i y = _mm256_set1_epi8((char)r);
#define X(i)                                              \
  __asm__ volatile("" : "+x"(y));                         \
  a##i = _mm256_add_epi32(a##i, _mm256_madd_epi16(_mm256_maddubs_epi16(x, y), one));
    LH_CHAINS(X)
#undef X
  }
  __m256i sum = a0;
#define X(i) sum = _mm256_add_epi32(sum, a##i);
  LH_CHAINS(X)
#undef X
  sink[2] = (float)_mm256_extract_epi32(sum, 0);
  return rounds * LH_PROBE_ROUNDS * LH_CHAIN_COUNT * 32 * 2;
}
#elif defined(__aarch64__)
static int64_t int8_neon(int64_t rounds, float *sink) {
  const int8x16_t x = vdupq_n_s8((int8_t)sink[0]);
#define X(i) int32x4_t a##i = vdupq_n_s32(i);
  LH_CHAINS(X)
#undef X
  for (int64_t r = 0; r < rounds * LH_PROBE_ROUNDS; r++) {
    int8x16_t y = vdupq_n_s8((int8_t)r);
#if defined(__ARM_FEATURE_DOTPROD)
#define LH_DOT(a) vdotq_s32(a, x, y)
#else
#define LH_DOT(a) vpadalq_s16(a, vmlal_high_s8(vmull_s8(vget_low_s8(x), vget_low_s8(y)), x, y))
#endif
#define X(i) __asm__ volatile("" : "+w"(y)); a##i = LH_DOT(a##i);
    LH_CHAINS(X)
#undef X
  }
  int32x4_t sum = a0;
#define X(i) sum = vaddq_s32(sum, a##i);
  LH_CHAINS(X)
#undef X
  sink[2] = (float)vgetq_lane_s32(sum, 0);
  return rounds * LH_PROBE_ROUNDS * LH_CHAIN_COUNT * 16 * 2;
}
#endif

int64_t lh_probe_int8(int64_t rounds, float *sink) {
#if defined(__x86_64__)
  if (lh_isa_supported(LH_ISA_AVX512) && __builtin_cpu_supports("avx512vnni"))
    return int8_vnni(rounds, sink);
  if (lh_isa_supported(LH_ISA_AVX2)) return int8_avx2(rounds, sink);
#elif defined(__aarch64__)
  return int8_neon(rounds, sink);
#endif
  int32_t sum = 0;
  for (int64_t r = 0; r < rounds * LH_PROBE_ROUNDS; r++) sum += (int8_t)r * (int8_t)sink[0];
  sink[2] = (float)sum;
  return rounds * LH_PROBE_ROUNDS * 2;
}

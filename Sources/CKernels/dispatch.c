// Chooses the variant of every kernel, once, by what the processor can do.
#include "kernels.h"

#include <stdatomic.h>

typedef struct {
#define LH_MEMBER(result, name, parameters, arguments) result(*name) parameters;
  LH_KERNELS(LH_MEMBER)
#undef LH_MEMBER
} lh_table;

#define LH_ENTRY_REFERENCE(result, name, parameters, arguments) .name = lh_##name##_reference,
static const lh_table reference_table = {LH_KERNELS(LH_ENTRY_REFERENCE)};

#if defined(__x86_64__)
#define LH_ENTRY_AVX2(result, name, parameters, arguments) .name = lh_##name##_avx2,
#define LH_ENTRY_AVX512(result, name, parameters, arguments) .name = lh_##name##_avx512,
static const lh_table avx2_table = {LH_KERNELS(LH_ENTRY_AVX2)};
#define LH_ENTRY_AVX512_BF16(result, name, parameters, arguments) .name = lh_##name##_avx512_bf16,
static const lh_table avx512_table = {LH_KERNELS(LH_ENTRY_AVX512)};
static const lh_table avx512_bf16_table = {
  LH_BF16_KERNELS(LH_ENTRY_AVX512_BF16) LH_OTHER_KERNELS(LH_ENTRY_AVX512)};
#elif defined(__aarch64__)
#define LH_ENTRY_NEON(result, name, parameters, arguments) .name = lh_##name##_neon,
static const lh_table neon_table = {LH_KERNELS(LH_ENTRY_NEON)};
#endif

// NULL: not chosen yet. Tables are constant, so any thread may read whichever it finds here.
static _Atomic(const lh_table *) chosen = NULL;

static const lh_table *table_of(lh_isa isa) {
  switch (isa) {
    case LH_ISA_REFERENCE: return &reference_table;
#if defined(__x86_64__)
    case LH_ISA_AVX2: return &avx2_table;
    case LH_ISA_AVX512: return &avx512_table;
    case LH_ISA_AVX512_BF16: return &avx512_bf16_table;
    case LH_ISA_NEON: return NULL;
#elif defined(__aarch64__)
    case LH_ISA_NEON: return &neon_table;
    case LH_ISA_AVX2:
    case LH_ISA_AVX512:
    case LH_ISA_AVX512_BF16: return NULL;
#else
    case LH_ISA_AVX2:
    case LH_ISA_AVX512:
    case LH_ISA_AVX512_BF16:
    case LH_ISA_NEON: return NULL;
#endif
  }
  return NULL;
}

bool lh_isa_supported(lh_isa isa) {
  switch (isa) {
    case LH_ISA_REFERENCE: return true;
#if defined(__x86_64__)
    case LH_ISA_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("f16c");
    case LH_ISA_AVX512:
      return lh_isa_supported(LH_ISA_AVX2) && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
    case LH_ISA_AVX512_BF16:
      return lh_isa_supported(LH_ISA_AVX512) && __builtin_cpu_supports("avx512bf16") &&
        lh_bf16_dot_is_two_fmas();
#else
    case LH_ISA_AVX2:
    case LH_ISA_AVX512:
    case LH_ISA_AVX512_BF16: return false;
#endif
    case LH_ISA_NEON: return table_of(LH_ISA_NEON) != NULL;
  }
  return false;
}

lh_isa lh_isa_best(void) {
  if (lh_isa_supported(LH_ISA_AVX512_BF16)) return LH_ISA_AVX512_BF16;
  if (lh_isa_supported(LH_ISA_AVX512)) return LH_ISA_AVX512;
  if (lh_isa_supported(LH_ISA_AVX2)) return LH_ISA_AVX2;
  if (lh_isa_supported(LH_ISA_NEON)) return LH_ISA_NEON;
  return LH_ISA_REFERENCE;
}

void lh_isa_force(lh_isa isa) {
  if (lh_isa_supported(isa)) atomic_store_explicit(&chosen, table_of(isa), memory_order_release);
}

// The table in use. Two threads arriving first both store the same choice; a force in between wins.
static const lh_table *current(void) {
  const lh_table *table = atomic_load_explicit(&chosen, memory_order_acquire);
  if (__builtin_expect(table != NULL, 1)) return table;
  const lh_table *best = table_of(lh_isa_best());
  if (atomic_compare_exchange_strong_explicit(
        &chosen, &table, best, memory_order_acq_rel, memory_order_acquire))
    return best;
  return table;
}

lh_isa lh_isa_current(void) {
  const lh_table *table = current();
  for (lh_isa isa = LH_ISA_AVX2; isa <= LH_ISA_AVX512_BF16; isa++)
    if (table == table_of(isa)) return isa;
  return LH_ISA_REFERENCE;
}

const char *lh_isa_name(lh_isa isa) {
  switch (isa) {
    case LH_ISA_REFERENCE: return "reference";
    case LH_ISA_AVX2: return "avx2";
    case LH_ISA_AVX512: return "avx512";
    case LH_ISA_AVX512_BF16: return "avx512_bf16";
    case LH_ISA_NEON: return "neon";
  }
  return "unknown";
}

#define LH_PUBLIC(result, name, parameters, arguments) \
  result lh_##name parameters { return current()->name arguments; }
LH_KERNELS(LH_PUBLIC)

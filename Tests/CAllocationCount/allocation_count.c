#include "CAllocationCount.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LH_SANITIZED
#endif
#endif

#if defined(__GLIBC__) && !defined(LH_SANITIZED)

// Under these names glibc offers its own functions to those who replace the others.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static _Thread_local int64_t allocations;

void *malloc(size_t size) {
  allocations++;
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  allocations++;
  return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
  allocations++;
  return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  allocations++;
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
  allocations++;
  *result = __libc_memalign(alignment, size);
  return *result == NULL ? ENOMEM : 0;
}

bool lh_counts_allocations(void) { return true; }
int64_t lh_allocation_count(void) { return allocations; }

#else

bool lh_counts_allocations(void) { return false; }
int64_t lh_allocation_count(void) { return 0; }

#endif

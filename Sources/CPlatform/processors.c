// Which processors threads may run on, and which memory is near them.
#define _GNU_SOURCE
#include "processors.h"

#include "CPlatform.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PROCESSOR_LIMIT = 1 << 16 };

int lh_processor_set(int32_t processor, cpu_set_t **set, size_t *size) {
  if (processor < 0 || processor >= PROCESSOR_LIMIT) return EINVAL;
  *set = CPU_ALLOC((size_t)processor + 1);
  if (*set == NULL) return ENOMEM;
  *size = CPU_ALLOC_SIZE((size_t)processor + 1);
  CPU_ZERO_S(*size, *set);
  CPU_SET_S((size_t)processor, *size, *set);
  return 0;
}

int32_t lh_thread_pin(int32_t processor) {
  cpu_set_t *set;
  size_t size;
  int failure = lh_processor_set(processor, &set, &size);
  if (failure != 0) return failure;
  failure = pthread_setaffinity_np(pthread_self(), size, set);
  CPU_FREE(set);
  return failure;
}

int32_t lh_processors(int32_t *processors, int32_t capacity) {
  cpu_set_t *set = CPU_ALLOC(PROCESSOR_LIMIT);
  if (set == NULL) return 0;
  size_t size = CPU_ALLOC_SIZE(PROCESSOR_LIMIT);
  CPU_ZERO_S(size, set);
  int32_t count = 0;
  if (sched_getaffinity(0, size, set) == 0)
    for (int32_t i = 0; i < PROCESSOR_LIMIT && count < capacity; i++)
      if (CPU_ISSET_S((size_t)i, size, set)) processors[count++] = i;
  CPU_FREE(set);
  return count;
}

int32_t lh_current_node(void) {
  unsigned processor, node;
  return syscall(SYS_getcpu, &processor, &node, NULL) == 0 ? (int32_t)node : 0;
}

void lh_advise_small_pages(void *address, int64_t size) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)address;
  if (size <= 0) return;
  uintptr_t first = (start + page - 1) & ~(page - 1), end = (start + (uintptr_t)size) & ~(page - 1);
  if (first < end) madvise((void *)first, end - first, MADV_NOHUGEPAGE);
}

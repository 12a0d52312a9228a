// Pages of memory made present before they are used, so that it can be seen how long that takes.
#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

// Known to kernels from 5.14 on, and to newer headers only.
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static int populate(uintptr_t first, uintptr_t end, int advice) {
  int result;
  do result = madvise((void *)first, end - first, advice);
  while (result != 0 && (errno == EINTR || errno == EAGAIN));
  return result;
}

void lh_touch_pages(void *address, int64_t size) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)address;
  if (size <= 0) return;
  uintptr_t end = start + (uintptr_t)size;
  int saved = errno;
  if (populate(start & ~(page - 1), end, MADV_POPULATE_WRITE) != 0 && errno == EINVAL)
    // Adding no bit is a write that changes nothing, whichever thread uses the page.
    for (uintptr_t at = start; at < end; at = (at & ~(page - 1)) + page)
      __atomic_fetch_or((uint8_t *)at, 0, __ATOMIC_RELAXED);
  errno = saved;
}

void lh_read_pages(const void *address, int64_t size) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)address;
  if (size <= 0) return;
  int saved = errno;
  populate(start & ~(page - 1), start + (uintptr_t)size, MADV_POPULATE_READ);
  errno = saved;
}

// Thin shims over Linux calls that Swift does not import.
#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int64_t lh_monotonic_nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int32_t lh_cpu_count(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
  // More processors than the set can hold: ask for those online instead.
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int32_t)online : 1;
}

void lh_thread_set_name(const char *name) {
  char cut[16];
  strncpy(cut, name, sizeof cut - 1);
  cut[sizeof cut - 1] = 0;
  pthread_setname_np(pthread_self(), cut);
}

void lh_stdout_line_buffered(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

int32_t lh_futex_wait(uint32_t *word, uint32_t expected, int64_t timeout_nanoseconds) {
  struct timespec timeout = {timeout_nanoseconds / 1000000000, timeout_nanoseconds % 1000000000};
  long result = syscall(
    SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, timeout_nanoseconds < 0 ? NULL : &timeout, NULL, 0);
  return result == 0 ? 0 : errno;
}

int32_t lh_futex_wake(uint32_t *word, int32_t count) {
  long woken = syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
  return woken > 0 ? (int32_t)woken : 0;
}

int32_t lh_eventfd_create(void) {
  int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return fd >= 0 ? fd : -errno;
}

int32_t lh_eventfd_signal(int32_t fd) {
  uint64_t one = 1;
  ssize_t written;
  int saved = errno, error = 0;
  do written = write(fd, &one, sizeof one);
  while (written < 0 && errno == EINTR);
  // EAGAIN: the counter is full, so the reader has more than enough to wake up for.
  if (written < 0 && errno != EAGAIN) error = errno;
  errno = saved;
  return error;
}

uint64_t lh_eventfd_drain(int32_t fd) {
  uint64_t count = 0;
  ssize_t got;
  do got = read(fd, &count, sizeof count);
  while (got < 0 && errno == EINTR);
  return got == (ssize_t)sizeof count ? count : 0;
}

void lh_advise_huge_pages(void *address, int64_t size) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)address;
  if (size <= 0) return;
  uintptr_t first = (start + page - 1) & ~(page - 1), end = (start + (uintptr_t)size) & ~(page - 1);
  if (first < end) madvise((void *)first, end - first, MADV_HUGEPAGE);
}

// The fork-join pool.
//
// A run is announced by counting `generation` up: threads wait until it differs from the last value they
// served. Each counts `remaining` down when its body has returned; the caller waits for zero. Both waits
// spin first, then sleep on the very word they wait for.
//
// No wake-up is lost: the sleeper first says that it sleeps (`sleepers`, `caller_sleeps`), then looks at
// the word once more, in the kernel; the other side first changes the word, then looks for sleepers. All
// four are sequentially consistent, so one of the two sees the other. `body` and `context` are plain: they
// are written before the generation is counted up and read after it was seen.
#define _GNU_SOURCE
#include "CPlatform.h"
#include "processors.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { CACHE_LINE = 64, SPINS_PER_YIELD = 32 };

// Signals that an instruction of the thread itself causes.
static const int faults[] = {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGTRAP};

typedef struct {
  lh_pool *pool;
  pthread_t thread;
  int32_t index;
} member;

struct lh_pool {
  _Alignas(CACHE_LINE) _Atomic uint32_t generation;
  _Atomic uint32_t sleepers;
  void (*body)(void *, int32_t, int32_t);
  void *context;
  _Atomic bool stopping;
  _Atomic int32_t spins;
  _Alignas(CACHE_LINE) _Atomic uint32_t remaining;
  _Atomic bool caller_sleeps;
  _Alignas(CACHE_LINE) atomic_flag running;
  int32_t thread_count;
  member members[];  // thread_count - 1, for threads 1 and up
};

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Spins until *word != (or ==, if `until_equal`) value, for the pool's budget; returns whether it is so.
static bool spin(lh_pool *pool, _Atomic uint32_t *word, uint32_t value, bool until_equal) {
  int32_t budget = atomic_load_explicit(&pool->spins, memory_order_relaxed);
  for (int32_t i = 1;; i++) {
    if ((atomic_load_explicit(word, memory_order_acquire) == value) == until_equal) return true;
    if (i > budget) return false;
    if (i % SPINS_PER_YIELD == 0) sched_yield();
    else pause_briefly();
  }
}

static void wait_for_generation_after(lh_pool *pool, uint32_t served) {
  if (spin(pool, &pool->generation, served, false)) return;
  atomic_fetch_add(&pool->sleepers, 1);
  while (atomic_load(&pool->generation) == served)
    lh_futex_wait((uint32_t *)&pool->generation, served, -1);
  atomic_fetch_sub(&pool->sleepers, 1);
}

static void wait_for_others(lh_pool *pool) {
  if (spin(pool, &pool->remaining, 0, true)) return;
  atomic_store(&pool->caller_sleeps, true);
  uint32_t left;
  while ((left = atomic_load(&pool->remaining)) != 0)
    lh_futex_wait((uint32_t *)&pool->remaining, left, -1);
  atomic_store(&pool->caller_sleeps, false);
}

static void announce(lh_pool *pool) {
  atomic_fetch_add(&pool->generation, 1);
  if (atomic_load(&pool->sleepers) != 0) lh_futex_wake((uint32_t *)&pool->generation, INT_MAX);
}

static void *serve(void *argument) {
  member *self = argument;
  lh_pool *pool = self->pool;
  char name[16];
  snprintf(name, sizeof name, "compute-%d", (int)self->index);
  lh_thread_set_name(name);
  for (uint32_t served = 0;; served++) {
    wait_for_generation_after(pool, served);
    if (atomic_load_explicit(&pool->stopping, memory_order_relaxed)) return NULL;
    pool->body(pool->context, self->index, pool->thread_count);
    if (atomic_fetch_sub(&pool->remaining, 1) == 1 && atomic_load(&pool->caller_sleeps))
      lh_futex_wake((uint32_t *)&pool->remaining, 1);
  }
}

static void stop(lh_pool *pool, int32_t started) {
  atomic_store(&pool->stopping, true);
  announce(pool);
  for (int32_t i = 0; i < started; i++) pthread_join(pool->members[i].thread, NULL);
  free(pool);
}

// Starts thread m, on its processor from its first instruction on, so that its stack lies where it runs.
static int start(member *m, const int32_t *processors) {
  if (processors == NULL) return pthread_create(&m->thread, NULL, serve, m);
  pthread_attr_t attributes;
  int failure = pthread_attr_init(&attributes);
  if (failure != 0) return failure;
  cpu_set_t *set;
  size_t size;
  failure = lh_processor_set(processors[m->index], &set, &size);
  if (failure == 0) {
    failure = pthread_attr_setaffinity_np(&attributes, size, set);
    if (failure == 0) failure = pthread_create(&m->thread, &attributes, serve, m);
    CPU_FREE(set);
  }
  pthread_attr_destroy(&attributes);
  return failure;
}

lh_pool *lh_pool_create(int32_t thread_count, const int32_t *processors, int32_t *error) {
  *error = 0;
  if (thread_count < 1 || thread_count > LH_POOL_MAXIMUM_THREADS) {
    *error = EINVAL;
    return NULL;
  }
  size_t size = sizeof(lh_pool) + (size_t)(thread_count - 1) * sizeof(member);
  lh_pool *pool = aligned_alloc(CACHE_LINE, (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
  if (pool == NULL) {
    *error = ENOMEM;
    return NULL;
  }
  atomic_init(&pool->generation, 0);
  atomic_init(&pool->sleepers, 0);
  pool->body = NULL;
  pool->context = NULL;
  atomic_init(&pool->stopping, false);
  atomic_init(&pool->spins, LH_POOL_DEFAULT_SPINS);
  atomic_init(&pool->remaining, 0);
  atomic_init(&pool->caller_sleeps, false);
  atomic_flag_clear(&pool->running);
  pool->thread_count = thread_count;

  // Threads inherit the signal mask: signals are for the threads that expect them. A thread's own faults stay open,
  // since one that is blocked ends the process whatever handles it (mappings.c).
  sigset_t others, before;
  sigfillset(&others);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&others, faults[i]);
  pthread_sigmask(SIG_SETMASK, &others, &before);
  int32_t started = 0;
  for (; started < thread_count - 1; started++) {
    member *m = &pool->members[started];
    m->pool = pool;
    m->index = started + 1;
    *error = start(m, processors);
    if (*error != 0) break;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (*error != 0) {
    stop(pool, started);
    return NULL;
  }
  return pool;
}

void lh_pool_destroy(lh_pool *pool) {
  if (pool != NULL) stop(pool, pool->thread_count - 1);
}

int32_t lh_pool_thread_count(const lh_pool *pool) { return pool->thread_count; }

void lh_pool_set_spins(lh_pool *pool, int32_t spins) {
  atomic_store_explicit(&pool->spins, spins < 0 ? 0 : spins, memory_order_relaxed);
}

void lh_pool_run(
  lh_pool *pool, void (*body)(void *context, int32_t thread, int32_t thread_count), void *context) {
  if (atomic_flag_test_and_set_explicit(&pool->running, memory_order_acquire)) __builtin_trap();
  if (pool->thread_count == 1) {
    body(context, 0, 1);
  } else {
    pool->body = body;
    pool->context = context;
    atomic_store_explicit(&pool->remaining, (uint32_t)pool->thread_count - 1, memory_order_relaxed);
    announce(pool);
    body(context, 0, pool->thread_count);
    wait_for_others(pool);
  }
  atomic_flag_clear_explicit(&pool->running, memory_order_release);
}

// A Swift closure as its two words, called the way Swift calls it.
typedef struct {
  __attribute__((swiftcall)) void (*function)(
    int64_t thread, int64_t thread_count, __attribute__((swift_context)) void *captured);
  void *captured;
} swift_body;

static void call_swift_body(void *context, int32_t thread, int32_t thread_count) {
  const swift_body *body = context;
  body->function(thread, thread_count, body->captured);
}

// Declared in ComputePool.swift, since no header can: Swift hands over a closure that does not escape as
// these two words, which are valid until the call returns.
__attribute__((swiftcall)) void lh_pool_run_swift(
  lh_pool *pool, __typeof__(((swift_body *)0)->function) function, void *captured) {
  swift_body body = {function, captured};
  lh_pool_run(pool, call_swift_body, &body);
}

// Bytes that a mapped file has lost read as zeros instead of ending the process, and the mapping remembers it.
#define _GNU_SOURCE
#include "CPlatform.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// Never freed, since a signal handler may walk the list at any time; taken again by the next mapping.
struct lh_mapping {
  // 0: not in use.
  _Atomic uintptr_t start;
  _Atomic uintptr_t end;
  atomic_bool lost;
  lh_mapping *next;
};

static lh_mapping *_Atomic first_mapping;
static pthread_mutex_t changes = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t installation = PTHREAD_ONCE_INIT;
static struct sigaction previous;

static lh_mapping *mapping_at(uintptr_t address) {
  for (lh_mapping *mapping = atomic_load(&first_mapping); mapping; mapping = mapping->next) {
    uintptr_t start = atomic_load(&mapping->start);
    if (start != 0 && address >= start && address < atomic_load(&mapping->end)) return mapping;
  }
  return NULL;
}

// Puts zeros from the lost page to the end of the mapping: the instruction is tried again when this returns.
static void replace_lost_pages(int number, siginfo_t *information, void *context) {
  (void)context;
  uintptr_t address = (uintptr_t)information->si_addr;
  lh_mapping *mapping = mapping_at(address);
  if (mapping) {
    atomic_store(&mapping->lost, true);
    uintptr_t page = address & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
    void *zeros = mmap(
      (void *)page, atomic_load(&mapping->end) - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (zeros != MAP_FAILED) return;
  }
  // Another's fault: it happens again, under whatever handled it before.
  sigaction(number, &previous, NULL);
}

static void install(void) {
  struct sigaction action = {.sa_sigaction = replace_lost_pages, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &previous);
}

lh_mapping *lh_mapping_watch(const void *start, int64_t size) {
  pthread_once(&installation, install);
  pthread_mutex_lock(&changes);
  lh_mapping *mapping = atomic_load(&first_mapping);
  while (mapping && atomic_load(&mapping->start) != 0) mapping = mapping->next;
  if (!mapping && (mapping = calloc(1, sizeof *mapping))) {
    mapping->next = atomic_load(&first_mapping);
    atomic_store(&first_mapping, mapping);
  }
  if (mapping) {
    atomic_store(&mapping->lost, false);
    atomic_store(&mapping->end, (uintptr_t)start + (uintptr_t)size);
    atomic_store(&mapping->start, (uintptr_t)start);
  }
  pthread_mutex_unlock(&changes);
  return mapping;
}

void lh_mapping_forget(lh_mapping *mapping) {
  if (mapping) atomic_store(&mapping->start, 0);
}

bool lh_mapping_has_lost_bytes(const lh_mapping *mapping) { return mapping && atomic_load(&mapping->lost); }

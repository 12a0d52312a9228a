// Reports to ThreadSanitizer the contended path of Swift's `Mutex`, to be loaded before a program built with it.
//
// Locking a free mutex is compiled into the program, where it is seen. Waiting for a taken one, and waking its
// waiters, happens in the library `Synchronization`, which is built without instruments: without this file every value
// behind a mutex that two threads really wanted at once would be called a race. Calls continue in the library.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

// Weak, since the program's children load this file, too, and some are not built with ThreadSanitizer.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

static void *of_library(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  return found;
}

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock_slow(uint32_t thread, SELF void *handle) __asm__(LOCK);
SWIFT _Bool try_lock_slow(SELF void *handle) __asm__(TRY_LOCK);
SWIFT void unlock_slow(SELF void *handle) __asm__(UNLOCK);

SWIFT void lock_slow(uint32_t thread, SELF void *handle) {
  SWIFT void (*wait)(uint32_t, SELF void *) = of_library(LOCK);
  wait(thread, handle);
  if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT _Bool try_lock_slow(SELF void *handle) {
  SWIFT _Bool (*try)(SELF void *) = of_library(TRY_LOCK);
  _Bool is_locked = try(handle);
  if (is_locked && __tsan_acquire) __tsan_acquire(handle);
  return is_locked;
}

SWIFT void unlock_slow(SELF void *handle) {
  SWIFT void (*wake)(SELF void *) = of_library(UNLOCK);
  if (__tsan_release) __tsan_release(handle);
  wake(handle);
}

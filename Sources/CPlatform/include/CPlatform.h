// What Swift cannot reach on Linux, or not without cost: futex, eventfd, thread names, a clock, lost pages, and the
// fork-join pool that computing runs on.
#ifndef LONGHAUL_CPLATFORM_H
#define LONGHAUL_CPLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Clock, processors, names ----

// Nanoseconds of CLOCK_MONOTONIC.
int64_t lh_monotonic_nanoseconds(void);
// Processors this process may run on (its affinity mask), at least 1.
int32_t lh_cpu_count(void);
// The numbers of the processors this process may run on, ascending, at most `capacity`; returns how many.
int32_t lh_processors(int32_t *processors, int32_t capacity);
// Keeps the calling thread on one processor. Returns 0 or an errno: EINVAL if it may not run there.
int32_t lh_thread_pin(int32_t processor);
// The memory node of the processor that the calling thread runs on now; 0 where there is but one.
int32_t lh_current_node(void);
// Names the calling thread for ps and debuggers; cut to 15 bytes.
void lh_thread_set_name(const char *name);
// Makes stdout line-buffered, so that a killed process has still written its last line.
void lh_stdout_line_buffered(void);

// ---- First process ----

// Runs a program as a child of this process, with its environment, passes signals on to it, and reaps every process
// that ends meanwhile, until the child ends; returns its status, or 128 and the number of the signal that ended it. -1
// with *error = errno if it cannot be started. For a process that starts no other children.
int32_t lh_run_as_child(const char *program, char *const *arguments, int32_t *error);

// ---- Child processes ----

// Starts a program in the folder /, in a process group of its own, with this process's environment, no signal blocked
// or ignored, and no open files but `standard`: its input, output and errors, each a descriptor or -1 for /dev/null.
// Returns its id, for waitpid; -1 with *error = errno if it cannot be started.
int32_t lh_start_process(const char *program, char *const *arguments, const int32_t *standard, int32_t *error);

// ---- Futex ----

// Sleeps while *word == expected, at most timeout_nanoseconds (negative: for ever). Returns 0 when woken,
// at once with EAGAIN if the word differs, ETIMEDOUT or EINTR otherwise; wake-ups may be spurious.
int32_t lh_futex_wait(uint32_t *word, uint32_t expected, int64_t timeout_nanoseconds);
// Wakes up to `count` sleepers on the word; returns how many.
int32_t lh_futex_wake(uint32_t *word, int32_t count);

// ---- Eventfd ----

// A new eventfd, non-blocking and closed on exec, or -errno. The owner closes it.
int32_t lh_eventfd_create(void);
// Makes the eventfd readable. From any thread or signal handler. Returns 0 or an errno; a counter already
// full is a success.
int32_t lh_eventfd_signal(int32_t fd);
// Takes all pending signals, so that the eventfd is no longer readable; returns how many (0: none).
uint64_t lh_eventfd_drain(int32_t fd);

// ---- Memory ----

// Asks for huge pages for the whole pages inside [address, address + size); advice, never an error.
void lh_advise_huge_pages(void *address, int64_t size);
// Asks for ordinary pages there: each then lies on the memory node of the thread that first writes it.
void lh_advise_small_pages(void *address, int64_t size);
// Makes the pages of [address, address + size) present and writable, without changing a byte, and returns when they
// are. What cannot be had now is left to the first write.
void lh_touch_pages(void *address, int64_t size);
// Makes the pages of a mapped file present for reading, and returns when they have been read. Advice, never an error:
// a kernel that does not know it reads them when they are used.
void lh_read_pages(const void *address, int64_t size);

// ---- Mapped files ----

// Reading a mapped byte that the file has no more, or that its disk cannot give, is SIGBUS, which ends the process. Of
// a watched mapping such bytes, and all after them, read as zeros from then on.
typedef struct lh_mapping lh_mapping;

// Watches [start, start + size), a private read-only mapping. NULL where memory is short: it is not watched then. From
// any thread; the first call takes the process's handler of SIGBUS, which passes on what it does not know.
lh_mapping *lh_mapping_watch(const void *start, int64_t size);
// To be called before the range is unmapped. NULL is ignored.
void lh_mapping_forget(lh_mapping *mapping);
// Whether zeros were read in place of bytes. What was read before the call is not what the file had then.
bool lh_mapping_has_lost_bytes(const lh_mapping *mapping);

// ---- Checksums ----

// The CRC32C of what `checksum` is already that of, followed by `count` bytes; 0 to begin with. By the processor's
// instruction where it has one.
uint32_t lh_crc32c(uint32_t checksum, const void *data, int64_t count);
// The same number by a table, for processors without the instruction and for tests.
uint32_t lh_crc32c_by_table(uint32_t checksum, const void *data, int64_t count);

// ---- Fork-join pool ----

// A fixed set of threads that run one body at a time, all together. The caller of lh_pool_run is one of
// them. Between runs the others spin for a while (pause, with a sched_yield every 32nd spin, so that a
// machine with more threads than cores does not stand still), then sleep on a futex.
typedef struct lh_pool lh_pool;

enum { LH_POOL_MAXIMUM_THREADS = 1024, LH_POOL_DEFAULT_SPINS = 2000 };

// A pool of thread_count threads, the caller of run included: thread_count - 1 are started, with all
// signals blocked. `processors` is NULL, or has thread_count entries: thread i runs on processors[i] only
// (entry 0 is the caller's own affair: lh_thread_pin). NULL with *error = errno if thread_count is not in
// 1 .. LH_POOL_MAXIMUM_THREADS or a processor is not available (EINVAL), or if memory or threads are lacking.
lh_pool *lh_pool_create(int32_t thread_count, const int32_t *processors, int32_t *error);
// Ends and joins the threads. No run may be under way. NULL is ignored.
void lh_pool_destroy(lh_pool *pool);
int32_t lh_pool_thread_count(const lh_pool *pool);
// How many times a thread looks before it sleeps; 0 sleeps at once. From any thread; takes effect with
// the next wait.
void lh_pool_set_spins(lh_pool *pool, int32_t spins);
// Calls body(context, thread, thread_count) once for each thread in [0, thread_count), thread 0 on the
// caller, and returns when all have returned; what they wrote is then visible to the caller. One run at a
// time: a second caller, or a body that calls run, traps.
void lh_pool_run(
  lh_pool *pool, void (*body)(void *context, int32_t thread, int32_t thread_count), void *context);

#ifdef __cplusplus
}
#endif

#endif

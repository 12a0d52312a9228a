// libzmq as Swift sees it, and the calls of the C library that the thread owning its sockets needs.
#ifndef LONGHAUL_CZEROMQ_SHIM_H
#define LONGHAUL_CZEROMQ_SHIM_H

#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <zmq.h>

// A counter that polls as readable while it is above zero; -1 when the process has no descriptor left.
static inline int zeromq_wake_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// A full counter is readable already, so nothing is lost when the write is refused.
static inline void zeromq_wake_signal(int fd) {
  uint64_t one = 1;
  ssize_t written = write(fd, &one, sizeof one);
  (void)written;
}

static inline void zeromq_wake_clear(int fd) {
  uint64_t count;
  ssize_t got = read(fd, &count, sizeof count);
  (void)got;
}

// Names the calling thread for debuggers and process listings; the kernel keeps 15 bytes. prctl is variadic, which
// Swift cannot call.
static inline void zeromq_name_this_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

#endif

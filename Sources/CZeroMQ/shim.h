// libzmq as Swift sees it, and the few calls of the C library that its owner thread needs.
#ifndef LONGHAUL_CZEROMQ_SHIM_H
#define LONGHAUL_CZEROMQ_SHIM_H

#include <errno.h>
#include <zmq.h>

// Swift does not import errno as a variable that may be set.
static inline void longhaul_clear_errno(void) { errno = 0; }

#endif

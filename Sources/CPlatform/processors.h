// Inside this module: a set that holds one processor, of any number.
#ifndef LONGHAUL_PROCESSORS_H
#define LONGHAUL_PROCESSORS_H

#include <sched.h>
#include <stddef.h>
#include <stdint.h>

// Returns 0 and a set of `size` bytes, for CPU_FREE, or an errno.
int lh_processor_set(int32_t processor, cpu_set_t **set, size_t *size);

#endif

// Counts what is allocated on each thread, for tests: linked into the test program, its functions stand in
// for the C library's.
#ifndef LONGHAUL_CALLOCATIONCOUNT_H
#define LONGHAUL_CALLOCATIONCOUNT_H

#include <stdbool.h>
#include <stdint.h>

// Whether allocations are counted: with glibc, unless a sanitizer has its own allocator.
bool lh_counts_allocations(void);
// Allocations of the calling thread since it began.
int64_t lh_allocation_count(void);

#endif

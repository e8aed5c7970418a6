#pragma once
// What Swift's Glibc module does not show of Linux' process interfaces.

/// Lets a thread run only when nothing else wants the processor (sched(7), SCHED_IDLE); the lowest nice value where
/// that is refused. Returns 0 when either worked.
int process_make_idle(int thread);

/// Asks the kernel to kill this process when its parent ends (prctl(2), PR_SET_PDEATHSIG).
int process_die_with_parent(void);

/// Keeps the allocator from holding on to freed memory: few arenas, and blocks of a quarter of a mebibyte and more mapped
/// on their own, so that freeing them gives them back (mallopt(3)). Without it glibc raises that bound to the largest block
/// ever freed, and adapters fragment one arena for each thread that ever lived.
void process_keep_memory_small(void);

/// Highest resident memory so far, in bytes.
long process_peak_resident_bytes(void);

#pragma once
// What Swift's Glibc module does not show of Linux' process interfaces.

/// Lets a thread run only when nothing else wants the processor (sched(7), SCHED_IDLE); the lowest nice value where
/// that is refused. Returns 0 when either worked.
int process_make_idle(int thread);

/// Asks the kernel to kill this process when its parent ends (prctl(2), PR_SET_PDEATHSIG).
int process_die_with_parent(void);

/// Highest resident memory so far, in bytes.
long process_peak_resident_bytes(void);

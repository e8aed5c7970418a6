#pragma once
// What Swift's Glibc module does not show of Linux' process interfaces.

#include <pthread.h>
#include <spawn.h>

/// Lets a thread run only when nothing else wants the processor (sched(7), SCHED_IDLE); the lowest nice value where
/// that is refused. Returns 0 when either worked.
int process_make_idle(int thread);

/// Whether the calling thread is one that `process_make_idle` made so, or was started by one.
int process_is_idle(void);

/// Gives a thread another nice value (setpriority(2)); 0 is the calling one. Returns 0 when that worked.
int process_make_nice(int thread, int nice);

/// The processor that the calling thread runs on.
int process_processor(void);

/// Leaves threads the calling thread's processors but one (sched_setaffinity(2)), or all where there are not enough for
/// `count` threads beside it. Returns 0 when they keep off.
int process_keep_off(int processor, const pthread_t *threads, int count);

/// Asks the kernel to kill this process when its parent ends (prctl(2), PR_SET_PDEATHSIG).
int process_die_with_parent(void);

/// Lets a child inherit only the descriptors below `first` (posix_spawn_file_actions_addclosefrom_np(3)), whether or
/// not others are closed on exec. Returns 0, or the error's number.
int process_close_from(posix_spawn_file_actions_t *actions, int first);

/// Keeps the allocator from holding on to freed memory: few arenas, and blocks of a quarter of a mebibyte and more mapped
/// on their own, so that freeing them gives them back (mallopt(3)). Without it glibc raises that bound to the largest block
/// ever freed, and adapters fragment one arena for each thread that ever lived.
void process_keep_memory_small(void);

/// Gives the pages of freed blocks back that lie among blocks still in use (malloc_trim(3)).
void process_return_freed_memory(void);

/// How many descriptors the process may have open (getrlimit(2), RLIMIT_NOFILE).
int process_descriptor_limit(void);

/// Raises that number to the most the system allows. libdispatch ends a process that has none left.
void process_raise_descriptor_limit(void);

/// Highest resident memory so far, in bytes.
long process_peak_resident_bytes(void);

/// Takes the terminal: no echo, no line editing, the other screen. It is given back when the process exits, is
/// stopped or is killed by a signal that can be caught, a crash included. Returns -1 when standard input is none.
int terminal_take(void);

/// Gives the terminal back; does nothing when it is not taken. Safe in a signal handler.
void terminal_restore(void);

/// Whether the process was continued since the last call, and the screen has to be drawn anew.
int terminal_resumed(void);

/// Waits for input for at most `milliseconds`. Returns the number of bytes read, 0 for none, -1 when the terminal is
/// gone.
int terminal_read(unsigned char *bytes, int capacity, int milliseconds);

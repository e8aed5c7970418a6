#define _GNU_SOURCE
#include "CProcess.h"

#include <limits.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

int process_make_idle(int thread) {
    struct sched_param parameters = {0};
    if (sched_setscheduler(thread, SCHED_IDLE, &parameters) == 0) return 0;
    return setpriority(PRIO_PROCESS, (id_t)thread, 19);
}

int process_is_idle(void) { return sched_getscheduler(0) == SCHED_IDLE || getpriority(PRIO_PROCESS, 0) == 19; }

int process_make_nice(int thread, int nice) { return setpriority(PRIO_PROCESS, (id_t)thread, nice); }

int process_processor(void) { return sched_getcpu(); }

int process_keep_off(int processor, const pthread_t *threads, int count) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return -1;
    int status = CPU_COUNT(&allowed) > count ? 0 : -1;
    if (status == 0) CPU_CLR(processor, &allowed);
    for (int i = 0; i < count; i++)
        if (pthread_setaffinity_np(threads[i], sizeof allowed, &allowed) != 0) status = -1;
    return status;
}

int process_die_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }

int process_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

void process_keep_memory_small(void) {
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_MMAP_THRESHOLD, 256 << 10);
    mallopt(M_TRIM_THRESHOLD, 1 << 20);
}

void process_return_freed_memory(void) { malloc_trim(0); }

int process_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    return limit.rlim_cur < INT_MAX ? (int)limit.rlim_cur : INT_MAX;
}

void process_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

long process_peak_resident_bytes(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * 1024L : 0;
}

// For setenv under a strict language standard.
#define _GNU_SOURCE

#include "COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

typedef void (*sgemm_function)(
    int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int a_row,
    const float *b, int b_row, float beta, float *c, int c_row);

enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112 };

static cblas_library_information information;
static sgemm_function sgemm;

static void load(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl") && !getenv("OPENBLAS_CORETYPE")) {
        information.core_type_was_set = setenv("OPENBLAS_CORETYPE", "SkylakeX", 1) == 0;
    }
#endif
    // Both are read while loading; this one keeps the library from starting threads that would never be used.
    bool threads_were_set = !getenv("OPENBLAS_NUM_THREADS") && setenv("OPENBLAS_NUM_THREADS", "1", 1) == 0;
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    // Child processes choose for themselves.
    if (threads_were_set) unsetenv("OPENBLAS_NUM_THREADS");
    if (information.core_type_was_set) unsetenv("OPENBLAS_CORETYPE");
    if (!library) {
        information.error = "libopenblas.so.0 was not found: install the package libopenblas0";
        return;
    }
    sgemm = (sgemm_function)dlsym(library, "cblas_sgemm");
    void (*set_threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
    if (!sgemm || !set_threads) {
        information.error = "libopenblas.so.0 lacks cblas_sgemm: install the package libopenblas0";
        return;
    }
    set_threads(1);
    char *(*core_name)(void) = (char *(*)(void))dlsym(library, "openblas_get_corename");
    char *(*configuration)(void) = (char *(*)(void))dlsym(library, "openblas_get_config");
    information.core_name = core_name ? core_name() : "unknown";
    information.configuration = configuration ? configuration() : "unknown";
}

const cblas_library_information *cblas_library_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return &information;
}

void cblas_library_sgemm(
    bool transpose_b, int m, int n, int k, const float *a, int a_row, const float *b, int b_row, float *c, int c_row,
    bool accumulate) {
    sgemm(
        ROW_MAJOR, PLAIN, transpose_b ? TRANSPOSED : PLAIN, m, n, k, 1, a, a_row, b, b_row, accumulate ? 1 : 0, c,
        c_row);
}

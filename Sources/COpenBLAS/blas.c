// For setenv under a strict language standard.
#define _GNU_SOURCE

#include "COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

typedef void (*sgemm_function)(
    int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int a_row,
    const float *b, int b_row, float beta, float *c, int c_row);

typedef void (*sgemv_function)(
    int order, int transpose, int m, int n, float alpha, const float *a, int a_row, const float *x, int x_step,
    float beta, float *y, int y_step);
typedef void (*sger_function)(
    int order, int m, int n, float alpha, const float *x, int x_step, const float *y, int y_step, float *a, int a_row);
typedef void (*ssyrk_function)(
    int order, int triangle, int transpose, int n, int k, float alpha, const float *a, int a_row, float beta, float *c,
    int c_row);
typedef void (*dgemm_function)(
    int order, int transpose_a, int transpose_b, int m, int n, int k, double alpha, const double *a, int a_row,
    const double *b, int b_row, double beta, double *c, int c_row);
typedef void (*dtrsm_function)(
    int order, int side, int triangle, int transpose, int diagonal, int m, int n, double alpha, const double *a,
    int a_row, double *b, int b_row);
typedef void (*factor_function)(const char *triangle, const int *n, double *a, const int *a_row, int *info);
typedef void (*solve_function)(
    const char *triangle, const int *n, const int *count, const double *a, const int *a_row, double *b,
    const int *b_row, int *info);

enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112, LOWER = 122, NON_UNIT = 131, RIGHT = 142 };

static cblas_library_information information;
static sgemm_function sgemm;
static sgemv_function sgemv;
static sger_function sger;
static ssyrk_function ssyrk;
static dgemm_function dgemm;
static dtrsm_function dtrsm;
static factor_function dpotrf;
static factor_function dpotri;
static solve_function dpotrs;
enum { MOST_THREADS = 64 };
static void *(*take_buffer)(int);
static void (*give_buffer)(void *);

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
    sgemv = (sgemv_function)dlsym(library, "cblas_sgemv");
    sger = (sger_function)dlsym(library, "cblas_sger");
    ssyrk = (ssyrk_function)dlsym(library, "cblas_ssyrk");
    dgemm = (dgemm_function)dlsym(library, "cblas_dgemm");
    dtrsm = (dtrsm_function)dlsym(library, "cblas_dtrsm");
    dpotrf = (factor_function)dlsym(library, "dpotrf_");
    dpotri = (factor_function)dlsym(library, "dpotri_");
    dpotrs = (solve_function)dlsym(library, "dpotrs_");
    void (*set_threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
    if (!sgemm || !sgemv || !sger || !ssyrk || !dgemm || !dtrsm || !dpotrf || !dpotri || !dpotrs || !set_threads) {
        information.error = "libopenblas.so.0 lacks BLAS or LAPACK functions: install the package libopenblas0";
        return;
    }
    set_threads(1);
    take_buffer = (void *(*)(int))dlsym(library, "blas_memory_alloc");
    give_buffer = (void (*)(void *))dlsym(library, "blas_memory_free");
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

void cblas_library_release_memory(int threads) {
#if defined(__x86_64__)
    // What products write lies at a buffer's start. No version's buffers are smaller than 32 MiB on this architecture.
    const size_t bytes = 16 << 20;
    if (!take_buffer || !give_buffer) return;
    void *buffers[MOST_THREADS];
    if (threads > MOST_THREADS) threads = MOST_THREADS;
    // All are taken before the first is given back, which would else be taken again.
    for (int i = 0; i < threads; i++) buffers[i] = take_buffer(0);
    for (int i = 0; i < threads; i++) {
        if (!buffers[i]) continue;
        madvise(buffers[i], bytes, MADV_DONTNEED);
        give_buffer(buffers[i]);
    }
#endif
}

void cblas_library_sgemm(
    bool transpose_b, int m, int n, int k, const float *a, int a_row, const float *b, int b_row, float *c, int c_row,
    bool accumulate) {
    sgemm(
        ROW_MAJOR, PLAIN, transpose_b ? TRANSPOSED : PLAIN, m, n, k, 1, a, a_row, b, b_row, accumulate ? 1 : 0, c,
        c_row);
}

void cblas_library_product(
    bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a, int a_row, const float *b,
    int b_row, float beta, float *c, int c_row) {
    // sgemm would copy all of B into its own order first.
    if (m == 1 && !transpose_a) {
        sgemv(
            ROW_MAJOR, transpose_b ? PLAIN : TRANSPOSED, transpose_b ? n : k, transpose_b ? k : n, alpha, b, b_row, a, 1,
            beta, c, 1);
        return;
    }
    if (k == 1 && beta == 1) {
        sger(ROW_MAJOR, m, n, alpha, a, transpose_a ? 1 : a_row, b, transpose_b ? b_row : 1, c, c_row);
        return;
    }
    sgemm(
        ROW_MAJOR, transpose_a ? TRANSPOSED : PLAIN, transpose_b ? TRANSPOSED : PLAIN, m, n, k, alpha, a, a_row, b,
        b_row, beta, c, c_row);
}

void cblas_library_gram(int n, int k, const float *a, int a_row, float *c, int c_row) {
    ssyrk(ROW_MAJOR, LOWER, TRANSPOSED, n, k, 1, a, a_row, 1, c, c_row);
}

void cblas_library_subtract(
    int m, int n, int k, const double *a, const double *b, double *c, int row) {
    dgemm(ROW_MAJOR, PLAIN, TRANSPOSED, m, n, k, -1, a, row, b, row, 1, c, row);
}

void cblas_library_divide(int m, int n, const double *factor, double *b, int row) {
    dtrsm(ROW_MAJOR, RIGHT, LOWER, TRANSPOSED, NON_UNIT, m, n, 1, factor, row, b, row);
}

// LAPACK is column-major: the lower triangle of a row-major matrix is the upper one there.

int lapack_library_cholesky(int n, double *a, int row) {
    int info = 0;
    dpotrf("U", &n, a, &row, &info);
    return info;
}

int lapack_library_inverse(int n, double *factor) {
    int info = 0;
    dpotri("U", &n, factor, &n, &info);
    return info;
}

int lapack_library_solve(int n, int count, const double *factor, double *b) {
    int info = 0;
    dpotrs("U", &n, &count, factor, &n, b, &n, &info);
    return info;
}

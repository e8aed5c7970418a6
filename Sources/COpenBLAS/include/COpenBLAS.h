#pragma once

#include <stdbool.h>

/// OpenBLAS, loaded at run time, so that its core type can be chosen before its own choice happens.
typedef struct {
    /// Null when loaded; else what is missing.
    const char *error;
    /// Kernel set in use, such as `SkylakeX`.
    const char *core_name;
    /// Version and build options.
    const char *configuration;
    /// Whether this process, not the user, chose the core type.
    bool core_type_was_set;
} cblas_library_information;

/// Loads the library once, single-threaded; later calls return the same answer. Safe from any thread.
///
/// OpenBLAS before 0.3.22 does not know recent AMD processors and takes 256-bit kernels for them; where the
/// processor has AVX-512 and the user has not set `OPENBLAS_CORETYPE`, the 512-bit set `SkylakeX` is asked for.
const cblas_library_information *cblas_library_load(void);

/// Gives the system the pages back that products of so many threads copied their operands into, which the library
/// keeps; it has them again with the next product. Safe from any thread: a buffer in use is left alone. Needs a loaded
/// library.
void cblas_library_release_memory(int threads);

/// C = A·op(B), row-major, op transposing when asked; added to C when `accumulate`. Needs a loaded library.
void cblas_library_sgemm(
    bool transpose_b, int m, int n, int k, const float *a, int a_row, const float *b, int b_row, float *c, int c_row,
    bool accumulate);

/// C = alpha·op(A)·op(B) + beta·C, row-major. Needs a loaded library.
void cblas_library_product(
    bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a, int a_row, const float *b,
    int b_row, float beta, float *c, int c_row);

/// Lower triangle `[n, n]` of C += Aᵀ·A, A `[k, n]`, row-major. Needs a loaded library.
void cblas_library_gram(int n, int k, const float *a, int a_row, float *c, int c_row);

/// C `[m, n]` −= A·Bᵀ, all with rows so far apart, row-major. Needs a loaded library.
void cblas_library_subtract(int m, int n, int k, const double *a, const double *b, double *c, int row);

/// B `[m, n]` = B·L⁻ᵀ for a lower triangle L, both with rows so far apart, row-major. Needs a loaded library.
void cblas_library_divide(int m, int n, const double *factor, double *b, int row);

/// A lower triangle `[n, n]`, row-major, becomes its Cholesky factor. Returns 0, or the order of the minor that is not
/// positive. Needs a loaded library.
int lapack_library_cholesky(int n, double *a, int row);

/// A Cholesky factor, lower triangle, row-major, becomes the lower triangle of the factored matrix's inverse.
int lapack_library_inverse(int n, double *factor);

/// Each of `count` rows of `b` becomes the solution of the factored system. Needs a loaded library.
int lapack_library_solve(int n, int count, const double *factor, double *b);

// The vector kernels for processors with AVX-512 (F, BW, DQ, VL).

#include "CKernels.h"
#include "tables.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <math.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)

#include "simd512.h"

#include "vector_math.h"
#include "vector_rows.h"

#include "vector_gemm.h"
#include "vector_linear.h"

#pragma clang attribute pop

const ck_kernels ck_avx512 = {
    .name = "avx512",
    .panel = PANEL,
    .gemm = gemm,
    .gemm_transposed = gemm_transposed,
    .linear = linear,
    .gelu = gelu,
    .layer_norm = layer_norm,
    .layer_norm_gradient = layer_norm_gradient,
    .softmax = softmax,
    .softmax_gradient = softmax_gradient,
    .transpose = transpose,
    .dot = dot,
    .add_scaled = add_scaled,
    .multiply = multiply,
    .adamw = adamw,
    .widen_bf16 = widen_bf16,
    .widen_f16 = widen_f16,
    .multiply_add = multiply_add,
};

#endif

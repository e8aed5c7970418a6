#pragma once

#include "CKernels.h"

// Tables that only some processors can run; `ck_named` asks the processor before it hands one out.
extern const ck_kernels ck_avx2, ck_avx512;
extern const ck_bf16_kernels ck_bf16_avx512;
extern const ck_int8_kernels ck_int8_avx512;

#pragma once

#include "CKernels.h"

// Tables that only some processors can run; `ck_named` asks the processor before it hands one out.
extern const ck_kernels ck_avx2, ck_avx512;

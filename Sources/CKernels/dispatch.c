#include "CKernels.h"
#include "tables.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

ck_features ck_processor_features(void) {
    ck_features features = {0};
#if defined(__x86_64__)
    __builtin_cpu_init();
    features.avx2 = __builtin_cpu_supports("avx2");
    features.fma = __builtin_cpu_supports("fma");
    features.avx512f = __builtin_cpu_supports("avx512f");
    features.avx512bw = __builtin_cpu_supports("avx512bw");
    features.avx512dq = __builtin_cpu_supports("avx512dq");
    features.avx512vl = __builtin_cpu_supports("avx512vl");
    features.avx512_bf16 = __builtin_cpu_supports("avx512bf16");
    features.avx512_vnni = __builtin_cpu_supports("avx512vnni");
#endif
    return features;
}

const ck_kernels *ck_named(const char *name) {
    if (strcmp(name, "portable") == 0) return &ck_portable;
#if defined(__x86_64__)
    ck_features features = ck_processor_features();
    bool has_avx2 = features.avx2 && features.fma;
    if (strcmp(name, "avx2") == 0 && has_avx2) return &ck_avx2;
    bool has_avx512 = features.avx512f && features.avx512bw && features.avx512dq && features.avx512vl;
    if (strcmp(name, "avx512") == 0 && has_avx2 && has_avx512) return &ck_avx512;
#endif
    return 0;
}

static const ck_kernels *best;

static void choose(void) {
    const char *asked = getenv("PERENNIAL_KERNELS");
    if (asked) best = ck_named(asked);
    if (!best) best = ck_named("avx512");
    if (!best) best = ck_named("avx2");
    if (!best) best = &ck_portable;
}

const ck_kernels *ck_best(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, choose);
    return best;
}

// Asking for another table than avx512 masks its extensions as well.
static bool uses_avx512(void) { return strcmp(ck_best()->name, "avx512") == 0; }

const ck_bf16_kernels *ck_bf16_best(void) {
#if defined(__x86_64__)
    if (uses_avx512() && ck_processor_features().avx512_bf16) return &ck_bf16_avx512;
#endif
    return 0;
}

const ck_int8_kernels *ck_int8_best(void) {
#if defined(__x86_64__)
    if (uses_avx512() && ck_processor_features().avx512_vnni) return &ck_int8_avx512;
#endif
    return 0;
}

#pragma once

#include <immintrin.h>

// Eight floats in an AVX2 register.
#define LANES 8
// Twelve sums, two vectors of B, one of A and a mask: all sixteen registers.
#define TILE_ROWS 6
#define TILE_VECTORS 2
#define DOT_ROWS 2
#define INNER_BLOCK 384
#define PREFETCH_ROWS 48
#define UNROLL 4

typedef __m256 vec;
typedef __m256i mask;

/// The first `count` lanes, at most LANES.
static inline mask v_first(long count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline vec v_zero(void) { return _mm256_setzero_ps(); }
static inline vec v_set(float x) { return _mm256_set1_ps(x); }
static inline vec v_load(const float *p) { return _mm256_loadu_ps(p); }
static inline void v_store(float *p, vec x) { _mm256_storeu_ps(p, x); }
/// Lanes outside the mask are zero and their memory is not touched.
static inline vec v_load_masked(const float *p, mask m) { return _mm256_maskload_ps(p, m); }
static inline void v_store_masked(float *p, mask m, vec x) { _mm256_maskstore_ps(p, m, x); }
/// x where the mask is set, else y.
static inline vec v_choose(mask m, vec x, vec y) { return _mm256_blendv_ps(y, x, _mm256_castsi256_ps(m)); }
static inline mask v_less(vec x, vec y) { return _mm256_castps_si256(_mm256_cmp_ps(x, y, _CMP_LT_OQ)); }
static inline vec v_add(vec x, vec y) { return _mm256_add_ps(x, y); }
static inline vec v_subtract(vec x, vec y) { return _mm256_sub_ps(x, y); }
static inline vec v_multiply(vec x, vec y) { return _mm256_mul_ps(x, y); }
static inline vec v_divide(vec x, vec y) { return _mm256_div_ps(x, y); }
static inline vec v_root(vec x) { return _mm256_sqrt_ps(x); }
/// y where either is NaN.
static inline vec v_maximum(vec x, vec y) { return _mm256_max_ps(x, y); }
/// x·y + z
static inline vec v_fma(vec x, vec y, vec z) { return _mm256_fmadd_ps(x, y, z); }
/// z − x·y
static inline vec v_fnma(vec x, vec y, vec z) { return _mm256_fnmadd_ps(x, y, z); }
static inline vec v_absolute(vec x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
static inline vec v_round(vec x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
/// x·2ⁿ for whole n, 2ⁿ normal.
static inline vec v_scale(vec x, vec n) {
    __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_mul_ps(x, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)));
}
static inline __m256 v_fold(vec x) { return x; }
static inline float v_sum(vec x) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}
static inline float v_largest(vec x) {
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
}

static inline vec v_widen_f16(const uint16_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
static inline vec v_widen_bf16(const uint16_t *p) {
    __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}

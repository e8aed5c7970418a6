#pragma once

#include <immintrin.h>

// Sixteen floats in an AVX-512 register.
#define LANES 16
// Twenty-four sums leave room among thirty-two registers for the operands.
#define TILE_ROWS 8
#define TILE_VECTORS 3
#define DOT_ROWS 4
#define INNER_BLOCK 192
#define PREFETCH_ROWS 64
#define UNROLL 1

typedef __m512 vec;
typedef __mmask16 mask;

/// The first `count` lanes, at most LANES.
static inline mask v_first(long count) { return (mask)((1u << count) - 1); }
static inline vec v_zero(void) { return _mm512_setzero_ps(); }
static inline vec v_set(float x) { return _mm512_set1_ps(x); }
static inline vec v_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void v_store(float *p, vec x) { _mm512_storeu_ps(p, x); }
/// Lanes outside the mask are zero and their memory is not touched.
static inline vec v_load_masked(const float *p, mask m) { return _mm512_maskz_loadu_ps(m, p); }
static inline void v_store_masked(float *p, mask m, vec x) { _mm512_mask_storeu_ps(p, m, x); }
/// x where the mask is set, else y.
static inline vec v_choose(mask m, vec x, vec y) { return _mm512_mask_mov_ps(y, m, x); }
static inline mask v_less(vec x, vec y) { return _mm512_cmp_ps_mask(x, y, _CMP_LT_OQ); }
static inline vec v_add(vec x, vec y) { return _mm512_add_ps(x, y); }
static inline vec v_subtract(vec x, vec y) { return _mm512_sub_ps(x, y); }
static inline vec v_multiply(vec x, vec y) { return _mm512_mul_ps(x, y); }
static inline vec v_divide(vec x, vec y) { return _mm512_div_ps(x, y); }
static inline vec v_root(vec x) { return _mm512_sqrt_ps(x); }
/// y where either is NaN.
static inline vec v_maximum(vec x, vec y) { return _mm512_max_ps(x, y); }
/// x·y + z
static inline vec v_fma(vec x, vec y, vec z) { return _mm512_fmadd_ps(x, y, z); }
/// z − x·y
static inline vec v_fnma(vec x, vec y, vec z) { return _mm512_fnmadd_ps(x, y, z); }
static inline vec v_absolute(vec x) { return _mm512_abs_ps(x); }
static inline vec v_round(vec x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
/// x·2ⁿ for whole n.
static inline vec v_scale(vec x, vec n) { return _mm512_scalef_ps(x, n); }
static inline float v_sum(vec x) { return _mm512_reduce_add_ps(x); }
static inline float v_largest(vec x) { return _mm512_reduce_max_ps(x); }

static inline __m256 v_fold(vec x) { return _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1)); }

static inline vec v_widen_f16(const uint16_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
static inline vec v_widen_bf16(const uint16_t *p) {
    __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
}

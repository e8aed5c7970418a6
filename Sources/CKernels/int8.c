// Products of bytes with exact sums: plain loops, and the dot products of AVX-512 VNNI.

#include "CKernels.h"
#include "tables.h"

#include <float.h>
#include <math.h>
#include <string.h>

long ck_int8_words(long k) { return (k + 3) / 4; }

void ck_pack_int8(
    long n, long k, const float *w, long w_row, long w_column, void *panels, float *weight_scales,
    float *weight_sums) {
    long words = ck_int8_words(k);
    memset(panels, 0, (n + CK_WORD_PANEL - 1) / CK_WORD_PANEL * CK_WORD_PANEL * words * 4);
    for (long j = 0; j < n; j++) {
        const float *from = w + j * w_row;
        int8_t *to = (int8_t *)panels + j / CK_WORD_PANEL * CK_WORD_PANEL * words * 4 + j % CK_WORD_PANEL * 4;
        float largest = 0;
        for (long p = 0; p < k; p++) largest = fmaxf(largest, fabsf(from[p * w_column]));
        // A row too small to divide by counts as zero.
        float scale = largest / 127 < FLT_MIN ? 0 : largest / 127;
        float inverse = scale > 0 ? 127 / largest : 0;
        long sum = 0;
        for (long p = 0; p < k; p++) {
            int8_t q = (int8_t)lrintf(from[p * w_column] * inverse);
            to[p / 4 * 4 * CK_WORD_PANEL + p % 4] = q;
            sum += q;
        }
        weight_scales[j] = scale;
        weight_sums[j] = scale * (float)sum;
    }
}

/// Scale and offset of a row from its extremes; the inverse is 0 for a row whose values hardly differ.
static float row_scale(float least, float greatest, float *inverse) {
    float scale = greatest / 255 - least / 255;
    *inverse = scale < FLT_MIN ? 0 : 1 / scale;
    return scale < FLT_MIN ? 0 : scale;
}

static void quantize_plainly(
    long rows, long columns, const float *x, void *words, float *scales, float *offsets) {
    uint8_t *to = words;
    long padded = ck_int8_words(columns) * 4;
    for (long i = 0; i < rows; i++, x += columns, to += padded) {
        float least = columns ? INFINITY : 0, greatest = columns ? -INFINITY : 0, flaw = 0, inverse;
        for (long j = 0; j < columns; j++) {
            least = fminf(least, x[j]);
            greatest = fmaxf(greatest, x[j]);
            flaw += x[j] * 0;
        }
        scales[i] = row_scale(least, greatest, &inverse);
        offsets[i] = least + flaw;
        memset(to, 0, padded);
        if (flaw != 0) continue;
        for (long j = 0; j < columns; j++) {
            // Halves, since the difference of two finite numbers may be infinite.
            float level = rintf((x[j] * 0.5f - least * 0.5f) * (inverse * 2));
            to[j] = (uint8_t)(level > 255 ? 255 : level);
        }
    }
}

static void linear_plainly(
    long m, long n, long k, const void *x, const float *scales, const float *offsets, const void *panels,
    const float *weight_scales, const float *weight_sums, const float *bias, float *y, long y_row,
    ck_epilogue epilogue) {
    long words = ck_int8_words(k);
    for (long i = 0; i < m; i++) {
        const uint8_t *row = (const uint8_t *)x + i * words * 4;
        for (long j = 0; j < n; j++) {
            const int8_t *column = (const int8_t *)panels + j / CK_WORD_PANEL * CK_WORD_PANEL * words * 4
                + j % CK_WORD_PANEL * 4;
            int32_t sum = 0;
            for (long p = 0; p < k; p++) sum += row[p] * column[p / 4 * 4 * CK_WORD_PANEL + p % 4];
            float *to = y + i * y_row + j;
            *to = (float)sum * scales[i] * weight_scales[j] + (offsets[i] * weight_sums[j] + (bias ? bias[j] : 0));
            if (epilogue == CK_GELU) ck_portable.gelu(1, to, to, 0);
        }
    }
}

static void gelu_plainly(long count, const float *x, float *y) { ck_portable.gelu(count, x, y, 0); }

static long multiply_add_plainly(long rounds) { return ck_portable.multiply_add(rounds); }

const ck_int8_kernels ck_int8_portable = {
    .quantize = quantize_plainly,
    .linear = linear_plainly,
    .gelu = gelu_plainly,
    .multiply_add = multiply_add_plainly,
};

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)

#define MULTIPLY_WORDS(sum, x, w) _mm512_dpbusd_epi32(sum, x, w)

#include "vector_words.h"

/// Extremes of a row, and NaN in `flaw` where a value is not finite.
struct row_extent {
    __m512 least, greatest, flaw;
};

INLINE void extend(struct row_extent *extent, __m512 value) {
    extent->least = _mm512_min_ps(extent->least, value);
    extent->greatest = _mm512_max_ps(extent->greatest, value);
    extent->flaw = _mm512_fmadd_ps(value, _mm512_setzero_ps(), extent->flaw);
}

/// Halves, since the difference of two finite numbers may be infinite.
INLINE __m128i levels(__m512 value, __m512 half_start, __m512 double_factor) {
    __m512 distance = _mm512_fmsub_ps(value, _mm512_set1_ps(0.5f), half_start);
    __m512i level = _mm512_cvtps_epi32(_mm512_mul_ps(distance, double_factor));
    return _mm512_cvtusepi32_epi8(_mm512_max_epi32(level, _mm512_setzero_si512()));
}

static void quantize(long rows, long columns, const float *x, void *words, float *scales, float *offsets) {
    uint8_t *to = words;
    long padded = ck_int8_words(columns) * 4, whole = columns / 16 * 16;
    __mmask16 rest = lanes_below(columns - whole, 0), padded_rest = lanes_below(padded - whole, 0);
    for (long i = 0; i < rows; i++, x += columns, to += padded) {
        // Any of the row's values to begin with; a NaN stays where it is, in `flaw`.
        const __m512 first = _mm512_set1_ps(columns ? x[0] : 0);
        struct row_extent even = {first, first, _mm512_setzero_ps()}, odd = even;
        long j = 0;
        for (; j + 32 <= columns; j += 32) {
            extend(&even, _mm512_loadu_ps(x + j));
            extend(&odd, _mm512_loadu_ps(x + j + 16));
        }
        for (; j < whole; j += 16) extend(&even, _mm512_loadu_ps(x + j));
        if (rest) extend(&odd, _mm512_mask_loadu_ps(first, rest, x + j));
        float bottom = _mm512_reduce_min_ps(_mm512_min_ps(even.least, odd.least)), inverse;
        float top = _mm512_reduce_max_ps(_mm512_max_ps(even.greatest, odd.greatest));
        scales[i] = row_scale(bottom, top, &inverse);
        offsets[i] = bottom + _mm512_reduce_add_ps(_mm512_add_ps(even.flaw, odd.flaw));
        const __m512 start = _mm512_set1_ps(bottom * 0.5f), factor = _mm512_set1_ps(inverse * 2);
        for (j = 0; j < whole; j += 16) {
            _mm_storeu_si128((__m128i *)(to + j), levels(_mm512_loadu_ps(x + j), start, factor));
        }
        if (padded_rest) {
            __m128i last = levels(_mm512_maskz_loadu_ps(rest, x + j), start, factor);
            _mm_mask_storeu_epi8(to + j, padded_rest, _mm_maskz_mov_epi8(rest, last));
        }
    }
}

/// GELU within 2e-4, a small part of a level of what the next product quantises: Φ(x) as ½ + t·P(t²) with t = x
/// within ±3.9, where it is 0 and 1. P minimises the largest error, found by reweighted least squares.
INLINE __m512 activated(__m512 x) {
    __m512 t = _mm512_max_ps(_mm512_set1_ps(-3.9f), _mm512_min_ps(_mm512_set1_ps(3.9f), x));
    __m512 z = _mm512_mul_ps(_mm512_mul_ps(t, t), _mm512_set1_ps(1 / (3.9f * 3.9f)));
    __m512 p = _mm512_set1_ps(0.35715171694755554f);
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(-1.5560345649719238f));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(2.9055933952331543f));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(-3.0877912044525146f));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(2.104918956756592f));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(-0.994193971157074f));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(0.39856070280075073f));
    // Zero itself far below, whatever Φ was rounded to; a NaN is not below.
    __mmask16 matters = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-3.9f), _CMP_NLE_UQ);
    return _mm512_maskz_mul_ps(matters, x, _mm512_fmadd_ps(p, t, _mm512_set1_ps(0.5f)));
}

static void gelu(long count, const float *x, float *y) {
    for (long i = 0; i < count; i += 16) {
        __mmask16 lanes = lanes_below(count - i, 0);
        _mm512_mask_storeu_ps(y + i, lanes, activated(_mm512_maskz_loadu_ps(lanes, x + i)));
    }
}

/// What turns sums of bytes into results, from the tile's first column on.
struct weight_factors {
    const float *scales, *sums, *bias;
};

INLINE void linear_tile(
    const int rows, long words, const int32_t *x, const float *scales, const float *offsets, const int32_t *panel,
    struct weight_factors factors, long width, float *y, long y_row, const bool activates) {
    word_sums sums;
    multiply_words(rows, words, x, panel, sums);
#pragma clang loop unroll(full)
    for (int v = 0; v < WORD_VECTORS; v++) {
        __mmask16 lanes = lanes_below(width, v);
        __m512 scale = _mm512_maskz_loadu_ps(lanes, factors.scales + v * 16);
        __m512 sum = _mm512_maskz_loadu_ps(lanes, factors.sums + v * 16);
        __m512 shift = factors.bias ? _mm512_maskz_loadu_ps(lanes, factors.bias + v * 16) : _mm512_setzero_ps();
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            __m512 product = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[r][v]), _mm512_set1_ps(scales[r]));
            __m512 rest = _mm512_fmadd_ps(_mm512_set1_ps(offsets[r]), sum, shift);
            __m512 value = _mm512_fmadd_ps(product, scale, rest);
            _mm512_mask_storeu_ps(y + r * y_row + v * 16, lanes, activates ? activated(value) : value);
        }
    }
}

static void linear(
    long m, long n, long k, const void *x, const float *scales, const float *offsets, const void *panels,
    const float *weight_scales, const float *weight_sums, const float *bias, float *y, long y_row,
    ck_epilogue epilogue) {
    long words = ck_int8_words(k);
    const int32_t *panel = panels;
    for (long start = 0; start < n; start += CK_WORD_PANEL, panel += CK_WORD_PANEL * words) {
        long width = n - start < CK_WORD_PANEL ? n - start : CK_WORD_PANEL;
        struct weight_factors factors = {weight_scales + start, weight_sums + start, bias ? bias + start : 0};
        for (long i = 0, rows; i < m; i += rows) {
            rows = next_word_rows(m - i);
            const int32_t *left = (const int32_t *)x + i * words;
            float *to = y + i * y_row + start;
#define TILE(R) linear_tile(R, words, left, scales + i, offsets + i, panel, factors, width, to, y_row, false)
#define ACTIVATED_TILE(R) linear_tile(R, words, left, scales + i, offsets + i, panel, factors, width, to, y_row, true)
            if (epilogue == CK_GELU) {
                WITH_CONSTANT_ROWS(ACTIVATED_TILE, rows)
            } else {
                WITH_CONSTANT_ROWS(TILE, rows)
            }
#undef ACTIVATED_TILE
#undef TILE
        }
    }
}

static long multiply_add(long rounds) { return multiply_add_words(rounds, 4); }

#pragma clang attribute pop

const ck_int8_kernels ck_int8_avx512 = {
    .quantize = quantize,
    .linear = linear,
    .gelu = gelu,
    .multiply_add = multiply_add,
};

#endif

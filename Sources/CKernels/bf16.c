// Products in bfloat16 with float32 sums: plain loops, and the dot products of AVX-512 BF16.

#include "CKernels.h"
#include "tables.h"

#include <string.h>

long ck_bf16_words(long k) { return (k + 1) / 2; }

/// Nearest, ties to even; a NaN stays one.
static uint16_t rounded(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static float widened(uint16_t half) {
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void ck_pack_bf16(long n, long k, const float *w, long w_row, long w_column, void *panels) {
    long words = ck_bf16_words(k);
    uint16_t *to = panels;
    for (long start = 0; start < n; start += CK_WORD_PANEL, to += 2 * CK_WORD_PANEL * words) {
        long width = n - start < CK_WORD_PANEL ? n - start : CK_WORD_PANEL;
        memset(to, 0, sizeof *to * 2 * CK_WORD_PANEL * words);
        for (long p = 0; p < k; p++) {
            const float *from = w + start * w_row + p * w_column;
            uint16_t *column = to + p / 2 * 2 * CK_WORD_PANEL + p % 2;
            for (long j = 0; j < width; j++) column[2 * j] = rounded(from[j * w_row]);
        }
    }
}

static void narrow_plainly(long rows, long columns, const float *x, void *words) {
    uint16_t *to = words;
    for (long i = 0; i < rows; i++, x += columns) {
        for (long j = 0; j < columns; j++) *to++ = rounded(x[j]);
        if (columns % 2) *to++ = 0;
    }
}

static void linear_plainly(
    long m, long n, long k, const void *x, const void *panels, const float *bias, float *y, long y_row,
    ck_epilogue epilogue, float *derivative) {
    long words = ck_bf16_words(k);
    for (long i = 0; i < m; i++) {
        const uint16_t *row = (const uint16_t *)x + i * 2 * words;
        for (long j = 0; j < n; j++) {
            const uint16_t *column = (const uint16_t *)panels + j / CK_WORD_PANEL * CK_WORD_PANEL * 2 * words
                + j % CK_WORD_PANEL * 2;
            float sum = 0;
            for (long p = 0; p < words; p++, column += 2 * CK_WORD_PANEL) {
                sum += widened(row[2 * p]) * widened(column[0]);
                sum += widened(row[2 * p + 1]) * widened(column[1]);
            }
            sum += bias ? bias[j] : 0;
            long at = i * y_row + j;
            y[at] = epilogue == CK_ACCUMULATE ? y[at] + sum : sum;
            if (epilogue == CK_GELU) ck_portable.gelu(1, y + at, y + at, derivative ? derivative + at : 0);
        }
    }
}

static long multiply_add_plainly(long rounds) { return ck_portable.multiply_add(rounds); }

const ck_bf16_kernels ck_bf16_portable = {.narrow = narrow_plainly, .linear = linear_plainly, .multiply_add = multiply_add_plainly};

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16"))), apply_to = function)

#define MULTIPLY_WORDS(sum, x, w)                                                                                      \
    _mm512_castps_si512(_mm512_dpbf16_ps(_mm512_castsi512_ps(sum), (__m512bh)(x), (__m512bh)(w)))

#include "vector_words.h"

static void narrow(long rows, long columns, const float *x, void *words) {
    uint16_t *to = words;
    for (long i = 0; i < rows; i++, x += columns, to += 2 * ck_bf16_words(columns)) {
        long j = 0;
        for (; j + 32 <= columns; j += 32) {
            __m512bh pair = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + j + 16), _mm512_loadu_ps(x + j));
            _mm512_storeu_si512(to + j, (__m512i)pair);
        }
        if (j < columns) {
            __m512 low = _mm512_maskz_loadu_ps(lanes_below(columns - j, 0), x + j);
            __m512 high = _mm512_maskz_loadu_ps(lanes_below(columns - j, 1), x + j + 16);
            __mmask16 stored = lanes_below(ck_bf16_words(columns - j), 0);
            _mm512_mask_storeu_epi32(to + j, stored, (__m512i)_mm512_cvtne2ps_pbh(high, low));
        }
    }
}

INLINE void linear_tile(
    const int rows, long words, const int32_t *x, const int32_t *panel, const float *bias, long width, float *y,
    long y_row, bool accumulate) {
    word_sums sums;
    multiply_words(rows, words, x, panel, sums);
#pragma clang loop unroll(full)
    for (int v = 0; v < WORD_VECTORS; v++) {
        __mmask16 lanes = lanes_below(width, v);
        __m512 shift = bias ? _mm512_maskz_loadu_ps(lanes, bias + v * 16) : _mm512_setzero_ps();
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            float *to = y + r * y_row + v * 16;
            __m512 value = _mm512_add_ps(_mm512_castsi512_ps(sums[r][v]), shift);
            if (accumulate) value = _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, to), value);
            _mm512_mask_storeu_ps(to, lanes, value);
        }
    }
}

static void linear(
    long m, long n, long k, const void *x, const void *panels, const float *bias, float *y, long y_row,
    ck_epilogue epilogue, float *derivative) {
    long words = ck_bf16_words(k);
    const int32_t *panel = panels;
    for (long start = 0; start < n; start += CK_WORD_PANEL, panel += CK_WORD_PANEL * words) {
        long width = n - start < CK_WORD_PANEL ? n - start : CK_WORD_PANEL;
        const float *shift = bias ? bias + start : 0;
        for (long i = 0, rows; i < m; i += rows) {
            rows = next_word_rows(m - i);
            const int32_t *left = (const int32_t *)x + i * words;
            float *to = y + i * y_row + start;
#define TILE(R) linear_tile(R, words, left, panel, shift, width, to, y_row, epilogue == CK_ACCUMULATE)
            WITH_CONSTANT_ROWS(TILE, rows)
#undef TILE
            for (long r = 0; r < rows && epilogue == CK_GELU; r++) {
                float *row = to + r * y_row;
                ck_avx512.gelu(width, row, row, derivative ? derivative + (row - y) : 0);
            }
        }
    }
}

static long multiply_add(long rounds) { return multiply_add_words(rounds, 2); }

#pragma clang attribute pop

const ck_bf16_kernels ck_bf16_avx512 = {.narrow = narrow, .linear = linear, .multiply_add = multiply_add};

#endif

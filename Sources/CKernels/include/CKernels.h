#pragma once

#include <stdbool.h>
#include <stdint.h>

/// Float32 kernels over row-major matrices, one table for each instruction set.
///
/// Shapes: m rows, n columns, k the inner dimension; `*_row` is the distance in elements from one row to the
/// next. Every result row depends on its own input row alone, never on how many rows come with it, so that a
/// sequence's answer does not change with its batch. Pointers need no alignment.

typedef enum {
    /// y = xWᵀ + bias
    CK_STORE = 0,
    /// y += xWᵀ + bias
    CK_ACCUMULATE = 1,
    /// y = GELU(xWᵀ + bias), and its derivative where asked for
    CK_GELU = 2,
} ck_epilogue;

// A table is constant and its functions keep no state, so any thread may use it.
typedef struct __attribute__((swift_attr("@Sendable"))) {
    const char *name;

    /// Columns in one panel of a weight packed for `linear`: what its tiles read at once lies together.
    long panel;

    /// C = alpha·A·B, added to C when `accumulate`. A's element (i, p) is a[i·a_row + p·a_column]; B is [k, n].
    void (*gemm)(
        long m, long n, long k, float alpha, const float *a, long a_row, long a_column, const float *b, long b_row,
        float *c, long c_row, bool accumulate);

    /// C = alpha·A·Bᵀ, added to C when `accumulate`. A is [m, k], B is [n, k].
    void (*gemm_transposed)(
        long m, long n, long k, float alpha, const float *a, long a_row, const float *b, long b_row, float *c,
        long c_row, bool accumulate);

    /// Product with a weight that `ck_pack` packed for this table. `bias` [n] and `derivative` (laid out as y) may be
    /// null.
    void (*linear)(
        long m, long n, long k, const float *x, long x_row, const float *panels, const float *bias, float *y,
        long y_row, ck_epilogue epilogue, float *derivative);

    /// y = x·Φ(x); `derivative` may be null. y may be x.
    void (*gelu)(long count, const float *x, float *y, float *derivative);

    /// y = gain·n + bias with n = (s − mean)/√(variance + epsilon), s = x + residual.
    /// `residual` may be null; so may `normalized` [rows, columns] and `inverse_deviation` [rows].
    void (*layer_norm)(
        long rows, long columns, const float *x, const float *residual, const float *gain, const float *bias,
        float epsilon, float *y, float *normalized, float *inverse_deviation);

    /// Gradient of the layer norm's sum s.
    void (*layer_norm_gradient)(
        long rows, long columns, const float *dy, const float *gain, const float *normalized,
        const float *inverse_deviation, float *dx, bool accumulate);

    /// x = softmax(scale·x) in every row.
    void (*softmax)(long rows, long columns, long x_row, float scale, float *x);

    /// dp = scale·p·(dp − Σ p·dp) in every row: the gradient of the scores, in place.
    void (*softmax_gradient)(long rows, long columns, long row, float scale, const float *p, float *dp);

    /// to [columns, rows] = fromᵀ, from [rows, columns].
    void (*transpose)(long rows, long columns, const float *from, long from_row, float *to, long to_row);

    float (*dot)(long count, const float *x, const float *y);
    /// y += scale·x
    void (*add_scaled)(long count, float scale, const float *x, float *y);
    /// z = x·y, added to z when `accumulate`
    void (*multiply)(long count, const float *x, const float *y, float *z, bool accumulate);
    /// One AdamW step: decay is learning rate × weight decay; step size and epsilon carry the bias correction.
    void (*adamw)(
        long count, float *values, const float *gradients, float *first, float *second, float gradient_scale,
        float beta1, float beta2, float step_size, float inverse_root_correction, float epsilon, float decay);
    void (*widen_bf16)(long count, const uint16_t *from, float *to);
    void (*widen_f16)(long count, const uint16_t *from, float *to);

    /// Multiplies and adds in registers alone, so often; returns how many arithmetic operations that were.
    long (*multiply_add)(long rounds);
} ck_kernels;

/// Products with weights of fewer bits. Along the inner dimension, operands lie in words of 32 bits, two bfloat16 or
/// four bytes each, the last filled up with zeros; a row of k elements takes ck_bf16_words(k) or ck_int8_words(k).
///
/// The instructions these need are not part of `avx512`, so each kind has a table of its own.
typedef struct __attribute__((swift_attr("@Sendable"))) {
    /// Rounds x [rows, columns] to the nearest bfloat16, ties to even. Subnormal numbers may become zero.
    void (*narrow)(long rows, long columns, const float *x, void *words);

    /// As `linear`, from rows that `narrow` wrote and a weight that `ck_pack_bf16` packed; sums are float32.
    void (*linear)(
        long m, long n, long k, const void *x, const void *panels, const float *bias, float *y, long y_row,
        ck_epilogue epilogue, float *derivative);

    long (*multiply_add)(long rounds);
} ck_bf16_kernels;

typedef struct __attribute__((swift_attr("@Sendable"))) {
    /// Each row as offset + scale·u, u in 0...255 nearest: the row's least value becomes 0, its greatest 255.
    /// A row with a value that is not finite gets a NaN for its offset, and so do all products with it.
    void (*quantize)(long rows, long columns, const float *x, void *words, float *scales, float *offsets);

    /// y = xWᵀ + bias, or GELU of it, from rows that `quantize` wrote and a weight that `ck_pack_int8` packed.
    /// Sums are exact for k up to 65,536; GELU may be off by 2e-4. CK_ACCUMULATE is not offered.
    void (*linear)(
        long m, long n, long k, const void *x, const float *scales, const float *offsets, const void *panels,
        const float *weight_scales, const float *weight_sums, const float *bias, float *y, long y_row,
        ck_epilogue epilogue);

    /// GELU as `linear` computes it, to the bit.
    void (*gelu)(long count, const float *x, float *y);

    long (*multiply_add)(long rounds);
} ck_int8_kernels;

/// Plain loops: the reference of every other table.
extern const ck_kernels ck_portable;
extern const ck_bf16_kernels ck_bf16_portable;
extern const ck_int8_kernels ck_int8_portable;

/// The dot-product instructions, where the processor has them and `ck_best` is `avx512`; else null.
const ck_bf16_kernels *ck_bf16_best(void);
const ck_int8_kernels *ck_int8_best(void);

/// The fastest table this processor can run. `PERENNIAL_KERNELS=portable|avx2|avx512` asks for another.
const ck_kernels *ck_best(void);

/// The table of that name, or null when the processor lacks it.
const ck_kernels *ck_named(const char *name);

/// Elements of a weight [n, k] packed into panels of `panel` columns.
long ck_packed_count(long panel, long n, long k);

/// Packs W [n, k] for a `linear` into panels of `panel` columns, the last filled up with zeros.
void ck_pack(long panel, long n, long k, const float *w, long w_row, float *panels);

/// Packs the transpose of W [k, n], so that `linear` computes xW.
void ck_pack_transposed(long panel, long n, long k, const float *w, long w_row, float *panels);

/// Columns in one panel of a weight packed for a reduced `linear`.
#define CK_WORD_PANEL 48

long ck_bf16_words(long k);
long ck_int8_words(long k);

/// Packs W for the reduced `linear` into panels of CK_WORD_PANEL columns and as many words: element (j, p), the
/// output's and the input's index, is w[j·w_row + p·w_column], so that a transpose is packed by exchanging the strides.
void ck_pack_bf16(long n, long k, const float *w, long w_row, long w_column, void *panels);

/// As above, each row of W rounded to scale·q, q in −127...127, with scales and Σ scale·q of every output.
void ck_pack_int8(
    long n, long k, const float *w, long w_row, long w_column, void *panels, float *weight_scales,
    float *weight_sums);

typedef struct {
    bool avx2, fma, avx512f, avx512bw, avx512dq, avx512vl, avx512_bf16, avx512_vnni;
} ck_features;

ck_features ck_processor_features(void);

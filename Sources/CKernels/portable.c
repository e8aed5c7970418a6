#include "CKernels.h"

#include <math.h>
#include <string.h>

static void gemm(
    long m, long n, long k, float alpha, const float *a, long a_row, long a_column, const float *b, long b_row,
    float *c, long c_row, bool accumulate) {
    for (long i = 0; i < m; i++) {
        for (long j = 0; j < n; j++) {
            float sum = 0;
            for (long p = 0; p < k; p++) sum += a[i * a_row + p * a_column] * b[p * b_row + j];
            c[i * c_row + j] = alpha * sum + (accumulate ? c[i * c_row + j] : 0);
        }
    }
}

static void gemm_transposed(
    long m, long n, long k, float alpha, const float *a, long a_row, const float *b, long b_row, float *c,
    long c_row, bool accumulate) {
    for (long i = 0; i < m; i++) {
        for (long j = 0; j < n; j++) {
            float sum = 0;
            for (long p = 0; p < k; p++) sum += a[i * a_row + p] * b[j * b_row + p];
            c[i * c_row + j] = alpha * sum + (accumulate ? c[i * c_row + j] : 0);
        }
    }
}

static void gelu(long count, const float *x, float *y, float *derivative) {
    for (long i = 0; i < count; i++) {
        double v = x[i];
        double cumulative = 0.5 * erfc(-v * 0.70710678118654752440);
        double density = 0.39894228040143267794 * exp(-0.5 * v * v);
        y[i] = (float)(v * cumulative);
        if (derivative) derivative[i] = (float)(cumulative + v * density);
    }
}

enum { PANEL = 16 };

static void linear(
    long m, long n, long k, const float *x, long x_row, const float *panels, const float *bias, float *y, long y_row,
    ck_epilogue epilogue, float *derivative) {
    for (long start = 0; start < n; start += PANEL, panels += PANEL * k) {
        long width = n - start < PANEL ? n - start : PANEL;
        for (long i = 0; i < m; i++) {
            float sums[PANEL] = {0};
            for (long p = 0; p < k; p++) {
                float value = x[i * x_row + p];
                for (long j = 0; j < PANEL; j++) sums[j] += value * panels[p * PANEL + j];
            }
            float *out = y + i * y_row + start;
            for (long j = 0; j < width; j++) {
                float value = sums[j] + (bias ? bias[start + j] : 0);
                out[j] = epilogue == CK_ACCUMULATE ? out[j] + value : value;
            }
            if (epilogue == CK_GELU) gelu(width, out, out, derivative ? derivative + i * y_row + start : 0);
        }
    }
}

static void layer_norm(
    long rows, long columns, const float *x, const float *residual, const float *gain, const float *bias,
    float epsilon, float *y, float *normalized, float *inverse_deviation) {
    for (long i = 0; i < rows; i++, x += columns, y += columns) {
        double mean = 0, variance = 0;
        for (long j = 0; j < columns; j++) {
            y[j] = x[j] + (residual ? residual[i * columns + j] : 0);
            mean += y[j];
        }
        mean /= columns;
        for (long j = 0; j < columns; j++) variance += (y[j] - mean) * (y[j] - mean);
        float inverse = (float)(1 / sqrt(variance / columns + epsilon));
        if (inverse_deviation) inverse_deviation[i] = inverse;
        for (long j = 0; j < columns; j++) {
            float value = (float)(y[j] - mean) * inverse;
            if (normalized) normalized[i * columns + j] = value;
            y[j] = gain[j] * value + bias[j];
        }
    }
}

static void layer_norm_gradient(
    long rows, long columns, const float *dy, const float *gain, const float *normalized,
    const float *inverse_deviation, float *dx, bool accumulate) {
    for (long i = 0; i < rows; i++, dy += columns, normalized += columns, dx += columns) {
        double mean = 0, projection = 0;
        for (long j = 0; j < columns; j++) {
            mean += dy[j] * gain[j];
            projection += dy[j] * gain[j] * normalized[j];
        }
        mean /= columns;
        projection /= columns;
        for (long j = 0; j < columns; j++) {
            float value = (float)(dy[j] * gain[j] - mean - normalized[j] * projection) * inverse_deviation[i];
            dx[j] = value + (accumulate ? dx[j] : 0);
        }
    }
}

static void softmax(long rows, long columns, long x_row, float scale, float *x) {
    for (long i = 0; i < rows; i++, x += x_row) {
        float maximum = -INFINITY, sum = 0;
        for (long j = 0; j < columns; j++) maximum = x[j] * scale > maximum ? x[j] * scale : maximum;
        for (long j = 0; j < columns; j++) sum += x[j] = expf(x[j] * scale - maximum);
        for (long j = 0; j < columns; j++) x[j] /= sum;
    }
}

static void softmax_gradient(long rows, long columns, long row, float scale, const float *p, float *dp) {
    for (long i = 0; i < rows; i++, p += row, dp += row) {
        float sum = 0;
        for (long j = 0; j < columns; j++) sum += p[j] * dp[j];
        for (long j = 0; j < columns; j++) dp[j] = scale * p[j] * (dp[j] - sum);
    }
}

static void transpose(long rows, long columns, const float *from, long from_row, float *to, long to_row) {
    for (long i = 0; i < rows; i++) {
        for (long j = 0; j < columns; j++) to[j * to_row + i] = from[i * from_row + j];
    }
}

static float dot(long count, const float *x, const float *y) {
    float sum = 0;
    for (long i = 0; i < count; i++) sum += x[i] * y[i];
    return sum;
}

static void add_scaled(long count, float scale, const float *x, float *y) {
    for (long i = 0; i < count; i++) y[i] += scale * x[i];
}

static void multiply(long count, const float *x, const float *y, float *z, bool accumulate) {
    for (long i = 0; i < count; i++) z[i] = x[i] * y[i] + (accumulate ? z[i] : 0);
}

static void adamw(
    long count, float *values, const float *gradients, float *first, float *second, float gradient_scale, float beta1,
    float beta2, float step_size, float inverse_root_correction, float epsilon, float decay) {
    for (long i = 0; i < count; i++) {
        float gradient = gradients[i] * gradient_scale;
        first[i] = beta1 * first[i] + (1 - beta1) * gradient;
        second[i] = beta2 * second[i] + (1 - beta2) * gradient * gradient;
        values[i] -= decay * values[i];
        values[i] -= step_size * first[i] / (sqrtf(second[i]) * inverse_root_correction + epsilon);
    }
}

static void widen_bf16(long count, const uint16_t *from, float *to) {
    for (long i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)from[i] << 16;
        memcpy(to + i, &bits, sizeof bits);
    }
}

static void widen_f16(long count, const uint16_t *from, float *to) {
    for (long i = 0; i < count; i++) {
        uint32_t sign = (uint32_t)(from[i] & 0x8000) << 16, exponent = from[i] >> 10 & 31, fraction = from[i] & 1023;
        uint32_t bits;
        if (exponent == 31) {
            bits = sign | 0x7f800000 | fraction << 13;
        } else if (exponent > 0) {
            bits = sign | (exponent + 112) << 23 | fraction << 13;
        } else {
            float value = (float)fraction * 0x1p-24f;
            memcpy(&bits, &value, sizeof bits);
            bits |= sign;
        }
        memcpy(to + i, &bits, sizeof bits);
    }
}

static long multiply_add(long rounds) {
    float sums[4] = {1, 2, 3, 4};
    for (long round = 0; round < rounds; round++) {
        for (int i = 0; i < 4; i++) sums[i] = sums[i] * 0.5f + 0.25f;
    }
    volatile float result = sums[0] + sums[1] + sums[2] + sums[3];
    (void)result;
    return rounds * 4 * 2;
}

const ck_kernels ck_portable = {
    .name = "portable",
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

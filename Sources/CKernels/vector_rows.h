// Element-wise and row-wise kernels over `vec`.

/// Runs BODY(i, m) for vectors that start at i, m masking the lanes below `count`.
#define FOR_EACH_VECTOR(count, BODY)                                                                                   \
    {                                                                                                                  \
        long i = 0;                                                                                                    \
        const mask all = v_first(LANES);                                                                               \
        for (; i + LANES <= (count); i += LANES) BODY(i, all);                                                         \
        if (i < (count)) {                                                                                             \
            const mask rest = v_first((count) - i);                                                                    \
            BODY(i, rest);                                                                                             \
        }                                                                                                              \
    }

static void gelu(long count, const float *x, float *y, float *derivative) {
#define BODY(i, m)                                                                                                     \
    {                                                                                                                  \
        vec slope;                                                                                                     \
        vec value = v_gelu(v_load_masked(x + (i), m), &slope);                                                         \
        v_store_masked(y + (i), m, value);                                                                             \
        if (derivative) v_store_masked(derivative + (i), m, slope);                                                    \
    }
    FOR_EACH_VECTOR(count, BODY)
#undef BODY
}

static void layer_norm(
    long rows, long columns, const float *x, const float *residual, const float *gain, const float *bias,
    float epsilon, float *y, float *normalized, float *inverse_deviation) {
    for (long row = 0; row < rows; row++, x += columns, y += columns) {
        vec sum = v_zero(), squares = v_zero();
#define BODY(i, m)                                                                                                     \
    {                                                                                                                  \
        vec value = v_load_masked(x + (i), m);                                                                         \
        if (residual) value = v_add(value, v_load_masked(residual + (i), m));                                          \
        v_store_masked(y + (i), m, value);                                                                             \
        sum = v_add(sum, value);                                                                                       \
    }
        FOR_EACH_VECTOR(columns, BODY)
#undef BODY
        const vec mean = v_set(v_sum(sum) / columns);
#define BODY(i, m)                                                                                                     \
    {                                                                                                                  \
        vec centred = v_choose(m, v_subtract(v_load_masked(y + (i), m), mean), v_zero());                              \
        squares = v_fma(centred, centred, squares);                                                                    \
    }
        FOR_EACH_VECTOR(columns, BODY)
#undef BODY
        const float deviation = sqrtf(v_sum(squares) / columns + epsilon);
        const vec inverse = v_set(1 / deviation);
        if (inverse_deviation) inverse_deviation[row] = 1 / deviation;
#define BODY(i, m)                                                                                                     \
    {                                                                                                                  \
        vec value = v_multiply(v_subtract(v_load_masked(y + (i), m), mean), inverse);                                  \
        if (normalized) v_store_masked(normalized + (i), m, value);                                                    \
        v_store_masked(y + (i), m, v_fma(v_load_masked(gain + (i), m), value, v_load_masked(bias + (i), m)));          \
    }
        FOR_EACH_VECTOR(columns, BODY)
#undef BODY
        if (residual) residual += columns;
        if (normalized) normalized += columns;
    }
}

static void layer_norm_gradient(
    long rows, long columns, const float *dy, const float *gain, const float *normalized,
    const float *inverse_deviation, float *dx, bool accumulate) {
    for (long row = 0; row < rows; row++, dy += columns, normalized += columns, dx += columns) {
        vec sum = v_zero(), products = v_zero();
#define BODY(i, m)                                                                                                     \
    {                                                                                                                  \
        vec scaled = v_multiply(v_load_masked(dy + (i), m), v_load_masked(gain + (i), m));                             \
        sum = v_add(sum, scaled);                                                                                      \
        products = v_fma(scaled, v_load_masked(normalized + (i), m), products);                                        \
    }
        FOR_EACH_VECTOR(columns, BODY)
#undef BODY
        const vec mean = v_set(v_sum(sum) / columns), projection = v_set(v_sum(products) / columns);
        const vec inverse = v_set(inverse_deviation[row]);
#define BODY(i, m)                                                                                                     \
    {                                                                                                                  \
        vec scaled = v_multiply(v_load_masked(dy + (i), m), v_load_masked(gain + (i), m));                             \
        vec centred = v_fnma(v_load_masked(normalized + (i), m), projection, v_subtract(scaled, mean));                   \
        vec old = accumulate ? v_load_masked(dx + (i), m) : v_zero();                                                  \
        v_store_masked(dx + (i), m, v_fma(centred, inverse, old));                                                     \
    }
        FOR_EACH_VECTOR(columns, BODY)
#undef BODY
    }
}

static void softmax(long rows, long columns, long x_row, float scale, float *x) {
    const vec factor = v_set(scale);
    for (long row = 0; row < rows; row++, x += x_row) {
        vec largest = v_set(-INFINITY), sum = v_zero();
#define BODY(i, m)                                                                                                     \
    {                                                                                                                  \
        vec value = v_multiply(v_load_masked(x + (i), m), factor);                                                     \
        v_store_masked(x + (i), m, value);                                                                             \
        largest = v_maximum(largest, v_choose(m, value, largest));                                                     \
    }
        FOR_EACH_VECTOR(columns, BODY)
#undef BODY
        const vec maximum = v_set(v_largest(largest));
#define BODY(i, m)                                                                                                     \
    {                                                                                                                  \
        vec value = v_exp(v_subtract(v_load_masked(x + (i), m), maximum));                                             \
        v_store_masked(x + (i), m, value);                                                                             \
        sum = v_add(sum, v_choose(m, value, v_zero()));                                                                \
    }
        FOR_EACH_VECTOR(columns, BODY)
#undef BODY
        const vec inverse = v_set(1 / v_sum(sum));
#define BODY(i, m) v_store_masked(x + (i), m, v_multiply(v_load_masked(x + (i), m), inverse))
        FOR_EACH_VECTOR(columns, BODY)
#undef BODY
    }
}

static void transpose(long rows, long columns, const float *from, long from_row, float *to, long to_row) {
    long whole_rows = rows / 4 * 4, whole_columns = columns / 4 * 4;
    for (long i = 0; i < whole_rows; i += 4) {
        for (long j = 0; j < whole_columns; j += 4) {
            const float *block = from + i * from_row + j;
            __m128 a = _mm_loadu_ps(block), b = _mm_loadu_ps(block + from_row);
            __m128 c = _mm_loadu_ps(block + 2 * from_row), d = _mm_loadu_ps(block + 3 * from_row);
            _MM_TRANSPOSE4_PS(a, b, c, d);
            float *turned = to + j * to_row + i;
            _mm_storeu_ps(turned, a);
            _mm_storeu_ps(turned + to_row, b);
            _mm_storeu_ps(turned + 2 * to_row, c);
            _mm_storeu_ps(turned + 3 * to_row, d);
        }
        ck_portable.transpose(
            4, columns - whole_columns, from + i * from_row + whole_columns, from_row, to + whole_columns * to_row + i,
            to_row);
    }
    ck_portable.transpose(rows - whole_rows, columns, from + whole_rows * from_row, from_row, to + whole_rows, to_row);
}

static float dot(long count, const float *x, const float *y) {
    vec sum = v_zero();
#define BODY(i, m) sum = v_fma(v_load_masked(x + (i), m), v_load_masked(y + (i), m), sum)
    FOR_EACH_VECTOR(count, BODY)
#undef BODY
    return v_sum(sum);
}

static void softmax_gradient(long rows, long columns, long row_stride, float scale, const float *p, float *dp) {
    const vec factor = v_set(scale);
    for (long row = 0; row < rows; row++, p += row_stride, dp += row_stride) {
        const vec sum = v_set(dot(columns, p, dp));
#define BODY(i, m)                                                                                                     \
    {                                                                                                                  \
        vec difference = v_subtract(v_load_masked(dp + (i), m), sum);                                                  \
        v_store_masked(dp + (i), m, v_multiply(v_multiply(factor, v_load_masked(p + (i), m)), difference));            \
    }
        FOR_EACH_VECTOR(columns, BODY)
#undef BODY
    }
}

static void add_scaled(long count, float scale, const float *x, float *y) {
    const vec factor = v_set(scale);
#define BODY(i, m) v_store_masked(y + (i), m, v_fma(factor, v_load_masked(x + (i), m), v_load_masked(y + (i), m)))
    FOR_EACH_VECTOR(count, BODY)
#undef BODY
}

static void multiply(long count, const float *x, const float *y, float *z, bool accumulate) {
#define BODY(i, m)                                                                                                     \
    {                                                                                                                  \
        vec old = accumulate ? v_load_masked(z + (i), m) : v_zero();                                                   \
        v_store_masked(z + (i), m, v_fma(v_load_masked(x + (i), m), v_load_masked(y + (i), m), old));                  \
    }
    FOR_EACH_VECTOR(count, BODY)
#undef BODY
}

static void adamw(
    long count, float *values, const float *gradients, float *first, float *second, float gradient_scale, float beta1,
    float beta2, float step_size, float inverse_root_correction, float epsilon, float decay) {
#define BODY(i, m)                                                                                                     \
    {                                                                                                                  \
        vec gradient = v_multiply(v_load_masked(gradients + (i), m), v_set(gradient_scale));                           \
        vec mean = v_fma(                                                                                              \
            v_set(beta1), v_load_masked(first + (i), m), v_multiply(v_set(1 - beta1), gradient));                      \
        vec square = v_fma(                                                                                            \
            v_set(beta2), v_load_masked(second + (i), m),                                                              \
            v_multiply(v_multiply(v_set(1 - beta2), gradient), gradient));                                             \
        v_store_masked(first + (i), m, mean);                                                                          \
        v_store_masked(second + (i), m, square);                                                                       \
        vec value = v_load_masked(values + (i), m);                                                                    \
        value = v_fnma(v_set(decay), value, value);                                                                    \
        vec root = v_fma(v_root(square), v_set(inverse_root_correction), v_set(epsilon));                              \
        v_store_masked(values + (i), m, v_subtract(value, v_divide(v_multiply(v_set(step_size), mean), root)));        \
    }
    FOR_EACH_VECTOR(count, BODY)
#undef BODY
}

static void widen_bf16(long count, const uint16_t *from, float *to) {
    long i = 0;
    for (; i + LANES <= count; i += LANES) v_store(to + i, v_widen_bf16(from + i));
    ck_portable.widen_bf16(count - i, from + i, to + i);
}

static void widen_f16(long count, const uint16_t *from, float *to) {
    long i = 0;
    for (; i + LANES <= count; i += LANES) v_store(to + i, v_widen_f16(from + i));
    ck_portable.widen_f16(count - i, from + i, to + i);
}

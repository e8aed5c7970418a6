// Products in register tiles, written over `vec` and compiled once for each instruction set. The set says how large a
// tile is; how many inner elements are multiplied before the next rows (INNER_BLOCK: that part of a panel stays in the
// first cache meanwhile); how far ahead, in rows of a panel, a product with a packed weight asks for memory
// (PREFETCH_ROWS); and how many inner elements a round of the innermost loop takes (UNROLL: short vectors leave few
// instructions to spare).

#define INLINE static inline __attribute__((always_inline))

/// sums += A·B for a tile of `rows` × `vectors`; both and `is_full` are constants at the call. A full tile is part of
/// a panel, of which every lane may be read; another reads its last vector under a mask, which AVX2 is slow at.
INLINE void multiply_tile(
    const int rows, const int vectors, const bool is_full, long k, const float *a, long a_row, long a_column,
    const float *b, long b_row, mask last, vec sums[TILE_ROWS][TILE_VECTORS]) {
    const float *row[TILE_ROWS];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        row[r] = a + r * a_row;
        // Else the compiler, to save registers, adds up the rows' addresses anew for every element.
        __asm__("" : "+r"(row[r]));
    }
#pragma clang loop unroll_count(UNROLL)
    for (long p = 0; p < k; p++) {
        vec right[TILE_VECTORS];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            // A short input uses a panel faster than the processor foresees. A line of memory is 16 elements.
            if (is_full && v * LANES % 16 == 0)
                _mm_prefetch((const char *)(b + PREFETCH_ROWS * b_row + v * LANES), _MM_HINT_T0);
            bool is_whole = is_full || v + 1 < vectors;
            right[v] = is_whole ? v_load(b + v * LANES) : v_load_masked(b + v * LANES, last);
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            vec left = v_set(row[r][p * a_column]);
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sums[r][v] = v_fma(left, right[v], sums[r][v]);
        }
        b += b_row;
    }
}

/// `is_whole` says that the mask leaves no lane out: AVX2 is slow at masks, most of all at storing under one.
INLINE void load_tile(
    const int rows, const int vectors, bool is_whole, const float *c, long c_row, mask last,
    vec sums[TILE_ROWS][TILE_VECTORS]) {
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            const float *from = c + r * c_row + v * LANES;
            sums[r][v] = is_whole || v + 1 < vectors ? v_load(from) : v_load_masked(from, last);
        }
    }
}

INLINE void store_tile(
    const int rows, const int vectors, bool is_whole, float *c, long c_row, mask last,
    vec sums[TILE_ROWS][TILE_VECTORS]) {
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            float *to = c + r * c_row + v * LANES;
            if (is_whole || v + 1 < vectors) {
                v_store(to, sums[r][v]);
            } else {
                v_store_masked(to, last, sums[r][v]);
            }
        }
    }
}

/// Calls TILE(rows, vectors) with constants; rows in 1...TILE_ROWS, vectors in 1...TILE_VECTORS.
#if TILE_ROWS == 8
#define WITH_CONSTANT_VECTORS(TILE, rows, vectors)                                                                     \
    switch (vectors) {                                                                                                 \
    case 1: TILE(rows, 1); break;                                                                                      \
    case 2: TILE(rows, 2); break;                                                                                      \
    default: TILE(rows, 3); break;                                                                                     \
    }
#define WITH_CONSTANTS(TILE, rows, vectors)                                                                            \
    switch (rows) {                                                                                                    \
    case 1: WITH_CONSTANT_VECTORS(TILE, 1, vectors) break;                                                             \
    case 2: WITH_CONSTANT_VECTORS(TILE, 2, vectors) break;                                                             \
    case 3: WITH_CONSTANT_VECTORS(TILE, 3, vectors) break;                                                             \
    case 4: WITH_CONSTANT_VECTORS(TILE, 4, vectors) break;                                                             \
    case 5: WITH_CONSTANT_VECTORS(TILE, 5, vectors) break;                                                             \
    case 6: WITH_CONSTANT_VECTORS(TILE, 6, vectors) break;                                                             \
    case 7: WITH_CONSTANT_VECTORS(TILE, 7, vectors) break;                                                             \
    default: WITH_CONSTANT_VECTORS(TILE, 8, vectors) break;                                                            \
    }
#elif TILE_ROWS == 6
#define WITH_CONSTANT_VECTORS(TILE, rows, vectors)                                                                     \
    switch (vectors) {                                                                                                 \
    case 1: TILE(rows, 1); break;                                                                                      \
    default: TILE(rows, 2); break;                                                                                     \
    }
#define WITH_CONSTANTS(TILE, rows, vectors)                                                                            \
    switch (rows) {                                                                                                    \
    case 1: WITH_CONSTANT_VECTORS(TILE, 1, vectors) break;                                                             \
    case 2: WITH_CONSTANT_VECTORS(TILE, 2, vectors) break;                                                             \
    case 3: WITH_CONSTANT_VECTORS(TILE, 3, vectors) break;                                                             \
    case 4: WITH_CONSTANT_VECTORS(TILE, 4, vectors) break;                                                             \
    case 5: WITH_CONSTANT_VECTORS(TILE, 5, vectors) break;                                                             \
    default: WITH_CONSTANT_VECTORS(TILE, 6, vectors) break;                                                            \
    }
#endif

/// Rows of the next tile: the rest in tiles as even as possible, since a tile of one row leaves the units waiting.
INLINE long next_rows(long rest) {
    long tiles = (rest + TILE_ROWS - 1) / TILE_ROWS;
    return (rest + tiles - 1) / tiles;
}

static void gemm(
    long m, long n, long k, float alpha, const float *a, long a_row, long a_column, const float *b, long b_row,
    float *c, long c_row, bool accumulate) {
    const vec scale = v_set(alpha);
    for (long j = 0; j < n; j += TILE_VECTORS * LANES) {
        long width = n - j < TILE_VECTORS * LANES ? n - j : TILE_VECTORS * LANES;
        int vectors = (int)((width + LANES - 1) / LANES);
        bool is_whole = width == vectors * LANES;
        mask last = v_first(width - (vectors - 1) * LANES);
        for (long i = 0, rows; i < m; i += rows) {
            rows = next_rows(m - i);
            const float *left = a + i * a_row, *right = b + j;
            float *to = c + i * c_row + j;
#define TILE(R, V)                                                                                                     \
    {                                                                                                                  \
        vec sums[TILE_ROWS][TILE_VECTORS], old[TILE_ROWS][TILE_VECTORS];                                               \
        for (int r = 0; r < R; r++)                                                                                    \
            for (int v = 0; v < V; v++) sums[r][v] = v_zero();                                                         \
        multiply_tile(R, V, false, k, left, a_row, a_column, right, b_row, last, sums);                                \
        if (accumulate) {                                                                                              \
            load_tile(R, V, is_whole, to, c_row, last, old);                                                           \
            for (int r = 0; r < R; r++)                                                                                \
                for (int v = 0; v < V; v++) sums[r][v] = v_fma(scale, sums[r][v], old[r][v]);                          \
        } else {                                                                                                       \
            for (int r = 0; r < R; r++)                                                                                \
                for (int v = 0; v < V; v++) sums[r][v] = v_multiply(scale, sums[r][v]);                                \
        }                                                                                                              \
        store_tile(R, V, is_whole, to, c_row, last, sums);                                                             \
    }
            WITH_CONSTANTS(TILE, rows, vectors)
#undef TILE
        }
    }
}

/// Four sums at once.
INLINE __m128 sum_four(vec a, vec b, vec c, vec d) {
    __m256 pairs = _mm256_hadd_ps(_mm256_hadd_ps(v_fold(a), v_fold(b)), _mm256_hadd_ps(v_fold(c), v_fold(d)));
    return _mm_add_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1));
}

/// Dot products of `rows` rows of A with four rows of B. Rows beyond the fourth of B repeat its last.
INLINE void dot_tile(
    const int rows, long k, const float *a, long a_row, const float *const b[4], __m128 sums[DOT_ROWS]) {
    vec products[DOT_ROWS][4];
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < 4; j++) products[r][j] = v_zero();
    long p = 0;
    for (; p + LANES <= k; p += LANES) {
        vec right[4];
#pragma clang loop unroll(full)
        for (int j = 0; j < 4; j++) right[j] = v_load(b[j] + p);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            vec left = v_load(a + r * a_row + p);
#pragma clang loop unroll(full)
            for (int j = 0; j < 4; j++) products[r][j] = v_fma(left, right[j], products[r][j]);
        }
    }
    if (p < k) {
        mask rest = v_first(k - p);
        for (int r = 0; r < rows; r++) {
            vec left = v_load_masked(a + r * a_row + p, rest);
            for (int j = 0; j < 4; j++) {
                products[r][j] = v_fma(left, v_load_masked(b[j] + p, rest), products[r][j]);
            }
        }
    }
    for (int r = 0; r < rows; r++) {
        sums[r] = sum_four(products[r][0], products[r][1], products[r][2], products[r][3]);
    }
}

static void gemm_transposed(
    long m, long n, long k, float alpha, const float *a, long a_row, const float *b, long b_row, float *c,
    long c_row, bool accumulate) {
    for (long j = 0; j < n; j += 4) {
        long width = n - j < 4 ? n - j : 4;
        const float *right[4];
        for (long q = 0; q < 4; q++) right[q] = b + (j + (q < width ? q : width - 1)) * b_row;
        for (long i = 0; i < m; i += DOT_ROWS) {
            long rows = m - i < DOT_ROWS ? m - i : DOT_ROWS;
            __m128 sums[DOT_ROWS];
            switch (rows) {
            case 1: dot_tile(1, k, a + i * a_row, a_row, right, sums); break;
            case 2: dot_tile(2, k, a + i * a_row, a_row, right, sums); break;
#if DOT_ROWS == 4
            case 3: dot_tile(3, k, a + i * a_row, a_row, right, sums); break;
            default: dot_tile(4, k, a + i * a_row, a_row, right, sums); break;
#endif
            }
            for (long r = 0; r < rows; r++) {
                float *to = c + (i + r) * c_row + j;
                float values[4];
                _mm_storeu_ps(values, _mm_mul_ps(sums[r], _mm_set1_ps(alpha)));
                for (long q = 0; q < width; q++) to[q] = values[q] + (accumulate ? to[q] : 0);
            }
        }
    }
}

static long multiply_add(long rounds) {
    // More sums than the units have steps, so that none waits for another.
    enum { SUMS = 12 };
    vec sums[SUMS];
    for (int i = 0; i < SUMS; i++) sums[i] = v_set((float)i);
    const vec factor = v_set(0.5f), shift = v_set(0.25f);
    for (long round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < SUMS; i++) sums[i] = v_fma(sums[i], factor, shift);
    }
    volatile float result = 0;
    for (int i = 0; i < SUMS; i++) result += v_sum(sums[i]);
    return rounds * SUMS * LANES * 2;
}

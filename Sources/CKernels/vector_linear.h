// Product with a packed weight, its panels' parts held in the first cache while all rows pass by.

/// Columns of a panel: a tile's.
enum { PANEL = TILE_VECTORS * LANES };

/// One tile over one block of inner elements.
INLINE void linear_tile(
    const int rows, const int vectors, long k, const float *x, long x_row, const float *panel, const float *bias,
    float *y, long y_row, bool is_whole, mask last, bool resume) {
    vec sums[TILE_ROWS][TILE_VECTORS];
    if (resume) {
        load_tile(rows, vectors, is_whole, y, y_row, last, sums);
    } else {
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sums[r][v] = v_zero();
    }
    multiply_tile(rows, vectors, true, k, x, x_row, 1, panel, PANEL, last, sums);
    if (bias) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            vec shift = v_load_masked(bias + v * LANES, v + 1 < vectors ? v_first(LANES) : last);
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) sums[r][v] = v_add(sums[r][v], shift);
        }
    }
    store_tile(rows, vectors, is_whole, y, y_row, last, sums);
}

static void linear(
    long m, long n, long k, const float *x, long x_row, const float *panels, const float *bias, float *y, long y_row,
    ck_epilogue epilogue, float *derivative) {
    for (long j = 0; j < n; j += PANEL, panels += PANEL * k) {
        long width = n - j < PANEL ? n - j : PANEL;
        int vectors = (int)((width + LANES - 1) / LANES);
        bool is_whole = width == vectors * LANES;
        mask last = v_first(width - (vectors - 1) * LANES);
        // At least once, for an empty sum still has its bias.
        for (long block = 0; block == 0 || block < k; block += INNER_BLOCK) {
            bool is_last = block + INNER_BLOCK >= k;
            long inner = is_last ? k - block : INNER_BLOCK;
            bool resume = block > 0 || epilogue == CK_ACCUMULATE;
            const float *right = panels + block * PANEL;
            const float *shift = is_last && bias ? bias + j : 0;
            for (long i = 0, rows; i < m; i += rows) {
                rows = next_rows(m - i);
                const float *left = x + i * x_row + block;
                float *to = y + i * y_row + j;
#define TILE(R, V) linear_tile(R, V, inner, left, x_row, right, shift, to, y_row, is_whole, last, resume)
                WITH_CONSTANTS(TILE, rows, vectors)
#undef TILE
                if (is_last && epilogue == CK_GELU) {
                    for (long r = 0; r < rows; r++) {
                        float *row = to + r * y_row;
                        gelu(width, row, row, derivative ? derivative + (row - y) : 0);
                    }
                }
            }
        }
    }
}

// Register tiles over operands in 32-bit words, for instructions that multiply and add several short numbers a word.
// MULTIPLY_WORDS(sum, x, w) is that instruction.

#define INLINE static inline __attribute__((always_inline))

// Twenty-four sums leave room among thirty-two registers for the operands.
#define WORD_ROWS 8
#define WORD_VECTORS (CK_WORD_PANEL / 16)

/// How far ahead, in rows of a panel, memory is asked for.
#define PREFETCH_ROWS 64

typedef __m512i word_sums[WORD_ROWS][WORD_VECTORS];

/// sums = x·panel for `rows`, a constant at the call, of `words` words each.
INLINE void multiply_words(const int rows, long words, const int32_t *x, const int32_t *panel, word_sums sums) {
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int v = 0; v < WORD_VECTORS; v++) sums[r][v] = _mm512_setzero_si512();
    for (long p = 0; p < words; p++, panel += CK_WORD_PANEL) {
        __m512i right[WORD_VECTORS];
#pragma clang loop unroll(full)
        for (int v = 0; v < WORD_VECTORS; v++) {
            _mm_prefetch((const char *)(panel + PREFETCH_ROWS * CK_WORD_PANEL + v * 16), _MM_HINT_T0);
            right[v] = _mm512_loadu_si512(panel + v * 16);
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            __m512i left = _mm512_set1_epi32(x[r * words + p]);
#pragma clang loop unroll(full)
            for (int v = 0; v < WORD_VECTORS; v++) sums[r][v] = MULTIPLY_WORDS(sums[r][v], left, right[v]);
        }
    }
}

/// Rows of the next tile: the rest in tiles as even as possible, since a tile of one row leaves the units waiting.
INLINE long next_word_rows(long rest) {
    long tiles = (rest + WORD_ROWS - 1) / WORD_ROWS;
    return (rest + tiles - 1) / tiles;
}

/// Lanes of vector v that lie below `width` columns.
INLINE __mmask16 lanes_below(long width, int v) {
    long rest = width - v * 16;
    return (__mmask16)(rest >= 16 ? 0xffff : rest <= 0 ? 0 : (1u << rest) - 1);
}

/// Calls TILE(rows) with a constant in 1...WORD_ROWS.
#define WITH_CONSTANT_ROWS(TILE, rows)                                                                                 \
    switch (rows) {                                                                                                    \
    case 1: TILE(1); break;                                                                                            \
    case 2: TILE(2); break;                                                                                            \
    case 3: TILE(3); break;                                                                                            \
    case 4: TILE(4); break;                                                                                            \
    case 5: TILE(5); break;                                                                                            \
    case 6: TILE(6); break;                                                                                            \
    case 7: TILE(7); break;                                                                                            \
    default: TILE(8); break;                                                                                           \
    }

/// Multiplies and adds in registers alone; `per_word` is how many numbers a word holds.
INLINE long multiply_add_words(long rounds, long per_word) {
    // More sums than the units have steps, so that none waits for another.
    enum { SUMS = 12 };
    __m512i sums[SUMS], x = _mm512_set1_epi32((int)rounds), w = _mm512_set1_epi32(1);
    for (int i = 0; i < SUMS; i++) sums[i] = _mm512_setzero_si512();
    for (long round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < SUMS; i++) sums[i] = MULTIPLY_WORDS(sums[i], x, w);
        // Nothing here changes from round to round, which a compiler must not see.
        __asm__ volatile("" : "+v"(x));
    }
    volatile int result = 0;
    for (int i = 0; i < SUMS; i++) result += _mm512_reduce_add_epi32(sums[i]);
    return rounds * SUMS * 16 * per_word * 2;
}

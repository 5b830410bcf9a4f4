/* Sums of products over lanes: the gradients of weights. Blocks of sums stay in registers, and are added up across lanes
 * together, so that what is kept of each is one number. */
#ifndef AURITA_OUTER_H
#define AURITA_OUTER_H

#include "products.h"

#if LANES == 16
#define PAIRS_LOW 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29
#define PAIRS_HIGH 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31
#define HALVES_LOW 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define HALVES_HIGH 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#define QUARTERS_EVEN 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27
#define QUARTERS_ODD 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31
#elif LANES == 8
#define PAIRS_LOW 0, 8, 1, 9, 4, 12, 5, 13
#define PAIRS_HIGH 2, 10, 3, 11, 6, 14, 7, 15
#define HALVES_LOW 0, 1, 2, 3, 8, 9, 10, 11
#define HALVES_HIGH 4, 5, 6, 7, 12, 13, 14, 15
#else
#define PAIRS_LOW 0, 4, 1, 5
#define PAIRS_HIGH 2, 6, 3, 7
#endif

/* Two vectors by turns: sums of their halves of quarters. */
INLINE vf sum_pairs(vf x, vf y) { return MIXED(x, y, PAIRS_LOW) + MIXED(x, y, PAIRS_HIGH); }

typedef union {
    vf whole;
    vf_quarter parts[LANES / 4];
} Quarters;

/* Of four vectors, sums by quarter, in turn. */
INLINE vf sum_four(const vf *x) { return sum_pairs(sum_pairs(x[0], x[2]), sum_pairs(x[1], x[3])); }

/* Sums over the lanes of `count` vectors, 1, 2, 4, 8 or 16, four in a quarter; what is beyond `count` is of no use. */
INLINE void sum_many(const int count, const vf *x, vf_quarter *sums) {
    vf fours[4];
    const int groups = count < 4 ? 1 : count / 4;
    if (count == 1) {
        sums[0][0] = sum_lanes(x[0]);
        return;
    }
    if (count == 2) {
        const vf few[4] = {x[0], x[1], x[0], x[1]};
        fours[0] = sum_four(few);
    }
#pragma GCC unroll 4
    for (int i = 0; count >= 4 && i < groups; i++) fours[i] = sum_four(x + 4 * i);
#if LANES == 16
    if (groups == 4) {
        const vf low = MIXED(fours[0], fours[1], HALVES_LOW) + MIXED(fours[0], fours[1], HALVES_HIGH);
        const vf high = MIXED(fours[2], fours[3], HALVES_LOW) + MIXED(fours[2], fours[3], HALVES_HIGH);
        const Quarters all = {.whole = MIXED(low, high, QUARTERS_EVEN) + MIXED(low, high, QUARTERS_ODD)};
        for (int i = 0; i < 4; i++) sums[i] = all.parts[i];
    } else if (groups == 2) {
        const Quarters all = {.whole = MIXED(fours[0], fours[1], HALVES_LOW) + MIXED(fours[0], fours[1], HALVES_HIGH)};
        for (int i = 0; i < 2; i++) sums[i] = all.parts[2 * i] + all.parts[2 * i + 1];
    } else {
        const Quarters all = {.whole = fours[0]};
        sums[0] = (all.parts[0] + all.parts[2]) + (all.parts[1] + all.parts[3]);
    }
#elif LANES == 8
#pragma GCC unroll 4
    for (int i = 0; i < groups; i += 2) {
        const vf other = fours[i + (groups > 1)];
        const Quarters all = {.whole = MIXED(fours[i], other, HALVES_LOW) + MIXED(fours[i], other, HALVES_HIGH)};
        sums[i] = all.parts[0];
        if (groups > 1) sums[i + 1] = all.parts[1];
    }
#else
#pragma GCC unroll 4
    for (int i = 0; i < groups; i++) sums[i] = fours[i];
#endif
}

/* R rows of y and C of x, R C a power of two. */
INLINE void outer_block(const int R, const int C, float *sums, size_t ld_sums, const float *y, size_t ld_y,
                        const float *x, size_t ld_x, int vectors) {
    vf held[16];
    vf_quarter found[4];
#pragma GCC unroll 16
    for (int i = 0; i < R * C; i++) held[i] = zeros();
    for (int v = 0; v < vectors; v++) {
        vf given[8];
#pragma GCC unroll 8
        for (int c = 0; c < C; c++) given[c] = load(x + c * ld_x + v * LANES);
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
            vf other = load(y + r * ld_y + v * LANES);
#pragma GCC unroll 8
            for (int c = 0; c < C; c++) held[r * C + c] += other * given[c];
        }
    }
    sum_many(R * C, held, found);
    if (C == 4) {
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) *(vf_quarter_unaligned *)(sums + r * ld_sums) += found[r];
        return;
    }
#pragma GCC unroll 16
    for (int i = 0; i < R * C; i++) sums[i / C * ld_sums + i % C] += found[i / 4][i % 4];
}

INLINE void outer_rows(const int R, float *sums, size_t ld_sums, const float *y, size_t ld_y, const float *x,
                       size_t ld_x, int columns, int vectors) {
    int i = 0;
    for (; i + ABREAST <= columns; i += ABREAST)
        outer_block(R, ABREAST, sums + i, ld_sums, y, ld_y, x + i * ld_x, ld_x, vectors);
    for (; ABREAST > 2 && i + 2 <= columns; i += 2)
        outer_block(R, 2, sums + i, ld_sums, y, ld_y, x + i * ld_x, ld_x, vectors);
    for (; i < columns; i++) outer_block(R, 1, sums + i, ld_sums, y, ld_y, x + i * ld_x, ld_x, vectors);
}

/* sums[o][i] += sum over lanes of y[o] x[i]: the gradient of weights. */
static void outer(float *sums, const float *y, size_t ld_y, const float *x, size_t ld_x, int rows, int columns,
                  int vectors) {
    int o = 0;
    for (; o + 4 <= rows; o += 4)
        outer_rows(4, sums + (size_t)o * columns, columns, y + o * ld_y, ld_y, x, ld_x, columns, vectors);
    for (; o + 2 <= rows; o += 2)
        outer_rows(2, sums + (size_t)o * columns, columns, y + o * ld_y, ld_y, x, ld_x, columns, vectors);
    for (; o < rows; o++)
        outer_rows(1, sums + (size_t)o * columns, columns, y + o * ld_y, ld_y, x, ld_x, columns, vectors);
}

INLINE void outer_ones_block(const int R, float *sums, const float *y, size_t ld_y, int vectors) {
    vf held[8];
    vf_quarter found[2];
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) held[r] = load(y + r * ld_y);
    for (int v = 1; v < vectors; v++) {
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) held[r] += load(y + r * ld_y + v * LANES);
    }
    sum_many(R, held, found);
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) sums[r] += found[r / 4][r % 4];
}

/* sums[o] += sum over lanes of y[o]. */
static void outer_ones(float *sums, const float *y, size_t ld_y, int rows, int vectors) {
    int o = 0;
    for (; o + 8 <= rows; o += 8) outer_ones_block(8, sums + o, y + o * ld_y, ld_y, vectors);
    for (; o + 4 <= rows; o += 4) outer_ones_block(4, sums + o, y + o * ld_y, ld_y, vectors);
    for (; o < rows; o++) outer_ones_block(1, sums + o, y + o * ld_y, ld_y, vectors);
}

#endif

/* Passages of several units at once, and the way back through them: units that receive the same sources read each of
 * these once. What one unit gets does not depend on who is beside it. */
#ifndef AURITA_LEARN_PASSAGE_H
#define AURITA_LEARN_PASSAGE_H

#include "learn_room.h"

/* Lanes and afferents whose values stay in the first cache while the rows of all units take them. */
enum { PASSAGE_LANES = 64, PASSAGE_AFFERENTS = 64 };

/* Rows of all units, one slot after the other; `first` is where the passage begins in the weights of each. */
typedef struct {
    const Kind *k;
    const Batch *b;
    const int32_t *afferents;
    const float *const *weights;
    float *const *values; /* (unit) of what slots receive, or of its gradient: rows `ld` apart */
    size_t ld, lanes, from;
    int matrix, shift, rows;
} Passage;

/* R rows of what slots receive at C vectors of lanes, shift[s] + sum_k matrix[s][k] source[k]: the part of some
 * afferents, the first of which begin the sum. */
INLINE void receive_block(const int R, const int C, const Passage *p, int row, size_t lane, int first, int last) {
    const int d = p->k->slots, fan_in = p->k->afferents;
    const float *weights[4];
    float *to[4];
    vf sums[4][4];
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
        const int unit = (row + r) / d, slot = (row + r) % d;
        weights[r] = p->weights[unit] + p->matrix + (size_t)slot * fan_in;
        to[r] = p->values[unit] + slot * p->ld + lane;
        const vf shift = splat(p->weights[unit][p->shift + slot]);
#pragma GCC unroll 4
        for (int c = 0; c < C; c++) sums[r][c] = first ? load(to[r] + c * LANES) : shift;
    }
    for (int k = first; k < last; k++) {
        const float *source = p->b->sources + p->afferents[k] * p->lanes + lane;
        vf given[4];
#pragma GCC unroll 4
        for (int c = 0; c < C; c++) given[c] = load(source + c * LANES);
        /* Of the next tile: a row's lanes are too few for the processor to see what follows. */
        if (row == 0)
            for (int c = 0; c < C; c++) __builtin_prefetch(source + PASSAGE_LANES + c * LANES);
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
            const vf weight = splat(weights[r][k]);
#pragma GCC unroll 4
            for (int c = 0; c < C; c++) sums[r][c] += weight * given[c];
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
        for (int c = 0; c < C; c++) store(to[r] + c * LANES, sums[r][c]);
    }
}

static void receive_rows(const Passage *p) {
    const int fan_in = p->k->afferents;
    for (size_t tile = p->from; tile < p->lanes; tile += PASSAGE_LANES) {
        const size_t end = tile + PASSAGE_LANES < p->lanes ? tile + PASSAGE_LANES : p->lanes;
        for (int first = 0; first == 0 || first < fan_in; first += PASSAGE_AFFERENTS) {
            const int last = first + PASSAGE_AFFERENTS < fan_in ? first + PASSAGE_AFFERENTS : fan_in;
            for (int row = 0; row < p->rows; row += row + 4 <= p->rows ? 4 : 1)
                for (size_t lane = tile; lane < end; lane += ABREAST * LANES) {
                    if (row + 4 <= p->rows) receive_block(4, ABREAST, p, row, lane, first, last);
                    else receive_block(1, ABREAST, p, row, lane, first, last);
                }
        }
    }
}

/* Gradients of R rows and C columns of the matrix. */
INLINE void passage_block(const int R, const int C, const Passage *p, float *const *gradients, int row, int column) {
    const int d = p->k->slots;
    const float *given[4], *sources[4];
    vf sums[4][4];
#pragma GCC unroll 4
    for (int c = 0; c < C; c++) sources[c] = p->b->sources + p->afferents[column + c] * p->lanes;
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
        given[r] = p->values[(row + r) / d] + (row + r) % d * p->ld;
#pragma GCC unroll 4
        for (int c = 0; c < C; c++) sums[r][c] = zeros();
    }
    for (size_t l = p->from; l < p->lanes; l += LANES) {
        vf source[4];
#pragma GCC unroll 4
        for (int c = 0; c < C; c++) source[c] = load(sources[c] + l);
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
            const vf gradient = load(given[r] + l);
#pragma GCC unroll 4
            for (int c = 0; c < C; c++) sums[r][c] += gradient * source[c];
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
        float *to = gradients[(row + r) / d] + p->matrix + (size_t)((row + r) % d) * p->k->afferents + column;
#pragma GCC unroll 4
        for (int c = 0; c < C; c++) to[c] = sum_lanes(sums[r][c]);
    }
}

INLINE void passage_columns(const int C, const Passage *p, float *const *gradients, int column) {
    int row = 0;
    for (; row + 4 <= p->rows; row += 4) passage_block(4, C, p, gradients, row, column);
    for (; row < p->rows; row++) passage_block(1, C, p, gradients, row, column);
}

static void passage_gradients(const Passage *p, float *const *gradients) {
    int column = 0;
    for (; column + ABREAST <= p->k->afferents; column += ABREAST) passage_columns(ABREAST, p, gradients, column);
    for (; column < p->k->afferents; column++) passage_columns(1, p, gradients, column);
    for (int row = 0; row < p->rows; row++) {
        const int unit = row / p->k->slots, slot = row % p->k->slots;
        vf sum = zeros();
        for (size_t l = p->from; l < p->lanes; l += LANES) sum += load(p->values[unit] + slot * p->ld + l);
        gradients[unit][p->shift + slot] = sum_lanes(sum);
    }
}

#endif

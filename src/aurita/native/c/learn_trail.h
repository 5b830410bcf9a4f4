/* What traces are worked out in, a tile of steps of one unit and sequence at a time: inputs, states, sums over steps. */
#ifndef AURITA_LEARN_TRAIL_H
#define AURITA_LEARN_TRAIL_H

#include "learn_strands.h"

#define TRACES_LD STRANDS_LD

/* Rows of TRACES_LD, steps in strands. */
typedef struct {
    Turns turns;
    Strand *strands; /* of four states */
    float *decays, *factor, *rates; /* of ungated units */
    float *sources; /* (afferent and a row of ones): what is received, zero where nothing lives */
    float *z;       /* (slot and a row of ones) */
    float *old;     /* (2 states): states before each step */
    float *slopes;  /* (8 states): what each step adds by rate, angle, input and gate, carried on to the end */
    float *through; /* (2 slots): the same by what a slot receives, of one state */
    float *sums;
    float *all;
} Trail;

static int trail_open(Trail *t, const Kind *k) {
    size_t n = k->states, d = k->slots, fan_in = k->afferents, most = fan_in > d ? fan_in + 1 : d + 1;
    size_t high = 2 * n > 2 * d ? 2 * n : 2 * d, state_rows = n / TRACES_LD + 1;
    size_t rows[] = {fan_in + 1, d + 1,          2 * n,      8 * n,     2 * d, high * most / TRACES_LD + 1,
                     2,          2 * state_rows, state_rows, state_rows};
    float *strands, **parts[] = {&t->sources, &t->z,       &t->old,    &t->slopes, &t->through, &t->sums,
                                 &strands,    &t->decays, &t->factor, &t->rates};
    size_t count = sizeof rows / sizeof *rows, total = 0;
    for (size_t i = 0; i < count; i++) total += rows[i] * TRACES_LD;
    t->all = floats(total);
    if (!turns_open(&t->turns, k, TRACES_LD) || !t->all) return 0;
    float *at = t->all;
    for (size_t i = 0; i < count; i++) *parts[i] = at, at += rows[i] * TRACES_LD;
    t->strands = (Strand *)strands;
    return 1;
}

static void trail_close(Trail *t) {
    release(t->turns.all);
    release(t->all);
}

/* out[r][c] = sum over lanes of y[r] x[c]. */
static void dots(float *out, const float *y, const float *x, int rows, int columns, int vectors) {
    memset(out, 0, (size_t)rows * columns * sizeof *out);
    outer(out, y, TRACES_LD, x, TRACES_LD, rows, columns, vectors);
}

/* What a sequence's slots receive over a tile of `count` steps from step `from` on. */
static void trail_receive(Trail *t, const Kind *k, const Places *p, const Batch *b, const float *w,
                          const int32_t *afferents, size_t from, int sequence, int count, int vectors) {
    const size_t lanes = (size_t)k->steps * k->batch, first = from * k->batch + sequence;
    const int d = k->slots, fan_in = k->passage == WIRED ? d : k->afferents;
    float *ones = t->sources + fan_in * TRACES_LD;
    memset(t->sources, 0, (fan_in + 1) * TRACES_LD * sizeof *t->sources);
    float alive[TRACES_LD] = {0}, row[TRACES_LD] = {0};
    for (int l = 0; l < count; l++) alive[l] = b->alive ? b->alive[first + (size_t)l * k->batch] : 1.0f;
    strands_in(ones, alive, vectors);
    for (int a = 0; a < fan_in; a++) {
        const float *source = b->sources + afferents[a] * lanes + first;
        for (int l = 0; l < count; l++) row[l] = alive[l] * source[(size_t)l * k->batch];
        strands_in(t->sources + a * TRACES_LD, row, vectors);
    }
    for (int l = 0; l < TRACES_LD; l++) row[l] = l < count;
    strands_in(t->z + d * TRACES_LD, row, vectors);
    if (k->passage == WIRED) {
        memcpy(t->z, t->sources, d * TRACES_LD * sizeof *t->z);
        return;
    }
    product(t->z, TRACES_LD, w + p->matrix, fan_in, 1, NULL, t->sources, TRACES_LD, d, fan_in, vectors, 0);
    for (int s = 0; s < d; s++)
        for (int v = 0; v < vectors * LANES; v += LANES) {
            float *z = t->z + s * TRACES_LD + v;
            store(z, load(z) + splat(w[p->shift + s]) * load(ones + v));
        }
}

/* States of R rows before each step, and products of the decays after each; `d_angle` and `d_open` hold the parts of the
 * decays, or `decays` does, slopes 4 and 5 what is added. */
INLINE void trail_scan(const int R, const int constant, Trail *t, const Kind *k, float *state, float *products, int row,
                       int vectors) {
    const size_t n = k->states, at = (size_t)row * TRACES_LD, half = n * TRACES_LD;
    const float *a = constant ? t->decays + row : t->turns.d_angle + at;
    const float *b = constant ? t->decays + n + row : t->turns.d_open + at;
    float re[4], im[4];
    for (int r = 0; r < R; r++) re[r] = state[(row + r) * k->batch], im[r] = state[(n + row + r) * k->batch];
    scan_rows(R, constant, 0, a, b, t->slopes + 4 * half + at, t->slopes + 5 * half + at, t->old + at,
              t->old + half + at, re, im, t->strands, vectors);
    for (int r = 0; r < R; r++) state[(row + r) * k->batch] = re[r], state[(n + row + r) * k->batch] = im[r];
    scan_products(R, constant, a, b, t->turns.d_re + at, t->turns.d_im + at, products + 2 * row, t->strands, vectors);
}

static void trail_scans(const int constant, Trail *t, const Kind *k, float *state, float *products, int vectors) {
    for (int i = 0; i < k->states;) {
        int rows = k->states - i >= 4 ? 4 : 1;
        if (rows == 4) trail_scan(4, constant, t, k, state, products, i, vectors);
        else trail_scan(1, constant, t, k, state, products, i, vectors);
        i += rows;
    }
}

#endif

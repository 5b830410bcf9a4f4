/* What all units share while they run: products, passages, outputs, and leaving alone sequences that have ended. */
#ifndef AURITA_RUN_PARTS_H
#define AURITA_RUN_PARTS_H

#include "run_plan.h"

/* Blocks that are run side by side, part by part: what one waits for, another does not. */
enum { RUN_GROUP = 4 };

/* A block of a population at a step, with room to work in. Lanes that are not `alive` keep what they were; only in
 * ragged steps. */
struct run_here {
    const struct run_population *p;
    struct run_tile *tile;
    const float *w;
    float *state, *work;
    vi alive;
    int block, lanes, ragged;
    int phase, position; /* of this step in memories */
};

INLINE vf run_weight(const float *w, size_t i, int wide) { return wide ? load(w + i * PACK) : splat(w[i]); }
INLINE const float *run_past(const float *w, size_t count, int wide) { return w + count * (wide ? PACK : 1); }

/* R rows of `run_linear`, each the sum of `parts` sums, so that no addition waits for the one before. */
INLINE void run_linear_rows(const int R, const int parts, float *restrict out, const float *restrict w,
                            const float *restrict bias, const float *restrict in, int ins, int wide) {
    vf sums[8][2];
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) sums[r][0] = bias ? run_weight(bias, r, wide) : zeros(), sums[r][1] = zeros();
    int i = 0;
    for (; i + parts <= ins; i += parts) {
#pragma GCC unroll 2
        for (int part = 0; part < parts; part++) {
            vf x = load(in + (size_t)(i + part) * LANES);
#pragma GCC unroll 8
            for (int r = 0; r < R; r++) sums[r][part] += x * run_weight(w, (size_t)r * ins + i + part, wide);
        }
    }
    for (; i < ins; i++) {
        vf x = load(in + (size_t)i * LANES);
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) sums[r][0] += x * run_weight(w, (size_t)r * ins + i, wide);
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) store(out + (size_t)r * LANES, parts > 1 ? sums[r][0] + sums[r][1] : sums[r][0]);
}

INLINE void run_linear_all(const int parts, float *restrict out, const float *restrict w, const float *restrict bias,
                           const float *restrict in, int outs, int ins, int wide) {
    int o = 0;
#define RUN_ROWS(R, sums) \
    run_linear_rows(R, sums, out + (size_t)o * LANES, run_past(w, (size_t)o * ins, wide), \
                    bias ? run_past(bias, o, wide) : NULL, in, ins, wide)
    for (; o + 8 <= outs; o += 8) RUN_ROWS(8, 1);
    for (; o + 4 <= outs; o += 4) RUN_ROWS(4, parts);
    for (; o < outs; o++) RUN_ROWS(1, parts);
#undef RUN_ROWS
}

APART void run_linear_wide(int ordered, float *restrict out, const float *restrict w, const float *restrict bias,
                           const float *restrict in, int outs, int ins) {
    if (ordered) run_linear_all(1, out, w, bias, in, outs, ins, 1);
    else run_linear_all(2, out, w, bias, in, outs, ins, 1);
}

APART void run_linear_broad(int ordered, float *restrict out, const float *restrict w, const float *restrict bias,
                            const float *restrict in, int outs, int ins) {
    if (ordered) run_linear_all(1, out, w, bias, in, outs, ins, 0);
    else run_linear_all(2, out, w, bias, in, outs, ins, 0);
}

/* out = bias + w in, rows of vectors; without a bias where there is none. */
INLINE void run_linear(float *restrict out, const float *restrict w, const float *restrict bias,
                       const float *restrict in, int outs, int ins, int wide) {
    if (wide) run_linear_wide(0, out, w, bias, in, outs, ins);
    else run_linear_broad(0, out, w, bias, in, outs, ins);
}

/* tanh of `rows` vectors, in place. */
APART void run_squash(float *x, int rows) {
    for (int i = 0; i < rows; i++) store(x + (size_t)i * LANES, tanh_v(load(x + (size_t)i * LANES)));
}

/* NaN stays NaN. */
INLINE vf run_clipped(vf x, float bound) { return larger(splat(-bound), smaller(splat(bound), x)); }

INLINE vf run_kept(const struct run_here *here, vf new, vf old) {
    return here->ragged ? pick(here->alive, new, old) : new;
}

INLINE void run_write(float *to, vf x, int lanes) {
    if (lanes == LANES) {
        store(to, x);
    } else {
        memcpy(to, &x, (size_t)lanes * sizeof(float));
    }
}

/* Where the lanes of a slot's outputs lie among the sources. */
INLINE size_t run_place(const struct run_here *here, int slot, int wide) {
    const struct run_population *p = here->p;
    size_t row = (size_t)p->source + (size_t)slot * p->units;
    return wide ? row * here->tile->call->tile + (size_t)here->block * LANES : (row + here->block) * LANES;
}

/* Features of one kind, `rows` vectors, to where they are seen. */
INLINE void run_see(const struct run_here *here, int kind, const float *from, int rows, int wide) {
    const struct run_population *p = here->p;
    const struct run_tile *tile = here->tile;
    if (!tile->out || p->first[kind] < 0) return;
    for (int i = 0; i < rows; i++) {
        vf x = load(from + (size_t)i * LANES);
        if (here->ragged) x = pick(here->alive, x, zeros());
        size_t row = (size_t)p->first[kind] + (size_t)i * p->units;
        float *to = wide ? tile->out + row * tile->stride + (size_t)here->block * LANES
                         : tile->out + (row + here->block) * tile->stride;
        run_write(to, x, here->lanes);
    }
}

/* What the block's slots receive, `slots` vectors into `received`; returns the weights after those of the passage.
 * `work` has room for the afferents; `last` holds what leaky slots received. */
INLINE const float *run_receive(const struct run_here *here, float *restrict received, float *restrict work,
                                float *last, int wide) {
    const struct run_population *p = here->p;
    const float *w = here->w, *sources = here->tile->now;
    const int count = p->afferents;
    float *to = p->mixed ? work : received;
    if (wide) {
        const int32_t *places = p->wiring + run_packed(here->block, count);
        for (int i = 0; i < count; i++) {
            vf x;
            for (int l = 0; l < LANES; l++) x[l] = sources[places[i * PACK + l]];
            store(to + (size_t)i * LANES, x);
        }
    } else {
        const int32_t *rows = p->wiring + (size_t)here->block * count;
        for (int i = 0; i < count; i++) store(to + (size_t)i * LANES, load(sources + (size_t)rows[i] * LANES));
    }
    if (p->mixed) {
        const float *bias = run_past(w, (size_t)p->slots * count, wide);
        /* In the order of the afferents, as exports add: slow traces add up roundings of passages. */
        if (wide) run_linear_wide(1, received, w, bias, work, p->slots, count);
        else run_linear_broad(1, received, w, bias, work, p->slots, count);
        w = run_past(bias, p->slots, wide);
    }
    if (p->leaky) {
        for (int i = 0; i < p->slots; i++) {
            vf rate = run_weight(w, i, wide), old = load(last + (size_t)i * LANES);
            vf new = (splat(1.0f) - rate) * old + rate * load(received + (size_t)i * LANES);
            store(received + (size_t)i * LANES, new);
            store(last + (size_t)i * LANES, run_kept(here, new, old));
        }
        w = run_past(w, p->slots, wide);
    }
    return w;
}

/* Outputs to the next step's sources, and what is seen of them; `work` has room for the errors. */
INLINE void run_output(const struct run_here *here, const float *output, const float *received, float *restrict work,
                       int wide) {
    const struct run_population *p = here->p;
    run_see(here, SEEN_OUTPUT, output, p->slots, wide);
    for (int i = 0; i < p->slots; i++) {
        size_t place = run_place(here, i, wide);
        vf old = load(here->tile->now + place);
        store(work + (size_t)i * LANES, load(received + (size_t)i * LANES) - old);
        vf new = run_kept(here, load(output + (size_t)i * LANES), old);
        run_write(here->tile->next + place, new, wide ? here->lanes : LANES);
    }
    run_see(here, SEEN_ERROR, work, p->slots, wide);
}

#endif

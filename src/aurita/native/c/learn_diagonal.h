/* The states of a diagonal memory unit over whole batches, and the way back through all of time.
 *
 * Elementwise work runs over vectors of lanes, of any steps; the recurrence reaches back `batch` lanes.
 */
#ifndef AURITA_LEARN_DIAGONAL_H
#define AURITA_LEARN_DIAGONAL_H

#include "diagonal.h"
#include "learn_types.h"

/* Work on a tile of lanes: rows of `ld`, of all states. */
typedef struct {
    float *rate, *kept, *scale, *gate, *factor, *sine, *cosine, *in_re, *in_im; /* forward */
    float *d_rate, *d_angle, *d_open, *d_re, *d_im;                            /* backward */
    float *all;
} Turns;

static int turns_open(Turns *t, const Kind *k, size_t ld) {
    float **rows[] = {&t->rate,  &t->kept,  &t->scale,  &t->gate,    &t->factor, &t->sine, &t->cosine,
                      &t->in_re, &t->in_im, &t->d_rate, &t->d_angle, &t->d_open, &t->d_re, &t->d_im};
    size_t count = sizeof rows / sizeof *rows, size = k->states * ld;
    t->all = floats(count * size);
    for (size_t i = 0; t->all && i < count; i++) *rows[i] = t->all + i * size;
    return t->all != NULL;
}

/* Logarithms of rates of one gated state become rates, decays and scales, what its gate receives how far it is open:
 * part by part, so that many steps are on their way at once. */
APART void turns_gates(Turns *t, size_t row, int vectors) {
    const size_t end = row + vectors * LANES;
    memcpy(t->d_rate + row, t->rate + row, (end - row) * sizeof *t->rate);
    for (size_t at = row; at < end; at += LANES) store(t->rate + at, diagonal_rate(load(t->rate + at)));
    for (size_t at = row; at < end; at += LANES) store(t->gate + at, diagonal_gate(load(t->gate + at)));
    for (size_t at = row; at < end; at += LANES) {
        vf kept, scale;
        diagonal_kept(load(t->rate + at), &kept, &scale);
        store(t->kept + at, kept), store(t->scale + at, scale);
    }
}

/* Logarithms of rates become decays; inputs of states get their factors. Gates open on `alive` lanes alone. */
static void turns_coefficients(Turns *t, const Kind *k, const Places *p, const float *w, const float *z, size_t ld_z,
                               const float *alive, size_t ld, int vectors) {
    int n = k->states, d = k->slots, gated = k->diagonal >= GATED;
    product(t->in_re, ld, w + p->in_re, d, 1, NULL, z, ld_z, n, d, vectors, 0);
    product(t->in_im, ld, w + p->in_im, d, 1, NULL, z, ld_z, n, d, vectors, 0);
    if (gated) {
        product(t->rate, ld, w + p->rate_w, d, 1, w + p->rate, z, ld_z, n, d, vectors, 0);
        product(t->gate, ld, w + p->open_w, d, 1, w + p->open_b, z, ld_z, n, d, vectors, 0);
    }
    if (k->diagonal == TURNED)
        product(t->sine, ld, w + p->angle_w, d, 1, w + p->angle, z, ld_z, k->turning, d, vectors, 0);
    for (int i = 0; i < n; i++) {
        const int turns = i < k->turning;
        vf rate, kept, scale, sine = zeros(), cosine = splat(1.0f);
        if (turns && k->diagonal != TURNED) diagonal_turn(splat(w[p->angle + i]), &sine, &cosine);
        if (gated) {
            turns_gates(t, i * ld, vectors);
        } else {
            diagonal_decay(splat(w[p->rate + i]), &rate, &kept, &scale);
        }
        for (size_t at = i * ld; at < i * ld + vectors * LANES; at += LANES) {
            if (!gated) {
                store(t->d_rate + at, splat(w[p->rate + i])), store(t->gate + at, splat(1.0f));
                store(t->rate + at, rate), store(t->kept + at, kept), store(t->scale + at, scale);
            }
            if (turns && k->diagonal == TURNED) diagonal_turn(load(t->sine + at), &sine, &cosine);
            store(t->sine + at, sine), store(t->cosine + at, cosine);
            vf factor = load(t->scale + at) * load(t->gate + at);
            store(t->factor + at, alive ? factor * load(alive + at - i * ld) : factor);
        }
    }
}

/* States of a few sequences: step after step, some states at once so that none waits for another. `d_angle` and
 * `d_open` hold the parts of the decays, `d_re` and `d_im` what is added. */
INLINE void scan_few(const int R, const Turns *t, float *re, float *im, size_t ld_z, size_t row, size_t ld, int count,
                     ptrdiff_t back) {
    for (int l = 0; l < count; l++) {
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) {
            const size_t at = (row + r) * ld + l;
            float *x = re + r * ld_z + l, *y = im + r * ld_z + l, old_re = x[-back], old_im = y[-back];
            float a = t->d_angle[at], b = t->d_open[at];
            *x = a * old_re - b * old_im + t->d_re[at];
            *y = a * old_im + b * old_re + t->d_im[at];
        }
    }
}

/* The same backwards, for gradients: each passes its own on to the state before. */
INLINE void scan_few_back(const int R, const Turns *t, float *re, float *im, size_t ld_z, size_t row, size_t ld,
                          int count, ptrdiff_t back) {
    for (int l = count - 1; l >= 0; l--) {
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) {
            const size_t at = (row + r) * ld + l;
            float *g_re = re + r * ld_z + l, *g_im = im + r * ld_z + l, x = *g_re, y = *g_im;
            float a = t->d_angle[at], b = t->d_open[at];
            g_re[-back] += x * a + y * b;
            g_im[-back] += y * a - x * b;
        }
    }
}

/* What is left of the states before at a vector of lanes: nothing where a sequence begins anew. */
INLINE vf states_left(const Batch *b, size_t lane) { return b->goes_on ? load(b->goes_on + lane) : splat(1.0f); }

/* States at all lanes: `s` has real parts, then imaginary ones, in rows of `ld_z` with zeros before lane 0. */
static void states_forward(Turns *t, const Kind *k, const Places *p, const float *w, const float *z, float *s,
                           size_t ld_z, const Batch *b, size_t lanes, size_t ld) {
    const size_t n = k->states;
    const ptrdiff_t back = k->batch;
    for (size_t lane = 0; lane < lanes; lane += ld) {
        int count = lanes - lane < ld ? (int)(lanes - lane) : (int)ld, vectors = (count + LANES - 1) / LANES;
        turns_coefficients(t, k, p, w, z + lane, ld_z, b->alive ? b->alive + lane : NULL, ld, vectors);
        for (size_t i = 0; i < n; i++) {
            float *re = s + i * ld_z + lane, *im = s + (n + i) * ld_z + lane;
            const size_t at = i * ld;
            for (int v = 0; v < vectors * LANES; v += LANES) {
                vf kept = load(t->kept + at + v) * states_left(b, lane + v), factor = load(t->factor + at + v);
                vf along = kept * load(t->cosine + at + v), across = kept * load(t->sine + at + v);
                vf x = factor * load(t->in_re + at + v), y = factor * load(t->in_im + at + v);
                if (back >= LANES) {
                    vf old_re = load(re + v - back), old_im = load(im + v - back);
                    store(re + v, along * old_re - across * old_im + x);
                    store(im + v, along * old_im + across * old_re + y);
                    continue;
                }
                store(t->d_angle + at + v, along), store(t->d_open + at + v, across);
                store(t->d_re + at + v, x), store(t->d_im + at + v, y);
            }
        }
        for (size_t i = 0; back < LANES && i < n;) {
            float *re = s + i * ld_z + lane, *im = s + (n + i) * ld_z + lane;
            int some = n - i >= 8 ? 8 : n - i >= 4 ? 4 : 1;
            if (some == 8) scan_few(8, t, re, im, ld_z, i, ld, vectors * LANES, back);
            else if (some == 4) scan_few(4, t, re, im, ld_z, i, ld, vectors * LANES, back);
            else scan_few(1, t, re, im, ld_z, i, ld, vectors * LANES, back);
            i += some;
        }
    }
}

/* From the gradient `x + i y` of a state after a step, those of what decays, turns, opens and drives it. */
INLINE void turns_slopes(Turns *t, size_t at, vf x, vf y, vf old_re, vf old_im, vf alive) {
    vf kept = load(t->kept + at), sine = load(t->sine + at), cosine = load(t->cosine + at);
    vf d_a = x * old_re + y * old_im, d_b = y * old_re - x * old_im;
    vf in_re = load(t->in_re + at), in_im = load(t->in_im + at), factor = load(t->factor + at);
    vf rate = load(t->rate + at), scale = load(t->scale + at), gate = load(t->gate + at);
    vf d_factor = (x * in_re + y * in_im) * alive;
    vf d_rate = d_factor * gate * kept * kept / scale - kept * (d_a * cosine + d_b * sine);
    vf log_rate = load(t->d_rate + at);
    vi inside = (log_rate > splat(SLOWEST)) & (log_rate < splat(FASTEST));
    store(t->d_rate + at, pick(inside, d_rate * rate, zeros()));
    store(t->d_angle + at, kept * (d_b * cosine - d_a * sine));
    store(t->d_open + at, d_factor * scale * gate * (splat(1.0f) - splat(0.5f) * gate));
    store(t->d_re + at, x * factor), store(t->d_im + at, y * factor);
}

/* Gradients of a tile's decays and drives, from those of its states, which pass theirs on to the states before. */
static void states_pass_back(Turns *t, const Kind *k, const float *s, float *d_s, size_t ld_z, const Batch *b,
                             size_t lane, size_t ld, int vectors) {
    const size_t n = k->states;
    const ptrdiff_t back = k->batch;
    for (size_t i = 0; back < LANES && i < n; i++)
        for (int v = 0; v < vectors * LANES; v += LANES) {
            const size_t at = i * ld + v;
            vf kept = load(t->kept + at) * states_left(b, lane + v);
            store(t->d_angle + at, kept * load(t->cosine + at)), store(t->d_open + at, kept * load(t->sine + at));
        }
    for (size_t i = 0; back < LANES && i < n;) {
        float *g_re = d_s + i * ld_z + lane, *g_im = d_s + (n + i) * ld_z + lane;
        int some = n - i >= 8 ? 8 : n - i >= 4 ? 4 : 1;
        if (some == 8) scan_few_back(8, t, g_re, g_im, ld_z, i, ld, vectors * LANES, back);
        else if (some == 4) scan_few_back(4, t, g_re, g_im, ld_z, i, ld, vectors * LANES, back);
        else scan_few_back(1, t, g_re, g_im, ld_z, i, ld, vectors * LANES, back);
        i += some;
    }
    for (size_t i = 0; i < n; i++) {
        float *g_re = d_s + i * ld_z + lane, *g_im = d_s + (n + i) * ld_z + lane;
        const float *s_re = s + i * ld_z + lane, *s_im = s + (n + i) * ld_z + lane;
        const size_t at = i * ld;
        for (int v = (vectors - 1) * LANES; v >= 0; v -= LANES) {
            vf left = states_left(b, lane + v), x = load(g_re + v), y = load(g_im + v);
            if (back >= LANES) {
                vf kept = load(t->kept + at + v) * left;
                vf along = kept * load(t->cosine + at + v), across = kept * load(t->sine + at + v);
                store(g_re + v - back, load(g_re + v - back) + x * along + y * across);
                store(g_im + v - back, load(g_im + v - back) + y * along - x * across);
            }
            vf old_re = left * load(s_re + v - back), old_im = left * load(s_im + v - back);
            turns_slopes(t, at + v, x, y, old_re, old_im, b->alive ? load(b->alive + lane + v) : splat(1.0f));
        }
    }
}

/* Gradients of the weights of a tile, and of its inputs where `d_z` is given, from those of its decays and drives. */
static void turns_gradients(const Turns *t, const Kind *k, const Places *p, const float *w, const float *z, float *d_z,
                            size_t ld_z, size_t ld, int vectors, float *sums) {
    const int n = k->states, d = k->slots, gated = k->diagonal >= GATED;
    const struct {
        int there, weight, bias, rows;
        const float *from;
    } parts[] = {{1, p->in_re, -1, n, t->d_re},
                 {1, p->in_im, -1, n, t->d_im},
                 {gated, p->rate_w, p->rate, n, t->d_rate},
                 {gated, p->open_w, p->open_b, n, t->d_open},
                 {k->diagonal == TURNED, p->angle_w, p->angle, k->turning, t->d_angle}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i].there) continue;
        outer(sums + parts[i].weight, parts[i].from, ld, z, ld_z, parts[i].rows, d, vectors);
        if (parts[i].bias >= 0) outer_ones(sums + parts[i].bias, parts[i].from, ld, parts[i].rows, vectors);
        if (d_z)
            product(d_z, ld_z, w + parts[i].weight, 1, d, NULL, parts[i].from, ld, d, parts[i].rows, vectors, 1);
    }
    if (k->diagonal == GATED) outer_ones(sums + p->angle, t->d_angle, ld, k->turning, vectors);
}

/* All the way back: from gradients of states, `d_s`, to those of weights, and of inputs where `d_z` is given. */
static void states_backward(Turns *t, const Kind *k, const Places *p, const float *w, const float *z, const float *s,
                            float *d_s, float *d_z, size_t ld_z, const Batch *b, size_t lanes, size_t ld, float *sums) {
    for (size_t tile = (lanes + ld - 1) / ld; tile-- > 0;) {
        size_t lane = tile * ld;
        int count = lanes - lane < ld ? (int)(lanes - lane) : (int)ld, vectors = (count + LANES - 1) / LANES;
        turns_coefficients(t, k, p, w, z + lane, ld_z, b->alive ? b->alive + lane : NULL, ld, vectors);
        states_pass_back(t, k, s, d_s, ld_z, b, lane, ld, vectors);
        turns_gradients(t, k, p, w, z + lane, d_z ? d_z + lane : NULL, ld_z, ld, vectors, sums);
        if (k->diagonal != UNGATED) continue;
        outer_ones(sums + p->rate, t->d_rate, ld, k->states, vectors);
        outer_ones(sums + p->angle, t->d_angle, ld, k->turning, vectors);
    }
}

#endif

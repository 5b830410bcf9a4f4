/* The diagonal memory unit: a linear recurrence of complex states, a hidden layer, a linear output. */
#ifndef AURITA_RUN_DIAGONAL_H
#define AURITA_RUN_DIAGONAL_H

#include "diagonal.h"
#include "run_memory.h"

/* Vectors of work that a block needs. */
INLINE size_t run_diagonal_work(const struct run_population *p) {
    size_t phi = p->slots + 2 * (size_t)p->states + p->hidden;
    size_t most = p->ahead > p->targets ? p->ahead : p->targets;
    return p->afferents + phi + 5 * (size_t)p->states + 3 * (size_t)p->slots + most;
}

/* Of `n` gated states: logarithms of rates become decays, and what gates receive becomes factors of what drives them.
 * Part by part, so that many states are on their way at once. */
APART void run_gates(float *rates, float *gates, int n) {
    const size_t size = (size_t)n * LANES;
    for (size_t i = 0; i < size; i += LANES) store(rates + i, diagonal_rate(load(rates + i)));
    for (size_t i = 0; i < size; i += LANES) store(gates + i, diagonal_gate(load(gates + i)));
    for (size_t i = 0; i < size; i += LANES) {
        vf kept, scale;
        diagonal_kept(load(rates + i), &kept, &scale);
        store(rates + i, kept), store(gates + i, scale * load(gates + i));
    }
}

/* States of this step into `now`, real parts first; returns the weights after those of the recurrence. */
INLINE const float *run_states(const struct run_here *here, float *now, const float *received, float *rates,
                               const float *w, int wide) {
    const struct run_population *p = here->p;
    const int n = p->states, d = p->slots, turning = p->turning, gated = p->diagonal >= GATED;
    float *gates = rates + (size_t)n * LANES, *angles = gates + (size_t)n * LANES;
    float *in_re = angles + (size_t)n * LANES, *in_im = in_re + (size_t)n * LANES;
    /* What no input changes is packed as it is used: decays and factors, or sines of angles. */
    const float *rate = w, *angle = run_past(w, n, wide), *second = run_past(angle, gated ? turning : n, wide);
    const float *re_w = p->diagonal == TURNED ? second : run_past(second, gated ? turning : n, wide);
    const float *im_w = run_past(re_w, (size_t)n * d, wide);
    w = run_past(im_w, (size_t)n * d, wide);
    run_linear(in_re, re_w, NULL, received, n, d, wide);
    run_linear(in_im, im_w, NULL, received, n, d, wide);
    if (gated) {
        const float *open_w = run_past(w, (size_t)n * d, wide), *open_b = run_past(open_w, (size_t)n * d, wide);
        run_linear(rates, w, rate, received, n, d, wide);
        run_linear(gates, open_w, open_b, received, n, d, wide);
        w = run_past(open_b, n, wide);
        run_gates(rates, gates, n);
    }
    if (p->diagonal == TURNED) {
        run_linear(angles, w, angle, received, turning, d, wide);
        w = run_past(w, (size_t)turning * d, wide);
    }
    for (int i = 0; i < n; i++) {
        const size_t at = (size_t)i * LANES, other = (size_t)(n + i) * LANES;
        vf a, b, factor;
        if (gated) {
            vf sine = zeros(), cosine = splat(1.0f);
            if (i < turning && p->diagonal == TURNED) diagonal_turn(load(angles + at), &sine, &cosine);
            else if (i < turning) cosine = run_weight(angle, i, wide), sine = run_weight(second, i, wide);
            a = load(rates + at) * cosine, b = load(rates + at) * sine, factor = load(gates + at);
        } else {
            a = run_weight(rate, i, wide), b = run_weight(angle, i, wide), factor = run_weight(second, i, wide);
        }
        vf re = load(here->state + at), im = load(here->state + other);
        vf new_re = a * re - b * im + factor * load(in_re + at), new_im = a * im + b * re + factor * load(in_im + at);
        store(now + at, new_re), store(now + other, new_im);
        store(here->state + at, run_kept(here, new_re, re)), store(here->state + other, run_kept(here, new_im, im));
    }
    return w;
}

INLINE void run_diagonal_body(const struct run_here *here, int count, int wide) {
    const struct run_population *p = here->p;
    const int d = p->slots, n = p->states, hidden = p->hidden, seen = d + 2 * n;
    const float *w[RUN_GROUP];
    for (int g = 0; g < count; g++) {
        float *phi = here[g].work, *rates = phi + (size_t)(seen + hidden) * LANES;
        float *rest = rates + (size_t)(5 * n + d) * LANES;
        w[g] = run_receive(here + g, phi, rest, here[g].state + (size_t)2 * n * LANES, wide);
        w[g] = run_states(here + g, phi + (size_t)d * LANES, phi, rates, w[g], wide);
        run_see(here + g, SEEN_CONTEXT, phi + (size_t)d * LANES, 2 * n, wide);
    }
    for (int g = 0; hidden && g < count; g++) {
        float *phi = here[g].work, *layer = phi + (size_t)seen * LANES;
        const float *bias = run_past(w[g], (size_t)hidden * seen, wide);
        run_linear(layer, w[g], bias, phi, hidden, seen, wide);
        run_squash(layer, hidden);
        run_see(here + g, SEEN_HIDDEN, layer, hidden, wide);
        w[g] = run_past(bias, hidden, wide);
    }
    for (int g = 0; g < count; g++) {
        float *phi = here[g].work, *output = phi + (size_t)(seen + hidden + 5 * n) * LANES;
        float *rest = output + (size_t)d * LANES;
        const float *bias = run_past(w[g], (size_t)d * (seen + hidden), wide);
        run_linear(output, w[g], bias, phi, d, seen + hidden, wide);
        for (int i = 0; i < d; i++) store(output + i * LANES, run_clipped(load(output + i * LANES), p->clip));
        run_output(here + g, output, phi, rest, wide);
        run_further(here + g, run_past(bias, d, wide), phi, seen + hidden, rest, wide);
    }
}

static void run_diagonal_wide(const struct run_here *here, int count) { run_diagonal_body(here, count, 1); }
static void run_diagonal_broad(const struct run_here *here, int count) { run_diagonal_body(here, count, 0); }

#endif

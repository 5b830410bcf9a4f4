/* The attention unit with linear heads: queries folded into the space of inputs, a hidden layer, a linear output. */
#ifndef AURITA_RUN_ATTENTION_H
#define AURITA_RUN_ATTENTION_H

#include "run_memory.h"

/* Vectors of work that a block needs. */
INLINE size_t run_attention_work(const struct run_population *p) {
    size_t stored = run_stored(p), phi = p->slots + p->heads * p->width + p->hidden;
    size_t most = p->ahead > p->targets ? p->ahead : p->targets;
    return p->afferents + phi + p->heads * stored + p->memory + p->slots * 3 + most;
}

/* `d` is the number of slots and `stored` that of the numbers in an entry: constants where it pays. */
INLINE void run_attention_body(const struct run_here *here, int d, int stored, int wide) {
    const struct run_population *p = here->p;
    const int heads = p->heads, width = p->width, hidden = p->hidden, seen = d + heads * width;
    float *phi = here->tile->work, *query = phi + (size_t)(seen + hidden) * LANES;
    float *scores = query + (size_t)heads * stored * LANES, *mixed = scores + (size_t)p->memory * LANES;
    float *output = mixed + (size_t)d * LANES, *rest = output + (size_t)d * LANES;
    float *last = here->state + ((size_t)p->dilation * p->memory * stored + (p->shifted ? d : 0)) * LANES;
    const float *w = run_hear(here, phi, rest, last, wide);
    struct run_ring ring = run_remember(here, phi, d);
    if (heads) {
        const float *offset = run_past(w, (size_t)heads * stored * d, wide);
        run_linear(query, w, offset, phi, heads * stored, d, wide);
        const float *bias = run_past(offset, (size_t)heads * stored, wide);
        w = run_past(bias, (size_t)p->memory * heads, wide);
        for (int h = 0; h < heads; h++) {
            run_attend(mixed, scores, query + (size_t)h * stored * LANES, &ring, run_past(bias, h, wide), heads, d,
                       stored, wide);
            run_linear(phi + (size_t)(d + h * width) * LANES, w, NULL, mixed, width, d, wide);
            w = run_past(w, (size_t)width * d, wide);
        }
        run_see(here, SEEN_CONTEXT, phi + (size_t)d * LANES, heads * width, wide);
    }
    if (hidden) {
        float *layer = phi + (size_t)seen * LANES;
        const float *bias = run_past(w, (size_t)hidden * seen, wide);
        run_linear(layer, w, bias, phi, hidden, seen, wide);
        for (int i = 0; i < hidden; i++) store(layer + i * LANES, tanh_v(load(layer + i * LANES)));
        run_see(here, SEEN_HIDDEN, layer, hidden, wide);
        w = run_past(bias, hidden, wide);
    }
    const float *bias = run_past(w, (size_t)d * (seen + hidden), wide);
    run_linear(output, w, bias, phi, d, seen + hidden, wide);
    for (int i = 0; i < d; i++) {
        store(output + i * LANES, run_clipped(load(output + i * LANES), p->clip));
    }
    run_say(here, output, phi, rest, wide);
    run_further(here, run_past(bias, d, wide), phi, seen + hidden, rest, wide);
}

static void run_attention_wide(const struct run_here *here) {
    if (here->p->slots == 4 && !here->p->shifted) {
        run_attention_body(here, 4, 4, 1);
    } else {
        run_attention_body(here, here->p->slots, run_stored(here->p), 1);
    }
}

static void run_attention_broad(const struct run_here *here) {
    if (here->p->slots == 4 && !here->p->shifted) {
        run_attention_body(here, 4, 4, 0);
    } else {
        run_attention_body(here, here->p->slots, run_stored(here->p), 0);
    }
}

#endif

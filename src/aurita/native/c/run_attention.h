/* The attention unit with linear heads: queries folded into the space of inputs, a hidden layer, a linear output. */
#ifndef AURITA_RUN_ATTENTION_H
#define AURITA_RUN_ATTENTION_H

#include "run_window.h"

/* Vectors of work that a block needs. */
INLINE size_t run_attention_work(const struct run_population *p) {
    size_t stored = run_stored(p), phi = p->slots + p->heads * p->width + p->hidden;
    size_t most = p->ahead > p->targets ? p->ahead : p->targets;
    return p->afferents + phi + p->heads * (stored + p->memory + 1) + p->slots * 3 + most;
}

/* Where a block works: received, context and hidden in `phi`, then by head what is asked, scores, and sums of these. */
struct run_attending {
    float *phi, *query, *scores, *sums, *mixed, *output, *rest;
    const float *w;
    struct run_ring ring;
};

/* What heads, one or two, take from memory into `phi`, one pass over each memory. What they take goes where others keep
 * scores, sums and outputs: these are not there yet. */
INLINE void run_heads_once(const struct run_here *here, struct run_attending *a, int count, const int heads,
                           const int d, const int stored) {
    const struct run_population *p = here->p;
    const int width = p->width;
    for (int g = 0; g < count; g++) {
        const float *offset = a[g].w + (size_t)heads * stored * d, *bias = offset + heads * stored;
        run_linear(a[g].query, a[g].w, offset, a[g].phi, heads * stored, d, 0);
        run_window(heads, d, stored, here + g, a[g].scores, a[g].query, &a[g].ring, bias);
        a[g].w = bias + (size_t)p->memory * heads;
        for (int h = 0; h < heads; h++) {
            run_linear(a[g].phi + (size_t)(d + h * width) * LANES, a[g].w, NULL, a[g].scores + h * d * LANES, width, d,
                       0);
            a[g].w += (size_t)width * d;
        }
        run_see(here + g, SEEN_CONTEXT, a[g].phi + (size_t)d * LANES, heads * width, 0);
    }
}

/* What heads take from memory into `phi`, part by part of all blocks; `a[g].w` moves on to what follows their weights. */
INLINE void run_heads(const struct run_here *here, struct run_attending *a, int count, int d, int stored, int wide) {
    const struct run_population *p = here->p;
    const int heads = p->heads, width = p->width;
    for (int g = 0; g < count; g++) {
        const float *offset = run_past(a[g].w, (size_t)heads * stored * d, wide);
        run_linear(a[g].query, a[g].w, offset, a[g].phi, heads * stored, d, wide);
        a[g].w = run_past(offset, (size_t)heads * stored, wide);
    }
    for (int g = 0; g < count; g++) {
        for (int h = 0; h < heads; h++) {
            float *scores = a[g].scores + (size_t)h * p->memory * LANES;
            store(a[g].sums + h * LANES, run_score(scores, a[g].query + (size_t)h * stored * LANES, &a[g].ring,
                                                   run_past(a[g].w, h, wide), heads, stored, wide));
        }
        a[g].w = run_past(a[g].w, (size_t)p->memory * heads, wide);
    }
    for (int g = 0; g < count; g++) {
        for (int h = 0; h < heads; h++) {
            float *scores = a[g].scores + (size_t)h * p->memory * LANES, *sum = a[g].sums + h * LANES;
            store(sum, run_weigh(scores, load(sum), &a[g].ring));
        }
    }
    for (int g = 0; g < count; g++) {
        for (int h = 0; h < heads; h++) {
            run_mix(a[g].mixed, a[g].scores + (size_t)h * p->memory * LANES, load(a[g].sums + h * LANES), &a[g].ring,
                    d, stored);
            run_linear(a[g].phi + (size_t)(d + h * width) * LANES, a[g].w, NULL, a[g].mixed, width, d, wide);
            a[g].w = run_past(a[g].w, (size_t)width * d, wide);
        }
        run_see(here + g, SEEN_CONTEXT, a[g].phi + (size_t)d * LANES, heads * width, wide);
    }
}

/* `d` is the number of slots and `stored` that of the numbers in an entry: constants where it pays. `once`: the number
 * of heads, where they read memories together; 0 where they do not. */
INLINE void run_attention_body(const struct run_here *here, int count, int d, int stored, int wide, const int once) {
    const struct run_population *p = here->p;
    const int heads = p->heads, hidden = p->hidden, seen = d + heads * p->width;
    struct run_attending a[RUN_GROUP];
    for (int g = 0; g < count; g++) {
        a[g].phi = here[g].work, a[g].query = a[g].phi + (size_t)(seen + hidden) * LANES;
        a[g].scores = a[g].query + (size_t)heads * stored * LANES;
        a[g].sums = a[g].scores + (size_t)heads * p->memory * LANES, a[g].mixed = a[g].sums + (size_t)heads * LANES;
        a[g].output = a[g].mixed + (size_t)d * LANES, a[g].rest = a[g].output + (size_t)d * LANES;
        float *last = here[g].state + ((size_t)p->dilation * p->memory * stored + (p->shifted ? d : 0)) * LANES;
        a[g].w = run_receive(here + g, a[g].phi, a[g].rest, last, wide);
        a[g].ring = run_remember(here + g, a[g].phi, d);
    }
    if (run_only_remembers(here)) return;
    if (!wide && once) run_heads_once(here, a, count, once, d, stored);
    else if (heads) run_heads(here, a, count, d, stored, wide);
    for (int g = 0; hidden && g < count; g++) {
        const float *bias = run_past(a[g].w, (size_t)hidden * seen, wide);
        run_linear(a[g].phi + (size_t)seen * LANES, a[g].w, bias, a[g].phi, hidden, seen, wide);
        a[g].w = run_past(bias, hidden, wide);
    }
    for (int g = 0; hidden && g < count; g++) {
        float *layer = a[g].phi + (size_t)seen * LANES;
        run_squash(layer, hidden);
        run_see(here + g, SEEN_HIDDEN, layer, hidden, wide);
    }
    for (int g = 0; g < count; g++) {
        const float *bias = run_past(a[g].w, (size_t)d * (seen + hidden), wide);
        run_linear(a[g].output, a[g].w, bias, a[g].phi, d, seen + hidden, wide);
        a[g].w = run_past(bias, d, wide);
    }
    for (int g = 0; g < count; g++) {
        float *output = a[g].output;
        for (int i = 0; i < d; i++) store(output + i * LANES, run_clipped(load(output + i * LANES), p->clip));
        run_output(here + g, output, a[g].phi, a[g].rest, wide);
        run_further(here + g, a[g].w, a[g].phi, seen + hidden, a[g].rest, wide);
    }
}

static void run_attention_wide(const struct run_here *here, int count) {
    if (here->p->slots == 4 && !here->p->shifted) {
        run_attention_body(here, count, 4, 4, 1, 0);
    } else {
        run_attention_body(here, count, here->p->slots, run_stored(here->p), 1, 0);
    }
}

/* The sizes that presets and societies have get code of their own. */
static void run_attention_broad(const struct run_here *here, int count) {
    const struct run_population *p = here->p;
    const int kind = p->heads * 1000 + p->slots * 10 + (p->shifted ? 1 : 0);
    switch (kind) {
    case 1040: run_attention_body(here, count, 4, 4, 0, 1); break;
    case 1041: run_attention_body(here, count, 4, 8, 0, 1); break;
    case 2060: run_attention_body(here, count, 6, 6, 0, 2); break;
    case 2061: run_attention_body(here, count, 6, 12, 0, 2); break;
    default: run_attention_body(here, count, p->slots, run_stored(p), 0, 0);
    }
}

#endif

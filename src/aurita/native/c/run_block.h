/* The decoder block as a unit: attention, feed-forward, residuals, normalisation. */
#ifndef AURITA_RUN_BLOCK_H
#define AURITA_RUN_BLOCK_H

#include "run_memory.h"

INLINE size_t run_block_work(const struct run_population *p) {
    size_t stored = run_stored(p), phi = 2 * (size_t)p->slots + p->hidden;
    size_t most = p->ahead > p->targets ? p->ahead : p->targets;
    return p->afferents + phi + p->heads * (stored + p->width) + p->memory * (stored + 1) + 5 * p->slots + most;
}

/* Normalise `d` vectors in place; returns the weights after those of the normalisation. */
INLINE const float *run_normalise(const struct run_population *p, float *x, int d, const float *w, int wide) {
    if (p->normalisation == RUN_PLAIN) return w;
    if (p->normalisation == RUN_TANH) {
        run_squash(x, d);
        return w;
    }
    const int centred = p->normalisation == RUN_LAYER;
    vf mean = zeros(), square = zeros();
    for (int i = 0; centred && i < d; i++) mean += load(x + i * LANES);
    mean /= splat((float)d);
    for (int i = 0; i < d; i++) {
        vf off = load(x + i * LANES) - mean;
        square += off * off;
    }
    vf scale = splat(1.0f) / root_v(square / splat((float)d) + splat(1e-5f));
    for (int i = 0; i < d; i++) {
        vf y = (load(x + i * LANES) - mean) * scale * run_weight(w, i, wide);
        store(x + i * LANES, centred ? y + run_weight(w, d + i, wide) : y);
    }
    return run_past(w, centred ? 2 * d : d, wide);
}

INLINE vf run_activated(vf x, int activation) {
    if (activation == RUN_TANHED) return tanh_v(x);
    if (activation == RUN_RELU) return larger(zeros(), x);
    vf inner = splat(0.7978845608028654f) * (x + splat(0.044715f) * (x * x * x));
    return x * (splat(0.5f) * (splat(1.0f) + tanh_v(inner)));
}

INLINE void run_block_body(const struct run_here *here, int wide) {
    const struct run_population *p = here->p;
    const int d = p->slots, stored = run_stored(p), heads = p->heads, width = p->width, hidden = p->hidden;
    const int context = heads ? d : 0, size = d + context + hidden;
    /* received, context, hidden; then what is worked on. */
    float *phi = here->work, *layer = phi + (size_t)(d + context) * LANES;
    float *result = phi + (size_t)size * LANES, *outer = result + (size_t)d * LANES;
    float *query = outer + (size_t)d * LANES, *values = query + (size_t)heads * stored * LANES;
    float *memory = values + (size_t)heads * width * LANES, *scores = memory + (size_t)p->memory * stored * LANES;
    float *mixed = scores + (size_t)p->memory * LANES, *rest = mixed + (size_t)d * LANES;
    float *last = here->state + ((size_t)p->dilation * p->memory * stored + (p->shifted ? d : 0)) * LANES;
    const float *w = run_receive(here, phi, rest, last, wide);
    struct run_ring ring = run_remember(here, phi, d);
    if (run_only_remembers(here)) return;
    memcpy(result, phi, (size_t)d * LANES * sizeof(float));
    if (heads) {
        const float *embedding = w;
        for (int place = 0; place < p->memory; place++) {
            const size_t age = (size_t)run_age(&ring, place) * stored, at = (size_t)place * stored;
            for (int i = 0; i < stored; i++) {
                vf x = load(ring.entries + (at + i) * LANES) + run_weight(embedding, age + i, wide);
                store(memory + (at + i) * LANES, x);
            }
        }
        for (int i = 0; i < d; i++) store(result + i * LANES, load(phi + i * LANES) + run_weight(embedding, i, wide));
        w = run_past(embedding, (size_t)p->memory * stored, wide);
        run_linear(query, w, NULL, result, heads * stored, d, wide);
        w = run_past(w, (size_t)heads * stored * d, wide);
        ring.entries = memory;
        for (int h = 0; h < heads; h++) {
            const vf largest = run_score(scores, query + (size_t)h * stored * LANES, &ring, NULL, heads, stored, wide);
            run_mix(mixed, scores, run_weigh(scores, largest, &ring), &ring, d, stored);
            run_linear(values + (size_t)h * width * LANES, w, NULL, mixed, width, d, wide);
            w = run_past(w, (size_t)width * d, wide);
        }
        run_linear(phi + (size_t)d * LANES, w, NULL, values, d, heads * width, wide);
        run_see(here, SEEN_CONTEXT, phi + (size_t)d * LANES, d, wide);
        for (int i = 0; i < d; i++) store(result + i * LANES, load(result + i * LANES) + load(phi + (d + i) * LANES));
        w = run_normalise(p, result, d, run_past(w, (size_t)d * heads * width, wide), wide);
    }
    if (hidden) {
        const float *bias = run_past(w, (size_t)hidden * d, wide);
        run_linear(layer, w, bias, result, hidden, d, wide);
        for (int i = 0; i < hidden; i++) store(layer + i * LANES, run_activated(load(layer + i * LANES), p->activation));
        run_see(here, SEEN_HIDDEN, layer, hidden, wide);
        w = run_past(bias, hidden, wide);
        bias = run_past(w, (size_t)d * hidden, wide);
        run_linear(outer, w, bias, layer, d, hidden, wide);
        for (int i = 0; i < d; i++) store(result + i * LANES, load(result + i * LANES) + load(outer + i * LANES));
        w = run_normalise(p, result, d, run_past(bias, d, wide), wide);
    }
    for (int i = 0; i < d; i++) store(outer + i * LANES, run_clipped(load(result + i * LANES), p->clip));
    run_output(here, outer, phi, rest, wide);
    run_further(here, w, phi, size, rest, wide);
}

static void run_block_wide(const struct run_here *here, int count) {
    for (int g = 0; g < count; g++) run_block_body(here + g, 1);
}
static void run_block_broad(const struct run_here *here, int count) {
    for (int g = 0; g < count; g++) run_block_body(here + g, 0);
}

#endif

/* Units with a memory: the ring of their last inputs, and attention over it. */
#ifndef AURITA_RUN_MEMORY_H
#define AURITA_RUN_MEMORY_H

#include "run_parts.h"

/* The memory of a block at a step.
 *
 * `place` holds age `(position - place) mod memory`. */
struct run_ring {
    const float *entries;  /* (place, stored) vectors */
    vi lived;
    int position, memory, dilation, masked;
};

INLINE int run_age(const struct run_ring *ring, int place) {
    int age = ring->position - place;
    return age < 0 ? age + ring->memory : age;
}

/* Write what was received into the ring, which begins the state of the block and is followed by the last inputs. */
INLINE struct run_ring run_remember(const struct run_here *here, const float *received, int d) {
    const struct run_population *p = here->p;
    const struct run_tile *tile = here->tile;
    const size_t stored = p->shifted ? 2 * d : d;
    const int phase = here->phase, position = here->position;
    float *entries = here->state + (size_t)phase * p->memory * stored * LANES;
    float *entry = entries + position * stored * LANES;
    float *last = here->state + (size_t)p->dilation * p->memory * stored * LANES;
    for (int i = 0; i < d; i++) {
        vf x = load(received + i * LANES);
        store(entry + i * LANES, run_kept(here, x, load(entry + i * LANES)));
        if (p->shifted) {
            vf before = load(last + i * LANES);
            float *beside = entry + (d + i) * LANES;
            store(beside, run_kept(here, before, load(beside)));
            store(last + i * LANES, run_kept(here, x, before));
        }
    }
    struct run_ring ring = {entries, {0}, position, p->memory, p->dilation, 0};
    if (p->masked && tile->youngest < (p->memory - 1) * p->dilation) {
        ring.masked = 1;
        const int32_t *who = tile->who + (tile->call->wide ? here->block * LANES : 0);
        for (int i = 0; i < LANES; i++) ring.lived[i] = tile->lived[who[i]];
    }
    return ring;
}

/* Whether nobody wants what units give at this step. */
INLINE int run_only_remembers(const struct run_here *here) { return here->tile->idle && !here->p->received; }

/* The lanes that have lived long enough for what lies at a place. */
INLINE vi run_lived(const struct run_ring *ring, int place) {
    return ring->lived >= splat_whole(run_age(ring, place) * ring->dilation);
}

/* Scores of one head of what lies at each place, one vector a place; returns the largest.
 * `bias` holds a number an age and head, this head's first. */
INLINE vf run_score(float *restrict scores, const float *query, const struct run_ring *ring, const float *bias,
                    int heads, int stored, int wide) {
    vf largest = splat(-INFINITY);
    for (int place = 0; place < ring->memory; place++) {
        const float *entry = ring->entries + (size_t)place * stored * LANES;
        vf score = bias ? run_weight(bias, (size_t)run_age(ring, place) * heads, wide) : zeros();
        for (int i = 0; i < stored; i++) score += load(query + i * LANES) * load(entry + i * LANES);
        if (ring->masked) score = pick(run_lived(ring, place), score, splat(-INFINITY));
        store(scores + (size_t)place * LANES, score);
        largest = larger(largest, score);
    }
    return largest;
}

/* Scores become exponentials of what they are above the largest; returns their sum. */
APART vf run_weigh(float *scores, vf largest, const struct run_ring *ring) {
    vf total = zeros();
    for (int place = 0; place < ring->memory; place++) {
        float *score = scores + (size_t)place * LANES;
        vf weight = exp_below_v(load(score) - largest);
        if (ring->masked) weight = pick(run_lived(ring, place), weight, zeros());
        store(score, weight);
        total += weight;
    }
    return total;
}

/* What one head takes from memory, `d` vectors into `mixed`: inputs by their weights, over the sum of these. */
INLINE void run_mix(float *restrict mixed, const float *weights, vf total, const struct run_ring *ring, int d,
                    int stored) {
    vf scale = inverse_v(total);
    for (int first = 0; first < d; first += 4) {
        vf sums[4] = {zeros(), zeros(), zeros(), zeros()};
        for (int place = 0; place < ring->memory; place++) {
            const float *entry = ring->entries + ((size_t)place * stored + first) * LANES;
            vf weight = load(weights + (size_t)place * LANES);
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) {
                if (first + i < d) sums[i] += weight * load(entry + i * LANES);
            }
        }
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            if (first + i < d) store(mixed + (first + i) * LANES, sums[i] * scale);
        }
    }
}

/* Further horizons and guesses of the target, linear in `phi`, where they are seen; `w` holds their weights. */
INLINE void run_further(const struct run_here *here, const float *w, const float *phi, int size, float *restrict work,
                        int wide) {
    const struct run_population *p = here->p;
    const int kinds[2] = {SEEN_AHEAD, SEEN_TARGET}, counts[2] = {p->ahead, p->targets};
    for (int i = 0; i < 2; i++) {
        const float *bias = run_past(w, (size_t)counts[i] * size, wide);
        if (counts[i] && here->tile->out && p->first[kinds[i]] >= 0) {
            run_linear(work, w, bias, phi, counts[i], size, wide);
            run_see(here, kinds[i], work, counts[i], wide);
        }
        w = run_past(bias, counts[i], wide);
    }
}

#endif

/* Attention over long memories in one pass, which reads no more of them than has been written.
 *
 * Softmax goes on from chunk to chunk: what was summed up is scaled where a larger score comes. Entries that nothing was
 * written to are zeros, whose scores are the biases of their ages: the sum of their exponentials is known beforehand.
 */
#ifndef AURITA_RUN_WINDOW_H
#define AURITA_RUN_WINDOW_H

#include "run_memory.h"

enum { RUN_CHUNK = 16 }; /* places whose scores are worked out at once */

/* Where the biases of a unit begin in its weights, where blocks hold one unit each. */
INLINE size_t run_biases(const struct run_population *p) {
    const size_t d = p->slots, asked = (size_t)p->heads * run_stored(p);
    return (p->mixed ? d * p->afferents + d : 0) + (p->leaky ? d : 0) + asked * d + asked;
}

/* How many steps before the run the memories of a population hold something of: all that were lived, so that pieces of a
 * run are the whole, and whatever else a state holds. */
static int run_held(const struct run_tile *tile, int number) {
    const struct run_call *c = tile->call;
    const struct run_population *p = c->populations + number;
    const size_t row = (size_t)run_stored(p) * LANES, size = run_block_size(p, c);
    const int span = p->memory * p->dilation;
    int held = 0;
    for (int i = 0; i < tile->wanted; i++) held = tile->lived[i] > held ? tile->lived[i] : held;
    for (int back = span; back > held; back--) {
        const int when = ((tile->time - back) % span + span) % span;
        const size_t place = (size_t)(when % p->dilation) * p->memory + when / p->dilation;
        for (int block = 0; block < p->units; block++) {
            const float *entry = tile->state[number] + block * size + place * row;
            vi bits = {0};
            for (size_t i = 0; i < row; i += LANES) bits |= (vi)load(entry + i);
            for (int i = 0; i < LANES; i++)
                if (bits[i]) return back;
        }
    }
    return held < span ? held : span;
}

/* Of each unit and head, for the ages from each on: the largest bias, and the sum of exponentials of what biases are
 * above it; for those ages that nothing may be written of yet. Nonzero where memory is short. */
static int run_tails(struct run_tile *tile, int number) {
    const struct run_population *p = tile->call->populations + number;
    const size_t memory = p->memory, heads = p->heads, written = tile->held[number] / p->dilation + 1;
    float *tails = tile->tails[number] = floats(p->units * heads * memory * 2);
    if (!tails) return 1;
    for (int unit = 0; unit < p->units; unit++) {
        const float *bias = p->weights + (size_t)unit * p->numbers + run_biases(p);
        for (size_t h = 0; h < heads; h++, tails += 2 * memory) {
            double most = bias[(memory - 1) * heads + h], sum = 1;
            for (size_t age = memory; age-- > written;) {
                const double own = bias[age * heads + h], larger = own > most ? own : most;
                if (age < memory - 1) sum = sum * exp(most - larger) + exp(own - larger);
                most = larger;
                tails[2 * age] = (float)most, tails[2 * age + 1] = (float)sum;
            }
        }
    }
    return 0;
}

/* Find out what memories hold, once they have been carried on; nonzero where memory is short. */
static int run_windows(struct run_tile *tile) {
    const struct run_call *c = tile->call;
    for (int i = 0; i < c->count; i++) {
        const struct run_population *p = c->populations + i;
        tile->held[i] = p->memory * p->dilation;
        if (c->wide || p->kind != RUN_ATTENTION || !p->heads || p->masked || !p->runs) continue;
        tile->held[i] = run_held(tile, i);
        if (tile->held[i] < p->memory * p->dilation && run_tails(tile, i)) return 1;
    }
    return 0;
}

/* How many ages of a memory may hold something at this step: all others are zeros, or take no part. */
INLINE int run_reach(const struct run_here *here) {
    const struct run_population *p = here->p;
    const struct run_tile *tile = here->tile;
    const int number = (int)(p - tile->call->populations);
    const int steps = p->masked ? tile->oldest : tile->held[number] + tile->time - tile->call->time;
    const int reach = steps / p->dilation + 1;
    return reach < p->memory ? reach : p->memory;
}

/* What HEADS, one or two, take from a memory of D slots: `mixed` (head, slot). Biases of ages, heads apart. */
INLINE void run_window(const int HEADS, const int D, const int STORED, const struct run_here *here,
                       float *restrict mixed, const float *query, const struct run_ring *ring, const float *bias) {
    const struct run_population *p = here->p;
    const struct run_tile *tile = here->tile;
    const int reach = run_reach(here), memory = ring->memory;
    vf most[2], total[2], sums[2][6];
#pragma GCC unroll 2
    for (int e = 0; e < HEADS; e++) {
        most[e] = splat(-1e30f), total[e] = zeros();
        const float *tails = tile->tails[p - tile->call->populations];
        if (reach < memory && !p->masked) {
            const float *tail = tails + (((size_t)here->block * HEADS + e) * memory + reach) * 2;
            most[e] = splat(tail[0]), total[e] = splat(tail[1]);
        }
#pragma GCC unroll 6
        for (int i = 0; i < D; i++) sums[e][i] = zeros();
    }
    /* Ages count down as places count up, from the place of this step back, and on from the end of the memory. */
    for (int part = 0; part < 2; part++) {
        const int offset = part ? ring->position + memory : ring->position;
        const int end = part ? memory : ring->position + 1, first = offset - reach + 1;
        const int begin = part ? (first > ring->position ? first : ring->position + 1) : (first > 0 ? first : 0);
        for (int start = begin; start < end; start += RUN_CHUNK) {
            const int count = end - start < RUN_CHUNK ? end - start : RUN_CHUNK;
            vf scores[2][RUN_CHUNK], largest[2] = {most[0], most[HEADS - 1]};
            for (int n = 0; n < count; n++) {
                const float *entry = ring->entries + (size_t)(start + n) * STORED * LANES;
                const int age = offset - start - n;
                vf score[2];
#pragma GCC unroll 2
                for (int e = 0; e < HEADS; e++) score[e] = splat(bias[(size_t)age * HEADS + e]);
#pragma GCC unroll 12
                for (int i = 0; i < STORED; i++) {
                    const vf x = load(entry + i * LANES);
#pragma GCC unroll 2
                    for (int e = 0; e < HEADS; e++) score[e] += load(query + (e * STORED + i) * LANES) * x;
                }
#pragma GCC unroll 2
                for (int e = 0; e < HEADS; e++) {
                    if (ring->masked)
                        score[e] = pick(ring->lived >= splat_whole(age * ring->dilation), score[e], splat(-1e30f));
                    scores[e][n] = score[e], largest[e] = larger(largest[e], score[e]);
                }
            }
#pragma GCC unroll 2
            for (int e = 0; e < HEADS; e++) {
                const vf scale = exp_below_v(most[e] - largest[e]);
                most[e] = largest[e], total[e] *= scale;
#pragma GCC unroll 6
                for (int i = 0; i < D; i++) sums[e][i] *= scale;
            }
            for (int n = 0; n < count; n++) {
                const float *entry = ring->entries + (size_t)(start + n) * STORED * LANES;
                vf weight[2];
#pragma GCC unroll 2
                for (int e = 0; e < HEADS; e++) {
                    weight[e] = exp_below_v(scores[e][n] - most[e]);
                    if (ring->masked) weight[e] = pick(scores[e][n] > splat(-1e29f), weight[e], zeros());
                    total[e] += weight[e];
                }
#pragma GCC unroll 6
                for (int i = 0; i < D; i++) {
                    const vf x = load(entry + i * LANES);
#pragma GCC unroll 2
                    for (int e = 0; e < HEADS; e++) sums[e][i] += weight[e] * x;
                }
            }
        }
    }
#pragma GCC unroll 2
    for (int e = 0; e < HEADS; e++) {
        const vf scale = inverse_v(total[e]);
#pragma GCC unroll 6
        for (int i = 0; i < D; i++) store(mixed + (e * D + i) * LANES, sums[e][i] * scale);
    }
}

#endif

/* What the sources were at every step, written batch by batch as learners read them. */
#ifndef AURITA_RUN_RECORD_H
#define AURITA_RUN_RECORD_H

#include "run_plan.h"

/* Steps that are kept in cache before they are written, so that lines of memory are written whole, and rows that are
 * fetched ahead of that. */
enum { RUN_KEPT = 16, RUN_AHEAD = 2 };

/* Neighbours of a tile that lie side by side in a batch: where they go in its first row, how many, and for how long. */
struct run_strip {
    size_t to;
    int from, count, steps;
};

INLINE void run_copy(float *restrict to, const float *restrict from, int count) {
    const int half = LANES / 2;
    if (count == LANES) {
        store(to, load(from));
    } else if (count >= half && count < LANES) {
        memcpy(to, from, half * sizeof(float));
        memcpy(to + count - half, from + count - half, half * sizeof(float));
    } else {
        for (int i = 0; i < count; i++) to[i] = from[i];
    }
}

/* Where `steps` steps from `first` on go. */
static int run_strips(const struct run_tile *tile, int first, int steps, struct run_strip *strips) {
    const struct run_call *c = tile->call;
    const size_t row = (size_t)c->steps * c->group;
    int count = 0;
    for (int b = 0; b < tile->wanted; b++) {
        const int sequence = tile->from + b, at = sequence % c->group, when = first + (c->late ? c->late[sequence] : 0);
        const int left = c->steps - when;
        if (left <= 0) continue;
        const size_t to = (size_t)(sequence / c->group) * c->rows * row + (size_t)when * c->group + at;
        struct run_strip *last = strips + count - 1;
        if (count && b == last->from + last->count && at && to == last->to + last->count) last->count++;
        else strips[count++] = (struct run_strip){to, b, 1, left < steps ? left : steps};
    }
    return count;
}

static void run_record(const struct run_tile *tile, int step) {
    const struct run_call *c = tile->call;
    const int kept_steps = step % RUN_KEPT + 1, width = c->tile;
    const size_t row = (size_t)c->steps * c->group;
    for (int i = 0; i < c->sources; i++) {
        const int kept = c->kept ? c->kept[i] : i;
        if (kept < 0) continue;
        float *to = tile->recent + ((size_t)kept * RUN_KEPT + step % RUN_KEPT) * width;
        run_copy(to, tile->now + (size_t)i * width, width);
    }
    if (kept_steps < RUN_KEPT && step + 1 < c->steps) return;
    struct run_strip strips[PACK];
    const int count = run_strips(tile, step + 1 - kept_steps, kept_steps, strips);
    for (int i = 0; i < c->rows; i++) {
        for (int s = 0; s < count; s++) {
            const float *from = tile->recent + (size_t)i * RUN_KEPT * width + strips[s].from;
            float *to = c->recorded + i * row + strips[s].to;
            for (int t = 0; t < strips[s].steps; t++, from += width, to += c->group) {
                __builtin_prefetch(to + RUN_AHEAD * row, 1);
                run_copy(to, from, strips[s].count);
            }
        }
    }
}

#endif

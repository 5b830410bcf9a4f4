/* What the sources were at every step, written batch by batch as learners read them. */
#ifndef AURITA_RUN_RECORD_H
#define AURITA_RUN_RECORD_H

#include "run_plan.h"

/* Neighbours of a tile that lie side by side in a batch: where they go in its first row, and how many they are. */
struct run_strip {
    size_t to;
    int from, count;
};

INLINE void run_copy(float *restrict to, const float *restrict from, int count) {
    if (count == LANES) {
        store(to, load(from));
    } else {
        memcpy(to, from, (size_t)count * sizeof(float));
    }
}

static void run_record(const struct run_tile *tile, int step) {
    const struct run_call *c = tile->call;
    const size_t row = (size_t)c->steps * c->group;
    struct run_strip strips[PACK];
    int count = 0;
    for (int b = 0; b < tile->wanted; b++) {
        const int sequence = tile->from + b, at = sequence % c->group, when = step + (c->late ? c->late[sequence] : 0);
        if (when >= c->steps) continue;
        const size_t to = (size_t)(sequence / c->group) * c->rows * row + (size_t)when * c->group + at;
        struct run_strip *last = strips + count - 1;
        if (count && b == last->from + last->count && at && to == last->to + last->count) last->count++;
        else strips[count++] = (struct run_strip){to, b, 1};
    }
    for (int i = 0; i < c->sources; i++) {
        const int kept = c->kept ? c->kept[i] : i;
        if (kept < 0) continue;
        const float *from = tile->now + (size_t)i * c->tile;
        float *to = c->recorded + kept * row;
        for (int s = 0; s < count; s++) run_copy(to + strips[s].to, from + strips[s].from, strips[s].count);
    }
}

#endif

/* The steps of a tile, and the run of all tiles of a call. */
#ifndef AURITA_RUN_LOOP_H
#define AURITA_RUN_LOOP_H

#include "run_closed.h"
#include "run_state.h"

typedef void run_unit(const struct run_here *here, int count);

static run_unit *run_unit_of(const struct run_population *p, const struct run_call *c) {
    if (run_by_neuron(p, c)) return run_echo_neurons;
    switch (p->kind) {
    case RUN_ATTENTION: return c->wide ? run_attention_wide : run_attention_broad;
    case RUN_BLOCK: return c->wide ? run_block_wide : run_block_broad;
    case RUN_ECHO: return c->wide ? run_echo_wide : run_echo_broad;
    case RUN_DIAGONAL: return c->wide ? run_diagonal_wide : run_diagonal_broad;
    case RUN_PHASE: return c->wide ? run_phase_wide : run_phase_broad;
    default: return c->wide ? run_anarchist_wide : run_anarchist_broad;
    }
}

/* Weights of a block, after those of the blocks before it. */
INLINE const float *run_weights_of(const struct run_population *p, const struct run_call *c, int block) {
    if (run_by_neuron(p, c)) return p->weights;
    return p->weights + (c->wide ? run_packed(block, p->numbers) : (size_t)block * p->numbers);
}

static void run_population_step(struct run_tile *tile, int number) {
    const struct run_call *c = tile->call;
    const struct run_population *p = c->populations + number;
    run_unit *unit = run_unit_of(p, c);
    const int blocks = run_blocks(p, c), by_lane = !run_by_neuron(p, c);
    const size_t size = run_block_size(p, c);
    const int phase = tile->time % p->dilation, position = tile->time / p->dilation % p->memory;
    struct run_here here[RUN_GROUP];
    for (int first = 0; first < blocks; first += RUN_GROUP) {
        const int count = blocks - first < RUN_GROUP ? blocks - first : RUN_GROUP;
        for (int g = 0; g < count; g++) {
            const int block = first + g, left = p->units * c->tile - block * LANES;
            here[g].p = p, here[g].tile = tile, here[g].ragged = tile->ragged, here[g].block = block;
            here[g].phase = phase, here[g].position = position;
            here[g].state = tile->state[number] + block * size, here[g].work = tile->work + g * tile->work_size;
            here[g].w = run_weights_of(p, c, block);
            here[g].lanes = c->wide ? (left < LANES ? left : LANES) : tile->wanted;
            if (tile->ragged && by_lane) {
                const int32_t *who = tile->who + (c->wide ? block * LANES : 0);
                for (int i = 0; i < LANES; i++) here[g].alive[i] = tile->alive[who[i]];
            }
        }
        unit(here, count);
    }
}

/* Who lives at this step; returns how many do. */
static int run_living(struct run_tile *tile, int step) {
    const struct run_call *c = tile->call;
    int living = 0;
    for (int i = 0; i < tile->wanted; i++) {
        const int lives = !c->alive || c->alive[(size_t)step * c->batch + tile->from + i];
        tile->alive[i] = -lives;
        living += lives;
    }
    tile->ragged = living < tile->wanted;
    tile->idle = c->asked != NULL;
    for (int i = 0; tile->idle && i < tile->wanted; i++) {
        tile->idle = !c->asked[(size_t)step * c->batch + tile->from + i];
    }
    tile->youngest = tile->oldest = tile->lived[0];
    for (int i = 1; i < tile->wanted; i++) {
        if (tile->lived[i] < tile->youngest) tile->youngest = tile->lived[i];
        if (tile->lived[i] > tile->oldest) tile->oldest = tile->lived[i];
    }
    return living;
}

static void run_outside(struct run_tile *tile, int step) {
    const struct run_call *c = tile->call;
    const size_t batch = (size_t)c->batch, wanted = (size_t)tile->wanted * sizeof(float);
    for (int i = 0; i < c->outside; i++) {
        float *to = tile->now + (size_t)i * c->tile;
        if (c->series && i < c->outputs) {
            memcpy(to, c->series + ((size_t)step * c->outputs + i) * batch + tile->from, wanted);
        } else {
            memcpy(to, c->external + ((size_t)step * c->outside + i) * batch + tile->from, wanted);
        }
        if (i >= c->inputs || !tile->out) continue;
        for (int b = 0; b < tile->wanted; b++) tile->out[i * tile->stride + b] = tile->alive[b] ? to[b] : 0;
    }
}

static void run_feed_back(struct run_tile *tile, int step) {
    const struct run_call *c = tile->call;
    const size_t first = (size_t)c->sources - c->feedback;
    for (int i = 0; c->teacher && i < c->feedback; i++) {
        const float *from = c->teacher + ((size_t)step * c->feedback + i) * c->batch + tile->from;
        for (int b = 0; b < tile->wanted; b++) {
            const size_t place = (first + i) * c->tile + b;
            tile->next[place] = tile->alive[b] ? from[b] : tile->now[place];
        }
    }
}

static int run_tile(const struct run_call *c, int number) {
    struct run_tile tile;
    if (run_make(&tile, c, number)) {
        run_free(&tile);
        return 1;
    }
    run_carry_all(&tile, 0);
    if (run_windows(&tile)) {
        run_free(&tile);
        return 1;
    }
    for (int step = 0; step < c->steps; step++, tile.time++) {
        const int living = run_living(&tile, step);
        if (!living && !c->recorded) continue;
        tile.out = NULL;
        if (c->series) {
            tile.out = tile.scratch, tile.stride = (size_t)c->tile;
            run_predicted(&tile, step);
        } else if (c->features) {
            tile.out = c->features + (size_t)step * c->seen * c->batch + tile.from, tile.stride = (size_t)c->batch;
        }
        run_outside(&tile, step);
        if (c->recorded) run_record(&tile, step);
        for (int i = 0; i < c->count; i++) {
            if (c->populations[i].runs) run_population_step(&tile, i);
        }
        run_feed_back(&tile, step);
        if (c->series && step + 1 < c->steps) run_read_out(&tile, step);
        float *now = tile.now;
        tile.now = tile.next, tile.next = now;
        for (int i = 0; i < tile.wanted; i++) tile.lived[i] -= tile.alive[i];
    }
    run_carry_all(&tile, 1);
    run_free(&tile);
    return 0;
}

/* Tiles from `first` to before `last`, as many of `LANES` sequences as each holds; nonzero where memory was short. */
EXPORT int NAME(aurita_run)(const struct run_call *call, int first, int last) {
    struct run_call own = *call;
    const int parts = call->wide ? 1 : PACK / LANES;
    if (!call->wide) own.tile = LANES;
    for (int number = first * parts; number < last * parts && number * own.tile < call->batch; number++) {
        if (run_tile(&own, number)) return 1;
    }
    return 0;
}

#endif

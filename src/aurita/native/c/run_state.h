/* The state of a tile: made, read from arrays whose last axes are unit and batch, and written back to such. */
#ifndef AURITA_RUN_STATE_H
#define AURITA_RUN_STATE_H

#include "run_attention.h"
#include "run_block.h"
#include "run_diagonal.h"
#include "run_echo.h"
#include "run_record.h"
#include "run_simple.h"

INLINE size_t run_work(const struct run_population *p) {
    if (p->kind == RUN_ATTENTION) return run_attention_work(p);
    if (p->kind == RUN_BLOCK) return run_block_work(p);
    if (p->kind == RUN_DIAGONAL) return run_diagonal_work(p);
    return p->kind == RUN_ECHO ? run_echo_work(p) : run_simple_work(p);
}

static void run_free(struct run_tile *tile) {
    if (tile->state) {
        for (int i = 0; i < tile->call->count; i++) release(tile->state[i]);
    }
    if (tile->tails) {
        for (int i = 0; i < tile->call->count; i++) release(tile->tails[i]);
    }
    free(tile->state), free(tile->tails), free(tile->held);
    release(tile->now), release(tile->next), release(tile->work), release(tile->scratch);
    release(tile->recent);
    free(tile->who), free(tile->lived), free(tile->alive);
}

/* Nonzero where memory is short; `run_free` in any case. */
static int run_make(struct run_tile *tile, const struct run_call *call, int number) {
    memset(tile, 0, sizeof *tile);
    tile->call = call;
    tile->from = number * call->tile;
    tile->wanted = call->batch - tile->from < call->tile ? call->batch - tile->from : call->tile;
    tile->time = call->time;
    size_t work = 1, lanes = LANES;
    tile->state = calloc((size_t)call->count, sizeof(float *));
    tile->tails = calloc((size_t)call->count, sizeof(float *));
    tile->held = calloc((size_t)call->count, sizeof(int));
    if (!tile->state || !tile->tails || !tile->held) return 1;
    for (int i = 0; i < call->count; i++) {
        const struct run_population *p = call->populations + i;
        size_t wide = run_padded(p->units * call->tile), needed = run_work(p);
        if (needed > work) work = needed;
        if (call->wide && wide > lanes) lanes = wide;
        tile->state[i] = floats(run_blocks(p, call) * run_block_size(p, call));
        if (!tile->state[i]) return 1;
    }
    tile->now = floats((size_t)call->sources * call->tile + LANES);
    tile->next = floats((size_t)call->sources * call->tile + LANES);
    tile->work_size = work * LANES;
    tile->work = floats(RUN_GROUP * tile->work_size);
    if (call->series) tile->scratch = floats(2 * ((size_t)call->seen * call->tile + LANES));
    if (call->recorded) tile->recent = floats((size_t)call->rows * RUN_KEPT * call->tile);
    tile->who = malloc(lanes * sizeof(int32_t));
    tile->lived = calloc((size_t)call->tile, sizeof(int32_t));
    tile->alive = calloc((size_t)call->tile, sizeof(int32_t));
    if (!tile->now || !tile->next || !tile->work || (call->series && !tile->scratch)) return 1;
    if (!tile->who || !tile->lived || !tile->alive || (call->recorded && !tile->recent)) return 1;
    for (size_t i = 0; i < lanes; i++) tile->who[i] = (int32_t)(i % call->tile);
    return 0;
}

/* One row of a block between its lanes and an array (unit, batch); `out` writes the array. */
INLINE void run_carry(const struct run_tile *tile, const struct run_population *p, int block, float *lanes, float *row,
                      int out) {
    const struct run_call *c = tile->call;
    const int left = p->units * c->tile - block * LANES;
    const size_t at = c->wide ? (size_t)block * LANES : (size_t)block * c->batch + tile->from;
    const size_t count = c->wide ? (left < LANES ? left : LANES) : tile->wanted;
    memcpy(out ? row + at : lanes, out ? lanes : row + at, count * sizeof(float));
}

static void run_carry_population(struct run_tile *tile, int number, int out) {
    const struct run_call *c = tile->call;
    const struct run_population *p = c->populations + number;
    const size_t size = (size_t)p->units * c->batch, padded = run_padded(p->slots);
    const int blocks = run_blocks(p, c), neurons = run_by_neuron(p, c);
    for (int block = 0; block < blocks; block++) {
        float *state = tile->state[number] + block * run_block_size(p, c);
        for (int part = 0; part < RUN_PARTS; part++) {
            float *rows = out ? p->after[part] : (float *)p->before[part];
            for (int i = 0; i < p->part_rows[part]; i++) {
                float *row = rows + i * size;
                if (neurons) {
                    if (out) row[block] = state[i]; else state[i] = row[block];
                } else {
                    run_carry(tile, p, block, state + (size_t)i * LANES, row, out);
                }
            }
            state += neurons ? (p->part_rows[part] ? padded : 0) : (size_t)p->part_rows[part] * LANES;
        }
    }
    for (int i = 0; i < p->slots * p->units; i++) {
        float *row = (out ? p->output_after : (float *)p->output_before) + (size_t)i * c->batch + tile->from;
        float *lanes = tile->now + ((size_t)p->source + i) * c->tile;
        memcpy(out ? row : lanes, out ? lanes : row, (size_t)tile->wanted * sizeof(float));
    }
}

/* Everything that goes on from one run to the next. */
static void run_carry_all(struct run_tile *tile, int out) {
    const struct run_call *c = tile->call;
    for (int i = 0; i < c->count; i++) run_carry_population(tile, i, out);
    for (int i = 0; i < c->feedback; i++) {
        float *row = (out ? c->feedback_after : (float *)c->feedback_before) + (size_t)i * c->batch + tile->from;
        float *lanes = tile->now + ((size_t)c->sources - c->feedback + i) * c->tile;
        memcpy(out ? row : lanes, out ? lanes : row, (size_t)tile->wanted * sizeof(float));
    }
    if (out) {
        memcpy(c->lived_after + tile->from, tile->lived, (size_t)tile->wanted * sizeof(int32_t));
    } else {
        memcpy(tile->lived, c->lived + tile->from, (size_t)tile->wanted * sizeof(int32_t));
        memcpy(tile->next, tile->now, ((size_t)c->sources * c->tile) * sizeof(float));
    }
}

#endif

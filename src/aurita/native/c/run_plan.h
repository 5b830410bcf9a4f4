/* What a run is made of: its populations, where their numbers lie, and the tile of sequences that is run at once.
 *
 * Lanes are pairs of a unit and a sequence, the sequence first: a vector of them makes a block. In wide tiles, of few
 * sequences, a block holds several units, and weights come as vectors, packed sixteen by sixteen whatever the processor
 * has. In the others a block holds one unit and several sequences, and weights are single numbers.
 */
#ifndef AURITA_RUN_PLAN_H
#define AURITA_RUN_PLAN_H

#include "simd.h"

enum { RUN_ATTENTION, RUN_BLOCK, RUN_ECHO, RUN_PHASE, RUN_ANARCHIST, RUN_DIAGONAL };
enum { RUN_LAYER, RUN_RMS, RUN_TANH, RUN_PLAIN };
enum { RUN_RELU, RUN_GELU, RUN_TANHED };
enum { SEEN_OUTPUT, SEEN_HIDDEN, SEEN_CONTEXT, SEEN_SUM, SEEN_AHEAD, SEEN_TARGET, SEEN_ERROR, SEEN_KINDS };
enum { RUN_PARTS = 3 };
enum { PACK = 16 }; /* lanes of what Python packs, and sequences of its tiles that are not wide */

/* Mirrored by `aurita.native._layout`: the order and types of both must agree. */
struct run_population {
    const float *weights;               /* by block, then in the order in which they are used */
    const int32_t *wiring;              /* by block: rows of the sources, or places among them in wide tiles */
    const int32_t *among;               /* neighbours of the neurons of sparse echo units */
    const float *before[RUN_PARTS];     /* state, each part (row, unit, batch) */
    float *after[RUN_PARTS];
    const float *output_before;         /* outputs, (slot, unit, batch) */
    float *output_after;
    int32_t part_rows[RUN_PARTS];
    int32_t first[SEEN_KINDS];          /* row of the first feature of each kind, -1 where it is not seen */
    int32_t kind, runs, units, slots, afferents, mixed, leaky;
    int32_t memory, dilation, shifted, masked, heads, width, hidden, ahead, targets;
    int32_t normalisation, activation;
    int32_t fan_in, speaks, by_neuron;  /* of echo units: fan-in is 0 where dense; lanes may be neurons */
    int32_t received;                   /* whether any unit receives what these give */
    int32_t diagonal, states, turning;  /* of diagonal memory units: kind, states, and those with an angle */
    int32_t source;                     /* row of the first output among the sources */
    int32_t numbers;                    /* weights of a unit */
    float clip, scale, leak;
};

struct run_call {
    const struct run_population *populations;
    const float *external;              /* (time, external, batch), clock included */
    const float *teacher;               /* (time, feedback, batch), or none */
    const uint8_t *alive;               /* (time, batch), or none */
    const uint8_t *asked;               /* (time, batch): elsewhere nobody wants features; or none */
    const int32_t *lived;               /* steps that each sequence has lived */
    int32_t *lived_after;
    const float *feedback_before;       /* (feedback, batch) */
    float *feedback_after;
    float *features;                    /* (time, feature, batch), or none */
    float *recorded;                    /* (batch of `group` sequences, row, time, sequence of it), or none */
    const int32_t *kept;                /* the row of each source in what is recorded, -1 for none; NULL: all, in turn */
    const int32_t *late;                /* at which step of its batch each sequence begins; NULL: at the first */
    const float *coefficients;          /* (output, feature) of a readout, whose predictions are fed back, or none */
    const float *intercept;
    float *series;                      /* (time, output, batch) */
    /* Limits on what these predictions stand for, or none: value = prediction * deviation + mean + weights . past. */
    const float *deviation, *mean;      /* (output, batch) */
    const float *carried;               /* (lag), the oldest first */
    float *past;                        /* (lag, output, batch), values */
    int32_t count, steps, batch, tile, wide, outside, sources, feedback, seen, inputs, outputs, time, lags;
    int32_t rows, group;
    float lower, upper;
};

/* One tile: up to `wanted` sequences from `from` on. */
struct run_tile {
    const struct run_call *call;
    float *now, *next;                  /* sources of this step and of the next */
    float **state;                      /* by population; within one by block */
    float *work;                        /* of a group of blocks, `work_size` each */
    size_t work_size;
    float *scratch;                     /* features of a step that only the readout sees */
    float *recent;                      /* (row, step, lane): what is recorded and not written yet: `run_record.h` */
    int32_t *who;                       /* the sequence of each lane of a wide block; of all blocks where not wide */
    int32_t *lived;
    int32_t *alive;                     /* -1 or 0 */
    float *out;                         /* features of this step, or none */
    size_t stride;                      /* from one feature to the next */
    int from, wanted, ragged, time;
    int youngest, oldest;               /* fewest and most steps lived */
    int *held;                          /* by population: steps before the run that memories hold something of */
    float **tails;                      /* by population: of what memories do not hold yet: `run_window.h` */
    int idle;                           /* no features of this step are wanted */
};

INLINE int run_stored(const struct run_population *p) { return p->slots * (p->shifted ? 2 : 1); }
INLINE size_t run_padded(int count) { return ((size_t)count + PACK - 1) / PACK * PACK; }
INLINE int run_by_neuron(const struct run_population *p, const struct run_call *c) { return c->wide && p->by_neuron; }
INLINE int run_blocks(const struct run_population *p, const struct run_call *c) {
    if (run_by_neuron(p, c)) return p->units * c->tile;
    return c->wide ? (p->units * c->tile + LANES - 1) / LANES : p->units;
}
/* Where a wide block begins in packs of `count` rows. */
INLINE size_t run_packed(int block, int count) {
    const int lane = block * LANES;
    return (size_t)(lane / PACK) * count * PACK + lane % PACK;
}
INLINE int run_rows(const struct run_population *p) {
    int rows = 0;
    for (int i = 0; i < RUN_PARTS; i++) rows += p->part_rows[i];
    return rows;
}
/* Numbers of the state of a block. */
INLINE size_t run_block_size(const struct run_population *p, const struct run_call *c) {
    if (run_by_neuron(p, c)) return run_padded(p->slots) * (run_rows(p) / p->slots);
    return (size_t)run_rows(p) * LANES;
}

#endif

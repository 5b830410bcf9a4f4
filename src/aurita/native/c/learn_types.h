/* What the learning kernels are given: one kind of unit, batches of what the sources were, and room to work in.
 *
 * Lanes run over time, and over the batch within a step: lane t * batch + b. Rows of sources, targets and weights have
 * `steps * batch` lanes; whole vectors may be read past the end of each, so that all arrays have slack behind them.
 */
#ifndef AURITA_LEARN_TYPES_H
#define AURITA_LEARN_TYPES_H

#include "diagonal.h"
#include "outer.h"

enum { WIRED = 0, FIXED = 1, LEARNED = 2 };
enum { SQUARES = 0, CROSS_ENTROPY = 1, BROADCAST = 2 };
enum { ADAM = 0, RMSPROP = 1, LION = 2, SGD = 3 };
enum { BY_LAYER = 0, BY_RMS = 1, BY_TANH = 2, BY_NOTHING = 3 };
enum { BY_RELU = 0, BY_GELU = 1, TANHED = 2 };

/* The same for all units of a population. */
typedef struct {
    int32_t slots, afferents, memory, dilation, heads, width, hidden, shifted, masked, targets, horizons;
    int32_t diagonal, states, turning; /* of diagonal memory units: kind, states, and those with an angle */
    int32_t block, normalisation, activation; /* whether units are decoder blocks, and of these */
    int32_t passage, leaky, by_self, by_target, loss, relative, optimiser;
    int32_t batch, steps, first, ranges; /* first: the first step that anything judged depends on */
    float alpha, l2, weight_decay, age_rate, clip, noise;
    const int32_t *horizon;        /* steps ahead */
    const int32_t *range_starts;   /* judged lanes: range r begins at this lane ... */
    const int32_t *range_lengths;  /* ... and has so many */
    const uint8_t *open;           /* (unit, afferent): 0 where a learned passage stays closed; NULL: all are open */
    float *guesses;                /* (unit, target, lane): what heads say at judged lanes is kept here; NULL: nowhere */
    int32_t apart;                 /* whether each unit has a target of its own */
    const float *start;            /* (unit, 2 states, sequence) before the first step; NULL: zeros */
    const float *own_traces;       /* as `learn_traces.h` has them; NULL: what was before is a constant */
    const float *passage_traces;
} Kind;

/* One recorded batch. */
typedef struct {
    const float *sources; /* (source, lane) */
    const float *target;  /* (target, lane), or (unit, target, lane) where each unit has its own */
    const float *scored;  /* (lane): weights, with sum 1 */
    const float *own;     /* (horizon, lane): weights of self-predictions made there, each with sum 1 */
    const float *alive;   /* (lane): 0 before a sequence begins; NULL: all begin with the first step */
    const float *lived;   /* (lane): steps that a sequence lived before; NULL unless ages are masked */
    const float *noise;   /* (slot, lane): normal numbers; NULL where there is none */
    const float *goes_on; /* (lane): 0 where a sequence begins anew from a state of zeros; NULL: nowhere */
} Batch;

/* Vectors of lanes that are judged together: where each begins, and how many of its lanes are its own. */
typedef struct {
    const size_t *lane;
    const int *own;
    int vectors;
} Tile;

/* Where each array begins in the weights of a unit. */
typedef struct {
    int rate, angle, in_re, in_im, rate_w, open_w, open_b, angle_w;
    int embedding, wq, bq, wk, wv, mix, age, w1, b1, w2, b2, scale[2], shift_by[2];
    int wo, bo, ahead_w, ahead_b, target_w, target_b, matrix, shift, rates, unit, total;
    int stored, context, seen, fed, phi, ahead;
} Places;

INLINE Places places_of(const Kind *k) {
    Places p;
    int d = k->slots, at = 0;
    p.stored = d * (k->shifted ? 2 : 1);
    p.context = k->diagonal ? 2 * k->states : k->heads * k->width;
    if (k->block) p.context = k->heads ? d : 0;
    p.seen = d + p.context;
    p.fed = k->block ? d : p.seen; /* what the hidden layer receives */
    p.phi = p.seen + k->hidden;
    p.ahead = (k->horizons - 1) * d;
    int states = k->diagonal ? k->states : 0, gated = k->diagonal >= GATED ? states : 0, attended = k->heads * k->width;
    p.rate = at, at += states;
    p.angle = at, at += k->diagonal ? k->turning : 0;
    p.in_re = at, at += states * d;
    p.in_im = at, at += states * d;
    p.rate_w = at, at += gated * d;
    p.open_w = at, at += gated * d;
    p.open_b = at, at += gated;
    p.angle_w = at, at += k->diagonal == TURNED ? k->turning * d : 0;
    int normalised = k->block && k->normalisation <= BY_RMS, centred = k->block && k->normalisation == BY_LAYER;
    p.embedding = at, at += k->block && k->heads ? k->memory * p.stored : 0;
    p.wq = at, at += attended * d;
    p.bq = at, at += k->block ? 0 : attended;
    p.wk = at, at += attended * p.stored;
    p.wv = at, at += attended * d;
    p.mix = at, at += k->block ? d * attended : 0;
    p.age = at, at += k->block ? 0 : k->heads * k->memory;
    p.w1 = at, at += k->hidden * p.fed;
    p.b1 = at, at += k->hidden;
    p.w2 = at, at += k->block ? d * k->hidden : 0;
    p.b2 = at, at += k->block && k->hidden ? d : 0;
    for (int half = 0; half < 2; half++) {
        int there = half ? k->hidden : k->heads;
        p.scale[half] = at, at += normalised && there ? d : 0;
        p.shift_by[half] = at, at += centred && there ? d : 0;
    }
    p.wo = at, at += k->block ? 0 : d * p.phi;
    p.bo = at, at += k->block ? 0 : d;
    p.ahead_w = at, at += p.ahead * p.phi;
    p.ahead_b = at, at += p.ahead;
    p.target_w = at, at += k->targets * p.phi;
    p.target_b = at, at += k->targets;
    p.unit = at;
    p.matrix = at, at += k->passage == WIRED ? 0 : d * k->afferents;
    p.shift = at, at += k->passage == WIRED ? 0 : d;
    p.total = at;
    p.rates = at; /* leak rates of the slots follow the weights; they do not learn */
    return p;
}

#endif

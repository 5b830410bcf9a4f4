/* Attention of one head over windows of the unit's own inputs, and its gradient. */
#ifndef AURITA_LEARN_ATTENTION_H
#define AURITA_LEARN_ATTENTION_H

#include "learn_types.h"

/* Units of more slots than this, and those with embeddings of age, are served by code for any number. */
#define FEW_SLOTS 8

/* A tile of lanes of one head. Rows are `ld` floats apart, those of the inputs `ld_z`. */
typedef struct {
    int memory, heads, vectors;
    const size_t *lane;         /* of each vector of the tile */
    ptrdiff_t age_step, shift;  /* lanes between two ages, and between an age and the step before it */
    size_t ld, ld_z;
    const float *z;             /* inputs at age 0, of lane 0 */
    const float *query;         /* (stored) */
    const float *bias;          /* (memory), heads apart; not where there are embeddings */
    const float *embedding;     /* (memory, stored), added to what is remembered; NULL: none */
    const float *lived;         /* steps lived before, of lane 0; NULL where all ages take part */
    int dilation;
    float *shares;              /* (memory): exponentials, not divided by their sum */
    float *inverse;             /* one over that sum */
    float *mixed;               /* (slot) */
    const float *d_mixed;       /* gradients, for the way back */
    float *d_query;
    vf *d_bias;                 /* (memory), heads apart */
    vf *d_embedding;
    vf *room;                   /* five for each slot, where slots are many */
    float *d_z;                 /* NULL where the inputs do not depend on weights */
} Head;

/* What is remembered of age `j` in row `s` of the `D` slots, or behind them of the step before. */
INLINE vf entry(const Head *h, const int D, const int SHIFTED, const int EMBEDDED, const float *then, int j, int s) {
    vf x = load(s < D ? then + s * h->ld_z : then + (s - D) * h->ld_z - h->shift);
    return EMBEDDED ? x + splat(h->embedding[j * (SHIFTED ? 2 * D : D) + s]) : x;
}

/* HEADS in turn read each entry once. `room`: three vectors a slot and head. */
INLINE void attend_forward(const int HEADS, const int D, const int SHIFTED, const int EMBEDDED, vf *room,
                           const Head *given) {
    /* Nothing that is stored can be a part of a copy, which stays in registers. */
    const Head own = *given, *h = &own;
    const int stored = SHIFTED ? 2 * D : D;
    const size_t ld = h->ld, shares = h->memory * ld;
    vf *query = room, *mixed = room + 2 * HEADS * D;
    for (int v = 0; v < h->vectors; v++) {
        const float *now = h->z + h->lane[v];
        const size_t at = v * LANES;
#pragma GCC unroll 32
        for (int s = 0; s < HEADS * stored; s++) query[s] = load(h->query + s * ld + at);
        vf most[2] = {splat(-1e30f), splat(-1e30f)}, total[2] = {zeros(), zeros()};
        for (int j = 0; j < h->memory; j++) {
            const float *then = now - j * h->age_step;
            vf score[2];
#pragma GCC unroll 2
            for (int e = 0; e < HEADS; e++) score[e] = EMBEDDED ? zeros() : splat(h->bias[j * h->heads + e]);
#pragma GCC unroll 16
            for (int s = 0; s < stored; s++) {
                const vf x = entry(h, D, SHIFTED, EMBEDDED, then, j, s);
#pragma GCC unroll 2
                for (int e = 0; e < HEADS; e++) score[e] += query[e * stored + s] * x;
            }
#pragma GCC unroll 2
            for (int e = 0; e < HEADS; e++) {
                if (h->lived) {
                    vf lived = load(h->lived + h->lane[v]);
                    score[e] = pick(lived >= splat((float)(j * h->dilation)), score[e], splat(-1e30f));
                }
                most[e] = larger(most[e], score[e]);
                store(h->shares + e * shares + j * ld + at, score[e]);
            }
        }
#pragma GCC unroll 16
        for (int s = 0; s < HEADS * D; s++) mixed[s] = zeros();
        for (int j = 0; j < h->memory; j++) {
            const float *then = now - j * h->age_step;
            vf share[2];
#pragma GCC unroll 2
            for (int e = 0; e < HEADS; e++) {
                float *place = h->shares + e * shares + j * ld + at;
                const vf score = load(place);
                share[e] = exp_below_v(score - most[e]);
                if (h->lived) share[e] = pick(score > splat(-1e29f), share[e], zeros());
                total[e] += share[e];
                store(place, share[e]);
            }
#pragma GCC unroll 8
            for (int s = 0; s < D; s++) {
                const vf x = entry(h, D, SHIFTED, EMBEDDED, then, j, s);
#pragma GCC unroll 2
                for (int e = 0; e < HEADS; e++) mixed[e * D + s] += share[e] * x;
            }
        }
#pragma GCC unroll 2
        for (int e = 0; e < HEADS; e++) {
            /* Before a sequence begins no age takes part. */
            const vf inverse = inverse_v(larger(total[e], splat(1e-30f)));
            store(h->inverse + e * ld + at, inverse);
#pragma GCC unroll 8
            for (int s = 0; s < D; s++) store(h->mixed + (e * D + s) * ld + at, mixed[e * D + s] * inverse);
        }
    }
}

/* `room`: five vectors a slot and head. */
INLINE void attend_backward(const int HEADS, const int D, const int SHIFTED, const int EMBEDDED, const int INTO_Z,
                            vf *room, const Head *given) {
    const Head own = *given, *h = &own;
    const int stored = SHIFTED ? 2 * D : D;
    const size_t ld = h->ld, shares = h->memory * ld;
    vf *query = room, *d_query = room + 2 * HEADS * D, *d_mixed = room + 4 * HEADS * D;
    for (int v = 0; v < h->vectors; v++) {
        const float *now = h->z + h->lane[v];
        const size_t at = v * LANES;
        vf common[2], inverse[2];
#pragma GCC unroll 32
        for (int s = 0; s < HEADS * stored; s++) query[s] = load(h->query + s * ld + at), d_query[s] = zeros();
#pragma GCC unroll 2
        for (int e = 0; e < HEADS; e++) {
            common[e] = zeros(), inverse[e] = load(h->inverse + e * ld + at);
#pragma GCC unroll 8
            for (int s = e * D; s < (e + 1) * D; s++) {
                d_mixed[s] = load(h->d_mixed + s * ld + at);
                common[e] += d_mixed[s] * load(h->mixed + s * ld + at);
            }
        }
        for (int j = 0; j < h->memory; j++) {
            const float *then = now - j * h->age_step;
            vf share[2], d_share[2], d_score[2];
#pragma GCC unroll 2
            for (int e = 0; e < HEADS; e++)
                share[e] = load(h->shares + e * shares + j * ld + at) * inverse[e], d_share[e] = -common[e];
#pragma GCC unroll 8
            for (int s = 0; s < D; s++) {
                const vf x = entry(h, D, SHIFTED, EMBEDDED, then, j, s);
#pragma GCC unroll 2
                for (int e = 0; e < HEADS; e++) d_share[e] += d_mixed[e * D + s] * x;
            }
#pragma GCC unroll 2
            for (int e = 0; e < HEADS; e++) {
                d_score[e] = share[e] * d_share[e];
                if (!EMBEDDED) h->d_bias[j * h->heads + e] += d_score[e];
            }
            float *d_then = INTO_Z ? h->d_z + h->lane[v] - j * h->age_step : NULL;
#pragma GCC unroll 16
            for (int s = 0; s < stored; s++) {
                const vf x = entry(h, D, SHIFTED, EMBEDDED, then, j, s);
#pragma GCC unroll 2
                for (int e = 0; e < HEADS; e++) d_query[e * stored + s] += d_score[e] * x;
                if (!INTO_Z && !EMBEDDED) continue;
                vf gradient = zeros();
#pragma GCC unroll 2
                for (int e = 0; e < HEADS; e++) {
                    gradient += d_score[e] * query[e * stored + s];
                    if (s < D) gradient += share[e] * d_mixed[e * D + s];
                }
                if (EMBEDDED) h->d_embedding[j * stored + s] += gradient;
                if (INTO_Z) {
                    float *place = s < D ? d_then + s * h->ld_z : d_then + (s - D) * h->ld_z - h->shift;
                    store(place, load(place) + gradient);
                }
            }
        }
#pragma GCC unroll 32
        for (int s = 0; s < HEADS * stored; s++) store(h->d_query + s * ld + at, d_query[s]);
    }
}

#define EACH_SLOTS(CALL)  \
    switch (slots) {      \
    case 1: CALL(1) break; \
    case 2: CALL(2) break; \
    case 3: CALL(3) break; \
    case 4: CALL(4) break; \
    case 5: CALL(5) break; \
    case 6: CALL(6) break; \
    case 7: CALL(7) break; \
    default: CALL(8)       \
    }

#define FORWARD(HEADS, D, SHIFTED) { vf room[HEADS * 3 * D]; attend_forward(HEADS, D, SHIFTED, 0, room, h); }
#define BACKWARD(HEADS, D, SHIFTED) { vf room[HEADS * 5 * D]; \
    if (h->d_z) attend_backward(HEADS, D, SHIFTED, 0, 1, room, h); \
    else attend_backward(HEADS, D, SHIFTED, 0, 0, room, h); }
#define PLAIN(D) FORWARD(1, D, 0)
#define SHIFT(D) FORWARD(1, D, 1)
#define PLAIN_BACK(D) BACKWARD(1, D, 0)
#define SHIFT_BACK(D) BACKWARD(1, D, 1)

static void forward_plain(const Head *h, int slots) { EACH_SLOTS(PLAIN) }
static void forward_shifted(const Head *h, int slots) { EACH_SLOTS(SHIFT) }
static void backward_plain(const Head *h, int slots) { EACH_SLOTS(PLAIN_BACK) }
static void backward_shifted(const Head *h, int slots) { EACH_SLOTS(SHIFT_BACK) }

/* Two heads need twice as many registers. */
#if LANES == 16
#define PLAIN_PAIR(D) FORWARD(2, D, 0)
#define PLAIN_PAIR_BACK(D) BACKWARD(2, D, 0)
static void forward_pair(const Head *h, int slots) { EACH_SLOTS(PLAIN_PAIR) }
static void backward_pair(const Head *h, int slots) { EACH_SLOTS(PLAIN_PAIR_BACK) }
#endif

/* How many of the heads that are left are served at once. */
static int attend_at_once(const Head *h, int left, int slots, int shifted) {
    return LANES == 16 && left > 1 && !h->embedding && slots <= FEW_SLOTS && !shifted ? 2 : 1;
}

static void attend_forth(const Head *h, int at_once, int slots, int shifted) {
#if LANES == 16
    if (at_once == 2) {
        forward_pair(h, slots);
        return;
    }
#endif
    (void)at_once;
    if (h->embedding || slots > FEW_SLOTS) attend_forward(1, slots, shifted, h->embedding != NULL, h->room, h);
    else if (shifted) forward_shifted(h, slots);
    else forward_plain(h, slots);
}

static void attend_back(const Head *h, int at_once, int slots, int shifted) {
#if LANES == 16
    if (at_once == 2) {
        backward_pair(h, slots);
        return;
    }
#endif
    (void)at_once;
    if (h->embedding || slots > FEW_SLOTS)
        attend_backward(1, slots, shifted, h->embedding != NULL, h->d_z != NULL, h->room, h);
    else if (shifted) backward_shifted(h, slots);
    else backward_plain(h, slots);
}

#endif

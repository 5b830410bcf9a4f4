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

/* `room`: three vectors a slot. */
INLINE void attend_forward(const int D, const int SHIFTED, const int EMBEDDED, vf *room, const Head *given) {
    /* Nothing that is stored can be a part of a copy, which stays in registers. */
    const Head own = *given, *h = &own;
    const int stored = SHIFTED ? 2 * D : D;
    vf *query = room, *mixed = room + 2 * D;
    for (int v = 0; v < h->vectors; v++) {
        const float *now = h->z + h->lane[v];
#pragma GCC unroll 16
        for (int s = 0; s < stored; s++) query[s] = load(h->query + s * h->ld + v * LANES);
        vf most = splat(-1e30f);
        for (int j = 0; j < h->memory; j++) {
            const float *then = now - j * h->age_step;
            vf score = EMBEDDED ? zeros() : splat(h->bias[j * h->heads]);
#pragma GCC unroll 16
            for (int s = 0; s < stored; s++)
                score += query[s] * entry(h, D, SHIFTED, EMBEDDED, then, j, s);
            if (h->lived) {
                vf lived = load(h->lived + h->lane[v]);
                score = pick(lived >= splat((float)(j * h->dilation)), score, splat(-1e30f));
            }
            most = larger(most, score);
            store(h->shares + j * h->ld + v * LANES, score);
        }
        vf total = zeros();
#pragma GCC unroll 8
        for (int s = 0; s < D; s++) mixed[s] = zeros();
        for (int j = 0; j < h->memory; j++) {
            const float *then = now - j * h->age_step;
            vf score = load(h->shares + j * h->ld + v * LANES);
            vf share = exp_v(score - most);
            if (h->lived) share = pick(score > splat(-1e29f), share, zeros());
            total += share;
            store(h->shares + j * h->ld + v * LANES, share);
#pragma GCC unroll 8
            for (int s = 0; s < D; s++) mixed[s] += share * entry(h, D, SHIFTED, EMBEDDED, then, j, s);
        }
        /* Before a sequence begins no age takes part. */
        vf inverse = splat(1.0f) / larger(total, splat(1e-30f));
        store(h->inverse + v * LANES, inverse);
#pragma GCC unroll 8
        for (int s = 0; s < D; s++) store(h->mixed + s * h->ld + v * LANES, mixed[s] * inverse);
    }
}

/* `room`: five vectors a slot. */
INLINE void attend_backward(const int D, const int SHIFTED, const int EMBEDDED, const int INTO_Z, vf *room,
                            const Head *given) {
    const Head own = *given, *h = &own;
    const int stored = SHIFTED ? 2 * D : D;
    vf *query = room, *d_query = room + 2 * D, *d_mixed = room + 4 * D;
    for (int v = 0; v < h->vectors; v++) {
        const float *now = h->z + h->lane[v];
        vf common = zeros(), inverse = load(h->inverse + v * LANES);
#pragma GCC unroll 16
        for (int s = 0; s < stored; s++) {
            query[s] = load(h->query + s * h->ld + v * LANES);
            d_query[s] = zeros();
        }
#pragma GCC unroll 8
        for (int s = 0; s < D; s++) {
            d_mixed[s] = load(h->d_mixed + s * h->ld + v * LANES);
            common += d_mixed[s] * load(h->mixed + s * h->ld + v * LANES);
        }
        for (int j = 0; j < h->memory; j++) {
            const float *then = now - j * h->age_step;
            vf share = load(h->shares + j * h->ld + v * LANES) * inverse, d_share = -common;
#pragma GCC unroll 8
            for (int s = 0; s < D; s++) d_share += d_mixed[s] * entry(h, D, SHIFTED, EMBEDDED, then, j, s);
            vf d_score = share * d_share;
            if (!EMBEDDED) h->d_bias[j * h->heads] += d_score;
            float *d_then = INTO_Z ? h->d_z + h->lane[v] - j * h->age_step : NULL;
#pragma GCC unroll 16
            for (int s = 0; s < stored; s++) {
                d_query[s] += d_score * entry(h, D, SHIFTED, EMBEDDED, then, j, s);
                if (!INTO_Z && !EMBEDDED) continue;
                vf gradient = d_score * query[s];
                if (s < D) gradient += share * d_mixed[s];
                if (EMBEDDED) h->d_embedding[j * stored + s] += gradient;
                if (INTO_Z) {
                    float *place = s < D ? d_then + s * h->ld_z : d_then + (s - D) * h->ld_z - h->shift;
                    store(place, load(place) + gradient);
                }
            }
        }
#pragma GCC unroll 16
        for (int s = 0; s < stored; s++) store(h->d_query + s * h->ld + v * LANES, d_query[s]);
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

#define FORWARD(D, SHIFTED) { vf room[3 * D]; attend_forward(D, SHIFTED, 0, room, h); }
#define BACKWARD(D, SHIFTED) { vf room[5 * D]; \
    if (h->d_z) attend_backward(D, SHIFTED, 0, 1, room, h); else attend_backward(D, SHIFTED, 0, 0, room, h); }
#define PLAIN(D) FORWARD(D, 0)
#define SHIFT(D) FORWARD(D, 1)
#define PLAIN_BACK(D) BACKWARD(D, 0)
#define SHIFT_BACK(D) BACKWARD(D, 1)

static void forward_plain(const Head *h, int slots) { EACH_SLOTS(PLAIN) }
static void forward_shifted(const Head *h, int slots) { EACH_SLOTS(SHIFT) }
static void backward_plain(const Head *h, int slots) { EACH_SLOTS(PLAIN_BACK) }
static void backward_shifted(const Head *h, int slots) { EACH_SLOTS(SHIFT_BACK) }

static void attend_forth(const Head *h, int slots, int shifted) {
    if (h->embedding || slots > FEW_SLOTS) attend_forward(slots, shifted, h->embedding != NULL, h->room, h);
    else if (shifted) forward_shifted(h, slots);
    else forward_plain(h, slots);
}

static void attend_back(const Head *h, int slots, int shifted) {
    if (h->embedding || slots > FEW_SLOTS)
        attend_backward(slots, shifted, h->embedding != NULL, h->d_z != NULL, h->room, h);
    else if (shifted) backward_shifted(h, slots);
    else backward_plain(h, slots);
}

#endif

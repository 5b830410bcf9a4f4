/* Attention of one head over windows of the unit's own inputs, and its gradient. */
#ifndef AURITA_LEARN_ATTENTION_H
#define AURITA_LEARN_ATTENTION_H

#include "learn_types.h"

#define MOST_SLOTS 8

/* A tile of lanes of one head. Rows are `ld` floats apart, those of the inputs `ld_z`. */
typedef struct {
    int memory, heads, vectors;
    ptrdiff_t age_step, shift;  /* lanes between two ages, and between an age and the step before it */
    size_t ld, ld_z;
    const float *z;             /* inputs at age 0 */
    const float *query;         /* (stored) */
    const float *bias;          /* (memory), heads apart */
    const float *lived;         /* steps lived before, NULL where all ages take part */
    int dilation;
    float *shares;              /* (memory): exponentials, not divided by their sum */
    float *inverse;             /* one over that sum */
    float *mixed;               /* (slot) */
    const float *d_mixed;       /* gradients, for the way back */
    float *d_query;
    vf *d_bias;                 /* (memory), heads apart */
    float *d_z;                 /* NULL where the inputs do not depend on weights */
} Head;

INLINE void attend_forward(const int D, const int SHIFTED, const Head *h) {
    for (int v = 0; v < h->vectors; v++) {
        const float *now = h->z + v * LANES;
        vf query[2 * MOST_SLOTS], mixed[MOST_SLOTS];
#pragma GCC unroll 16
        for (int s = 0; s < (SHIFTED ? 2 * D : D); s++) query[s] = load(h->query + s * h->ld + v * LANES);
        vf most = splat(-1e30f);
        for (int j = 0; j < h->memory; j++) {
            const float *then = now - j * h->age_step;
            vf score = splat(h->bias[j * h->heads]);
#pragma GCC unroll 8
            for (int s = 0; s < D; s++) score += query[s] * load(then + s * h->ld_z);
            if (SHIFTED) {
#pragma GCC unroll 8
                for (int s = 0; s < D; s++) score += query[D + s] * load(then + s * h->ld_z - h->shift);
            }
            if (h->lived) {
                vf lived = load(h->lived + v * LANES);
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
            for (int s = 0; s < D; s++) mixed[s] += share * load(then + s * h->ld_z);
        }
        vf inverse = splat(1.0f) / total;
        store(h->inverse + v * LANES, inverse);
#pragma GCC unroll 8
        for (int s = 0; s < D; s++) store(h->mixed + s * h->ld + v * LANES, mixed[s] * inverse);
    }
}

INLINE void attend_backward(const int D, const int SHIFTED, const int INTO_Z, const Head *h) {
    for (int v = 0; v < h->vectors; v++) {
        const float *now = h->z + v * LANES;
        vf query[2 * MOST_SLOTS], d_query[2 * MOST_SLOTS], d_mixed[MOST_SLOTS], common = zeros();
        vf inverse = load(h->inverse + v * LANES);
#pragma GCC unroll 16
        for (int s = 0; s < (SHIFTED ? 2 * D : D); s++) {
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
            for (int s = 0; s < D; s++) d_share += d_mixed[s] * load(then + s * h->ld_z);
            vf d_score = share * d_share;
            h->d_bias[j * h->heads] += d_score;
            float *d_then = INTO_Z ? h->d_z + v * LANES - j * h->age_step : NULL;
#pragma GCC unroll 8
            for (int s = 0; s < D; s++) {
                d_query[s] += d_score * load(then + s * h->ld_z);
                if (INTO_Z) {
                    float *place = d_then + s * h->ld_z;
                    store(place, load(place) + d_score * query[s] + share * d_mixed[s]);
                }
            }
            if (SHIFTED) {
#pragma GCC unroll 8
                for (int s = 0; s < D; s++) {
                    d_query[D + s] += d_score * load(then + s * h->ld_z - h->shift);
                    if (INTO_Z) {
                        float *place = d_then + s * h->ld_z - h->shift;
                        store(place, load(place) + d_score * query[D + s]);
                    }
                }
            }
        }
#pragma GCC unroll 16
        for (int s = 0; s < (SHIFTED ? 2 * D : D); s++) store(h->d_query + s * h->ld + v * LANES, d_query[s]);
    }
}

static void forward_plain(const Head *h, int slots);
static void forward_shifted(const Head *h, int slots);
static void backward_plain(const Head *h, int slots);
static void backward_shifted(const Head *h, int slots);

#define EACH_SLOTS(CALL) \
    switch (slots) {     \
    case 1: CALL(1)      \
    case 2: CALL(2)      \
    case 3: CALL(3)      \
    case 4: CALL(4)      \
    case 5: CALL(5)      \
    case 6: CALL(6)      \
    case 7: CALL(7)      \
    default: CALL(8)     \
    }

#define PLAIN(D) attend_forward(D, 0, h); break;
#define SHIFT(D) attend_forward(D, 1, h); break;
#define PLAIN_BACK(D) if (h->d_z) attend_backward(D, 0, 1, h); else attend_backward(D, 0, 0, h); break;
#define SHIFT_BACK(D) if (h->d_z) attend_backward(D, 1, 1, h); else attend_backward(D, 1, 0, h); break;

static void forward_plain(const Head *h, int slots) { EACH_SLOTS(PLAIN) }
static void forward_shifted(const Head *h, int slots) { EACH_SLOTS(SHIFT) }
static void backward_plain(const Head *h, int slots) { EACH_SLOTS(PLAIN_BACK) }
static void backward_shifted(const Head *h, int slots) { EACH_SLOTS(SHIFT_BACK) }

#endif

/* Units that look for shapes anywhere in a sequence: filters over a dilated window, pooled over all steps.
 *
 * h[k][t] = sum_cj filters[k][c][j] x[receives[c]][t - j dilation]; of every h the mean over t of the soft step
 * clip((h - level) slope + 1/2, 0, 1) at some levels, and the maximum. A linear head on these, standardised, predicts
 * what the sequence is; the unit descends its own loss alone.
 */
#include "simd.h"

#ifndef AURITA_SHAPES_H
#define AURITA_SHAPES_H

#define SHAPES_HIDDEN 8
#define SHAPES_LEVELS 16
#define SHAPES_BLOCK 16 /* steps that are looked at together */

typedef struct {
    const float *values; /* (batch, channel, stride): `left` zeros, the steps, zeros up to a whole vector and one more */
    const int32_t *lengths;
    int32_t batch, channels, stride, left;
    int32_t units, slots, window, levels_count;
    const int32_t *receives; /* (unit, slot); -1 for none */
    const int32_t *dilations;
    const uint8_t *whole; /* whether only windows that are whole count, where sequences are long enough */
    float *filters;       /* (unit, hidden, slot, window) */
    float *levels;        /* (unit, hidden, level) */
    const float *slopes;  /* (unit, hidden, level) */
} Shapes;

typedef struct {
    const float *targets; /* (batch, output) */
    int32_t outputs, cross_entropy, steps, size;
    int32_t every; /* one block of steps in so many is looked at */
    const int32_t *rows; /* (unit, step, size) */
    const float *rates;  /* (step) */
    float head_rate, decay;
    const float *means, *scales; /* (unit, pooled) */
    float *heads;                /* (unit, output, pooled + 1) */
    float *losses;               /* (unit, step) */
    float *gradients;            /* (unit, filters + levels + head) of the last step, or none */
} ShapeTraining;

INLINE vi shapes_steps(int t) {
    vi steps;
    for (int i = 0; i < LANES; i++) steps[i] = t + i;
    return steps;
}

#endif

/* The first step that counts. */
static int NAME(shapes_start)(const Shapes *s, int unit, int length) {
    int field = (s->window - 1) * s->dilations[unit];
    return s->whole[unit] && 2 * length > 3 * field ? field : 0;
}

/* The steps of a sequence that are looked at: blocks of sixteen, one in `every`, that hold steps which count. */
typedef struct {
    int start, length, first, every, counted;
} NAME(ShapesSteps);

static NAME(ShapesSteps) NAME(shapes_visited)(int start, int length, int every, int phase) {
    const int from = start / SHAPES_BLOCK, blocks = (length + SHAPES_BLOCK - 1) / SHAPES_BLOCK - from;
    NAME(ShapesSteps) steps = {start, length, (from + phase % every) * SHAPES_BLOCK, every, 0};
    if (phase % every >= blocks) steps.first = from * SHAPES_BLOCK;
    for (int t = steps.first; t < length; t += every * SHAPES_BLOCK) {
        const int last = t + SHAPES_BLOCK < length ? t + SHAPES_BLOCK : length;
        steps.counted += last - (t > start ? t : start);
    }
    return steps;
}

/* Each vector of these steps, `t` its first step and `at` where its values lie in rows of visited steps. */
#define SHAPES_EACH(steps, t, at) \
    for (int block_ = (steps)->first, at = 0; block_ < (steps)->length; block_ += (steps)->every * SHAPES_BLOCK) \
        for (int t = block_; t < block_ + SHAPES_BLOCK; t += LANES, at += LANES)

INLINE vi NAME(shapes_counts)(const NAME(ShapesSteps) *steps, int t) {
    vi each = shapes_steps(t);
    return (each >= steps->start) & (each < steps->length);
}

/* Values of all filters of a unit at these steps. */
static void NAME(shapes_filter)(const Shapes *s, int unit, const float *x, const NAME(ShapesSteps) *steps, float *h,
                                int ld) {
    const int32_t *receives = s->receives + (size_t)unit * s->slots;
    const float *filters = s->filters + (size_t)unit * SHAPES_HIDDEN * s->slots * s->window;
    const int dilation = s->dilations[unit], across = s->slots * s->window;
    SHAPES_EACH(steps, t, at) {
        vf sums[SHAPES_HIDDEN];
        for (int k = 0; k < SHAPES_HIDDEN; k++) sums[k] = zeros();
        for (int c = 0; c < s->slots; c++) {
            if (receives[c] < 0) continue;
            const float *from = x + (size_t)receives[c] * s->stride + s->left + t;
            for (int j = 0; j < s->window; j++) {
                vf given = load(from - j * dilation);
                const float *weights = filters + c * s->window + j;
                for (int k = 0; k < SHAPES_HIDDEN; k++) sums[k] += given * splat(weights[k * across]);
            }
        }
        for (int k = 0; k < SHAPES_HIDDEN; k++) store(h + k * ld + at, sums[k]);
    }
}

/* Pooled values of one filter over these steps; returns where its maximum lies. */
static int NAME(shapes_pool)(const float *h, const NAME(ShapesSteps) *steps, const float *levels, const float *slopes,
                             int count, float *out) {
    vf most = splat(-3e38f), sums[SHAPES_LEVELS];
    vi where = splat_whole(0);
    for (int q = 0; q < count; q++) sums[q] = zeros();
    SHAPES_EACH(steps, t, at) {
        const int whole = t >= steps->start && t + LANES <= steps->length;
        const vi counts = whole ? splat_whole(-1) : NAME(shapes_counts)(steps, t);
        const vf x = load(h + at);
        for (int q = 0; q < count; q++) {
            vf step = (x - splat(levels[q])) * splat(slopes[q]) + splat(0.5f);
            step = smaller(larger(step, zeros()), splat(1.0f));
            sums[q] += whole ? step : pick(counts, step, zeros());
        }
        const vi above = counts & (x > most);
        most = pick(above, x, most);
        where = (above & shapes_steps(at)) | (~above & where);
    }
    for (int q = 0; q < count; q++) out[q] = sum_lanes(sums[q]) / (float)steps->counted;
    int best = 0;
    for (int i = 1; i < LANES; i++) {
        if (most[i] > most[best] || (most[i] == most[best] && where[i] < where[best])) best = i;
    }
    out[count] = most[best];
    return where[best];
}

static int NAME(shapes_width)(const Shapes *s) {
    int longest = 0;
    for (int b = 0; b < s->batch; b++) longest = s->lengths[b] > longest ? s->lengths[b] : longest;
    return (longest + SHAPES_BLOCK - 1) / SHAPES_BLOCK * SHAPES_BLOCK;
}

/* Pooled values of units first..last: out (batch, unit, hidden, levels + 1). Returns 0, or 1 where memory ran out. */
EXPORT int NAME(aurita_shapes_pool)(const Shapes *s, int32_t first, int32_t last, float *out) {
    int ld = NAME(shapes_width)(s), q = s->levels_count, each = SHAPES_HIDDEN * (q + 1);
    if (q > SHAPES_LEVELS) return 2;
    float *h = floats((size_t)SHAPES_HIDDEN * ld);
    if (!h) return 1;
    for (int unit = first; unit < last; unit++)
        for (int b = 0; b < s->batch; b++) {
            int length = s->lengths[b], start = NAME(shapes_start)(s, unit, length);
            const NAME(ShapesSteps) steps = NAME(shapes_visited)(start, length, 1, 0);
            NAME(shapes_filter)(s, unit, s->values + (size_t)b * s->channels * s->stride, &steps, h, ld);
            float *to = out + ((size_t)b * s->units + unit) * each;
            for (int k = 0; k < SHAPES_HIDDEN; k++) {
                size_t place = ((size_t)unit * SHAPES_HIDDEN + k) * q;
                NAME(shapes_pool)(h + k * ld, &steps, s->levels + place, s->slopes + place, q, to + k * (q + 1));
            }
        }
    release(h);
    return 0;
}

/* What the head predicts from one row of pooled values, its loss; `predicted` becomes the gradient of the loss. */
static double NAME(shapes_loss)(const ShapeTraining *l, const float *head, const float *pooled, int count, int row,
                                float *predicted) {
    double loss = 0, total = 0;
    float most = -3e38f;
    const float *wanted = l->targets + (size_t)row * l->outputs;
    for (int o = 0; o < l->outputs; o++) {
        const float *weights = head + (size_t)o * (count + 1);
        float parts[SHAPES_HIDDEN] = {0};
        for (int i = 0; i < count; i += SHAPES_HIDDEN)
            for (int k = 0; k < SHAPES_HIDDEN; k++) parts[k] += weights[i + k] * pooled[i + k];
        float sum = weights[count];
        for (int k = 0; k < SHAPES_HIDDEN; k++) sum += parts[k];
        predicted[o] = sum;
        most = sum > most ? sum : most;
    }
    if (l->cross_entropy) {
        for (int o = 0; o < l->outputs; o++) total += exp((double)(predicted[o] - most));
        for (int o = 0; o < l->outputs; o++) {
            double log_share = predicted[o] - most - log(total);
            loss -= wanted[o] * log_share;
            predicted[o] = (float)exp(log_share) - wanted[o];
        }
    } else {
        for (int o = 0; o < l->outputs; o++) {
            predicted[o] -= wanted[o];
            loss += 0.5 * predicted[o] * predicted[o];
        }
    }
    return loss / l->size;
}

/* Gradient of the loss with regard to the values of a filter, from that with regard to pooled ones; that of levels is
 * added to `d_levels`, a vector each. */
static void NAME(shapes_unpool)(const float *h, float *d_h, const NAME(ShapesSteps) *steps, const float *levels,
                                const float *slopes, int count, const float *d_pooled, int where, float *d_levels) {
    vf sums[SHAPES_LEVELS], each[SHAPES_LEVELS];
    for (int q = 0; q < count; q++) {
        sums[q] = load(d_levels + q * LANES);
        each[q] = splat(d_pooled[q] * slopes[q] / (float)steps->counted);
    }
    SHAPES_EACH(steps, t, at) {
        const int whole = t >= steps->start && t + LANES <= steps->length;
        const vi counts = whole ? splat_whole(-1) : NAME(shapes_counts)(steps, t);
        vf x = load(h + at), back = zeros();
        for (int q = 0; q < count; q++) {
            vf step = (x - splat(levels[q])) * splat(slopes[q]) + splat(0.5f);
            vf given = (vf)(counts & (step > zeros()) & (step < splat(1.0f)) & (vi)each[q]);
            back += given;
            sums[q] -= given;
        }
        store(d_h + at, back);
    }
    for (int q = 0; q < count; q++) store(d_levels + q * LANES, sums[q]);
    d_h[where] += d_pooled[count];
}

/* Adds to the gradients of filters, a vector each: (slot, place in the window, filter). */
static void NAME(shapes_unfilter)(const Shapes *s, int unit, const float *x, const NAME(ShapesSteps) *steps,
                                  const float *d_h, int ld, float *d_filters) {
    const int32_t *receives = s->receives + (size_t)unit * s->slots;
    const int dilation = s->dilations[unit];
    for (int c = 0; c < s->slots; c++) {
        if (receives[c] < 0) continue;
        const float *from = x + (size_t)receives[c] * s->stride + s->left;
        for (int j = 0; j < s->window; j++) {
            float *to = d_filters + (size_t)(c * s->window + j) * SHAPES_HIDDEN * LANES;
            vf sums[SHAPES_HIDDEN];
            for (int k = 0; k < SHAPES_HIDDEN; k++) sums[k] = load(to + k * LANES);
            SHAPES_EACH(steps, t, at) {
                vf given = load(from + t - j * dilation);
                for (int k = 0; k < SHAPES_HIDDEN; k++) sums[k] += given * load(d_h + k * ld + at);
            }
            for (int k = 0; k < SHAPES_HIDDEN; k++) store(to + k * LANES, sums[k]);
        }
    }
}

/* Gradients of filters and levels, from a vector each. */
static void NAME(shapes_gather)(const Shapes *s, const float *vectors, float *g) {
    const int across = s->slots * s->window, levels = SHAPES_HIDDEN * s->levels_count;
    for (int place = 0; place < across; place++)
        for (int k = 0; k < SHAPES_HIDDEN; k++)
            g[k * across + place] = sum_lanes(load(vectors + (size_t)(place * SHAPES_HIDDEN + k) * LANES));
    const float *past = vectors + (size_t)across * SHAPES_HIDDEN * LANES;
    for (int i = 0; i < levels; i++) g[across * SHAPES_HIDDEN + i] = sum_lanes(load(past + (size_t)i * LANES));
}

static void NAME(shapes_adam)(float *w, const float *g, float *first, float *second, int count, float rate, float decay,
                              int step) {
    float left_first = 1 - powf(0.9f, (float)step), left_second = 1 - powf(0.99f, (float)step);
    for (int i = 0; i < count; i++) {
        first[i] = 0.9f * first[i] + 0.1f * g[i];
        second[i] = 0.99f * second[i] + 0.01f * g[i] * g[i];
        w[i] -= rate * (first[i] / left_first / (sqrtf(second[i] / left_second) + 1e-8f) + decay * w[i]);
    }
}

/* Units first..last learn, each alone, from batches of rows of their own. Returns 0, or 1 where memory ran out. */
EXPORT int NAME(aurita_shapes_learn)(const Shapes *s, const ShapeTraining *l, int32_t first, int32_t last) {
    int ld = NAME(shapes_width)(s), q = s->levels_count, each = q + 1, pooled_count = SHAPES_HIDDEN * each;
    if (q > SHAPES_LEVELS) return 2;
    size_t filters = (size_t)SHAPES_HIDDEN * s->slots * s->window, levels = (size_t)SHAPES_HIDDEN * q;
    size_t head = (size_t)l->outputs * (pooled_count + 1), all = filters + levels + head;
    size_t wide = (size_t)SHAPES_HIDDEN * ld, vectors = (filters + levels) * LANES;
    float *room = floats(2 * wide + vectors + 3 * all + 2 * pooled_count + l->outputs);
    if (!room) return 1;
    float *h = room, *d_h = h + wide, *sums = d_h + wide, *g = sums + vectors, *m = g + all, *v = m + all;
    float *pooled = v + all;
    float *d_pooled = pooled + pooled_count, *predicted = d_pooled + pooled_count;
    for (int unit = first; unit < last; unit++) {
        float *own_levels = s->levels + unit * levels, *own_head = l->heads + unit * head;
        const float *slopes = s->slopes + unit * levels, *scales = l->scales + (size_t)unit * pooled_count;
        const float *means = l->means + (size_t)unit * pooled_count;
        memset(m, 0, 2 * all * sizeof *m);
        for (int step = 0; step < l->steps; step++) {
            double loss = 0;
            memset(g, 0, all * sizeof *g);
            memset(sums, 0, vectors * sizeof *sums);
            for (int i = 0; i < l->size; i++) {
                int row = l->rows[((size_t)unit * l->steps + step) * l->size + i], where[SHAPES_HIDDEN];
                int length = s->lengths[row], start = NAME(shapes_start)(s, unit, length);
                const NAME(ShapesSteps) steps = NAME(shapes_visited)(start, length, l->every, step + i);
                const float *x = s->values + (size_t)row * s->channels * s->stride;
                NAME(shapes_filter)(s, unit, x, &steps, h, ld);
                for (int k = 0; k < SHAPES_HIDDEN; k++)
                    where[k] = NAME(shapes_pool)(h + k * ld, &steps, own_levels + k * q, slopes + k * q, q,
                                                      pooled + k * each);
                for (int p = 0; p < pooled_count; p++) pooled[p] = (pooled[p] - means[p]) * scales[p];
                loss += NAME(shapes_loss)(l, own_head, pooled, pooled_count, row, predicted);
                memset(d_pooled, 0, pooled_count * sizeof *d_pooled);
                for (int o = 0; o < l->outputs; o++) {
                    float error = predicted[o] / (float)l->size;
                    float *to = g + filters + levels + o * (size_t)(pooled_count + 1);
                    const float *weights = own_head + o * (size_t)(pooled_count + 1);
                    for (int p = 0; p < pooled_count; p++) {
                        to[p] += error * pooled[p];
                        d_pooled[p] += error * weights[p];
                    }
                    to[pooled_count] += error;
                }
                for (int p = 0; p < pooled_count; p++) d_pooled[p] *= scales[p];
                for (int k = 0; k < SHAPES_HIDDEN; k++)
                    NAME(shapes_unpool)(h + k * ld, d_h + k * ld, &steps, own_levels + k * q, slopes + k * q, q,
                                        d_pooled + k * each, where[k], sums + (filters + k * q) * LANES);
                NAME(shapes_unfilter)(s, unit, x, &steps, d_h, ld, sums);
            }
            NAME(shapes_gather)(s, sums, g);
            l->losses[(size_t)unit * l->steps + step] = (float)loss;
            if (l->gradients) memcpy(l->gradients + unit * all, g, all * sizeof *g);
            float rate = l->rates[step];
            NAME(shapes_adam)(s->filters + unit * filters, g, m, v, (int)filters, rate, 0, step + 1);
            NAME(shapes_adam)(own_levels, g + filters, m + filters, v + filters, (int)levels, rate, 0, step + 1);
            size_t past = filters + levels;
            NAME(shapes_adam)(own_head, g + past, m + past, v + past, (int)head, rate * l->head_rate, l->decay,
                              step + 1);
        }
    }
    release(room);
    return 0;
}

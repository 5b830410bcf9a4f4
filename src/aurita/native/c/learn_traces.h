/* Forward traces: what the states of a stream owe to each weight of their unit, and how that goes on over more steps.
 *
 * In a diagonal recurrence a state depends on its own row of weights alone, so its traces of them are as large as they
 * are; of the passage, which all states share, every state has a trace of each number. Traces are complex, as states
 * are, and follow ds(t)/dw = a(t) ds(t-1)/dw + what step t adds. With G(t), the product of the decays after t, the last
 * one is G(0) a(0) times the first, and the sum over t of G(t) times what step t adds.
 */
#ifndef AURITA_LEARN_TRACES_H
#define AURITA_LEARN_TRACES_H

#include "learn_trail.h"

/* Weights of which each row belongs to a state. */
typedef struct {
    int at, rows, columns;
} OwnRows;
enum { OWN_BLOCKS = 8 };

INLINE void own_rows(const Kind *k, const Places *p, OwnRows *blocks) {
    int n = k->states, d = k->slots, gated = k->diagonal >= GATED ? n : 0, turned = k->diagonal == TURNED;
    const OwnRows all[OWN_BLOCKS] = {{p->rate, n, 1},       {p->angle, k->turning, 1}, {p->in_re, n, d},
                                     {p->in_im, n, d},      {p->rate_w, gated, d},     {p->open_w, gated, d},
                                     {p->open_b, gated, 1}, {p->angle_w, turned ? k->turning : 0, d}};
    memcpy(blocks, all, sizeof all);
}

/* Numbers of a unit: traces of its own weights, one set for each part of a sequence's state; and of its passage. */
INLINE int traces_own(const Places *p) { return p->wq; }
INLINE int traces_passage(const Kind *k, const Places *p) { return k->passage == LEARNED ? p->total - p->matrix : 0; }

/* The gradient of the states before the first step, at the lanes before lane 0 of `d_s`, is one of all that led there.
 */
static void traces_gradient(const Kind *k, const Places *p, const float *own, const float *passage, const float *d_s,
                            size_t ld_z, float *gradient) {
    const size_t n = k->states, batch = k->batch, total = traces_own(p), size = traces_passage(k, p);
    OwnRows blocks[OWN_BLOCKS];
    own_rows(k, p, blocks);
    for (size_t part = 0; part < 2; part++)
        for (size_t b = 0; b < batch; b++) {
            const float *traces = own + (part * batch + b) * total;
            for (int i = 0; i < OWN_BLOCKS; i++)
                for (int row = 0; row < blocks[i].rows; row++) {
                    float slope = d_s[(part * n + row) * ld_z + b - batch];
                    int at = blocks[i].at + row * blocks[i].columns;
                    for (int c = 0; c < blocks[i].columns; c++) gradient[at + c] += slope * traces[at + c];
                }
            for (size_t row = 0; size && row < n; row++) {
                float slope = d_s[(part * n + row) * ld_z + b - batch];
                const float *from = passage + ((part * n + row) * batch + b) * size;
                for (size_t c = 0; c < size; c++) gradient[p->matrix + c] += slope * from[c];
            }
        }
}

/* States over a tile, and for every step what it adds by each weight's row, carried on to the end of the tile; decays
 * become their products over the tile. */
static void trail_follow(Trail *t, const Kind *k, float *state, float *products, int vectors) {
    const int n = k->states, turning = k->turning, ld = TRACES_LD;
    Turns *c = &t->turns;
    float *slopes = t->slopes;
    const float *counted = t->z + k->slots * ld;
    for (int i = 0; i < n; i++)
        for (int v = 0; v < vectors * LANES; v += LANES) {
            const int at = i * ld + v;
            vf kept = load(c->kept + at), factor = load(c->factor + at);
            vi here = load(counted + v) > zeros();
            /* Past the end nothing decays. */
            store(c->d_angle + at, pick(here, kept * load(c->cosine + at), splat(1.0f)));
            store(c->d_open + at, pick(here, kept * load(c->sine + at), zeros()));
            store(slopes + 4 * n * ld + at, factor * load(c->in_re + at));
            store(slopes + 5 * n * ld + at, factor * load(c->in_im + at));
        }
    trail_scans(0, t, k, state, products, vectors);
    for (int i = 0; i < n; i++) {
        const float *kept = c->kept + i * ld, *factor = c->factor + i * ld;
        const float *in_re = c->in_re + i * ld, *in_im = c->in_im + i * ld;
        const float *old_re = t->old + i * ld, *old_im = t->old + (n + i) * ld;
        const float *g_re = c->d_re + i * ld, *g_im = c->d_im + i * ld;
        for (int v = 0; v < vectors * LANES; v += LANES) {
            vf x = load(g_re + v), y = load(g_im + v), s_re = load(old_re + v), s_im = load(old_im + v);
            vf a = load(c->d_angle + i * ld + v), b = load(c->d_open + i * ld + v);
            vf r = load(in_re + v), m = load(in_im + v);
            vf rate = load(c->rate + i * ld + v), gate = load(c->gate + i * ld + v);
            vf scale = load(c->scale + i * ld + v), log_rate = load(c->d_rate + i * ld + v);
            vf turned_re = a * s_re - b * s_im, turned_im = a * s_im + b * s_re;
            vf louder = load(kept + v) * load(kept + v) / scale * rate * gate;
            vi inside = (log_rate > splat(SLOWEST)) & (log_rate < splat(FASTEST));
            vf u_re = pick(inside, louder * r - rate * turned_re, zeros());
            vf u_im = pick(inside, louder * m - rate * turned_im, zeros());
            store(slopes + i * ld + v, x * u_re - y * u_im), store(slopes + (n + i) * ld + v, x * u_im + y * u_re);
            if (i < turning) {
                store(slopes + (2 * n + i) * ld + v, -(x * turned_im) - y * turned_re);
                store(slopes + (3 * n + i) * ld + v, x * turned_re - y * turned_im);
            }
            vf own = load(factor + v), open = scale * gate * (splat(1.0f) - splat(0.5f) * gate);
            store(slopes + (4 * n + i) * ld + v, x * own), store(slopes + (5 * n + i) * ld + v, y * own);
            store(slopes + (6 * n + i) * ld + v, open * (x * r - y * m));
            store(slopes + (7 * n + i) * ld + v, open * (x * m + y * r));
        }
    }
}

INLINE void traces_turn(float *re, float *im, float a, float b, int count) {
    for (int i = 0; i < count; i++) {
        float x = a * re[i] - b * im[i];
        im[i] = a * im[i] + b * re[i], re[i] = x;
    }
}

/* Traces of a unit's own weights after a tile. */
static void trail_own(Trail *t, const Kind *k, const Places *p, const float *products, float *re, float *im,
                      int vectors) {
    const int n = k->states, d = k->slots, gated = k->diagonal >= GATED;
    OwnRows blocks[OWN_BLOCKS];
    own_rows(k, p, blocks);
    for (int i = 0; i < OWN_BLOCKS; i++)
        for (int row = 0; row < blocks[i].rows; row++) {
            int at = blocks[i].at + row * blocks[i].columns;
            traces_turn(re + at, im + at, products[2 * row], products[2 * row + 1], blocks[i].columns);
        }
    /* Slopes 0 to 7: of rates, angles, inputs and gates, real parts and imaginary ones. */
    for (int part = 0; part < 2; part++) {
        float *to = part ? im : re, *other = part ? re : im, sign = part ? -1.0f : 1.0f;
        const struct {
            int slopes, rows, bias, weight;
        } parts[] = {{part, n, p->rate, gated ? p->rate_w : -1},
                     {2 + part, k->turning, p->angle, k->diagonal == TURNED ? p->angle_w : -1},
                     {6 + part, gated ? n : 0, p->open_b, p->open_w}};
        for (int i = 0; i < 3; i++) {
            int columns = parts[i].weight < 0 ? 1 : d + 1;
            const float *x = t->z + (parts[i].weight < 0 ? d : 0) * TRACES_LD;
            dots(t->sums, t->slopes + parts[i].slopes * n * TRACES_LD, x, parts[i].rows, columns, vectors);
            for (int row = 0; row < parts[i].rows; row++) {
                to[parts[i].bias + row] += t->sums[row * columns + columns - 1];
                for (int c = 0; c < columns - 1; c++) to[parts[i].weight + row * d + c] += t->sums[row * columns + c];
            }
        }
        dots(t->sums, t->slopes + (4 + part) * n * TRACES_LD, t->z, n, d, vectors);
        for (int i = 0; i < n * d; i++) {
            to[p->in_re + i] += t->sums[i];
            other[p->in_im + i] += sign * t->sums[i];
        }
    }
}

/* Traces of the passage after a tile, of every state: by what it adds to each slot. */
static void trail_passage(Trail *t, const Kind *k, const Places *p, const float *w, const float *products,
                          float *passage, int vectors) {
    const int n = k->states, d = k->slots, fan_in = k->afferents, gated = k->diagonal >= GATED;
    const size_t size = traces_passage(k, p), row = (size_t)k->batch * size;
    for (int i = 0; i < n; i++) {
        float *re = passage + i * row, *im = passage + (n + i) * row;
        traces_turn(re, im, products[2 * i], products[2 * i + 1], (int)size);
        for (int s = 0; s < d; s++) {
            float a = w[p->in_re + i * d + s], b = w[p->in_im + i * d + s];
            float rate = gated ? w[p->rate_w + i * d + s] : 0, open = gated ? w[p->open_w + i * d + s] : 0;
            float angle = k->diagonal == TURNED && i < k->turning ? w[p->angle_w + i * d + s] : 0;
            for (int v = 0; v < vectors * LANES; v += LANES) {
                const float *from = t->slopes + i * TRACES_LD + v;
                const size_t next = (size_t)n * TRACES_LD;
                vf x = load(from + 4 * next), y = load(from + 5 * next);
                vf sum_re = splat(a) * x - splat(b) * y, sum_im = splat(a) * y + splat(b) * x;
                if (gated) {
                    sum_re += splat(rate) * load(from) + splat(open) * load(from + 6 * next);
                    sum_im += splat(rate) * load(from + next) + splat(open) * load(from + 7 * next);
                }
                if (k->diagonal == TURNED && i < k->turning) {
                    sum_re += splat(angle) * load(from + 2 * next);
                    sum_im += splat(angle) * load(from + 3 * next);
                }
                store(t->through + s * TRACES_LD + v, sum_re), store(t->through + (d + s) * TRACES_LD + v, sum_im);
            }
        }
        dots(t->sums, t->through, t->sources, 2 * d, fan_in + 1, vectors);
        for (int s = 0; s < 2 * d; s++) {
            float *to = s < d ? re : im, *sums = t->sums + s * (fan_in + 1);
            int slot = s < d ? s : s - d;
            for (int a = 0; a < fan_in; a++) to[slot * fan_in + a] += sums[a];
            to[d * fan_in + slot] += sums[fan_in];
        }
    }
}

/* What of `x + i y` is `a + i b` times, added. */
INLINE void traces_add(float *re, float *im, float a, float b, float x, float y) {
    *re += a * x - b * y, *im += a * y + b * x;
}

/* All of it for ungated units. Their decays are the same at every step: so what their weights owe is made of sums over
 * steps of products with G, of what is received and of states before, times numbers that hold for the whole tile. */
static void trail_constant(Trail *t, const Kind *k, const Places *p, const float *w, float *state, float *products,
                           float *re, float *im, float *passage, int count, int vectors) {
    const int n = k->states, d = k->slots, ld = TRACES_LD, learned = k->passage == LEARNED;
    const int fan_in = learned ? k->afferents : d, columns = fan_in + learned;
    float *x = t->slopes + 4 * n * ld, *y = t->slopes + 5 * n * ld, *counted = t->z + d * ld;
    product(x, ld, w + p->in_re, d, 1, NULL, t->z, ld, n, d, vectors, 0);
    product(y, ld, w + p->in_im, d, 1, NULL, t->z, ld, n, d, vectors, 0);
    for (int i = 0; i < n; i++)
        for (int at = i * ld; at < i * ld + vectors * LANES; at += LANES) {
            vf factor = splat(t->factor[i]);
            store(x + at, factor * load(x + at)), store(y + at, factor * load(y + at));
        }
    if (vectors * LANES == count) {
        trail_scans(1, t, k, state, products, vectors);
    } else {
        for (int i = 0; i < n; i++)
            for (int v = 0; v < vectors * LANES; v += LANES) {
                vi here = load(counted + v) > zeros();
                store(t->turns.d_angle + i * ld + v, pick(here, splat(t->decays[i]), splat(1.0f)));
                store(t->turns.d_open + i * ld + v, pick(here, splat(t->decays[n + i]), zeros()));
            }
        trail_scans(0, t, k, state, products, vectors);
    }
    /* Products of G with what is received, real parts and imaginary ones. */
    float *sums_re = t->sums, *sums_im = t->sums + n * columns;
    const float *received = learned ? t->sources : t->z;
    dots(sums_re, t->turns.d_re, received, n, columns, vectors);
    dots(sums_im, t->turns.d_im, received, n, columns, vectors);
    OwnRows blocks[OWN_BLOCKS];
    own_rows(k, p, blocks);
    for (int i = 0; i < OWN_BLOCKS; i++)
        for (int row = 0; row < blocks[i].rows; row++) {
            int at = blocks[i].at + row * blocks[i].columns;
            traces_turn(re + at, im + at, products[2 * row], products[2 * row + 1], blocks[i].columns);
        }
    const size_t size = traces_passage(k, p), next = (size_t)k->batch * size;
    for (int i = 0; i < n; i++) {
        const float a = t->decays[i], b = t->decays[n + i], factor = t->factor[i], rate = t->rates[i];
        vf old_re = zeros(), old_im = zeros();
        for (int v = 0; v < vectors * LANES; v += LANES) {
            const int at = i * ld + v;
            vf g_re = load(t->turns.d_re + at), g_im = load(t->turns.d_im + at), here = load(counted + v);
            vf s_re = here * load(t->old + at), s_im = here * load(t->old + n * ld + at);
            old_re += g_re * s_re - g_im * s_im, old_im += g_re * s_im + g_im * s_re;
        }
        float u = sum_lanes(old_re), v = sum_lanes(old_im), turned_re = a * u - b * v, turned_im = a * v + b * u;
        float *own_re = sums_re + i * columns, *own_im = sums_im + i * columns, in_re = 0, in_im = 0;
        if (learned) {
            float *to_re = passage + i * next, *to_im = passage + (n + i) * next;
            traces_turn(to_re, to_im, products[2 * i], products[2 * i + 1], (int)size);
            for (int s = 0; s < d; s++) {
                float c = factor * w[p->in_re + i * d + s], e = factor * w[p->in_im + i * d + s];
                for (int f = 0; f < columns; f++) {
                    int at = f < fan_in ? s * fan_in + f : d * fan_in + s;
                    traces_add(to_re + at, to_im + at, c, e, own_re[f], own_im[f]);
                }
            }
        }
        for (int s = 0; s < d; s++) {
            float z_re = own_re[s], z_im = own_im[s];
            if (learned) {
                z_re = w[p->shift + s] * own_re[fan_in], z_im = w[p->shift + s] * own_im[fan_in];
                for (int f = 0; f < fan_in; f++) {
                    float weight = w[p->matrix + s * fan_in + f];
                    z_re += weight * own_re[f], z_im += weight * own_im[f];
                }
            }
            int at = i * d + s;
            traces_add(&in_re, &in_im, w[p->in_re + at], w[p->in_im + at], z_re, z_im);
            re[p->in_re + at] += factor * z_re, im[p->in_re + at] += factor * z_im;
            re[p->in_im + at] -= factor * z_im, im[p->in_im + at] += factor * z_re;
        }
        float louder = (a * a + b * b) / factor;
        re[p->rate + i] += rate * (louder * in_re - turned_re), im[p->rate + i] += rate * (louder * in_im - turned_im);
        if (i < k->turning) re[p->angle + i] -= turned_im, im[p->angle + i] += turned_re;
    }
}

/* States and traces of units first..last after the first `steps` steps of a batch, in place.
 *
 * state (unit, 2 states, sequence): real parts, then imaginary ones; own (unit, 2, sequence, weight); passage (unit, 2,
 * state, sequence, number of the passage). Returns 0, or 1 where memory ran out.
 */
EXPORT int NAME(aurita_traces)(const Kind *k, const Batch *b, int32_t steps, int32_t first, int32_t last,
                               const float *weights, const int32_t *afferents, float *state, float *own,
                               float *passage) {
    Places p = places_of(k);
    Trail trail = {0};
    float *products = floats(2 * k->states);
    int fine = trail_open(&trail, k) && products;
    const size_t n = k->states, batch = k->batch, width = p.total + (k->leaky ? k->slots : 0);
    const size_t total = traces_own(&p), size = traces_passage(k, &p);
    const size_t fan_in = k->passage == WIRED ? k->slots : k->afferents;
    for (int u = first; fine && u < last; u++)
        for (size_t s = 0; s < batch; s++) {
            const float *w = weights + u * width;
            if (k->diagonal == UNGATED) strands_constant(k, &p, w, trail.decays, trail.factor, trail.rates);
            float *now = state + u * 2 * n * batch + s, *re = own + (u * 2 * batch + s) * total;
            for (int from = 0; from < steps; from += TRACES_LD) {
                int count = steps - from < TRACES_LD ? steps - from : TRACES_LD, vectors = strands_of(count);
                trail_receive(&trail, k, &p, b, w, afferents + u * fan_in, from, (int)s, count, vectors);
                float *through = passage + (u * 2 * n * batch + s) * size;
                if (k->diagonal == UNGATED) {
                    trail_constant(&trail, k, &p, w, now, products, re, re + batch * total, through, count, vectors);
                    continue;
                }
                turns_coefficients(&trail.turns, k, &p, w, trail.z, TRACES_LD, NULL, TRACES_LD, vectors);
                trail_follow(&trail, k, now, products, vectors);
                trail_own(&trail, k, &p, products, re, re + batch * total, vectors);
                if (size) trail_passage(&trail, k, &p, w, products, through, vectors);
            }
        }
    trail_close(&trail);
    release(products);
    return !fine;
}

#endif

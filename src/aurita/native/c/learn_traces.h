/* Forward traces: what the states of a stream owe to each weight of their unit, and how that goes on over more steps.
 *
 * In a diagonal recurrence a state depends on its own row of weights alone, so its traces of them are as large as they
 * are; of the passage, which all states share, every state has a trace of each number. Traces are complex, as states
 * are, and follow ds(t)/dw = a(t) ds(t-1)/dw + what step t adds. With G(t), the product of the decays after t, the last
 * one is G(0) a(0) times the first, and the sum over t of G(t) times what step t adds.
 */
#ifndef AURITA_LEARN_TRACES_H
#define AURITA_LEARN_TRACES_H

#include "learn_strands.h"

#define TRACES_LD STRANDS_LD

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
INLINE int traces_heard(const Kind *k, const Places *p) { return k->passage == LEARNED ? p->total - p->matrix : 0; }

/* The gradient of the states before the first step, at the lanes before lane 0 of `d_s`, is one of all that led there.
 */
static void traces_gradient(const Kind *k, const Places *p, const float *own, const float *heard, const float *d_s,
                            size_t ld_z, float *gradient) {
    const size_t n = k->states, batch = k->batch, total = traces_own(p), size = traces_heard(k, p);
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
                const float *from = heard + ((part * n + row) * batch + b) * size;
                for (size_t c = 0; c < size; c++) gradient[p->matrix + c] += slope * from[c];
            }
        }
}

/* What one tile of steps of one unit and sequence is worked out in; rows of TRACES_LD, steps in strands. */
typedef struct {
    Turns turns;
    Strand *strands; /* of four states */
    float *decays, *factor, *rates; /* of ungated units */
    float *sources; /* (afferent and a row of ones): what is received, zero where nothing lives */
    float *z;       /* (slot and a row of ones) */
    float *old;     /* (2 states): states before each step */
    float *slopes;  /* (8 states): what each step adds by rate, angle, input and gate, carried on to the end */
    float *through; /* (2 slots): the same by what a slot receives, of one state */
    float *sums;
    float *all;
} Trail;

static int trail_open(Trail *t, const Kind *k) {
    size_t n = k->states, d = k->slots, fan_in = k->afferents, most = fan_in > d ? fan_in + 1 : d + 1;
    size_t high = 2 * n > 2 * d ? 2 * n : 2 * d, state_rows = n / TRACES_LD + 1;
    size_t rows[] = {fan_in + 1, d + 1,          2 * n,      8 * n,     2 * d, high * most / TRACES_LD + 1,
                     2,          2 * state_rows, state_rows, state_rows};
    float *strands, **parts[] = {&t->sources, &t->z,       &t->old,    &t->slopes, &t->through, &t->sums,
                                 &strands,    &t->decays, &t->factor, &t->rates};
    size_t count = sizeof rows / sizeof *rows, total = 0;
    for (size_t i = 0; i < count; i++) total += rows[i] * TRACES_LD;
    t->all = floats(total);
    if (!turns_open(&t->turns, k, TRACES_LD) || !t->all) return 0;
    float *at = t->all;
    for (size_t i = 0; i < count; i++) *parts[i] = at, at += rows[i] * TRACES_LD;
    t->strands = (Strand *)strands;
    return 1;
}

static void trail_close(Trail *t) {
    release(t->turns.all);
    release(t->all);
}

typedef float traces_half __attribute__((vector_size(32)));
typedef float traces_quarter __attribute__((vector_size(16)));

INLINE float sum_tree(vf x) {
    union {
        vf whole;
        traces_half parts[2];
    } first = {.whole = x};
    union {
        traces_half whole;
        traces_quarter parts[2];
    } second = {.whole = first.parts[0] + first.parts[1]};
    traces_quarter last = second.parts[0] + second.parts[1];
    return (last[0] + last[2]) + (last[1] + last[3]);
}

INLINE void dots_block(const int R, const int C, float *out, size_t ld_out, const float *y, const float *x,
                       int vectors) {
    vf sums[4][4];
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
        for (int c = 0; c < C; c++) sums[r][c] = zeros();
    }
    for (int v = 0; v < vectors; v++) {
        vf given[4];
#pragma GCC unroll 4
        for (int c = 0; c < C; c++) given[c] = load(x + c * TRACES_LD + v * LANES);
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
            vf other = load(y + r * TRACES_LD + v * LANES);
#pragma GCC unroll 4
            for (int c = 0; c < C; c++) sums[r][c] += other * given[c];
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
        for (int c = 0; c < C; c++) out[r * ld_out + c] = sum_tree(sums[r][c]);
    }
}

/* out[r][c] = sum over lanes of y[r] x[c]. */
static void dots(float *out, const float *y, const float *x, int rows, int columns, int vectors) {
    for (int r = 0; r < rows;) {
        int high = rows - r >= 4 ? 4 : 1;
        for (int c = 0; c < columns;) {
            int wide = columns - c >= 4 ? 4 : 1;
            float *to = out + (size_t)r * columns + c;
            const float *from = y + r * TRACES_LD, *other = x + c * TRACES_LD;
            if (high == 4 && wide == 4) dots_block(4, 4, to, columns, from, other, vectors);
            else if (high == 4) dots_block(4, 1, to, columns, from, other, vectors);
            else if (wide == 4) dots_block(1, 4, to, columns, from, other, vectors);
            else dots_block(1, 1, to, columns, from, other, vectors);
            c += wide;
        }
        r += high;
    }
}

/* What a sequence's slots receive over a tile of `count` steps from step `from` on. */
static void trail_receive(Trail *t, const Kind *k, const Places *p, const Batch *b, const float *w,
                          const int32_t *afferents, size_t from, int sequence, int count, int vectors) {
    const size_t lanes = (size_t)k->steps * k->batch, first = from * k->batch + sequence;
    const int d = k->slots, fan_in = k->passage == WIRED ? d : k->afferents;
    float *ones = t->sources + fan_in * TRACES_LD;
    memset(t->sources, 0, (fan_in + 1) * TRACES_LD * sizeof *t->sources);
    float alive[TRACES_LD] = {0}, row[TRACES_LD] = {0};
    for (int l = 0; l < count; l++) alive[l] = b->alive ? b->alive[first + (size_t)l * k->batch] : 1.0f;
    strands_in(ones, alive, vectors);
    for (int a = 0; a < fan_in; a++) {
        const float *source = b->sources + afferents[a] * lanes + first;
        for (int l = 0; l < count; l++) row[l] = alive[l] * source[(size_t)l * k->batch];
        strands_in(t->sources + a * TRACES_LD, row, vectors);
    }
    for (int l = 0; l < TRACES_LD; l++) row[l] = l < count;
    strands_in(t->z + d * TRACES_LD, row, vectors);
    if (k->passage == WIRED) {
        memcpy(t->z, t->sources, d * TRACES_LD * sizeof *t->z);
        return;
    }
    product(t->z, TRACES_LD, w + p->matrix, fan_in, 1, NULL, t->sources, TRACES_LD, d, fan_in, vectors, 0);
    for (int s = 0; s < d; s++)
        for (int v = 0; v < vectors * LANES; v += LANES) {
            float *z = t->z + s * TRACES_LD + v;
            store(z, load(z) + splat(w[p->shift + s]) * load(ones + v));
        }
}

/* States of R rows before each step, and products of the decays after each; `d_angle` and `d_open` hold the parts of the
 * decays, or `decays` does, slopes 4 and 5 what is added. */
INLINE void trail_scan(const int R, const int constant, Trail *t, const Kind *k, float *state, float *products, int row,
                       int vectors) {
    const size_t n = k->states, at = (size_t)row * TRACES_LD, half = n * TRACES_LD;
    const float *a = constant ? t->decays + row : t->turns.d_angle + at;
    const float *b = constant ? t->decays + n + row : t->turns.d_open + at;
    float re[4], im[4];
    for (int r = 0; r < R; r++) re[r] = state[(row + r) * k->batch], im[r] = state[(n + row + r) * k->batch];
    scan_rows(R, constant, 0, a, b, t->slopes + 4 * half + at, t->slopes + 5 * half + at, t->old + at,
              t->old + half + at, re, im, t->strands, vectors);
    for (int r = 0; r < R; r++) state[(row + r) * k->batch] = re[r], state[(n + row + r) * k->batch] = im[r];
    scan_products(R, constant, a, b, t->turns.d_re + at, t->turns.d_im + at, products + 2 * row, t->strands, vectors);
}

static void trail_scans(const int constant, Trail *t, const Kind *k, float *state, float *products, int vectors) {
    for (int i = 0; i < k->states;) {
        int rows = k->states - i >= 4 ? 4 : 1;
        if (rows == 4) trail_scan(4, constant, t, k, state, products, i, vectors);
        else trail_scan(1, constant, t, k, state, products, i, vectors);
        i += rows;
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
static void trail_heard(Trail *t, const Kind *k, const Places *p, const float *w, const float *products, float *heard,
                        int vectors) {
    const int n = k->states, d = k->slots, fan_in = k->afferents, gated = k->diagonal >= GATED;
    const size_t size = traces_heard(k, p), row = (size_t)k->batch * size;
    for (int i = 0; i < n; i++) {
        float *re = heard + i * row, *im = heard + (n + i) * row;
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
                           float *re, float *im, float *heard, int count, int vectors) {
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
    /* G and its products with what is received: d_im's rows follow those of d_re only by chance, so in two parts. */
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
    const size_t size = traces_heard(k, p), next = (size_t)k->batch * size;
    for (int i = 0; i < n; i++) {
        const float a = t->decays[i], b = t->decays[n + i], factor = t->factor[i], rate = t->rates[i];
        vf old_re = zeros(), old_im = zeros();
        for (int v = 0; v < vectors * LANES; v += LANES) {
            const int at = i * ld + v;
            vf g_re = load(t->turns.d_re + at), g_im = load(t->turns.d_im + at), here = load(counted + v);
            vf s_re = here * load(t->old + at), s_im = here * load(t->old + n * ld + at);
            old_re += g_re * s_re - g_im * s_im, old_im += g_re * s_im + g_im * s_re;
        }
        float u = sum_tree(old_re), v = sum_tree(old_im), turned_re = a * u - b * v, turned_im = a * v + b * u;
        float *own_re = sums_re + i * columns, *own_im = sums_im + i * columns, in_re = 0, in_im = 0;
        if (learned) {
            float *to_re = heard + i * next, *to_im = heard + (n + i) * next;
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
 * state (unit, 2 states, sequence): real parts, then imaginary ones; own (unit, 2, sequence, weight); heard (unit, 2,
 * state, sequence, number of the passage). Returns 0, or 1 where memory ran out.
 */
EXPORT int NAME(aurita_traces)(const Kind *k, const Batch *b, int32_t steps, int32_t first, int32_t last,
                               const float *weights, const int32_t *afferents, float *state, float *own,
                               float *heard) {
    Places p = places_of(k);
    Trail trail = {0};
    float *products = floats(2 * k->states);
    int fine = trail_open(&trail, k) && products;
    const size_t n = k->states, batch = k->batch, width = p.total + (k->leaky ? k->slots : 0);
    const size_t total = traces_own(&p), size = traces_heard(k, &p);
    const size_t fan_in = k->passage == WIRED ? k->slots : k->afferents;
    for (int u = first; fine && u < last; u++)
        for (size_t s = 0; s < batch; s++) {
            const float *w = weights + u * width;
            if (k->diagonal == UNGATED) strands_constant(k, &p, w, trail.decays, trail.factor, trail.rates);
            float *now = state + u * 2 * n * batch + s, *re = own + (u * 2 * batch + s) * total;
            for (int from = 0; from < steps; from += TRACES_LD) {
                int count = steps - from < TRACES_LD ? steps - from : TRACES_LD, vectors = strands_of(count);
                trail_receive(&trail, k, &p, b, w, afferents + u * fan_in, from, (int)s, count, vectors);
                float *passage = heard + (u * 2 * n * batch + s) * size;
                if (k->diagonal == UNGATED) {
                    trail_constant(&trail, k, &p, w, now, products, re, re + batch * total, passage, count, vectors);
                    continue;
                }
                turns_coefficients(&trail.turns, k, &p, w, trail.z, TRACES_LD, NULL, TRACES_LD, vectors);
                trail_follow(&trail, k, now, products, vectors);
                trail_own(&trail, k, &p, products, re, re + batch * total, vectors);
                if (size) trail_heard(&trail, k, &p, w, products, passage, vectors);
            }
        }
    trail_close(&trail);
    release(products);
    return !fine;
}

#endif

/* The states of a diagonal memory unit over a single long sequence, and the way back: tiles of strands, one a lane.
 *
 * Everything elementwise is done in the order of strands; only inputs, states and their gradients are dealt out.
 * Ungated units have one decay for all steps: what they owe to it is a product of sums, and no step needs an exponential.
 */
#ifndef AURITA_LEARN_STRANDS_H
#define AURITA_LEARN_STRANDS_H

#include "learn_diagonal.h"
#include "learn_scan.h"

/* Tiles whose coefficients are kept from the way forward to the way back. */
#define STRANDS_KEPT 8

typedef struct {
    float *z, *d_z, *alive; /* of a tile, in strands */
    float *x, *y;           /* (2 states) states or their gradients, and states before each step: imaginary parts last */
    float *carried;         /* (2 states) gradients that go on to the tile before */
    float *decays, *factor, *rates; /* (2 states), (states) and (states): of ungated units */
    Strand *strands;        /* of four states */
    float *all;
} Strands;

/* How many tiles of coefficients to have room for. */
INLINE int strands_tiles(const Kind *k) {
    int tiles = (k->steps + STRANDS_LD - 1) / STRANDS_LD;
    return k->batch > 1 || k->diagonal == UNGATED || tiles > STRANDS_KEPT || tiles < 1 ? 1 : tiles;
}

static int strands_open(Strands *s, const Kind *k) {
    size_t n = k->states, d = k->slots;
    float **parts[] = {&s->z, &s->d_z, &s->alive, &s->x, &s->y, &s->carried, &s->decays, &s->factor, &s->rates};
    size_t sizes[] = {d * STRANDS_LD,     d * STRANDS_LD, STRANDS_LD, 2 * n * STRANDS_LD,
                      2 * n * STRANDS_LD, 2 * n,          2 * n,      n,          n};
    size_t count = sizeof sizes / sizeof *sizes, total = 4 * sizeof(Strand) / sizeof(float);
    for (size_t i = 0; i < count; i++) total += (sizes[i] + LANES - 1) / LANES * LANES;
    s->all = floats(total);
    if (!s->all) return 0;
    s->strands = (Strand *)s->all;
    float *at = s->all + 4 * sizeof(Strand) / sizeof(float);
    for (size_t i = 0; i < count; i++) *parts[i] = at, at += (sizes[i] + LANES - 1) / LANES * LANES;
    return 1;
}

/* The coefficients of one tile among those that are kept. */
INLINE Turns strands_turns(const Turns *t, const Kind *k, size_t tile) {
    Turns here = *t;
    float **rows[] = {&here.rate,  &here.kept,  &here.scale,  &here.gate,    &here.factor, &here.sine, &here.cosine,
                      &here.in_re, &here.in_im, &here.d_rate, &here.d_angle, &here.d_open, &here.d_re, &here.d_im};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) *rows[i] += tile * k->states * STRANDS_LD;
    return here;
}

/* Decays and factors of ungated states, and rates, which are zero where they are out of bounds and do not learn. */
INLINE void strands_constant(const Kind *k, const Places *p, const float *w, float *decays, float *factor,
                             float *rates) {
    const int n = k->states;
    for (int i = 0; i < n; i += LANES) {
        float logs[LANES] = {0}, angles[LANES] = {0};
        vf rate, kept, scale, sine, cosine;
        for (int l = 0; l < LANES && i + l < n; l++) {
            logs[l] = w[p->rate + i + l];
            if (i + l < k->turning) angles[l] = w[p->angle + i + l];
        }
        diagonal_decay(load(logs), &rate, &kept, &scale);
        diagonal_turn(load(angles), &sine, &cosine);
        for (int l = 0; l < LANES && i + l < n; l++) {
            int turns = i + l < k->turning;
            decays[i + l] = kept[l] * (turns ? cosine[l] : 1.0f), decays[n + i + l] = turns ? kept[l] * sine[l] : 0.0f;
            factor[i + l] = scale[l], rates[i + l] = logs[l] > SLOWEST && logs[l] < FASTEST ? rate[l] : 0.0f;
        }
    }
}

/* Inputs of a tile in strands, and who lives. */
INLINE const float *strands_inputs(Strands *s, const Kind *k, const float *z, size_t ld_z, const float *alive,
                                   int vectors) {
    for (int i = 0; i < k->slots; i++) strands_in(s->z + i * STRANDS_LD, z + i * ld_z, vectors);
    if (alive) strands_in(s->alive, alive, vectors);
    return alive ? s->alive : NULL;
}

/* What each step adds to the states: of ungated units by itself, of others from their coefficients, with decays. */
INLINE void strands_drives(Strands *s, Turns *t, const Kind *k, const Places *p, const float *w, const float *alive,
                           int vectors) {
    const int n = k->states, d = k->slots;
    if (k->diagonal == UNGATED) {
        product(t->d_re, STRANDS_LD, w + p->in_re, d, 1, NULL, s->z, STRANDS_LD, n, d, vectors, 0);
        product(t->d_im, STRANDS_LD, w + p->in_im, d, 1, NULL, s->z, STRANDS_LD, n, d, vectors, 0);
        for (int i = 0; i < n; i++)
            for (int v = 0; v < vectors * LANES; v += LANES) {
                size_t at = (size_t)i * STRANDS_LD + v;
                vf factor = splat(s->factor[i]);
                if (alive) factor *= load(alive + v);
                store(t->d_re + at, factor * load(t->d_re + at)), store(t->d_im + at, factor * load(t->d_im + at));
            }
        return;
    }
    turns_coefficients(t, k, p, w, s->z, STRANDS_LD, alive, STRANDS_LD, vectors);
    for (int i = 0; i < n; i++)
        for (size_t at = (size_t)i * STRANDS_LD; at < (size_t)i * STRANDS_LD + vectors * LANES; at += LANES) {
            vf factor = load(t->factor + at);
            store(t->d_re + at, factor * load(t->in_re + at)), store(t->d_im + at, factor * load(t->in_im + at));
        }
}

/* Decays of a tile of gated units, as `scan_rows` takes them. */
INLINE void strands_decays(Turns *t, const Kind *k, int vectors) {
    for (int i = 0; i < k->states; i++)
        for (size_t at = (size_t)i * STRANDS_LD; at < (size_t)i * STRANDS_LD + vectors * LANES; at += LANES) {
            vf kept = load(t->kept + at);
            store(t->d_angle + at, kept * load(t->cosine + at)), store(t->d_open + at, kept * load(t->sine + at));
        }
}

/* States of four rows, or of one, by decays of the tile or by one for all steps. */
static void strands_scan(Strands *s, const Turns *t, const Kind *k, int row, int rows, float *re, float *im,
                         int vectors) {
    const size_t at = (size_t)row * STRANDS_LD, n = k->states;
    float *x = s->x + at, *y = s->x + n * STRANDS_LD + at, *d_re = t->d_re + at, *d_im = t->d_im + at;
    const float *a = t->d_angle + at, *b = t->d_open + at, *one = s->decays + row, *other = s->decays + n + row;
    if (k->diagonal == UNGATED && rows == 4)
        scan_rows(4, 1, 1, one, other, d_re, d_im, x, y, re, im, s->strands, vectors);
    else if (k->diagonal == UNGATED)
        scan_rows(1, 1, 1, one, other, d_re, d_im, x, y, re, im, s->strands, vectors);
    else if (rows == 4)
        scan_rows(4, 0, 1, a, b, d_re, d_im, x, y, re, im, s->strands, vectors);
    else
        scan_rows(1, 0, 1, a, b, d_re, d_im, x, y, re, im, s->strands, vectors);
}

static void strands_scan_back(Strands *s, const Turns *t, const Kind *k, int row, int rows, int vectors) {
    const size_t at = (size_t)row * STRANDS_LD, n = k->states;
    float *x = s->x + at, *y = s->x + n * STRANDS_LD + at, *re = s->carried + row, *im = s->carried + n + row;
    const float *a = t->d_angle + at, *b = t->d_open + at, *one = s->decays + row, *other = s->decays + n + row;
    if (k->diagonal == UNGATED && rows == 4)
        scan_rows_back(4, 1, one, other, x, y, re, im, s->strands, vectors);
    else if (k->diagonal == UNGATED)
        scan_rows_back(1, 1, one, other, x, y, re, im, s->strands, vectors);
    else if (rows == 4)
        scan_rows_back(4, 0, a, b, x, y, re, im, s->strands, vectors);
    else
        scan_rows_back(1, 0, a, b, x, y, re, im, s->strands, vectors);
}

/* States at all lanes of one sequence, as `states_forward` gives them. */
static void strands_forward(Strands *s, const Turns *turns, const Kind *k, const Places *p, const float *w,
                            const float *z, float *states, size_t ld_z, const float *alive, size_t lanes) {
    const int n = k->states;
    int kept = (size_t)strands_tiles(k) * STRANDS_LD >= lanes;
    if (k->diagonal == UNGATED) strands_constant(k, p, w, s->decays, s->factor, s->rates);
    for (size_t lane = 0; lane < lanes; lane += STRANDS_LD) {
        int vectors = strands_of(lanes - lane < STRANDS_LD ? (int)(lanes - lane) : STRANDS_LD);
        Turns t = strands_turns(turns, k, kept ? lane / STRANDS_LD : 0);
        const float *here = strands_inputs(s, k, z + lane, ld_z, alive ? alive + lane : NULL, vectors);
        strands_drives(s, &t, k, p, w, here, vectors);
        if (k->diagonal != UNGATED) strands_decays(&t, k, vectors);
        for (int i = 0, rows; i < n; i += rows) {
            float re[4], im[4];
            rows = n - i >= 4 ? 4 : 1;
            for (int r = 0; r < rows; r++)
                re[r] = states[(i + r) * ld_z + lane - 1], im[r] = states[(n + i + r) * ld_z + lane - 1];
            strands_scan(s, &t, k, i, rows, re, im, vectors);
        }
        for (int i = 0; i < 2 * n; i++) strands_out(states + i * ld_z + lane, s->x + i * STRANDS_LD, vectors);
    }
}

/* Of ungated units: slopes of angles and rates gather over all tiles, those of inputs as for other kinds. */
static void strands_constant_slopes(Strands *s, Turns *t, const Kind *k, const Places *p, const float *alive, float *sums,
                                    int vectors) {
    const int n = k->states, ld = STRANDS_LD;
    for (int i = 0; i < n; i++) {
        vf d_a = zeros(), d_b = zeros(), factor = splat(s->factor[i]);
        for (int at = i * ld; at < i * ld + vectors * LANES; at += LANES) {
            vf x = load(s->x + at), y = load(s->x + n * ld + at);
            vf old_re = load(s->y + at), old_im = load(s->y + n * ld + at);
            d_a += x * old_re + y * old_im, d_b += y * old_re - x * old_im;
            vf own = alive ? factor * load(alive + at - i * ld) : factor;
            store(t->d_re + at, x * own), store(t->d_im + at, y * own);
        }
        vf a = splat(s->decays[i]), b = splat(s->decays[n + i]);
        sums[p->rate + i] -= s->rates[i] * sum_lanes(d_a * a + d_b * b);
        if (i < k->turning) sums[p->angle + i] += sum_lanes(d_b * a - d_a * b);
    }
}

/* What rates owe to the drive: from the gradients of the inputs' weights over all tiles. */
static void strands_constant_rates(const Strands *s, const Kind *k, const Places *p, const float *w, float *sums) {
    for (int i = 0; i < k->states; i++) {
        float drive = 0;
        float a = s->decays[i], b = s->decays[k->states + i], scale = s->factor[i];
        for (int at = i * k->slots; at < (i + 1) * k->slots; at++)
            drive += w[p->in_re + at] * sums[p->in_re + at] + w[p->in_im + at] * sums[p->in_im + at];
        sums[p->rate + i] += drive * (s->rates[i] * (a * a + b * b) / (scale * scale));
    }
}

/* All the way back over one sequence, as `states_backward` goes; the gradients before lane 0 are those of the start. */
static void strands_backward(Strands *s, const Turns *turns, const Kind *k, const Places *p, const float *w,
                             const float *z, const float *states, float *d_s, float *d_z, size_t ld_z,
                             const float *alive, size_t lanes, float *sums) {
    const int n = k->states, ld = STRANDS_LD, ungated = k->diagonal == UNGATED;
    int kept = (size_t)strands_tiles(k) * STRANDS_LD >= lanes;
    memset(s->carried, 0, 2 * n * sizeof *s->carried);
    for (size_t tile = (lanes + ld - 1) / ld; tile-- > 0;) {
        size_t lane = tile * ld;
        int vectors = strands_of(lanes - lane < STRANDS_LD ? (int)(lanes - lane) : STRANDS_LD);
        Turns t = strands_turns(turns, k, kept ? tile : 0);
        const float *here = strands_inputs(s, k, z + lane, ld_z, alive ? alive + lane : NULL, vectors);
        if (!ungated && !kept) strands_drives(s, &t, k, p, w, here, vectors), strands_decays(&t, k, vectors);
        for (int i = 0; i < 2 * n; i++) {
            strands_in(s->x + i * ld, d_s + i * ld_z + lane, vectors);
            strands_in(s->y + i * ld, states + i * ld_z + lane - 1, vectors);
        }
        for (int i = 0, rows; i < n; i += rows) strands_scan_back(s, &t, k, i, rows = n - i >= 4 ? 4 : 1, vectors);
        if (ungated) strands_constant_slopes(s, &t, k, p, here, sums, vectors);
        for (int i = 0; !ungated && i < n; i++)
            for (int v = 0; v < vectors * LANES; v += LANES) {
                const float *x = s->x + i * ld + v, *y = s->y + i * ld + v;
                turns_slopes(&t, (size_t)i * ld + v, load(x), load(x + n * ld), load(y), load(y + n * ld),
                             here ? load(here + v) : splat(1.0f));
            }
        if (d_z) memset(s->d_z, 0, k->slots * ld * sizeof *s->d_z);
        turns_gradients(&t, k, p, w, s->z, d_z ? s->d_z : NULL, ld, ld, vectors, sums);
        for (int i = 0; d_z && i < k->slots; i++) {
            float *to = d_z + i * ld_z + lane;
            strands_out(s->z, s->d_z + i * ld, vectors);
            for (int v = 0; v < vectors * LANES; v += LANES) store(to + v, load(to + v) + load(s->z + v));
        }
    }
    if (ungated) strands_constant_rates(s, k, p, w, sums);
    for (int i = 0; i < 2 * n; i++) d_s[i * ld_z - 1] += s->carried[i];
}

#endif

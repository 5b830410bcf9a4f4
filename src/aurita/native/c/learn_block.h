/* What a decoder block has beside its attention: normalisation, activations, and their gradients, over tiles of lanes. */
#ifndef AURITA_LEARN_BLOCK_H
#define AURITA_LEARN_BLOCK_H

#include "learn_types.h"

/* Rows of a tile; those of two halves are attention's first. */
typedef struct {
    float *now, *inner, *values, *d_values, *d; /* input and embedding; before the activation; by heads; gradient */
    float *out[2], *hat[2], *inverse[2];        /* result, what scales multiply, one over the deviation */
    float *all;
} Block;

static int block_open(Block *b, const Kind *k, size_t ld) {
    size_t d = k->slots, wide = (size_t)k->heads * k->width;
    b->all = floats((6 * d + k->hidden + 2 * wide + 2) * ld);
    if (!b->all) return 0;
    float *at = b->all;
    b->now = at, at += d * ld;
    b->d = at, at += d * ld;
    b->inner = at, at += k->hidden * ld;
    b->values = at, at += wide * ld;
    b->d_values = at, at += wide * ld;
    for (int half = 0; half < 2; half++) {
        b->out[half] = at, at += d * ld;
        b->hat[half] = at, at += d * ld;
        b->inverse[half] = at, at += ld;
    }
    return 1;
}

/* Normalise the result of a half in place. */
static void normalise(const Block *b, const Kind *k, const Places *p, const float *w, int half, size_t ld,
                      int vectors) {
    const int d = k->slots, centred = k->normalisation == BY_LAYER;
    const float *scale = w + p->scale[half], *shift = w + p->shift_by[half];
    float *x = b->out[half], *hat = b->hat[half];
    if (k->normalisation == BY_NOTHING) return;
    for (int v = 0; v < vectors * LANES; v += LANES) {
        if (k->normalisation == BY_TANH) {
            for (int s = 0; s < d; s++) store(x + s * ld + v, tanh_v(load(x + s * ld + v)));
            continue;
        }
        vf mean = zeros(), square = zeros();
        for (int s = 0; centred && s < d; s++) mean += load(x + s * ld + v);
        mean /= splat((float)d);
        for (int s = 0; s < d; s++) {
            vf off = load(x + s * ld + v) - mean;
            square += off * off;
        }
        vf inverse = splat(1.0f) / root_v(square / splat((float)d) + splat(1e-5f));
        store(b->inverse[half] + v, inverse);
        for (int s = 0; s < d; s++) {
            vf y = (load(x + s * ld + v) - mean) * inverse;
            store(hat + s * ld + v, y);
            store(x + s * ld + v, y * splat(scale[s]) + (centred ? splat(shift[s]) : zeros()));
        }
    }
}

/* The gradient `b->d` of a normalised result becomes that of what was normalised; `sums` gains that of the weights. */
static void unnormalise(const Block *b, const Kind *k, const Places *p, const float *w, int half, size_t ld,
                        int vectors, vf *sums) {
    const int d = k->slots, centred = k->normalisation == BY_LAYER;
    const float *scale = w + p->scale[half], *hat = b->hat[half];
    if (k->normalisation == BY_NOTHING) return;
    for (int v = 0; v < vectors * LANES; v += LANES) {
        vf mean = zeros(), along = zeros(), inverse = load(b->inverse[half] + v);
        for (int s = 0; s < d; s++) {
            vf given = load(b->d + s * ld + v), y = load(hat + s * ld + v);
            if (k->normalisation == BY_TANH) {
                vf out = load(b->out[half] + s * ld + v);
                store(b->d + s * ld + v, given * (splat(1.0f) - out * out));
                continue;
            }
            sums[p->scale[half] + s] += given * y;
            if (centred) sums[p->shift_by[half] + s] += given;
            given *= splat(scale[s]);
            store(b->d + s * ld + v, given);
            if (centred) mean += given;
            along += given * y;
        }
        if (k->normalisation == BY_TANH) continue;
        mean /= splat((float)d), along /= splat((float)d);
        for (int s = 0; s < d; s++) {
            float *place = b->d + s * ld + v;
            store(place, inverse * (load(place) - mean - load(hat + s * ld + v) * along));
        }
    }
}

#define GELU_ROOT 0.7978845608028654f
#define GELU_CUBE 0.044715f

INLINE vf activated(vf x, int activation) {
    if (activation == TANHED) return tanh_v(x);
    if (activation == BY_RELU) return larger(zeros(), x);
    vf inner = splat(GELU_ROOT) * (x + splat(GELU_CUBE) * (x * x * x));
    return x * (splat(0.5f) * (splat(1.0f) + tanh_v(inner)));
}

/* Slope of the activation at `x`, where its value is `y`. */
INLINE vf activation_slope(vf x, vf y, int activation) {
    if (activation == TANHED) return splat(1.0f) - y * y;
    if (activation == BY_RELU) return pick(x > zeros(), splat(1.0f), zeros());
    vf bent = tanh_v(splat(GELU_ROOT) * (x + splat(GELU_CUBE) * (x * x * x)));
    vf steep = splat(GELU_ROOT) * (splat(1.0f) + splat(3 * GELU_CUBE) * (x * x));
    return splat(0.5f) * (splat(1.0f) + bent + x * (splat(1.0f) - bent * bent) * steep);
}

#endif

/* Scans of a diagonal recurrence over steps of one sequence, as strands side by side, one a lane.
 *
 * A tile of V steps a lane is laid out so that lane l of vector j has step l V + j: each lane is a strand of V steps in
 * a row. A strand's effect on the state is its own end, from zero, and the product of its decays; the ends are put
 * together one after the other, and the strands are gone through again from their true starts. Rows are of STRANDS_LD.
 */
#ifndef AURITA_LEARN_SCAN_H
#define AURITA_LEARN_SCAN_H

#include "simd.h"

#define STRANDS_LD (8 * LANES)

/* Steps of a strand of a tile of `count` steps: 1, 2, 4 or 8. */
INLINE int strands_of(int count) {
    int vectors = 1;
    while (vectors * LANES < count) vectors *= 2;
    return vectors;
}

#if LANES == 16
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif LANES == 8
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define ODD 1, 3, 5, 7, 9, 11, 13, 15
#define LOW 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH 4, 12, 5, 13, 6, 14, 7, 15
#else
#define EVEN 0, 2, 4, 6
#define ODD 1, 3, 5, 7
#define LOW 0, 4, 1, 5
#define HIGH 2, 6, 3, 7
#endif
INLINE vf mixed_even(vf x, vf y) { return MIXED(x, y, EVEN); }
INLINE vf mixed_odd(vf x, vf y) { return MIXED(x, y, ODD); }
INLINE vf mixed_low(vf x, vf y) { return MIXED(x, y, LOW); }
INLINE vf mixed_high(vf x, vf y) { return MIXED(x, y, HIGH); }

/* Where vector j is after steps have been dealt out to halves of halves: its bits reversed. */
INLINE int strands_place(int j, int vectors) {
    return vectors == 8 ? (j & 1) << 2 | (j & 2) | (j & 4) >> 2 : vectors == 4 ? (j & 1) << 1 | (j & 2) >> 1 : j;
}

INLINE void strands_in_of(const int V, float *out, const float *in) {
    vf held[8], next[8];
#pragma GCC unroll 8
    for (int j = 0; j < V; j++) held[j] = load(in + j * LANES);
#pragma GCC unroll 3
    for (int block = V; block > 1; block /= 2) {
#pragma GCC unroll 8
        for (int first = 0; first < V; first += block) {
#pragma GCC unroll 4
            for (int i = 0; i < block / 2; i++) {
                vf x = held[first + 2 * i], y = held[first + 2 * i + 1];
                next[first + i] = mixed_even(x, y), next[first + block / 2 + i] = mixed_odd(x, y);
            }
        }
#pragma GCC unroll 8
        for (int j = 0; j < V; j++) held[j] = next[j];
    }
#pragma GCC unroll 8
    for (int j = 0; j < V; j++) store(out + j * LANES, held[strands_place(j, V)]);
}

INLINE void strands_out_of(const int V, float *out, const float *in) {
    vf held[8], next[8];
#pragma GCC unroll 8
    for (int j = 0; j < V; j++) held[j] = load(in + strands_place(j, V) * LANES);
#pragma GCC unroll 3
    for (int block = 2; block <= V; block *= 2) {
#pragma GCC unroll 8
        for (int first = 0; first < V; first += block) {
#pragma GCC unroll 4
            for (int i = 0; i < block / 2; i++) {
                vf x = held[first + i], y = held[first + block / 2 + i];
                next[first + 2 * i] = mixed_low(x, y), next[first + 2 * i + 1] = mixed_high(x, y);
            }
        }
#pragma GCC unroll 8
        for (int j = 0; j < V; j++) held[j] = next[j];
    }
#pragma GCC unroll 8
    for (int j = 0; j < V; j++) store(out + j * LANES, held[j]);
}

/* One row from the order of steps to that of strands, and back. */
static void strands_in(float *out, const float *in, int vectors) {
    if (vectors == 8) strands_in_of(8, out, in);
    else if (vectors == 4) strands_in_of(4, out, in);
    else if (vectors == 2) strands_in_of(2, out, in);
    else store(out, load(in));
}

static void strands_out(float *out, const float *in, int vectors) {
    if (vectors == 8) strands_out_of(8, out, in);
    else if (vectors == 4) strands_out_of(4, out, in);
    else if (vectors == 2) strands_out_of(2, out, in);
    else store(out, load(in));
}

/* Ends of strands that begin at zero, and products of their decays. */
typedef struct {
    float p_re[LANES], p_im[LANES], q_re[LANES], q_im[LANES];
} Strand;

/* Decays `a + i b` of R states, rows of STRANDS_LD, or one for all steps of each where they are `constant`. */
INLINE void strand_decay(const int constant, const float *a, const float *b, int row, int vector, vf *x, vf *y) {
    if (constant) *x = splat(a[row]), *y = splat(b[row]);
    else *x = load(a + row * STRANDS_LD + vector * LANES), *y = load(b + row * STRANDS_LD + vector * LANES);
}

/* From the ends of strands that begin at zero, `q`, and the products of their decays, `p`, to the true start of each,
 * in `q`: one strand after the other from `re` and `im` on, or `back` from the last one. */
INLINE void strands_carry(const int R, const int back, const vf *p_re, const vf *p_im, vf *q_re, vf *q_im, float *re,
                          float *im, Strand *strands) {
    float now_re[4], now_im[4];
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
        store(strands[r].p_re, p_re[r]), store(strands[r].p_im, p_im[r]);
        store(strands[r].q_re, q_re[r]), store(strands[r].q_im, q_im[r]);
        now_re[r] = re[r], now_im[r] = im[r];
    }
    for (int i = 0; i < LANES; i++) {
        const int l = back ? LANES - 1 - i : i;
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
            Strand *own = strands + r;
            float old_re = now_re[r], old_im = now_im[r], end_re = own->q_re[l], end_im = own->q_im[l];
            own->q_re[l] = old_re, own->q_im[l] = old_im;
            now_re[r] = own->p_re[l] * old_re + (end_re - own->p_im[l] * old_im);
            now_im[r] = own->p_re[l] * old_im + (end_im + own->p_im[l] * old_re);
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
        re[r] = now_re[r], im[r] = now_im[r];
        q_re[r] = load(strands[r].q_re), q_im[r] = load(strands[r].q_im);
    }
}

/* States of R rows, from `re` and `im`, which move on to the last step; `after`: each step's own, else the one before.
 *
 * `s' = (a + i b) s + x + i y`; `strands` keeps the products of the decays. */
INLINE void scan_rows(const int R, const int constant, const int after, const float *a, const float *b, const float *x,
                      const float *y, float *out_re, float *out_im, float *re, float *im, Strand *strands,
                      int vectors) {
    vf p_re[4], p_im[4], q_re[4], q_im[4];
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) p_re[r] = splat(1.0f), p_im[r] = q_re[r] = q_im[r] = zeros();
    for (int j = 0; j < vectors; j++) {
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
            const int at = r * STRANDS_LD + j * LANES;
            vf c, s, old_re = q_re[r], old_p = p_re[r];
            strand_decay(constant, a, b, r, j, &c, &s);
            q_re[r] = c * old_re + (load(x + at) - s * q_im[r]), q_im[r] = c * q_im[r] + (load(y + at) + s * old_re);
            p_re[r] = c * old_p - s * p_im[r], p_im[r] = c * p_im[r] + s * old_p;
        }
    }
    strands_carry(R, 0, p_re, p_im, q_re, q_im, re, im, strands);
    for (int j = 0; j < vectors; j++) {
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
            const int at = r * STRANDS_LD + j * LANES;
            vf c, s, old_re = q_re[r];
            strand_decay(constant, a, b, r, j, &c, &s);
            if (!after) store(out_re + at, q_re[r]), store(out_im + at, q_im[r]);
            q_re[r] = c * old_re + (load(x + at) - s * q_im[r]), q_im[r] = c * q_im[r] + (load(y + at) + s * old_re);
            if (after) store(out_re + at, q_re[r]), store(out_im + at, q_im[r]);
        }
    }
}

/* Gradients of states of R rows, in place: each passes its own, times the conjugate of the decay, on to the step before;
 * `re` and `im` are what comes from the step after the last, and become what goes to the one before the first. */
INLINE void scan_rows_back(const int R, const int constant, const float *a, const float *b, float *x, float *y,
                           float *re, float *im, Strand *strands, int vectors) {
    vf p_re[4], p_im[4], q_re[4], q_im[4];
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) p_re[r] = splat(1.0f), p_im[r] = q_re[r] = q_im[r] = zeros();
    for (int j = vectors - 1; j >= 0; j--) {
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
            const int at = r * STRANDS_LD + j * LANES;
            vf c, s, old_p = p_re[r], g_re = load(x + at) + q_re[r], g_im = load(y + at) + q_im[r];
            strand_decay(constant, a, b, r, j, &c, &s);
            q_re[r] = c * g_re + s * g_im, q_im[r] = c * g_im - s * g_re;
            p_re[r] = c * old_p + s * p_im[r], p_im[r] = c * p_im[r] - s * old_p;
        }
    }
    strands_carry(R, 1, p_re, p_im, q_re, q_im, re, im, strands);
    for (int j = vectors - 1; j >= 0; j--) {
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
            const int at = r * STRANDS_LD + j * LANES;
            vf c, s, g_re = load(x + at) + q_re[r], g_im = load(y + at) + q_im[r];
            strand_decay(constant, a, b, r, j, &c, &s);
            store(x + at, g_re), store(y + at, g_im);
            q_re[r] = c * g_re + s * g_im, q_im[r] = c * g_im - s * g_re;
        }
    }
}

/* Products of the decays after each step of R rows, from those of whole strands; `whole` (2 R): of all of them. */
INLINE void scan_products(const int R, const int constant, const float *a, const float *b, float *out_re, float *out_im,
                          float *whole, Strand *strands, int vectors) {
    vf g_re[4], g_im[4];
    for (int r = 0; r < R; r++) whole[2 * r] = 1, whole[2 * r + 1] = 0;
    for (int l = LANES - 1; l >= 0; l--) {
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
            Strand *own = strands + r;
            float x = whole[2 * r], y = whole[2 * r + 1];
            own->q_re[l] = x, own->q_im[l] = y;
            whole[2 * r] = own->p_re[l] * x - own->p_im[l] * y, whole[2 * r + 1] = own->p_re[l] * y + own->p_im[l] * x;
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) g_re[r] = load(strands[r].q_re), g_im[r] = load(strands[r].q_im);
    for (int j = vectors - 1; j >= 0; j--) {
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
            const int at = r * STRANDS_LD + j * LANES;
            vf c, s, x = g_re[r];
            strand_decay(constant, a, b, r, j, &c, &s);
            store(out_re + at, x), store(out_im + at, g_im[r]);
            g_re[r] = c * x - s * g_im[r], g_im[r] = c * g_im[r] + s * x;
        }
    }
}

#endif

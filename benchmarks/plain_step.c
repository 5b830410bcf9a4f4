/* A step of attention units written by hand for one size, as a limit for `step.py`: M=8, D=4, H=2, 16 hidden.
 *
 * Lanes last, a vector at a time: lane unit * B + b. With B = 1 weights are (row, lane), otherwise (row, unit).
 */
#include "simd.h"

enum { D = 4, M = 8, H = 2, F = 16, SEEN = D + H * D };

typedef struct {
    const float *query_w, *query_b, *wv, *age, *w1, *b1, *wo, *bo;
} Weights;

#define W(array, row) (wide ? load(w->array + (row) * stride + at) : splat(w->array[(row) * stride + at]))

INLINE void block(const int wide, const Weights *w, int stride, int at, int t, const vf x[D], float *ring, int lanes,
                  int lane, vf y[D]) {
    vf phi[SEEN + F];
    for (int i = 0; i < D; i++) {
        phi[i] = x[i];
        store(ring + ((t % M) * D + i) * lanes + lane, x[i]);
    }
    for (int h = 0; h < H; h++) {
        vf query[D], score[M], most = splat(-1e30f), total = zeros(), mixed[D] = {zeros()};
        for (int i = 0; i < D; i++) {
            query[i] = W(query_b, h * D + i), mixed[i] = zeros();
            for (int k = 0; k < D; k++) query[i] += W(query_w, (h * D + i) * D + k) * x[k];
        }
        for (int j = 0; j < M; j++) {
            const float *then = ring + ((t + M - j) % M) * D * lanes + lane;
            score[j] = W(age, j * H + h);
            for (int i = 0; i < D; i++) score[j] += query[i] * load(then + i * lanes);
            most = larger(most, score[j]);
        }
        for (int j = 0; j < M; j++) {
            const float *then = ring + ((t + M - j) % M) * D * lanes + lane;
            vf share = exp_v(score[j] - most);
            total += share;
            for (int i = 0; i < D; i++) mixed[i] += share * load(then + i * lanes);
        }
        vf inverse = splat(1) / total;
        for (int e = 0; e < D; e++) {
            vf context = zeros();
            for (int i = 0; i < D; i++) context += W(wv, (h * D + e) * D + i) * mixed[i];
            phi[D + h * D + e] = context * inverse;
        }
    }
    for (int k = 0; k < F; k++) {
        vf hidden = W(b1, k);
        for (int i = 0; i < SEEN; i++) hidden += W(w1, k * SEEN + i) * phi[i];
        phi[SEEN + k] = tanh_v(hidden);
    }
    for (int o = 0; o < D; o++) {
        y[o] = W(bo, o);
        for (int i = 0; i < SEEN + F; i++) y[o] += W(wo, o * (SEEN + F) + i) * phi[i];
        y[o] = larger(smaller(y[o], splat(2.5f)), splat(-2.5f));
    }
}

/* Rows of lanes are padded to sixteen. inputs (T, E, B); wiring (D, U); ring and sources: zeros to work in, sources twice; out (T, D * U, B). All have
 * sixteen numbers of slack behind them. */
EXPORT void run(int units, int batch, int steps, int outside, const float *inputs, const int *wiring, const Weights *w,
                float *ring, float *sources, float *out) {
    const int wanted = units * batch, lanes = (wanted + 15) / 16 * 16;
    float *now = sources, *next = sources + (outside * batch + D * wanted + 16);
    for (int t = 0; t < steps; t++) {
        memcpy(now, inputs + (size_t)t * outside * batch, outside * batch * sizeof *now);
        for (int lane = 0; lane < wanted; lane += LANES) {
            vf x[D], y[D];
            if (batch == 1) {
                for (int i = 0; i < D; i++) {
                    float got[LANES];
                    for (int l = 0; l < LANES; l++) got[l] = lane + l < units ? now[wiring[i * units + lane + l]] : 0;
                    x[i] = load(got);
                }
                block(1, w, lanes, lane, t, x, ring, lanes, lane, y);
            } else {
                int unit = lane / batch;
                for (int i = 0; i < D; i++) x[i] = load(now + wiring[i * units + unit] * batch + lane % batch);
                block(0, w, units, unit, t, x, ring, lanes, lane, y);
            }
            int here = wanted - lane < LANES ? wanted - lane : LANES;
            for (int i = 0; i < D; i++) memcpy(next + outside * batch + i * wanted + lane, &y[i], here * sizeof(float));
        }
        memcpy(out + (size_t)t * D * wanted, next + outside * batch, D * wanted * sizeof *out);
        float *swap = now;
        now = next, next = swap;
    }
}

/* Units that one formula describes: oscillators that what they receive pushes on, and the anarchist's two matrices. */
#ifndef AURITA_RUN_SIMPLE_H
#define AURITA_RUN_SIMPLE_H

#include "run_parts.h"

INLINE size_t run_simple_work(const struct run_population *p) { return p->afferents + 4 * (size_t)p->slots + 1; }

/* Sine or cosine to 1e-7; reduced in double precision, so that phases of many turns lose nothing here.
 * Polynomials: Moshier's Cephes library, sinf and cosf. */
INLINE vf run_sine(vf x, int cosine) {
    const double turn = 1.57079632679489661923, magic = 6755399441055744.0;
    vf r;
    vi quadrant;
    for (int i = 0; i < LANES; i++) {
        double count = ((double)x[i] * (1 / turn) + magic) - magic;
        r[i] = (float)((double)x[i] - count * turn);
        quadrant[i] = count == count ? (int32_t)(count - 4 * __builtin_floor(count * 0.25)) : 0;
    }
    quadrant += cosine;
    vf square = r * r;
    vf s = splat(-1.9515295891e-4f);
    s = s * square + splat(8.3321608736e-3f);
    s = s * square + splat(-1.6666654611e-1f);
    s = s * square * r + r;
    vf c = splat(2.443315711809948e-5f);
    c = c * square + splat(-1.388731625493765e-3f);
    c = c * square + splat(4.166664568298827e-2f);
    c = c * square * square - splat(0.5f) * square + splat(1.0f);
    vf found = pick((quadrant & 1) == 0, s, c);
    return pick((quadrant & 2) == 0, found, -found);
}

/* A phase without a leak, in two floats, after `frequency` times `received`: in double precision and within a turn. */
INLINE void run_turned(float *restrict phase, float *restrict rest, vf frequency, vf received) {
    const double turn = 6.28318530717958647693, magic = 6755399441055744.0;
    for (int i = 0; i < LANES; i++) {
        double x = (double)phase[i] + (double)rest[i] + (double)frequency[i] * (double)received[i];
        double turns = (x * (1 / turn) + magic) - magic;
        x -= turns * turn;
        phase[i] = (float)x;
        rest[i] = (float)(x - (double)phase[i]);
    }
}

INLINE void run_phase_body(const struct run_here *here, int wide) {
    const struct run_population *p = here->p;
    const size_t d = p->slots;
    float *state = here->state, *rests = state + d * LANES, *last = rests + d * LANES;
    float *received = here->work, *output = received + d * LANES, *work = output + d * LANES;
    const float *frequency = run_receive(here, received, work, last, wide);
    for (size_t i = 0; i < d; i++) {
        float *phase = state + i * LANES, *rest = rests + i * LANES;
        vf x = load(received + i * LANES), speed = run_weight(frequency, i, wide);
        vf old = load(phase), old_rest = load(rest);
        if (p->leak > 0) {
            /* A leak forgets rounding as well, and a turn left out would leak as none. */
            store(phase, splat(1.0f - p->leak) * old + speed * x);
            store(rest, zeros());
        } else {
            run_turned(phase, rest, speed, x);
        }
        store(output + i * LANES, run_sine(load(phase), i % 2));
        store(phase, run_kept(here, load(phase), old));
        store(rest, run_kept(here, load(rest), old_rest));
    }
    run_output(here, output, received, work, wide);
}

INLINE void run_anarchist_body(const struct run_here *here, int wide) {
    const struct run_population *p = here->p;
    const int d = p->slots;
    float *received = here->work, *output = received + (size_t)d * LANES, *rest = output + (size_t)d * LANES;
    const float *w = run_receive(here, received, rest, here->state, wide);
    run_linear(output, w, NULL, received, d, d, wide);
    vf sum = zeros();
    for (int i = 0; i < d; i++) sum += load(output + (size_t)i * LANES);
    store(rest, sum);
    run_see(here, SEEN_SUM, rest, 1, wide);
    run_output(here, output, received, rest, wide);
}

static void run_phase_wide(const struct run_here *here, int count) {
    for (int g = 0; g < count; g++) run_phase_body(here + g, 1);
}
static void run_phase_broad(const struct run_here *here, int count) {
    for (int g = 0; g < count; g++) run_phase_body(here + g, 0);
}
static void run_anarchist_wide(const struct run_here *here, int count) {
    for (int g = 0; g < count; g++) run_anarchist_body(here + g, 1);
}
static void run_anarchist_broad(const struct run_here *here, int count) {
    for (int g = 0; g < count; g++) run_anarchist_body(here + g, 0);
}

#endif

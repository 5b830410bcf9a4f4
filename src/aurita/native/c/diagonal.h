/* What running and learning of diagonal memory units share: decays, and sines of angles. */
#ifndef AURITA_DIAGONAL_H
#define AURITA_DIAGONAL_H

#include "simd.h"

enum { UNGATED = 1, GATED = 2, TURNED = 3 };

/* Bounds on the logarithm of a rate, as in `aurita.units.diagonal`. */
#define SLOWEST -16.0f
#define FASTEST 3.0f

/* From the logarithm of a rate. */
INLINE vf diagonal_rate(vf log_rate) { return exp_v(larger(splat(SLOWEST), smaller(splat(FASTEST), log_rate))); }

/* From a rate: rho, and sqrt(1 - rho^2), which is exact where rho is close to 1. */
INLINE void diagonal_kept(vf rate, vf *kept, vf *scale) {
    *kept = exp_v(-rate);
    vf y = splat(2.0f) * rate, series = splat(1.0f) - y * splat(1.0f / 6);
    series = splat(1.0f) - y * splat(1.0f / 5) * series;
    series = splat(1.0f) - y * splat(1.0f / 4) * series;
    series = splat(1.0f) - y * splat(1.0f / 3) * series;
    series = y * (splat(1.0f) - y * splat(1.0f / 2) * series);
    *scale = root_v(pick(y < splat(0.25f), series, splat(1.0f) - *kept * *kept));
}

/* From the logarithm of a rate: the rate, rho, and sqrt(1 - rho^2). */
INLINE void diagonal_decay(vf log_rate, vf *rate, vf *kept, vf *scale) {
    *rate = diagonal_rate(log_rate);
    diagonal_kept(*rate, kept, scale);
}

/* Twice the sigmoid. */
INLINE vf diagonal_gate(vf x) { return splat(1.0f) + tanh_v(splat(0.5f) * x); }

/* Sine and cosine to 1e-7 for angles of some hundred turns: reduction of Cody and Waite, polynomials of Cephes. */
INLINE void diagonal_turn(vf x, vf *sine, vf *cosine) {
    const vf magic = splat(12582912.0f);
    vf shifted = x * splat(0.636619772367581343f) + magic, n = shifted - magic;
    vi quadrant = (vi)shifted;
    vf r = x - n * splat(1.5703125f);
    r = r - n * splat(4.837512969970703e-4f);
    r = r - n * splat(7.549789948768648e-8f);
    vf square = r * r;
    vf s = splat(-1.9515295891e-4f);
    s = s * square + splat(8.3321608736e-3f);
    s = s * square + splat(-1.6666654611e-1f);
    s = s * square * r + r;
    vf c = splat(2.443315711809948e-5f);
    c = c * square + splat(-1.388731625493765e-3f);
    c = c * square + splat(4.166664568298827e-2f);
    c = c * square * square - splat(0.5f) * square + splat(1.0f);
    vi even = (quadrant & 1) == 0;
    vf a = pick(even, s, c), b = pick(even, c, s);
    *sine = pick((quadrant & 2) == 0, a, -a);
    *cosine = pick(((quadrant + 1) & 2) == 0, b, -b);
}

#endif

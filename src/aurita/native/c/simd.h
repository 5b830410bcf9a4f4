/* Sixteen floats at a time, by the compiler's vector types: one source serves SSE, AVX2, AVX-512 and NEON.
 *
 * Nothing here may be compiled with -ffast-math: it would turn off denormals in the whole process and delete checks for
 * NaN. Polynomials of our own for exp and tanh need no vector library of the system's.
 */
#ifndef AURITA_SIMD_H
#define AURITA_SIMD_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LANES 16

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(64)));
typedef int32_t vi __attribute__((vector_size(64)));
typedef float vf_unaligned __attribute__((vector_size(64), aligned(4), may_alias));

INLINE vf load(const float *from) { return *(const vf_unaligned *)from; }
INLINE void store(float *to, vf x) { *(vf_unaligned *)to = x; }
INLINE vf splat(float x) { return (vf){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }
INLINE vf zeros(void) { return (vf){0}; }
INLINE vf pick(vi where, vf yes, vf no) { return (vf)((where & (vi)yes) | (~where & (vi)no)); }
/* Both keep a first operand that is NaN. */
INLINE vf larger(vf x, vf y) { return pick(x < y, y, x); }
INLINE vf smaller(vf x, vf y) { return pick(x > y, y, x); }

INLINE float sum_lanes(vf x) {
    float total = 0;
    for (int i = 0; i < LANES; i++) total += x[i];
    return total;
}

/* e^x to 2e-7 relative, between e^-87 and e^88: Cody and Waite's reduction, a polynomial of degree six. */
INLINE vf exp_v(vf x) {
    x = larger(smaller(x, splat(88.0f)), splat(-87.0f));
    const vf magic = splat(12582912.0f);
    vf shifted = x * splat(1.44269504088896341f) + magic;
    vf n = shifted - magic;
    vf r = x - n * splat(0.693359375f);
    r = r - n * splat(-2.12194440e-4f);
    vf y = splat(1.0f / 720);
    y = y * r + splat(1.0f / 120);
    y = y * r + splat(1.0f / 24);
    y = y * r + splat(1.0f / 6);
    y = y * r + splat(0.5f);
    y = y * r + splat(1.0f);
    y = y * r + splat(1.0f);
    return (vf)((vi)y + ((vi)shifted << 23));
}

/* tanh to 3e-7: the rational approximation of degrees 13 and 6 that Eigen and XLA use (coefficients: Eigen, ptanh). */
INLINE vf tanh_v(vf x) {
    const vf bound = splat(7.90531110763549805f);
    vf c = larger(smaller(x, bound), -bound);
    vf s = c * c;
    vf p = splat(-2.76076847742355e-16f);
    p = p * s + splat(2.00018790482477e-13f);
    p = p * s + splat(-8.60467152213735e-11f);
    p = p * s + splat(5.12229709037114e-08f);
    p = p * s + splat(1.48572235717979e-05f);
    p = p * s + splat(6.37261928875436e-04f);
    p = p * s + splat(4.89352455891786e-03f);
    vf q = splat(1.19825839466702e-06f);
    q = q * s + splat(1.18534705686654e-04f);
    q = q * s + splat(2.26843463243900e-03f);
    q = q * s + splat(4.89352518554385e-03f);
    return c * p / q;
}

/* Memory on a cache line, with slack behind so that whole vectors may be read past the end. */
INLINE float *floats(size_t count) {
    void *made = NULL;
    size_t bytes = (count + 8 * LANES) * sizeof(float);
    bytes = (bytes + 63) / 64 * 64;
#if defined(_WIN32)
    made = _aligned_malloc(bytes, 64);
#else
    if (posix_memalign(&made, 64, bytes)) made = NULL;
#endif
    if (made) memset(made, 0, bytes);
    return (float *)made;
}

INLINE void release(void *made) {
#if defined(_WIN32)
    _aligned_free(made);
#else
    free(made);
#endif
}

#endif

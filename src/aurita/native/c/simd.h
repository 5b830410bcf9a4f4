/* As many floats at a time as a register holds, by the compiler's vector types: one source serves SSE, AVX2, AVX-512
 * and NEON. Vectors wider than registers would live in memory.
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

/* Set before by the targets of the library. */
#ifndef LANES
#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX2__)
#define LANES 8
#else
#define LANES 4
#endif
#endif

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

#define INLINE static inline __attribute__((always_inline))
/* For loops that want all registers to themselves. */
#define APART static __attribute__((noinline))

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LANES)));
typedef float vf_unaligned __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef float vf_quarter __attribute__((vector_size(16)));
typedef float vf_quarter_unaligned __attribute__((vector_size(16), aligned(4), may_alias));

#if LANES == 16
#define EACH_LANE(x) x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x
#elif LANES == 8
#define EACH_LANE(x) x, x, x, x, x, x, x, x
#else
#define EACH_LANE(x) x, x, x, x
#endif

INLINE vf load(const float *from) { return *(const vf_unaligned *)from; }
INLINE void store(float *to, vf x) { *(vf_unaligned *)to = x; }
INLINE vf splat(float x) { return (vf){EACH_LANE(x)}; }
INLINE vi splat_whole(int32_t x) { return (vi){EACH_LANE(x)}; }
INLINE vf zeros(void) { return (vf){0}; }
INLINE vf pick(vi where, vf yes, vf no) { return (vf)((where & (vi)yes) | (~where & (vi)no)); }
/* Both keep a first operand that is NaN, as the instructions of x86 do a second one. */
#if LANES == 8 && defined(__AVX2__)
INLINE vf larger(vf x, vf y) { return (vf)__builtin_ia32_maxps256(y, x); }
INLINE vf smaller(vf x, vf y) { return (vf)__builtin_ia32_minps256(y, x); }
#elif LANES == 16 && defined(__AVX512F__)
INLINE vf larger(vf x, vf y) { return (vf)__builtin_ia32_maxps512_mask(y, x, x, -1, 4); }
INLINE vf smaller(vf x, vf y) { return (vf)__builtin_ia32_minps512_mask(y, x, x, -1, 4); }
#else
INLINE vf larger(vf x, vf y) { return pick(x < y, y, x); }
INLINE vf smaller(vf x, vf y) { return pick(x > y, y, x); }
#endif

/* Lanes of two vectors, those of the second one numbered on. */
#if defined(__clang__)
#define MIXED(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
#define MIXED(x, y, ...) __builtin_shuffle(x, y, (vi){__VA_ARGS__})
#endif

/* By halves of halves. */
INLINE float sum_lanes(vf x) {
    union {
        vf whole;
        vf_quarter parts[LANES / 4];
    } given = {.whole = x};
    vf_quarter sum = given.parts[0];
#if LANES == 16
    sum = (sum + given.parts[2]) + (given.parts[1] + given.parts[3]);
#elif LANES == 8
    sum += given.parts[1];
#endif
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/* Without a branch; a compiler that knows the target makes one instruction of it. */
INLINE vf root_v(vf x) {
    for (int i = 0; i < LANES; i++) x[i] = __builtin_sqrtf(x[i]);
    return x;
}

/* One over positive, normal numbers, to rounding. */
INLINE vf inverse_v(vf x) {
#if LANES == 16 && defined(__AVX512F__)
    vf y = (vf)__builtin_ia32_rcp14ps512_mask(x, x, -1);
    return y + y * (splat(1.0f) - x * y);
#else
    return splat(1.0f) / x;
#endif
}

/* e^x to 2e-7 relative for x between -87, which smaller ones count as, and 88: Cody and Waite's reduction, the
 * polynomial of degree five whose largest error is least. */
INLINE vf exp_below_v(vf x) {
    x = larger(x, splat(-87.0f));
    const vf magic = splat(12582912.0f);
    vf shifted = x * splat(1.44269504088896341f) + magic;
    vf n = shifted - magic;
    vf r = x - n * splat(0.693359375f);
    r = r - n * splat(-2.12194440e-4f);
    vf y = splat(8.312510326504707e-3f);
    y = y * r + splat(4.189014807343483e-2f);
    y = y * r + splat(1.6667114198207855e-1f);
    y = y * r + splat(4.99992311000824e-1f);
    y = y * r + splat(1.0f);
    y = y * r + splat(1.0f);
    return (vf)((vi)y + ((vi)shifted << 23));
}

/* The same, where x may be anything. */
INLINE vf exp_v(vf x) { return exp_below_v(smaller(x, splat(88.0f))); }

/* The natural logarithm of positive, normal numbers to 1e-7 (Cephes, logf). */
INLINE vf log_v(vf x) {
    vi bits = (vi)x, exponent = ((bits >> 23) & 255) - splat_whole(126);
    vf m = (vf)((bits & splat_whole(0x7fffff)) | splat_whole(0x3f000000));
    vi small = m < splat(0.707106781186547524f);
    m = pick(small, m + m, m) - splat(1.0f);
    vf e = __builtin_convertvector(exponent + small, vf), square = m * m;
    vf y = splat(7.0376836292e-2f);
    y = y * m + splat(-1.1514610310e-1f);
    y = y * m + splat(1.1676998740e-1f);
    y = y * m + splat(-1.2420140846e-1f);
    y = y * m + splat(1.4249322787e-1f);
    y = y * m + splat(-1.6668057665e-1f);
    y = y * m + splat(2.0000714765e-1f);
    y = y * m + splat(-2.4999993993e-1f);
    y = y * m + splat(3.3333331174e-1f);
    y = y * m * square + splat(-2.12194440e-4f) * e - splat(0.5f) * square;
    return m + y + splat(0.693359375f) * e;
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
    return c * p * inverse_v(q);
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

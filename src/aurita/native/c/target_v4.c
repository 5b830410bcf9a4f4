/* The kernels for processors with AVX-512. */
#if defined(__x86_64__) || defined(_M_X64)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,prefer-vector-width=512")
#endif
#define NAME(x) x##_v4
#define LANES 16
#include "learn.h"
#include "run.h"
#include "shapes.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif

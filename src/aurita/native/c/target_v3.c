/* The kernels for processors with AVX2. */
#if defined(__x86_64__) || defined(_M_X64)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define NAME(x) x##_v3
#define LANES 8
#include "learn.h"
#include "run.h"
#include "shapes.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif

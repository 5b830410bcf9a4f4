/* The kernels for any processor: SSE2 on x86-64, NEON on ARM. */
#define NAME(x) x##_base
#define LANES 4
#include "learn.h"
#include "run.h"
#include "shapes.h"

/* Running a reservoir step by step. */
#include "simd.h"

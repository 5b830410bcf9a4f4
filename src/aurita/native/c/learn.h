/* Learning of one unit after the other, each by its own loss. */
#include "simd.h"

/* Products of small matrices with rows of lanes; blocks of results stay in registers. */
#ifndef AURITA_PRODUCTS_H
#define AURITA_PRODUCTS_H

#include "simd.h"

/* Vectors of results side by side that registers hold with four rows: AVX-512 has 32 of them, others 16. */
#define ABREAST (LANES == 16 ? 4 : 2)

INLINE void product_block(const int R, const int C, float *out, size_t ld_out, const float *w, size_t row, size_t column,
                          const float *bias, const float *x, size_t ld_x, int inputs, int add) {
    vf sums[4][4];
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
        for (int c = 0; c < C; c++)
            sums[r][c] = add ? load(out + r * ld_out + c * LANES) : splat(bias ? bias[r] : 0.0f);
    }
    for (int i = 0; i < inputs; i++) {
        vf given[4];
#pragma GCC unroll 4
        for (int c = 0; c < C; c++) given[c] = load(x + i * ld_x + c * LANES);
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
            vf weight = splat(w[r * row + i * column]);
#pragma GCC unroll 4
            for (int c = 0; c < C; c++) sums[r][c] += weight * given[c];
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
        for (int c = 0; c < C; c++) store(out + r * ld_out + c * LANES, sums[r][c]);
    }
}

INLINE void product_rows(const int R, float *out, size_t ld_out, const float *w, size_t row, size_t column,
                         const float *bias, const float *x, size_t ld_x, int inputs, int vectors, int add) {
    int v = 0;
    for (; v + ABREAST <= vectors; v += ABREAST)
        product_block(R, ABREAST, out + v * LANES, ld_out, w, row, column, bias, x + v * LANES, ld_x, inputs, add);
    for (; v + 2 <= vectors; v += 2)
        product_block(R, 2, out + v * LANES, ld_out, w, row, column, bias, x + v * LANES, ld_x, inputs, add);
    for (; v < vectors; v++)
        product_block(R, 1, out + v * LANES, ld_out, w, row, column, bias, x + v * LANES, ld_x, inputs, add);
}

/* out[o] (+)= bias[o] + sum_i w[o * row + i * column] x[i], rows of `vectors` vectors. */
static void product(float *out, size_t ld_out, const float *w, size_t row, size_t column, const float *bias,
                    const float *x, size_t ld_x, int outputs, int inputs, int vectors, int add) {
    int o = 0;
    for (; o + 4 <= outputs; o += 4)
        product_rows(4, out + o * ld_out, ld_out, w + o * row, row, column, bias ? bias + o : NULL, x, ld_x, inputs,
                     vectors, add);
    for (; o + 2 <= outputs; o += 2)
        product_rows(2, out + o * ld_out, ld_out, w + o * row, row, column, bias ? bias + o : NULL, x, ld_x, inputs,
                     vectors, add);
    for (; o < outputs; o++)
        product_rows(1, out + o * ld_out, ld_out, w + o * row, row, column, bias ? bias + o : NULL, x, ld_x, inputs,
                     vectors, add);
}

#endif

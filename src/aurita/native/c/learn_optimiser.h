/* What surrounds a unit's loss: its passage and the way back through it, and the optimiser step. */
#ifndef AURITA_LEARN_OPTIMISER_H
#define AURITA_LEARN_OPTIMISER_H

#include "learn_types.h"

/* Gradients of inputs become gradients of what passages brought: back through the leak, for as many steps as the memory
 * is long, and none before a start. */
static void leak_back(float *d_z, size_t ld_z, const float *alive, const Kind *k, const float *rates, size_t lanes) {
    size_t from = (size_t)k->first * k->batch, reach = (size_t)(k->memory - 1) * k->dilation + 1;
    for (int s = 0; s < k->slots; s++) {
        float *row = d_z + s * ld_z;
        memset(row + lanes, 0, 4 * LANES * sizeof *row);
        if (k->leaky) {
            float left = 1;
            for (size_t step = 0; step < reach; step++) left *= 1 - rates[s];
            for (size_t l = from; l + reach * k->batch < lanes; l++) row[l] -= left * row[l + reach * k->batch];
            for (size_t l = lanes - k->batch; l-- > from;) row[l] += (1 - rates[s]) * row[l + k->batch];
            for (size_t l = from; l < lanes; l++) row[l] *= rates[s];
        }
        if (alive)
            for (size_t l = from; l < lanes; l++) row[l] *= alive[l];
    }
}

/* What an optimiser makes of a gradient, a vector of weights at once; moments move on. `left`: what is missing of them. */
INLINE vf update_of(const int optimiser, vf given, float *first, float *second, const float *left) {
    const vf tiny = splat(1e-8f), one = load(first), two = load(second);
    if (optimiser == ADAM) {
        const vf mean = splat(0.9f) * one + splat(0.1f) * given;
        const vf square = splat(0.999f) * two + splat(0.001f) * given * given;
        store(first, mean), store(second, square);
        return mean / splat(left[0]) / (root_v(square / splat(left[1])) + tiny);
    }
    if (optimiser == RMSPROP) {
        const vf square = splat(0.9f) * two + splat(0.1f) * given * given;
        store(second, square);
        return given / root_v(square + tiny);
    }
    if (optimiser == LION) {
        const vf mean = splat(0.9f) * one + splat(0.1f) * given;
        store(first, splat(0.99f) * one + splat(0.01f) * given);
        return pick(mean > zeros(), splat(1.0f), zeros()) - pick(mean < zeros(), splat(1.0f), zeros());
    }
    return given;
}

/* One optimiser step on the gradient, clipped to a norm; weights whose gradient is not finite stay as they are. */
static void optimise(const Kind *k, const Places *p, float *w, float *g, float *first, float *second, int32_t *count,
                     float rate, int learning) {
    /* Some sums side by side, so that no addition waits for the one before. */
    double parts[8] = {0}, square = 0;
    for (int i = 0; i + 8 <= learning; i += 8)
        for (int l = 0; l < 8; l++) parts[l] += (double)g[i + l] * g[i + l];
    for (int i = learning / 8 * 8; i < learning; i++) square += (double)g[i] * g[i];
    for (int l = 0; l < 8; l++) square += parts[l];
    if (!isfinite(square)) return;
    float norm = (float)sqrt(square), scale = norm < k->clip ? 1.0f : k->clip / norm;
    *count += 1;
    const float left[2] = {1 - powf(0.9f, (float)*count), 1 - powf(0.999f, (float)*count)};
    const int biases = p->age + k->heads * k->memory;
    float own[4][LANES] = {0};
    for (int i = 0; i < learning; i += LANES) {
        const int size = learning - i < LANES ? learning - i : LANES, part = size < LANES;
        float *values[4] = {w + i, g + i, first + i, second + i}, *at[4];
        for (int n = 0; n < 4; n++) {
            if (part) memcpy(own[n], values[n], size * sizeof(float));
            at[n] = part ? own[n] : values[n];
        }
        const vf given = splat(scale) * load(at[1]);
        vf update, faster;
        switch (k->optimiser) {
        case ADAM: update = update_of(ADAM, given, at[2], at[3], left); break;
        case RMSPROP: update = update_of(RMSPROP, given, at[2], at[3], left); break;
        case LION: update = update_of(LION, given, at[2], at[3], left); break;
        default: update = given;
        }
        for (int l = 0; l < LANES; l++) faster[l] = i + l >= p->age && i + l < biases ? k->age_rate : 1.0f;
        const vf old = load(at[0]);
        store(at[0], old - splat(rate) * (faster * update + splat(k->weight_decay) * old));
        for (int n = 0; part && n < 4; n++) {
            if (n != 1) memcpy(values[n], own[n], size * sizeof(float));
        }
    }
}

#endif

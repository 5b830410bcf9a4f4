/* Losses of one tile of lanes, and their gradients by what the heads say. */
#ifndef AURITA_LEARN_LOSS_H
#define AURITA_LEARN_LOSS_H

#include "learn_types.h"

/* Loss of guesses `y` (targets, lane), which become its gradient. Lanes without weight give 0. `truth` is that of lane 0.
 *
 * Square error, cross-entropy, or the product with what is broadcast: that is the gradient by the guesses itself. */
static double target_loss(float *y, size_t ld, const float *truth, size_t ld_truth, const float *weight, int targets,
                          int loss, const Tile *tile) {
    vf total = zeros();
    for (int v = 0; v < tile->vectors; v++) {
        float *guess = y + v * LANES;
        const float *wanted = truth + tile->lane[v];
        vf scored = load(weight + v * LANES);
        if (loss == BROADCAST) {
            for (int o = 0; o < targets; o++) {
                vf gradient = scored * load(wanted + o * ld_truth);
                total += gradient * load(guess + o * ld);
                store(guess + o * ld, gradient);
            }
            continue;
        }
        if (loss == SQUARES) {
            vf scale = scored * splat(1.0f / (float)targets), each = zeros();
            for (int o = 0; o < targets; o++) {
                vf error = load(guess + o * ld) - load(wanted + o * ld_truth);
                each += error * error;
                store(guess + o * ld, splat(2.0f) * scale * error);
            }
            total += scale * each;
            continue;
        }
        vf most = splat(-1e30f), sum = zeros(), mass = zeros(), hit = zeros();
        for (int o = 0; o < targets; o++) most = larger(most, load(guess + o * ld));
        for (int o = 0; o < targets; o++) {
            vf logit = load(guess + o * ld) - most, label = load(wanted + o * ld_truth);
            vf share = exp_below_v(logit);
            sum += share;
            mass += label;
            hit += label * logit;
            store(guess + o * ld, share);
        }
        total += scored * (mass * log_v(sum) - hit);
        vf scale = scored * mass * inverse_v(sum);
        for (int o = 0; o < targets; o++) {
            vf share = load(guess + o * ld);
            store(guess + o * ld, scale * share - scored * load(wanted + o * ld_truth));
        }
    }
    return (double)sum_lanes(total);
}

/* Square error of predictions `y` (slot, lane) of inputs `truth`; `y` becomes the gradient of the weighted sum.
 *
 * `errors` (slot) gain the errors, `factors` (slot) are what each counts. Where `d_truth` is given the truth gains its
 * own gradient; both are those of lane 0. From lane `end` on there is no truth.
 */
static void self_loss(float *y, size_t ld, const float *truth, size_t ld_truth, const float *weight, int slots,
                      const float *factors, double *errors, float *d_truth, const Tile *tile, size_t end) {
    for (int s = 0; s < slots; s++) {
        vf total = zeros();
        for (int v = 0; v < tile->vectors; v++) {
            float *place = y + s * ld + v * LANES;
            if (tile->lane[v] >= end) {
                store(place, zeros());
                continue;
            }
            vf error = load(place) - load(truth + s * ld_truth + tile->lane[v]);
            vf weighed = error * load(weight + v * LANES);
            total += weighed * error;
            vf gradient = splat(2.0f * factors[s]) * weighed;
            store(place, gradient);
            if (d_truth) {
                float *other = d_truth + s * ld_truth + tile->lane[v];
                store(other, load(other) - gradient);
            }
        }
        errors[s] += sum_lanes(total);
    }
}

#endif

/* Runs closed on themselves: predictions of a readout, held within limits and received as inputs and as feedback. */
#ifndef AURITA_RUN_CLOSED_H
#define AURITA_RUN_CLOSED_H

#include "run_plan.h"

/* Hold the predictions of a step within the limits of the values that they stand for. */
static void run_hold(struct run_tile *tile, int step) {
    const struct run_call *c = tile->call;
    const size_t size = (size_t)c->outputs * c->batch;
    float *predicted = c->series + step * size;
    for (int o = 0; o < c->outputs; o++) {
        for (int b = 0; b < tile->wanted; b++) {
            const size_t at = (size_t)o * c->batch + tile->from + b;
            float carried = 0;
            for (int lag = 0; lag < c->lags; lag++) {
                carried += c->carried[lag] * c->past[(size_t)((step + lag) % c->lags) * size + at];
            }
            const float value = predicted[at] * c->deviation[at] + c->mean[at] + carried;
            const float held = value < c->lower ? c->lower : value > c->upper ? c->upper : value;
            if (held != value) predicted[at] = (held - carried - c->mean[at]) / c->deviation[at];
            /* The oldest value gives its place to this one. */
            if (c->lags) c->past[(size_t)(step % c->lags) * size + at] = held;
        }
    }
}

/* The predictions that are received at this step, within their limits, and fed back where there is feedback. */
static void run_predicted(struct run_tile *tile, int step) {
    const struct run_call *c = tile->call;
    if (c->deviation) run_hold(tile, step);
    for (int i = 0; i < c->feedback; i++) {
        const float *predicted = c->series + ((size_t)step * c->outputs + i) * c->batch + tile->from;
        float *to = tile->now + ((size_t)c->sources - c->feedback + i) * c->tile;
        memcpy(to, predicted, (size_t)tile->wanted * sizeof(float));
    }
}

/* The readout's predictions from what it sees of this step: received at the next. */
static void run_read_out(struct run_tile *tile, int step) {
    const struct run_call *c = tile->call;
    const size_t seen = (size_t)c->seen;
    float *row = tile->scratch + seen * c->tile + LANES;
    for (int b = 0; b < tile->wanted; b++) {
        for (size_t f = 0; f < seen; f++) row[f] = tile->scratch[f * c->tile + b];
        for (int o = 0; o < c->outputs; o++) {
            const float *weights = c->coefficients + o * seen;
            vf sums[2] = {zeros(), zeros()};
            size_t f = 0;
            for (; f + 2 * LANES <= seen; f += 2 * LANES) {
                sums[0] += load(row + f) * load(weights + f);
                sums[1] += load(row + f + LANES) * load(weights + f + LANES);
            }
            float sum = sum_lanes(sums[0] + sums[1]) + c->intercept[o];
            for (; f < seen; f++) sum += row[f] * weights[f];
            c->series[((size_t)(step + 1) * c->outputs + o) * c->batch + tile->from + b] = sum;
        }
    }
}

#endif

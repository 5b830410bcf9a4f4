/* The echo unit: a group of leaky-tanh neurons with fixed recurrent weights, dense or sparse.
 *
 * In wide tiles large groups have their neurons as lanes: a unit and a sequence at a time, weights by afferent. */
#ifndef AURITA_RUN_ECHO_H
#define AURITA_RUN_ECHO_H

#include "run_parts.h"

INLINE size_t run_echo_work(const struct run_population *p) {
    return p->afferents + 3 * (size_t)p->slots + 4 * run_padded(p->slots) / LANES;
}

INLINE void run_echo_body(const struct run_here *here, int wide) {
    const struct run_population *p = here->p;
    const int n = p->slots;
    float *state = here->state, *last = state + (size_t)n * LANES;
    float *received = here->work, *new = received + (size_t)n * LANES, *rest = new + (size_t)n * LANES;
    const float *w = run_receive(here, received, rest, last, wide);
    const float *leak = w, *bias = run_past(leak, n, wide), *speaks = run_past(bias, n, wide);
    const float *weights = run_past(speaks, p->speaks ? n : 0, wide);
    if (p->fan_in) {
        /* Sparse groups are large and never lie in wide blocks of units. */
        const int32_t *among = p->among + (size_t)here->block * n * p->fan_in;
        for (int i = 0; i < n; i++) {
            vf x = zeros();
            for (int k = 0; k < p->fan_in; k++) {
                size_t at = (size_t)i * p->fan_in + k;
                x += load(state + (size_t)among[at] * LANES) * run_weight(weights, at, wide);
            }
            store(new + (size_t)i * LANES, x);
        }
    } else {
        run_linear(new, weights, NULL, state, n, n, wide);
    }
    for (int i = 0; i < n; i++) {
        vf x = splat(p->scale) * load(received + (size_t)i * LANES) + load(new + (size_t)i * LANES);
        vf rate = run_weight(leak, i, wide), old = load(state + (size_t)i * LANES);
        vf y = (splat(1.0f) - rate) * old + rate * tanh_v(x + run_weight(bias, i, wide));
        store(state + (size_t)i * LANES, run_kept(here, y, old));
        store(new + (size_t)i * LANES, p->speaks ? y * run_weight(speaks, i, wide) : y);
    }
    run_output(here, new, received, rest, wide);
}

static void run_echo_wide(const struct run_here *here, int count) {
    for (int g = 0; g < count; g++) run_echo_body(here + g, 1);
}
static void run_echo_broad(const struct run_here *here, int count) {
    for (int g = 0; g < count; g++) run_echo_body(here + g, 0);
}

/* The sum of columns scaled by numbers: to[i] += sum_k from[k] columns[k][i], `size` a multiple of the lanes. */
INLINE void run_columns(float *restrict to, const float *restrict columns, const float *restrict from, int count,
                        size_t size) {
    size_t i = 0;
    for (; i + 4 * LANES <= size; i += 4 * LANES) {
        vf a = load(to + i), b = load(to + i + LANES), c = load(to + i + 2 * LANES), d = load(to + i + 3 * LANES);
        for (int k = 0; k < count; k++) {
            const float *column = columns + k * size + i;
            vf x = splat(from[k]);
            a += x * load(column), b += x * load(column + LANES);
            c += x * load(column + 2 * LANES), d += x * load(column + 3 * LANES);
        }
        store(to + i, a), store(to + i + LANES, b), store(to + i + 2 * LANES, c), store(to + i + 3 * LANES, d);
    }
    for (; i < size; i += LANES) {
        vf a = load(to + i);
        for (int k = 0; k < count; k++) a += splat(from[k]) * load(columns + k * size + i);
        store(to + i, a);
    }
}

/* One feature of all neurons of a unit, for one sequence. */
INLINE void run_see_neurons(const struct run_here *here, int kind, const float *from, int unit, int sequence) {
    const struct run_population *p = here->p;
    const struct run_tile *tile = here->tile;
    if (!tile->out || p->first[kind] < 0) return;
    float *to = tile->out + ((size_t)p->first[kind] + unit) * tile->stride + sequence;
    const size_t step = (size_t)p->units * tile->stride;
    for (int i = 0; i < p->slots; i++) to[i * step] = from[i];
}

/* One unit of one sequence, neurons as lanes. Its state: neurons, then what leaky slots received. */
INLINE void run_echo_neuron(const struct run_here *here) {
    const struct run_population *p = here->p;
    struct run_tile *tile = here->tile;
    const int n = p->slots, width = tile->call->tile, unit = here->block / width, sequence = here->block % width;
    const size_t size = run_padded(n);
    if (here->ragged && !tile->alive[sequence]) {
        for (int i = 0; i < n; i++) {
            size_t place = ((size_t)p->source + (size_t)i * p->units + unit) * width + sequence;
            tile->next[place] = tile->now[place];
        }
        return; /* Features were zeros. */
    }
    float *state = here->state, *last = state + size;
    float *received = here->work, *new = received + size, *errors = new + size, *afferents = errors + size;
    const float *w = p->weights + (size_t)unit * p->numbers * size;
    const int32_t *rows = p->wiring + (size_t)unit * p->afferents;
    float *to = p->mixed ? afferents : received;
    for (int i = 0; i < p->afferents; i++) to[i] = tile->now[(size_t)rows[i] * width + sequence];
    if (p->mixed) {
        memcpy(received, w + p->afferents * size, size * sizeof(float));
        run_columns(received, w, afferents, p->afferents, size);
        w += (p->afferents + 1) * size;
    } else {
        for (size_t i = n; i < size; i++) received[i] = 0;
    }
    if (p->leaky) {
        for (size_t i = 0; i < size; i += LANES) {
            vf rate = load(w + i), x = (splat(1.0f) - rate) * load(last + i) + rate * load(received + i);
            store(received + i, x), store(last + i, x);
        }
        w += size;
    }
    const float *leak = w, *bias = leak + size, *speaks = bias + size, *weights = speaks + (p->speaks ? size : 0);
    for (size_t i = 0; i < size; i += LANES) store(new + i, zeros());
    if (p->fan_in) {
        const int32_t *among = p->among + (size_t)unit * p->fan_in * size;
        for (int k = 0; k < p->fan_in; k++) {
            for (size_t i = 0; i < size; i++) new[i] += weights[k * size + i] * state[among[k * size + i]];
        }
    } else {
        run_columns(new, weights, state, n, size);
    }
    for (size_t i = 0; i < size; i += LANES) {
        vf x = splat(p->scale) * load(received + i) + load(new + i), rate = load(leak + i);
        vf y = (splat(1.0f) - rate) * load(state + i) + rate * tanh_v(x + load(bias + i));
        store(state + i, y);
        store(new + i, p->speaks ? y * load(speaks + i) : y);
    }
    for (int i = 0; i < n; i++) {
        size_t place = ((size_t)p->source + (size_t)i * p->units + unit) * width + sequence;
        errors[i] = received[i] - tile->now[place];
        tile->next[place] = new[i];
    }
    run_see_neurons(here, SEEN_OUTPUT, new, unit, sequence);
    run_see_neurons(here, SEEN_ERROR, errors, unit, sequence);
}

static void run_echo_neurons(const struct run_here *here, int count) {
    for (int g = 0; g < count; g++) run_echo_neuron(here + g);
}

#endif

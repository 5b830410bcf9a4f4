/* Local learning: one unit after the other takes optimiser steps on its own loss, over recorded batches.
 *
 * Forward, loss, complete backward and optimiser of one unit stay in cache; nothing of a unit enters another, so that
 * any number of threads may share the units out.
 */
#include "learn_attention.h"
#include "learn_loss.h"
#include "learn_optimiser.h"
#include "learn_room.h"
#include "learn_traces.h"

/* What the unit's slots receive at every step that matters: its passage applied to its afferents, low-passed. */
static void receive(Room *r, const Kind *k, const Batch *b, const float *w, const int32_t *afferents) {
    size_t from = (size_t)k->first * k->batch, lanes = r->lanes;
    const float *matrix = w + r->p.matrix, *shift = w + r->p.shift, *rates = w + r->p.rates;
    for (int s = 0; s < k->slots; s++) {
        float *z = r->z + s * r->ld_z + r->left;
        if (k->passage == WIRED) memcpy(z + from, b->sources + afferents[s] * lanes + from, (lanes - from) * sizeof *z);
    }
    if (k->passage != WIRED) {
        int s = 0;
        for (; s + 3 <= k->slots; s += 3)
            receive_block(3, r->z + s * r->ld_z + r->left, r->ld_z, matrix + s * k->afferents, shift + s, b->sources,
                          lanes, afferents, k->afferents, from);
        for (; s < k->slots; s++)
            receive_block(1, r->z + s * r->ld_z + r->left, r->ld_z, matrix + s * k->afferents, shift + s, b->sources,
                          lanes, afferents, k->afferents, from);
    }
    for (int s = 0; s < k->slots; s++) {
        float *z = r->z + s * r->ld_z + r->left;
        if (b->alive)
            for (size_t l = from; l < lanes; l++) z[l] *= b->alive[l];
        if (k->leaky)
            for (size_t l = from; l < lanes; l++)
                z[l] = rates[s] * z[l] + (l >= from + k->batch ? (1 - rates[s]) * z[l - k->batch] : 0.0f);
        memset(z + lanes, 0, (r->ld_z - r->left - lanes) * sizeof *z);
        if (r->noisy) {
            float *noisy = r->noisy + s * r->ld_z + r->left;
            const float *noise = b->noise + s * lanes;
            for (size_t l = from; l < lanes; l++) noisy[l] = z[l] + k->noise * noise[l];
        }
    }
}

/* Queries folded through the keys: scores become products with the raw inputs. */
static void fold(Room *r, const Kind *k, const float *w) {
    const Places *p = &r->p;
    float scale = 1 / sqrtf((float)k->width);
    for (int h = 0; h < k->heads; h++)
        for (int s = 0; s < p->stored; s++) {
            float *row = r->query_w + (h * p->stored + s) * k->slots, offset = 0;
            for (int i = 0; i < k->slots; i++) row[i] = 0;
            for (int e = 0; e < k->width; e++) {
                int unit = h * k->width + e;
                float key = scale * w[p->wk + unit * p->stored + s];
                offset += key * w[p->bq + unit];
                for (int i = 0; i < k->slots; i++) row[i] += key * w[p->wq + unit * k->slots + i];
            }
            r->query_b[h * p->stored + s] = offset;
        }
}

/* The gradient of queries, keys and query biases from that of the folded queries. */
static void unfold(Room *r, const Kind *k, const float *w) {
    const Places *p = &r->p;
    const float *d_rows = r->folded, *d_offsets = r->folded + k->heads * p->stored * k->slots;
    float scale = 1 / sqrtf((float)k->width), *g = r->gradient;
    for (int h = 0; h < k->heads; h++)
        for (int s = 0; s < p->stored; s++) {
            int place = h * p->stored + s;
            const float *d_row = d_rows + place * k->slots;
            for (int e = 0; e < k->width; e++) {
                int unit = h * k->width + e;
                float key = scale * w[p->wk + unit * p->stored + s], d_key = w[p->bq + unit] * d_offsets[place];
                g[p->bq + unit] += key * d_offsets[place];
                for (int i = 0; i < k->slots; i++) {
                    g[p->wq + unit * k->slots + i] += key * d_row[i];
                    d_key += w[p->wq + unit * k->slots + i] * d_row[i];
                }
                g[p->wk + unit * p->stored + s] += scale * d_key;
            }
        }
}

static Head head_of(Room *r, const Kind *k, const Batch *b, const float *w, size_t lane, int head, int vectors) {
    const Places *p = &r->p;
    const float *z = (r->noisy ? r->noisy : r->z) + r->left + lane;
    Head h = {.memory = k->memory, .heads = k->heads, .vectors = vectors, .dilation = k->dilation};
    h.age_step = (ptrdiff_t)k->dilation * k->batch;
    h.shift = k->batch;
    h.ld = r->ld;
    h.ld_z = r->ld_z;
    h.z = z;
    h.query = r->query + (size_t)head * p->stored * r->ld;
    h.bias = w + p->age + head;
    h.lived = k->masked ? b->lived + lane : NULL;
    h.shares = r->shares + (size_t)head * k->memory * r->ld;
    h.inverse = r->inverse + (size_t)head * r->ld;
    h.mixed = r->mixed + (size_t)head * k->slots * r->ld;
    h.d_mixed = r->d_mixed + (size_t)head * k->slots * r->ld;
    h.d_query = r->d_query + (size_t)head * p->stored * r->ld;
    h.d_bias = r->sums + p->age + head;
    h.d_z = k->passage == LEARNED ? r->d_z + r->left + lane : NULL;
    return h;
}

/* Everything that the unit says at the lanes of a tile: `phi` = input, context, hidden, and `y`, the heads asked for. */
static void respond(Room *r, const Kind *k, const Batch *b, const float *w, size_t lane, int vectors) {
    const Places *p = &r->p;
    int d = k->slots;
    size_t ld = r->ld;
    const float *z = (r->noisy ? r->noisy : r->z) + r->left + lane;
    for (int s = 0; s < d; s++) memcpy(r->phi + s * ld, z + s * r->ld_z, vectors * LANES * sizeof *z);
    if (k->heads) {
        product(r->query, ld, r->query_w, d, 1, r->query_b, r->phi, ld, k->heads * p->stored, d, vectors, 0);
        for (int h = 0; h < k->heads; h++) {
            Head head = head_of(r, k, b, w, lane, h, vectors);
            if (k->shifted) forward_shifted(&head, d);
            else forward_plain(&head, d);
            product(r->phi + (d + h * k->width) * ld, ld, w + p->wv + h * k->width * d, d, 1, NULL, head.mixed, ld,
                    k->width, d, vectors, 0);
        }
    }
    for (int i = 0; i < (k->diagonal ? p->context : 0); i++)
        memcpy(r->phi + (d + i) * ld, r->s + i * r->ld_z + r->left + lane, vectors * LANES * sizeof *z);
    if (k->hidden) {
        float *hidden = r->phi + p->seen * ld;
        product(hidden, ld, w + p->w1, p->seen, 1, w + p->b1, r->phi, ld, k->hidden, p->seen, vectors, 0);
        for (int i = 0; i < k->hidden; i++)
            for (int v = 0; v < vectors; v++)
                store(hidden + i * ld + v * LANES, tanh_v(load(hidden + i * ld + v * LANES)));
    }
    float *y = r->y;
    if (k->by_self) {
        product(y, ld, w + p->wo, p->phi, 1, w + p->bo, r->phi, ld, d, p->phi, vectors, 0);
        product(y + d * ld, ld, w + p->ahead_w, p->phi, 1, w + p->ahead_b, r->phi, ld, p->ahead, p->phi, vectors, 0);
        y += d * k->horizons * ld;
    }
    if (k->by_target)
        product(y, ld, w + p->target_w, p->phi, 1, w + p->target_b, r->phi, ld, k->targets, p->phi, vectors, 0);
}

/* From the gradients of what the heads say at a tile, `y`, back to all weights and to the inputs. */
static void go_back(Room *r, const Kind *k, const Batch *b, const float *w, size_t lane, int vectors) {
    const Places *p = &r->p;
    int d = k->slots;
    size_t ld = r->ld;
    const float *y = r->y;
    int add = 0;
    if (k->by_self) {
        outer(r->sums + p->wo, y, ld, r->phi, ld, d, p->phi, vectors);
        outer_ones(r->sums + p->bo, y, ld, d, vectors);
        product(r->d_phi, ld, w + p->wo, 1, p->phi, NULL, y, ld, p->phi, d, vectors, 0);
        outer(r->sums + p->ahead_w, y + d * ld, ld, r->phi, ld, p->ahead, p->phi, vectors);
        outer_ones(r->sums + p->ahead_b, y + d * ld, ld, p->ahead, vectors);
        product(r->d_phi, ld, w + p->ahead_w, 1, p->phi, NULL, y + d * ld, ld, p->phi, p->ahead, vectors, 1);
        y += d * k->horizons * ld;
        add = 1;
    }
    if (k->by_target) {
        outer(r->sums + p->target_w, y, ld, r->phi, ld, k->targets, p->phi, vectors);
        outer_ones(r->sums + p->target_b, y, ld, k->targets, vectors);
        product(r->d_phi, ld, w + p->target_w, 1, p->phi, NULL, y, ld, p->phi, k->targets, vectors, add);
    }
    if (k->hidden) {
        float *hidden = r->phi + p->seen * ld, *d_hidden = r->d_phi + p->seen * ld;
        for (int i = 0; i < k->hidden; i++)
            for (int v = 0; v < vectors; v++) {
                vf f = load(hidden + i * ld + v * LANES), *place = (vf *)(d_hidden + i * ld + v * LANES);
                *place = *place * (splat(1.0f) - f * f);
            }
        outer(r->sums + p->w1, d_hidden, ld, r->phi, ld, k->hidden, p->seen, vectors);
        outer_ones(r->sums + p->b1, d_hidden, ld, k->hidden, vectors);
        product(r->d_phi, ld, w + p->w1, 1, p->seen, NULL, d_hidden, ld, p->seen, k->hidden, vectors, 1);
    }
    for (int i = 0; i < (k->diagonal ? p->context : 0); i++)
        for (int v = 0; v < vectors; v++) {
            float *place = r->d_s + i * r->ld_z + r->left + lane + v * LANES;
            store(place, load(place) + load(r->d_phi + (d + i) * ld + v * LANES));
        }
    for (int h = 0; h < k->heads; h++) {
        Head head = head_of(r, k, b, w, lane, h, vectors);
        const float *d_context = r->d_phi + (d + h * k->width) * ld, *wv = w + p->wv + h * k->width * d;
        outer(r->sums + p->wv + h * k->width * d, d_context, ld, head.mixed, ld, k->width, d, vectors);
        product((float *)head.d_mixed, ld, wv, 1, d, NULL, d_context, ld, d, k->width, vectors, 0);
        if (k->shifted) backward_shifted(&head, d);
        else backward_plain(&head, d);
    }
    if (k->heads) {
        vf *d_rows = r->sums + p->total, *d_offsets = d_rows + k->heads * p->stored * d;
        outer(d_rows, r->d_query, ld, r->phi, ld, k->heads * p->stored, d, vectors);
        outer_ones(d_offsets, r->d_query, ld, k->heads * p->stored, vectors);
        if (k->passage == LEARNED)
            product(r->d_phi, ld, r->query_w, 1, d, NULL, r->d_query, ld, d, k->heads * p->stored, vectors, 1);
    }
    if (k->passage == LEARNED)
        for (int s = 0; s < d; s++)
            for (int v = 0; v < vectors; v++) {
                float *place = r->d_z + s * r->ld_z + r->left + lane + v * LANES;
                store(place, load(place) + load(r->d_phi + s * ld + v * LANES));
            }
}

/* Means and spreads of what is to be predicted, and what the error of each slot counts, per horizon. */
static void weigh_slots(Room *r, const Kind *k, const Batch *b, float *factors) {
    for (int i = 0; i < k->horizons; i++) {
        size_t ahead = (size_t)k->horizon[i] * k->batch;
        for (int s = 0; s < k->slots; s++) {
            int place = i * MOST_SLOTS + s;
            factors[place] = 1.0f / (float)(k->slots * k->horizons);
            if (!k->relative || ahead >= r->lanes) continue;
            const float *truth = r->z + s * r->ld_z + r->left + ahead, *own = b->own + i * r->lanes;
            double mean = 0, spread = 0;
            for (size_t l = 0; l < r->lanes - ahead; l++) mean += (double)own[l] * truth[l];
            for (size_t l = 0; l < r->lanes - ahead; l++) spread += own[l] * (truth[l] - mean) * (truth[l] - mean);
            r->means[place] = (float)mean;
            r->spreads[place] = (float)spread + 1e-6f;
            factors[place] /= r->spreads[place];
        }
    }
}

/* Where a unit shapes what it receives, the spread that its errors are relative to is its own doing too. */
static void blame_spread(Room *r, const Kind *k, const Batch *b, const float *factors, const double *errors) {
    for (int i = 0; i < k->horizons; i++) {
        size_t ahead = (size_t)k->horizon[i] * k->batch;
        if (ahead >= r->lanes) continue;
        for (int s = 0; s < k->slots; s++) {
            int place = i * MOST_SLOTS + s;
            const float *truth = r->z + s * r->ld_z + r->left + ahead, *own = b->own + i * r->lanes;
            float *d_truth = r->d_z + s * r->ld_z + r->left + ahead;
            float scale = -2 * factors[place] * (float)errors[place] / r->spreads[place];
            for (size_t l = 0; l < r->lanes - ahead; l++) d_truth[l] += scale * own[l] * (truth[l] - r->means[place]);
        }
    }
}

/* Losses of one unit on a batch (own, target, all together) and, if asked for, the gradient of its weights. */
static void judge(Room *r, const Kind *k, const Batch *b, int unit, const float *w, const int32_t *afferents, int learn,
                  double *losses) {
    const Places *p = &r->p;
    int d = k->slots;
    float factors[MOST_HORIZONS * MOST_SLOTS], weighed[MOST_HORIZONS * MOST_SLOTS];
    double errors[MOST_HORIZONS * MOST_SLOTS] = {0}, own = 0, target = 0;
    float alpha = k->by_target ? k->alpha : 1.0f;
    size_t own_rows = (size_t)unit * k->targets * r->lanes;
    const float *truth = b->target && k->apart ? b->target + own_rows : b->target;
    receive(r, k, b, w, afferents);
    if (k->heads) fold(r, k, w);
    const float *now = (r->noisy ? r->noisy : r->z) + r->left;
    for (int i = 0; r->start && i < 2 * k->states; i++)
        memcpy(r->s + i * r->ld_z + r->left - k->batch, r->start + i * k->batch, k->batch * sizeof *r->s);
    if (k->diagonal && k->batch == 1)
        strands_forward(&r->strands, &r->turns, k, p, w, now, r->s + r->left, r->ld_z, b->alive, r->lanes);
    else if (k->diagonal)
        states_forward(&r->turns, k, p, w, now, r->s + r->left, r->ld_z, b->alive, r->lanes, r->ld);
    if (k->by_self) weigh_slots(r, k, b, factors);
    for (int i = 0; i < MOST_HORIZONS * MOST_SLOTS; i++) weighed[i] = k->by_self ? alpha * factors[i] : 0;
    if (learn) {
        memset(r->sums, 0, r->sums_count * sizeof *r->sums);
        if (k->passage == LEARNED) memset(r->d_z, 0, d * r->ld_z * sizeof *r->d_z);
        if (k->diagonal) memset(r->d_s, 0, 2 * k->states * r->ld_z * sizeof *r->d_s);
    }
    for (int range = 0; range < k->ranges; range++) {
        size_t lane = k->range_starts[range], end = lane + k->range_lengths[range];
        for (; lane < end; lane += r->ld) {
            int count = end - lane < (size_t)r->ld ? (int)(end - lane) : r->ld;
            int vectors = (count + LANES - 1) / LANES;
            respond(r, k, b, w, lane, vectors);
            float *y = r->y;
            for (int i = 0; k->by_self && i < k->horizons; i++, y += d * r->ld) {
                size_t ahead = (size_t)k->horizon[i] * k->batch;
                int judged = lane + ahead >= r->lanes ? 0 : (int)(r->lanes - ahead - lane);
                tile_weights(r->weight, b->own + i * r->lanes + lane, judged < count ? judged : count, vectors);
                float *d_truth = learn && k->passage == LEARNED ? r->d_z + r->left + lane + ahead : NULL;
                if (judged)
                    self_loss(y, r->ld, r->z + r->left + lane + ahead, r->ld_z, r->weight, d, weighed + i * MOST_SLOTS,
                              errors + i * MOST_SLOTS, d_truth, vectors);
                else
                    for (int s = 0; s < d; s++) memset(y + s * r->ld, 0, vectors * LANES * sizeof *y);
            }
            if (k->by_target) {
                tile_weights(r->weight, b->scored + lane, count, vectors);
                for (int o = 0; k->guesses && o < k->targets; o++)
                    memcpy(k->guesses + own_rows + o * r->lanes + lane, y + o * r->ld, count * sizeof *y);
                if (b->target)
                    target += target_loss(y, r->ld, truth + lane, r->lanes, r->weight, k->targets, k->loss, vectors);
            }
            if (learn) go_back(r, k, b, w, lane, vectors);
        }
    }
    for (int i = 0; k->by_self && i < k->horizons; i++)
        for (int s = 0; s < d; s++) own += errors[i * MOST_SLOTS + s] * factors[i * MOST_SLOTS + s];
    losses[0] = own;
    losses[1] = target;
    losses[2] = alpha * own + target;
    if (k->l2 > 0) {
        int all = p->total + (k->leaky ? d : 0);
        double squares = 0;
        for (int i = 0; i < all; i++) squares += (double)w[i] * w[i];
        losses[2] += k->l2 * squares;
    }
    if (!learn) return;
    float *d_z = k->passage == LEARNED ? r->d_z + r->left : NULL;
    if (k->diagonal && k->batch == 1)
        strands_backward(&r->strands, &r->turns, k, p, w, now, r->s + r->left, r->d_s + r->left, d_z, r->ld_z, b->alive,
                         r->lanes, r->sums);
    else if (k->diagonal)
        states_backward(&r->turns, k, p, w, now, r->s + r->left, r->d_s + r->left, d_z, r->ld_z, b->alive, r->lanes,
                        r->ld, r->sums);
    if (k->passage == LEARNED && k->by_self && k->relative) blame_spread(r, k, b, weighed, errors);
    for (int i = 0; i < p->total; i++) r->gradient[i] = sum_lanes(r->sums[i]);
    for (int i = 0; i < k->heads * p->stored * (d + 1); i++) r->folded[i] = sum_lanes(r->sums[p->total + i]);
    if (k->heads) unfold(r, k, w);
    if (k->passage == LEARNED) {
        leak_back(r->d_z + r->left, r->ld_z, b->alive, k, w + p->rates, r->lanes);
        passage_gradient(r->gradient + p->matrix, r->gradient + p->shift, r->d_z + r->left, r->ld_z, b->sources,
                         r->lanes, afferents, k);
    }
    if (r->start) traces_gradient(k, p, r->own, r->heard, r->d_s + r->left, r->ld_z, r->gradient);
    int learning = k->passage == LEARNED ? p->total : p->unit;
    for (int i = 0; k->l2 > 0 && i < learning; i++) r->gradient[i] += 2 * k->l2 * w[i];
}

/* Units first..last of a population over some batches, the batches in turn within a few units.
 *
 * weights, moments: (unit, places.total + slots of leak rates); counts: optimiser steps taken; afferents (unit, K);
 * chosen (step, unit): which units learn; rates (step); losses (step, unit, 3): own, target, all; gradients (unit,
 * total) of the last batch, if asked for. With `learn` 0 nothing moves. Returns 0, or 1 where memory ran out.
 */
EXPORT int NAME(aurita_learn)(const Kind *k, const Batch *batches, int32_t steps, int32_t first, int32_t last,
                              float *weights, float *first_moments, float *second_moments, int32_t *counts,
                              const int32_t *afferents, const uint8_t *chosen, const float *rates, float *losses,
                              int32_t units, int32_t learn, float *gradients) {
    Room room;
    if (k->slots > MOST_SLOTS || k->horizons > MOST_HORIZONS) return 2;
    if (!room_open(&room, k)) return 1;
    int width = room.p.total + (k->leaky ? k->slots : 0), fan_in = k->passage == WIRED ? k->slots : k->afferents;
    int learning = k->passage == LEARNED ? room.p.total : room.p.unit;
    for (int step = 0; step < steps; step++)
        for (int u = first; u < last; u++) {
            float *w = weights + (size_t)u * width, *said = losses + ((size_t)step * units + u) * 3;
            size_t moment = (size_t)u * room.p.total;
            int moves = learn && chosen[(size_t)step * units + u];
            if (learn == 1 && !moves) continue;
            if (k->start) {
                room.start = k->start + (size_t)u * 2 * k->states * k->batch;
                room.own = k->own_traces + (size_t)u * 2 * k->batch * traces_own(&room.p);
                room.heard = k->heard_traces + (size_t)u * 2 * k->states * k->batch * traces_heard(k, &room.p);
            }
            double values[3];
            judge(&room, k, batches + step, u, w, afferents + (size_t)u * fan_in, moves, values);
            for (int i = 0; i < 3; i++) said[i] = (float)values[i];
            if (gradients && moves) memcpy(gradients + moment, room.gradient, room.p.total * sizeof *gradients);
            for (int i = 0; k->open && moves && i < k->slots * fan_in; i++)
                if (!k->open[(size_t)u * fan_in + i % fan_in]) room.gradient[room.p.matrix + i] = 0;
            if (!moves || !isfinite(values[2])) continue;
            optimise(k, &room.p, w, room.gradient, first_moments + moment, second_moments + moment, counts + u,
                     rates[step], learning);
        }
    room_close(&room);
    return 0;
}

/* Local learning: one unit after the other takes optimiser steps on its own loss, over recorded batches.
 *
 * Forward, loss, complete backward and optimiser of one unit stay in cache; nothing of a unit enters another, so that
 * any number of threads may share the units out.
 */
#include "learn_answer.h"
#include "learn_loss.h"
#include "learn_optimiser.h"
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

/* Means and spreads of what is to be predicted, and what the error of each slot counts, per horizon. */
static void weigh_slots(Room *r, const Kind *k, const Batch *b) {
    for (int i = 0; i < k->horizons; i++) {
        size_t ahead = (size_t)k->horizon[i] * k->batch;
        for (int s = 0; s < k->slots; s++) {
            int place = i * k->slots + s;
            r->factors[place] = 1.0f / (float)(k->slots * k->horizons);
            if (!k->relative || ahead >= r->lanes) continue;
            const float *truth = r->z + s * r->ld_z + r->left + ahead, *own = b->own + i * r->lanes;
            double mean = 0, spread = 0;
            for (size_t l = 0; l < r->lanes - ahead; l++) mean += (double)own[l] * truth[l];
            for (size_t l = 0; l < r->lanes - ahead; l++) spread += own[l] * (truth[l] - mean) * (truth[l] - mean);
            r->means[place] = (float)mean;
            r->spreads[place] = (float)spread + 1e-6f;
            r->factors[place] /= r->spreads[place];
        }
    }
}

/* Where a unit shapes what it receives, the spread that its errors are relative to is its own doing too. */
static void blame_spread(Room *r, const Kind *k, const Batch *b) {
    for (int i = 0; i < k->horizons; i++) {
        size_t ahead = (size_t)k->horizon[i] * k->batch;
        if (ahead >= r->lanes) continue;
        for (int s = 0; s < k->slots; s++) {
            int place = i * k->slots + s;
            const float *truth = r->z + s * r->ld_z + r->left + ahead, *own = b->own + i * r->lanes;
            float *d_truth = r->d_z + s * r->ld_z + r->left + ahead;
            float scale = -2 * r->weighed[place] * (float)r->errors[place] / r->spreads[place];
            for (size_t l = 0; l < r->lanes - ahead; l++) d_truth[l] += scale * own[l] * (truth[l] - r->means[place]);
        }
    }
}

/* Losses of one unit on a batch (own, target, all together) and, if asked for, the gradient of its weights. */
static void judge(Room *r, const Kind *k, const Batch *b, int unit, const float *w, const int32_t *afferents, int learn,
                  double *losses) {
    const Places *p = &r->p;
    int d = k->slots;
    double own = 0, target = 0;
    float alpha = k->by_target ? k->alpha : 1.0f;
    size_t own_rows = (size_t)unit * k->targets * r->lanes;
    const float *truth = b->target && k->apart ? b->target + own_rows : b->target;
    receive(r, k, b, w, afferents);
    if (k->heads) fold(r, k, w);
    const float *now = (r->noisy ? r->noisy : r->z) + r->left;
    for (int i = 0; r->start && i < 2 * k->states; i++)
        memcpy(r->s + i * r->ld_z + r->left - k->batch, r->start + i * k->batch, k->batch * sizeof *r->s);
    if (k->diagonal && k->batch == 1 && !b->goes_on)
        strands_forward(&r->strands, &r->turns, k, p, w, now, r->s + r->left, r->ld_z, b->alive, r->lanes);
    else if (k->diagonal)
        states_forward(&r->turns, k, p, w, now, r->s + r->left, r->ld_z, b, r->lanes, r->ld);
    if (k->by_self) weigh_slots(r, k, b);
    for (int i = 0; k->by_self && i < k->horizons * d; i++) r->weighed[i] = alpha * r->factors[i], r->errors[i] = 0;
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
                    self_loss(y, r->ld, r->z + r->left + lane + ahead, r->ld_z, r->weight, d, r->weighed + i * d,
                              r->errors + i * d, d_truth, vectors);
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
    for (int i = 0; k->by_self && i < k->horizons * d; i++) own += r->errors[i] * r->factors[i];
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
    if (k->diagonal && k->batch == 1 && !b->goes_on)
        strands_backward(&r->strands, &r->turns, k, p, w, now, r->s + r->left, r->d_s + r->left, d_z, r->ld_z, b->alive,
                         r->lanes, r->sums);
    else if (k->diagonal)
        states_backward(&r->turns, k, p, w, now, r->s + r->left, r->d_s + r->left, d_z, r->ld_z, b, r->lanes, r->ld,
                        r->sums);
    if (k->passage == LEARNED && k->by_self && k->relative) blame_spread(r, k, b);
    for (int i = 0; i < p->total; i++) r->gradient[i] = sum_lanes(r->sums[i]);
    for (int i = 0; i < k->heads * p->stored * (d + 1); i++) r->folded[i] = sum_lanes(r->sums[p->total + i]);
    if (k->heads) unfold(r, k, w);
    if (k->passage == LEARNED) {
        leak_back(r->d_z + r->left, r->ld_z, b->alive, k, w + p->rates, r->lanes);
        passage_gradient(r->gradient + p->matrix, r->gradient + p->shift, r->d_z + r->left, r->ld_z, b->sources,
                         r->lanes, afferents, k);
    }
    if (r->own) traces_gradient(k, p, r->own, r->passage, r->d_s + r->left, r->ld_z, r->gradient);
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
    if (!room_open(&room, k)) return 1;
    int width = room.p.total + (k->leaky ? k->slots : 0), fan_in = k->passage == WIRED ? k->slots : k->afferents;
    int learning = k->passage == LEARNED ? room.p.total : room.p.unit;
    for (int step = 0; step < steps; step++)
        for (int u = first; u < last; u++) {
            float *w = weights + (size_t)u * width, *said = losses + ((size_t)step * units + u) * 3;
            size_t moment = (size_t)u * room.p.total;
            int moves = learn && chosen[(size_t)step * units + u];
            if (learn == 1 && !moves) continue;
            if (k->start) room.start = k->start + (size_t)u * 2 * k->states * k->batch;
            if (k->start && k->own_traces) {
                room.own = k->own_traces + (size_t)u * 2 * k->batch * traces_own(&room.p);
                room.passage = k->passage_traces + (size_t)u * 2 * k->states * k->batch * traces_passage(k, &room.p);
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

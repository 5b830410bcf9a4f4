/* Local learning: one unit after the other takes optimiser steps on its own loss, over recorded batches.
 *
 * Forward, loss, complete backward and optimiser of one unit stay in cache; nothing of a unit enters another, so that
 * any number of threads may share the units out.
 */
#include "learn_answer.h"
#include "learn_loss.h"
#include "learn_optimiser.h"
#include "learn_passage.h"
#include "learn_traces.h"

/* Units of a group, whose places in it are those of their inputs, gradients and losses. */
typedef struct {
    int count, unit[GROUP], moves[GROUP];
    float *w[GROUP];
    double losses[GROUP][3];
} Group;

INLINE Passage passage_of(const Room *r, const Kind *k, const Batch *b, const int32_t *afferents, float *const *w,
                          float *const *values, int count) {
    return (Passage){.k = k,
                     .b = b,
                     .afferents = afferents,
                     .weights = (const float *const *)w,
                     .values = values,
                     .ld = r->ld_z,
                     .lanes = r->lanes,
                     .from = (size_t)k->first * k->batch,
                     .matrix = r->p.matrix,
                     .shift = r->p.shift,
                     .rows = count * k->slots};
}

/* What the slots of a group receive at every step that matters: passages applied to afferents. */
static void receive(Room *r, const Kind *k, const Batch *b, const Group *group, const int32_t *afferents) {
    size_t from = (size_t)k->first * k->batch, lanes = r->lanes;
    float *values[GROUP];
    for (int i = 0; i < group->count; i++) room_for(r, k, i), values[i] = r->z + r->left;
    if (k->passage != WIRED) {
        const Passage passage = passage_of(r, k, b, afferents, group->w, values, group->count);
        receive_rows(&passage);
        return;
    }
    for (int s = 0; s < k->slots; s++)
        memcpy(values[0] + s * r->ld_z + from, b->sources + afferents[s] * lanes + from, (lanes - from) * sizeof(float));
}

/* One unit's inputs from what its passage brought: low-passed, zeros before a start and after the end, with noise. */
static void settle(Room *r, const Kind *k, const Batch *b, const float *w) {
    size_t from = (size_t)k->first * k->batch, lanes = r->lanes;
    const float *rates = w + r->p.rates;
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

/* Losses of one unit on a batch (own, target, all together) and, if asked for, the gradient of its weights, those of its
 * passage left out. */
static void judge(Room *r, const Kind *k, const Batch *b, int unit, const float *w, int learn, double *losses) {
    const Places *p = &r->p;
    int d = k->slots;
    double own = 0, target = 0;
    float alpha = k->by_target ? k->alpha : 1.0f;
    size_t own_rows = (size_t)unit * k->targets * r->lanes;
    const float *truth = b->target && k->apart ? b->target + own_rows : b->target;
    settle(r, k, b, w);
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
    if (learn) room_forget(r, k);
    for (int first = 0; first < r->judged.count; first += r->tile) {
        const int left = r->judged.count - first;
        const Tile tile = {r->judged.lane + first, r->judged.own + first, left < r->tile ? left : r->tile};
        respond(r, k, b, w, &tile);
        float *y = r->y;
        for (int i = 0; k->by_self && i < k->horizons; i++, y += d * r->ld) {
            const size_t ahead = (size_t)k->horizon[i] * k->batch, end = ahead < r->lanes ? r->lanes - ahead : 0;
            tile_weights(r->weight, b->own + i * r->lanes, &tile, end);
            float *d_truth = learn && k->passage == LEARNED ? r->d_z + r->left + ahead : NULL;
            self_loss(y, r->ld, r->z + r->left + ahead, r->ld_z, r->weight, d, r->weighed + i * d, r->errors + i * d,
                      d_truth, &tile, end);
        }
        if (k->by_target) {
            tile_weights(r->weight, b->scored, &tile, r->lanes);
            for (int o = 0; k->guesses && o < k->targets; o++)
                for (int v = 0; v < tile.vectors; v++)
                    memcpy(k->guesses + own_rows + o * r->lanes + tile.lane[v], y + o * r->ld + v * LANES,
                           tile.own[v] * sizeof *y);
            if (b->target)
                target += target_loss(y, r->ld, truth, r->lanes, r->weight, k->targets, k->loss, &tile);
        }
        if (learn) go_back(r, k, b, w, &tile);
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
                         r->lanes, r->gradient);
    else if (k->diagonal)
        states_backward(&r->turns, k, p, w, now, r->s + r->left, r->d_s + r->left, d_z, r->ld_z, b, r->lanes, r->ld,
                        r->gradient);
    if (k->passage == LEARNED && k->by_self && k->relative) blame_spread(r, k, b);
    room_add_up(r);
    if (k->heads) unfold(r, k, w);
    if (k->passage == LEARNED) leak_back(r->d_z + r->left, r->ld_z, b->alive, k, w + p->rates, r->lanes);
}

/* Gradients of the passages of those units of a group that move. */
static void blame_passages(Room *r, const Kind *k, const Batch *b, const Group *group, const int32_t *afferents) {
    float *values[GROUP], *gradients[GROUP];
    int count = 0;
    for (int i = 0; i < group->count; i++) {
        if (!group->moves[i]) continue;
        room_for(r, k, i);
        values[count] = r->d_z + r->left, gradients[count++] = r->gradient;
    }
    const Passage passage = passage_of(r, k, b, afferents, NULL, values, count);
    passage_gradients(&passage, gradients);
}

/* What a call is given for all units of the population, as `aurita_learn` takes it. */
typedef struct {
    float *weights, *first, *second, *gradients;
    int32_t *counts;
    const int32_t *afferents;
    int width, fan_in;
} Learners;

/* A unit's step on its gradient, of which those of its passage are there. */
static void take_step(Room *r, const Kind *k, const Learners *l, int unit, double loss, float rate) {
    const Places *p = &r->p;
    const int learning = k->passage == LEARNED ? p->total : p->unit;
    const size_t moment = (size_t)unit * p->total;
    float *w = l->weights + (size_t)unit * l->width, *g = r->gradient;
    if (r->own) traces_gradient(k, p, r->own, r->passage, r->d_s + r->left, r->ld_z, g);
    for (int i = 0; k->l2 > 0 && i < learning; i++) g[i] += 2 * k->l2 * w[i];
    if (l->gradients) memcpy(l->gradients + moment, g, p->total * sizeof *g);
    for (int i = 0; k->open && i < k->slots * l->fan_in; i++)
        if (!k->open[(size_t)unit * l->fan_in + i % l->fan_in]) g[p->matrix + i] = 0;
    if (isfinite(loss)) optimise(k, p, w, g, l->first + moment, l->second + moment, l->counts + unit, rate, learning);
}

/* One batch for a group of units that receive the same sources. */
static void learn_together(Room *r, const Kind *k, const Batch *b, const Learners *l, Group *group, float rate,
                           float *losses) {
    const int32_t *afferents = l->afferents + (size_t)group->unit[0] * l->fan_in;
    int moving = 0;
    judged_of(&r->judged, k, b, r->lanes);
    receive(r, k, b, group, afferents);
    for (int i = 0; i < group->count; i++) {
        const size_t unit = group->unit[i];
        room_for(r, k, i);
        if (k->start) r->start = k->start + unit * 2 * k->states * k->batch;
        if (k->start && k->own_traces) {
            r->own = k->own_traces + unit * 2 * k->batch * traces_own(&r->p);
            r->passage = k->passage_traces + unit * 2 * k->states * k->batch * traces_passage(k, &r->p);
        }
        judge(r, k, b, (int)unit, group->w[i], group->moves[i], group->losses[i]);
        for (int n = 0; n < 3; n++) losses[3 * unit + n] = (float)group->losses[i][n];
        moving += group->moves[i];
    }
    if (moving && k->passage == LEARNED) blame_passages(r, k, b, group, afferents);
    for (int i = 0; i < group->count; i++) {
        if (!group->moves[i]) continue;
        room_for(r, k, i);
        take_step(r, k, l, group->unit[i], group->losses[i][2], rate);
    }
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
    if (!room_open(&room, k, last - first)) return 1;
    const Learners l = {.weights = weights,
                        .first = first_moments,
                        .second = second_moments,
                        .gradients = gradients,
                        .counts = counts,
                        .afferents = afferents,
                        .width = room.p.total + (k->leaky ? k->slots : 0),
                        .fan_in = k->passage == WIRED ? k->slots : k->afferents};
    for (int step = 0; step < steps; step++)
        for (int u = first; u < last;) {
            Group group = {.count = 0};
            for (; u < last && group.count < room.group; u++) {
                const int moves = learn && chosen[(size_t)step * units + u];
                if (learn == 1 && !moves) continue;
                const int32_t *own = afferents + (size_t)u * l.fan_in;
                if (group.count && memcmp(own, afferents + (size_t)group.unit[0] * l.fan_in, l.fan_in * sizeof *own))
                    break;
                group.unit[group.count] = u, group.moves[group.count] = moves;
                group.w[group.count++] = weights + (size_t)u * l.width;
            }
            if (group.count)
                learn_together(&room, k, batches + step, &l, &group, rates[step], losses + (size_t)step * units * 3);
        }
    room_close(&room);
    return 0;
}

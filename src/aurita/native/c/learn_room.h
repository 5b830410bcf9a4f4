/* What one unit works with while it learns: room for its inputs, states, tiles of answers and gradients. */
#ifndef AURITA_LEARN_ROOM_H
#define AURITA_LEARN_ROOM_H

#include "learn_attention.h"
#include "learn_block.h"
#include "learn_strands.h"
#include "learn_tiles.h"

/* Units whose passages are worked on at once, at most, and the numbers that they may receive in all. */
enum { GROUP = 12, GROUP_NUMBERS = 1 << 17 };

typedef struct {
    Places p;
    size_t lanes, ld_z, left;
    int tile, ld, span, rows, group;
    float *all_z, *all_d_z, *gradients; /* of a group of units */
    float *z, *d_z, *noisy;             /* of one of them */
    float *phi, *query, *shares, *inverse, *mixed, *y, *d_phi, *d_mixed, *d_query, *d_now;
    float *weight;            /* of the lanes of a tile, zero past its end */
    float *query_w, *query_b; /* queries folded into the space of the inputs */
    float *gradient, *folded; /* of one unit of a group, and of its folded queries */
    float *s, *d_s;           /* states of a diagonal memory unit, and their gradients */
    const float *start, *own, *passage; /* states before the first step, and their traces; NULL where there are none */
    Turns turns;
    Strands strands;          /* of a single sequence */
    vf *sums;                 /* lane by lane, of weights whose gradients are added up across lanes at the end */
    Block block;
    Judged judged;            /* lanes of the batch at hand */
    vf *attending;            /* room for the attention of many slots */
    float *means, *spreads, *factors, *weighed; /* (horizon, slot), as `weigh_slots` has them; factors times alpha */
    double *errors;
} Room;

static void room_close(Room *r) {
    float *all[] = {r->all_z, r->all_d_z, r->noisy,   r->phi,    r->query,   r->shares,  r->inverse,  r->mixed, r->y,
                    r->d_phi, r->d_mixed, r->d_query, r->d_now, r->weight, r->query_w, r->query_b, r->gradients,
                    r->folded, r->s,      r->d_s,     r->turns.all, r->strands.all, (float *)r->sums, r->block.all,
                    (float *)r->attending, r->means, (float *)r->errors};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) release(all[i]);
    judged_close(&r->judged);
}

/* `units`: how many there are to learn. */
static int room_open(Room *r, const Kind *k, int units) {
    memset(r, 0, sizeof *r);
    r->p = places_of(k);
    const Places *p = &r->p;
    r->lanes = (size_t)k->steps * k->batch;
    r->span = (k->memory - 1) * k->dilation + 1;
    r->left = ((size_t)r->span * k->batch + LANES - 1) / LANES * LANES;
    r->ld_z = r->left + (r->lanes + LANES - 1) / LANES * LANES + 8 * LANES;
    int shares = k->memory * k->heads;
    r->tile = shares * 4 * 8 * LANES <= 48 * 1024 ? 8 : 4;
    r->ld = r->tile * LANES;
    r->rows = (k->by_self ? k->slots * k->horizons : 0) + (k->by_target ? k->targets : 0);
    size_t d = k->slots, ld = r->ld;
    /* Traces of a unit are read while its states are there. */
    int together = k->passage == WIRED || k->start ? 1 : (int)(GROUP_NUMBERS / (d * r->ld_z));
    together = together < units ? together : units;
    r->group = together < 1 ? 1 : together < GROUP ? together : GROUP;
    r->all_z = floats(r->group * d * r->ld_z);
    r->all_d_z = floats(r->group * d * r->ld_z);
    r->noisy = k->noise > 0 ? floats(d * r->ld_z) : NULL;
    r->phi = floats(p->phi * ld);
    r->query = floats(k->heads * p->stored * ld);
    r->shares = floats(shares * ld);
    r->inverse = floats(k->heads * ld);
    r->mixed = floats(k->heads * d * ld);
    r->y = floats(r->rows * ld);
    r->d_phi = floats(p->phi * ld);
    r->d_mixed = floats(k->heads * d * ld);
    r->d_query = floats(k->heads * p->stored * ld);
    r->d_now = floats(d * ld);
    r->weight = floats((k->horizons + 1) * ld);
    r->query_w = floats(k->heads * p->stored * d);
    r->query_b = floats(k->heads * p->stored);
    r->gradients = floats(r->group * p->total);
    r->folded = floats(k->heads * p->stored * (d + 1));
    int states = 1;
    if (k->diagonal) {
        r->s = floats(2 * k->states * r->ld_z);
        r->d_s = floats(2 * k->states * r->ld_z);
        states = turns_open(&r->turns, k, ld * strands_tiles(k)) && strands_open(&r->strands, k) && r->s && r->d_s;
    }
    if (k->block) states = block_open(&r->block, k, ld);
    size_t aimed = (size_t)k->horizons * d;
    r->attending = (vf *)floats(5 * d * LANES);
    r->means = floats(4 * aimed);
    r->spreads = r->means + aimed, r->factors = r->spreads + aimed, r->weighed = r->factors + aimed;
    r->errors = (double *)floats(2 * aimed);
    r->sums = (vf *)floats((size_t)p->total * LANES);
    int fine = r->all_z && r->all_d_z && (r->noisy || !(k->noise > 0)) && r->phi && r->query && r->shares && r->inverse &&
               r->mixed && r->y && r->d_phi && r->d_mixed && r->d_query && r->d_now && r->weight && r->query_w &&
               r->query_b && r->gradients && r->folded && r->sums && r->attending && r->means && r->errors && states &&
               judged_open(&r->judged, k);
    if (!fine) room_close(r);
    return fine;
}

/* Where gradients are kept lane by lane: embeddings, ages, and what normalises; first and last weights of each. */
INLINE void lane_by_lane(const Places *p, int ranges[3][2]) {
    const int found[3][2] = {{p->embedding, p->wq}, {p->age, p->w1}, {p->scale[0], p->wo}};
    memcpy(ranges, found, sizeof found);
}

/* No gradients yet, of one unit. */
static void room_forget(Room *r, const Kind *k) {
    const Places *p = &r->p;
    int ranges[3][2];
    lane_by_lane(p, ranges);
    for (int i = 0; i < 3; i++) memset(r->sums + ranges[i][0], 0, (ranges[i][1] - ranges[i][0]) * sizeof *r->sums);
    memset(r->gradient, 0, p->total * sizeof *r->gradient);
    memset(r->folded, 0, k->heads * p->stored * (k->slots + 1) * sizeof *r->folded);
    if (k->passage == LEARNED) memset(r->d_z, 0, k->slots * r->ld_z * sizeof *r->d_z);
    if (k->diagonal) memset(r->d_s, 0, 2 * k->states * r->ld_z * sizeof *r->d_s);
}

/* Gradients that were kept lane by lane become one number each. */
static void room_add_up(Room *r) {
    int ranges[3][2];
    lane_by_lane(&r->p, ranges);
    for (int n = 0; n < 3; n++)
        for (int i = ranges[n][0]; i < ranges[n][1]; i++) r->gradient[i] += sum_lanes(r->sums[i]);
}

/* Make one unit of a group that which is worked on. */
static void room_for(Room *r, const Kind *k, int place) {
    size_t size = k->slots * r->ld_z;
    r->z = r->all_z + place * size, r->d_z = r->all_d_z + place * size;
    r->gradient = r->gradients + (size_t)place * r->p.total;
}

#endif

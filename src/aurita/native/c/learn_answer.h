/* What a unit outputs at a tile of lanes, and the way back from what its heads should have predicted. */
#ifndef AURITA_LEARN_ANSWER_H
#define AURITA_LEARN_ANSWER_H

#include "learn_room.h"

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
                if (!k->block) offset += key * w[p->bq + unit];
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
                float key = scale * w[p->wk + unit * p->stored + s], d_key = 0;
                if (!k->block) d_key = w[p->bq + unit] * d_offsets[place], g[p->bq + unit] += key * d_offsets[place];
                for (int i = 0; i < k->slots; i++) {
                    g[p->wq + unit * k->slots + i] += key * d_row[i];
                    d_key += w[p->wq + unit * k->slots + i] * d_row[i];
                }
                g[p->wk + unit * p->stored + s] += scale * d_key;
            }
        }
}

static Head head_of(Room *r, const Kind *k, const Batch *b, const float *w, const Tile *tile, int head) {
    const Places *p = &r->p;
    Head h = {.memory = k->memory, .heads = k->heads, .vectors = tile->vectors, .dilation = k->dilation};
    h.lane = tile->lane;
    h.age_step = (ptrdiff_t)k->dilation * k->batch;
    h.shift = k->batch;
    h.ld = r->ld;
    h.ld_z = r->ld_z;
    h.z = (r->noisy ? r->noisy : r->z) + r->left;
    h.query = r->query + (size_t)head * p->stored * r->ld;
    h.bias = w + p->age + head;
    h.embedding = k->block ? w + p->embedding : NULL;
    h.d_embedding = r->sums + p->embedding;
    h.room = r->attending;
    h.lived = k->masked ? b->lived : NULL;
    h.shares = r->shares + (size_t)head * k->memory * r->ld;
    h.inverse = r->inverse + (size_t)head * r->ld;
    h.mixed = r->mixed + (size_t)head * k->slots * r->ld;
    h.d_mixed = r->d_mixed + (size_t)head * k->slots * r->ld;
    h.d_query = r->d_query + (size_t)head * p->stored * r->ld;
    h.d_bias = r->sums + p->age + head;
    h.d_z = k->passage == LEARNED ? r->d_z + r->left : NULL;
    return h;
}

/* All heads: the query of each from `now`, and what it takes from memory into `values`. */
static void heads_forth(Room *r, const Kind *k, const Batch *b, const float *w, const float *now, float *values,
                        const Tile *tile) {
    const Places *p = &r->p;
    int d = k->slots, vectors = tile->vectors;
    product(r->query, r->ld, r->query_w, d, 1, r->query_b, now, r->ld, k->heads * p->stored, d, vectors, 0);
    for (int i = 0, some; i < k->heads; i += some) {
        Head head = head_of(r, k, b, w, tile, i);
        attend_forth(&head, some = attend_at_once(&head, k->heads - i, d, k->shifted), d, k->shifted);
    }
    for (int i = 0; i < k->heads; i++)
        product(values + i * k->width * r->ld, r->ld, w + p->wv + i * k->width * d, d, 1, NULL,
                r->mixed + (size_t)i * d * r->ld, r->ld, k->width, d, vectors, 0);
}

/* All heads, from gradients of their values to those of weights, queries and inputs. */
static void heads_back(Room *r, const Kind *k, const Batch *b, const float *w, const float *now, const float *d_values,
                       const Tile *tile) {
    const Places *p = &r->p;
    int d = k->slots, vectors = tile->vectors;
    for (int i = 0; i < k->heads; i++) {
        const float *d_value = d_values + i * k->width * r->ld, *wv = w + p->wv + i * k->width * d;
        const size_t mixed = (size_t)i * d * r->ld;
        outer(r->gradient + p->wv + i * k->width * d, d_value, r->ld, r->mixed + mixed, r->ld, k->width, d, vectors);
        product(r->d_mixed + mixed, r->ld, wv, 1, d, NULL, d_value, r->ld, d, k->width, vectors, 0);
    }
    for (int i = 0, some; i < k->heads; i += some) {
        Head head = head_of(r, k, b, w, tile, i);
        attend_back(&head, some = attend_at_once(&head, k->heads - i, d, k->shifted), d, k->shifted);
    }
    float *d_rows = r->folded, *d_offsets = d_rows + k->heads * p->stored * d;
    outer(d_rows, r->d_query, r->ld, now, r->ld, k->heads * p->stored, d, vectors);
    outer_ones(d_offsets, r->d_query, r->ld, k->heads * p->stored, vectors);
}

/* A decoder block: `phi` = input, context, hidden, and the result of both halves. */
static void block_forth(Room *r, const Kind *k, const Batch *b, const float *w, const Tile *tile) {
    const Places *p = &r->p;
    const Block *half = &r->block;
    int d = k->slots, wide = k->heads * k->width, vectors = tile->vectors;
    size_t ld = r->ld;
    const float *now = r->phi;
    if (k->heads) {
        float *context = r->phi + d * ld;
        for (int s = 0; s < d; s++)
            for (int v = 0; v < vectors * LANES; v += LANES)
                store(half->now + s * ld + v, load(now + s * ld + v) + splat(w[p->embedding + s]));
        heads_forth(r, k, b, w, half->now, half->values, tile);
        product(context, ld, w + p->mix, wide, 1, NULL, half->values, ld, d, wide, vectors, 0);
        for (int s = 0; s < d; s++)
            for (int v = 0; v < vectors * LANES; v += LANES)
                store(half->out[0] + s * ld + v, load(half->now + s * ld + v) + load(context + s * ld + v));
        normalise(half, k, p, w, 0, ld, vectors);
        now = half->out[0];
    }
    if (k->hidden) {
        float *hidden = r->phi + p->seen * ld;
        product(half->inner, ld, w + p->w1, d, 1, w + p->b1, now, ld, k->hidden, d, vectors, 0);
        for (int i = 0; i < k->hidden; i++)
            for (int v = 0; v < vectors * LANES; v += LANES)
                store(hidden + i * ld + v, activated(load(half->inner + i * ld + v), k->activation));
        for (int s = 0; s < d; s++) memcpy(half->out[1] + s * ld, now + s * ld, vectors * LANES * sizeof *now);
        for (int s = 0; s < d; s++)
            for (int v = 0; v < vectors * LANES; v += LANES) {
                float *place = half->out[1] + s * ld + v;
                store(place, load(place) + splat(w[p->b2 + s]));
            }
        product(half->out[1], ld, w + p->w2, k->hidden, 1, NULL, hidden, ld, d, k->hidden, vectors, 1);
        normalise(half, k, p, w, 1, ld, vectors);
    }
}

/* From gradients of the prediction `y`, NULL where it is not judged, and of `phi` back to weights and to the input. */
static void block_back(Room *r, const Kind *k, const Batch *b, const float *w, const float *y,
                       const Tile *tile) {
    const Places *p = &r->p;
    const Block *half = &r->block;
    int d = k->slots, wide = k->heads * k->width, vectors = tile->vectors;
    size_t ld = r->ld;
    float *back = half->d;
    if (y) memcpy(back, y, d * ld * sizeof *back);
    else memset(back, 0, d * ld * sizeof *back);
    if (k->hidden) {
        float *hidden = r->phi + p->seen * ld, *d_hidden = r->d_phi + p->seen * ld;
        unnormalise(half, k, p, w, 1, ld, vectors, r->sums);
        outer(r->gradient + p->w2, back, ld, hidden, ld, d, k->hidden, vectors);
        outer_ones(r->gradient + p->b2, back, ld, d, vectors);
        product(d_hidden, ld, w + p->w2, 1, k->hidden, NULL, back, ld, k->hidden, d, vectors, 1);
        for (int i = 0; i < k->hidden; i++)
            for (int v = 0; v < vectors * LANES; v += LANES) {
                float *place = d_hidden + i * ld + v;
                vf slope = activation_slope(load(half->inner + i * ld + v), load(hidden + i * ld + v), k->activation);
                store(place, load(place) * slope);
            }
        outer(r->gradient + p->w1, d_hidden, ld, k->heads ? half->out[0] : r->phi, ld, k->hidden, d, vectors);
        outer_ones(r->gradient + p->b1, d_hidden, ld, k->hidden, vectors);
        product(back, ld, w + p->w1, 1, d, NULL, d_hidden, ld, d, k->hidden, vectors, 1);
    }
    if (k->heads) {
        float *d_context = r->d_phi + d * ld;
        unnormalise(half, k, p, w, 0, ld, vectors, r->sums);
        for (int s = 0; s < d; s++)
            for (int v = 0; v < vectors * LANES; v += LANES)
                store(d_context + s * ld + v, load(d_context + s * ld + v) + load(back + s * ld + v));
        outer(r->gradient + p->mix, d_context, ld, half->values, ld, d, wide, vectors);
        product(half->d_values, ld, w + p->mix, 1, wide, NULL, d_context, ld, wide, d, vectors, 0);
        heads_back(r, k, b, w, half->now, half->d_values, tile);
        product(back, ld, r->query_w, 1, d, NULL, r->d_query, ld, d, k->heads * p->stored, vectors, 1);
        outer_ones(r->gradient + p->embedding, back, ld, d, vectors);
    }
    for (int s = 0; s < d; s++)
        for (int v = 0; v < vectors * LANES; v += LANES)
            store(r->d_phi + s * ld + v, load(r->d_phi + s * ld + v) + load(back + s * ld + v));
}

/* Units without residuals: `phi` = input, context, hidden; of input it is there already. */
static void plain_forth(Room *r, const Kind *k, const Batch *b, const float *w, const Tile *tile) {
    const Places *p = &r->p;
    int d = k->slots, vectors = tile->vectors;
    size_t ld = r->ld;
    float *hidden = r->phi + p->seen * ld;
    if (k->heads) heads_forth(r, k, b, w, r->phi, r->phi + d * ld, tile);
    if (k->diagonal) tile_gather(r->phi + d * ld, ld, r->s + r->left, r->ld_z, p->context, tile);
    product(hidden, ld, w + p->w1, p->seen, 1, w + p->b1, r->phi, ld, k->hidden, p->seen, vectors, 0);
    for (int i = 0; i < k->hidden; i++)
        for (int v = 0; v < vectors * LANES; v += LANES)
            store(hidden + i * ld + v, tanh_v(load(hidden + i * ld + v)));
}

/* The way back of such units, from gradients of `phi` to weights and inputs. */
static void plain_back(Room *r, const Kind *k, const Batch *b, const float *w, const Tile *tile) {
    const Places *p = &r->p;
    int d = k->slots, vectors = tile->vectors;
    size_t ld = r->ld;
    if (k->hidden) {
        float *hidden = r->phi + p->seen * ld, *d_hidden = r->d_phi + p->seen * ld;
        for (int i = 0; i < k->hidden; i++)
            for (int v = 0; v < vectors; v++) {
                vf f = load(hidden + i * ld + v * LANES), *place = (vf *)(d_hidden + i * ld + v * LANES);
                *place = *place * (splat(1.0f) - f * f);
            }
        outer(r->gradient + p->w1, d_hidden, ld, r->phi, ld, k->hidden, p->seen, vectors);
        outer_ones(r->gradient + p->b1, d_hidden, ld, k->hidden, vectors);
        product(r->d_phi, ld, w + p->w1, 1, p->seen, NULL, d_hidden, ld, p->seen, k->hidden, vectors, 1);
    }
    if (k->diagonal) tile_scatter(r->d_s + r->left, r->ld_z, r->d_phi + d * ld, ld, p->context, tile);
    if (k->heads) {
        heads_back(r, k, b, w, r->phi, r->d_phi + d * ld, tile);
        if (k->passage == LEARNED)
            product(r->d_phi, ld, r->query_w, 1, d, NULL, r->d_query, ld, d, k->heads * p->stored, vectors, 1);
    }
}

/* All that the unit outputs at the lanes of a tile: `phi` = input, context, hidden, and `y`, the heads asked for. */
static void respond(Room *r, const Kind *k, const Batch *b, const float *w, const Tile *tile) {
    const Places *p = &r->p;
    int d = k->slots, vectors = tile->vectors;
    size_t ld = r->ld;
    tile_gather(r->phi, ld, (r->noisy ? r->noisy : r->z) + r->left, r->ld_z, d, tile);
    if (k->block) block_forth(r, k, b, w, tile);
    else plain_forth(r, k, b, w, tile);
    float *y = r->y;
    if (k->by_self) {
        if (k->block) memcpy(y, r->block.out[k->hidden > 0], d * ld * sizeof *y);
        else product(y, ld, w + p->wo, p->phi, 1, w + p->bo, r->phi, ld, d, p->phi, vectors, 0);
        product(y + d * ld, ld, w + p->ahead_w, p->phi, 1, w + p->ahead_b, r->phi, ld, p->ahead, p->phi, vectors, 0);
        y += d * k->horizons * ld;
    }
    if (k->by_target)
        product(y, ld, w + p->target_w, p->phi, 1, w + p->target_b, r->phi, ld, k->targets, p->phi, vectors, 0);
}

/* From the gradients of what the heads say at a tile, `y`, back to all weights and to the inputs. */
static void go_back(Room *r, const Kind *k, const Batch *b, const float *w, const Tile *tile) {
    const Places *p = &r->p;
    int d = k->slots, vectors = tile->vectors;
    size_t ld = r->ld;
    const float *y = r->y;
    if (k->by_self) {
        if (k->block) memset(r->d_phi, 0, p->phi * ld * sizeof *y);
        else {
            outer(r->gradient + p->wo, y, ld, r->phi, ld, d, p->phi, vectors);
            outer_ones(r->gradient + p->bo, y, ld, d, vectors);
            product(r->d_phi, ld, w + p->wo, 1, p->phi, NULL, y, ld, p->phi, d, vectors, 0);
        }
        outer(r->gradient + p->ahead_w, y + d * ld, ld, r->phi, ld, p->ahead, p->phi, vectors);
        outer_ones(r->gradient + p->ahead_b, y + d * ld, ld, p->ahead, vectors);
        product(r->d_phi, ld, w + p->ahead_w, 1, p->phi, NULL, y + d * ld, ld, p->phi, p->ahead, vectors, 1);
        y += d * k->horizons * ld;
    }
    if (k->by_target) {
        outer(r->gradient + p->target_w, y, ld, r->phi, ld, k->targets, p->phi, vectors);
        outer_ones(r->gradient + p->target_b, y, ld, k->targets, vectors);
        product(r->d_phi, ld, w + p->target_w, 1, p->phi, NULL, y, ld, p->phi, k->targets, vectors, k->by_self);
    }
    if (k->block) block_back(r, k, b, w, k->by_self ? r->y : NULL, tile);
    else plain_back(r, k, b, w, tile);
    if (k->passage == LEARNED) tile_scatter(r->d_z + r->left, r->ld_z, r->d_phi, ld, d, tile);
}

#endif

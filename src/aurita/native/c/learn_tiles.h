/* Which lanes are judged, gathered into vectors and tiles of these; lanes that count nothing are left out. */
#ifndef AURITA_LEARN_TILES_H
#define AURITA_LEARN_TILES_H

#include "learn_types.h"

/* Where the vectors of all judged lanes begin, and how many lanes are a vector's own. */
typedef struct {
    size_t *lane;
    int *own, count;
} Judged;

static int judged_open(Judged *j, const Kind *k) {
    size_t most = 1;
    for (int range = 0; range < k->ranges; range++) most += k->range_lengths[range] / LANES + 1;
    j->lane = malloc(most * sizeof *j->lane), j->own = malloc(most * sizeof *j->own), j->count = 0;
    return j->lane && j->own;
}

static void judged_close(Judged *j) {
    free(j->lane);
    free(j->own);
}

/* Whether a lane counts for any of the losses. */
INLINE int lane_counts(const Kind *k, const Batch *b, size_t lanes, size_t lane) {
    int counts = k->by_target && b->scored[lane] != 0;
    for (int i = 0; k->by_self && i < k->horizons; i++) counts |= b->own[i * lanes + lane] != 0;
    return counts;
}

/* As few vectors as cover the judged lanes that count; all of these where guesses are kept. */
static void judged_of(Judged *j, const Kind *k, const Batch *b, size_t lanes) {
    j->count = 0;
    for (int range = 0; range < k->ranges; range++) {
        const size_t end = (size_t)k->range_starts[range] + k->range_lengths[range];
        for (size_t lane = k->range_starts[range]; lane < end; lane++) {
            if (!k->guesses && !lane_counts(k, b, lanes, lane)) continue;
            j->lane[j->count] = lane;
            j->own[j->count++] = end - lane < LANES ? (int)(end - lane) : LANES;
            lane += LANES - 1;
        }
    }
}

/* Weights of the lanes of a tile; zeros where they are not its own, and from lane `end` on. */
static void tile_weights(float *to, const float *from, const Tile *tile, size_t end) {
    for (int v = 0; v < tile->vectors; v++, to += LANES) {
        const size_t lane = tile->lane[v], left = lane < end ? end - lane : 0;
        const size_t count = left < (size_t)tile->own[v] ? left : (size_t)tile->own[v];
        memset(to, 0, LANES * sizeof *to);
        memcpy(to, from + lane, count * sizeof *to);
    }
}

/* Rows of a tile from those of all lanes; and added to these. */
static void tile_gather(float *to, size_t ld, const float *from, size_t ld_from, int rows, const Tile *tile) {
    for (int v = 0; v < tile->vectors; v++)
        for (int i = 0; i < rows; i++) store(to + i * ld + v * LANES, load(from + i * ld_from + tile->lane[v]));
}

static void tile_scatter(float *to, size_t ld_to, const float *from, size_t ld, int rows, const Tile *tile) {
    for (int v = 0; v < tile->vectors; v++)
        for (int i = 0; i < rows; i++) {
            float *place = to + i * ld_to + tile->lane[v];
            store(place, load(place) + load(from + i * ld + v * LANES));
        }
}

#endif

/* The most multiplications and additions a second that this core does in float32: independent chains of vectors, as wide
 * as registers are; wider ones would live in memory. */

#if defined(__AVX512F__)
enum { LANES = 16 };
#elif defined(__AVX__)
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif
enum { CHAINS = 12 };

typedef float lanes __attribute__((vector_size(4 * LANES)));

/* How many that is, of so many rounds. */
double operations(long rounds) { return 2.0 * rounds * CHAINS * LANES; }

double work(long rounds) {
    lanes sum[CHAINS], factor = {0};
    for (int i = 0; i < LANES; i++) factor[i] = 0.999f;
    for (int i = 0; i < CHAINS; i++) sum[i] = factor;
    for (long round = 0; round < rounds; round++)
        for (int i = 0; i < CHAINS; i++) sum[i] = sum[i] * factor + factor;
    double total = 0;
    for (int i = 0; i < CHAINS; i++)
        for (int j = 0; j < LANES; j++) total += sum[i][j];
    return total;
}

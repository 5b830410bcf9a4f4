/* The most multiplications and additions a second that this core does in float32: independent chains of vectors. */

typedef float lanes __attribute__((vector_size(64)));

double work(long rounds) {
    lanes sum[12], factor = {0};
    for (int i = 0; i < 16; i++) factor[i] = 0.999f;
    for (int i = 0; i < 12; i++) sum[i] = factor;
    for (long round = 0; round < rounds; round++)
        for (int i = 0; i < 12; i++) sum[i] = sum[i] * factor + factor;
    double total = 0;
    for (int i = 0; i < 12; i++)
        for (int j = 0; j < 16; j++) total += sum[i][j];
    return total;
}

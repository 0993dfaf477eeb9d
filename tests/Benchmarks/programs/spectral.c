/* The largest singular value of the matrix 1 / ((i + j)(i + j + 1) / 2 + i + 1), by the power method: divisions and sums of doubles. */
#include "common.h"
#include <math.h>

static double element(long i, long j) { return 1.0 / (double)((i + j) * (i + j + 1) / 2 + i + 1); }

static void multiply(long n, const double *v, double *out, int is_transposed) {
    for (long i = 0; i < n; i++) {
        double sum = 0;
        for (long j = 0; j < n; j++) sum += (is_transposed ? element(j, i) : element(i, j)) * v[j];
        out[i] = sum;
    }
}

int main(int count, char **words) {
    long n = size_of_run(count, words, 860);
    double *u = malloc((size_t)n * sizeof *u), *v = malloc((size_t)n * sizeof *v), *half = malloc((size_t)n * sizeof *half), uv = 0, vv = 0;
    for (long i = 0; i < n; i++) u[i] = 1;
    for (int i = 0; i < 10; i++) {
        multiply(n, u, half, 0);
        multiply(n, half, v, 1);
        multiply(n, v, half, 0);
        multiply(n, half, u, 1);
    }
    for (long i = 0; i < n; i++) {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    printf("%.9f\n", sqrt(uv / vv));
}

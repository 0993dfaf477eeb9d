/* Fast Fourier transforms of 4096 complex numbers, forth and back: doubles with strided loads and stores. */
#include "common.h"
#include <math.h>

enum { Points = 4096 };

static double re[Points], im[Points];

static void transform(int sign) {
    for (unsigned i = 1, j = 0; i < Points; i++) {
        unsigned bit = Points / 2;
        for (; j & bit; bit /= 2) j ^= bit;
        j ^= bit;
        if (i < j) {
            double r = re[i], m = im[i];
            re[i] = re[j]; im[i] = im[j];
            re[j] = r; im[j] = m;
        }
    }
    for (int length = 2; length <= Points; length *= 2) {
        double angle = sign * 2 * 3.14159265358979323846 / length, stepRe = cos(angle), stepIm = sin(angle);
        for (int start = 0; start < Points; start += length) {
            double wRe = 1, wIm = 0;
            for (int k = start; k < start + length / 2; k++) {
                int other = k + length / 2;
                double r = re[other] * wRe - im[other] * wIm, m = re[other] * wIm + im[other] * wRe, next = wRe * stepRe - wIm * stepIm;
                re[other] = re[k] - r; im[other] = im[k] - m;
                re[k] += r; im[k] += m;
                wIm = wRe * stepIm + wIm * stepRe;
                wRe = next;
            }
        }
    }
}

int main(int count, char **words) {
    long rounds = size_of_run(count, words, 165);
    double sum = 0;
    for (int i = 0; i < Points; i++) re[i] = sin(i * 0.01) + (i % 17) * 0.1;
    for (long round = 0; round < rounds; round++) {
        transform(1);
        sum += fabs(re[round % Points]);
        transform(-1);
        for (int i = 0; i < Points; i++) {
            re[i] /= Points;
            im[i] /= Points;
        }
    }
    printf("%.9g %.9g\n", sum, re[100]);
}

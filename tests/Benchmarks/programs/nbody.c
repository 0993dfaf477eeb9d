/* Five bodies that attract each other, by a symplectic integrator: multiplications, square roots and divisions of doubles. */
#include "common.h"
#include <math.h>

enum { Bodies = 5 };

/* Positions in astronomical units, speeds in them a day, masses in suns: a sun and four planets on nearly circular orbits. */
static double x[Bodies][3], v[Bodies][3], mass[Bodies];

static void place(void) {
    const double distance[Bodies] = { 0, 5.2, 9.5, 19.2, 30.1 }, part[Bodies] = { 1, 9.5e-4, 2.9e-4, 4.4e-5, 5.2e-5 }, pull = 2.9591220828559e-4;
    for (int i = 0; i < Bodies; i++) {
        double angle = 1.3 * i, speed = i == 0 ? 0 : sqrt(pull / distance[i]);
        mass[i] = part[i] * pull;
        x[i][0] = distance[i] * cos(angle);
        x[i][1] = distance[i] * sin(angle);
        x[i][2] = 0.02 * distance[i] * (i - 2);
        v[i][0] = -speed * sin(angle);
        v[i][1] = speed * cos(angle);
    }
}

static void step(double time) {
    for (int i = 0; i < Bodies; i++) {
        for (int j = i + 1; j < Bodies; j++) {
            double d[3], square = 0;
            for (int k = 0; k < 3; k++) {
                d[k] = x[i][k] - x[j][k];
                square += d[k] * d[k];
            }
            double factor = time / (square * sqrt(square));
            for (int k = 0; k < 3; k++) {
                v[i][k] -= d[k] * mass[j] * factor;
                v[j][k] += d[k] * mass[i] * factor;
            }
        }
    }
    for (int i = 0; i < Bodies; i++)
        for (int k = 0; k < 3; k++) x[i][k] += time * v[i][k];
}

int main(int count, char **words) {
    long steps = size_of_run(count, words, 310000);
    place();
    for (long i = 0; i < steps; i++) step(1.0);
    for (int i = 0; i < Bodies; i++) printf("%.12g %.12g %.12g\n", x[i][0], x[i][1], x[i][2]);
}

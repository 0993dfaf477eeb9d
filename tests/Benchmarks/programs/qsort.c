/* The C library's qsort with a function that compares: calls through a register, and branches that cannot be foretold. */
#include "common.h"

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

int main(int count, char **words) {
    const size_t numbers = 200000;
    long rounds = size_of_run(count, words, 6);
    uint32_t *array = malloc(numbers * sizeof *array), sum = 0;
    uint64_t state = 88172645463325252;
    for (long round = 0; round < rounds; round++) {
        for (size_t i = 0; i < numbers; i++) array[i] = (uint32_t)next_number(&state);
        qsort(array, numbers, sizeof *array, compare);
        for (size_t i = 0; i < numbers; i += 1000) sum = sum * 31 + array[i];
    }
    printf("%u\n", sum);
}

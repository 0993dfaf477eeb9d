/* What the programs share: their size is the first argument, and what they computed is printed, so that nothing of it can be left out. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline long size_of_run(int count, char **words, long otherwise) {
    return count > 1 ? strtol(words[1], 0, 10) : otherwise;
}

/* A generator of numbers that is good enough to shuffle with (Marsaglia, "Xorshift RNGs"). */
static inline uint64_t next_number(uint64_t *state) {
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

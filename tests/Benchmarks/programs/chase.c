/* Follows one cycle through 64 MiB in a random order: loads that wait for memory, in pages that no TLB holds. */
#include "common.h"

int main(int count, char **words) {
    const size_t places = (64u << 20) / sizeof(size_t);
    long steps = size_of_run(count, words, 5000000);
    size_t *next = malloc(places * sizeof *next), at = 0;
    uint64_t state = 88172645463325252;
    for (size_t i = 0; i < places; i++) next[i] = i;
    /* Sattolo's shuffle leaves one cycle. */
    for (size_t i = places - 1; i > 0; i--) {
        size_t j = next_number(&state) % i, other = next[i];
        next[i] = next[j];
        next[j] = other;
    }
    for (long i = 0; i < steps; i++) at = next[at];
    printf("%zu\n", at);
}

/* Eratosthenes' sieve: strided stores of bytes over some megabytes. */
#include "common.h"

int main(int count, char **words) {
    const long limit = 4000000;
    long rounds = size_of_run(count, words, 38), primes = 0;
    char *composite = malloc((size_t)limit + 1);
    for (long round = 0; round < rounds; round++) {
        memset(composite, 0, (size_t)limit + 1);
        for (long i = 2; i * i <= limit; i++)
            if (!composite[i])
                for (long j = i * i; j <= limit; j += i) composite[j] = 1;
        primes = 0;
        for (long i = 2; i <= limit; i++) primes += !composite[i];
    }
    printf("%ld\n", primes);
}

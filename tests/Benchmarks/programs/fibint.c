/* Fibonacci numbers by recursion: calls, returns and the stack. */
#include "common.h"

static __attribute__((noinline)) long fib(long n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int main(int count, char **words) { printf("%ld\n", fib(size_of_run(count, words, 37))); }

// How often a store conditional fails that comes some milliseconds after its load reserved, while another process computes.
#include <stdio.h>
#include <unistd.h>

static long word;

static int fails(void) {
    long seen, count = 1000000, failed;
    __asm__ volatile("lr.d %0, (%3)\n1: addi %1, %1, -1\n bnez %1, 1b\n sc.d %2, %0, (%3)" : "=&r"(seen), "+r"(count), "=&r"(failed) : "r"(&word) : "memory");
    return failed != 0;
}

int main(void) {
    int child = fork();
    if (child == 0) {
        for (volatile long i = 0; i < 30000000; i++) {}
        return 0;
    }

    int count = 0;
    for (int i = 0; i < 10; i++) count += fails();
    printf("fails: %d of 10 beside another process\n", count);
    return 0;
}

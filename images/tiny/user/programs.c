/* The programs that the shell runs, and the list of all. */
#include "user.h"

static int primes(int count, char **arguments) {
    unsigned long limit = count > 1 ? text_number(arguments[1]) : 20000, found = 0, sum = 0;
    for (unsigned long n = 2; n < limit; n++) {
        unsigned long divisor = 2;
        while (divisor * divisor <= n && n % divisor)
            divisor++;
        if (divisor * divisor > n)
            found++, sum += n;
    }
    say("%u primes below %u, their sum is %u\n", found, limit, sum);
    return 0;
}

/* Works without a call for a time. */
static int spin(int count, char **arguments) {
    struct info info;
    get_info(INFO_MACHINE, 0, &info);
    unsigned long milliseconds = count > 1 ? text_number(arguments[1]) : 1000;
    for (unsigned long end = ticks() + milliseconds * info.d / 1000; ticks() < end;)
        for (volatile int i = 0; i < 1000; i++)
            ;
    say("spun for %u ms\n", milliseconds);
    return 0;
}

/* As many processes as there can be, each with pages of its own; every one is waited for. */
static int stress(int count, char **arguments) {
    long wanted = count > 1 ? (long)text_number(arguments[1]) : 200, started = 0, ended = 0, wrong = 0;
    while (ended < wanted) {
        if (started < wanted && spawn_with("child", started % 100) > 0) {
            started++;
            continue;
        }
        int32_t status;
        if (wait(0, &status) < 0)
            break;
        ended++;
        wrong += status >= 100;
    }
    say("%d processes ran, %d went wrong\n", ended, wrong);
    return wrong != 0 || ended != wanted;
}

/* A child of the tests: uses heap and stack, gives way, and exits with its argument. */
int child(int count, char **arguments) {
    enum { BYTES = 3 * 4096 };
    char *heap = sbrk(BYTES);
    for (int i = 0; i < BYTES; i += 512)
        heap[i] = (char)getpid();
    yield();
    for (int i = 0; i < BYTES; i += 512)
        if (heap[i] != (char)getpid())
            return 255;
    return count > 1 ? (int)text_number(arguments[1]) : 0;
}

const struct program programs[] = {
    {"primes", "counts primes; primes [LIMIT]", primes},
    {"fault", "does what it must not; fault [null|code|data|kernel|illegal|stack]", misbehave},
    {"spin", "works for a time; spin [MILLISECONDS]", spin},
    {"stress", "makes many processes; stress [COUNT]", stress},
    {"sh", "another shell", shell},
    {"child", 0, child},
    {"loop", 0, loop},
    {"where", 0, where},
    {"selftest", 0, selftest},
    {0, 0, 0},
};

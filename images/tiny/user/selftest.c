/* The self-test, the programs' half. It prints the same on every machine. */
#include "user.h"

enum { PAGE = 4096, HEAP = 64 * PAGE, CHILDREN = 40, ROUNDS = 500, NAP = 20 };
enum { ILLEGAL = 2, FETCH_PAGE = 12, LOAD_PAGE = 13, STORE_PAGE = 15 };

static int wrong;
static volatile long mine; /* every process has its own */

static void check(bool holds, const char *what) {
    say("%s %s\n", holds ? "ok  " : "FAIL", what);
    wrong += !holds;
}

static int recurse(int depth) {
    volatile char room[1024];
    room[0] = (char)depth;
    return recurse(depth + 1) + room[0];
}

/* One deed for each kind of fault. */
int misbehave(int count, char **arguments) {
    const char *deed = count > 1 ? arguments[1] : "null";
    if (text_equal(deed, "null"))
        *(volatile char *)0 = 1;
    else if (text_equal(deed, "code"))
        *(volatile char *)misbehave = 1;
    else if (text_equal(deed, "data"))
        ((void (*)(void))(unsigned long)&mine)();
    else if (text_equal(deed, "kernel"))
        (void)*(volatile char *)0x80200000;
    else if (text_equal(deed, "illegal"))
        __asm__ volatile("csrr t0, sstatus" ::: "t0");
    else if (text_equal(deed, "stack"))
        return recurse(0);
    return 1;
}

/* Never ends by itself, and makes no call. */
int loop(int count, char **arguments) {
    (void)count, (void)arguments;
    for (;;)
        mine++;
}

/* Works a little and tells on which hart it did. */
int where(int count, char **arguments) {
    (void)count, (void)arguments;
    for (int i = 0; i < 20000; i++)
        mine++;
    return (int)hart();
}

static bool ends_with(const char *line, int32_t wanted) {
    int32_t status = -1;
    long pid = spawn(line);
    return pid > 0 && wait(pid, &status) == pid && status == wanted;
}

static void test_memory(void) {
    char *heap = sbrk(HEAP);
    bool zero = true, kept = true;
    for (long i = 0; i < HEAP; i += 64)
        zero &= heap[i] == 0;
    for (long i = 0; i < HEAP; i += 64)
        heap[i] = (char)(i / 64);
    for (long i = 0; i < HEAP; i += 64)
        kept &= heap[i] == (char)(i / 64);
    check(zero, "user: memory comes when it is touched, and is zero");
    check(kept, "user: memory keeps what is written");
    check(sbrk(HEAP_BYTES) == (char *)-1, "user: more heap than there may be is refused");
}

static void test_processes(void) {
    check(ends_with("child 7", 7) && ends_with("child 99", 99), "user: a process ends with its exit code");
    check(ends_with("nothing", 127), "user: a program that is not there gives 127");
    int32_t sum = 0, status;
    long wanted = 0;
    mine = 42;
    for (long i = 0; i < CHILDREN; i++)
        if (spawn_with("child", i) > 0)
            wanted += i;
    while (wait(0, &status) > 0)
        sum += status;
    check(wanted == CHILDREN * (CHILDREN - 1) / 2 && sum == wanted && mine == 42, "user: forty processes at once, each in its own space");
}

static void test_faults(void) {
    check(ends_with("fault null", STATUS_FAULT + STORE_PAGE), "fault: a store to nothing ends the process");
    check(ends_with("fault code", STATUS_FAULT + STORE_PAGE), "fault: so does a store to code");
    check(ends_with("fault data", STATUS_FAULT + FETCH_PAGE), "fault: so does a call of data");
    check(ends_with("fault kernel", STATUS_FAULT + LOAD_PAGE), "fault: so does a look at the kernel");
    check(ends_with("fault illegal", STATUS_FAULT + ILLEGAL), "fault: so does an instruction of the kernel");
    check(ends_with("fault stack", STATUS_FAULT + STORE_PAGE), "fault: so does a stack without end");
    check(write((const char *)8, 1) == -1 && write((const char *)0x80200000, 1) == -1, "fault: a call refuses addresses that are not the caller's");
    check(read((char *)misbehave, 0) == 0 && call(CALLS, 0, 0, 0) == -1, "fault: a call that is not there is refused");
}

static void test_time(void) {
    struct info info;
    get_info(INFO_MACHINE, 0, &info);
    unsigned long before = ticks();
    sleep(NAP);
    check(ticks() - before >= NAP * info.d / 1000, "time: nobody wakes too early");

    /* One more that never give way than there are harts: without preemption nothing would go on. */
    long loops[16], count = 0;
    int32_t status;
    bool killed = true;
    while (count < 16 && count <= (long)info.a)
        loops[count++] = spawn("loop");
    sleep(NAP);
    for (long i = 0; i < count; i++)
        killed &= kill(loops[i]) == 0 && wait(loops[i], &status) == loops[i] && status == STATUS_KILLED;
    check(killed, "time: endless loops stop nobody, and can be killed");
}

static void test_harts(void) {
    struct info info;
    get_info(INFO_MACHINE, 0, &info);
    unsigned long seen = 0, all = (1ul << info.a) - 1;
    for (int round = 0; round < ROUNDS && seen != all; round++) {
        int32_t status;
        for (unsigned long i = 0; i < info.a; i++)
            spawn("where");
        while (wait(0, &status) > 0)
            seen |= 1ul << status;
    }
    check(seen == all, "harts: every hart runs programs");
}

int selftest(int count, char **arguments) {
    (void)count, (void)arguments;
    check(getpid() == 1, "user: the first process runs");
    test_memory();
    test_processes();
    test_faults();
    test_time();
    test_harts();
    return wrong != 0;
}

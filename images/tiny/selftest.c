/* The self-test, the kernel's half: paging, timer, harts. The other half is a program (user/selftest.c). What it prints depends on the
 * number of harts only. */
#include "kernel.h"
#include "sbi.h"

enum { ADDITIONS = 1000, WAIT_SECONDS = 5, NAPS = 3 };

bool selftest_runs;

static struct lock sum_lock;
static uint64_t sum;
static bool adds; /* a hart that is interrupted adds to the sum */
static uint64_t pages_before;
static uint8_t data_byte = 1;
static const uint8_t constant_byte = 1;
static bool all_well = true;

static void check(bool holds, const char *what) {
    print("%s %s\n", holds ? "ok  " : "FAIL", what);
    all_well &= holds;
}

static void add(void) {
    for (int i = 0; i < ADDITIONS; i++) {
        lock(&sum_lock);
        sum++;
        unlock(&sum_lock);
    }
}

void selftest_answer(void) {
    if (adds)
        add();
    __atomic_fetch_add(&this_hart()->answers, 1, __ATOMIC_RELEASE);
}

static void test_paging(void) {
    check(!faults_load((uint64_t)&data_byte) && !faults_store((uint64_t)&data_byte), "paging: the kernel's data can be read and written");
    check(faults_fetch((uint64_t)&data_byte), "paging: it cannot be executed");
    check(!faults_load((uint64_t)&constant_byte) && faults_store((uint64_t)&constant_byte), "paging: constants can only be read");
    check(!faults_load((uint64_t)print) && faults_store((uint64_t)print), "paging: the kernel's code cannot be written");
    check(faults_load(0) && faults_store(USER_BASE) && faults_fetch(USER_BASE), "paging: what is not mapped faults");
    check(faults_load(1ul << 63), "paging: an address that is not canonical faults");
}

static void test_timer(void) {
    bool early = false;
    for (int i = 0; i < NAPS; i++) {
        uint64_t ticks = this_hart()->ticks, due = now() + machine.timebase / TICKS_PER_SECOND;
        timer_set(due);
        while (this_hart()->ticks == ticks)
            wait_for_interrupt();
        early |= now() < due;
    }
    check(!early, "timer: interrupts come, and not before their time");
}

static bool answers_again(struct hart *hart, uint64_t before) {
    uint64_t end = now() + WAIT_SECONDS * machine.timebase;
    while (__atomic_load_n(&hart->answers, __ATOMIC_ACQUIRE) == before) {
        if (now() >= end)
            return false;
        if (hart == this_hart())
            wait_for_interrupt();
        else
            __asm__ volatile(".4byte 0x0100000f"); /* pause */
    }
    return true;
}

static void test_harts(void) {
    uint64_t online = 0, before[MAX_HARTS];
    for (uint32_t i = 0; i < machine.hart_count; i++)
        online += harts[i].online;
    print("%s harts: %u of %u are online\n", online == machine.hart_count ? "ok  " : "FAIL", online, (uint64_t)machine.hart_count);
    all_well &= online == machine.hart_count;
    if (!sbi_has_harts())
        return;

    adds = true;
    for (uint32_t i = 0; i < machine.hart_count; i++)
        before[i] = harts[i].answers;
    for (uint32_t i = 0; i < machine.hart_count; i++)
        if (harts[i].online)
            sbi_interrupt(harts[i].id);
    bool answered = true;
    for (uint32_t i = 0; i < machine.hart_count; i++)
        answered &= !harts[i].online || answers_again(&harts[i], before[i]);
    adds = false;
    check(answered, "harts: each answers an interrupt");
    check(sum == online * ADDITIONS, "harts: additions under a lock are all there");
}

bool selftest_kernel(void) {
    selftest_runs = true;
    print("tiny self-test\n");
    test_paging();
    test_timer();
    test_harts();
    pages_before = pages_free();
    return all_well;
}

_Noreturn void selftest_end(int32_t status) {
    if (status == 0)
        check(pages_free() == pages_before, "memory: every page of every process came back");
    all_well &= status == 0;
    print(all_well ? "TINY-SELFTEST-OK\n" : "TINY-SELFTEST-FAILED\n");
    sbi_power_off(!all_well);
}

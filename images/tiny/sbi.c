#include "sbi.h"

enum {
    LEGACY_SET_TIMER = 0, LEGACY_PUTCHAR = 1, LEGACY_GETCHAR = 2, LEGACY_SHUTDOWN = 8,
    BASE = 0x10, TIME = 0x54494d45, IPI = 0x735049, HSM = 0x48534d, SRST = 0x53525354, DBCN = 0x4442434e,
};
enum { BASE_PROBE = 3, HSM_START = 0, DBCN_WRITE = 0, DBCN_READ = 1 };
enum { SHUTDOWN = 0, COLD_REBOOT = 1, NO_REASON = 0, SYSTEM_FAILURE = 1 };

struct result {
    long error, value;
};

static bool has_console, has_time, has_harts;

static struct result call(uint64_t extension, uint64_t function, uint64_t arg0, uint64_t arg1, uint64_t arg2) {
    register uint64_t a0 __asm__("a0") = arg0, a1 __asm__("a1") = arg1, a2 __asm__("a2") = arg2;
    register uint64_t a6 __asm__("a6") = function, a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (struct result){(long)a0, (long)a1};
}

static bool probe(uint64_t extension) {
    struct result answer = call(BASE, BASE_PROBE, extension, 0, 0);
    return answer.error == 0 && answer.value != 0;
}

void sbi_open(void) {
    has_console = probe(DBCN);
    has_time = probe(TIME);
    has_harts = probe(HSM) && probe(IPI);
}

void sbi_write(const char *text, size_t length) {
    while (has_console && length > 0) {
        struct result done = call(DBCN, DBCN_WRITE, length, (uint64_t)text, 0);
        if (done.error != 0 || done.value <= 0)
            return;
        text += done.value;
        length -= (size_t)done.value;
    }
    for (size_t i = 0; i < length; i++)
        call(LEGACY_PUTCHAR, 0, (unsigned char)text[i], 0, 0);
}

int sbi_read(void) {
    if (!has_console)
        return (int)call(LEGACY_GETCHAR, 0, 0, 0, 0).error;
    unsigned char byte;
    struct result done = call(DBCN, DBCN_READ, 1, (uint64_t)&byte, 0);
    return done.error == 0 && done.value == 1 ? byte : -1;
}

void sbi_set_timer(uint64_t time) {
    if (has_time)
        call(TIME, 0, time, 0, 0);
    else
        call(LEGACY_SET_TIMER, 0, time, 0, 0);
}

bool sbi_has_harts(void) {
    return has_harts;
}

bool sbi_hart_start(uint64_t hart, uint64_t entry, uint64_t argument) {
    return call(HSM, HSM_START, hart, entry, argument).error == 0;
}

void sbi_interrupt(uint64_t hart) {
    call(IPI, 0, 1, hart, 0);
}

_Noreturn void sbi_power_off(bool failed) {
    call(SRST, 0, SHUTDOWN, failed ? SYSTEM_FAILURE : NO_REASON, 0);
    call(LEGACY_SHUTDOWN, 0, 0, 0, 0);
    for (;;)
        __asm__ volatile("wfi");
}

_Noreturn void sbi_reboot(void) {
    call(SRST, 0, COLD_REBOOT, NO_REASON, 0);
    for (;;)
        __asm__ volatile("wfi");
}

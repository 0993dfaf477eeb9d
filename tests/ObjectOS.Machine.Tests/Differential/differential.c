// The other engine of the differential test: runs programs from the standard input and writes the states that they end in.
// A signal frame holds every register, so the handler of each program's last trap stores its state and installs the next one.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { CODE = 0x10000000, CODE_SIZE = 0x2000, DATA = 0x20000000, DATA_SIZE = 0x4000 };

// x[0] is the first pc.
struct program { uint64_t x[32], f[32], fcsr, seed, length; };
struct state { uint64_t signal, x[32], f[32], fcsr, hash; };

static int started;
static uint64_t dummy;

// Programs use the thread pointer as any other register, and the C library needs its own. (The global pointer it does without, for
// the linker is told not to relax.)
static uint64_t thread_pointer;

static void read_all(void *to, size_t size) {
    for (char *p = to; size > 0;) {
        ssize_t got = read(0, p, size);
        if (got <= 0)
            _exit(got == 0 && p == (char *)to ? 0 : 1);
        p += got;
        size -= (size_t)got;
    }
}

static void write_all(const void *from, size_t size) {
    for (const char *p = from; size > 0;) {
        ssize_t put = write(1, p, size);
        if (put <= 0)
            _exit(1);
        p += put;
        size -= (size_t)put;
    }
}

static uint64_t next(uint64_t *s) {
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

static void on_trap(int signal, siginfo_t *info, void *context) {
    __asm__ volatile("mv tp, %0" : : "r"(thread_pointer));
    ucontext_t *u = context;
    uint64_t *data = (uint64_t *)DATA;
    (void)info;
    if (started) {
        struct state s = { .signal = (uint64_t)signal, .hash = 0xCBF29CE484222325 };
        memcpy(s.x, u->uc_mcontext.__gregs, sizeof s.x);
        memcpy(s.f, u->uc_mcontext.__fpregs.__d.__f, sizeof s.f);
        s.fcsr = u->uc_mcontext.__fpregs.__d.__fcsr;
        for (int i = 0; i < DATA_SIZE / 8; i++)
            s.hash = (s.hash ^ data[i]) * 0x100000001B3;
        write_all(&s, sizeof s);
    }

    started = 1;
    struct program p;
    read_all(&p, sizeof p);
    read_all((void *)CODE, p.length);
    __builtin___clear_cache((char *)CODE, (char *)CODE + CODE_SIZE);
    for (int i = 0; i < DATA_SIZE / 8; i++)
        data[i] = next(&p.seed);
    memcpy(u->uc_mcontext.__gregs, p.x, sizeof p.x);
    memcpy(u->uc_mcontext.__fpregs.__d.__f, p.f, sizeof p.f);
    u->uc_mcontext.__fpregs.__d.__fcsr = (uint32_t)p.fcsr;
    __asm__ volatile("sc.d t0, zero, (%0)" : : "r"(&dummy) : "t0", "memory");
}

int main(void) {
    __asm__ volatile("mv %0, tp" : "=r"(thread_pointer));
    static char stack[1 << 16];
    stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    int fixed = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    mmap((void *)CODE, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, fixed, -1, 0);
    mmap((void *)DATA, DATA_SIZE, PROT_READ | PROT_WRITE, fixed, -1, 0);
    sigaltstack(&alternate, 0);
    sigaction(SIGTRAP, &action, 0);
    sigaction(SIGILL, &action, 0);
    sigaction(SIGSEGV, &action, 0);
    sigaction(SIGBUS, &action, 0);
    __asm__ volatile("ebreak");
    return 2;
}

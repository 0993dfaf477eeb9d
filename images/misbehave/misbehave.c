/* Programs that do what a program must not, one per name: misbehave NAME. Without a name: the list of them.
 * No C library: Linux system calls by ecall. Each says on standard error what it is about to do, and exits with 99 if the
 * deed went unpunished. Expected on Linux: the signal in the table. */
typedef unsigned long Word;

enum { READ_WRITE = 3, PRIVATE_ANONYMOUS = 0x22, PAGE = 4096, UNPUNISHED = 99 };
enum { SYS_WRITE = 64, SYS_EXIT_GROUP = 94, SYS_MMAP = 222 };

/* No page of a user program lies here: user addresses end below 2^47 at the latest. */
#define WILD 0x0000414141414140UL

static long system_call(long number, Word a, Word b, Word c, Word d, Word e, Word f) {
    register Word a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c, a3 __asm__("a3") = d;
    register Word a4 __asm__("a4") = e, a5 __asm__("a5") = f;
    register long a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
    return (long)a0;
}

_Noreturn static void leave(int code) {
    for (;;)
        system_call(SYS_EXIT_GROUP, (Word)code, 0, 0, 0, 0, 0);
}

static Word length(const char *text) {
    Word n = 0;
    while (text[n])
        n++;
    return n;
}

/* Writes all of it; false after an error. */
static int write_all(int file, const char *from, Word count) {
    while (count > 0) {
        long done = system_call(SYS_WRITE, (Word)file, (Word)from, count, 0, 0, 0);
        if (done <= 0)
            return 0;
        from += done;
        count -= (Word)done;
    }
    return 1;
}

static void say(int file, const char *text) { write_all(file, text, length(text)); }

static int same(const char *a, const char *b) {
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

/* The compiler must not know where a pointer or a call leads. */
static Word hidden(Word address) {
    __asm__ volatile("" : "+r"(address));
    return address;
}

static void load(Word address) { __asm__ volatile("ld t0, 0(%0)" ::"r"(address) : "t0", "memory"); }
static void store(Word address) { __asm__ volatile("sd zero, 0(%0)" ::"r"(address) : "memory"); }
static void jump(Word address) { ((void (*)(void))hidden(address))(); }

static void null_read(void) { load(0); }
static void null_write(void) { store(0); }
static void wild_read(void) { load(WILD); }
static void wild_write(void) { store(WILD); }
static void kernel_read(void) { load(0xffffffc000000000UL); }
static void non_canonical(void) { load(0x4000000000000000UL); }
static void jump_nowhere(void) { jump(WILD); }
static void illegal(void) { __asm__ volatile(".4byte 0"); }
static void csrr(void) { __asm__ volatile("csrr t0, mstatus" ::: "t0"); }
static void csrw(void) { __asm__ volatile("csrw satp, zero"); }
static void sret(void) { __asm__ volatile("sret"); }
static void mret(void) { __asm__ volatile("mret"); }
static void sfence(void) { __asm__ volatile("sfence.vma"); }
static void wfi(void) { __asm__ volatile("wfi"); }
static void breakpoint(void) { __asm__ volatile("ebreak"); }
static void write_text(void) { store(hidden((Word)&write_text) & ~7UL); }

__attribute__((noinline)) static Word descend(volatile Word *above) {
    volatile Word here[64];
    here[0] = above ? above[0] + 1 : 0;
    Word below = descend(hidden((Word)here) ? here : 0);
    return below + here[0];
}

static void stack_overflow(void) { descend(0); }

static void endless_loop(void) {
    for (;;)
        __asm__ volatile("");
}

static void memory_hog(void) {
    enum { STEP = 1 << 20 };
    for (;;) {
        long block = system_call(SYS_MMAP, 0, STEP, READ_WRITE, PRIVATE_ANONYMOUS, (Word)-1, 0);
        if (block < 0 && block > -PAGE) {
            say(2, "misbehave: mmap refused\n");
            leave(12);
        }
        for (Word at = 0; at < STEP; at += PAGE)
            *(volatile Word *)((Word)block + at) = at + 1;
    }
}

/* With compressed instructions an odd target loses its low bit (Unprivileged ISA, jalr) and 2 mod 4 is aligned: this jumps
 * into the middle of a four-byte instruction, whose upper half is no instruction. */
static void misaligned_jump(void) {
    __asm__ volatile("la t0, 1f\n addi t0, t0, 3\n jr t0\n .option push\n .option norvc\n .balign 4\n"
                     "1: .4byte 0x00000013\n .option pop" ::: "t0");
}

static void flood(void) {
    static const char line[64] = "What is written here is of no use to anyone, and there's more.\n";
    char block[PAGE];
    for (Word i = 0; i < sizeof block; i++)
        ((volatile char *)block)[i] = line[i % 63];
    for (Word left = 10000000; left > 0;) {
        Word part = left < sizeof block ? left : sizeof block;
        if (!write_all(1, block, part))
            leave(1);
        left -= part;
    }
    leave(0);
}

static void exec_data(void) {
    static Word data[2] = { 0x0000806700008067UL, 0 };   /* ret; ret */
    jump((Word)data);
}

static void bad_pointer(void) {
    long result = system_call(SYS_WRITE, 1, WILD, 16, 0, 0, 0);
    leave(result == -14 ? 14 : UNPUNISHED);              /* EFAULT */
}

static void unknown_call(void) {
    long result = system_call(9999, 1, 2, 3, 4, 5, 6);
    leave(result == -38 ? 38 : UNPUNISHED);              /* ENOSYS */
}

static void exit_42(void) { leave(42); }

static const struct { const char *name; void (*act)(void); const char *expected; } deeds[] = {
    { "null-read", null_read, "loads from address 0: SIGSEGV" },
    { "null-write", null_write, "stores to address 0: SIGSEGV" },
    { "wild-read", wild_read, "loads from an unmapped address: SIGSEGV" },
    { "wild-write", wild_write, "stores to an unmapped address: SIGSEGV" },
    { "kernel-read", kernel_read, "loads from the kernel's half: SIGSEGV" },
    { "non-canonical", non_canonical, "loads from an address no page table can hold: SIGSEGV" },
    { "jump-nowhere", jump_nowhere, "jumps to an unmapped address: SIGSEGV" },
    { "illegal", illegal, "executes four zero bytes: SIGILL" },
    { "csrr", csrr, "reads mstatus: SIGILL" },
    { "csrw", csrw, "writes satp: SIGILL" },
    { "sret", sret, "returns from a supervisor trap: SIGILL" },
    { "mret", mret, "returns from a machine trap: SIGILL" },
    { "sfence", sfence, "executes sfence.vma: SIGILL" },
    { "wfi", wfi, "waits for an interrupt: SIGILL, or nothing (exit 99) where wfi is allowed" },
    { "ebreak", breakpoint, "executes a breakpoint: SIGTRAP" },
    { "stack-overflow", stack_overflow, "recurses without end: SIGSEGV" },
    { "endless-loop", endless_loop, "never ends" },
    { "memory-hog", memory_hog, "takes memory without end: killed, or exit 12 once mmap refuses" },
    { "misaligned-jump", misaligned_jump, "jumps into the middle of an instruction: SIGILL" },
    { "flood", flood, "writes 10000000 bytes to standard output: exit 0, or 1 (or SIGPIPE) once writing fails" },
    { "write-text", write_text, "stores into its own code: SIGSEGV" },
    { "exec-data", exec_data, "jumps into its data: SIGSEGV" },
    { "bad-pointer", bad_pointer, "passes an unmapped buffer to write: EFAULT, exit 14" },
    { "unknown-call", unknown_call, "makes a system call that does not exist: ENOSYS, exit 38" },
    { "exit-42", exit_42, "exit 42" },
};

/* The stack at the start: argc, argv[0], argv[1], ... (Linux process start, psABI) */
__attribute__((used)) _Noreturn static void start(const Word *stack) {
    const char *wanted = stack[0] > 1 ? (const char *)stack[2] : 0;
    for (Word i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        if (!wanted) {
            say(1, deeds[i].name);
            say(1, ": ");
            say(1, deeds[i].expected);
            say(1, "\n");
        } else if (same(wanted, deeds[i].name)) {
            say(2, "misbehave: ");
            say(2, deeds[i].expected);
            say(2, "\n");
            deeds[i].act();
            leave(UNPUNISHED);
        }
    }
    if (wanted)
        say(2, "misbehave: no such deed; without a name it lists them\n");
    leave(wanted ? 2 : 0);
}

__asm__(".globl _start\n_start:\n .option push\n .option norelax\n la gp, __global_pointer$\n .option pop\n"
        " mv a0, sp\n andi sp, sp, -16\n tail start");

/* A program for a machine that is not there: it runs in what it takes for machine mode, talks to a serial port by polling it, asks
 * which hart it is, keeps a word in mscratch, measures how fast the clock goes, naps, and powers off. Nothing of that exists below
 * it; monitor.c answers for all of it. Linked at the beginning of RAM; its stack grows down from the end. */
typedef unsigned long Word;

enum { DATA = 0, LINE_STATUS = 5, READY = 0x20, POWER_OFF = 8, LOOPS = 2000, NAPS = 3, RAM_BYTES = 0x10000 };

__asm__(".globl _start\n"
        "_start:\n"
        "    la sp, _start\n"
        "    li t0, 0x10000\n"
        "    add sp, sp, t0\n"
        "    j run\n");

#define READ(csr) ({ Word value_; __asm__ volatile("csrr %0, " csr : "=r"(value_)); value_; })

static volatile unsigned char *const uart = (volatile unsigned char *)0x10000000;

static void put(char c) {
    while (!(uart[LINE_STATUS] & READY))
        ;
    uart[DATA] = (unsigned char)c;
}

static void say(const char *text) {
    while (*text)
        put(*text++);
}

static void say_number(Word n) {
    if (n >= 10)
        say_number(n / 10);
    put((char)('0' + n % 10));
}

/* Ticks of the clock for each cycle, measured with a loop. */
static Word clock_rate(void) {
    Word time = READ("time"), cycles = READ("cycle");
    for (int i = 0; i < LOOPS; i++)
        __asm__ volatile("");
    cycles = READ("cycle") - cycles;
    time = READ("time") - time;
    return time / cycles;
}

__attribute__((used)) static void run(void) {
    say("hart ");
    say_number(READ("mhartid"));
    __asm__ volatile("csrw mscratch, %0" ::"r"(1234567UL));
    say("\nticks per cycle: ");
    say_number(clock_rate());
    for (int i = 0; i < NAPS; i++)
        __asm__ volatile("wfi");
    say("\nscratch: ");
    say_number(READ("mscratch"));
    say("\npower off\n");
    register Word code __asm__("a0") = 42, number __asm__("a7") = POWER_OFF;
    __asm__ volatile("ecall" ::"r"(code), "r"(number));
    __builtin_unreachable();
}

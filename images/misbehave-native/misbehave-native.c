/* Native programs that do what a program must not, one per name: misbehave-native NAME. Without a name: the list of them.
 * Each says what came of it; 99 is the exit code of a deed that went unpunished. */
#include "objectos_spawn.h"

enum { UNPUNISHED = 99, LAST_CALL = 130, LAST_GUESS = 200 };

/* The compiler must not know where a pointer leads. */
static uint64_t hidden(uint64_t address)
{
    __asm__ volatile("" : "+r"(address));
    return address;
}

static uint64_t invoke(uint64_t number, uint64_t target, uint64_t argument)
{
    register uint64_t a7 __asm__("a7") = number, a0 __asm__("a0") = target, a1 __asm__("a1") = argument, a2 __asm__("a2") = argument,
                      a3 __asm__("a3") = argument, a4 __asm__("a4") = argument, a5 __asm__("a5") = argument, a6 __asm__("a6") = argument;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6) : "r"(a7) : "t0", "t1", "t2", "t3", "t4", "memory");
    return a0;
}

/* Every call on slots that hold nothing. Yield, exit and the clock name no capability. */
static int guess(void)
{
    uint64_t made = 0, opened = 0;
    for (uint64_t call = 0; call <= LAST_CALL; call++)
        for (uint64_t slot = OBJECTOS_SLOT_FILE + 1; slot <= LAST_GUESS; slot++)
            if (call < 39 || call > 41) {
                made++;
                opened += invoke(call, slot == LAST_GUESS ? ~0UL : slot, slot * 0x1001) == OBJECTOS_OK;
            }
    objectos_say_number(made);
    objectos_say(" guesses, ");
    objectos_say_number(opened);
    objectos_say(" opened something\n");
    return opened == 0 ? 0 : UNPUNISHED;
}

static int dead_endpoint(void)
{
    struct objectos_message message = {.label = 1};
    if (objectos_cell_create(OBJECTOS_SLOT_CELL, 20, 4096, 8) != OBJECTOS_OK || objectos_endpoint_create(20, 21) != OBJECTOS_OK ||
        objectos_cell_destroy(20) != OBJECTOS_OK)
        return 1;
    objectos_status status = objectos_endpoint_call(21, &message);
    objectos_say("the call ended with status ");
    objectos_say_number(status);
    objectos_say("\n");
    return status == OBJECTOS_DEAD ? 0 : UNPUNISHED;
}

static void spin(uint64_t argument)
{
    (void)argument;
    for (;;)
        __asm__ volatile("");
}

static int threads(void)
{
    uint64_t made = 0, number;
    objectos_status status;
    while ((status = objectos_thread_create(OBJECTOS_SLOT_CELL, 32 + made, OBJECTOS_SLOT_SPACE, (uint64_t)spin, 0, 0, &number)) == OBJECTOS_OK) {
        objectos_thread_resume(32 + made);
        made++;
    }
    objectos_say_number(made);
    objectos_say(" threads, then status ");
    objectos_say_number(status);
    objectos_say("\n");
    objectos_cell_destroy(OBJECTOS_SLOT_CELL);
    return UNPUNISHED;
}

static int storm(void)
{
    uint64_t now;
    while (objectos_clock_now(&now) == OBJECTOS_OK)
        ;
    return UNPUNISHED;
}

static int loop(void)
{
    spin(0);
    return UNPUNISHED;
}

static uint64_t deeper(uint64_t depth)
{
    volatile uint64_t room[64];
    room[0] = depth;
    return hidden(depth) == ~0UL ? 0 : deeper(depth + room[0]) + room[0];
}

static int stack_overflow(void)
{
    return (int)deeper(1);
}

static int null_write(void)
{
    __asm__ volatile("sd zero, 0(%0)" ::"r"(hidden(0)) : "memory");
    return UNPUNISHED;
}

static int illegal(void)
{
    __asm__ volatile(".4byte 0");
    return UNPUNISHED;
}

static int memory_hog(void)
{
    const uint64_t at = 0x2000000000UL, bytes = 1UL << 32;
    if (objectos_memory_create(OBJECTOS_SLOT_CELL, 20, bytes) != OBJECTOS_OK ||
        objectos_space_map(OBJECTOS_SLOT_SPACE, at, 20, 0, bytes, OBJECTOS_PAGE_READ | OBJECTOS_PAGE_WRITE) != OBJECTOS_OK)
        return 1;
    for (uint64_t i = 0; i < bytes; i += 4096)
        *(volatile uint64_t *)(at + i) = i;
    return UNPUNISHED;
}

static const struct {
    const char *name;
    int (*deed)(void);
} deeds[] = {
    {"guess", guess}, {"dead-endpoint", dead_endpoint}, {"threads", threads}, {"storm", storm}, {"loop", loop},
    {"stack-overflow", stack_overflow}, {"null-write", null_write}, {"illegal", illegal}, {"memory-hog", memory_hog},
};

static int same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

int objectos_main(const struct objectos_start *start)
{
    for (uint64_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        if (start->argc < 2) {
            objectos_say(deeds[i].name);
            objectos_say("\n");
        } else if (same(start->argv[1], deeds[i].name)) {
            return deeds[i].deed();
        }
    }
    return start->argc < 2 ? 0 : 2;
}

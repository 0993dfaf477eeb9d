/* A small kernel for supervisor mode: it reads the device tree, turns paging on, starts every hart, and runs user programs. */
#include "kernel.h"
#include "sbi.h"
#include "text.h"

enum { START_SECONDS = 2 };

struct machine machine;
struct hart harts[MAX_HARTS];

extern uint8_t kernel_start[], kernel_end[], hart_start[];
uint8_t stacks[MAX_HARTS][KERNEL_STACK] __attribute__((aligned(16))); /* start.S begins on the first */

_Static_assert(offsetof(struct hart, recover) == 56 && offsetof(struct hart, id) == 24 && sizeof(struct hart) == 88, "the assembly knows it");
extern uint32_t harts_known; /* by start.S, in its .data */

static bool holds(struct fdt_range range, uint64_t address) {
    return address - range.base < range.size;
}

/* The memory behind the kernel, up to the first thing there that the tree wants kept, or the end. What lies before the kernel is the
 * firmware's. The tree itself has been read by now and is not needed again. */
static void open_memory(void) {
    uint64_t first = (uint64_t)kernel_end, end = machine.memory.base + machine.memory.size;
    for (bool again = true; again;) {
        again = false;
        for (uint32_t i = 0; i < machine.reserved_count; i++)
            if (holds(machine.reserved[i], first)) {
                first = machine.reserved[i].base + machine.reserved[i].size;
                again = true;
            }
    }
    for (uint32_t i = 0; i < machine.reserved_count; i++)
        if (machine.reserved[i].base >= first && machine.reserved[i].base < end)
            end = machine.reserved[i].base;
    pages_open((first + PAGE - 1) & ~(uint64_t)(PAGE - 1), end & ~(uint64_t)(PAGE - 1));
}

static void open_harts(uint64_t booted) {
    harts[0].id = booted;
    uint32_t next = 1;
    for (uint32_t i = 0; i < machine.hart_count; i++) {
        struct hart *hart = machine.harts[i].id == booted ? &harts[0] : next < MAX_HARTS ? &harts[next++] : 0;
        if (!hart)
            continue;
        hart->id = machine.harts[i].id;
        hart->plic_context = machine.harts[i].plic_context;
    }
    for (uint32_t i = 0; i < MAX_HARTS; i++) {
        harts[i].index = i;
        harts[i].stack = stacks[i] + KERNEL_STACK;
    }
    __atomic_store_n(&harts_known, 1, __ATOMIC_RELEASE);
}

/* Starts the harts that the tree lists; those that do not come in time are left out. */
static void start_harts(void) {
    harts[0].online = true;
    uint64_t end = now() + START_SECONDS * machine.timebase;
    for (uint32_t i = 1; sbi_has_harts() && i < machine.hart_count; i++)
        if (sbi_hart_start(harts[i].id, (uint64_t)hart_start, 0))
            while (!__atomic_load_n(&harts[i].online, __ATOMIC_ACQUIRE) && now() < end)
                __asm__ volatile(".4byte 0x0100000f"); /* pause */
}

_Noreturn void hart_main(void) {
    space_use(&kernel_space);
    trap_open();
    timer_set(NEVER);
    __atomic_store_n(&this_hart()->online, true, __ATOMIC_RELEASE);
    lock(&processes_lock);
    schedule_locked();
}

static void say_hello(void) {
    uint32_t online = 0;
    for (uint32_t i = 0; i < MAX_HARTS; i++)
        online += harts[i].online;
    print("tiny: %u of %u harts, %u MiB, %s, timer by %s, console %s\n", (uint64_t)online, (uint64_t)machine.hart_count,
          machine.memory.size >> 20, paging_is_sv48() ? "Sv48" : "Sv39", machine.sstc ? "stimecmp" : "SBI",
          console_by_interrupt() ? "by interrupt" : "polled");
    print("tiny: %s; help lists commands\n", machine.isa);
}

_Noreturn void kernel_main(uint64_t hart, const void *tree) {
    __asm__ volatile("mv tp, %0" ::"r"(&harts[0]));
    trap_open();
    sbi_open();
    if (!machine_read(&machine, tree, (uint64_t)kernel_start))
        panic("no device tree with memory and a clock");
    open_harts(hart);
    open_memory();
    paging_open();
    if (!image_open())
        panic("the user programs are no ELF file of this machine");
    timer_set(NEVER);
    if (text_has_word(machine.arguments, "markonly")) {
        print("TINY-UP\n");
        sbi_power_off(false);
    }
    start_harts();
    console_open();
    bool test = text_has_word(machine.arguments, "selftest");
    if (test && !selftest_kernel())
        selftest_end(1);
    if (!test)
        say_hello();
    if (process_spawn(test ? "selftest" : "sh", 0) < 0)
        panic("no memory for the first process");
    lock(&processes_lock);
    schedule_locked();
}

#include "bare.h"

enum { PLIC_ENABLE = 0x2000, PLIC_ENABLE_EACH = 0x80, PLIC_CONTEXT = 0x200000, PLIC_CONTEXT_EACH = 0x1000, PLIC_CLAIM = 4 };

struct machine machine;
static uint32_t plic_context;

__attribute__((aligned(16), used)) static uint8_t stack[16384];
extern uint8_t program_start[];

__asm__(".section .text.start, \"ax\"\n"
        ".globl _start\n"
        "_start:\n"
        "    la sp, stack + 16384\n"
        "    j run\n"
        ".text\n");

static void say(const char *format, va_list arguments) {
    char line[160];
    sbi_write(line, text_format(line, sizeof line, format, arguments));
}

void print(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

_Noreturn void fail(const char *format, ...) {
    print("%s: ", program_name);
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    print("\n");
    sbi_power_off(true);
}

__attribute__((interrupt("supervisor"), aligned(4))) void fail_by_trap(void) {
    fail("trap %u at pc 0x%x, address 0x%x", CSR_READ("scause"), CSR_READ("sepc"), CSR_READ("stval"));
}

void bare_open(const void *tree, void (*trap)(void)) {
    CSR_WRITE("stvec", trap);
    sbi_open();
    if (!machine_read(&machine, tree, (uint64_t)program_start))
        fail("there is no device tree with memory and a clock");
}

static volatile uint32_t *plic(uint64_t offset) {
    return (volatile uint32_t *)(machine.plic.base + offset);
}

static volatile uint32_t *context(uint64_t offset) {
    return plic(PLIC_CONTEXT + (uint64_t)PLIC_CONTEXT_EACH * plic_context + offset);
}

void plic_open(uint64_t hart, uint32_t interrupt) {
    plic_context = NO_CONTEXT;
    for (uint32_t i = 0; i < machine.hart_count; i++)
        if (machine.harts[i].id == hart)
            plic_context = machine.harts[i].plic_context;
    if (!machine.plic.size || plic_context == NO_CONTEXT || interrupt == 0)
        fail("the device tree does not say how the device's interrupt comes to hart %u", hart);
    *plic(4 * interrupt) = 1; /* priority */
    *plic(PLIC_ENABLE + (uint64_t)PLIC_ENABLE_EACH * plic_context + interrupt / 32 * 4) = 1u << interrupt % 32;
    *context(0) = 0; /* threshold */
    CSR_WRITE("sie", 1ul << IRQ_EXTERNAL | 1ul << IRQ_TIMER);
}

uint32_t plic_claim(void) {
    return *context(PLIC_CLAIM);
}

void plic_complete(uint32_t interrupt) {
    *context(PLIC_CLAIM) = interrupt;
}

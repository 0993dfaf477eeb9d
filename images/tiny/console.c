/* Input: from a 16550 by its interrupt through the PLIC where the device tree has both, else from the firmware, asked at every tick.
 * Output goes through the firmware (print, in main.c). */
#include "kernel.h"
#include "sbi.h"

enum { BUFFER = 256 };
enum { UART_DATA = 0, UART_INTERRUPTS = 1, UART_FIFO = 2, UART_LINE = 5, RECEIVED = 1, FIFO_ON = 1 };
enum { PLIC_PRIORITY = 0, PLIC_ENABLE = 0x2000, PLIC_ENABLE_EACH = 0x80, PLIC_CONTEXT = 0x200000, PLIC_CONTEXT_EACH = 0x1000, PLIC_CLAIM = 4 };

static char buffer[BUFFER];
static uint32_t first, count;
static bool by_interrupt;

static volatile uint8_t *uart(unsigned which) {
    return (volatile uint8_t *)(machine.uart.base + ((uint64_t)which << machine.uart_shift));
}

static volatile uint32_t *plic(uint64_t offset) {
    return (volatile uint32_t *)(machine.plic.base + offset);
}

static volatile uint32_t *claim_register(void) {
    return plic(PLIC_CONTEXT + (uint64_t)PLIC_CONTEXT_EACH * this_hart()->plic_context + PLIC_CLAIM);
}

void console_open(void) {
    uint32_t irq = machine.uart_interrupt, context = this_hart()->plic_context;
    by_interrupt = machine.uart.size && machine.plic.size && irq && context != NO_CONTEXT;
    if (!by_interrupt)
        return;
    *plic(PLIC_PRIORITY + 4 * irq) = 1;
    *plic(PLIC_ENABLE + (uint64_t)PLIC_ENABLE_EACH * context + irq / 32 * 4) = 1u << irq % 32;
    *plic(PLIC_CONTEXT + (uint64_t)PLIC_CONTEXT_EACH * context) = 0; /* threshold */
    *uart(UART_FIFO) = FIFO_ON;
    *uart(UART_INTERRUPTS) = RECEIVED;
    CSR_SET("sie", 1ul << IRQ_EXTERNAL);
}

bool console_by_interrupt(void) {
    return by_interrupt;
}

static void put_locked(char c) {
    if (count < BUFFER) /* what does not fit is lost */
        buffer[(first + count++) % BUFFER] = c;
}

void console_external_interrupt(void) {
    uint32_t irq = *claim_register();
    if (irq == 0)
        return;
    lock(&processes_lock);
    if (irq == machine.uart_interrupt)
        while (*uart(UART_LINE) & RECEIVED)
            put_locked((char)*uart(UART_DATA));
    if (count)
        process_wake_locked(READING);
    unlock(&processes_lock);
    *claim_register() = irq;
}

void console_poll_locked(void) {
    int c;
    while (!by_interrupt && count < BUFFER && (c = sbi_read()) >= 0)
        put_locked((char)c);
    if (count)
        process_wake_locked(READING);
}

size_t console_take_locked(char *to, size_t size) {
    size_t taken = 0;
    for (; taken < size && count; taken++, count--) {
        to[taken] = buffer[first];
        first = (first + 1) % BUFFER;
    }
    return taken;
}

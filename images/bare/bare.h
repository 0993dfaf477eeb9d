/* bare.h - the start of a program in supervisor mode without paging, what it says, and the interrupt of one device. */
#ifndef BARE_H
#define BARE_H

#include "../tiny/machine.h"
#include "../tiny/sbi.h"
#include "../tiny/text.h"

#define CSR_READ(name) ({ uint64_t value_; __asm__ volatile("csrr %0, " name : "=r"(value_)::"memory"); value_; })
#define CSR_WRITE(name, value) __asm__ volatile("csrw " name ", %0" ::"r"((uint64_t)(value)) : "memory")
#define CSR_SET(name, bits) __asm__ volatile("csrs " name ", %0" ::"r"((uint64_t)(bits)) : "memory")
#define CSR_CLEAR(name, bits) __asm__ volatile("csrc " name ", %0" ::"r"((uint64_t)(bits)) : "memory")
#define NEVER UINT64_MAX

enum { IRQ_TIMER = 5, IRQ_EXTERNAL = 9 };

/* The program. */
extern const char program_name[];
_Noreturn void run(uint64_t hart, const void *tree);
/* Where traps go, aligned to 4 bytes; fail_by_trap is one that never returns. */
void fail_by_trap(void);

extern struct machine machine;

void print(const char *format, ...);
/* Says the program's name and what is wrong, and powers off with the reason system failure. */
_Noreturn void fail(const char *format, ...);

/* Sets up trap handler, SBI and machine; fails where there is no device tree with memory and a clock. */
void bare_open(const void *tree, void (*trap)(void));

/* Has an interrupt of the PLIC come to the hart, and enables it and the timer's in sie. */
void plic_open(uint64_t hart, uint32_t interrupt);
/* The interrupt that is pending for the hart, taken; 0: none. */
uint32_t plic_claim(void);
void plic_complete(uint32_t interrupt);

#endif

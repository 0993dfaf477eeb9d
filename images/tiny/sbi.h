/* sbi.h - calls of the firmware (RISC-V Supervisor Binary Interface). */
#ifndef TINY_SBI_H
#define TINY_SBI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Asks which extensions there are. */
void sbi_open(void);

/* By the debug console where there is one, else by the legacy console. The text is at an address that is physical too. */
void sbi_write(const char *text, size_t length);
/* A byte of input, or -1. */
int sbi_read(void);

/* A timer interrupt when time reaches the value; takes back one that is pending. */
void sbi_set_timer(uint64_t time);

/* True if other harts can be started and interrupted. */
bool sbi_has_harts(void);
bool sbi_hart_start(uint64_t hart, uint64_t entry, uint64_t argument);
void sbi_interrupt(uint64_t hart);

_Noreturn void sbi_power_off(bool failed);
_Noreturn void sbi_reboot(void);

#endif

/* The clock and its interrupt: by stimecmp (Sstc) where the device tree has it, else by the firmware. */
#include "kernel.h"
#include "sbi.h"

uint64_t now(void) {
    return CSR_READ("time");
}

void timer_set(uint64_t time) {
    if (machine.sstc)
        CSR_WRITE("0x14d", time);
    else
        sbi_set_timer(time);
}

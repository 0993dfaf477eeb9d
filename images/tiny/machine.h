/* machine.h - what the device tree says about the machine. */
#ifndef TINY_MACHINE_H
#define TINY_MACHINE_H

#include "fdt.h"

enum { MAX_HARTS = 8, MAX_RESERVED = 8, NO_CONTEXT = 0xffffffff };

struct machine {
    struct fdt_range memory; /* the one that holds the kernel */
    struct fdt_range reserved[MAX_RESERVED];
    uint32_t reserved_count;
    uint64_t timebase; /* ticks of time in a second */
    bool sstc;

    uint32_t hart_count;
    struct {
        uint64_t id;
        uint32_t interrupts;   /* phandle of its interrupt controller */
        uint32_t plic_context; /* its supervisor's, or NO_CONTEXT */
    } harts[MAX_HARTS];

    struct fdt_range plic, uart; /* size 0: none */
    uint32_t uart_interrupt, uart_shift;

    char isa[128], arguments[256];
};

/* False if there is no tree, or no memory in it that holds kernel. */
bool machine_read(struct machine *machine, const void *tree, uint64_t kernel);

#endif

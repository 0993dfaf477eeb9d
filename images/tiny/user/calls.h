/* calls.h - what processes and kernel agree upon. A call is `ecall` with its number in a7 and arguments in a0-a2; the result comes in a0,
 * -1 for every failure. */
#ifndef TINY_CALLS_H
#define TINY_CALLS_H

#include <stdint.h>

#define USER_BASE 0x2000000000ul /* a process has the addresses from here */
#define USER_END 0x4000000000ul  /* up to here, which are in the lower half of Sv39 */
#define STACK_TOP (USER_END - 0x10000)

enum { STACK_BYTES = 256 << 10, HEAP_BYTES = 32 << 20, LINE_BYTES = 128, NAME_BYTES = 16 };

enum call {
    CALL_EXIT,   /* (code): does not return */
    CALL_WRITE,  /* (address, length): to the console; bytes written */
    CALL_READ,   /* (address, length): waits for input; bytes read, at least one */
    CALL_GETPID, /* () */
    CALL_YIELD,  /* () */
    CALL_SLEEP,  /* (milliseconds) */
    CALL_SBRK,   /* (bytes): more heap; its old end. Pages come, zero, when first touched */
    CALL_SPAWN,  /* (line): runs a program of the image, name and arguments in one line; its number */
    CALL_WAIT,   /* (pid or 0 for any, address of an int32_t status or 0): waits for a child's end; its number */
    CALL_KILL,   /* (pid) */
    CALL_TIME,   /* (): ticks of the time CSR */
    CALL_HART,   /* (): index of the hart that runs it */
    CALL_INFO,   /* (kind, index, address of a struct info) */
    CALL_POWER,  /* (0 off, 1 reboot): does not return */
    CALLS,
};

/* A status is 0 to 255 after an exit, else one of these. */
enum { STATUS_FAULT = 256 /* + scause */, STATUS_KILLED = 300 };

enum info_kind { INFO_MACHINE, INFO_HART, INFO_PROCESS };
enum process_state { FREE, MAKING, READY, RUNNING, SLEEPING, READING, WAITING, ENDED };

struct info {
    uint64_t a, b, c, d; /* MACHINE: harts, pages, free pages, timebase. HART: id, online, ticks, switches. PROCESS: pid, parent, state, pages */
    uint64_t e, f;       /* HART: idle. PROCESS: ticks, hart */
    char name[NAME_BYTES];
};

#endif

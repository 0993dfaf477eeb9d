/* objectos.h - the invocations of the ObjectOS kernel, for guests in C.
 * Made from the invocation table; docs/invocations.md is made from the same. Do not edit. */
#ifndef OBJECTOS_H
#define OBJECTOS_H

#include <stddef.h>
#include <stdint.h>

#define OBJECTOS_ABI_VERSION "1.1"

typedef uint64_t objectos_status;

enum objectos_status {
    OBJECTOS_OK = 0,
    OBJECTOS_UNKNOWN_INVOCATION = 1,
    OBJECTOS_INVALID_CAPABILITY = 2,
    OBJECTOS_MISSING_RIGHTS = 3,
    OBJECTOS_INVALID_ARGUMENT = 4,
    OBJECTOS_SLOT_OCCUPIED = 5,
    OBJECTOS_MEMORY_EXHAUSTED = 6,
    OBJECTOS_OBJECTS_EXHAUSTED = 7,
    OBJECTOS_ALREADY_MAPPED = 8,
    OBJECTOS_NOT_MAPPED = 9,
    OBJECTOS_DEAD = 10,
    OBJECTOS_WOULD_BLOCK = 11,
    OBJECTOS_INVALID_STATE = 12,
    OBJECTOS_BUSY = 13,
    OBJECTOS_INTERRUPTED = 14,
    OBJECTOS_ADDRESS_SPACE_EXHAUSTED = 15,
    OBJECTOS_NESTED_TOO_DEEPLY = 16,
    OBJECTOS_IN_PROGRESS = 17,
};

enum objectos_right {
    OBJECTOS_RIGHT_NONE = 0,
    OBJECTOS_RIGHT_READ = 1,
    OBJECTOS_RIGHT_WRITE = 2,
    OBJECTOS_RIGHT_EXECUTE = 4,
    OBJECTOS_RIGHT_MANAGE = 8,
    OBJECTOS_RIGHT_GRANT = 16,
    OBJECTOS_RIGHT_ALL = 31,
};

enum objectos_page_right {
    OBJECTOS_PAGE_NONE = 0,
    OBJECTOS_PAGE_READ = 1,
    OBJECTOS_PAGE_WRITE = 2,
    OBJECTOS_PAGE_EXECUTE = 4,
};

enum objectos_kind {
    OBJECTOS_KIND_NONE = 0,
    OBJECTOS_KIND_CELL = 1,
    OBJECTOS_KIND_THREAD = 2,
    OBJECTOS_KIND_ENDPOINT = 3,
    OBJECTOS_KIND_REPLY = 4,
    OBJECTOS_KIND_NOTIFICATION = 5,
    OBJECTOS_KIND_MEMORY_OBJECT = 6,
    OBJECTOS_KIND_ADDRESS_SPACE = 7,
    OBJECTOS_KIND_SCHEDULING_CONTEXT = 8,
    OBJECTOS_KIND_TIMER = 9,
    OBJECTOS_KIND_HOST_PORT = 10,
    OBJECTOS_KIND_V_CPU = 11,
};

enum objectos_message_kind {
    OBJECTOS_MESSAGE_ENDPOINT = 0,
    OBJECTOS_MESSAGE_SYSTEM_CALL = 1,
    OBJECTOS_MESSAGE_FAULT = 2,
    OBJECTOS_MESSAGE_NOTIFICATION = 3,
    OBJECTOS_MESSAGE_COMPLETION = 4,
    OBJECTOS_MESSAGE_CELL_ENDED = 5,
    OBJECTOS_MESSAGE_V_CPU_EXIT = 6,
};

enum objectos_exit_kind {
    OBJECTOS_EXIT_NONE = 0,
    OBJECTOS_EXIT_TRAP = 1,
    OBJECTOS_EXIT_CALL = 2,
    OBJECTOS_EXIT_COUNTER = 3,
    OBJECTOS_EXIT_PAGE_ACCESS = 4,
    OBJECTOS_EXIT_MISSING_PAGE = 5,
    OBJECTOS_EXIT_MEMORY_EXHAUSTED = 6,
    OBJECTOS_EXIT_OBJECTS_EXHAUSTED = 7,
    OBJECTOS_EXIT_IDLE = 8,
    OBJECTOS_EXIT_HALTED = 9,
    OBJECTOS_EXIT_READY = 10,
    OBJECTOS_EXIT_REGISTER = 11,
    OBJECTOS_EXIT_WAIT = 12,
    OBJECTOS_EXIT_FENCE = 13,
};

/* A message: the words of a frame behind the target, in their order. On sending, capability to kind are the slot that goes along
 * and the lease (address, length, rights); on receiving, the slot that came, the badge, the length that was lent, and the kind. */
struct objectos_message {
    uint64_t label;
    uint64_t word[6];
    uint64_t capability;
    uint64_t address;
    uint64_t length;
    uint64_t kind;
};

/* Tells what the slot holds. */
static inline objectos_status objectos_capability_identify(uint64_t target, uint64_t *kind_out, uint64_t *rights_out, uint64_t *badge_out)
{
    register uint64_t a7 __asm__("a7") = 1;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = 0;
    register uint64_t w2 __asm__("a2") = 0;
    register uint64_t w3 __asm__("a3") = 0;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    *kind_out = w1;
    *rights_out = w2;
    *badge_out = w3;
    return w0;
}

/* Derives a capability into a free slot of the caller's table, with the intersection of the rights. A badge can be set where there is none yet. */
static inline objectos_status objectos_capability_copy(uint64_t target, uint64_t destination, uint64_t rights, uint64_t badge)
{
    register uint64_t a7 __asm__("a7") = 2;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = destination;
    register uint64_t w2 __asm__("a2") = rights;
    register uint64_t w3 __asm__("a3") = badge;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    return w0;
}

/* Empties the slot. An object goes with its last capability and its last use. */
static inline objectos_status objectos_capability_delete(uint64_t target)
{
    register uint64_t a7 __asm__("a7") = 3;
    register uint64_t w0 __asm__("a0") = target;
    __asm__ volatile("ecall" : "+r"(w0) : "r"(a7) : "memory");
    return w0;
}

/* Deletes everything derived from the capability, in every cell. */
static inline objectos_status objectos_capability_revoke(uint64_t target)
{
    register uint64_t a7 __asm__("a7") = 4;
    register uint64_t w0 __asm__("a0") = target;
    __asm__ volatile("ecall" : "+r"(w0) : "r"(a7) : "memory");
    return w0;
}

/* Derives the caller's capability `source` into slot `destination` of the cell's table; `source` needs the right Grant. */
static inline objectos_status objectos_capability_grant(uint64_t target, uint64_t destination, uint64_t source, uint64_t rights, uint64_t badge)
{
    register uint64_t a7 __asm__("a7") = 5;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = destination;
    register uint64_t w2 __asm__("a2") = source;
    register uint64_t w3 __asm__("a3") = rights;
    register uint64_t w4 __asm__("a4") = badge;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4) : "r"(a7) : "memory");
    return w0;
}

/* Makes a cell whose quota is carved out of this cell's. */
static inline objectos_status objectos_cell_create(uint64_t target, uint64_t destination, uint64_t memory_bytes, uint64_t objects)
{
    register uint64_t a7 __asm__("a7") = 16;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = destination;
    register uint64_t w2 __asm__("a2") = memory_bytes;
    register uint64_t w3 __asm__("a3") = objects;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    return w0;
}

/* Destroys the cell and every cell made from it; the work proceeds in bounded steps. On the caller's own cell: ends it. */
static inline objectos_status objectos_cell_destroy(uint64_t target)
{
    register uint64_t a7 __asm__("a7") = 17;
    register uint64_t w0 __asm__("a0") = target;
    __asm__ volatile("ecall" : "+r"(w0) : "r"(a7) : "memory");
    return w0;
}

/* Tells how the cell stands (state 0 runs, 1 paused, 2 ended) and what it has used; cells below it that are gone are counted in. */
static inline objectos_status objectos_cell_status(uint64_t target, uint64_t results[11])
{
    register uint64_t a7 __asm__("a7") = 18;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = 0;
    register uint64_t w2 __asm__("a2") = 0;
    register uint64_t w3 __asm__("a3") = 0;
    register uint64_t w4 __asm__("a4") = 0;
    register uint64_t w5 __asm__("a5") = 0;
    register uint64_t w6 __asm__("a6") = 0;
    register uint64_t w7 __asm__("t0") = 0;
    register uint64_t w8 __asm__("t1") = 0;
    register uint64_t w9 __asm__("t2") = 0;
    register uint64_t w10 __asm__("t3") = 0;
    register uint64_t w11 __asm__("t4") = 0;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4), "+r"(w5), "+r"(w6), "+r"(w7), "+r"(w8), "+r"(w9), "+r"(w10), "+r"(w11) : "r"(a7) : "memory");
    results[0] = w1;
    results[1] = w2;
    results[2] = w3;
    results[3] = w4;
    results[4] = w5;
    results[5] = w6;
    results[6] = w7;
    results[7] = w8;
    results[8] = w9;
    results[9] = w10;
    results[10] = w11;
    return w0;
}

/* Changes the quota of a cell that was made, at any distance, from the caller's; a limit below what is in use stops growth and takes nothing away. */
static inline objectos_status objectos_cell_set_limits(uint64_t target, uint64_t memory_bytes, uint64_t objects)
{
    register uint64_t a7 __asm__("a7") = 19;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = memory_bytes;
    register uint64_t w2 __asm__("a2") = objects;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* From now on an ecall of the cell's threads becomes a call to the endpoint, with that capability's badge. 0 makes ecall mean invocations again. */
static inline objectos_status objectos_cell_set_system_call_endpoint(uint64_t target, uint64_t endpoint)
{
    register uint64_t a7 __asm__("a7") = 20;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = endpoint;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* From now on a trap of the threads of that cell, made at any distance from the caller's, becomes a call to the endpoint. 0: a trap ends the cell. */
static inline objectos_status objectos_cell_set_fault_endpoint(uint64_t target, uint64_t endpoint)
{
    register uint64_t a7 __asm__("a7") = 21;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = endpoint;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* None of the cell's threads, nor of the cells below it, runs until it is resumed. */
static inline objectos_status objectos_cell_pause(uint64_t target)
{
    register uint64_t a7 __asm__("a7") = 22;
    register uint64_t w0 __asm__("a0") = target;
    __asm__ volatile("ecall" : "+r"(w0) : "r"(a7) : "memory");
    return w0;
}

/* Ends a pause. */
static inline objectos_status objectos_cell_resume(uint64_t target)
{
    register uint64_t a7 __asm__("a7") = 23;
    register uint64_t w0 __asm__("a0") = target;
    __asm__ volatile("ecall" : "+r"(w0) : "r"(a7) : "memory");
    return w0;
}

/* Lets the cell, made at any distance from the caller's, and those below it use so many virtual instructions from now on; then its threads trap with cause 0x100. 0: no limit. */
static inline objectos_status objectos_cell_set_budget(uint64_t target, uint64_t instructions)
{
    register uint64_t a7 __asm__("a7") = 24;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = instructions;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* Makes a thread, suspended, that starts at pc with sp and a0 set. */
static inline objectos_status objectos_thread_create(uint64_t target, uint64_t destination, uint64_t space, uint64_t pc, uint64_t sp, uint64_t argument, uint64_t *number_out)
{
    register uint64_t a7 __asm__("a7") = 32;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = destination;
    register uint64_t w2 __asm__("a2") = space;
    register uint64_t w3 __asm__("a3") = pc;
    register uint64_t w4 __asm__("a4") = sp;
    register uint64_t w5 __asm__("a5") = argument;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4), "+r"(w5) : "r"(a7) : "memory");
    *number_out = w1;
    return w0;
}

/* Lets a suspended thread run. */
static inline objectos_status objectos_thread_resume(uint64_t target)
{
    register uint64_t a7 __asm__("a7") = 33;
    register uint64_t w0 __asm__("a0") = target;
    __asm__ volatile("ecall" : "+r"(w0) : "r"(a7) : "memory");
    return w0;
}

/* Stops the thread; a wait it is in ends with status Interrupted when it is resumed. */
static inline objectos_status objectos_thread_suspend(uint64_t target)
{
    register uint64_t a7 __asm__("a7") = 34;
    register uint64_t w0 __asm__("a0") = target;
    __asm__ volatile("ecall" : "+r"(w0) : "r"(a7) : "memory");
    return w0;
}

/* Copies pc, x1–x31, f0–f31 and fcsr, 65 words of 64 bits, of a thread that does not run now. */
static inline objectos_status objectos_thread_read_state(uint64_t target, void *buffer, uint64_t length)
{
    register uint64_t a7 __asm__("a7") = 35;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = (uint64_t)buffer;
    register uint64_t w2 __asm__("a2") = length;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* Sets pc, x1–x31, f0–f31 and fcsr of a thread that does not run now. */
static inline objectos_status objectos_thread_write_state(uint64_t target, const void *buffer, uint64_t length)
{
    register uint64_t a7 __asm__("a7") = 36;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = (uint64_t)buffer;
    register uint64_t w2 __asm__("a2") = length;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* Ends the thread at once. */
static inline objectos_status objectos_thread_destroy(uint64_t target)
{
    register uint64_t a7 __asm__("a7") = 37;
    register uint64_t w0 __asm__("a0") = target;
    __asm__ volatile("ecall" : "+r"(w0) : "r"(a7) : "memory");
    return w0;
}

/* Sets the priority (0 lowest to 31) and the scheduling context (0: none, round robin without a budget). Machine code gives no more than its own. */
static inline objectos_status objectos_thread_set_scheduling(uint64_t target, uint64_t priority, uint64_t scheduling_context)
{
    register uint64_t a7 __asm__("a7") = 38;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = priority;
    register uint64_t w2 __asm__("a2") = scheduling_context;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* Gives up the rest of the quantum. */
static inline objectos_status objectos_thread_yield(void)
{
    register uint64_t a7 __asm__("a7") = 39;
    register uint64_t w0 __asm__("a0") = 0;
    __asm__ volatile("ecall" : "+r"(w0) : "r"(a7) : "memory");
    return w0;
}

/* Ends the calling thread; the cell ends with its last thread, with that code. */
static inline objectos_status objectos_thread_exit(uint64_t code)
{
    register uint64_t a7 __asm__("a7") = 40;
    register uint64_t w0 __asm__("a0") = 0;
    register uint64_t w1 __asm__("a1") = code;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* The guest time since the kernel started. */
static inline objectos_status objectos_clock_now(uint64_t *nanoseconds_out)
{
    register uint64_t a7 __asm__("a7") = 41;
    register uint64_t w0 __asm__("a0") = 0;
    register uint64_t w1 __asm__("a1") = 0;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    *nanoseconds_out = w1;
    return w0;
}

/* Makes a thread, suspended, that is a hart of an operating system, in its reset state, pc and registers 0. Bits 1–0 of `mode`: 1 supervisor (S and U), 2 machine (M, S and U); bit 2: menvcfg.ADUE is set at reset; bits 15–8: the widest paging, 39, 48 or 57 (0: 48). The space maps its guest-physical addresses. */
static inline objectos_status objectos_hart_create(uint64_t target, uint64_t destination, uint64_t space, uint64_t mode, uint64_t hart_id, uint64_t *number_out)
{
    register uint64_t a7 __asm__("a7") = 42;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = destination;
    register uint64_t w2 __asm__("a2") = space;
    register uint64_t w3 __asm__("a3") = mode;
    register uint64_t w4 __asm__("a4") = hart_id;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4) : "r"(a7) : "memory");
    *number_out = w1;
    return w0;
}

/* Drives the hart's interrupt lines under the mask, numbered as in mip: 1 SSIP (which the hart clears itself), 3 MSIP, 5 STIP, 7 MTIP, 9 SEIP, 11 MEIP. Bit 63 of the mask: what is cached of the hart's translations is forgotten, as by a remote SFENCE.VMA. */
static inline objectos_status objectos_hart_set_lines(uint64_t target, uint64_t mask, uint64_t lines)
{
    register uint64_t a7 __asm__("a7") = 43;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = mask;
    register uint64_t w2 __asm__("a2") = lines;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* From when the hart's time register reaches the deadline, in its ticks, its timer interrupt is pending: MTIP of a machine-mode hart, STIP of a supervisor-mode one. All ones: never. */
static inline objectos_status objectos_hart_set_timer(uint64_t target, uint64_t deadline)
{
    register uint64_t a7 __asm__("a7") = 44;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = deadline;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* Brings a hart back into its reset state, whatever it does; it is then suspended. Bit 0 of `keep`: stimecmp and SSIP stay as they are. */
static inline objectos_status objectos_hart_reset(uint64_t target, uint64_t keep)
{
    register uint64_t a7 __asm__("a7") = 45;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = keep;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* Copies privilege mode and CSRs, words of 64 bits in the order of the type PrivilegedState (49, and those that later versions add: a shorter buffer gets the first ones), of a hart that does not run now. `waits`: 1 it waits for an interrupt, and a timer of its own is to come; 2 it waits, and nothing that it has can wake it; 0 it does not wait. */
static inline objectos_status objectos_hart_read_state(uint64_t target, void *buffer, uint64_t length, uint64_t *waits_out)
{
    register uint64_t a7 __asm__("a7") = 46;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = (uint64_t)buffer;
    register uint64_t w2 __asm__("a2") = length;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    *waits_out = w1;
    return w0;
}

/* From now on the hart's time register, and what is compared with it, is ahead of guest time by so many ticks, modulo 2^64. A reset leaves it. */
static inline objectos_status objectos_hart_set_time_offset(uint64_t target, uint64_t ticks)
{
    register uint64_t a7 __asm__("a7") = 47;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = ticks;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* Makes an endpoint. */
static inline objectos_status objectos_endpoint_create(uint64_t target, uint64_t destination)
{
    register uint64_t a7 __asm__("a7") = 48;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = destination;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* Sends a message and waits for its answer. A capability (0: none) goes with it, and the lease lends the receiver that part of the caller's memory until it answers. */
static inline objectos_status objectos_endpoint_call(uint64_t target, struct objectos_message *message)
{
    uint64_t *in = (uint64_t *)message;
    (void)in;
    register uint64_t a7 __asm__("a7") = 49;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = in[0];
    register uint64_t w2 __asm__("a2") = in[1];
    register uint64_t w3 __asm__("a3") = in[2];
    register uint64_t w4 __asm__("a4") = in[3];
    register uint64_t w5 __asm__("a5") = in[4];
    register uint64_t w6 __asm__("a6") = in[5];
    register uint64_t w7 __asm__("t0") = in[6];
    register uint64_t w8 __asm__("t1") = in[7];
    register uint64_t w9 __asm__("t2") = in[8];
    register uint64_t w10 __asm__("t3") = in[9];
    register uint64_t w11 __asm__("t4") = in[10];
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4), "+r"(w5), "+r"(w6), "+r"(w7), "+r"(w8), "+r"(w9), "+r"(w10), "+r"(w11) : "r"(a7) : "memory");
    in[0] = w1;
    in[1] = w2;
    in[2] = w3;
    in[3] = w4;
    in[4] = w5;
    in[5] = w6;
    in[6] = w7;
    in[7] = w8;
    return w0;
}

/* Sends a message and waits until it is received. */
static inline objectos_status objectos_endpoint_send(uint64_t target, struct objectos_message *message)
{
    uint64_t *in = (uint64_t *)message;
    (void)in;
    register uint64_t a7 __asm__("a7") = 50;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = in[0];
    register uint64_t w2 __asm__("a2") = in[1];
    register uint64_t w3 __asm__("a3") = in[2];
    register uint64_t w4 __asm__("a4") = in[3];
    register uint64_t w5 __asm__("a5") = in[4];
    register uint64_t w6 __asm__("a6") = in[5];
    register uint64_t w7 __asm__("t0") = in[6];
    register uint64_t w8 __asm__("t1") = in[7];
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4), "+r"(w5), "+r"(w6), "+r"(w7), "+r"(w8) : "r"(a7) : "memory");
    return w0;
}

/* Waits for a message (flags bit 0: does not wait). The right to answer a call is put into `reply_slot`, a capability that comes along into `capability_slot`. */
static inline objectos_status objectos_endpoint_receive(uint64_t target, uint64_t reply_slot, uint64_t capability_slot, uint64_t flags, struct objectos_message *message)
{
    uint64_t *in = (uint64_t *)message;
    (void)in;
    register uint64_t a7 __asm__("a7") = 51;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = reply_slot;
    register uint64_t w2 __asm__("a2") = capability_slot;
    register uint64_t w3 __asm__("a3") = flags;
    register uint64_t w4 __asm__("a4") = 0;
    register uint64_t w5 __asm__("a5") = 0;
    register uint64_t w6 __asm__("a6") = 0;
    register uint64_t w7 __asm__("t0") = 0;
    register uint64_t w8 __asm__("t1") = 0;
    register uint64_t w9 __asm__("t2") = 0;
    register uint64_t w10 __asm__("t3") = 0;
    register uint64_t w11 __asm__("t4") = 0;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4), "+r"(w5), "+r"(w6), "+r"(w7), "+r"(w8), "+r"(w9), "+r"(w10), "+r"(w11) : "r"(a7) : "memory");
    in[0] = w1;
    in[1] = w2;
    in[2] = w3;
    in[3] = w4;
    in[4] = w5;
    in[5] = w6;
    in[6] = w7;
    in[7] = w8;
    in[8] = w9;
    in[9] = w10;
    in[10] = w11;
    return w0;
}

/* Answers through `reply_slot` and waits for the next message, whose right to answer goes into the same slot. */
static inline objectos_status objectos_endpoint_reply_receive(uint64_t target, struct objectos_message *message)
{
    uint64_t *in = (uint64_t *)message;
    (void)in;
    register uint64_t a7 __asm__("a7") = 52;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = in[0];
    register uint64_t w2 __asm__("a2") = in[1];
    register uint64_t w3 __asm__("a3") = in[2];
    register uint64_t w4 __asm__("a4") = in[3];
    register uint64_t w5 __asm__("a5") = in[4];
    register uint64_t w6 __asm__("a6") = in[5];
    register uint64_t w7 __asm__("t0") = in[6];
    register uint64_t w8 __asm__("t1") = in[7];
    register uint64_t w9 __asm__("t2") = in[8];
    register uint64_t w10 __asm__("t3") = 0;
    register uint64_t w11 __asm__("t4") = 0;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4), "+r"(w5), "+r"(w6), "+r"(w7), "+r"(w8), "+r"(w9), "+r"(w10), "+r"(w11) : "r"(a7) : "memory");
    in[0] = w1;
    in[1] = w2;
    in[2] = w3;
    in[3] = w4;
    in[4] = w5;
    in[5] = w6;
    in[6] = w7;
    in[7] = w8;
    in[8] = w9;
    in[9] = w10;
    in[10] = w11;
    return w0;
}

/* Signals of the notification come as messages of the endpoint from now on; 0 unbinds. */
static inline objectos_status objectos_endpoint_bind(uint64_t target, uint64_t notification)
{
    register uint64_t a7 __asm__("a7") = 53;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = notification;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* Answers a call and empties the slot. */
static inline objectos_status objectos_reply_send(uint64_t target, struct objectos_message *message)
{
    uint64_t *in = (uint64_t *)message;
    (void)in;
    register uint64_t a7 __asm__("a7") = 54;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = in[0];
    register uint64_t w2 __asm__("a2") = in[1];
    register uint64_t w3 __asm__("a3") = in[2];
    register uint64_t w4 __asm__("a4") = in[3];
    register uint64_t w5 __asm__("a5") = in[4];
    register uint64_t w6 __asm__("a6") = in[5];
    register uint64_t w7 __asm__("t0") = in[6];
    register uint64_t w8 __asm__("t1") = in[7];
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4), "+r"(w5), "+r"(w6), "+r"(w7), "+r"(w8) : "r"(a7) : "memory");
    return w0;
}

/* Copies from the memory that the caller lent. */
static inline objectos_status objectos_reply_copy_in(uint64_t target, uint64_t offset, void *buffer, uint64_t length)
{
    register uint64_t a7 __asm__("a7") = 55;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = offset;
    register uint64_t w2 __asm__("a2") = (uint64_t)buffer;
    register uint64_t w3 __asm__("a3") = length;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    return w0;
}

/* Copies into the memory that the caller lent. */
static inline objectos_status objectos_reply_copy_out(uint64_t target, uint64_t offset, const void *buffer, uint64_t length)
{
    register uint64_t a7 __asm__("a7") = 56;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = offset;
    register uint64_t w2 __asm__("a2") = (uint64_t)buffer;
    register uint64_t w3 __asm__("a3") = length;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    return w0;
}

/* Sets, starts or stops a counter of a hart that does not run now. `counter`: 0 mcycle, 2 minstret. Bit 0 of `flags`: it becomes `value`; else it stays. Bit 1: it counts; else it is inhibited. */
static inline objectos_status objectos_hart_set_counter(uint64_t target, uint64_t counter, uint64_t value, uint64_t flags)
{
    register uint64_t a7 __asm__("a7") = 57;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = counter;
    register uint64_t w2 __asm__("a2") = value;
    register uint64_t w3 __asm__("a3") = flags;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    return w0;
}

/* Records an event of the thread, such as the delivery of a signal, for the comparison of runs. It has no other effect. */
static inline objectos_status objectos_thread_note(uint64_t target, uint64_t number, uint64_t word)
{
    register uint64_t a7 __asm__("a7") = 58;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = number;
    register uint64_t w2 __asm__("a2") = word;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* Makes a notification, all bits clear. */
static inline objectos_status objectos_notification_create(uint64_t target, uint64_t destination)
{
    register uint64_t a7 __asm__("a7") = 64;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = destination;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* Sets bits and wakes a waiter. */
static inline objectos_status objectos_notification_signal(uint64_t target, uint64_t bits)
{
    register uint64_t a7 __asm__("a7") = 65;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = bits;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* Waits until a bit is set, takes and clears all. */
static inline objectos_status objectos_notification_wait(uint64_t target, uint64_t *bits_out)
{
    register uint64_t a7 __asm__("a7") = 66;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = 0;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    *bits_out = w1;
    return w0;
}

/* Takes and clears the bits, perhaps none. */
static inline objectos_status objectos_notification_poll(uint64_t target, uint64_t *bits_out)
{
    register uint64_t a7 __asm__("a7") = 67;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = 0;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    *bits_out = w1;
    return w0;
}

/* Makes a memory object, all zero; pages are charged to the cell that first writes them. Its length, rounded up to a power of two, counts against the quota of objects: see docs/threat-model.md. */
static inline objectos_status objectos_memory_create(uint64_t target, uint64_t destination, uint64_t bytes)
{
    register uint64_t a7 __asm__("a7") = 72;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = destination;
    register uint64_t w2 __asm__("a2") = bytes;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* Makes a copy that shares every page until one side writes it; it counts against the quota of `cell`. */
static inline objectos_status objectos_memory_clone(uint64_t target, uint64_t destination, uint64_t cell)
{
    register uint64_t a7 __asm__("a7") = 73;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = destination;
    register uint64_t w2 __asm__("a2") = cell;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* Copies out of the object. */
static inline objectos_status objectos_memory_read(uint64_t target, uint64_t offset, void *buffer, uint64_t length)
{
    register uint64_t a7 __asm__("a7") = 74;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = offset;
    register uint64_t w2 __asm__("a2") = (uint64_t)buffer;
    register uint64_t w3 __asm__("a3") = length;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    return w0;
}

/* Copies into the object. */
static inline objectos_status objectos_memory_write(uint64_t target, uint64_t offset, const void *buffer, uint64_t length)
{
    register uint64_t a7 __asm__("a7") = 75;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = offset;
    register uint64_t w2 __asm__("a2") = (uint64_t)buffer;
    register uint64_t w3 __asm__("a3") = length;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    return w0;
}

/* Tells the object's size. */
static inline objectos_status objectos_memory_status(uint64_t target, uint64_t *bytes_out)
{
    register uint64_t a7 __asm__("a7") = 76;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = 0;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    *bytes_out = w1;
    return w0;
}

/* Gives whole pages back; they read as zero. */
static inline objectos_status objectos_memory_discard(uint64_t target, uint64_t offset, uint64_t length)
{
    register uint64_t a7 __asm__("a7") = 77;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = offset;
    register uint64_t w2 __asm__("a2") = length;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* Finds the first page at or after the offset that was written since the object was made or the page was given back; the object's size where there is none. */
static inline objectos_status objectos_memory_find(uint64_t target, uint64_t offset, uint64_t *found_out)
{
    register uint64_t a7 __asm__("a7") = 78;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = offset;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    *found_out = w1;
    return w0;
}

/* From now on a load of `size` bytes at the address by a hart, where nothing is mapped, does not trap: it takes 400 virtual instructions and reads `value` (kind 1), or the hart's time register shifted right by `value` bits (kind 2), until guest time is `until`; then it traps again. Kind 0: it traps. The space answers at most 16 loads. Their pages cannot be mapped meanwhile. */
static inline objectos_status objectos_space_answer_read(uint64_t target, uint64_t address, uint64_t size, uint64_t kind, uint64_t value, uint64_t until)
{
    register uint64_t a7 __asm__("a7") = 79;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = address;
    register uint64_t w2 __asm__("a2") = size;
    register uint64_t w3 __asm__("a3") = kind;
    register uint64_t w4 __asm__("a4") = value;
    register uint64_t w5 __asm__("a5") = until;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4), "+r"(w5) : "r"(a7) : "memory");
    return w0;
}

/* Makes an empty address space whose pages are charged to the cell. */
static inline objectos_status objectos_space_create(uint64_t target, uint64_t destination)
{
    register uint64_t a7 __asm__("a7") = 80;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = destination;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* Maps whole pages of a memory object whose capability has those rights. */
static inline objectos_status objectos_space_map(uint64_t target, uint64_t address, uint64_t memory, uint64_t offset, uint64_t length, uint64_t page_rights)
{
    register uint64_t a7 __asm__("a7") = 81;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = address;
    register uint64_t w2 __asm__("a2") = memory;
    register uint64_t w3 __asm__("a3") = offset;
    register uint64_t w4 __asm__("a4") = length;
    register uint64_t w5 __asm__("a5") = page_rights;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4), "+r"(w5) : "r"(a7) : "memory");
    return w0;
}

/* Changes rights, never beyond those of the capability that was mapped. */
static inline objectos_status objectos_space_protect(uint64_t target, uint64_t address, uint64_t length, uint64_t page_rights)
{
    register uint64_t a7 __asm__("a7") = 82;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = address;
    register uint64_t w2 __asm__("a2") = length;
    register uint64_t w3 __asm__("a3") = page_rights;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    return w0;
}

/* Takes whatever is mapped in the range away. */
static inline objectos_status objectos_space_unmap(uint64_t target, uint64_t address, uint64_t length)
{
    register uint64_t a7 __asm__("a7") = 83;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = address;
    register uint64_t w2 __asm__("a2") = length;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* Copies from memory that the space's own threads can read. */
static inline objectos_status objectos_space_copy_in(uint64_t target, uint64_t address, void *buffer, uint64_t length)
{
    register uint64_t a7 __asm__("a7") = 84;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = address;
    register uint64_t w2 __asm__("a2") = (uint64_t)buffer;
    register uint64_t w3 __asm__("a3") = length;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    return w0;
}

/* Copies into memory that the space's own threads can write. */
static inline objectos_status objectos_space_copy_out(uint64_t target, uint64_t address, const void *buffer, uint64_t length)
{
    register uint64_t a7 __asm__("a7") = 85;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = address;
    register uint64_t w2 __asm__("a2") = (uint64_t)buffer;
    register uint64_t w3 __asm__("a3") = length;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    return w0;
}

/* Makes sure that a later space_copy_out of the range, in the same message, cannot fail. */
static inline objectos_status objectos_space_prepare(uint64_t target, uint64_t address, uint64_t length)
{
    register uint64_t a7 __asm__("a7") = 86;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = address;
    register uint64_t w2 __asm__("a2") = length;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* Copies like space_copy_in and says what events should note of the bytes: kind 0 all, 1 a text up to and with its first zero byte, 2 none, as they hold addresses. */
static inline objectos_status objectos_space_read(uint64_t target, uint64_t address, uint64_t kind, void *buffer, uint64_t length)
{
    register uint64_t a7 __asm__("a7") = 87;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = address;
    register uint64_t w2 __asm__("a2") = kind;
    register uint64_t w3 __asm__("a3") = (uint64_t)buffer;
    register uint64_t w4 __asm__("a4") = length;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4) : "r"(a7) : "memory");
    return w0;
}

/* Makes a scheduling context: `budget` nanoseconds of every `period`. */
static inline objectos_status objectos_scheduling_context_create(uint64_t target, uint64_t destination, uint64_t budget, uint64_t period)
{
    register uint64_t a7 __asm__("a7") = 88;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = destination;
    register uint64_t w2 __asm__("a2") = budget;
    register uint64_t w3 __asm__("a3") = period;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    return w0;
}

/* Changes budget and period; not by a thread that runs on it. */
static inline objectos_status objectos_scheduling_context_configure(uint64_t target, uint64_t budget, uint64_t period)
{
    register uint64_t a7 __asm__("a7") = 89;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = budget;
    register uint64_t w2 __asm__("a2") = period;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* Makes a copy as memory_clone does, with so many bytes, no fewer than the object has. */
static inline objectos_status objectos_memory_extend(uint64_t target, uint64_t destination, uint64_t cell, uint64_t bytes)
{
    register uint64_t a7 __asm__("a7") = 90;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = destination;
    register uint64_t w2 __asm__("a2") = cell;
    register uint64_t w3 __asm__("a3") = bytes;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    return w0;
}

/* Makes a timer that signals the bits. */
static inline objectos_status objectos_timer_create(uint64_t target, uint64_t destination, uint64_t notification, uint64_t bits)
{
    register uint64_t a7 __asm__("a7") = 92;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = destination;
    register uint64_t w2 __asm__("a2") = notification;
    register uint64_t w3 __asm__("a3") = bits;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    return w0;
}

/* Starts it: absolute guest nanoseconds, then every `period` (0: once; least 10000). The timers of a cell, and of those below it, repeat at most once a second for each object of its quota. */
static inline objectos_status objectos_timer_set(uint64_t target, uint64_t deadline, uint64_t period)
{
    register uint64_t a7 __asm__("a7") = 93;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = deadline;
    register uint64_t w2 __asm__("a2") = period;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* Stops it. */
static inline objectos_status objectos_timer_cancel(uint64_t target)
{
    register uint64_t a7 __asm__("a7") = 94;
    register uint64_t w0 __asm__("a0") = target;
    __asm__ volatile("ecall" : "+r"(w0) : "r"(a7) : "memory");
    return w0;
}

/* Asks the host for work; its completion comes as a message to the bound endpoint. */
static inline objectos_status objectos_host_request_post(uint64_t target, struct objectos_message *message)
{
    uint64_t *in = (uint64_t *)message;
    (void)in;
    register uint64_t a7 __asm__("a7") = 96;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = in[0];
    register uint64_t w2 __asm__("a2") = in[1];
    register uint64_t w3 __asm__("a3") = in[2];
    register uint64_t w4 __asm__("a4") = in[3];
    register uint64_t w5 __asm__("a5") = in[4];
    register uint64_t w6 __asm__("a6") = in[5];
    register uint64_t w7 __asm__("t0") = in[6];
    register uint64_t w8 __asm__("t1") = in[7];
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4), "+r"(w5), "+r"(w6), "+r"(w7), "+r"(w8) : "r"(a7) : "memory");
    in[0] = w1;
    return w0;
}

/* Completions of the port's requests go to the endpoint. */
static inline objectos_status objectos_host_port_bind(uint64_t target, uint64_t endpoint)
{
    register uint64_t a7 __asm__("a7") = 97;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = endpoint;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* For a managed program: charges so many virtual instructions (at most 2^32), for work that it does itself, to the sender of the message that it handles. */
static inline objectos_status objectos_work_charge(uint64_t instructions)
{
    register uint64_t a7 __asm__("a7") = 104;
    register uint64_t w0 __asm__("a0") = 0;
    register uint64_t w1 __asm__("a1") = instructions;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* Makes a virtual CPU with a guest-physical memory of that size, which costs nothing until written; its guest may hold `limit_bytes` of the cell's quota. */
static inline objectos_status objectos_vcpu_create(uint64_t target, uint64_t destination, uint64_t memory_bytes, uint64_t limit_bytes)
{
    register uint64_t a7 __asm__("a7") = 112;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = destination;
    register uint64_t w2 __asm__("a2") = memory_bytes;
    register uint64_t w3 __asm__("a3") = limit_bytes;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    return w0;
}

/* Maps whole pages of a memory object, whose capability has those rights, at a guest-physical address. */
static inline objectos_status objectos_vcpu_map(uint64_t target, uint64_t address, uint64_t memory, uint64_t offset, uint64_t length, uint64_t page_rights)
{
    register uint64_t a7 __asm__("a7") = 113;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = address;
    register uint64_t w2 __asm__("a2") = memory;
    register uint64_t w3 __asm__("a3") = offset;
    register uint64_t w4 __asm__("a4") = length;
    register uint64_t w5 __asm__("a5") = page_rights;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4), "+r"(w5) : "r"(a7) : "memory");
    return w0;
}

/* Takes whatever was mapped in the guest-physical range away. */
static inline objectos_status objectos_vcpu_unmap(uint64_t target, uint64_t address, uint64_t length)
{
    register uint64_t a7 __asm__("a7") = 114;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = address;
    register uint64_t w2 __asm__("a2") = length;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* From now on traps whose bit is set exit to the holder: bit n exception n, bit 16 + n interrupt n, before a hart takes it; flags 1: reads of counters, 2: idle, 4: pages that nothing was mapped at (else the kernel fills them with zero), 8: wfi, 16: sfence.vma and its kind. */
static inline objectos_status objectos_vcpu_set_intercepts(uint64_t target, uint64_t causes, uint64_t flags)
{
    register uint64_t a7 __asm__("a7") = 115;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = causes;
    register uint64_t w2 __asm__("a2") = flags;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* From now on an ecall with that number in a7 exits to the holder, or not. */
static inline objectos_status objectos_vcpu_intercept_call(uint64_t target, uint64_t number, uint64_t on)
{
    register uint64_t a7 __asm__("a7") = 116;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = number;
    register uint64_t w2 __asm__("a2") = on;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* From now on accesses to the guest-physical pages exit to the holder, or none of those in the range do. */
static inline objectos_status objectos_vcpu_intercept_pages(uint64_t target, uint64_t address, uint64_t length, uint64_t on)
{
    register uint64_t a7 __asm__("a7") = 117;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = address;
    register uint64_t w2 __asm__("a2") = length;
    register uint64_t w3 __asm__("a3") = on;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    return w0;
}

/* Exits come as messages to the endpoint, with that capability's badge; 0: none do. */
static inline objectos_status objectos_vcpu_set_endpoint(uint64_t target, uint64_t endpoint)
{
    register uint64_t a7 __asm__("a7") = 118;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = endpoint;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* Tells why the virtual CPU waits for its holder. */
static inline objectos_status objectos_vcpu_read_exit(uint64_t target, uint64_t results[8])
{
    register uint64_t a7 __asm__("a7") = 119;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = 0;
    register uint64_t w2 __asm__("a2") = 0;
    register uint64_t w3 __asm__("a3") = 0;
    register uint64_t w4 __asm__("a4") = 0;
    register uint64_t w5 __asm__("a5") = 0;
    register uint64_t w6 __asm__("a6") = 0;
    register uint64_t w7 __asm__("t0") = 0;
    register uint64_t w8 __asm__("t1") = 0;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4), "+r"(w5), "+r"(w6), "+r"(w7), "+r"(w8) : "r"(a7) : "memory");
    results[0] = w1;
    results[1] = w2;
    results[2] = w3;
    results[3] = w4;
    results[4] = w5;
    results[5] = w6;
    results[6] = w7;
    results[7] = w8;
    return w0;
}

/* Lets it go on: action 0 from the registers as they are now, 1 with the trap that it stopped for, 2 with another, 3 as if nothing were intercepted, for one instruction, or, where the kernel on it has used its memory, for its accesses to that page until it runs code again; a page that nothing is mapped at exits again, until something is. */
static inline objectos_status objectos_vcpu_resume(uint64_t target, uint64_t action, uint64_t cause, uint64_t address)
{
    register uint64_t a7 __asm__("a7") = 120;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = action;
    register uint64_t w2 __asm__("a2") = cause;
    register uint64_t w3 __asm__("a3") = address;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3) : "r"(a7) : "memory");
    return w0;
}

/* Changes how much of the cell's memory its guest may hold. */
static inline objectos_status objectos_vcpu_set_limit(uint64_t target, uint64_t limit_bytes)
{
    register uint64_t a7 __asm__("a7") = 121;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = limit_bytes;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* Runs a bare hart on the virtual CPU: its addresses are guest-physical ones, and every trap exits to the holder. It starts when it is resumed. */
static inline objectos_status objectos_vcpu_start_hart(uint64_t target)
{
    register uint64_t a7 __asm__("a7") = 122;
    register uint64_t w0 __asm__("a0") = target;
    __asm__ volatile("ecall" : "+r"(w0) : "r"(a7) : "memory");
    return w0;
}

/* Copies pc, x1–x31, f0–f31 and fcsr, 65 words of 64 bits, of the hart that the exit is about. */
static inline objectos_status objectos_vcpu_read_state(uint64_t target, void *buffer, uint64_t length)
{
    register uint64_t a7 __asm__("a7") = 123;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = (uint64_t)buffer;
    register uint64_t w2 __asm__("a2") = length;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* Sets pc, x1–x31, f0–f31 and fcsr of the hart that the exit is about. */
static inline objectos_status objectos_vcpu_write_state(uint64_t target, const void *buffer, uint64_t length)
{
    register uint64_t a7 __asm__("a7") = 124;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = (uint64_t)buffer;
    register uint64_t w2 __asm__("a2") = length;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

/* Tells what it has used. */
static inline objectos_status objectos_vcpu_status(uint64_t target, uint64_t results[5])
{
    register uint64_t a7 __asm__("a7") = 125;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = 0;
    register uint64_t w2 __asm__("a2") = 0;
    register uint64_t w3 __asm__("a3") = 0;
    register uint64_t w4 __asm__("a4") = 0;
    register uint64_t w5 __asm__("a5") = 0;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4), "+r"(w5) : "r"(a7) : "memory");
    results[0] = w1;
    results[1] = w2;
    results[2] = w3;
    results[3] = w4;
    results[4] = w5;
    return w0;
}

/* Guarantees its guest so much of the cell's memory, which counts as used from now on; at most its limit. 0 gives it back. */
static inline objectos_status objectos_vcpu_reserve(uint64_t target, uint64_t reserved_bytes)
{
    register uint64_t a7 __asm__("a7") = 126;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = reserved_bytes;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1) : "r"(a7) : "memory");
    return w0;
}

/* From now on an access to that control and status register exits to the holder, or not. */
static inline objectos_status objectos_vcpu_intercept_register(uint64_t target, uint64_t number, uint64_t on)
{
    register uint64_t a7 __asm__("a7") = 127;
    register uint64_t w0 __asm__("a0") = target;
    register uint64_t w1 __asm__("a1") = number;
    register uint64_t w2 __asm__("a2") = on;
    __asm__ volatile("ecall" : "+r"(w0), "+r"(w1), "+r"(w2) : "r"(a7) : "memory");
    return w0;
}

#endif

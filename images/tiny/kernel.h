/* kernel.h - what the parts of the kernel know of each other. Each part is the file that the heading names. */
#ifndef TINY_KERNEL_H
#define TINY_KERNEL_H

#include "machine.h"
#include "user/calls.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CSR_READ(name) ({ uint64_t value_; __asm__ volatile("csrr %0, " name : "=r"(value_)::"memory"); value_; })
#define CSR_WRITE(name, value) __asm__ volatile("csrw " name ", %0" ::"r"((uint64_t)(value)) : "memory")
#define CSR_SET(name, bits) __asm__ volatile("csrs " name ", %0" ::"r"((uint64_t)(bits)) : "memory")
#define CSR_CLEAR(name, bits) __asm__ volatile("csrc " name ", %0" ::"r"((uint64_t)(bits)) : "memory")

enum { SSTATUS_SIE = 1 << 1, SSTATUS_SPIE = 1 << 5, SSTATUS_SPP = 1 << 8 };
enum { IRQ_SOFTWARE = 1, IRQ_TIMER = 5, IRQ_EXTERNAL = 9 };
enum { CAUSE_FETCH = 1, CAUSE_ILLEGAL = 2, CAUSE_ECALL_U = 8, CAUSE_FETCH_PAGE = 12, CAUSE_LOAD_PAGE = 13, CAUSE_STORE_PAGE = 15 };

enum { PAGE = 4096, KERNEL_STACK = 8192, MAX_PROCESSES = 64, TICKS_PER_SECOND = 100 };
#define NEVER UINT64_MAX

struct process;

/* The registers of a trap, as trap.S saves them. */
struct frame {
    uint64_t x[32]; /* x[0] is not used */
    uint64_t pc;
};

/* What belongs to one hart; tp points at it while the hart is in the kernel. trap.S knows the first three. */
struct hart {
    struct process *current; /* its frame comes first in it */
    uint8_t *stack;          /* top */
    uint64_t scratch;

    uint64_t id;     /* the firmware's name for it */
    uint32_t index;  /* 0 is the one that booted */
    uint32_t plic_context;
    bool online, idle;
    uint64_t satp;
    uint64_t recover; /* where to go on after an expected fault; 0: none is expected */
    uint64_t ticks, answers, switches;
};

/* Spin locks. The kernel runs with interrupts disabled; so whoever holds one is never interrupted. */
struct lock {
    uint32_t held;
};

static inline void lock(struct lock *l) {
    while (__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE))
        while (__atomic_load_n(&l->held, __ATOMIC_RELAXED))
            __asm__ volatile(".4byte 0x0100000f"); /* pause (Zihintpause), a hint */
}

static inline void unlock(struct lock *l) {
    __atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}

/* main.c */
extern struct machine machine;
extern struct hart harts[MAX_HARTS];
static inline struct hart *this_hart(void) {
    struct hart *hart;
    __asm__ volatile("mv %0, tp" : "=r"(hart));
    return hart;
}

/* print.c */
void print(const char *format, ...);
void print_bytes(const char *text, size_t length);
_Noreturn void panic(const char *format, ...);

/* pages.c */
void pages_open(uint64_t first, uint64_t end);
/* A page of zeros, or null. */
void *page_take(void);
void page_give(void *page);
uint64_t pages_free(void);
uint64_t pages_total(void);

/* paging.c */
enum { PTE_V = 1, PTE_R = 2, PTE_W = 4, PTE_X = 8, PTE_U = 16, PTE_G = 32, PTE_A = 64, PTE_D = 128, PTE_SHARED = 256 };
struct space {
    uint64_t *gigabytes; /* the table whose entries cover 1 GiB each */
    uint64_t *top;       /* under Sv48 the table above it, else null */
    uint64_t satp;
    uint64_t pages; /* that belong to it, tables included */
};
extern struct space kernel_space;
void paging_open(void);
bool paging_is_sv48(void);
void space_use(const struct space *space);
bool space_create(struct space *space);
void space_destroy(struct space *space);
/* The entry of a user page; null if there is none and create is false, or no memory. */
uint64_t *space_entry(struct space *space, uint64_t address, bool create);
bool space_map(struct space *space, uint64_t address, void *page, uint64_t flags);

/* image.c: the user programs' ELF file, which lies in the kernel */
bool image_open(void);
uint64_t image_entry(void);
uint64_t image_end(void); /* first page after the last segment */
/* Brings the page of an address of a segment if it may be used so (PTE_R, PTE_W, PTE_X). */
bool image_page(struct space *space, uint64_t address, uint64_t access);

/* trap.c, trap.S */
void trap_open(void);
_Noreturn void enter_user(struct frame *frame);
/* One instruction at the edge: true if the access faulted. */
bool faults_load(uint64_t address);
bool faults_store(uint64_t address);
bool faults_fetch(uint64_t address);
/* Lets the interrupts in that are pending; waits for one first. */
void wait_for_interrupt(void);
const char *cause_name(uint64_t cause);

/* timer.c */
uint64_t now(void);
void timer_set(uint64_t time);

/* console.c */
void console_open(void);
bool console_by_interrupt(void);
void console_external_interrupt(void);
/* With the lock of processes: */
void console_poll_locked(void);
size_t console_take_locked(char *to, size_t size);

/* process.c */
struct process {
    struct frame frame;
    struct space space;
    enum process_state state;
    int32_t pid, parent, status;
    uint32_t hart; /* where it runs, or last ran */
    bool killed;
    uint64_t deadline, heap_end, ticks, ended; /* the how-manieth end its own was */
    struct process *next;                      /* in the queue of those ready */
    char name[NAME_BYTES];
};
extern struct process processes[MAX_PROCESSES];
extern struct lock processes_lock;
/* Makes a process that runs a line: name and arguments. Gives its number, or -1. */
int32_t process_spawn(const char *line, int32_t parent);
void process_kill_locked(struct process *process);
/* Puts it into the queue, and an idle hart to work. */
void process_ready_locked(struct process *process);
/* Readies all that are in the state. */
void process_wake_locked(enum process_state state);
struct process *process_find_locked(int32_t pid);
/* These leave the process that is current: what becomes of it its state says. */
_Noreturn void schedule_locked(void);
_Noreturn void process_end(struct process *process, int32_t status);

/* user.c: the memory of a process */
/* Brings the page of an address if the process may use it so (PTE_R, PTE_W, PTE_X). */
bool process_page(struct process *process, uint64_t address, uint64_t access);
/* False at an address that the process may not use so. */
bool copy_in(struct process *process, void *to, uint64_t from, size_t count);
bool copy_out(struct process *process, uint64_t to, const void *from, size_t count);

/* syscall.c */
void system_call(struct process *process);

/* selftest.c */
bool selftest_kernel(void);
_Noreturn void selftest_end(int32_t status);
extern bool selftest_runs;
/* What a hart does when another interrupts it. */
void selftest_answer(void);

#endif

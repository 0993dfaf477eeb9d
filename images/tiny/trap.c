/* Traps: what comes from processes and what comes to an idle hart. */
#include "kernel.h"
#include "text.h"

#define INTERRUPT (1ul << 63)

void trap_entry(void);

void trap_open(void) {
    CSR_WRITE("sscratch", 0);
    CSR_WRITE("stvec", trap_entry);
    CSR_WRITE("sie", 1ul << IRQ_SOFTWARE | 1ul << IRQ_TIMER);
}

const char *cause_name(uint64_t cause) {
    static const char *const names[] = {
        "misaligned fetch", "fetch fault", "illegal instruction", "breakpoint", "misaligned load", "load fault", "misaligned store", "store fault",
        "call", "call", "call", "call", "fetch page fault", "load page fault", "fault 14", "store page fault",
    };
    return cause < sizeof names / sizeof *names ? names[cause] : "unknown fault";
}

/* True if the process that runs should give way. */
static bool interrupt(uint64_t which) {
    switch (which) {
    case IRQ_SOFTWARE: /* of another hart: there is something to run, or to answer */
        CSR_CLEAR("sip", 1ul << IRQ_SOFTWARE);
        selftest_answer();
        return true;
    case IRQ_TIMER:
        this_hart()->ticks++;
        return true;
    case IRQ_EXTERNAL:
        console_external_interrupt();
        return false;
    default:
        panic("interrupt %u", which);
    }
}

/* Only an idle hart takes interrupts in the kernel, and only a probe (trap.S) may fault. */
void kernel_trap(struct frame *frame) {
    struct hart *hart = this_hart();
    uint64_t cause = CSR_READ("scause");
    if (cause & INTERRUPT) {
        interrupt(cause & ~INTERRUPT);
        if ((cause & ~INTERRUPT) == IRQ_TIMER)
            timer_set(NEVER);
    } else if (hart->recover) {
        frame->pc = hart->recover;
    } else {
        panic("%s in the kernel at 0x%x, pc 0x%x", cause_name(cause), CSR_READ("stval"), frame->pc);
    }
}

void wait_for_interrupt(void) {
    /* WFI ends for an interrupt that is pending though interrupts are disabled here: none is lost between look and sleep. */
    __asm__ volatile("wfi" ::: "memory");
    CSR_SET("sstatus", SSTATUS_SIE);
    CSR_CLEAR("sstatus", SSTATUS_SIE);
}

static uint64_t access_of(uint64_t cause) {
    return cause == CAUSE_FETCH_PAGE ? PTE_X : cause == CAUSE_LOAD_PAGE ? PTE_R : PTE_W;
}

static void fault(struct process *process, uint64_t cause) {
    uint64_t address = CSR_READ("stval");
    if ((cause == CAUSE_FETCH_PAGE || cause == CAUSE_LOAD_PAGE || cause == CAUSE_STORE_PAGE) &&
        process_page(process, address, access_of(cause)))
        return;
    if (!selftest_runs)
        print("tiny: process %d (%s) ended by %s at 0x%x, pc 0x%x\n", (int64_t)process->pid, process->name, cause_name(cause), address,
              process->frame.pc);
    process_end(process, (int32_t)(STATUS_FAULT + cause));
}

_Noreturn void user_trap(void) {
    struct process *process = this_hart()->current;
    uint64_t cause = CSR_READ("scause");
    bool give_way = false;
    if (cause & INTERRUPT) {
        give_way = interrupt(cause & ~INTERRUPT);
        process->ticks += cause == (INTERRUPT | IRQ_TIMER);
    } else if (cause == CAUSE_ECALL_U) {
        system_call(process);
    } else {
        fault(process, cause);
    }
    if (__atomic_load_n(&process->killed, __ATOMIC_RELAXED))
        process_end(process, STATUS_KILLED);
    if (give_way) {
        lock(&processes_lock);
        process_ready_locked(process);
        schedule_locked();
    }
    enter_user(&process->frame);
}

/* Processes and who runs them: one table, one queue, one lock, and every hart takes its next process from the queue. A process has no stack
 * in the kernel: what it waits for is its state, and a call that has to wait is made again when the process runs again. */
#include "kernel.h"
#include "sbi.h"
#include "text.h"

struct lock processes_lock;
struct process processes[MAX_PROCESSES];
static struct process *queue_head, *queue_tail;
static int32_t last_pid;
static uint64_t ends;

void process_ready_locked(struct process *process) {
    process->state = READY;
    process->next = 0;
    if (queue_head)
        queue_tail->next = process;
    else
        queue_head = process;
    queue_tail = process;
    for (uint32_t i = 0; i < MAX_HARTS; i++)
        if (harts[i].online && harts[i].idle) {
            harts[i].idle = false; /* so that the next process wakes another */
            sbi_interrupt(harts[i].id);
            return;
        }
}

static struct process *queue_take_locked(void) {
    struct process *process = queue_head;
    if (process)
        queue_head = process->next;
    return process;
}

void process_wake_locked(enum process_state state) {
    for (unsigned i = 0; i < MAX_PROCESSES; i++)
        if (processes[i].state == state)
            process_ready_locked(&processes[i]);
}

struct process *process_find_locked(int32_t pid) {
    for (unsigned i = 0; i < MAX_PROCESSES; i++)
        if (processes[i].state != FREE && processes[i].state != MAKING && processes[i].pid == pid)
            return &processes[i];
    return 0;
}

void process_kill_locked(struct process *process) {
    process->killed = true;
    if (process->state == SLEEPING || process->state == READING || process->state == WAITING)
        process_ready_locked(process);
}

static struct process *claim(void) {
    struct process *found = 0;
    lock(&processes_lock);
    for (unsigned i = 0; i < MAX_PROCESSES && !found; i++)
        if (processes[i].state == FREE) {
            found = &processes[i];
            *found = (struct process){.state = MAKING, .pid = ++last_pid};
        }
    unlock(&processes_lock);
    return found;
}

/* The line goes to the top of the stack, and the stack begins below it. */
static bool furnish(struct process *process, const char *line) {
    if (!space_create(&process->space))
        return false;
    uint64_t top = STACK_TOP - LINE_BYTES;
    char copy[LINE_BYTES] = {0};
    text_copy(copy, line, sizeof copy);
    if (!copy_out(process, top, copy, sizeof copy)) {
        space_destroy(&process->space);
        return false;
    }
    process->frame.x[2] = process->frame.x[10] = top;
    process->frame.pc = image_entry();
    process->heap_end = image_end();
    text_copy(process->name, line, sizeof process->name);
    for (char *at = process->name; *at; at++)
        if (*at == ' ')
            *at = 0;
    return true;
}

int32_t process_spawn(const char *line, int32_t parent) {
    struct process *process = claim();
    if (!process)
        return -1;
    bool made = furnish(process, line);
    int32_t pid = made ? process->pid : -1;
    lock(&processes_lock);
    process->parent = parent;
    if (made)
        process_ready_locked(process);
    else
        process->state = FREE;
    unlock(&processes_lock);
    return pid;
}

/* Ends the process that this hart has: its memory goes back; its record stays for its parent, if that lives. */
static void end_locked(struct process *process, int32_t status) {
    space_use(&kernel_space);
    this_hart()->current = 0;
    space_destroy(&process->space);
    for (unsigned i = 0; i < MAX_PROCESSES; i++)
        if (processes[i].state != FREE && processes[i].parent == process->pid) {
            processes[i].parent = 0;
            if (processes[i].state == ENDED)
                processes[i].state = FREE;
        }
    struct process *parent = process->parent ? process_find_locked(process->parent) : 0;
    process->status = status;
    process->ended = ++ends;
    process->state = parent ? ENDED : FREE;
    if (parent && parent->state == WAITING)
        process_ready_locked(parent);
    if (process->pid != 1)
        return;
    unlock(&processes_lock);
    if (selftest_runs)
        selftest_end(status);
    panic("the first process ended with %d", (int64_t)status);
}

_Noreturn void process_end(struct process *process, int32_t status) {
    lock(&processes_lock);
    end_locked(process, status);
    schedule_locked();
}

/* Readies the sleepers whose time has come; gives the earliest of the others. */
static uint64_t wake_sleepers_locked(void) {
    uint64_t earliest = NEVER, time = now();
    for (unsigned i = 0; i < MAX_PROCESSES; i++) {
        struct process *process = &processes[i];
        if (process->state == SLEEPING && process->deadline <= time)
            process_ready_locked(process);
        else if (process->state == SLEEPING && process->deadline < earliest)
            earliest = process->deadline;
        else if (process->state == READING && !console_by_interrupt() && time + machine.timebase / TICKS_PER_SECOND < earliest)
            earliest = time + machine.timebase / TICKS_PER_SECOND;
    }
    return earliest;
}

_Noreturn static void run_locked(struct process *process) {
    struct hart *hart = this_hart();
    process->state = RUNNING;
    process->hart = hart->index;
    hart->current = process;
    hart->switches++;
    space_use(&process->space);
    timer_set(now() + machine.timebase / TICKS_PER_SECOND);
    unlock(&processes_lock);
    CSR_CLEAR("sstatus", SSTATUS_SPP);
    CSR_SET("sstatus", SSTATUS_SPIE);
    enter_user(&process->frame);
}

_Noreturn void schedule_locked(void) {
    struct hart *hart = this_hart();
    for (;;) {
        console_poll_locked();
        uint64_t earliest = wake_sleepers_locked();
        struct process *process = queue_take_locked();
        if (process && process->killed) {
            end_locked(process, STATUS_KILLED);
            continue;
        }
        if (process)
            run_locked(process);
        /* What it last ran may end on another hart as soon as the lock is free: be out of its space before. */
        space_use(&kernel_space);
        hart->current = 0;
        hart->idle = true;
        timer_set(earliest);
        unlock(&processes_lock);
        wait_for_interrupt();
        lock(&processes_lock);
        hart->idle = false;
    }
}

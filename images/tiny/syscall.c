/* The calls of processes, one function each. A call that has to wait sets the process's state, goes back to its `ecall` and runs something
 * else; it is made again later. */
#include "kernel.h"
#include "sbi.h"
#include "text.h"

enum { CHUNK = 256, ECALL_BYTES = 4, FAILED = -1 };

static uint64_t argument(const struct process *process, unsigned i) {
    return process->frame.x[10 + i];
}

static void answer(struct process *process, int64_t value) {
    process->frame.x[10] = (uint64_t)value;
}

/* Waits in a state; the lock is held. */
_Noreturn static void wait_locked(struct process *process, enum process_state state) {
    process->frame.pc -= ECALL_BYTES;
    process->state = state;
    schedule_locked();
}

static void call_exit(struct process *process) {
    process_end(process, (int32_t)(argument(process, 0) & 255));
}

static void call_write(struct process *process) {
    char chunk[CHUNK];
    uint64_t from = argument(process, 0), length = argument(process, 1);
    for (uint64_t done = 0, part; done < length; done += part) {
        part = length - done < CHUNK ? length - done : CHUNK;
        if (!copy_in(process, chunk, from + done, part))
            return answer(process, FAILED);
        print_bytes(chunk, part);
    }
    answer(process, (int64_t)length);
}

static void call_read(struct process *process) {
    char chunk[CHUNK];
    uint64_t length = argument(process, 1) < CHUNK ? argument(process, 1) : CHUNK;
    lock(&processes_lock);
    console_poll_locked();
    uint64_t taken = console_take_locked(chunk, length);
    if (taken == 0 && length > 0)
        wait_locked(process, READING);
    unlock(&processes_lock);
    answer(process, copy_out(process, argument(process, 0), chunk, taken) ? (int64_t)taken : FAILED);
}

static void call_getpid(struct process *process) {
    answer(process, process->pid);
}

static void call_yield(struct process *process) {
    answer(process, 0);
    lock(&processes_lock);
    process_ready_locked(process);
    schedule_locked();
}

/* Goes on behind the call when it wakes, unlike the others. */
static void call_sleep(struct process *process) {
    uint64_t milliseconds = argument(process, 0);
    answer(process, 0);
    lock(&processes_lock);
    process->deadline = now() + milliseconds * machine.timebase / 1000;
    process->state = SLEEPING;
    schedule_locked();
}

static void call_sbrk(struct process *process) {
    uint64_t bytes = argument(process, 0), end = process->heap_end;
    if (bytes > HEAP_BYTES || end + bytes > image_end() + HEAP_BYTES)
        return answer(process, FAILED);
    process->heap_end = end + bytes;
    answer(process, (int64_t)end);
}

static void call_spawn(struct process *process) {
    char line[LINE_BYTES];
    for (size_t i = 0;; i++) {
        if (i == sizeof line || !copy_in(process, &line[i], argument(process, 0) + i, 1))
            return answer(process, FAILED);
        if (line[i] == 0)
            break;
    }
    answer(process, process_spawn(line, process->pid));
}

static void call_wait(struct process *process) {
    int32_t wanted = (int32_t)argument(process, 0);
    struct process *ended = 0;
    bool any = false;
    lock(&processes_lock);
    for (unsigned i = 0; i < MAX_PROCESSES; i++) {
        struct process *child = &processes[i];
        if (child->state == FREE || child->parent != process->pid || (wanted && child->pid != wanted))
            continue;
        any = true;
        if (child->state == ENDED && (!ended || child->ended < ended->ended))
            ended = child;
    }
    if (any && !ended)
        wait_locked(process, WAITING);
    int32_t pid = FAILED, status = 0;
    if (ended) {
        pid = ended->pid;
        status = ended->status;
        ended->state = FREE;
    }
    unlock(&processes_lock);
    uint64_t to = argument(process, 1);
    answer(process, ended && to && !copy_out(process, to, &status, sizeof status) ? FAILED : pid);
}

static void call_kill(struct process *process) {
    lock(&processes_lock);
    struct process *victim = process_find_locked((int32_t)argument(process, 0));
    bool found = victim && victim->state != ENDED;
    if (found)
        process_kill_locked(victim);
    unlock(&processes_lock);
    answer(process, found ? 0 : FAILED);
}

static void call_time(struct process *process) {
    answer(process, (int64_t)now());
}

static void call_hart(struct process *process) {
    answer(process, this_hart()->index);
}

static bool inform_locked(uint64_t kind, uint64_t index, struct info *info) {
    *info = (struct info){0};
    if (kind == INFO_MACHINE && index == 0) {
        uint32_t online = 0;
        for (uint32_t i = 0; i < MAX_HARTS; i++)
            online += harts[i].online;
        *info = (struct info){.a = online, .b = pages_total(), .c = pages_free(), .d = machine.timebase};
    } else if (kind == INFO_HART && index < machine.hart_count) {
        const struct hart *hart = &harts[index];
        *info = (struct info){.a = hart->id, .b = hart->online, .c = hart->ticks, .d = hart->switches, .e = hart->idle};
    } else if (kind == INFO_PROCESS && index < MAX_PROCESSES) {
        const struct process *process = &processes[index];
        *info = (struct info){.a = (uint64_t)process->pid, .b = (uint64_t)process->parent, .c = process->state, .d = process->space.pages,
                              .e = process->ticks, .f = process->hart};
        text_copy(info->name, process->name, sizeof info->name);
    } else {
        return false;
    }
    return true;
}

static void call_info(struct process *process) {
    struct info info;
    lock(&processes_lock);
    bool known = inform_locked(argument(process, 0), argument(process, 1), &info);
    unlock(&processes_lock);
    answer(process, known && copy_out(process, argument(process, 2), &info, sizeof info) ? 0 : FAILED);
}

static void call_power(struct process *process) {
    if (argument(process, 0) == 0)
        sbi_power_off(false);
    sbi_reboot();
}

static void (*const calls[CALLS])(struct process *) = {
    [CALL_EXIT] = call_exit,   [CALL_WRITE] = call_write, [CALL_READ] = call_read,   [CALL_GETPID] = call_getpid, [CALL_YIELD] = call_yield,
    [CALL_SLEEP] = call_sleep, [CALL_SBRK] = call_sbrk,   [CALL_SPAWN] = call_spawn, [CALL_WAIT] = call_wait,     [CALL_KILL] = call_kill,
    [CALL_TIME] = call_time,   [CALL_HART] = call_hart,   [CALL_INFO] = call_info,   [CALL_POWER] = call_power,
};

void system_call(struct process *process) {
    uint64_t number = process->frame.x[17];
    process->frame.pc += ECALL_BYTES;
    if (number < CALLS)
        calls[number](process);
    else
        answer(process, FAILED);
}

/* The memory of a process: its image, its heap and its stack. Pages come when they are first used, by the process or by a call of it. */
#include "kernel.h"
#include "text.h"

/* True if an entry that is there permits the access; then the fault was a translation that a hart still remembered. */
static bool permits(uint64_t entry, uint64_t access) {
    return (entry & PTE_V) && (entry & PTE_U) && (entry & access) == access;
}

static bool in_heap_or_stack(const struct process *process, uint64_t address) {
    return (address >= image_end() && address < process->heap_end) || (address >= STACK_TOP - STACK_BYTES && address < STACK_TOP);
}

bool process_page(struct process *process, uint64_t address, uint64_t access) {
    uint64_t *entry = space_entry(&process->space, address, false);
    if (entry && (*entry & PTE_V)) {
        __asm__ volatile("sfence.vma %0, zero" ::"r"(address) : "memory");
        return permits(*entry, access);
    }
    if (!in_heap_or_stack(process, address))
        return image_page(&process->space, address, access);
    void *page = access == PTE_X ? 0 : page_take();
    if (!page)
        return false;
    if (space_map(&process->space, address & ~(uint64_t)(PAGE - 1), page, PTE_R | PTE_W))
        return true;
    page_give(page);
    return false;
}

/* Where the kernel sees a byte of a process, or null. */
static uint8_t *reach(struct process *process, uint64_t address, uint64_t access) {
    uint64_t *entry = space_entry(&process->space, address, false);
    if (!entry || !permits(*entry, access)) {
        if (!process_page(process, address, access))
            return 0;
        entry = space_entry(&process->space, address, false);
    }
    return (uint8_t *)(*entry << 10 >> 20 << 12) + address % PAGE;
}

static size_t within_page(uint64_t address, size_t count) {
    return count < PAGE - address % PAGE ? count : PAGE - address % PAGE;
}

bool copy_in(struct process *process, void *to, uint64_t from, size_t count) {
    for (size_t done = 0, part; done < count; done += part) {
        part = within_page(from + done, count - done);
        const uint8_t *at = reach(process, from + done, PTE_R);
        if (!at)
            return false;
        memcpy((uint8_t *)to + done, at, part);
    }
    return true;
}

bool copy_out(struct process *process, uint64_t to, const void *from, size_t count) {
    for (size_t done = 0, part; done < count; done += part) {
        part = within_page(to + done, count - done);
        uint8_t *at = reach(process, to + done, PTE_W);
        if (!at)
            return false;
        memcpy(at, (const uint8_t *)from + done, part);
    }
    return true;
}

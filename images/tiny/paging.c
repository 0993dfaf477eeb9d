/* Address spaces. The kernel lies where its memory is, in the first 128 GiB, in every space; a process has the next 128 GiB. The tables are
 * those of Sv39; under Sv48 one more table stands above them with one entry. */
#include "kernel.h"
#include "text.h"

#define GIGABYTE (1ul << 30)
#define MEGAPAGE (2ul << 20)
#define SV39 (8ul << 60)
#define SV48 (9ul << 60)

enum { ENTRIES = 512, FIRST_OF_USER = USER_BASE / GIGABYTE, END_OF_USER = USER_END / GIGABYTE, KERNEL_FLAGS = PTE_V | PTE_G | PTE_A | PTE_D };

extern uint8_t kernel_start[], constants_start[], data_start[], kernel_end[];
struct space kernel_space;

static uint64_t pointer(const void *page, uint64_t flags) {
    return (uint64_t)page >> 12 << 10 | flags;
}

static void *target(uint64_t entry) {
    return (void *)(entry << 10 >> 20 << 12);
}

static unsigned index_at(uint64_t address, int level) {
    return address >> (12 + 9 * level) & (ENTRIES - 1);
}

/* The entry for an address at a level: 0 for pages, 1 for megapages. */
static uint64_t *entry_at(struct space *space, uint64_t address, int lowest, bool create) {
    uint64_t *table = space->gigabytes;
    for (int level = 2;; level--) {
        uint64_t *entry = &table[index_at(address, level)];
        if (level == lowest)
            return entry;
        if (!(*entry & PTE_V)) {
            void *page = create ? page_take() : 0;
            if (!page)
                return 0;
            space->pages++;
            *entry = pointer(page, PTE_V);
        }
        table = target(*entry);
    }
}

static void map_kernel(uint64_t from, uint64_t end, uint64_t flags) {
    while (from < end) {
        bool mega = from % MEGAPAGE == 0 && end - from >= MEGAPAGE;
        uint64_t *entry = entry_at(&kernel_space, from, mega, true);
        if (!entry)
            panic("no memory for the kernel's page tables");
        *entry = pointer((void *)from, flags | KERNEL_FLAGS);
        from += mega ? MEGAPAGE : PAGE;
    }
}

static void map_device(struct fdt_range range) {
    if (range.size)
        map_kernel(range.base & ~(uint64_t)(PAGE - 1), (range.base + range.size + PAGE - 1) & ~(uint64_t)(PAGE - 1), PTE_R | PTE_W);
}

/* A space's satp, and the table above its others where there is one. */
static bool finish(struct space *space, bool sv48) {
    space->satp = SV39 | (uint64_t)space->gigabytes >> 12;
    if (sv48) {
        space->top = page_take();
        if (!space->top)
            return false;
        space->pages++;
        space->top[0] = pointer(space->gigabytes, PTE_V);
        space->satp = SV48 | (uint64_t)space->top >> 12;
    }
    return true;
}

void paging_open(void) {
    uint64_t end = machine.memory.base + machine.memory.size;
    kernel_space.gigabytes = page_take();
    if (!kernel_space.gigabytes)
        panic("no memory for the kernel's page tables");
    map_kernel((uint64_t)kernel_start, (uint64_t)constants_start, PTE_R | PTE_X);
    map_kernel((uint64_t)constants_start, (uint64_t)data_start, PTE_R);
    map_kernel((uint64_t)data_start, end < USER_BASE ? end : USER_BASE, PTE_R | PTE_W);
    map_device(machine.uart);
    map_device(machine.plic);

    /* A write of satp with a mode that is not there has no effect at all (Privileged Architecture, Supervisor Address Translation). */
    bool wanted = !text_has_word(machine.arguments, "sv39");
    if (!wanted || !finish(&kernel_space, true) || (space_use(&kernel_space), CSR_READ("satp") != kernel_space.satp)) {
        kernel_space.top = 0;
        finish(&kernel_space, false);
        this_hart()->satp = 0;
        space_use(&kernel_space);
    }
}

bool paging_is_sv48(void) {
    return kernel_space.top != 0;
}

void space_use(const struct space *space) {
    struct hart *hart = this_hart();
    if (hart->satp == space->satp)
        return;
    bool first = hart->satp == 0;
    hart->satp = space->satp;
    CSR_WRITE("satp", space->satp);
    /* The kernel's own translations are global and the same everywhere. */
    if (first)
        __asm__ volatile("sfence.vma" ::: "memory");
    else
        __asm__ volatile("sfence.vma zero, %0" ::"r"(0ul) : "memory");
}

bool space_create(struct space *space) {
    *space = (struct space){.gigabytes = page_take(), .pages = 1};
    if (!space->gigabytes)
        return false;
    memcpy(space->gigabytes, kernel_space.gigabytes, FIRST_OF_USER * sizeof(uint64_t));
    if (finish(space, paging_is_sv48()))
        return true;
    page_give(space->gigabytes);
    return false;
}

static void give_table(uint64_t *table, unsigned first, unsigned end, int level) {
    for (unsigned i = first; i < end; i++)
        if (table[i] & PTE_V) {
            if (level > 0)
                give_table(target(table[i]), 0, ENTRIES, level - 1);
            else if (!(table[i] & PTE_SHARED))
                page_give(target(table[i]));
        }
    page_give(table);
}

void space_destroy(struct space *space) {
    give_table(space->gigabytes, FIRST_OF_USER, END_OF_USER, 2);
    if (space->top)
        page_give(space->top);
    *space = (struct space){0};
}

uint64_t *space_entry(struct space *space, uint64_t address, bool create) {
    return address >= USER_BASE && address < USER_END ? entry_at(space, address, 0, create) : 0;
}

bool space_map(struct space *space, uint64_t address, void *page, uint64_t flags) {
    uint64_t *entry = space_entry(space, address, true);
    if (!entry)
        return false;
    *entry = pointer(page, flags | PTE_V | PTE_U | PTE_A | PTE_D);
    if (!(flags & PTE_SHARED))
        space->pages++;
    __asm__ volatile("sfence.vma %0, zero" ::"r"(address) : "memory");
    return true;
}

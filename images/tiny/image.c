/* The user programs: one ELF file inside the kernel. Pages that are only read are mapped where they lie, into every process; a page that
 * is written is copied when it is first used. */
#include "kernel.h"
#include "text.h"

enum { LOAD = 1, SEGMENT_X = 1, SEGMENT_W = 2, SEGMENT_R = 4, MACHINE_RISCV = 243, CLASS_64 = 2 };

struct header {
    uint8_t magic[4], class, rest[11];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, segments, sections;
    uint32_t flags;
    uint16_t size, segment_size, segment_count;
};

struct segment {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_size, memory_size, alignment;
};

extern const uint8_t user_image[];

static const struct header *header(void) {
    return (const struct header *)user_image;
}

static const struct segment *segment(unsigned i) {
    return (const struct segment *)(user_image + header()->segments + i * header()->segment_size);
}

bool image_open(void) {
    const struct header *h = header();
    return h->magic[0] == 0x7f && h->magic[1] == 'E' && h->magic[2] == 'L' && h->magic[3] == 'F' && h->class == CLASS_64 &&
           h->machine == MACHINE_RISCV;
}

uint64_t image_entry(void) {
    return header()->entry;
}

uint64_t image_end(void) {
    uint64_t end = 0;
    for (unsigned i = 0; i < header()->segment_count; i++)
        if (segment(i)->type == LOAD && segment(i)->address + segment(i)->memory_size > end)
            end = segment(i)->address + segment(i)->memory_size;
    return (end + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

static uint64_t rights(const struct segment *s) {
    return (s->flags & SEGMENT_R ? PTE_R : 0) | (s->flags & SEGMENT_W ? PTE_W : 0) | (s->flags & SEGMENT_X ? PTE_X : 0);
}

/* A page of a segment that is written: what the file has of it, the rest zero. */
static bool copy_page(struct space *space, const struct segment *s, uint64_t page) {
    uint8_t *copy = page_take();
    if (!copy)
        return false;
    uint64_t from = page > s->address ? page : s->address;
    uint64_t end = page + PAGE < s->address + s->file_size ? page + PAGE : s->address + s->file_size;
    if (from < end)
        memcpy(copy + (from - page), user_image + s->offset + (from - s->address), end - from);
    if (space_map(space, page, copy, rights(s)))
        return true;
    page_give(copy);
    return false;
}

bool image_page(struct space *space, uint64_t address, uint64_t access) {
    for (unsigned i = 0; i < header()->segment_count; i++) {
        const struct segment *s = segment(i);
        if (s->type != LOAD || address - s->address >= s->memory_size || (access & ~rights(s)))
            continue;
        uint64_t page = address & ~(uint64_t)(PAGE - 1);
        if (s->flags & SEGMENT_W)
            return copy_page(space, s, page);
        return space_map(space, page, (void *)(user_image + s->offset + page - s->address), rights(s) | PTE_SHARED);
    }
    return false;
}

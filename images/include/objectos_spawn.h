/* objectos_spawn.h - runs a function of this program in another cell: the same text, data of its own, a stack. */
#ifndef OBJECTOS_SPAWN_H
#define OBJECTOS_SPAWN_H

#include "objectos_start.h"

#define OBJECTOS_SPAWN_STACK_TOP 0x3000000000UL

/* Slots from the first on that a spawned cell takes in the table of its maker. */
enum {
    OBJECTOS_SPAWN_CELL,
    OBJECTOS_SPAWN_SPACE,
    OBJECTOS_SPAWN_THREAD,
    OBJECTOS_SPAWN_STACK,
    OBJECTOS_SPAWN_DATA,
    OBJECTOS_SPAWN_ZERO,
    OBJECTOS_SPAWN_SLOTS,
};

struct objectos_elf_header { /* System V ABI, chapter "Object files" */
    unsigned char identification[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, program_headers, section_headers;
    uint32_t flags;
    uint16_t header_size, program_header_size, program_header_count, section_header_size, section_header_count, section_names;
};

struct objectos_program_header {
    uint32_t type, flags;
    uint64_t offset, address, physical_address, file_size, memory_size, alignment;
};

extern const struct objectos_elf_header __ehdr_start;

/* Maps one loadable segment as its maker was loaded: what is not written from the file, what is written from a clone of it. */
static inline objectos_status objectos_spawn_segment(uint64_t first, const struct objectos_program_header *segment)
{
    const uint64_t mask = 4095;
    int writable = (segment->flags & 2) != 0;
    uint64_t rights = OBJECTOS_PAGE_READ | (writable ? OBJECTOS_PAGE_WRITE : 0) | ((segment->flags & 1) ? OBJECTOS_PAGE_EXECUTE : 0);
    uint64_t start = segment->address & ~mask, file_end = segment->address + segment->file_size;
    uint64_t mapped_end = segment->file_size ? (file_end + mask) & ~mask : start;
    uint64_t end = (segment->address + segment->memory_size + mask) & ~mask;
    uint64_t memory = writable ? first + OBJECTOS_SPAWN_DATA : OBJECTOS_SLOT_FILE;
    objectos_status status = OBJECTOS_OK;
    if (writable && segment->file_size) {
        static const unsigned char zeros[64];
        status = objectos_memory_clone(OBJECTOS_SLOT_FILE, memory, first + OBJECTOS_SPAWN_CELL);
        for (uint64_t at = segment->offset + segment->file_size; status == OBJECTOS_OK && (at & mask) && segment->memory_size > segment->file_size;) {
            uint64_t part = 64 - at % 64;
            status = objectos_memory_write(memory, at, zeros, part);
            at += part;
        }
    }
    if (status == OBJECTOS_OK && mapped_end > start)
        status = objectos_space_map(first + OBJECTOS_SPAWN_SPACE, start, memory, segment->offset & ~mask, mapped_end - start, rights);
    if (status == OBJECTOS_OK && end > mapped_end) {
        status = objectos_memory_create(first + OBJECTOS_SPAWN_CELL, first + OBJECTOS_SPAWN_ZERO, end - mapped_end);
        if (status == OBJECTOS_OK)
            status = objectos_space_map(first + OBJECTOS_SPAWN_SPACE, mapped_end, first + OBJECTOS_SPAWN_ZERO, 0, end - mapped_end, rights);
    }
    return status;
}

/* Makes a cell from the caller's quota with a thread, suspended, that will run entry(argument); entry must not return. The cell's own table is
 * empty: grant what it needs, then objectos_thread_resume(first + OBJECTOS_SPAWN_THREAD). */
static inline objectos_status objectos_spawn(uint64_t first, uint64_t memory_bytes, uint64_t objects, void (*entry)(uint64_t), uint64_t argument)
{
    uint64_t number;
    objectos_status status = objectos_cell_create(OBJECTOS_SLOT_CELL, first + OBJECTOS_SPAWN_CELL, memory_bytes, objects);
    if (status == OBJECTOS_OK)
        status = objectos_space_create(first + OBJECTOS_SPAWN_CELL, first + OBJECTOS_SPAWN_SPACE);
    const struct objectos_program_header *segment =
        (const struct objectos_program_header *)((const char *)&__ehdr_start + __ehdr_start.program_headers);
    for (int i = 0; status == OBJECTOS_OK && i < __ehdr_start.program_header_count; i++)
        if (segment[i].type == 1 && segment[i].memory_size)
            status = objectos_spawn_segment(first, segment + i);
    if (status == OBJECTOS_OK)
        status = objectos_memory_create(first + OBJECTOS_SPAWN_CELL, first + OBJECTOS_SPAWN_STACK, OBJECTOS_STACK_BYTES);
    if (status == OBJECTOS_OK)
        status = objectos_space_map(first + OBJECTOS_SPAWN_SPACE, OBJECTOS_SPAWN_STACK_TOP - OBJECTOS_STACK_BYTES, first + OBJECTOS_SPAWN_STACK, 0,
                                    OBJECTOS_STACK_BYTES, OBJECTOS_PAGE_READ | OBJECTOS_PAGE_WRITE);
    if (status == OBJECTOS_OK)
        status = objectos_thread_create(first + OBJECTOS_SPAWN_CELL, first + OBJECTOS_SPAWN_THREAD, first + OBJECTOS_SPAWN_SPACE, (uint64_t)entry,
                                        OBJECTOS_SPAWN_STACK_TOP, argument, &number);
    return status;
}

#endif

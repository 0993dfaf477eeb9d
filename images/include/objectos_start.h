/* objectos_start.h - how a native program of ObjectOS starts, and what it finds.
 *
 * A native program is a static ELF file with a note "ObjectOS" of type 1; this header makes the note and the entry. Its first thread
 * starts with a0 = the address of the start block, sp = the top of a stack of OBJECTOS_STACK_BYTES (nothing is mapped below it), and the
 * capabilities below in its cell's table. It ends with the last thread of its cell; main's result is the exit code. A trap of any of its
 * threads ends it, and so do an exhausted memory quota and an exhausted budget. Compile with -mno-relax: threads start without gp. */
#ifndef OBJECTOS_START_H
#define OBJECTOS_START_H

#include "objectos.h"

#define OBJECTOS_START_VERSION 1
#define OBJECTOS_STACK_BYTES 65536

/* Slots that are filled at the start. From OBJECTOS_FIRST_FREE_SLOT on the table is empty. */
enum {
    OBJECTOS_SLOT_CELL = 1,    /* the program's own cell; all rights */
    OBJECTOS_SLOT_SPACE = 2,   /* its address space; all rights */
    OBJECTOS_SLOT_CONSOLE = 3, /* its standard streams: OBJECTOS_CONSOLE_*; rights to write and grant */
    OBJECTOS_SLOT_FILE = 4,    /* a memory object with the program's file from offset 0 on; rights to read, execute and grant */
    OBJECTOS_FIRST_FREE_SLOT = 16,
};

/* Labels of calls through the console. The lease is the data to write, or the room to read into. The answer's label is 0 and its word 0 the
 * bytes done (when reading, 0 at the end of input); any other label is an error of the host. */
enum {
    OBJECTOS_CONSOLE_WRITE = 1, /* word 0: 0 standard output, 1 standard error */
    OBJECTOS_CONSOLE_READ = 2,
};

/* The start block; read-only, as long as the program lives. */
struct objectos_start {
    uint64_t version; /* OBJECTOS_START_VERSION; later versions only add members */
    uint64_t argc;
    const char *const *argv; /* argc pointers and a null pointer; argv[0] is the program's name */
    uint64_t file_bytes;     /* length of the program's file */
};

/* What the program defines. */
int objectos_main(const struct objectos_start *start);

/* The note, and the entry. */
__asm__(
    ".pushsection .note.ObjectOS, \"a\", @note\n"
    ".balign 4\n"
    ".4byte 9, 0, 1\n"
    ".asciz \"ObjectOS\"\n"
    ".balign 4\n"
    ".popsection\n"
    ".pushsection .text.start, \"ax\", @progbits\n"
    ".globl _start\n"
    "_start:\n"
    "    call objectos_main\n"
    "    mv a1, a0\n"
    "    li a7, 40\n"
    "    ecall\n"
    "    unimp\n"
    ".popsection\n");

/* A compiler may make calls of these out of plain C. */
__attribute__((weak)) void *memset(void *to, int value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ((volatile unsigned char *)to)[i] = (unsigned char)value;
    return to;
}

__attribute__((weak)) void *memcpy(void *to, const void *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ((volatile unsigned char *)to)[i] = ((const unsigned char *)from)[i];
    return to;
}

/* Writes all of it; false after an error. */
static inline int objectos_write(const char *from, uint64_t count)
{
    while (count > 0) {
        struct objectos_message message = {.label = OBJECTOS_CONSOLE_WRITE, .address = (uint64_t)from, .length = count, .kind = OBJECTOS_PAGE_READ};
        if (objectos_endpoint_call(OBJECTOS_SLOT_CONSOLE, &message) != OBJECTOS_OK || message.label != 0 || message.word[0] == 0)
            return 0;
        from += message.word[0];
        count -= message.word[0];
    }
    return 1;
}

static inline void objectos_say(const char *text)
{
    uint64_t count = 0;
    while (text[count])
        count++;
    objectos_write(text, count);
}

static inline void objectos_say_number(uint64_t value)
{
    char digits[20];
    int at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    objectos_write(digits + at, (uint64_t)((int)sizeof digits - at));
}

#endif

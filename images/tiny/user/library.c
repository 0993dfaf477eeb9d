/* The start of every user program, and what they share. */
#include "user.h"

enum { NOT_FOUND = 127 };

__asm__(".section .text.start, \"ax\"\n"
        ".globl _start\n"
        "_start:\n"
        "    call start\n"
        "    unimp\n"
        ".text\n");

long call(long number, long a, long b, long c) {
    register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c, a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
    return a0;
}

int split(char *line, char **words) {
    int count = 0;
    for (char *at = line; *at;) {
        while (*at == ' ')
            *at++ = 0;
        if (*at && count < MOST_ARGUMENTS)
            words[count++] = at;
        while (*at && *at != ' ')
            at++;
    }
    return count;
}

const struct program *find_program(const char *name) {
    for (const struct program *program = programs; program->name; program++)
        if (text_equal(program->name, name))
            return program;
    return 0;
}

/* The kernel leaves the line that was spawned at the top of the stack. */
__attribute__((used)) _Noreturn static void start(char *line) {
    char *words[MOST_ARGUMENTS];
    int count = split(line, words), code = NOT_FOUND;
    const struct program *program = count ? find_program(words[0]) : 0;
    if (program)
        code = program->run(count, words);
    call(CALL_EXIT, code, 0, 0);
    __builtin_unreachable();
}

void say(const char *format, ...) {
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    size_t length = text_format(line, sizeof line, format, arguments);
    va_end(arguments);
    write(line, length);
}

long spawn_with(const char *name, long number) {
    char line[LINE_BYTES];
    size_t length = text_length(name);
    memcpy(line, name, length);
    line[length] = ' ';
    char digits[24];
    int at = sizeof digits;
    digits[--at] = 0;
    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    text_copy(line + length + 1, digits + at, sizeof line - length - 1);
    return spawn(line);
}

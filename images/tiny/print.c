/* Output, whole lines at a time, through the firmware. */
#include "kernel.h"
#include "sbi.h"
#include "text.h"

enum { LINE = 256 };

static struct lock print_lock;

void print_bytes(const char *text, size_t length) {
    lock(&print_lock);
    sbi_write(text, length);
    unlock(&print_lock);
}

void print(const char *format, ...) {
    char line[LINE];
    va_list arguments;
    va_start(arguments, format);
    size_t length = text_format(line, sizeof line, format, arguments);
    va_end(arguments);
    print_bytes(line, length);
}

_Noreturn void panic(const char *format, ...) {
    char line[LINE];
    va_list arguments;
    va_start(arguments, format);
    size_t length = text_format(line, sizeof line, format, arguments);
    va_end(arguments);
    /* Without the lock: its holder may be the one that stops here. */
    sbi_write("tiny: stopped: ", 15);
    sbi_write(line, length);
    sbi_write("\n", 1);
    sbi_power_off(true);
}

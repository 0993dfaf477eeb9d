/* text.h - strings, bytes and formatted text; the kernel and its user programs share it. */
#ifndef TINY_TEXT_H
#define TINY_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

size_t text_length(const char *text);
bool text_equal(const char *left, const char *right);
/* True if word stands among the words of text, which spaces part. */
bool text_has_word(const char *text, const char *word);
/* Copies up to a null byte or size - 1 bytes; always ends with a null byte. */
void text_copy(char *to, const char *from, size_t size);
/* Decimal digits at the start of text. */
unsigned long text_number(const char *text);

/* Writes at most size bytes, without a null byte; gives their number. Knows %s %c %d %u %x (%x in 64 bits, %d and %u in 64 bits too:
 * every number is passed as a long), a width, and '-' for left alignment. */
size_t text_format(char *to, size_t size, const char *format, va_list arguments);

void *memcpy(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);

#endif

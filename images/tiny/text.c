#include "text.h"

size_t text_length(const char *text) {
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

bool text_equal(const char *left, const char *right) {
    while (*left && *left == *right)
        left++, right++;
    return *left == *right;
}

bool text_has_word(const char *text, const char *word) {
    size_t length = text_length(word);
    while (*text) {
        while (*text == ' ')
            text++;
        size_t same = 0;
        while (same < length && text[same] == word[same])
            same++;
        if (same == length && (text[same] == ' ' || text[same] == 0))
            return true;
        while (*text && *text != ' ')
            text++;
    }
    return false;
}

void text_copy(char *to, const char *from, size_t size) {
    size_t i = 0;
    for (; i + 1 < size && from[i]; i++)
        to[i] = from[i];
    to[i] = 0;
}

unsigned long text_number(const char *text) {
    unsigned long value = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (unsigned long)(*text - '0');
    return value;
}

struct output {
    char *to;
    size_t size, length;
};

static void put(struct output *out, char c) {
    if (out->length < out->size)
        out->to[out->length++] = c;
}

static void put_field(struct output *out, const char *text, size_t length, size_t width, bool left) {
    for (size_t i = length; !left && i < width; i++)
        put(out, ' ');
    for (size_t i = 0; i < length; i++)
        put(out, text[i]);
    for (size_t i = length; left && i < width; i++)
        put(out, ' ');
}

static void put_number(struct output *out, unsigned long value, unsigned base, bool negative, size_t width, bool left) {
    char digits[24];
    size_t at = sizeof digits;
    do
        digits[--at] = "0123456789abcdef"[value % base];
    while (value /= base);
    if (negative)
        digits[--at] = '-';
    put_field(out, digits + at, sizeof digits - at, width, left);
}

size_t text_format(char *to, size_t size, const char *format, va_list arguments) {
    struct output out = {to, size, 0};
    for (; *format; format++) {
        if (*format != '%') {
            put(&out, *format);
            continue;
        }
        bool left = *++format == '-';
        if (left)
            format++;
        size_t width = 0;
        for (; *format >= '0' && *format <= '9'; format++)
            width = width * 10 + (size_t)(*format - '0');
        switch (*format) {
        case 's': {
            const char *text = va_arg(arguments, const char *);
            put_field(&out, text, text_length(text), width, left);
            break;
        }
        case 'c': {
            char c = (char)va_arg(arguments, int);
            put_field(&out, &c, 1, width, left);
            break;
        }
        case 'd': {
            long value = va_arg(arguments, long);
            put_number(&out, value < 0 ? -(unsigned long)value : (unsigned long)value, 10, value < 0, width, left);
            break;
        }
        case 'u':
            put_number(&out, va_arg(arguments, unsigned long), 10, false, width, left);
            break;
        case 'x':
            put_number(&out, va_arg(arguments, unsigned long), 16, false, width, left);
            break;
        default:
            put(&out, *format);
        }
    }
    return out.length;
}

void *memcpy(void *to, const void *from, size_t count) {
    unsigned char *t = to;
    const unsigned char *f = from;
    /* Words where both ends allow it: pages are copied with this. */
    if ((((size_t)t | (size_t)f) & 7) == 0)
        for (; count >= 8; count -= 8, t += 8, f += 8)
            *(unsigned long *)t = *(const unsigned long *)f;
    while (count--)
        *t++ = *f++;
    return to;
}

void *memset(void *to, int value, size_t count) {
    unsigned char *t = to;
    if (((size_t)t & 7) == 0)
        for (; count >= 8; count -= 8, t += 8)
            *(unsigned long *)t = 0x0101010101010101ul * (unsigned char)value;
    while (count--)
        *t++ = (unsigned char)value;
    return to;
}

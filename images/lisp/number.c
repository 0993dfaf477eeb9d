/* Integers of any size: sign and magnitude, 32-bit digits, the lowest first. Division is Knuth's algorithm D. */
#include "lisp.h"

#include <stdlib.h>
#include <string.h>

/* Any integer, seen as sign and magnitude. `own` holds the digits of a fixnum. */
typedef struct { bool negative; uint32_t count; const uint32_t *digits; uint32_t own[2]; } View;

static void view(Value v, View *out) {
    if (!is_fixnum(v)) {
        out->negative = object(v)->negative;
        out->count = length_of(v);
        out->digits = object(v)->digits;
        return;
    }
    int64_t n = fixnum_value(v);
    uint64_t magnitude = n < 0 ? -(uint64_t)n : (uint64_t)n;
    out->negative = n < 0;
    out->own[0] = (uint32_t)magnitude;
    out->own[1] = (uint32_t)(magnitude >> 32);
    out->count = out->own[1] ? 2 : out->own[0] ? 1 : 0;
    out->digits = out->own;
}

/* Drops leading zeros; what fits becomes a fixnum. */
static Value normalize(Value v, bool negative) {
    Object *o = object(v);
    while (o->length > 0 && o->digits[o->length - 1] == 0)
        o->length--;
    o->negative = negative;
    if (o->length > 2)
        return v;
    uint64_t magnitude = (o->length > 0 ? o->digits[0] : 0) | (o->length > 1 ? (uint64_t)o->digits[1] << 32 : 0);
    if (magnitude <= (uint64_t)FIXNUM_MAX)
        return fixnum(negative ? -(int64_t)magnitude : (int64_t)magnitude);
    return negative && magnitude == (uint64_t)FIXNUM_MAX + 1 ? fixnum(FIXNUM_MIN) : v;
}

Value integer(int64_t n) {
    if (n >= FIXNUM_MIN && n <= FIXNUM_MAX)
        return fixnum(n);
    uint64_t magnitude = n < 0 ? -(uint64_t)n : (uint64_t)n;
    Value v = make_digits(2);
    object(v)->digits[0] = (uint32_t)magnitude;
    object(v)->digits[1] = (uint32_t)(magnitude >> 32);
    object(v)->negative = n < 0;
    return v;
}

static int compare_magnitudes(const View *a, const View *b) {
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (uint32_t i = a->count; i-- > 0;)
        if (a->digits[i] != b->digits[i])
            return a->digits[i] < b->digits[i] ? -1 : 1;
    return 0;
}

static Value add_magnitudes(const View *a, const View *b, bool negative) {
    if (a->count < b->count) {
        const View *other = a;
        a = b;
        b = other;
    }
    Value sum = make_digits(a->count + 1);
    uint32_t *out = object(sum)->digits;
    uint64_t carry = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        carry += (uint64_t)a->digits[i] + (i < b->count ? b->digits[i] : 0);
        out[i] = (uint32_t)carry;
        carry >>= 32;
    }
    out[a->count] = (uint32_t)carry;
    return normalize(sum, negative);
}

/* |a| >= |b| */
static Value subtract_magnitudes(const View *a, const View *b, bool negative) {
    Value difference = make_digits(a->count);
    uint32_t *out = object(difference)->digits;
    int64_t borrow = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        borrow += (int64_t)a->digits[i] - (i < b->count ? b->digits[i] : 0);
        out[i] = (uint32_t)borrow;
        borrow >>= 32;
    }
    return normalize(difference, negative);
}

static Value add_signed(Value x, Value y, bool negate) {
    View a, b;
    view(x, &a);
    view(y, &b);
    b.negative ^= negate;
    if (a.negative == b.negative)
        return add_magnitudes(&a, &b, a.negative);
    return compare_magnitudes(&a, &b) >= 0 ? subtract_magnitudes(&a, &b, a.negative)
                                           : subtract_magnitudes(&b, &a, b.negative);
}

Value integer_add(Value a, Value b) {
    return is_fixnum(a) && is_fixnum(b) ? integer(fixnum_value(a) + fixnum_value(b)) : add_signed(a, b, false);
}

Value integer_subtract(Value a, Value b) {
    return is_fixnum(a) && is_fixnum(b) ? integer(fixnum_value(a) - fixnum_value(b)) : add_signed(a, b, true);
}

Value integer_multiply(Value x, Value y) {
    int64_t small;
    if (is_fixnum(x) && is_fixnum(y) && !__builtin_mul_overflow(fixnum_value(x), fixnum_value(y), &small))
        return integer(small);
    View a, b;
    view(x, &a);
    view(y, &b);
    Value product = make_digits(a.count + b.count);
    uint32_t *out = object(product)->digits;
    memset(out, 0, (size_t)(a.count + b.count) * sizeof *out);
    for (uint32_t i = 0; i < a.count; i++) {
        uint64_t carry = 0;
        for (uint32_t j = 0; j < b.count; j++) {
            carry += (uint64_t)a.digits[i] * b.digits[j] + out[i + j];
            out[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        out[i + b.count] = (uint32_t)carry;
    }
    return normalize(product, a.negative != b.negative);
}

/* Divides in place by one digit; returns the remainder. */
static uint32_t divide_by_digit(uint32_t *digits, uint32_t count, uint32_t divisor) {
    uint64_t rest = 0;
    for (uint32_t i = count; i-- > 0;) {
        rest = rest << 32 | digits[i];
        digits[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    return (uint32_t)rest;
}

static void shift_left(uint32_t *out, const uint32_t *in, uint32_t count, int bits) {
    uint32_t carry = 0;
    for (uint32_t i = 0; i < count; i++) {
        out[i] = in[i] << bits | carry;
        carry = bits ? in[i] >> (32 - bits) : 0;
    }
    out[count] = carry;
}

/* One step of algorithm D: the digit q with u -= q * v, where u has n + 1 digits and v has n. */
static uint32_t divide_step(uint32_t *u, const uint32_t *v, uint32_t n) {
    uint64_t top = (uint64_t)u[n] << 32 | u[n - 1];
    uint64_t q = top / v[n - 1], rest = top % v[n - 1];
    while (q >> 32 || q * v[n - 2] > (rest << 32 | u[n - 2])) {
        q--;
        rest += v[n - 1];
        if (rest >> 32)
            break;
    }
    uint64_t carry = 0;
    int64_t borrow = 0;
    for (uint32_t i = 0; i < n; i++) {
        carry += q * v[i];
        borrow += (int64_t)u[i] - (uint32_t)carry;
        u[i] = (uint32_t)borrow;
        carry >>= 32;
        borrow >>= 32;
    }
    borrow += (int64_t)u[n] - (int64_t)carry;
    u[n] = (uint32_t)borrow;
    if (borrow >= 0)
        return (uint32_t)q;
    carry = 0;                                   /* q was one too large: add v back */
    for (uint32_t i = 0; i < n; i++) {
        carry += (uint64_t)u[i] + v[i];
        u[i] = (uint32_t)carry;
        carry >>= 32;
    }
    u[n] += (uint32_t)carry;
    return (uint32_t)q - 1;
}

static void divide_large(const View *a, const View *b, Value *quotient, Value *remainder) {
    uint32_t n = b->count, m = a->count - n;
    int bits = __builtin_clz(b->digits[n - 1]);
    uint32_t *v = object(make_digits(n + 1))->digits;
    shift_left(v, b->digits, n, bits);
    Value rest = make_digits(a->count + 1);
    uint32_t *u = object(rest)->digits;
    shift_left(u, a->digits, a->count, bits);
    Value result = make_digits(m + 1);
    for (uint32_t j = m + 1; j-- > 0;)
        object(result)->digits[j] = divide_step(u + j, v, n);
    for (uint32_t i = 0; i < n; i++)
        u[i] = bits ? u[i] >> bits | u[i + 1] << (32 - bits) : u[i];
    object(rest)->length = n;
    *quotient = normalize(result, a->negative != b->negative);
    *remainder = normalize(rest, a->negative);
}

void integer_divide(Value x, Value y, Value *quotient, Value *remainder) {
    if (is_fixnum(x) && is_fixnum(y)) {
        *quotient = integer(fixnum_value(x) / fixnum_value(y));
        *remainder = integer(fixnum_value(x) % fixnum_value(y));
        return;
    }
    View a, b;
    view(x, &a);
    view(y, &b);
    if (compare_magnitudes(&a, &b) < 0) {
        *quotient = fixnum(0);
        *remainder = x;
    } else if (b.count == 1) {
        Value result = make_digits(a.count);
        memcpy(object(result)->digits, a.digits, (size_t)a.count * sizeof(uint32_t));
        int64_t rest = divide_by_digit(object(result)->digits, a.count, b.digits[0]);
        *quotient = normalize(result, a.negative != b.negative);
        *remainder = fixnum(a.negative ? -rest : rest);
    } else {
        divide_large(&a, &b, quotient, remainder);
    }
}

int integer_compare(Value x, Value y) {
    if (is_fixnum(x) && is_fixnum(y))
        return fixnum_value(x) < fixnum_value(y) ? -1 : fixnum_value(x) > fixnum_value(y);
    View a, b;
    view(x, &a);
    view(y, &b);
    if (a.negative != b.negative)
        return a.negative ? -1 : 1;
    return a.negative ? compare_magnitudes(&b, &a) : compare_magnitudes(&a, &b);
}

Value integer_parse(const char *text, size_t count) {
    size_t i = count > 1 && (text[0] == '-' || text[0] == '+');
    if (count == 0)
        return FALSE;
    for (size_t j = i; j < count; j++)
        if (text[j] < '0' || text[j] > '9')
            return FALSE;
    Value v = fixnum(0);
    while (i < count) {
        int64_t part = 0, scale = 1;
        for (; i < count && scale < 1000000000; i++, scale *= 10)
            part = part * 10 + (text[i] - '0');
        v = integer_add(integer_multiply(v, fixnum(scale)), fixnum(part));
    }
    return text[0] == '-' ? integer_subtract(fixnum(0), v) : v;
}

char *integer_text(Value v) {
    View a;
    view(v, &a);
    size_t room = (size_t)a.count * 10 + 3, at = room;
    char *text = malloc(room);
    uint32_t *rest = malloc((a.count + 1) * sizeof *rest), count = a.count;
    if (text == NULL || rest == NULL)
        fail("out of memory");
    memcpy(rest, a.digits, (size_t)count * sizeof *rest);
    text[--at] = 0;
    do {
        uint32_t part = divide_by_digit(rest, count, 1000000000);
        while (count > 0 && rest[count - 1] == 0)
            count--;
        for (int i = 0; i < 9 && (count > 0 || part > 0); i++, part /= 10)
            text[--at] = (char)('0' + part % 10);
    } while (count > 0);
    if (text[at] == 0)
        text[--at] = '0';
    if (a.negative)
        text[--at] = '-';
    memmove(text, text + at, room - at);
    free(rest);
    return text;
}

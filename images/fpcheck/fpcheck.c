/* fpcheck [N]: a fingerprint of floating-point arithmetic over N seeded doubles (default 1000000).
 *
 * Every double, of any bit pattern that is a number, is printed with "%.17g" and read back with strtod: the text and the bits
 * go into two FNV-1a hashes, and the bits must be those it started from. A third hash takes the results of the mathematical
 * functions over seeded values. One line per 100000, one at the end. Two machines compute alike if they print alike.
 * Exit: 0, 1 if a double did not survive, 2 for wrong usage. */
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 100000, MATH_STRIDE = 10 };

static uint64_t state = 88172645463325252u;

/* Marsaglia's xorshift64 (Journal of Statistical Software 8, 2003) */
static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void add_byte(uint64_t *hash, unsigned char byte) { *hash = (*hash ^ byte) * 1099511628211u; }

static void add_word(uint64_t *hash, uint64_t word) {
    for (int i = 0; i < 64; i += 8)
        add_byte(hash, (unsigned char)(word >> i));
}

static double next_finite(void) {
    double value;
    do
        value = double_of(next());
    while (!isfinite(value));
    return value;
}

/* Uniform in [low, high). */
static double next_between(double low, double high) {
    return low + (high - low) * ((double)(next() >> 11) * 0x1p-53);
}

/* NaNs are hashed as one: which payload a NaN gets is not told by IEEE 754. */
static void add_result(uint64_t *hash, double value) {
    add_word(hash, isnan(value) ? 0x7ff8000000000000u : bits_of(value));
}

static void add_functions(uint64_t *hash) {
    double angle = next_between(-1000, 1000), power = next_between(-700, 700), positive = fabs(next_finite());
    double base = next_between(0, 100), any = next_finite(), other = next_finite();
    add_result(hash, sin(angle));
    add_result(hash, cos(angle));
    add_result(hash, exp(power));
    add_result(hash, log(positive));
    add_result(hash, pow(base, next_between(-50, 50)));
    add_result(hash, fma(any, other, next_finite()));
    add_result(hash, fma(base, angle, -base * angle));
    add_result(hash, sqrtf((float)positive));
    add_result(hash, sqrt(positive));
    add_result(hash, cbrt(any));
    add_result(hash, any / other);
    add_result(hash, (double)(int64_t)angle + (double)(uint32_t)base);
}

int main(int argc, char **argv) {
    char *end = NULL, text[40];
    long count = argc > 1 ? strtol(argv[1], &end, 10) : 1000000;
    if (argc > 2 || (end != NULL && *end != 0) || count < 1) {
        fputs("usage: fpcheck [N], N at least 1\n", stderr);
        return 2;
    }
    uint64_t texts = 14695981039346656037u, bits = texts, functions = texts;
    long lost = 0;
    for (long i = 1; i <= count; i++) {
        double value = next_finite();
        int length = snprintf(text, sizeof text, "%.17g", value);
        for (int j = 0; j < length; j++)
            add_byte(&texts, (unsigned char)text[j]);
        double back = strtod(text, NULL);
        add_word(&bits, bits_of(back));
        lost += bits_of(back) != bits_of(value);
        if (i % MATH_STRIDE == 0)
            add_functions(&functions);
        if (i % BLOCK == 0 || i == count)
            printf("%ld: text %016" PRIx64 " bits %016" PRIx64 " functions %016" PRIx64 "\n", i, texts, bits, functions);
    }
    printf("%ld doubles, %ld lost in printing and reading\n", count, lost);
    return lost != 0;
}

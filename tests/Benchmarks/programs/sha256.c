/* SHA-256 (FIPS 180-4) of blocks of 64 KiB, each with the digest of the one before: rotates, adds and logic on 32 bits. */
#include "common.h"

static uint32_t constants[64], initial[8];

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

/* The first 32 bits of the fraction of a root: found by bisection on integers. */
static uint32_t fraction_of_root(unsigned prime, int power) {
    unsigned __int128 low = 0, high = (unsigned __int128)1 << 40;
    while (high - low > 1) {
        unsigned __int128 middle = (low + high) / 2;
        /* middle is the root in units of 2^-32; its cube has 96 bits of fraction and would not fit, so 2^-36 is cut off of the square. */
        unsigned __int128 square = middle * middle;
        int is_below = power == 2 ? square <= (unsigned __int128)prime << 64 : (square >> 20) * middle <= (unsigned __int128)prime << 76;
        if (is_below) low = middle; else high = middle;
    }
    return (uint32_t)low;
}

static void make_constants(void) {
    int found = 0;
    for (unsigned candidate = 2; found < 64; candidate++) {
        int is_prime = 1;
        for (unsigned divisor = 2; divisor * divisor <= candidate; divisor++)
            if (candidate % divisor == 0) is_prime = 0;
        if (!is_prime) continue;
        if (found < 8) initial[found] = fraction_of_root(candidate, 2);
        constants[found++] = fraction_of_root(candidate, 3);
    }
}

static void compress(uint32_t state[8], const unsigned char *block) {
    uint32_t w[64];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t small0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t small1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + small0 + w[i - 7] + small1;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
        uint32_t sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25), choice = (e & f) ^ (~e & g);
        uint32_t sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22), majority = (a & b) ^ (a & c) ^ (b & c);
        uint32_t first = h + sum1 + choice + constants[i] + w[i], second = sum0 + majority;
        h = g; g = f; f = e; e = d + first;
        d = c; c = b; b = a; a = first + second;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
    state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

static void digest(unsigned char *text, size_t length, unsigned char out[32]) {
    uint32_t state[8];
    unsigned char last[64] = { 0x80 };
    memcpy(state, initial, sizeof state);
    for (size_t i = 0; i < length; i += 64) compress(state, text + i);
    for (int i = 0; i < 8; i++) last[56 + i] = (unsigned char)((uint64_t)length * 8 >> (56 - 8 * i));
    compress(state, last);
    for (int i = 0; i < 32; i++) out[i] = (unsigned char)(state[i / 4] >> (24 - 8 * (i % 4)));
}

int main(int count, char **words) {
    static unsigned char text[65536];
    unsigned char out[32];
    long blocks = size_of_run(count, words, 820);
    make_constants();
    for (size_t i = 0; i < sizeof text; i++) text[i] = (unsigned char)(i * 7);
    for (long i = 0; i < blocks; i++) {
        digest(text, sizeof text, out);
        memcpy(text, out, sizeof out);
    }
    for (int i = 0; i < 32; i++) printf("%02x", out[i]);
    puts("");
}

/* memcpy, memset, memcmp, strlen, strcmp and strchr of the C library, over lengths from 1 to 4096. */
#include "common.h"

int main(int count, char **words) {
    static char a[8192], b[8192];
    long rounds = size_of_run(count, words, 36000), sum = 0;
    for (long i = 0; i < rounds; i++) {
        for (size_t length = 1; length <= 4096; length *= 2) {
            size_t offset = (size_t)i & 15;
            memset(a + offset, 'a' + (int)(i % 23), length);
            a[offset + length] = 0;
            memcpy(b + (i & 7), a + offset, length + 1);
            sum += (long)strlen(b + (i & 7)) + memcmp(a + offset, b + (i & 7), length) + strcmp(a + offset, b + (i & 7));
            sum += strchr(a + offset, 'z') != 0;
        }
    }
    printf("%ld\n", sum);
}

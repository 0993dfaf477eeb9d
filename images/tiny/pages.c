/* Pages of memory. Those never used are a range that shrinks; those given back form a list through their first words. So memory that is
 * never used is never touched. */
#include "kernel.h"
#include "text.h"

static struct lock pages_lock;
static uint64_t unused, unused_end, total, given_back;
static uint64_t *list;

void pages_open(uint64_t first, uint64_t end) {
    unused = first;
    unused_end = end;
    total = (end - first) / PAGE;
}

void *page_take(void) {
    lock(&pages_lock);
    uint64_t *page = list;
    if (page) {
        list = (uint64_t *)*page;
        given_back--;
    } else if (unused < unused_end) {
        page = (uint64_t *)unused;
        unused += PAGE;
    }
    unlock(&pages_lock);
    if (page)
        memset(page, 0, PAGE);
    return page;
}

void page_give(void *page) {
    lock(&pages_lock);
    *(uint64_t *)page = (uint64_t)list;
    list = page;
    given_back++;
    unlock(&pages_lock);
}

uint64_t pages_free(void) {
    lock(&pages_lock);
    uint64_t free = given_back + (unused_end - unused) / PAGE;
    unlock(&pages_lock);
    return free;
}

uint64_t pages_total(void) {
    return total;
}

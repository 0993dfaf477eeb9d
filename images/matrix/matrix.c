/* A program for a machine with hardware that exists nowhere: a unit that multiplies matrices, and an instruction that counts the bits in
 * which two registers differ. It runs in supervisor mode without paging, checks both against its own arithmetic, and powers off. */
#include "../bare/bare.h"

#define MATRIX_ID 0x4d41545258ul /* "MATRX" */
#define INTERRUPT (1ul << 63)

/* The unit's registers, 64 bits each. */
enum { ID = 0x00, DIMENSION = 0x08, ADDRESS_A = 0x10, ADDRESS_B = 0x18, ADDRESS_C = 0x20, COMMAND = 0x28, STATUS = 0x30, ACKNOWLEDGE = 0x38 };
enum { MULTIPLY = 1, BUSY = 1, DONE = 2, ERROR = 4, LARGEST = 256 };

enum { SSTATUS_SIE = 1 << 1, SSTATUS_FS_INITIAL = 1 << 13, PATIENCE_SECONDS = 5 };
const char program_name[] = "matrix";

static struct fdt_range unit; /* size 0: there is none */
static uint32_t unit_interrupt;

static double a[LARGEST * LARGEST], b[LARGEST * LARGEST], c[LARGEST * LARGEST], wanted[LARGEST * LARGEST];
static volatile uint64_t told; /* STATUS at the last interrupt */
static volatile bool late;     /* the timer came first */

static uint64_t read_unit(uint64_t at) {
    return *(volatile uint64_t *)(unit.base + at);
}

static void write_unit(uint64_t at, uint64_t value) {
    *(volatile uint64_t *)(unit.base + at) = value;
}

static void take_interrupt(void) {
    uint32_t which = plic_claim();
    if (which == 0)
        return;
    if (which != unit_interrupt)
        fail("interrupt %u came, which nobody wanted", (uint64_t)which);
    told = read_unit(STATUS);
    write_unit(ACKNOWLEDGE, 1);
    plic_complete(which);
}

__attribute__((interrupt("supervisor"), aligned(4))) static void trap(void) {
    uint64_t cause = CSR_READ("scause");
    if (cause == (INTERRUPT | IRQ_EXTERNAL)) {
        take_interrupt();
    } else if (cause == (INTERRUPT | IRQ_TIMER)) {
        late = true;
        sbi_set_timer(NEVER);
    } else if (cause == 2) {
        fail("instruction 0x%x at 0x%x is not there", CSR_READ("stval"), CSR_READ("sepc"));
    } else {
        fail_by_trap();
    }
}

static void find_unit(const void *tree) {
    struct fdt_node node;
    fdt_open(tree, &node);
    while (fdt_next(&node))
        if (fdt_lists(&node, "compatible", "objectos,matrix-unit") && fdt_reg(&node, 0, &unit)) {
            unit_interrupt = fdt_cell(&node, "interrupts", 0, fdt_cell(&node, "interrupts-extended", 1, 0));
            return;
        }
    fail("there is no node compatible with objectos,matrix-unit in the device tree, hence no matrix unit to drive");
}

static void command(uint64_t n, const double *at_a, const double *at_b, const double *at_c) {
    told = 0;
    late = false;
    write_unit(DIMENSION, n);
    write_unit(ADDRESS_A, (uint64_t)at_a);
    write_unit(ADDRESS_B, (uint64_t)at_b);
    write_unit(ADDRESS_C, (uint64_t)at_c);
    __asm__ volatile("fence" ::: "memory"); /* the unit reads what has been written */
    write_unit(COMMAND, MULTIPLY);
}

/* Sleeps until the interrupt. WFI also ends when an interrupt is pending that is still disabled: so none is missed. */
static void await(void) {
    sbi_set_timer(CSR_READ("time") + PATIENCE_SECONDS * machine.timebase);
    while (!told && !late) {
        __asm__ volatile("wfi" ::: "memory");
        CSR_SET("sstatus", SSTATUS_SIE);
        CSR_CLEAR("sstatus", SSTATUS_SIE);
    }
    sbi_set_timer(NEVER);
    __asm__ volatile("fence" ::: "memory");
}

/* Multiples of a quarter, small enough that every sum is exact: the order of additions does not matter. */
static void fill(uint64_t n) {
    for (uint64_t i = 0; i < n * n; i++) {
        a[i] = 0.25 * (double)((int64_t)(i * 7 % 37) - 18);
        b[i] = 0.25 * (double)((int64_t)(i * 11 % 41) - 20);
        c[i] = -1;
    }
}

static void multiply(uint64_t n) {
    for (uint64_t i = 0; i < n; i++)
        for (uint64_t j = 0; j < n; j++) {
            double sum = 0;
            for (uint64_t k = 0; k < n; k++)
                sum += a[i * n + k] * b[k * n + j];
            wanted[i * n + j] = sum;
        }
}

static void test_product(uint64_t n) {
    fill(n);
    command(n, a, b, c);
    multiply(n); /* both work at once */
    await();
    if (!told)
        fail("no interrupt %u seconds after a command; status is 0x%x", (uint64_t)PATIENCE_SECONDS, read_unit(STATUS));
    if (!(told & DONE) || (told & (BUSY | ERROR)))
        fail("status 0x%x after a product of %u by %u, wanted 0x%x", told, n, n, (uint64_t)DONE);
    for (uint64_t i = 0; i < n * n; i++)
        if (c[i] != wanted[i]) {
            uint64_t found, right;
            memcpy(&found, &c[i], sizeof found);
            memcpy(&right, &wanted[i], sizeof right);
            fail("%u by %u, row %u, column %u: the unit says 0x%x, wanted 0x%x", n, n, i / n, i % n, found, right);
        }
    print("product of %u by %u: all %u values agree\n", n, n, n * n);
}

/* Whether the unit also interrupts for an error is its own affair. */
static void test_error(uint64_t n, const double *at_a, const char *what) {
    command(n, at_a, b, c);
    uint64_t status, end = CSR_READ("time") + PATIENCE_SECONDS * machine.timebase;
    do {
        CSR_SET("sstatus", SSTATUS_SIE);
        CSR_CLEAR("sstatus", SSTATUS_SIE);
        status = told ? told : read_unit(STATUS);
    } while (!(status & (DONE | ERROR)) && CSR_READ("time") < end);
    if (!(status & ERROR))
        fail("status 0x%x after a command with %s, wanted 0x%x", status, what, (uint64_t)ERROR);
    write_unit(ACKNOWLEDGE, 1);
    print("%s: refused\n", what);
}

static uint64_t hamming(uint64_t left, uint64_t right) {
    uint64_t distance;
    __asm__(".insn r 0x0b, 0, 0, %0, %1, %2" : "=r"(distance) : "r"(left), "r"(right));
    return distance;
}

static void test_instruction(void) {
    enum { PAIRS = 1000 };
    uint64_t x = 0x9e3779b97f4a7c15, total = 0;
    for (int i = 0; i < PAIRS; i++) {
        uint64_t left = x ^= x << 13, right = x ^= x >> 7, bits = 0;
        x ^= x << 17;
        for (uint64_t differ = left ^ right; differ; differ &= differ - 1)
            bits++;
        if (hamming(left, right) != bits)
            fail("hamming of 0x%x and 0x%x is %u, wanted %u", left, right, hamming(left, right), bits);
        total += bits;
    }
    if (hamming(0, 0) != 0 || hamming(0, ~0ul) != 64 || hamming(1, 1ul << 63) != 2)
        fail("hamming is wrong at the edges");
    print("hamming: %u pairs agree, %u bits differ\n", (uint64_t)PAIRS, total);
}

_Noreturn void run(uint64_t hart, const void *tree) {
    CSR_SET("sstatus", SSTATUS_FS_INITIAL);
    bare_open(tree, trap);
    find_unit(tree);
    if (read_unit(ID) != MATRIX_ID)
        fail("the unit calls itself 0x%x, wanted 0x%x", read_unit(ID), MATRIX_ID);
    sbi_set_timer(NEVER);
    plic_open(hart, unit_interrupt);

    static const uint8_t dimensions[] = {1, 2, 3, 16, 64, 100};
    for (unsigned i = 0; i < sizeof dimensions; i++)
        test_product(dimensions[i]);
    test_error(0, a, "a dimension of 0");
    test_error(LARGEST + 1, a, "a dimension of 257");
    test_error(2, (const double *)(1ul << 60), "an address where no memory is");
    test_product(LARGEST / 2);
    test_instruction();
    print("MATRIX-OK\n");
    sbi_power_off(false);
}

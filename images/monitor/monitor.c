/* A monitor that is an ordinary program: in a cell, by invocations alone, it makes a virtual CPU, runs guest.c on it as a bare hart,
 * and is to the guest all the hardware there is: RAM, a serial port, a clock ten times as fast as the CPU's, hart number 7, a
 * scratch register, wfi and the power switch. Then it checks what it has seen, and exits with 0, or with the line of the check.
 *
 * Its holder puts its own cell (Manage) into slot 1 and its own address space (Manage) into slot 2. What it finds out is in `result`,
 * at 0x20000. */
#include "objectos.h"

enum { CELL = 1, SPACE = 2, RAM = 3, VCPU = 4, ENDPOINT = 5, REPLY = 6 };

#define PAGE 0x1000UL
#define RAM_START 0x80000000UL
#define RAM_BYTES 0x10000UL
#define RAM_HERE 0x40000000UL
#define UART_START 0x10000000UL
#define PHYSICAL_BYTES (1UL << 32)
#define LIMIT_BYTES (1UL << 18)

enum { UART_DATA = 0, UART_LINE_STATUS = 5, UART_READY = 0x60 };
enum { CSR_MSCRATCH = 0x340, CSR_CYCLE = 0xC00, CSR_TIME = 0xC01, CSR_MHARTID = 0xF14 };
enum { ILLEGAL_INSTRUCTION = 2, ECALL = 8, WFI = 0x10500073, POWER_OFF = 8, HART = 7, CLOCK_RATE = 10 };
enum { COUNTERS = 1, MISSING_PAGES = 4 };
enum { CONTINUE = 0, PASS = 3 };
enum { PC = 0, A0 = 10, A7 = 17, STATE_WORDS = 65 };

__asm__(".section .rodata\n"
        ".globl guest, guest_end\n"
        "guest: .incbin \"guest.bin\"\n"
        "guest_end:\n"
        ".text\n");
extern const unsigned char guest[], guest_end[];

/* What the holder of this cell may look at; the order is known to it. */
static struct {
    uint64_t guest_code;         /* what the guest left in a0 */
    uint64_t exits;              /* all of them, and by what they were: */
    uint64_t pages, status_reads, writes, time_reads, counters_passed, hart_reads, scratch_uses, naps;
    uint64_t guest_retired;      /* instructions that the virtual CPU itself has done */
    uint64_t kernel_exits;       /* exits by the kernel's count */
    uint64_t length;
    char console[128];
} result __attribute__((section(".result,\"aw\",@nobits#")));

static uint64_t state[STATE_WORDS];
static uint64_t scratch;
static int is_port_ready;

static _Noreturn void leave(uint64_t code) {
    for (;;)
        objectos_thread_exit(code);
}

/* The line number says which check it was. */
#define CHECK(condition) do { if (!(condition)) leave(__LINE__); } while (0)
#define OK(status) CHECK((status) == OBJECTOS_OK)

static void set_register(uint32_t number, uint64_t value) {
    if (number)
        state[number] = value;
}

/* Behind the instruction, whose lowest two bits tell its size (unprivileged specification, "Base Instruction-Length Encoding"). */
static void step_over(uint32_t instruction) { state[PC] += (instruction & 3) == 3 ? 4 : 2; }

/* A byte is read from or written to the serial port. It says that it is busy once before each byte. */
static void use_port(uint32_t instruction, uint64_t physical) {
    uint32_t opcode = instruction & 0x7f, width = instruction >> 12 & 7;
    if (opcode == 0x03 && width == 4) {
        CHECK(physical == UART_START + UART_LINE_STATUS);
        set_register(instruction >> 7 & 31, is_port_ready ? UART_READY : 0);
        is_port_ready = 1;
        result.status_reads++;
    } else {
        CHECK(opcode == 0x23 && width == 0 && physical == UART_START + UART_DATA && is_port_ready);
        CHECK(result.length < sizeof result.console - 1);
        uint32_t source = instruction >> 20 & 31;
        result.console[result.length++] = (char)(source ? state[source] : 0);
        is_port_ready = 0;
        result.writes++;
    }
    step_over(instruction);
}

/* csrr of the clock gives the virtual CPU's own instructions, times ten; of other counters, what they are. */
static uint64_t read_counter(uint32_t instruction) {
    if (instruction >> 20 != CSR_TIME) {
        result.counters_passed++;
        return PASS;
    }
    uint64_t used[5];
    OK(objectos_vcpu_status(VCPU, used));
    set_register(instruction >> 7 & 31, used[2] * CLOCK_RATE);
    result.time_reads++;
    step_over(instruction);
    return CONTINUE;
}

/* What a hart in user mode may not do, and one in machine mode may. */
static void do_privileged(uint32_t instruction) {
    uint32_t csr = instruction >> 20, source = instruction >> 15 & 31, target = instruction >> 7 & 31;
    if (instruction == WFI) {
        result.naps++;
    } else {
        uint32_t operation = instruction & 0x707f;
        int reads = operation == 0x2073 && source == 0, writes = operation == 0x1073 && target == 0;
        CHECK((reads && csr == CSR_MHARTID) || ((reads || writes) && csr == CSR_MSCRATCH));
        if (csr == CSR_MHARTID) {
            set_register(target, HART);
            result.hart_reads++;
        } else {
            if (reads)
                set_register(target, scratch);
            else
                scratch = source ? state[source] : 0;
            result.scratch_uses++;
        }
    }
    step_over(instruction);
}

/* A page of RAM is there once the guest has touched it. */
static void add_page(uint64_t physical) {
    CHECK(physical - RAM_START < RAM_BYTES);
    physical &= ~(PAGE - 1);
    OK(objectos_vcpu_map(VCPU, physical, RAM, physical - RAM_START, PAGE, OBJECTOS_PAGE_READ | OBJECTOS_PAGE_WRITE | OBJECTOS_PAGE_EXECUTE));
    result.pages++;
}

/* Makes the machine, with the guest at the beginning of its RAM, which is ours too. */
static void build(void) {
    OK(objectos_memory_create(CELL, RAM, RAM_BYTES));
    OK(objectos_space_map(SPACE, RAM_HERE, RAM, 0, RAM_BYTES, OBJECTOS_PAGE_READ | OBJECTOS_PAGE_WRITE));
    for (uint64_t i = 0; i < (uint64_t)(guest_end - guest); i++)
        ((volatile unsigned char *)RAM_HERE)[i] = guest[i];
    OK(objectos_vcpu_create(CELL, VCPU, PHYSICAL_BYTES, LIMIT_BYTES));
    OK(objectos_vcpu_set_intercepts(VCPU, 0, COUNTERS | MISSING_PAGES));
    OK(objectos_vcpu_intercept_pages(VCPU, UART_START, PAGE, 1));
    OK(objectos_endpoint_create(CELL, ENDPOINT));
    OK(objectos_vcpu_set_endpoint(VCPU, ENDPOINT));
    OK(objectos_vcpu_start_hart(VCPU));
}

/* Answers exits until the guest powers off. */
static void attend(void) {
    for (;;) {
        struct objectos_message message;
        OK(objectos_endpoint_receive(ENDPOINT, REPLY, 0, 0, &message));
        CHECK(message.kind == OBJECTOS_MESSAGE_V_CPU_EXIT);
        OK(objectos_vcpu_read_state(VCPU, state, sizeof state));
        uint64_t cause = message.word[0], physical = message.word[3], action = CONTINUE;
        uint32_t instruction = (uint32_t)message.word[4];
        result.exits++;
        switch (message.label) {
        case OBJECTOS_EXIT_READY:
            state[PC] = RAM_START;
            break;
        case OBJECTOS_EXIT_MISSING_PAGE:
            add_page(physical);
            break;
        case OBJECTOS_EXIT_PAGE_ACCESS:
            use_port(instruction, physical);
            break;
        case OBJECTOS_EXIT_COUNTER:
            action = read_counter(instruction);
            break;
        case OBJECTOS_EXIT_TRAP:
            if (cause == ECALL) {
                CHECK(state[A7] == POWER_OFF);
                result.guest_code = state[A0];
                return;
            }
            CHECK(cause == ILLEGAL_INSTRUCTION);
            do_privileged(instruction);
            break;
        default:
            leave(__LINE__);
        }
        OK(objectos_vcpu_write_state(VCPU, state, sizeof state));
        OK(objectos_vcpu_resume(VCPU, action, 0, 0));
    }
}

static void check(void) {
    static const char expected[] = "hart 7\nticks per cycle: 10\nscratch: 1234567\npower off\n";
    uint64_t used[5];
    OK(objectos_vcpu_status(VCPU, used));
    result.guest_retired = used[2];
    result.kernel_exits = used[3];
    CHECK(result.length == sizeof expected - 1);
    for (uint64_t i = 0; i < result.length; i++)
        CHECK(result.console[i] == expected[i]);
    CHECK(result.guest_code == 42 && result.exits == used[3]);
    CHECK(result.writes == result.length && result.status_reads == 2 * result.length);
    CHECK(result.time_reads == 2 && result.counters_passed == 2 && result.hart_reads == 1);
    CHECK(result.scratch_uses == 2 && result.naps == 3 && result.pages >= 2);
}

_Noreturn void _start(void) {
    build();
    attend();
    check();
    leave(0);
}

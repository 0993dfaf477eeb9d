#include "machine.h"
#include "text.h"

enum { SUPERVISOR_EXTERNAL = 9 };

static bool is_plic(const struct fdt_node *node) {
    return fdt_lists(node, "compatible", "riscv,plic0") || fdt_lists(node, "compatible", "sifive,plic-1.0.0");
}

static bool isa_has(const char *isa, const char *extension) {
    char words[sizeof ((struct machine *)0)->isa];
    text_copy(words, isa, sizeof words);
    for (char *at = words; *at; at++)
        if (*at == '_')
            *at = ' ';
    return text_has_word(words, extension);
}

static void read_hart(struct machine *machine, const struct fdt_node *node) {
    struct fdt_range reg;
    uint32_t length;
    const char *status = fdt_property(node, "status", &length);
    if (machine->hart_count == MAX_HARTS || !fdt_reg(node, 0, &reg) || (status && text_equal(status, "disabled")))
        return;
    machine->harts[machine->hart_count].id = reg.base;
    machine->harts[machine->hart_count].plic_context = NO_CONTEXT;
    machine->hart_count++;
    const char *isa = fdt_property(node, "riscv,isa", &length);
    if (isa)
        text_copy(machine->isa, isa, sizeof machine->isa);
    /* Harts alike are assumed: what one lacks, none is asked for. */
    bool sstc = isa_has(machine->isa, "sstc") || fdt_lists(node, "riscv,isa-extensions", "sstc");
    machine->sstc = machine->hart_count == 1 ? sstc : machine->sstc && sstc;
}

static void read_memory(struct machine *machine, const struct fdt_node *node, uint64_t kernel) {
    struct fdt_range range;
    for (uint32_t i = 0; fdt_reg(node, i, &range); i++)
        if (kernel - range.base < range.size)
            machine->memory = range;
}

static void reserve(struct machine *machine, struct fdt_range range) {
    if (machine->reserved_count < MAX_RESERVED)
        machine->reserved[machine->reserved_count++] = range;
}

static void read_uart(struct machine *machine, const struct fdt_node *node) {
    if (machine->uart.size || !fdt_reg(node, 0, &machine->uart))
        return;
    machine->uart_interrupt = fdt_cell(node, "interrupts", 0, fdt_cell(node, "interrupts-extended", 1, 0));
    machine->uart_shift = fdt_cell(node, "reg-shift", 0, 0);
}

/* The PLIC's contexts are its wires to interrupt controllers of harts, in the order in which it lists them. */
static void read_contexts(struct machine *machine, const struct fdt_node *node) {
    uint32_t length = 0;
    fdt_property(node, "interrupts-extended", &length);
    for (uint32_t context = 0; context < length / 8; context++)
        for (uint32_t i = 0; i < machine->hart_count; i++)
            if (fdt_cell(node, "interrupts-extended", 2 * context, 0) == machine->harts[i].interrupts &&
                fdt_cell(node, "interrupts-extended", 2 * context + 1, 0) == SUPERVISOR_EXTERNAL)
                machine->harts[i].plic_context = context;
}

bool machine_read(struct machine *machine, const void *tree, uint64_t kernel) {
    struct fdt_node node;
    if (!fdt_open(tree, &node))
        return false;
    const char *section = ""; /* the child of the root that the walk is in */
    bool in_hart = false;
    while (fdt_next(&node)) {
        uint32_t length;
        if (node.depth == 1)
            section = node.name;
        if (node.depth <= 2)
            in_hart = false;

        const char *type = fdt_property(&node, "device_type", &length);
        if (type && text_equal(type, "memory")) {
            read_memory(machine, &node, kernel);
        } else if (type && text_equal(type, "cpu")) {
            uint32_t before = machine->hart_count;
            read_hart(machine, &node);
            in_hart = machine->hart_count > before;
        } else if (in_hart && fdt_lists(&node, "compatible", "riscv,cpu-intc")) {
            machine->harts[machine->hart_count - 1].interrupts = fdt_cell(&node, "phandle", 0, 0);
        } else if (fdt_lists(&node, "compatible", "ns16550a") || fdt_lists(&node, "compatible", "ns16550")) {
            read_uart(machine, &node);
        } else if (is_plic(&node)) {
            fdt_reg(&node, 0, &machine->plic);
        } else if (node.depth == 2 && text_equal(section, "reserved-memory")) {
            struct fdt_range range;
            for (uint32_t i = 0; fdt_reg(&node, i, &range); i++)
                reserve(machine, range);
        } else if (node.depth == 1 && text_equal(node.name, "chosen")) {
            const char *arguments = fdt_property(&node, "bootargs", &length);
            if (arguments)
                text_copy(machine->arguments, arguments, sizeof machine->arguments);
        }
        uint32_t timebase = fdt_cell(&node, "timebase-frequency", 0, 0);
        if (timebase)
            machine->timebase = timebase;
    }

    fdt_open(tree, &node);
    while (fdt_next(&node))
        if (is_plic(&node))
            read_contexts(machine, &node);
    struct fdt_range range;
    for (uint32_t i = 0; fdt_reservation(tree, i, &range); i++)
        reserve(machine, range);
    return machine->memory.size != 0 && machine->timebase != 0;
}

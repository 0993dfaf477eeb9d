#include "fdt.h"
#include "text.h"

enum { MAGIC = 0xd00dfeed, BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOP = 4 };
enum { AT_STRUCTURE = 8, AT_STRINGS = 12, AT_RESERVATIONS = 16 };

uint32_t fdt_be32(const void *at) {
    const uint8_t *byte = at;
    return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3];
}

static uint64_t be_cells(const uint8_t *at, uint32_t cells) {
    uint64_t value = 0;
    for (uint32_t i = 0; i < cells; i++)
        value = value << 32 | fdt_be32(at + 4 * i);
    return value;
}

/* The token behind a property. */
static const uint8_t *behind(const uint8_t *property) {
    return property + 12 + ((fdt_be32(property + 4) + 3) & ~3u);
}

bool fdt_open(const void *blob, struct fdt_node *node) {
    if (blob == 0 || fdt_be32(blob) != MAGIC)
        return false;
    const uint8_t *at = blob;
    node->name = "";
    node->depth = -1;
    node->strings = at + fdt_be32(at + AT_STRINGS);
    node->next = node->properties = at + fdt_be32(at + AT_STRUCTURE);
    return true;
}

bool fdt_next(struct fdt_node *node) {
    const uint8_t *at = node->next;
    for (;;)
        switch (fdt_be32(at)) {
        case BEGIN_NODE:
            if (++node->depth >= FDT_DEEPEST)
                return false;
            node->name = (const char *)at + 4;
            node->next = node->properties = at + 4 + ((text_length(node->name) + 4) & ~3ul);
            node->cells[node->depth].address = fdt_cell(node, "#address-cells", 0, 2);
            node->cells[node->depth].size = fdt_cell(node, "#size-cells", 0, 1);
            return true;
        case END_NODE:
            node->depth--;
            at += 4;
            break;
        case PROPERTY:
            at = behind(at);
            break;
        case NOP:
            at += 4;
            break;
        default:
            return false;
        }
}

const void *fdt_property(const struct fdt_node *node, const char *name, uint32_t *length) {
    for (const uint8_t *at = node->properties;;) {
        uint32_t token = fdt_be32(at);
        if (token == PROPERTY) {
            if (text_equal((const char *)node->strings + fdt_be32(at + 8), name)) {
                *length = fdt_be32(at + 4);
                return at + 12;
            }
            at = behind(at);
        } else if (token == NOP) {
            at += 4;
        } else {
            return 0; /* properties come before children */
        }
    }
}

uint32_t fdt_cell(const struct fdt_node *node, const char *name, uint32_t index, uint32_t missing) {
    uint32_t length;
    const uint8_t *value = fdt_property(node, name, &length);
    return value && length / 4 > index ? fdt_be32(value + 4 * index) : missing;
}

bool fdt_lists(const struct fdt_node *node, const char *name, const char *text) {
    uint32_t length;
    const char *value = fdt_property(node, name, &length);
    for (uint32_t at = 0; value && at < length; at += text_length(value + at) + 1)
        if (text_equal(value + at, text))
            return true;
    return false;
}

bool fdt_reg(const struct fdt_node *node, uint32_t index, struct fdt_range *range) {
    uint32_t length;
    const uint8_t *value = fdt_property(node, "reg", &length);
    if (!value || node->depth < 1)
        return false;
    uint32_t address = node->cells[node->depth - 1].address, size = node->cells[node->depth - 1].size;
    if ((index + 1) * 4 * (address + size) > length)
        return false;
    value += index * 4 * (address + size);
    *range = (struct fdt_range){be_cells(value, address), be_cells(value + 4 * address, size)};
    return true;
}

bool fdt_reservation(const void *blob, uint32_t index, struct fdt_range *range) {
    const uint8_t *entry = (const uint8_t *)blob + fdt_be32((const uint8_t *)blob + AT_RESERVATIONS) + 16 * index;
    *range = (struct fdt_range){be_cells(entry, 2), be_cells(entry + 8, 2)};
    return range->size != 0;
}

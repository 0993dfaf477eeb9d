/* fdt.h - reading a flattened device tree (Devicetree Specification, chapter 5) where it lies. */
#ifndef TINY_FDT_H
#define TINY_FDT_H

#include <stdbool.h>
#include <stdint.h>

enum { FDT_DEEPEST = 16 };

/* A node on a walk through the tree, in the order of the text. */
struct fdt_node {
    const char *name; /* with its unit address */
    int depth;        /* the root's is 0 */

    const uint8_t *strings, *properties, *next;
    struct { uint32_t address, size; } cells[FDT_DEEPEST]; /* [d]: how children of the node at depth d write addresses and sizes */
};

struct fdt_range { uint64_t base, size; };

/* Places node before the root; false if there is no device tree at blob. */
bool fdt_open(const void *blob, struct fdt_node *node);
/* Goes to the next node; false after the last. */
bool fdt_next(struct fdt_node *node);

/* The value of a property and its length in bytes, or null. */
const void *fdt_property(const struct fdt_node *node, const char *name, uint32_t *length);
/* A cell of a property of whole cells, or missing where there is none. */
uint32_t fdt_cell(const struct fdt_node *node, const char *name, uint32_t index, uint32_t missing);
/* True if the property is a list of strings that has this one. */
bool fdt_lists(const struct fdt_node *node, const char *name, const char *text);
/* The index-th pair in reg. */
bool fdt_reg(const struct fdt_node *node, uint32_t index, struct fdt_range *range);
/* The index-th range that the memory reservation block keeps free. */
bool fdt_reservation(const void *blob, uint32_t index, struct fdt_range *range);

uint32_t fdt_be32(const void *at);

#endif

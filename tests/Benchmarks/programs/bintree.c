/* Trees that are made, counted and freed: calls, malloc and pointers. */
#include "common.h"

struct tree { struct tree *left, *right; };

static struct tree *make(int depth) {
    struct tree *tree = malloc(sizeof *tree);
    tree->left = depth > 0 ? make(depth - 1) : 0;
    tree->right = depth > 0 ? make(depth - 1) : 0;
    return tree;
}

static long count_and_free(struct tree *tree) {
    long nodes = 1 + (tree->left ? count_and_free(tree->left) + count_and_free(tree->right) : 0);
    free(tree);
    return nodes;
}

int main(int count, char **words) {
    int depth = (int)size_of_run(count, words, 14);
    struct tree *lasting = make(depth);
    long nodes = 0;
    for (int d = 4; d <= depth; d += 2)
        for (long i = 0; i < 1L << (depth - d + 4); i++) nodes += count_and_free(make(d));
    printf("%ld %ld\n", nodes, count_and_free(lasting));
}

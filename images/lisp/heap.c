/* Objects live in cells of 32 bytes, or, if they are larger, in blocks from malloc. The collector marks and sweeps. */
#include "lisp.h"

#include <stdlib.h>
#include <string.h>

enum { CELL_BYTES = 32, CHUNK_CELLS = 8192, HEADER_BYTES = offsetof(Object, slots) };
enum { LEAST_THRESHOLD = 4 << 20 };

typedef struct Chunk { struct Chunk *next; uint64_t unused; char cells[CHUNK_CELLS][CELL_BYTES]; } Chunk;

static Chunk *chunks;
static Object *free_cells;
static Object **large;               /* every object that is not in a cell */
static size_t large_count, large_room;
static Object **pending;             /* marked objects whose slots are still to be marked */
static size_t pending_count, pending_room;
static uint64_t allocated, live, collections;
static Value *symbols;               /* open addressing, a power of two */
static size_t symbol_count, symbol_room;

static void *need(void *block) {
    if (block == NULL) {
        fputs("lisp: out of memory\n", stderr);
        exit(1);
    }
    return block;
}

static void push(Object ***array, size_t *count, size_t *room, Object *item) {
    if (*count == *room) {
        *room = *room ? *room * 2 : 1024;
        *array = need(realloc(*array, *room * sizeof **array));
    }
    (*array)[(*count)++] = item;
}

static void add_chunk(void) {
    Chunk *chunk = need(malloc(sizeof *chunk));
    chunk->next = chunks;
    chunks = chunk;
    for (int i = CHUNK_CELLS - 1; i >= 0; i--) {
        Object *cell = (Object *)chunk->cells[i];
        cell->type = T_FREE;
        cell->marked = 0;
        cell->next = free_cells;
        free_cells = cell;
    }
}

static size_t payload_bytes(const Object *o) {
    switch ((Type)o->type) {
    case T_PAIR: return 2 * sizeof(Value);
    case T_STRING: case T_BUILTIN: return o->length;
    case T_BIGNUM: return (size_t)o->length * sizeof(uint32_t);
    default: return (size_t)o->length * sizeof(Value);
    }
}

static Object *allocate(Type type, size_t payload, uint32_t length) {
    Object *o;
    if (HEADER_BYTES + payload <= CELL_BYTES) {
        if (free_cells == NULL)
            add_chunk();
        o = free_cells;
        free_cells = o->next;
        allocated += CELL_BYTES;
    } else {
        o = need(malloc(HEADER_BYTES + payload));
        push(&large, &large_count, &large_room, o);
        allocated += HEADER_BYTES + payload;
    }
    *o = (Object){ .type = (uint8_t)type, .length = length };
    return o;
}

Value make_slots(Type type, uint32_t count, Value fill) {
    Object *o = allocate(type, (size_t)count * sizeof(Value), count);
    for (uint32_t i = 0; i < count; i++)
        o->slots[i] = fill;
    return (Value)o;
}

Value make_bytes(Type type, uint32_t count) {
    return (Value)allocate(type, count, count);
}

Value make_digits(uint32_t count) {
    return (Value)allocate(T_BIGNUM, (size_t)count * sizeof(uint32_t), count);
}

Value make_string(const char *text, size_t count) {
    Value v = make_bytes(T_STRING, (uint32_t)count);
    memcpy(bytes_of(v), text, count);
    return v;
}

Value make_builtin(const Builtin *builtin) {
    Value v = make_bytes(T_BUILTIN, sizeof builtin);
    memcpy(bytes_of(v), &builtin, sizeof builtin);
    return v;
}

Value cons(Value head, Value tail) {
    Object *o = allocate(T_PAIR, 2 * sizeof(Value), 0);
    o->slots[CAR] = head;
    o->slots[CDR] = tail;
    return (Value)o;
}

Value make_symbol(const char *name) {
    Value v = make_slots(T_SYMBOL, SYMBOL_SLOTS, UNBOUND);
    set_slot(v, SYMBOL_NAME, make_string(name, strlen(name)));
    set_slot(v, SYMBOL_FORM, fixnum(0));
    return v;
}

static size_t symbol_place(const char *name, size_t count) {
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ (unsigned char)name[i]) * 1099511628211u;
    size_t place = hash & (symbol_room - 1);
    while (symbols[place] != 0) {
        Value text = slot(symbols[place], SYMBOL_NAME);
        if (length_of(text) == count && memcmp(bytes_of(text), name, count) == 0)
            break;
        place = (place + 1) & (symbol_room - 1);
    }
    return place;
}

static void grow_symbols(void) {
    Value *old = symbols;
    size_t old_room = symbol_room;
    symbol_room = old_room ? old_room * 2 : 1024;
    symbols = need(calloc(symbol_room, sizeof *symbols));
    for (size_t i = 0; i < old_room; i++)
        if (old[i] != 0) {
            Value text = slot(old[i], SYMBOL_NAME);
            symbols[symbol_place(bytes_of(text), length_of(text))] = old[i];
        }
    free(old);
}

Value intern(const char *name) {
    if (symbol_count * 2 >= symbol_room)
        grow_symbols();
    size_t place = symbol_place(name, strlen(name));
    if (symbols[place] == 0) {
        symbols[place] = make_symbol(name);
        symbol_count++;
    }
    return symbols[place];
}

bool collection_due(void) {
    return allocated > (live > LEAST_THRESHOLD ? live : LEAST_THRESHOLD);
}

static void reach(Value v) {
    if (!is_object(v) || object(v)->marked)
        return;
    object(v)->marked = 1;
    if (object(v)->type < T_STRING)
        push(&pending, &pending_count, &pending_room, object(v));
}

void mark(Value root) {
    reach(root);
    while (pending_count > 0) {
        Object *o = pending[--pending_count];
        uint32_t count = o->type == T_PAIR ? 2 : o->length;
        for (uint32_t i = 0; i < count; i++)
            reach(o->slots[i]);
    }
}

void mark_symbols(void) {
    for (size_t i = 0; i < symbol_room; i++)
        if (symbols[i] != 0)
            mark(symbols[i]);
}

void sweep(void) {
    live = 0;
    free_cells = NULL;
    for (Chunk *chunk = chunks; chunk != NULL; chunk = chunk->next)
        for (int i = CHUNK_CELLS - 1; i >= 0; i--) {
            Object *cell = (Object *)chunk->cells[i];
            if (cell->marked) {
                cell->marked = 0;
                live += CELL_BYTES;
            } else {
                cell->type = T_FREE;
                cell->next = free_cells;
                free_cells = cell;
            }
        }
    size_t kept = 0;
    for (size_t i = 0; i < large_count; i++) {
        if (large[i]->marked) {
            large[i]->marked = 0;
            live += HEADER_BYTES + payload_bytes(large[i]);
            large[kept++] = large[i];
        } else {
            free(large[i]);
        }
    }
    large_count = kept;
    allocated = 0;
    collections++;
}

uint64_t heap_live_bytes(void) { return live; }
uint64_t heap_collections(void) { return collections; }

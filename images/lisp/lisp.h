/* A small Scheme: what its source files share.
 *
 *   heap.c     objects, symbols, the collector
 *   number.c   integers of any size
 *   compile.c  text -> data (reader) -> bytecode (compiler)
 *   builtin.c  printer, procedures written in C
 *   lisp.c     virtual machine, procedures written in Lisp, command line
 */
#ifndef LISP_H
#define LISP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A value is one word. Low bit 1: an integer of 63 bits. Low bits 010: a character. Low bits 110: a constant.
 * Otherwise the address of an object, which is a multiple of 8. */
typedef uint64_t Value;

enum { NIL = 0x06, FALSE = 0x0e, TRUE = 0x16, UNSPECIFIED = 0x1e, UNBOUND = 0x26, END_OF_FILE = 0x2e };

#define FIXNUM_MAX ((int64_t)0x3fffffffffffffff)
#define FIXNUM_MIN (-FIXNUM_MAX - 1)

static inline bool is_fixnum(Value v) { return v & 1; }
static inline int64_t fixnum_value(Value v) { return (int64_t)v >> 1; }
static inline Value fixnum(int64_t n) { return (Value)n << 1 | 1; }
static inline bool is_char(Value v) { return (v & 7) == 2; }
static inline int char_value(Value v) { return (int)(v >> 3); }
static inline Value character(int c) { return (Value)(unsigned char)c << 3 | 2; }
static inline Value boolean(bool b) { return b ? TRUE : FALSE; }

typedef enum {
    T_FREE,                                                          /* a cell on the free list */
    T_PAIR, T_VECTOR, T_SYMBOL, T_BOX, T_TABLE, T_CODE, T_CLOSURE,   /* hold values */
    T_STRING, T_BIGNUM, T_BUILTIN,                                   /* hold bytes */
} Type;

typedef struct Object {
    uint8_t type;
    uint8_t marked;
    uint8_t negative;   /* bignums */
    uint8_t unused;
    uint32_t length;    /* slots, bytes or 32-bit digits; of a pair: the line it was read on, 0 if none */
    union {
        Value slots[1];
        char bytes[8];
        uint32_t digits[2];
        struct Object *next;   /* free cells */
    };
} Object;

/* What the slots of the fixed objects mean. A closure has its code first, then what it captured. */
enum { CAR, CDR };
enum { SYMBOL_NAME, SYMBOL_VALUE, SYMBOL_MACRO, SYMBOL_FORM, SYMBOL_SLOTS };
enum { TABLE_COUNT, TABLE_BUCKETS, TABLE_SLOTS };
enum {
    CODE_NAME, CODE_FILE, CODE_CONSTANTS, CODE_OPS, CODE_LINES, CODE_PARAMETERS, CODE_VARIADIC, CODE_DEPTH,
    CODE_SLOTS
};

typedef Value (*BuiltinFunction)(int count, Value *arguments);
typedef struct { const char *name; BuiltinFunction function; int least, most; } Builtin;   /* most < 0: any number */

static inline Object *object(Value v) { return (Object *)v; }
static inline bool is_object(Value v) { return (v & 7) == 0; }
static inline bool is_type(Value v, Type type) { return is_object(v) && object(v)->type == type; }
static inline bool is_pair(Value v) { return is_type(v, T_PAIR); }
static inline bool is_symbol(Value v) { return is_type(v, T_SYMBOL); }
static inline bool is_string(Value v) { return is_type(v, T_STRING); }
static inline bool is_integer(Value v) { return is_fixnum(v) || is_type(v, T_BIGNUM); }
static inline Value slot(Value v, int i) { return object(v)->slots[i]; }
static inline void set_slot(Value v, int i, Value x) { object(v)->slots[i] = x; }
static inline Value car(Value v) { return slot(v, CAR); }
static inline Value cdr(Value v) { return slot(v, CDR); }
static inline uint32_t length_of(Value v) { return object(v)->length; }
static inline char *bytes_of(Value v) { return object(v)->bytes; }

/* heap.c. Allocation never collects: C code may keep values in its variables. The machine calls collect() between
 * instructions when collection_due() says so; everything alive is then on its stack or reachable from a symbol. */
Value make_slots(Type type, uint32_t count, Value fill);
Value make_bytes(Type type, uint32_t count);
Value make_digits(uint32_t count);
Value make_string(const char *text, size_t count);
Value make_builtin(const Builtin *builtin);
Value cons(Value head, Value tail);
Value intern(const char *name);
Value make_symbol(const char *name);   /* one that no text can name */
bool collection_due(void);
void mark(Value root);
void mark_symbols(void);   /* every symbol that text can name, with its value */
void sweep(void);
uint64_t heap_live_bytes(void);
uint64_t heap_collections(void);

/* number.c. Arguments are integers; results are normalized: what fits a fixnum is one. */
Value integer(int64_t n);
Value integer_add(Value a, Value b);
Value integer_subtract(Value a, Value b);
Value integer_multiply(Value a, Value b);
void integer_divide(Value a, Value b, Value *quotient, Value *remainder);   /* truncates; b is not 0 */
int integer_compare(Value a, Value b);
Value integer_parse(const char *text, size_t count);                        /* FALSE if it is not a number */
char *integer_text(Value v);                                                /* the caller frees it */

/* compile.c */
typedef struct { FILE *stream; const char *name; int line; } Source;
Value read_datum(Source *source);            /* END_OF_FILE at the end */
Value compile_toplevel(Value form, const char *file);
void define_forms(void);

/* Operations of the machine; operands follow as further 32-bit words. */
typedef enum {
    OP_CONSTANT,      /* k: push constant k */
    OP_LOCAL,         /* i: push local i */
    OP_LOCAL_BOX,     /* i: push what the box in local i holds */
    OP_FREE,          /* i: push captured value i */
    OP_FREE_BOX,      /* i: push what the captured box i holds */
    OP_GLOBAL,        /* k: push the value of the symbol in constant k */
    OP_SET_LOCAL_BOX, /* i: pop into the box in local i */
    OP_SET_FREE_BOX,  /* i: pop into the captured box i */
    OP_SET_GLOBAL,    /* k: pop into a symbol that has a value */
    OP_DEFINE_GLOBAL, /* k: pop into a symbol */
    OP_BOX,           /* i: put local i into a new box */
    OP_JUMP,          /* to */
    OP_JUMP_FALSE,    /* to: pop, jump if it is #f */
    OP_AND,           /* to: jump if the top is #f, else pop */
    OP_OR,            /* to: jump unless the top is #f, else pop */
    OP_POP,
    OP_SLIDE,         /* n: drop the n values under the top */
    OP_CLOSURE,       /* k n: pop n captured values, push a closure of code constant k */
    OP_CALL,          /* n: the procedure lies under its n arguments */
    OP_TAIL_CALL,     /* n */
    OP_RETURN,
} Operation;

/* builtin.c */
void define_builtins(void);
void print_value(FILE *out, Value v, bool quoted);

/* lisp.c */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void fail_at(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
_Noreturn void fail_value(const char *message, Value v);
Value call_macro(Value macro, Value arguments);
Value load_file(const char *name);
extern Value script_arguments;               /* a list of strings */

#endif

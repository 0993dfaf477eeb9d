/* The printer, and the procedures written in C. A procedure here returns without ever calling back into Lisp
 * (`load` is the exception), so that nothing is collected while it runs. */
#include "lisp.h"

#include <stdlib.h>
#include <string.h>

/* ---- printer ---- */

static void print_string(FILE *out, Value v) {
    putc('"', out);
    for (uint32_t i = 0; i < length_of(v); i++) {
        char c = bytes_of(v)[i];
        if (c == '"' || c == '\\')
            putc('\\', out);
        if (c == '\n')
            fputs("\\n", out);
        else
            putc(c, out);
    }
    putc('"', out);
}

static void print_char(FILE *out, int c) {
    if (c == ' ')
        fputs("#\\space", out);
    else if (c == '\n')
        fputs("#\\newline", out);
    else
        fprintf(out, "#\\%c", c);
}

static void print_list(FILE *out, Value v, bool quoted) {
    putc('(', out);
    print_value(out, car(v), quoted);
    for (v = cdr(v); is_pair(v); v = cdr(v)) {
        putc(' ', out);
        print_value(out, car(v), quoted);
    }
    if (v != NIL) {
        fputs(" . ", out);
        print_value(out, v, quoted);
    }
    putc(')', out);
}

static void print_object(FILE *out, Value v, bool quoted) {
    switch ((Type)object(v)->type) {
    case T_PAIR: print_list(out, v, quoted); break;
    case T_STRING:
        if (quoted)
            print_string(out, v);
        else
            fwrite(bytes_of(v), 1, length_of(v), out);
        break;
    case T_SYMBOL: fwrite(bytes_of(slot(v, SYMBOL_NAME)), 1, length_of(slot(v, SYMBOL_NAME)), out); break;
    case T_VECTOR:
        fputs("#(", out);
        for (uint32_t i = 0; i < length_of(v); i++) {
            if (i > 0)
                putc(' ', out);
            print_value(out, slot(v, (int)i), quoted);
        }
        putc(')', out);
        break;
    case T_TABLE: fprintf(out, "#<hash-table of %d>", (int)fixnum_value(slot(v, TABLE_COUNT))); break;
    case T_CLOSURE:
        fputs("#<procedure", out);
        if (slot(slot(v, 0), CODE_NAME) != FALSE) {
            putc(' ', out);
            print_value(out, slot(slot(v, 0), CODE_NAME), false);
        }
        putc('>', out);
        break;
    case T_BUILTIN: fputs("#<procedure>", out); break;
    default: fputs("#<object>", out); break;
    }
}

void print_value(FILE *out, Value v, bool quoted) {
    if (is_integer(v)) {
        char *text = integer_text(v);
        fputs(text, out);
        free(text);
    } else if (is_object(v)) {
        print_object(out, v, quoted);
    } else if (is_char(v)) {
        if (quoted)
            print_char(out, char_value(v));
        else
            putc(char_value(v), out);
    } else {
        fputs(v == NIL ? "()" : v == TRUE ? "#t" : v == FALSE ? "#f" : v == END_OF_FILE ? "#<eof>" : "#<unspecified>", out);
    }
}

/* ---- checks ---- */

static Value want(Value v, bool ok, const char *what) {
    if (!ok)
        fail_value(what, v);
    return v;
}

static Value want_integer(Value v) { return want(v, is_integer(v), "expected an integer, got"); }
static Value want_pair(Value v) { return want(v, is_pair(v), "expected a pair, got"); }
static Value want_string(Value v) { return want(v, is_string(v), "expected a string, got"); }
static Value want_symbol(Value v) { return want(v, is_symbol(v), "expected a symbol, got"); }
static Value want_vector(Value v) { return want(v, is_type(v, T_VECTOR), "expected a vector, got"); }
static Value want_table(Value v) { return want(v, is_type(v, T_TABLE), "expected a hash table, got"); }
static Value want_char(Value v) { return want(v, is_char(v), "expected a character, got"); }

/* An index from 0 to limit, inclusive. */
static uint32_t want_index(Value v, uint32_t limit) {
    if (!is_fixnum(v) || fixnum_value(v) < 0 || fixnum_value(v) > limit)
        fail_value("index out of range:", v);
    return (uint32_t)fixnum_value(v);
}

/* ---- numbers ---- */

static Value b_add(int n, Value *a) {
    Value sum = fixnum(0);
    for (int i = 0; i < n; i++)
        sum = integer_add(sum, want_integer(a[i]));
    return sum;
}

static Value b_multiply(int n, Value *a) {
    Value product = fixnum(1);
    for (int i = 0; i < n; i++)
        product = integer_multiply(product, want_integer(a[i]));
    return product;
}

static Value b_subtract(int n, Value *a) {
    Value rest = want_integer(a[0]);
    if (n == 1)
        return integer_subtract(fixnum(0), rest);
    for (int i = 1; i < n; i++)
        rest = integer_subtract(rest, want_integer(a[i]));
    return rest;
}

static void divide(Value *a, Value *quotient, Value *remainder) {
    want_integer(a[0]);
    if (want_integer(a[1]) == fixnum(0))
        fail_value("division by zero of", a[0]);
    integer_divide(a[0], a[1], quotient, remainder);
}

static Value b_quotient(int n, Value *a) {
    Value q, r;
    (void)n;
    divide(a, &q, &r);
    return q;
}

static Value b_remainder(int n, Value *a) {
    Value q, r;
    (void)n;
    divide(a, &q, &r);
    return r;
}

static Value b_modulo(int n, Value *a) {
    Value r = b_remainder(n, a), zero = fixnum(0);
    bool apart = r != zero && (integer_compare(r, zero) < 0) != (integer_compare(a[1], zero) < 0);
    return apart ? integer_add(r, a[1]) : r;
}

static int compare(Value a, Value b) { return integer_compare(want_integer(a), want_integer(b)); }

#define COMPARISON(name, op)                       \
    static Value name(int n, Value *a) {           \
        for (int i = 0; i + 1 < n; i++)            \
            if (!(compare(a[i], a[i + 1]) op 0))   \
                return FALSE;                      \
        return TRUE;                               \
    }
COMPARISON(b_equals, ==)
COMPARISON(b_less, <)
COMPARISON(b_greater, >)
COMPARISON(b_less_equal, <=)
COMPARISON(b_greater_equal, >=)

static Value b_number_to_string(int n, Value *a) {
    (void)n;
    char *text = integer_text(want_integer(a[0]));
    Value v = make_string(text, strlen(text));
    free(text);
    return v;
}

static Value b_string_to_number(int n, Value *a) {
    (void)n;
    return integer_parse(bytes_of(want_string(a[0])), length_of(a[0]));
}

/* ---- equality, predicates ---- */

static bool eqv(Value a, Value b) {
    return a == b || (is_type(a, T_BIGNUM) && is_type(b, T_BIGNUM) && integer_compare(a, b) == 0);
}

static bool equal(Value a, Value b) {
    for (; is_pair(a) && is_pair(b); a = cdr(a), b = cdr(b))
        if (!equal(car(a), car(b)))
            return false;
    if (is_string(a) && is_string(b))
        return length_of(a) == length_of(b) && memcmp(bytes_of(a), bytes_of(b), length_of(a)) == 0;
    if (!is_type(a, T_VECTOR) || !is_type(b, T_VECTOR))
        return eqv(a, b);
    if (length_of(a) != length_of(b))
        return false;
    for (uint32_t i = 0; i < length_of(a); i++)
        if (!equal(slot(a, (int)i), slot(b, (int)i)))
            return false;
    return true;
}

#define BUILTIN(name, expression) static Value name(int n, Value *a) { (void)n, (void)a; return expression; }
BUILTIN(b_eq, boolean(a[0] == a[1]))
BUILTIN(b_eqv, boolean(eqv(a[0], a[1])))
BUILTIN(b_equal, boolean(equal(a[0], a[1])))
BUILTIN(b_not, boolean(a[0] == FALSE))
BUILTIN(b_is_null, boolean(a[0] == NIL))
BUILTIN(b_is_pair, boolean(is_pair(a[0])))
BUILTIN(b_is_integer, boolean(is_integer(a[0])))
BUILTIN(b_is_string, boolean(is_string(a[0])))
BUILTIN(b_is_symbol, boolean(is_symbol(a[0])))
BUILTIN(b_is_vector, boolean(is_type(a[0], T_VECTOR)))
BUILTIN(b_is_char, boolean(is_char(a[0])))
BUILTIN(b_is_boolean, boolean(a[0] == TRUE || a[0] == FALSE))
BUILTIN(b_is_procedure, boolean(is_type(a[0], T_CLOSURE) || is_type(a[0], T_BUILTIN)))

/* ---- pairs and lists ---- */

BUILTIN(b_cons, cons(a[0], a[1]))
BUILTIN(b_car, car(want_pair(a[0])))
BUILTIN(b_cdr, cdr(want_pair(a[0])))
BUILTIN(b_cadr, car(want_pair(cdr(want_pair(a[0])))))
BUILTIN(b_cddr, cdr(want_pair(cdr(want_pair(a[0])))))
BUILTIN(b_caar, car(want_pair(car(want_pair(a[0])))))
BUILTIN(b_set_car, (set_slot(want_pair(a[0]), CAR, a[1]), UNSPECIFIED))
BUILTIN(b_set_cdr, (set_slot(want_pair(a[0]), CDR, a[1]), UNSPECIFIED))

static Value b_list(int n, Value *a) {
    Value v = NIL;
    while (n > 0)
        v = cons(a[--n], v);
    return v;
}

static int64_t list_length(Value list) {
    int64_t count = 0;
    Value p = list;
    for (; is_pair(p); p = cdr(p))
        count++;
    if (p != NIL)
        fail_value("expected a list, got", list);
    return count;
}

BUILTIN(b_length, fixnum(list_length(a[0])))

static Value b_append(int n, Value *a) {
    Value head = NIL, *end = &head;
    for (int i = 0; i < n - 1; i++) {
        list_length(a[i]);
        for (Value p = a[i]; is_pair(p); p = cdr(p)) {
            *end = cons(car(p), NIL);
            end = &object(*end)->slots[CDR];
        }
    }
    if (n > 0)
        *end = a[n - 1];
    return head;
}

static Value b_reverse(int n, Value *a) {
    (void)n;
    Value v = NIL;
    list_length(a[0]);
    for (Value p = a[0]; is_pair(p); p = cdr(p))
        v = cons(car(p), v);
    return v;
}

static Value find_member(Value key, Value list, bool (*same)(Value, Value)) {
    while (is_pair(list) && !same(key, car(list)))
        list = cdr(list);
    return is_pair(list) ? list : FALSE;
}

static Value find_association(Value key, Value list, bool (*same)(Value, Value)) {
    while (is_pair(list) && !same(key, car(want_pair(car(list)))))
        list = cdr(list);
    return is_pair(list) ? car(list) : FALSE;
}

BUILTIN(b_memv, find_member(a[0], a[1], eqv))
BUILTIN(b_member, find_member(a[0], a[1], equal))
BUILTIN(b_assv, find_association(a[0], a[1], eqv))
BUILTIN(b_assoc, find_association(a[0], a[1], equal))

/* ---- vectors ---- */

BUILTIN(b_make_vector, make_slots(T_VECTOR, want_index(a[0], 1u << 28), n > 1 ? a[1] : fixnum(0)))
BUILTIN(b_vector_length, fixnum(length_of(want_vector(a[0]))))

static uint32_t vector_index(Value *a) {
    uint32_t length = length_of(want_vector(a[0]));
    uint32_t i = want_index(a[1], length);
    if (i == length)
        fail_value("index out of range:", a[1]);
    return i;
}

BUILTIN(b_vector_ref, object(a[0])->slots[vector_index(a)])
BUILTIN(b_vector_set, (object(a[0])->slots[vector_index(a)] = a[2], UNSPECIFIED))

static Value b_vector(int n, Value *a) {
    Value v = make_slots(T_VECTOR, (uint32_t)n, NIL);
    memcpy(object(v)->slots, a, (size_t)n * sizeof *a);
    return v;
}

static Value b_vector_fill(int n, Value *a) {
    (void)n;
    for (uint32_t i = 0; i < length_of(want_vector(a[0])); i++)
        set_slot(a[0], (int)i, a[1]);
    return UNSPECIFIED;
}

static Value b_vector_to_list(int n, Value *a) {
    (void)n;
    return b_list((int)length_of(want_vector(a[0])), object(a[0])->slots);
}

static Value b_list_to_vector(int n, Value *a) {
    (void)n;
    Value v = make_slots(T_VECTOR, (uint32_t)list_length(a[0]), NIL), p = a[0];
    for (int i = 0; is_pair(p); p = cdr(p), i++)
        set_slot(v, i, car(p));
    return v;
}

/* ---- strings, symbols, characters ---- */

BUILTIN(b_string_length, fixnum(length_of(want_string(a[0]))))
BUILTIN(b_symbol_to_string, slot(want_symbol(a[0]), SYMBOL_NAME))
BUILTIN(b_char_to_integer, fixnum(char_value(want_char(a[0]))))
BUILTIN(b_integer_to_char, character((int)want_index(a[0], 255)))

static Value b_string_ref(int n, Value *a) {
    (void)n;
    uint32_t length = length_of(want_string(a[0])), i = want_index(a[1], length);
    return i < length ? character(bytes_of(a[0])[i]) : (fail_value("index out of range:", a[1]), NIL);
}

static Value b_substring(int n, Value *a) {
    uint32_t end = length_of(want_string(a[0]));
    end = n > 2 ? want_index(a[2], end) : end;
    uint32_t start = want_index(a[1], end);
    return make_string(bytes_of(a[0]) + start, end - start);
}

static Value b_string_append(int n, Value *a) {
    size_t length = 0;
    for (int i = 0; i < n; i++)
        length += length_of(want_string(a[i]));
    if (length > UINT32_MAX)
        fail("string-append: the string would be too long");
    Value v = make_bytes(T_STRING, (uint32_t)length);
    char *to = bytes_of(v);
    for (int i = 0; i < n; to += length_of(a[i]), i++)
        memcpy(to, bytes_of(a[i]), length_of(a[i]));
    return v;
}

static Value b_string_less(int n, Value *a) {
    (void)n;
    uint32_t left = length_of(want_string(a[0])), right = length_of(want_string(a[1]));
    int order = memcmp(bytes_of(a[0]), bytes_of(a[1]), left < right ? left : right);
    return boolean(order < 0 || (order == 0 && left < right));
}

static Value b_string_to_symbol(int n, Value *a) {
    (void)n;
    char *text = strndup(bytes_of(want_string(a[0])), length_of(a[0]));
    Value v = intern(text);
    free(text);
    return v;
}

static Value b_string_to_list(int n, Value *a) {
    (void)n;
    Value v = NIL;
    for (uint32_t i = length_of(want_string(a[0])); i-- > 0;)
        v = cons(character(bytes_of(a[0])[i]), v);
    return v;
}

static Value b_list_to_string(int n, Value *a) {
    (void)n;
    Value v = make_bytes(T_STRING, (uint32_t)list_length(a[0])), p = a[0];
    for (int i = 0; is_pair(p); p = cdr(p), i++)
        bytes_of(v)[i] = (char)char_value(want_char(car(p)));
    return v;
}

/* ---- hash tables: by equal?, buckets of (key . value) ---- */

static uint64_t hash(Value v) {
    uint64_t h = 14695981039346656037u;
    for (; is_pair(v); v = cdr(v))
        h = (h ^ hash(car(v))) * 1099511628211u;
    if (is_symbol(v))
        v = slot(v, SYMBOL_NAME);
    if (!is_object(v))
        return (h ^ v) * 0x9e3779b97f4a7c15u >> 20;
    size_t bytes = object(v)->type == T_STRING ? length_of(v) : object(v)->type == T_BIGNUM ? (size_t)length_of(v) * 4 : 0;
    for (size_t i = 0; i < bytes; i++)
        h = (h ^ (unsigned char)bytes_of(v)[i]) * 1099511628211u;
    return h ^ object(v)->type;      /* never the address: the order of keys is the same in every run */
}

static Value *bucket(Value table, Value key) {
    Object *buckets = object(slot(table, TABLE_BUCKETS));
    return &buckets->slots[hash(key) & (buckets->length - 1)];
}

static Value b_make_hash_table(int n, Value *a) {
    (void)n, (void)a;
    Value v = make_slots(T_TABLE, TABLE_SLOTS, fixnum(0));
    set_slot(v, TABLE_BUCKETS, make_slots(T_VECTOR, 8, NIL));
    return v;
}

static void grow_table(Value table) {
    Value old = slot(table, TABLE_BUCKETS);
    set_slot(table, TABLE_BUCKETS, make_slots(T_VECTOR, length_of(old) * 2, NIL));
    for (uint32_t i = 0; i < length_of(old); i++)
        for (Value p = slot(old, (int)i); is_pair(p); p = cdr(p)) {
            Value *place = bucket(table, car(car(p)));
            *place = cons(car(p), *place);
        }
}

static Value b_hash_table_set(int n, Value *a) {
    (void)n;
    Value entry = find_association(a[1], *bucket(want_table(a[0]), a[1]), equal);
    if (entry != FALSE) {
        set_slot(entry, CDR, a[2]);
        return UNSPECIFIED;
    }
    int64_t count = fixnum_value(slot(a[0], TABLE_COUNT)) + 1;
    if (count > length_of(slot(a[0], TABLE_BUCKETS)))
        grow_table(a[0]);
    Value *place = bucket(a[0], a[1]);
    *place = cons(cons(a[1], a[2]), *place);
    set_slot(a[0], TABLE_COUNT, fixnum(count));
    return UNSPECIFIED;
}

static Value b_hash_table_ref(int n, Value *a) {
    Value entry = find_association(a[1], *bucket(want_table(a[0]), a[1]), equal);
    if (entry == FALSE && n < 3)
        fail_value("no such key:", a[1]);
    return entry != FALSE ? cdr(entry) : a[2];
}

static Value b_hash_table_delete(int n, Value *a) {
    (void)n;
    Value *place = bucket(want_table(a[0]), a[1]);
    while (is_pair(*place) && !equal(car(car(*place)), a[1]))
        place = &object(*place)->slots[CDR];
    if (is_pair(*place)) {
        *place = cdr(*place);
        set_slot(a[0], TABLE_COUNT, fixnum(fixnum_value(slot(a[0], TABLE_COUNT)) - 1));
    }
    return UNSPECIFIED;
}

static Value b_hash_table_to_list(int n, Value *a) {
    (void)n;
    Value v = NIL, buckets = slot(want_table(a[0]), TABLE_BUCKETS);
    for (uint32_t i = 0; i < length_of(buckets); i++)
        for (Value p = slot(buckets, (int)i); is_pair(p); p = cdr(p))
            v = cons(cons(car(car(p)), cdr(car(p))), v);
    return v;
}

BUILTIN(b_hash_table_count, slot(want_table(a[0]), TABLE_COUNT))

/* ---- the world ---- */

BUILTIN(b_display, (print_value(stdout, a[0], false), UNSPECIFIED))
BUILTIN(b_write, (print_value(stdout, a[0], true), UNSPECIFIED))
BUILTIN(b_newline, (putchar('\n'), UNSPECIFIED))
BUILTIN(b_command_line, script_arguments)
BUILTIN(b_collections, fixnum((int64_t)heap_collections()))
BUILTIN(b_live_bytes, fixnum((int64_t)heap_live_bytes()))
BUILTIN(b_set_macro, (set_slot(want_symbol(a[0]), SYMBOL_MACRO, a[1]), UNSPECIFIED))

static Value b_read_line(int n, Value *a) {
    (void)n, (void)a;
    char *line = NULL;
    size_t room = 0;
    ssize_t count = getline(&line, &room, stdin);
    Value v = count < 0 ? END_OF_FILE : make_string(line, (size_t)count - (line[count - 1] == '\n'));
    free(line);
    return v;
}

static Value b_load(int n, Value *a) {
    (void)n;
    char *name = strndup(bytes_of(want_string(a[0])), length_of(a[0]));
    return load_file(name);          /* the name stays: code remembers it */
}

static Value b_exit(int n, Value *a) {
    exit(n == 0 || a[0] == TRUE ? 0 : is_fixnum(a[0]) ? (int)fixnum_value(a[0]) & 255 : 1);
}

static Value b_error(int n, Value *a) {
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (int i = 0; i < n; i++) {
        if (i > 0)
            putc(' ', out);
        print_value(out, a[i], i > 0);
    }
    fclose(out);
    fail("%s", text);
}

static const Builtin builtins[] = {
    { "+", b_add, 0, -1 }, { "-", b_subtract, 1, -1 }, { "*", b_multiply, 0, -1 }, { "quotient", b_quotient, 2, 2 },
    { "remainder", b_remainder, 2, 2 }, { "modulo", b_modulo, 2, 2 }, { "=", b_equals, 1, -1 }, { "<", b_less, 1, -1 },
    { ">", b_greater, 1, -1 }, { "<=", b_less_equal, 1, -1 }, { ">=", b_greater_equal, 1, -1 },
    { "number->string", b_number_to_string, 1, 1 }, { "string->number", b_string_to_number, 1, 1 },
    { "eq?", b_eq, 2, 2 }, { "eqv?", b_eqv, 2, 2 }, { "equal?", b_equal, 2, 2 }, { "not", b_not, 1, 1 },
    { "null?", b_is_null, 1, 1 }, { "pair?", b_is_pair, 1, 1 }, { "integer?", b_is_integer, 1, 1 },
    { "number?", b_is_integer, 1, 1 }, { "string?", b_is_string, 1, 1 }, { "symbol?", b_is_symbol, 1, 1 },
    { "vector?", b_is_vector, 1, 1 }, { "char?", b_is_char, 1, 1 }, { "boolean?", b_is_boolean, 1, 1 },
    { "procedure?", b_is_procedure, 1, 1 }, { "cons", b_cons, 2, 2 }, { "car", b_car, 1, 1 }, { "cdr", b_cdr, 1, 1 },
    { "cadr", b_cadr, 1, 1 }, { "cddr", b_cddr, 1, 1 }, { "caar", b_caar, 1, 1 }, { "set-car!", b_set_car, 2, 2 },
    { "set-cdr!", b_set_cdr, 2, 2 }, { "list", b_list, 0, -1 }, { "length", b_length, 1, 1 }, { "append", b_append, 0, -1 },
    { "reverse", b_reverse, 1, 1 }, { "memq", b_memv, 2, 2 }, { "memv", b_memv, 2, 2 }, { "member", b_member, 2, 2 },
    { "assq", b_assv, 2, 2 }, { "assv", b_assv, 2, 2 }, { "assoc", b_assoc, 2, 2 }, { "make-vector", b_make_vector, 1, 2 },
    { "vector", b_vector, 0, -1 }, { "vector-length", b_vector_length, 1, 1 }, { "vector-ref", b_vector_ref, 2, 2 },
    { "vector-set!", b_vector_set, 3, 3 }, { "vector-fill!", b_vector_fill, 2, 2 },
    { "vector->list", b_vector_to_list, 1, 1 }, { "list->vector", b_list_to_vector, 1, 1 },
    { "string-length", b_string_length, 1, 1 }, { "string-ref", b_string_ref, 2, 2 }, { "substring", b_substring, 2, 3 },
    { "string-append", b_string_append, 0, -1 }, { "string=?", b_equal, 2, 2 }, { "string<?", b_string_less, 2, 2 },
    { "symbol->string", b_symbol_to_string, 1, 1 }, { "string->symbol", b_string_to_symbol, 1, 1 },
    { "string->list", b_string_to_list, 1, 1 }, { "list->string", b_list_to_string, 1, 1 },
    { "char->integer", b_char_to_integer, 1, 1 }, { "integer->char", b_integer_to_char, 1, 1 },
    { "char=?", b_eq, 2, 2 }, { "make-hash-table", b_make_hash_table, 0, 0 }, { "hash-table-set!", b_hash_table_set, 3, 3 },
    { "hash-table-ref", b_hash_table_ref, 2, 3 }, { "hash-table-delete!", b_hash_table_delete, 2, 2 },
    { "hash-table-count", b_hash_table_count, 1, 1 }, { "hash-table->list", b_hash_table_to_list, 1, 1 },
    { "display", b_display, 1, 1 }, { "write", b_write, 1, 1 }, { "newline", b_newline, 0, 0 },
    { "read-line", b_read_line, 0, 0 }, { "load", b_load, 1, 1 }, { "exit", b_exit, 0, 1 }, { "error", b_error, 1, -1 },
    { "command-line", b_command_line, 0, 0 }, { "heap-collections", b_collections, 0, 0 },
    { "heap-live-bytes", b_live_bytes, 0, 0 }, { "set-macro!", b_set_macro, 2, 2 },
};

void define_builtins(void) {
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
        set_slot(intern(builtins[i].name), SYMBOL_VALUE, make_builtin(&builtins[i]));
}

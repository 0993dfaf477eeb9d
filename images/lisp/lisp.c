/* The virtual machine, the procedures written in Lisp, and the command line:
 *
 *   lisp SCRIPT [ARGUMENT...]    runs a script
 *   lisp                         reads, evaluates and prints standard input
 *
 * Exit: 0, 1 after an error that the script does not survive, or what (exit n) says. */
#include "lisp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_FRAMES = 1 << 18, MOST_VALUES = 1 << 22, TRACE_FRAMES = 6 };

/* A call in progress. Its procedure lies at base - 1, its arguments and locals from base. */
typedef struct { const int32_t *ip; size_t base; } Frame;

static struct {
    Value *stack;
    size_t top, room;          /* in values */
    Frame *frames;
    size_t depth, frame_room;
    int uncollected;           /* > 0: the compiler is at work, and holds values that the stack does not know */
    jmp_buf on_error;
} machine;

Value script_arguments = NIL;

static const char prelude[] =
    "(define (abs n) (if (< n 0) (- n) n))"
    "(define (zero? n) (= n 0))"
    "(define (even? n) (= (remainder n 2) 0))"
    "(define (odd? n) (not (even? n)))"
    "(define (min a . rest) (fold (lambda (x y) (if (< x y) x y)) a rest))"
    "(define (max a . rest) (fold (lambda (x y) (if (> x y) x y)) a rest))"
    "(define (gcd a b) (if (= b 0) (abs a) (gcd b (remainder a b))))"
    "(define (expt b n)"
    "  (let loop ((b b) (n n) (r 1))"
    "    (cond ((= n 0) r) ((odd? n) (loop b (- n 1) (* r b))) (else (loop (* b b) (quotient n 2) r)))))"
    "(define (fold f r l) (if (null? l) r (fold f (f (car l) r) (cdr l))))"
    "(define (filter f l)"
    "  (let loop ((l l) (r '())) (if (null? l) (reverse r) (loop (cdr l) (if (f (car l)) (cons (car l) r) r)))))"
    "(define (map f l . more)"
    "  (if (null? more)"
    "      (let loop ((l l) (r '())) (if (null? l) (reverse r) (loop (cdr l) (cons (f (car l)) r))))"
    "      (let loop ((l l) (m (car more)) (r '()))"
    "        (if (or (null? l) (null? m)) (reverse r) (loop (cdr l) (cdr m) (cons (f (car l) (car m)) r))))))"
    "(define (for-each f l) (if (pair? l) (begin (f (car l)) (for-each f (cdr l)))))"
    "(define (vector-for-each f v) (for-each f (vector->list v)))"
    "(define (iota n) (let loop ((i (- n 1)) (r '())) (if (< i 0) r (loop (- i 1) (cons i r)))))"
    "(define (list-tail l n) (if (= n 0) l (list-tail (cdr l) (- n 1))))"
    "(define (list-ref l n) (car (list-tail l n)))"
    "(define (sort l less?)"
    "  (define (merge a b r)"
    "    (cond ((null? a) (append (reverse r) b)) ((null? b) (append (reverse r) a))"
    "          ((less? (car b) (car a)) (merge a (cdr b) (cons (car b) r)))"
    "          (else (merge (cdr a) b (cons (car a) r)))))"
    "  (define (take l n) (if (= n 0) '() (cons (car l) (take (cdr l) (- n 1)))))"
    "  (define n (length l))"
    "  (if (< n 2) l"
    "      (let ((h (quotient n 2))) (merge (sort (take l h) less?) (sort (list-tail l h) less?) '()))))";

/* ---- errors ---- */

static Value code_of(const Frame *frame) { return slot(machine.stack[frame->base - 1], 0); }

static int line_of(const Frame *frame) {
    Value code = code_of(frame);
    const int32_t *ops = (const int32_t *)bytes_of(slot(code, CODE_OPS));
    return ((const int32_t *)bytes_of(slot(code, CODE_LINES)))[frame->ip - ops - 1];
}

static void print_place(const Frame *frame) {
    Value code = code_of(frame);
    print_value(stderr, slot(code, CODE_FILE), false);
    fprintf(stderr, ":%d", line_of(frame));
}

/* Starts a message with the place of the call in progress. */
static void begin_message(void) {
    fflush(stdout);
    if (machine.depth > 0)
        print_place(&machine.frames[machine.depth - 1]);
    else
        fputs("lisp", stderr);
    fputs(": ", stderr);
}

_Noreturn static void end_message(void) {
    putc('\n', stderr);
    for (size_t i = machine.depth, shown = 0; i > 1 && shown < TRACE_FRAMES; i--, shown++) {
        const Frame *frame = &machine.frames[i - 2];
        Value name = slot(code_of(&machine.frames[i - 1]), CODE_NAME);
        fputs("  in ", stderr);
        print_value(stderr, name == FALSE ? make_string("lambda", 6) : name, false);
        fputs(", called at ", stderr);
        print_place(frame);
        putc('\n', stderr);
    }
    longjmp(machine.on_error, 1);
}

void fail(const char *format, ...) {
    va_list arguments;
    begin_message();
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    end_message();
}

void fail_value(const char *message, Value v) {
    begin_message();
    fprintf(stderr, "%s ", message);
    print_value(stderr, v, true);
    end_message();
}

void fail_at(const char *file, int line, const char *format, ...) {
    va_list arguments;
    fflush(stdout);
    fprintf(stderr, "%s:%d: ", file, line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    putc('\n', stderr);
    longjmp(machine.on_error, 1);
}

/* ---- machine ---- */

static void *grow(void *array, size_t *room, size_t wanted, size_t most, size_t size) {
    if (wanted > most)
        fail("the recursion is too deep");
    while (*room < wanted)
        *room = *room ? *room * 2 : 1024;
    array = realloc(array, *room * size);
    if (array == NULL) {
        fputs("lisp: out of memory\n", stderr);
        exit(1);
    }
    return array;
}

static void need_values(size_t count) {
    if (machine.top + count > machine.room)
        machine.stack = grow(machine.stack, &machine.room, machine.top + count, MOST_VALUES, sizeof(Value));
}

static void push_value(Value v) {
    need_values(1);
    machine.stack[machine.top++] = v;
}

static void collect(void) {
    for (size_t i = 0; i < machine.top; i++)
        mark(machine.stack[i]);
    mark(script_arguments);
    mark_symbols();
    sweep();
}

static void check_arguments(Value closure, int count) {
    Value code = slot(closure, 0), name = slot(code, CODE_NAME);
    int wanted = (int)fixnum_value(slot(code, CODE_PARAMETERS));
    bool variadic = slot(code, CODE_VARIADIC) == TRUE;
    if (count == wanted || (count > wanted && variadic))
        return;
    begin_message();
    print_value(stderr, name == FALSE ? make_string("lambda", 6) : name, false);
    fprintf(stderr, ": expected %s%d argument%s, got %d", variadic ? "at least " : "", wanted, wanted == 1 ? "" : "s", count);
    end_message();
}

/* Makes the frame of a closure whose `count` arguments are on the stack. Here, and only here, garbage is collected. */
static void enter(Value closure, int count) {
    Value code = slot(closure, 0);
    int wanted = (int)fixnum_value(slot(code, CODE_PARAMETERS));
    if (slot(code, CODE_VARIADIC) == TRUE) {
        Value rest = NIL;
        for (; count > wanted; count--)
            rest = cons(machine.stack[--machine.top], rest);
        push_value(rest);
        count++;
    }
    need_values((size_t)fixnum_value(slot(code, CODE_DEPTH)));
    if (machine.depth == machine.frame_room)
        machine.frames = grow(machine.frames, &machine.frame_room, machine.depth + 1, MOST_FRAMES, sizeof(Frame));
    const int32_t *ops = (const int32_t *)bytes_of(slot(code, CODE_OPS));
    machine.frames[machine.depth++] = (Frame){ ops, machine.top - (size_t)count };
    if (collection_due() && machine.uncollected == 0)
        collect();
}

static Value call_builtin(Value f, int count) {
    const Builtin *builtin = *(const Builtin **)bytes_of(f);
    if (count < builtin->least || (builtin->most >= 0 && count > builtin->most))
        fail("%s: expected %s%d argument%s, got %d", builtin->name, builtin->least == builtin->most ? "" : "at least ",
             builtin->least, builtin->least == 1 ? "" : "s", count);
    return builtin->function(count, machine.stack + machine.top - count);
}

static Value b_apply(int count, Value *arguments) {
    (void)count, (void)arguments;
    return UNSPECIFIED;      /* never called: the machine knows this procedure */
}

static const Builtin apply = { "apply", b_apply, 2, -1 };

/* (apply f x ... list): replaces itself and its arguments by f and f's arguments; returns their number. */
static int spread(int count) {
    if (count < 2)
        fail("apply: expected at least 2 arguments, got %d", count);
    Value list = machine.stack[--machine.top];
    memmove(machine.stack + machine.top - count, machine.stack + machine.top - count + 1, (size_t)(count - 1) * sizeof(Value));
    machine.top--;
    count -= 2;
    for (; is_pair(list); list = cdr(list), count++)
        push_value(car(list));
    if (list != NIL)
        fail_value("apply: expected a list, got", list);
    return count;
}

static Value unboxed(Value box) {
    Value v = slot(box, 0);
    if (v == UNBOUND)
        fail("a variable is used before it has a value");
    return v;
}

static Value make_closure(Value code, int captured, const Value *values) {
    Value closure = make_slots(T_CLOSURE, (uint32_t)captured + 1, code);
    for (int i = 0; i < captured; i++)
        set_slot(closure, i + 1, values[i]);
    return closure;
}

/* Runs until the frame on top at the start has returned; its result. */
static Value execute(void) {
    size_t bottom = machine.depth;
    Frame *frame;
    const int32_t *ip;
    Value *sp, *base, *constants, *closure, v;

#define SAVE() (frame->ip = ip, machine.top = (size_t)(sp - machine.stack))
#define RESTORE() (frame = &machine.frames[machine.depth - 1], ip = frame->ip, base = machine.stack + frame->base, \
    closure = object(base[-1])->slots, constants = object(slot(closure[0], CODE_CONSTANTS))->slots, sp = machine.stack + machine.top)

    RESTORE();
    for (;;) {
        switch ((Operation)*ip++) {
        case OP_CONSTANT: *sp++ = constants[*ip++]; break;
        case OP_LOCAL: *sp++ = base[*ip++]; break;
        case OP_LOCAL_BOX: v = base[*ip++]; SAVE(); *sp++ = unboxed(v); break;
        case OP_FREE: *sp++ = closure[1 + *ip++]; break;
        case OP_FREE_BOX: v = closure[1 + *ip++]; SAVE(); *sp++ = unboxed(v); break;
        case OP_GLOBAL:
            v = slot(constants[*ip++], SYMBOL_VALUE);
            if (v == UNBOUND) {
                SAVE();
                fail_value("unknown variable", constants[ip[-1]]);
            }
            *sp++ = v;
            break;
        case OP_SET_LOCAL_BOX: set_slot(base[*ip++], 0, *--sp); break;
        case OP_SET_FREE_BOX: set_slot(closure[1 + *ip++], 0, *--sp); break;
        case OP_SET_GLOBAL:
            if (slot(constants[*ip++], SYMBOL_VALUE) == UNBOUND) {
                SAVE();
                fail_value("set!: unknown variable", constants[ip[-1]]);
            }
            set_slot(constants[ip[-1]], SYMBOL_VALUE, *--sp);
            break;
        case OP_DEFINE_GLOBAL: set_slot(constants[*ip++], SYMBOL_VALUE, *--sp); break;
        case OP_BOX: base[*ip] = make_slots(T_BOX, 1, base[*ip]); ip++; break;
        case OP_JUMP: ip = (const int32_t *)bytes_of(slot(closure[0], CODE_OPS)) + *ip; break;
        case OP_JUMP_FALSE:
            ip = *--sp == FALSE ? (const int32_t *)bytes_of(slot(closure[0], CODE_OPS)) + *ip : ip + 1;
            break;
        case OP_AND:
        case OP_OR:
            if ((sp[-1] == FALSE) == (ip[-1] == OP_AND)) {
                ip = (const int32_t *)bytes_of(slot(closure[0], CODE_OPS)) + *ip;
            } else {
                ip++;
                sp--;
            }
            break;
        case OP_POP: sp--; break;
        case OP_SLIDE: v = sp[-1]; sp -= *ip++; sp[-1] = v; break;
        case OP_CLOSURE:
            sp -= ip[1];
            v = make_closure(constants[ip[0]], ip[1], sp);
            *sp++ = v;
            ip += 2;
            break;
        case OP_CALL:
        case OP_TAIL_CALL: {
            bool tail = ip[-1] == OP_TAIL_CALL;
            int count = *ip++;
            SAVE();
            v = sp[-1 - count];
            while (is_type(v, T_BUILTIN) && *(const Builtin **)bytes_of(v) == &apply) {
                count = spread(count);
                v = machine.stack[machine.top - 1 - (size_t)count];
            }
            if (is_type(v, T_BUILTIN)) {
                v = call_builtin(v, count);
                RESTORE();
                sp -= count + 1;
                *sp++ = v;
                if (!tail)
                    break;
                goto returning;
            }
            if (!is_type(v, T_CLOSURE))
                fail_value("not a procedure:", v);
            check_arguments(v, count);
            if (tail) {
                Value *to = machine.stack + frame->base - 1;
                const Value *from = machine.stack + machine.top - 1 - count;
                for (int i = 0; i <= count; i++)
                    to[i] = from[i];
                machine.top = (size_t)(to - machine.stack) + 1 + (size_t)count;
                machine.depth--;
            }
            enter(v, count);
            RESTORE();
            break;
        }
        case OP_RETURN:
        returning:
            v = sp[-1];
            machine.top = frame->base - 1;
            if (machine.depth-- == bottom)
                return v;
            machine.stack[machine.top++] = v;
            RESTORE();
            break;
        }
    }
}

/* The procedure and its arguments are on the stack. */
static Value call(int count) {
    Value f = machine.stack[machine.top - 1 - (size_t)count];
    check_arguments(f, count);
    enter(f, count);
    return execute();
}

Value call_macro(Value macro, Value arguments) {
    int count = 0;
    if (!is_type(macro, T_CLOSURE))
        fail_value("not a macro:", macro);
    push_value(macro);
    for (; is_pair(arguments); arguments = cdr(arguments), count++)
        push_value(car(arguments));
    machine.uncollected++;
    Value v = call(count);
    machine.uncollected--;
    return v;
}

/* ---- command line ---- */

static Value evaluate(Value form, const char *file) {
    push_value(make_closure(compile_toplevel(form, file), 0, NULL));
    return call(0);
}

static Value evaluate_all(FILE *stream, const char *name) {
    Source source = { stream, name, 1 };
    Value form, v = UNSPECIFIED;
    while ((form = read_datum(&source)) != END_OF_FILE)
        v = evaluate(form, name);
    fclose(stream);
    return v;
}

Value load_file(const char *name) {
    FILE *stream = fopen(name, "r");
    if (stream == NULL)
        fail("cannot open %s", name);
    return evaluate_all(stream, name);
}

static void converse(void) {
    Source source = { stdin, "stdin", 1 };
    bool prompt = isatty(0);
    for (;;) {
        if (setjmp(machine.on_error) != 0)
            machine.top = machine.depth = 0, machine.uncollected = 0;
        if (prompt)
            fputs("> ", stdout);
        fflush(stdout);
        Value form = read_datum(&source);
        if (form == END_OF_FILE)
            return;
        Value v = evaluate(form, source.name);
        if (v != UNSPECIFIED) {
            print_value(stdout, v, true);
            putchar('\n');
        }
    }
}

int main(int argc, char **argv) {
    if (setjmp(machine.on_error) != 0)
        return 1;
    define_forms();
    define_builtins();
    set_slot(intern("apply"), SYMBOL_VALUE, make_builtin(&apply));
    evaluate_all(fmemopen((char *)prelude, sizeof prelude - 1, "r"), "prelude");
    for (int i = argc - 1; i > 1; i--)
        script_arguments = cons(make_string(argv[i], strlen(argv[i])), script_arguments);
    if (argc > 1)
        load_file(argv[1]);
    else
        converse();
    return fflush(stdout) == 0 ? 0 : 1;
}

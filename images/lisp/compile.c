/* From text to data (the reader), from data to bytecode (the compiler).
 *
 * Each procedure becomes a code object. Variables are found at compile time: a local of the frame, a value captured in the
 * closure, or a global. A closure copies what it captures; a variable that is assigned anywhere lives in a box, so that all
 * copies see the assignment. Expressions in tail position call without growing the stack. */
#include "lisp.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- reader ---- */

static int next_char(Source *s) {
    int c = getc(s->stream);
    if (c == '\n')
        s->line++;
    return c;
}

static void put_back(Source *s, int c) {
    if (c == '\n')
        s->line--;
    ungetc(c, s->stream);
}

static int next_token_char(Source *s) {
    for (;;) {
        int c = next_char(s);
        if (c == ';')
            while (c != '\n' && c != EOF)
                c = next_char(s);
        if (c == EOF || !isspace(c))
            return c;
    }
}

static bool ends_token(int c) {
    return c == EOF || isspace(c) || strchr("()\";'", c) != NULL;
}

static Value read_required(Source *s, const char *where) {
    int line = s->line;
    Value v = read_datum(s);
    if (v == END_OF_FILE)
        fail_at(s->name, line, "the text ends within %s", where);
    return v;
}

static Value read_list(Source *s) {
    int line = s->line;
    Value head = NIL, last = NIL;
    for (;;) {
        int c = next_token_char(s);
        if (c == EOF)
            fail_at(s->name, line, "this list is never closed");
        if (c == ')')
            return head;
        if (c == '.') {
            int after = next_char(s);
            put_back(s, after);
            if (ends_token(after)) {
                if (head == NIL)
                    fail_at(s->name, s->line, "nothing before the dot");
                set_slot(last, CDR, read_required(s, "a dotted list"));
                if (next_token_char(s) != ')')
                    fail_at(s->name, s->line, "a dotted list has one element after the dot");
                return head;
            }
        }
        put_back(s, c);
        Value link = cons(NIL, NIL);
        object(link)->length = (uint32_t)s->line;
        set_slot(link, CAR, read_required(s, "a list"));
        if (head == NIL)
            head = link;
        else
            set_slot(last, CDR, link);
        last = link;
    }
}

static Value read_string(Source *s) {
    int line = s->line, c;
    size_t count = 0, room = 64;
    char *text = malloc(room);
    while ((c = next_char(s)) != '"') {
        if (c == '\\') {
            c = next_char(s);
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        if (c == EOF)
            fail_at(s->name, line, "this string is never closed");
        if (count == room && (text = realloc(text, room *= 2)) == NULL)
            fail_at(s->name, line, "out of memory");
        text[count++] = (char)c;
    }
    Value v = make_string(text, count);
    free(text);
    return v;
}

static size_t read_token(Source *s, int c, char *token, size_t room) {
    size_t count = 0;
    do {
        if (count + 1 == room)
            fail_at(s->name, s->line, "a word of more than %zu characters", room - 1);
        token[count++] = (char)c;
        c = next_char(s);
    } while (!ends_token(c));
    put_back(s, c);
    token[count] = 0;
    return count;
}

static Value read_hash(Source *s) {
    char token[64];
    int c = next_char(s);
    if (c == '(') {
        Value list = read_list(s), v;
        uint32_t count = 0;
        for (Value p = list; is_pair(p); p = cdr(p))
            count++;
        v = make_slots(T_VECTOR, count, NIL);
        for (uint32_t i = 0; i < count; i++, list = cdr(list))
            set_slot(v, (int)i, car(list));
        return v;
    }
    if (c == '\\') {
        c = next_char(s);
        if (c == EOF || read_token(s, c, token, sizeof token) == 1)
            return character(c);
        if (strcmp(token, "space") == 0)
            return character(' ');
        if (strcmp(token, "newline") == 0)
            return character('\n');
        fail_at(s->name, s->line, "unknown character #\\%s", token);
    }
    if (c != EOF)
        read_token(s, c, token, sizeof token);
    if (c == EOF || (strcmp(token, "t") != 0 && strcmp(token, "f") != 0))
        fail_at(s->name, s->line, "unknown syntax after #");
    return boolean(token[0] == 't');
}

static Value read_quoted(Source *s, const char *symbol) {
    int line = s->line;
    Value v = cons(intern(symbol), cons(read_required(s, "a quotation"), NIL));
    object(v)->length = (uint32_t)line;
    return v;
}

Value read_datum(Source *s) {
    static char token[1 << 16];
    int c = next_token_char(s);
    switch (c) {
    case EOF: return END_OF_FILE;
    case '(': return read_list(s);
    case ')': fail_at(s->name, s->line, "a ) without its (");
    case '"': return read_string(s);
    case '#': return read_hash(s);
    case '\'': return read_quoted(s, "quote");
    case '`': return read_quoted(s, "quasiquote");
    case ',':
        c = next_char(s);
        if (c == '@')
            return read_quoted(s, "unquote-splicing");
        put_back(s, c);
        return read_quoted(s, "unquote");
    default: {
        size_t count = read_token(s, c, token, sizeof token);
        Value number = integer_parse(token, count);
        return number != FALSE ? number : intern(token);
    }
    }
}

/* ---- compiler ---- */

enum { MOST_LOCALS = 256, MOST_CAPTURED = 256 };

typedef struct { Value name; int slot; bool boxed; } Local;
typedef struct { Value name; bool from_local, boxed; int index; } Captured;

typedef struct Function {
    struct Function *outer;
    const char *file;
    Value name, constants;         /* constants: a list, the last first */
    int depth, most_depth;         /* values on the stack above the frame's base: now, and at most */
    int local_count, captured_count, constant_count, count, room, line;
    int32_t *ops, *lines;
    Local locals[MOST_LOCALS];
    Captured captured[MOST_CAPTURED];
} Function;

typedef void (*Form)(Function *f, Value x, bool tail);

static Form form_of(Value symbol);
static void compile(Function *f, Value x, bool tail);
static void compile_body(Function *f, Value body, bool tail);

_Noreturn static void syntax_error(Function *f, const char *message) {
    fail_at(f->file, f->line, "%s", message);
}

static Value list2(Value a, Value b) { return cons(a, cons(b, NIL)); }
static Value list3(Value a, Value b, Value c) { return cons(a, list2(b, c)); }

/* The parts of a form; a syntax error where there is none. */
static Value head_of(Function *f, Value x, const char *form) {
    if (!is_pair(x))
        fail_at(f->file, f->line, "%s: something is missing", form);
    return car(x);
}

static Value tail_of(Function *f, Value x, const char *form) {
    head_of(f, x, form);
    return cdr(x);
}

static Value proper(Function *f, Value x) {
    Value p = x;
    while (is_pair(p))
        p = cdr(p);
    if (p != NIL)
        syntax_error(f, "a form must be a proper list");
    return x;
}

static void emit(Function *f, int32_t word) {
    if (f->count == f->room) {
        f->room = f->room ? f->room * 2 : 64;
        f->ops = realloc(f->ops, (size_t)f->room * sizeof *f->ops);
        f->lines = realloc(f->lines, (size_t)f->room * sizeof *f->lines);
        if (f->ops == NULL || f->lines == NULL)
            syntax_error(f, "out of memory");
    }
    f->ops[f->count] = word;
    f->lines[f->count++] = f->line;
}

/* `change` is what the operation does to the depth of the stack. */
static void emit_op(Function *f, Operation op, int operand, int change) {
    emit(f, op);
    emit(f, operand);
    f->depth += change;
    f->most_depth = f->depth > f->most_depth ? f->depth : f->most_depth;
}

static int emit_jump(Function *f, Operation op, int change) {
    emit_op(f, op, 0, change);
    return f->count - 1;
}

static void land(Function *f, int jump) { f->ops[jump] = f->count; }

static void emit_pop(Function *f) {
    emit(f, OP_POP);
    f->depth--;
}

static void emit_return(Function *f, bool tail) {
    if (tail)
        emit(f, OP_RETURN);
}

static int add_constant(Function *f, Value v) {
    f->constants = cons(v, f->constants);
    return f->constant_count++;
}

static void compile_constant(Function *f, Value v, bool tail) {
    emit_op(f, OP_CONSTANT, add_constant(f, v), +1);
    emit_return(f, tail);
}

static int find_local(Function *f, Value name) {
    for (int i = f->local_count - 1; i >= 0; i--)
        if (f->locals[i].name == name)
            return i;
    return -1;
}

/* The place of a variable of an outer procedure among what this one captures; -1 if no procedure has it. */
static int find_captured(Function *f, Value name) {
    if (f->outer == NULL)
        return -1;
    for (int i = 0; i < f->captured_count; i++)
        if (f->captured[i].name == name)
            return i;
    int local = find_local(f->outer, name), index = local >= 0 ? f->outer->locals[local].slot : find_captured(f->outer, name);
    if (index < 0)
        return -1;
    if (f->captured_count == MOST_CAPTURED)
        syntax_error(f, "too many captured variables");
    bool boxed = local >= 0 ? f->outer->locals[local].boxed : f->outer->captured[index].boxed;
    f->captured[f->captured_count] = (Captured){ name, local >= 0, boxed, index };
    return f->captured_count++;
}

static void add_local(Function *f, Value name, int at, bool boxed) {
    if (!is_symbol(name))
        syntax_error(f, "a variable's name must be a symbol");
    if (f->local_count == MOST_LOCALS)
        syntax_error(f, "too many variables in one procedure");
    f->locals[f->local_count++] = (Local){ name, at, boxed };
    if (boxed)
        emit_op(f, OP_BOX, at, 0);
}

/* Whether anything in x could be an assignment to the name. Errs towards yes: a macro's use could become one. */
static bool assigns(Value x, Value name) {
    static Value set;
    if (set == 0)
        set = intern("set!");
    for (; is_pair(x); x = cdr(x)) {
        if (car(x) == set && is_pair(cdr(x)) && car(cdr(x)) == name)
            return true;
        if (is_symbol(car(x)) && slot(car(x), SYMBOL_MACRO) != UNBOUND)
            return true;
        if (is_pair(car(x)) && assigns(car(x), name))
            return true;
    }
    return false;
}

static void compile_variable(Function *f, Value name, bool tail) {
    int i = find_local(f, name);
    if (i >= 0)
        emit_op(f, f->locals[i].boxed ? OP_LOCAL_BOX : OP_LOCAL, f->locals[i].slot, +1);
    else if ((i = find_captured(f, name)) >= 0)
        emit_op(f, f->captured[i].boxed ? OP_FREE_BOX : OP_FREE, i, +1);
    else
        emit_op(f, OP_GLOBAL, add_constant(f, name), +1);
    emit_return(f, tail);
}

static void compile_call(Function *f, Value x, bool tail) {
    int count = 0, line = f->line;
    compile(f, car(x), false);
    for (x = cdr(x); is_pair(x); x = cdr(x), count++)
        compile(f, car(x), false);
    if (x != NIL)
        syntax_error(f, "a call must be a proper list");
    f->line = line;
    emit_op(f, tail ? OP_TAIL_CALL : OP_CALL, count, -count);
}

static void compile(Function *f, Value x, bool tail) {
    if (is_symbol(x)) {
        compile_variable(f, x, tail);
    } else if (!is_pair(x)) {
        if (x == NIL)
            syntax_error(f, "() is not an expression; write '()");
        compile_constant(f, x, tail);
    } else {
        Value head = car(x);
        if (length_of(x) != 0)
            f->line = (int)length_of(x);
        bool global = is_symbol(head) && find_local(f, head) < 0 && find_captured(f, head) < 0;
        if (global && slot(head, SYMBOL_FORM) != fixnum(0))
            form_of(head)(f, proper(f, x), tail);
        else if (global && slot(head, SYMBOL_MACRO) != UNBOUND)
            compile(f, call_macro(slot(head, SYMBOL_MACRO), cdr(x)), tail);
        else
            compile_call(f, x, tail);
    }
}

static void compile_sequence(Function *f, Value body, bool tail) {
    if (!is_pair(body)) {
        compile_constant(f, UNSPECIFIED, tail);
        return;
    }
    for (; is_pair(cdr(body)); body = cdr(body)) {
        compile(f, car(body), false);
        emit_pop(f);
    }
    compile(f, car(body), tail);
}

static Value finish_code(Function *f, int parameters, bool variadic) {
    Value code = make_slots(T_CODE, CODE_SLOTS, NIL), constants = make_slots(T_VECTOR, (uint32_t)f->constant_count, NIL);
    Value rest = f->constants;
    for (int i = f->constant_count - 1; i >= 0; i--, rest = cdr(rest))
        set_slot(constants, i, car(rest));
    size_t bytes = (size_t)f->count * sizeof *f->ops;
    set_slot(code, CODE_NAME, f->name);
    set_slot(code, CODE_FILE, make_string(f->file, strlen(f->file)));
    set_slot(code, CODE_CONSTANTS, constants);
    set_slot(code, CODE_OPS, make_string((char *)f->ops, bytes));
    set_slot(code, CODE_LINES, make_string((char *)f->lines, bytes));
    set_slot(code, CODE_PARAMETERS, fixnum(parameters));
    set_slot(code, CODE_DEPTH, fixnum(f->most_depth + 1));
    set_slot(code, CODE_VARIADIC, boolean(variadic));
    free(f->ops);
    free(f->lines);
    return code;
}

static void compile_procedure(Function *outer, Value name, Value parameters, Value body, bool tail) {
    Function *f = calloc(1, sizeof *f);
    if (f == NULL)
        syntax_error(outer, "out of memory");
    *f = (Function){ .outer = outer, .file = outer->file, .name = name, .constants = NIL, .line = outer->line };
    Value p = parameters;
    for (; is_pair(p); p = cdr(p))
        f->depth++;
    int count = f->depth;
    bool variadic = p != NIL;
    f->depth += variadic;
    p = parameters;
    for (int i = 0; i < count; i++, p = cdr(p))
        add_local(f, car(p), i, assigns(body, car(p)));
    if (variadic)
        add_local(f, p, count, assigns(body, p));
    compile_body(f, body, true);
    for (int i = 0; i < f->captured_count; i++)
        emit_op(outer, f->captured[i].from_local ? OP_LOCAL : OP_FREE, f->captured[i].index, +1);
    int captured = f->captured_count;
    emit_op(outer, OP_CLOSURE, add_constant(outer, finish_code(f, count, variadic)), 1 - captured);
    emit(outer, captured);
    emit_return(outer, tail);
    free(f);
}

/* Back to `locals` variables and `depth` values: drops what lies under the value just computed. */
static void leave_scope(Function *f, int locals, int depth, bool tail) {
    int extra = f->depth - 1 - depth;
    if (extra > 0 && !tail)
        emit_op(f, OP_SLIDE, extra, 0);
    f->depth = depth + 1;
    f->local_count = locals;
}

static bool is_form(Value x, const char *name) { return is_pair(x) && car(x) == intern(name); }

/* (define name value) or (define (name . parameters) . body): the name. */
static Value defined_name(Function *f, Value x) {
    Value target = head_of(f, tail_of(f, x, "define"), "define");
    Value name = is_pair(target) ? car(target) : target;
    if (!is_symbol(name))
        syntax_error(f, "define: the name must be a symbol");
    return name;
}

static void compile_defined_value(Function *f, Value x) {
    Value target = car(cdr(x)), rest = cdr(cdr(x));
    if (is_pair(target))
        compile_procedure(f, car(target), cdr(target), rest, false);
    else if (is_pair(rest) && (is_form(car(rest), "lambda")))
        compile_procedure(f, target, head_of(f, cdr(car(rest)), "lambda"), tail_of(f, cdr(car(rest)), "lambda"), false);
    else
        compile(f, head_of(f, rest, "define"), false);
}

/* A body: its definitions are local, and know each other. */
static void compile_body(Function *f, Value body, bool tail) {
    int locals = f->local_count, depth = f->depth;
    for (Value p = body; is_pair(p); p = cdr(p))
        if (is_form(car(p), "define")) {
            Value name = defined_name(f, proper(f, car(p)));
            compile_constant(f, UNBOUND, false);
            add_local(f, name, f->depth - 1, true);
        }
    if (f->local_count == locals) {
        compile_sequence(f, body, tail);
        return;
    }
    for (Value p = body; is_pair(p); p = cdr(p)) {
        bool last = cdr(p) == NIL;
        if (is_form(car(p), "define")) {
            Value name = defined_name(f, car(p));
            compile_defined_value(f, car(p));
            emit_op(f, OP_SET_LOCAL_BOX, f->locals[find_local(f, name)].slot, -1);
            if (last)
                compile_constant(f, UNSPECIFIED, tail);
        } else {
            compile(f, car(p), tail && last);
            if (!last)
                emit_pop(f);
        }
    }
    leave_scope(f, locals, depth, tail);
}

/* ---- special forms ---- */

static void form_quote(Function *f, Value x, bool tail) { compile_constant(f, head_of(f, cdr(x), "quote"), tail); }

static Value expand_quasi(Function *f, Value x) {
    if (!is_pair(x))
        return list2(intern("quote"), x);
    if (is_form(x, "unquote"))
        return head_of(f, cdr(x), "unquote");
    if (is_form(car(x), "unquote-splicing"))
        return list3(intern("append"), head_of(f, cdr(car(x)), "unquote-splicing"), expand_quasi(f, cdr(x)));
    return list3(intern("cons"), expand_quasi(f, car(x)), expand_quasi(f, cdr(x)));
}

static void form_quasiquote(Function *f, Value x, bool tail) {
    compile(f, expand_quasi(f, head_of(f, cdr(x), "quasiquote")), tail);
}

static void compile_if(Function *f, Value test, Value then, Value otherwise, bool tail) {
    compile(f, test, false);
    int to_else = emit_jump(f, OP_JUMP_FALSE, -1);
    compile_sequence(f, then, tail);
    int to_end = tail ? -1 : emit_jump(f, OP_JUMP, 0);
    f->depth--;
    land(f, to_else);
    compile_sequence(f, otherwise, tail);
    if (!tail)
        land(f, to_end);
}

static void form_if(Function *f, Value x, bool tail) {
    Value then = tail_of(f, cdr(x), "if");
    Value otherwise = tail_of(f, then, "if");
    if (is_pair(otherwise) && cdr(otherwise) != NIL)
        syntax_error(f, "if: more than three parts");
    compile_if(f, car(cdr(x)), cons(car(then), NIL), otherwise, tail);
}

static void form_when(Function *f, Value x, bool tail) {
    compile_if(f, head_of(f, cdr(x), "when"), cdr(cdr(x)), NIL, tail);
}

static void form_unless(Function *f, Value x, bool tail) {
    compile_if(f, head_of(f, cdr(x), "unless"), NIL, cdr(cdr(x)), tail);
}

static void compile_clauses(Function *f, Value clauses, bool tail) {
    if (!is_pair(clauses)) {
        compile_constant(f, UNSPECIFIED, tail);
        return;
    }
    Value clause = car(clauses), test = head_of(f, clause, "cond");
    if (length_of(clause) != 0)
        f->line = (int)length_of(clause);
    if (test == intern("else")) {
        compile_sequence(f, cdr(clause), tail);
        return;
    }
    compile(f, test, false);
    bool bare = cdr(clause) == NIL;      /* (test): its value is the result */
    int to_next = emit_jump(f, bare ? OP_OR : OP_JUMP_FALSE, -1);
    if (bare) {
        compile_clauses(f, cdr(clauses), false);
        land(f, to_next);
        emit_return(f, tail);
        return;
    }
    compile_sequence(f, cdr(clause), tail);
    int to_end = tail ? -1 : emit_jump(f, OP_JUMP, 0);
    f->depth--;
    land(f, to_next);
    compile_clauses(f, cdr(clauses), tail);
    if (!tail)
        land(f, to_end);
}

static void form_cond(Function *f, Value x, bool tail) { compile_clauses(f, cdr(x), tail); }

/* (case key ((datum ...) body ...) ... (else body ...)), by memv */
static void form_case(Function *f, Value x, bool tail) {
    Value key = make_symbol("key"), first = cons(intern("cond"), NIL), last = first;
    for (Value p = tail_of(f, cdr(x), "case"); is_pair(p); p = cdr(p)) {
        Value data = head_of(f, car(p), "case");
        Value test = data == intern("else") ? data : list3(intern("memv"), key, list2(intern("quote"), data));
        set_slot(last, CDR, cons(cons(test, cdr(car(p))), NIL));
        last = cdr(last);
    }
    compile(f, list3(intern("let"), cons(list2(key, car(cdr(x))), NIL), first), tail);
}

static void compile_chain(Function *f, Value x, Operation op, Value empty, bool tail) {
    if (x == NIL) {
        compile_constant(f, empty, tail);
    } else if (cdr(x) == NIL) {
        compile(f, car(x), tail);
    } else {
        compile(f, car(x), false);
        int to_end = emit_jump(f, op, -1);
        compile_chain(f, cdr(x), op, empty, false);
        land(f, to_end);
        emit_return(f, tail);
    }
}

static void form_and(Function *f, Value x, bool tail) { compile_chain(f, cdr(x), OP_AND, TRUE, tail); }
static void form_or(Function *f, Value x, bool tail) { compile_chain(f, cdr(x), OP_OR, FALSE, tail); }
static void form_begin(Function *f, Value x, bool tail) { compile_sequence(f, cdr(x), tail); }

static void form_lambda(Function *f, Value x, bool tail) {
    compile_procedure(f, FALSE, head_of(f, cdr(x), "lambda"), tail_of(f, cdr(x), "lambda"), tail);
}

static void form_define(Function *f, Value x, bool tail) {
    if (f->outer != NULL || f->local_count > 0)
        syntax_error(f, "define: only at the top or directly in a body");
    Value name = defined_name(f, x);
    compile_defined_value(f, x);
    emit_op(f, OP_DEFINE_GLOBAL, add_constant(f, name), -1);
    compile_constant(f, UNSPECIFIED, tail);
}

static void form_set(Function *f, Value x, bool tail) {
    Value name = head_of(f, cdr(x), "set!");
    if (!is_symbol(name))
        syntax_error(f, "set!: the name must be a symbol");
    compile(f, head_of(f, cdr(cdr(x)), "set!"), false);
    int i = find_local(f, name);
    if (i >= 0)
        emit_op(f, OP_SET_LOCAL_BOX, f->locals[i].slot, -1);
    else if ((i = find_captured(f, name)) >= 0)
        emit_op(f, OP_SET_FREE_BOX, i, -1);
    else
        emit_op(f, OP_SET_GLOBAL, add_constant(f, name), -1);
    compile_constant(f, UNSPECIFIED, tail);
}

/* (let loop ((name value) ...) body ...) is ((letrec ((loop (lambda (name ...) body ...))) loop) value ...) */
static void compile_loop(Function *f, Value loop, Value bindings, Value body, bool tail) {
    Value names = NIL, values = NIL, *name_end = &names, *value_end = &values;
    for (Value p = bindings; is_pair(p); p = cdr(p)) {
        *name_end = cons(head_of(f, car(p), "let"), NIL);
        name_end = &object(*name_end)->slots[CDR];
        *value_end = cons(head_of(f, cdr(car(p)), "let"), NIL);
        value_end = &object(*value_end)->slots[CDR];
    }
    Value procedure = list3(intern("define"), cons(loop, names), NIL);
    set_slot(cdr(procedure), CDR, body);
    compile_call(f, cons(cons(intern("let"), list3(NIL, procedure, loop)), values), tail);
}

static void compile_let(Function *f, Value x, bool sequential, bool tail) {
    Value bindings = head_of(f, cdr(x), "let"), body = cdr(cdr(x));
    if (is_symbol(bindings)) {
        compile_loop(f, bindings, head_of(f, body, "let"), tail_of(f, body, "let"), tail);
        return;
    }
    int locals = f->local_count, depth = f->depth;
    for (Value p = bindings; is_pair(p); p = cdr(p)) {
        compile(f, head_of(f, tail_of(f, car(p), "let"), "let"), false);
        if (sequential)
            add_local(f, car(car(p)), f->depth - 1, assigns(cdr(x), car(car(p))));
    }
    for (Value p = bindings; is_pair(p) && !sequential; p = cdr(p), depth++)
        add_local(f, car(car(p)), depth, assigns(body, car(car(p))));
    if (!sequential)
        depth -= f->local_count - locals;
    compile_body(f, body, tail);
    leave_scope(f, locals, depth, tail);
}

static void form_let(Function *f, Value x, bool tail) { compile_let(f, x, false, tail); }
static void form_let_star(Function *f, Value x, bool tail) { compile_let(f, x, true, tail); }

/* (letrec ((name value) ...) body ...) is (let () (define name value) ... (let () body ...)) */
static void form_letrec(Function *f, Value x, bool tail) {
    Value first = cons(intern("let"), cons(NIL, NIL)), last = cdr(first);
    for (Value p = head_of(f, cdr(x), "letrec"); is_pair(p); p = cdr(p)) {
        set_slot(last, CDR, cons(cons(intern("define"), car(p)), NIL));
        last = cdr(last);
    }
    set_slot(last, CDR, cons(cons(intern("let"), cons(NIL, cdr(cdr(x)))), NIL));
    compile(f, first, tail);
}

/* (do ((name first next) ...) (test result ...) body ...) as a named let */
static void form_do(Function *f, Value x, bool tail) {
    Value bindings = NIL, steps = NIL, *binding_end = &bindings, *step_end = &steps, loop = make_symbol("do");
    for (Value p = head_of(f, cdr(x), "do"); is_pair(p); p = cdr(p)) {
        Value name = head_of(f, car(p), "do"), rest = tail_of(f, cdr(car(p)), "do");
        *binding_end = cons(list2(name, car(cdr(car(p)))), NIL);
        binding_end = &object(*binding_end)->slots[CDR];
        *step_end = cons(rest == NIL ? name : car(rest), NIL);
        step_end = &object(*step_end)->slots[CDR];
    }
    Value end = head_of(f, cdr(cdr(x)), "do"), body = cdr(cdr(cdr(x))), again = cons(cons(loop, steps), NIL);
    Value repeat = cons(intern("begin"), NIL), last = repeat;
    for (; is_pair(body); body = cdr(body), last = cdr(last))
        set_slot(last, CDR, cons(car(body), NIL));
    set_slot(last, CDR, again);
    Value choice = list3(intern("if"), head_of(f, end, "do"),
                         list2(cons(intern("begin"), tail_of(f, end, "do")), repeat));
    set_slot(cdr(choice), CDR, car(cdr(cdr(choice))));
    compile_loop(f, loop, bindings, cons(choice, NIL), tail);
}

/* (define-macro (name . parameters) body ...): the body computes the form that replaces the call. */
static void form_define_macro(Function *f, Value x, bool tail) {
    Value name = defined_name(f, x), parameters = tail_of(f, car(cdr(x)), "define-macro");
    Value lambda = cons(intern("lambda"), cons(parameters, cdr(cdr(x))));
    compile(f, list3(intern("set-macro!"), list2(intern("quote"), name), lambda), tail);
}

static const struct { const char *name; Form form; } forms[] = {
    { "quote", form_quote }, { "quasiquote", form_quasiquote }, { "if", form_if }, { "when", form_when },
    { "unless", form_unless }, { "cond", form_cond }, { "case", form_case }, { "and", form_and }, { "or", form_or },
    { "begin", form_begin }, { "lambda", form_lambda }, { "define", form_define }, { "set!", form_set }, { "let", form_let },
    { "let*", form_let_star }, { "letrec", form_letrec }, { "letrec*", form_letrec }, { "do", form_do },
    { "define-macro", form_define_macro },
};

static Form form_of(Value symbol) { return forms[fixnum_value(slot(symbol, SYMBOL_FORM)) - 1].form; }

void define_forms(void) {
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        set_slot(intern(forms[i].name), SYMBOL_FORM, fixnum((int64_t)i + 1));
}

Value compile_toplevel(Value form, const char *file) {
    Function *top = calloc(1, sizeof *top);
    if (top == NULL)
        fail("out of memory");
    *top = (Function){ .file = file, .name = FALSE, .constants = NIL, .line = 1 };
    compile(top, form, true);
    Value code = finish_code(top, 0, false);
    free(top);
    return code;
}

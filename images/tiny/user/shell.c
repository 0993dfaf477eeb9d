/* The shell: reads a line, runs a command of its own or a program. */
#include "user.h"

enum { BACKSPACE = 8, DELETE = 127 };

static const char *const state_names[] = {"free", "new", "ready", "running", "asleep", "reading", "waiting", "ended"};

static void help(void) {
    say("commands: help, ps, mem, cpus, uptime, echo TEXT, run NAME [ARGUMENT] [&], kill NUMBER, exit, poweroff, reboot\nprograms:\n");
    for (const struct program *program = programs; program->name; program++)
        if (program->use)
            say("  %-9s %s\n", program->name, program->use);
}

static void ps(void) {
    struct info info;
    say("  pid parent state    pages  ticks  hart  name\n");
    for (long i = 0; get_info(INFO_PROCESS, i, &info) == 0; i++)
        if (info.c != FREE && info.c != MAKING)
            say("%5u %6u %-8s %5u ", info.a, info.b, state_names[info.c], info.d), say("%6u %5u  %s\n", info.e, info.f, info.name);
}

static void mem(void) {
    struct info info;
    get_info(INFO_MACHINE, 0, &info);
    say("%u KiB of memory, %u KiB free\n", info.b * 4, info.c * 4);
}

static void cpus(void) {
    struct info info;
    for (long i = 0; get_info(INFO_HART, i, &info) == 0; i++)
        say("hart %u: %s, %u timer interrupts, %u switches\n", info.a, !info.b ? "offline" : info.e ? "idle" : "busy", info.c, info.d);
}

static void uptime(void) {
    struct info info;
    get_info(INFO_MACHINE, 0, &info);
    unsigned long milliseconds = ticks() * 1000 / info.d;
    say("up for %u ms\n", milliseconds);
}

static void echo(int count, char **words) {
    for (int i = 1; i < count; i++)
        say(i + 1 < count ? "%s " : "%s", words[i]);
    say("\n");
}

static void run(int count, char **words) {
    bool behind = count > 0 && text_equal(words[count - 1], "&");
    count -= behind;
    if (count == 0 || !find_program(words[0])) {
        say("no such program; help lists them\n");
        return;
    }
    char line[LINE_BYTES];
    size_t length = 0;
    for (int i = 0; i < count; i++) {
        text_copy(line + length, words[i], sizeof line - length);
        length += text_length(words[i]);
        if (i + 1 < count && length + 1 < sizeof line)
            line[length++] = ' ';
    }
    long pid = spawn(line);
    int32_t status = 0;
    if (pid < 0)
        say("no memory, or too many processes\n");
    else if (behind)
        say("process %d\n", pid);
    else if (wait(pid, &status) == pid && status != 0)
        say(status < STATUS_FAULT ? "exit code %d\n" : "ended with status %d\n", (long)status);
}

/* What ran behind a command and has ended since. */
static void bury(void) {
    struct info info;
    int32_t status;
    for (long i = 0; get_info(INFO_PROCESS, i, &info) == 0; i++)
        if (info.c == ENDED && (long)info.b == getpid() && wait((long)info.a, &status) > 0)
            say("process %u (%s) ended with %d\n", info.a, info.name, (long)status);
}

/* With echo and backspace. */
static void read_line(char *line, size_t size) {
    size_t length = 0;
    for (char c; read(&c, 1) == 1;) {
        if (c == '\r' || c == '\n')
            break;
        if ((c == BACKSPACE || c == DELETE) && length > 0) {
            length--;
            say("\b \b");
        } else if (c >= ' ' && c < DELETE && length + 1 < size) {
            line[length++] = c;
            write(&c, 1);
        }
    }
    line[length] = 0;
    say("\n");
}

static void obey(int count, char **words) {
    const char *command = words[0];
    if (text_equal(command, "help"))
        help();
    else if (text_equal(command, "ps"))
        ps();
    else if (text_equal(command, "mem"))
        mem();
    else if (text_equal(command, "cpus"))
        cpus();
    else if (text_equal(command, "uptime"))
        uptime();
    else if (text_equal(command, "echo"))
        echo(count, words);
    else if (text_equal(command, "run"))
        run(count - 1, words + 1);
    else if (text_equal(command, "kill"))
        say(count > 1 && kill((long)text_number(words[1])) == 0 ? "" : "no such process\n");
    else if (text_equal(command, "poweroff"))
        call(CALL_POWER, 0, 0, 0);
    else if (text_equal(command, "reboot"))
        call(CALL_POWER, 1, 0, 0);
    else
        run(count, words);
}

int shell(int count, char **arguments) {
    (void)count, (void)arguments;
    char line[LINE_BYTES], *words[MOST_ARGUMENTS];
    for (int words_count = 0;;) {
        bury();
        say("tiny> ");
        read_line(line, sizeof line);
        words_count = split(line, words);
        if (words_count > 0 && text_equal(words[0], "exit"))
            break;
        if (words_count > 0)
            obey(words_count, words);
    }
    if (getpid() == 1)
        call(CALL_POWER, 0, 0, 0);
    return 0;
}

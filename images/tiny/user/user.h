/* user.h - what the user programs share: the calls as functions, and text. */
#ifndef TINY_USER_H
#define TINY_USER_H

#include "calls.h"
#include "../text.h"

long call(long number, long a, long b, long c);

static inline long write(const char *from, size_t length) { return call(CALL_WRITE, (long)from, (long)length, 0); }
static inline long read(char *to, size_t size) { return call(CALL_READ, (long)to, (long)size, 0); }
static inline long getpid(void) { return call(CALL_GETPID, 0, 0, 0); }
static inline void yield(void) { call(CALL_YIELD, 0, 0, 0); }
static inline void sleep(long milliseconds) { call(CALL_SLEEP, milliseconds, 0, 0); }
static inline char *sbrk(size_t bytes) { return (char *)call(CALL_SBRK, (long)bytes, 0, 0); }
static inline long spawn(const char *line) { return call(CALL_SPAWN, (long)line, 0, 0); }
static inline long wait(long pid, int32_t *status) { return call(CALL_WAIT, pid, (long)status, 0); }
static inline long kill(long pid) { return call(CALL_KILL, pid, 0, 0); }
static inline unsigned long ticks(void) { return (unsigned long)call(CALL_TIME, 0, 0, 0); }
static inline long hart(void) { return call(CALL_HART, 0, 0, 0); }
static inline long get_info(enum info_kind kind, long index, struct info *info) { return call(CALL_INFO, kind, index, (long)info); }

void say(const char *format, ...);
/* Spawns a program with a number behind its name. */
long spawn_with(const char *name, long number);

/* A program: a name, what it is good for (null: it is not listed), and its main. Arguments begin with the name. */
enum { MOST_ARGUMENTS = 8 };
struct program {
    const char *name, *use;
    int (*run)(int count, char **arguments);
};
extern const struct program programs[];
const struct program *find_program(const char *name);
/* Cuts a line into words where it stands. */
int split(char *line, char **words);

int shell(int count, char **arguments);
int selftest(int count, char **arguments);
int child(int count, char **arguments);
int misbehave(int count, char **arguments);
int loop(int count, char **arguments);
int where(int count, char **arguments);

#endif

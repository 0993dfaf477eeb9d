// Calls that do much: a fork of thousands of mappings while another thread takes some of them away, an end in the middle of such a fork, and execve in a
// process with many threads, one of which holds a robust mutex that another process waits for.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 }; // MAPS and THREADS come from the command line of the compiler.
static char *base;
static volatile int begun;

static void check(int ok, const char *what) {
    if (ok) return;
    printf("%s: %s\n", what, strerror(errno));
    exit(1);
}

static void *unmapper(void *x) {
    while (!begun) sched_yield();
    for (long i = MAPS / 2; i < MAPS; i++) munmap(base + i * 2 * PAGE, PAGE);
    return x;
}

static void *sleeper(void *x) {
    for (;;) pause();
    return x;
}

static pthread_mutex_t *shared;
static void *locker(void *x) {
    pthread_mutex_lock(shared);
    begun = 1;
    return sleeper(x);
}

static void start(void *(*body)(void *)) {
    pthread_attr_t a;
    pthread_attr_init(&a);
    pthread_attr_setstacksize(&a, 16384);
    pthread_t t;
    errno = pthread_create(&t, &a, body, 0);
    check(errno == 0, "thread");
}

static long sum(long from, long to) {
    long total = 0;
    for (long i = from; i < to; i++) total += *(long *)(base + i * 2 * PAGE);
    return total;
}

static int status_of(int child) {
    int status;
    check(waitpid(child, &status, 0) == child, "wait");
    return status;
}

int main(int argc, char **argv) {
    setvbuf(stdout, 0, _IOLBF, 0);
    if (argc > 1) {
        char line[128];
        FILE *f = fopen("/proc/self/status", "r");
        while (fgets(line, sizeof line, f))
            if (!strncmp(line, "Threads:", 8)) printf("after execve: %s", line);
        return 7;
    }

    check((base = mmap(0, MAPS * 2L * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED, "map");
    for (long i = 0; i < MAPS; i++) {
        check(mmap(base + i * 2 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED, "map page");
        *(long *)(base + i * 2 * PAGE) = i + 1;
    }

    // The child sees what was mapped when the fork began, and its writes stay with it.
    int child = fork();
    if (child == 0) {
        for (long i = 0; i < MAPS; i++) *(long *)(base + i * 2 * PAGE) += 1;
        printf("child: %ld\n", sum(0, MAPS));
        _exit(3);
    }
    check(child > 0, "fork");
    printf("exit %d, parent: %ld\n", WEXITSTATUS(status_of(child)), sum(0, MAPS));

    // Another thread takes half of the mappings away meanwhile: the other half is whole.
    start(unmapper);
    begun = 1;
    child = fork();
    if (child == 0) _exit(sum(0, MAPS / 2) == (MAPS / 2) * (MAPS / 2 + 1L) / 2 ? 4 : 5);
    printf("exit %d beside munmap\n", WEXITSTATUS(status_of(child)));

    // A process is killed while it forks: no child of it stays.
    for (int i = 0; i < 20; i++) {
        child = fork();
        if (child == 0) {
            for (;;) {
                int grandchild = fork();
                if (grandchild == 0) _exit(0);
                waitpid(grandchild, 0, 0);
            }
        }
        usleep(137 * i);
        kill(child, SIGKILL);
        check(WTERMSIG(status_of(child)) == SIGKILL, "killed");
    }
    errno = 0;
    printf("killed while forking, %s\n", waitpid(-1, 0, 0) < 0 && errno == ECHILD ? "none left" : "some left");

    // execve ends all other threads, and gives back what they hold.
    check((shared = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED, "shared");
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(shared, &kind);
    begun = 0;
    child = fork();
    if (child == 0) {
        start(locker);
        while (!begun) sched_yield();
        for (int i = 0; i < THREADS; i++) start(sleeper);
        char *arguments[] = {argv[0], "after", 0};
        execv("/proc/self/exe", arguments);
        _exit(1);
    }
    int got = 0;
    for (int i = 0; i < 1000 && got != EOWNERDEAD; i++) {
        usleep(1000);
        got = pthread_mutex_lock(shared);
        if (got == 0) pthread_mutex_unlock(shared);
    }
    printf("%s\n", got == EOWNERDEAD ? "owner died" : "no owner died");
    printf("exit %d after execve\n", WEXITSTATUS(status_of(child)));
    return 0;
}

// Makes Linux calls whose answers are easy to get wrong, and prints each with its result. linuxcheck GROUP: the output of each group on Linux
// is GROUP.expected. It uses its working directory only.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRY(call) print(#call, (errno = 0, (long)(call)))

static void print(const char *call, long result) {
    printf("%s = %ld%s%s\n", call, result, result == -1 && errno ? " " : "", result == -1 && errno ? strerrorname_np(errno) : "");
    fflush(stdout);
}

static int make(const char *name, const char *text) {
    int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
    return write(file, text, strlen(text)) < 0 ? -1 : file;
}

static void show(const char *name) {
    struct stat status;
    char text[32] = "";
    int file = open(name, O_RDONLY);
    if (file < 0 || read(file, text, sizeof text - 1) < 0 || fstat(file, &status) < 0) {
        printf("%s: %s\n", name, strerrorname_np(errno));
        return;
    }
    close(file);
    printf("%s: [%s] mode %o\n", name, text, status.st_mode & 0777);
}

static void names(void) {
    close(make("a", "aaa"));
    int b = make("b", "bbb");
    TRY(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE));
    TRY(renameat2(AT_FDCWD, "a", AT_FDCWD, "nope", RENAME_EXCHANGE));
    TRY(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE | RENAME_NOREPLACE));
    TRY(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE));
    show("a");
    show("b");
    TRY(rename("b", "a")); // The descriptor b is of a file without a name now.
    TRY(fchmod(b, 0600));
    TRY(ftruncate(b, 1));
    show("a");
    TRY(mkdir("d", 0755));
    TRY(symlink("d", "l"));
    TRY(unlink("a/"));
    TRY(unlink("l/"));
    TRY(unlink("d/"));
    TRY(unlink("."));
    TRY(rmdir("d/."));
    TRY(rmdir("d/.."));
    TRY(rmdir("l/"));
    TRY(rename("a", "c/"));
    TRY(rename("a/", "c"));
    TRY(rename("d", "."));
    TRY(rename("d", "d/below"));
    TRY(rename("d", "e/"));
    TRY(symlink("x", "new/"));
    TRY(mkdir("new/", 0755));
    TRY(mkdir("new/.", 0755));
    TRY(open("a/", O_WRONLY | O_TRUNC));
    TRY(open("a", O_RDONLY | O_DIRECTORY | O_TRUNC));
    TRY(open("made/", O_CREAT | O_RDWR, 0600));
    TRY(truncate("a/", 0));
    TRY(access("a/", F_OK));
    show("a");
    TRY(truncate("a", 2));
    TRY(truncate("d", 2));
    TRY(truncate("e", 2));
    show("a");
    char name[300];
    memset(name, 'n', sizeof name);
    name[256] = 0;
    TRY(open(name, O_CREAT | O_RDWR, 0600));
    struct statfs system;
    TRY(statfs("nope", &system));
    TRY(fstatfs(99, &system));
    TRY(statfs("a", &system));
}

static void print_times(const char *name) {
    struct stat s;
    stat(name, &s);
    printf("%ld.%09ld %ld.%09ld\n", (long)s.st_atim.tv_sec, s.st_atim.tv_nsec, (long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
}

static void times(void) {
    int f = make("f", "x");
    struct timespec t[2] = {{-5, 7}, {1, 123456789}};
    TRY(futimens(f, t));
    print_times("f");
    t[0].tv_nsec = UTIME_OMIT;
    t[1] = (struct timespec){-1, 999999999};
    TRY(utimensat(AT_FDCWD, "f", t, 0));
    print_times("f");
    t[1].tv_nsec = UTIME_OMIT;
    TRY(utimensat(AT_FDCWD, "nope", t, 0));
    t[1].tv_nsec = 1000000000;
    TRY(utimensat(AT_FDCWD, "f", t, 0));
    t[1].tv_nsec = 0;
    TRY(utimensat(AT_FDCWD, "f/", t, 0));
    TRY(utimensat(AT_FDCWD, "f", t, 0x4000000));
    rename("f", "g");
    close(make("f", "y"));
    t[0] = t[1] = (struct timespec){77, 0};
    TRY(futimens(f, t)); // The file g, whatever is called f by now.
    print_times("g");
}

static void transfers(void) {
    size_t size = 3 << 20;
    char *bytes = malloc(size);
    memset(bytes, 'q', size);
    int f = open("f", O_CREAT | O_RDWR | O_APPEND, 0600);
    TRY(write(f, bytes, size));
    TRY(lseek(f, 0, SEEK_CUR));
    TRY(pwrite(f, "x", 1, 0));
    TRY(lseek(f, 0, SEEK_CUR));
    TRY(pread(f, bytes, size, 10));
    char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(map + 4096, 4096);
    TRY(write(f, map + 4000, 4096));
    TRY(pread(f, map + 4090, 100, 0));
    struct iovec parts[3] = {{bytes, 10}, {NULL, 0}, {(void *)8, 4}};
    TRY(pwritev(f, parts, 3, 0));
    TRY(preadv(f, parts, 3, 0));
    TRY(preadv2(f, parts, 1, -1, 0));
    parts[1].iov_len = -1;
    TRY(writev(f, parts, 2));
    int pipes[2];
    TRY(pipe(pipes));
    TRY(pread(pipes[0], bytes, 1, 0));
    TRY(fsync(pipes[0]));
    TRY(fsync(f));
    int path = open("f", O_PATH);
    TRY(fsync(path));
    TRY(fchmod(path, 0600));
    struct rlimit limit = {5, 5};
    signal(SIGXFSZ, SIG_IGN);
    TRY(setrlimit(RLIMIT_CORE, &limit));
    limit.rlim_max = 4;
    TRY(setrlimit(RLIMIT_FSIZE, &limit));
}

// Moves many bytes through a pipe and a file, and looks at none: what moving itself costs.
static void moves(void) {
    static char block[65536];
    int pipes[2];
    TRY(pipe(pipes));
    int f = open("moves", O_CREAT | O_RDWR, 0600);
    for (int i = 0; i < 512; i++) {
        if (write(pipes[1], block, sizeof block) != sizeof block || read(pipes[0], block, sizeof block) != sizeof block
            || pwrite(f, block, sizeof block, i % 16 * sizeof block) != sizeof block || pread(f, block, sizeof block, 0) != sizeof block) {
            exit(1);
        }
    }
    TRY(unlink("moves"));
}

static void prints(void) {
    for (int i = 0; i < 40000; i++) {
        printf("%05d: the quick brown fox jumps over the lazy dog and runs on to the end of it\n", i);
    }
}

static int stopped, status_of_child;

static void child_changed(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    stopped = info->si_code == CLD_STOPPED;
    status_of_child = info->si_status;
}

static void processes(char *self) {
    int status;
    pid_t child;
    char *arguments[] = {self, "exit", NULL};
    printf("spawn %s\n", strerrorname_np(posix_spawn(&child, "/nope", NULL, NULL, arguments, NULL)));
    TRY(posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, NULL));
    TRY(waitpid(child, &status, 0) == child);
    printf("status %x\n", status);
    volatile int shared = 1;
    if ((child = vfork()) == 0) {
        shared = 2;
        _exit(3);
    }
    TRY(waitpid(child, &status, 0) == child);
    printf("shared %d status %x\n", shared, status);
    siginfo_t info;
    TRY(waitid(P_ALL, 0, &info, WNOHANG | WEXITED));
    struct sigaction action = {.sa_sigaction = child_changed, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(SIGCHLD, &action, NULL);
    if ((child = fork()) == 0) {
        for (;;) {
            pause();
        }
    }
    memset(&info, 7, sizeof info);
    TRY(waitid(P_PID, child, &info, WNOHANG | WEXITED));
    printf("none %d %d\n", info.si_signo, info.si_pid);
    TRY(waitid(P_PID, child, &info, WNOHANG));
    kill(child, SIGSTOP);
    TRY(waitpid(child, &status, WUNTRACED) == child);
    printf("status %x code %d %d\n", status, stopped, status_of_child);
    TRY(waitpid(child, &status, WUNTRACED | WNOHANG));
    kill(child, SIGTERM); // Waits until the child goes on.
    TRY(waitpid(child, &status, WNOHANG));
    kill(child, SIGCONT);
    TRY(waitpid(child, &status, 0) == child);
    printf("status %x\n", status);
    TRY(waitpid(child, &status, 0));
    TRY(wait4(-1, &status, 0x100, NULL));
}

static int wait_for(int set) {
    struct epoll_event events[4];
    int count = epoll_wait(set, events, 4, 0);
    printf("wait %d", count);
    for (int i = 0; i < count; i++) {
        printf(" %x:%d", events[i].events, events[i].data.fd);
    }
    printf("\n");
    return count;
}

static void polls(void) {
    int p[2], set = epoll_create1(0), outer = epoll_create1(0), counter = eventfd(0, EFD_NONBLOCK);
    pipe(p);
    struct pollfd entry = {p[0], POLLRDNORM, 0};
    TRY(poll(&entry, 1, 0));
    write(p[1], "a", 1);
    TRY(poll(&entry, 1, 0));
    printf("%x\n", entry.revents);
    struct epoll_event event = {EPOLLIN | EPOLLET, {.fd = 1}};
    TRY(epoll_ctl(set, EPOLL_CTL_ADD, counter, &event));
    event.data.fd = 2;
    event.events = EPOLLIN;
    TRY(epoll_ctl(outer, EPOLL_CTL_ADD, set, &event));
    TRY(epoll_ctl(set, EPOLL_CTL_ADD, outer, &event));
    wait_for(outer);
    eventfd_write(counter, 1);
    wait_for(outer);
    wait_for(set);
    wait_for(set);
    wait_for(outer);
    eventfd_write(counter, 1);
    wait_for(set);
    int copy = dup(counter);
    close(counter);
    eventfd_write(copy, 1);
    wait_for(set); // The file is still open, so the set still watches it.
    close(copy);
    wait_for(set);
    struct timespec wrong = {0, -1};
    TRY(ppoll(&entry, 1, &wrong, NULL));
    TRY(epoll_wait(p[0], &event, 1, 0));
    fd_set reads;
    FD_ZERO(&reads);
    FD_SET(p[0], &reads);
    struct timeval now = {0, 0};
    TRY(select(p[0] + 1, &reads, NULL, NULL, &now));
    TRY(eventfd(0, 2));
}

static void *die(void *mutex) {
    pthread_mutex_lock(mutex);
    return NULL;
}

static void *take(void *mutex) {
    long result = pthread_mutex_lock(mutex);
    pthread_mutex_unlock(mutex);
    return (void *)result;
}

static void locks(void) {
    pthread_mutexattr_t kind;
    pthread_mutex_t robust, inheriting;
    pthread_t thread;
    void *result;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &kind);
    pthread_create(&thread, NULL, die, &robust);
    pthread_join(thread, NULL);
    printf("robust %s\n", strerrorname_np(pthread_mutex_lock(&robust)));
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setprotocol(&kind, PTHREAD_PRIO_INHERIT);
    TRY(pthread_mutex_init(&inheriting, &kind));
    TRY(pthread_mutex_lock(&inheriting));
    pthread_create(&thread, NULL, take, &inheriting);
    usleep(20000);
    TRY(pthread_mutex_unlock(&inheriting));
    pthread_join(thread, &result);
    printf("taken %ld\n", (long)result);
    TRY(pthread_mutex_lock(&inheriting));
}

int main(int count, char **arguments) {
    const char *group = count > 1 ? arguments[1] : "";
    if (strcmp(group, "exit") == 0) {
        return 7;
    }
    strcmp(group, "names") == 0 ? names() : strcmp(group, "times") == 0 ? times() : strcmp(group, "transfers") == 0 ? transfers()
        : strcmp(group, "processes") == 0 ? processes(arguments[0]) : strcmp(group, "polls") == 0 ? polls() : strcmp(group, "locks") == 0 ? locks()
        : strcmp(group, "moves") == 0 ? moves() : strcmp(group, "prints") == 0 ? prints()
        : (void)puts("groups: names times transfers processes polls locks moves prints");
    return 0;
}

// Locks on files between processes, and what Linux answers. Each check that fails is printed; then "done". Argument: a directory.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(x) ((x) ? (void)0 : (void)printf("line %d: %s, errno %d\n", __LINE__, #x, errno))
#define FAILS(x, e) (errno = 0, CHECK((long)(x) == -1 && errno == (e)))

static int file;

static int lock(int f, int command, int type, long start, long length)
{
    struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };
    return fcntl(f, command, &l);
}

// What a child of its own finds in the way: type, start and length of the lock, or 2 for none.
static int in_the_way(int type, long start, long length, long *at, long *count)
{
    int p[2], status;
    struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };
    pipe(p);
    if (fork() == 0) { int f = open("f", O_RDWR); fcntl(f, F_GETLK, &l); write(p[1], &l, sizeof l); _exit(0); }
    read(p[0], &l, sizeof l);
    wait(&status);
    close(p[0]);
    close(p[1]);
    *at = l.l_start;
    *count = l.l_len;
    return l.l_type;
}

static void ranges(void)
{
    long at, count;
    CHECK(!lock(file, F_SETLK, F_WRLCK, 0, 100) && !lock(file, F_SETLK, F_UNLCK, 40, 20));
    CHECK(in_the_way(F_RDLCK, 0, 0, &at, &count) == F_WRLCK && at == 0 && count == 40);
    CHECK(in_the_way(F_RDLCK, 40, 20, &at, &count) == F_UNLCK);
    CHECK(in_the_way(F_RDLCK, 59, 5, &at, &count) == F_WRLCK && at == 60 && count == 40);
    CHECK(!lock(file, F_SETLK, F_RDLCK, 60, 10));
    CHECK(in_the_way(F_RDLCK, 60, 5, &at, &count) == F_UNLCK && in_the_way(F_WRLCK, 60, 5, &at, &count) == F_RDLCK && at == 60 && count == 10);
    CHECK(!lock(file, F_SETLK, F_WRLCK, 40, 30) && in_the_way(F_RDLCK, 0, 0, &at, &count) == F_WRLCK && at == 0 && count == 100);
    CHECK(!lock(file, F_SETLK, F_WRLCK, 200, 0) && in_the_way(F_RDLCK, 1000, 1, &at, &count) == F_WRLCK && at == 200 && count == 0);
    CHECK(!lock(file, F_SETLK, F_WRLCK, 200, -50) && in_the_way(F_RDLCK, 150, 1, &at, &count) == F_WRLCK && at == 150 && count == 0);
    FAILS(lock(file, F_SETLK, F_WRLCK, -1, 1), EINVAL);
    FAILS(lock(file, F_SETLK, 9, 0, 1), EINVAL);
    FAILS(lock(99, F_SETLK, F_WRLCK, 0, 1), EBADF);
    int other = open("f", O_RDONLY);
    FAILS(lock(other, F_SETLK, F_WRLCK, 0, 1), EBADF);
    close(other); // Any descriptor of the file that is closed gives the locks of the process back.
    CHECK(in_the_way(F_WRLCK, 0, 0, &at, &count) == F_UNLCK);
}

static void waits(void)
{
    int p[2], q[2], status;
    char c;
    pipe(p);
    pipe(q);
    CHECK(!lock(file, F_SETLK, F_WRLCK, 0, 1));
    pid_t child = fork();
    if (child == 0)
    {
        FAILS(lock(file, F_SETLK, F_WRLCK, 0, 1), EAGAIN);
        CHECK(!lock(file, F_SETLK, F_WRLCK, 1, 1));
        write(p[1], "x", 1);
        CHECK(!lock(file, F_SETLKW, F_WRLCK, 0, 1));
        fflush(stdout);
        _exit(3);
    }
    read(p[0], &c, 1);
    usleep(100000); // The child waits for byte 0 by then.
    FAILS(lock(file, F_SETLKW, F_WRLCK, 1, 1), EDEADLK);
    CHECK(!lock(file, F_SETLK, F_UNLCK, 0, 1));
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3 && !lock(file, F_SETLK, F_WRLCK, 0, 2)); // What it held went with it.
    child = fork();
    if (child == 0)
    {
        struct sigaction a = { .sa_handler = (void (*)(int))usleep };
        sigaction(SIGALRM, &a, 0);
        alarm(1);
        CHECK(!lock(file, F_SETLK, F_WRLCK, 5, 1));
        FAILS(lock(file, F_SETLKW, F_WRLCK, 0, 1), EINTR);
        write(p[1], "x", 1);
        usleep(100000); // It waits no longer: who waits for it is in no circle.
        fflush(stdout);
        _exit(0);
    }
    read(p[0], &c, 1);
    CHECK(!lock(file, F_SETLKW, F_WRLCK, 5, 1));
    waitpid(child, &status, 0);
    CHECK(status == 0 && !lock(file, F_SETLK, F_UNLCK, 0, 0));
}

static void of_files(void)
{
    int a = open("f", O_RDWR), b = open("f", O_RDWR), status;
    CHECK(!lock(a, F_OFD_SETLK, F_WRLCK, 0, 10) && !lock(dup(a), F_OFD_SETLK, F_WRLCK, 5, 10));
    FAILS(lock(b, F_OFD_SETLK, F_RDLCK, 0, 1), EAGAIN);
    FAILS(lock(file, F_SETLK, F_RDLCK, 0, 1), EAGAIN); // Those of processes and of files are in each other's way.
    struct flock l = { .l_type = F_RDLCK, .l_start = 0, .l_len = 1 };
    CHECK(!fcntl(b, F_OFD_GETLK, &l) && l.l_type == F_WRLCK && l.l_pid == -1 && l.l_len == 15);
    l.l_pid = 1;
    FAILS(fcntl(b, F_OFD_GETLK, &l), EINVAL);
    CHECK(!flock(a, LOCK_EX));
    FAILS(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
    CHECK(!flock(a, LOCK_SH) && !flock(b, LOCK_SH));
    FAILS(flock(a, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    FAILS(flock(a, 0), EINVAL);
    CHECK(!flock(b, LOCK_UN));
    CHECK(!flock(a, LOCK_EX));
    if (fork() == 0) { CHECK(!flock(a, LOCK_EX) && !lock(a, F_OFD_SETLK, F_WRLCK, 0, 10)); close(a); fflush(stdout); _exit(0); } // A child shares them.
    wait(&status);
    FAILS(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
    if (fork() == 0) { usleep(20000); flock(a, LOCK_UN); _exit(0); }
    CHECK(!flock(b, LOCK_EX));
    wait(&status);
}

int main(int count, char **words)
{
    CHECK(count == 2 && !chdir(words[1]));
    setvbuf(stdout, 0, _IONBF, 0);
    file = open("f", O_RDWR | O_CREAT, 0600);
    ranges();
    waits();
    of_files();
    puts("done");
    return 0;
}

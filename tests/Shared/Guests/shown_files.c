#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// What /proc and /sys tell: one line for each property, 1 where it is as on Linux. The expected output is that of Linux.
static char text[1 << 20];

static int take(const char *path)
{
    int file = open(path, O_RDONLY), length = 0, n;
    if (file < 0)
        return -1;
    while ((n = read(file, text + length, sizeof text - 1 - length)) > 0)
        length += n;
    text[length] = 0;
    close(file);
    return length;
}

static int has(const char *directory, const char *name)
{
    DIR *d = opendir(directory);
    int found = 0;
    for (struct dirent *e; d && (e = readdir(d));)
        found += !strcmp(e->d_name, name);
    if (d)
        closedir(d);
    return found;
}

static void tell(const char *what, int value) { printf("%s: %d\n", what, value); }

static int ready[2], done[2];

static void *other(void *unused)
{
    char path[64], c;
    prctl(PR_SET_NAME, "other");
    sprintf(path, "/proc/self/task/%d/comm", gettid());
    tell("own comm of a thread", take(path) == 6 && !strcmp(text, "other\n"));
    tell("thread-self", take("/proc/thread-self/comm") == 6 && !strcmp(text, "other\n"));
    sprintf(path, "%d", gettid());
    tell("task lists the thread", has("/proc/self/task", path) == 1);
    tell("self is the process", take("/proc/self/comm") > 0 && strcmp(text, "other\n") != 0);
    write(ready[1], "", 1);
    read(done[0], &c, 1);
    return unused;
}

int main(int argc, char **argv)
{
    char path[128], link[256] = "", number[16];
    struct stat facts, same;
    pipe(ready);
    pipe(done);
    sprintf(number, "%d", getpid());
    tell("self names the process", readlink("/proc/self", link, 255) > 0 && !strcmp(link, number));
    tell("proc lists the process", has("/proc", number) == 1);
    tell("proc lists self once", has("/proc", "self") == 1);
    tell("fd lists 1", has("/proc/self/fd", "1") == 1);
    int length = take("/proc/self/cmdline");
    tell("cmdline", length == (int)strlen(argv[0]) + 1 && !strcmp(text, argv[0]));
    setenv("LATER", "1", 1);
    length = take("/proc/self/environ");
    tell("environ", length >= 0 && !strstr(text, "LATER"));
    length = take("/proc/self/auxv");
    int good = length > 0 && length % 16 == 0;
    for (ElfW(auxv_t) *v = (void *)text; good && v->a_type; v++)
        good = (v->a_type != AT_ENTRY && v->a_type != AT_RANDOM && v->a_type != AT_PHDR) || getauxval(v->a_type) == v->a_un.a_val;
    tell("auxv", good);
    length = take("/proc/self/exe");
    tell("exe is the program", length > 1000 && !memcmp(text, ELFMAG, SELFMAG) && ((ElfW(Ehdr) *)text)->e_entry % 2 == 0);
    stat("/proc/self/exe", &facts);
    tell("exe has its length", length == sizeof text - 1 ? facts.st_size >= length : facts.st_size == length);
    void *here = main;
    take("/proc/self/maps");
    unsigned long from, to;
    good = 0;
    for (char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : 0)
        good += sscanf(line, "%lx-%lx r-xp", &from, &to) == 2 && from <= (unsigned long)here && (unsigned long)here < to;
    tell("maps", good);
    int id;
    char name[32], state;
    take("/proc/self/stat");
    int ppid, fields = 0;
    good = sscanf(text, "%d (%31[^)]) %c %d", &id, name, &state, &ppid) == 4 && id == getpid() && ppid == getppid() && state == 'R';
    tell("stat", good);
    for (char *p = strtok(strrchr(text, ')') + 2, " \n"); p; p = strtok(0, " \n"))
        fields++;
    tell("fields of stat", fields + 2);
    prctl(PR_SET_NAME, "renamed");
    tell("comm", take("/proc/self/comm") == 8 && !strcmp(text, "renamed\n"));
    int file = open("/tmp/shown", O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
    write(file, "12345", 5);
    sprintf(path, "/proc/self/fdinfo/%d", file);
    take(path);
    unsigned flags = 0;
    char *at = strstr(text, "flags:");
    good = at && sscanf(at, "flags: %o", &flags) == 1 && (flags & O_APPEND) && (flags & O_CLOEXEC) && strstr(text, "pos:\t5\n");
    tell("fdinfo", good != 0);
    sprintf(path, "/proc/self/fd/%d", file);
    fstat(file, &facts);
    unlink("/tmp/shown");
    tell("fd leads to a file without a name", stat(path, &same) == 0 && same.st_ino == facts.st_ino);
    pthread_t thread;
    char c;
    pthread_create(&thread, 0, other, 0);
    read(ready[0], &c, 1);
    take("/proc/self/status");
    tell("Threads", strstr(text, "Threads:\t2\n") != 0);
    write(done[1], "", 1);
    pthread_join(thread, 0);
    int child = fork();
    if (!child)
    {
        prctl(PR_SET_NAME, "child");
        write(ready[1], "", 1);
        read(done[0], &c, 1);
        _exit(0);
    }

    read(ready[0], &c, 1);
    sprintf(path, "/proc/%d/comm", child);
    tell("comm of a child", take(path) == 6 && !strcmp(text, "child\n"));
    sprintf(path, "/proc/%d/status", child);
    take(path);
    sprintf(link, "PPid:\t%d\n", getpid());
    tell("parent of a child", strstr(text, link) != 0);
    sprintf(path, "/proc/%d", child);
    int directory = open(path, O_RDONLY | O_DIRECTORY);
    tell("file in an open directory", openat(directory, "stat", O_RDONLY) >= 0);
    write(done[1], "", 1);
    waitpid(child, 0, 0);
    tell("gone after its end", openat(directory, "stat", O_RDONLY) < 0 && access(path, F_OK) < 0);
    take("/proc/mounts");
    tell("root is mounted", strstr(text, " / ") != 0);
    tell("osrelease", take("/proc/sys/kernel/osrelease") > 2);
    char first[64];
    take("/proc/sys/kernel/random/uuid");
    strncpy(first, text, 63);
    length = take("/proc/sys/kernel/random/uuid");
    tell("uuid", length == 37 && text[14] == '4' && strcmp(first, text) != 0);
    tell("one processor or more", take("/sys/devices/system/cpu/online") >= 2 && text[0] == '0');
    tell("cannot be made", mkdir("/proc/x", 0777) < 0 && open("/sys/x", O_CREAT | O_WRONLY, 0666) < 0);
    tell("huge pages", take("/sys/kernel/mm/transparent_hugepage/enabled") > 0 && strchr(text, '[') != 0);
    return argc > 5;
}

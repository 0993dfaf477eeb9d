// What a program does with the files of its root, and what Linux answers. Each check that fails is printed; then "done". Argument: the directory of the files.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define CHECK(x) ((x) ? (void)0 : (void)printf("line %d: %s, errno %d\n", __LINE__, #x, errno))
#define FAILS(x, e) (errno = 0, CHECK((long)(x) == -1 && errno == (e)))

static char text[1 << 17];

static long size_of(const char *path) { struct stat s; return stat(path, &s) ? -1 : (long)s.st_size; }

static char *content(const char *path)
{
    int f = open(path, O_RDONLY);
    long n = f < 0 ? -1 : read(f, text, sizeof text - 1);
    close(f);
    text[n < 0 ? 0 : n] = 0;
    return text;
}

static void put(const char *path, const char *what, int flags)
{
    int f = open(path, O_WRONLY | O_CREAT | flags, 0644);
    CHECK(f >= 0 && write(f, what, strlen(what)) == (long)strlen(what));
    close(f);
}

static char *names(const char *path)
{
    static char all[4096];
    char *list[64];
    int n = 0;
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.') list[n++] = strdup(e->d_name);
    closedir(d);
    all[0] = 0;
    for (int i = 0; i < n; i++) // Sorted: a file system has its own order.
        for (int j = i + 1; j < n; j++)
            if (strcmp(list[i], list[j]) > 0) { char *t = list[i]; list[i] = list[j]; list[j] = t; }
    for (int i = 0; i < n; i++) { strcat(all, list[i]); strcat(all, " "); free(list[i]); }
    return all;
}

static void layers(void)
{
    struct stat s, t;
    CHECK(!strcmp(content("d/one"), "one\n") && !strcmp(names("d"), "big deep link one two "));
    CHECK(!stat("d/one", &s) && s.st_nlink == 2 && !stat("d/two", &t) && s.st_ino == t.st_ino);
    put("d/two", "and\n", O_APPEND); // One file, whichever name it was changed by.
    CHECK(!strcmp(content("d/one"), "one\nand\n") && !unlink("d/one") && !strcmp(content("d/two"), "one\nand\n"));
    CHECK(!stat("d/two", &s) && s.st_nlink == 1 && access("d/one", F_OK) == -1 && !strcmp(names("d"), "big deep link two "));
    put("d/one", "new\n", O_EXCL);
    CHECK(!strcmp(names("d"), "big deep link one two ") && !strcmp(content("d/link"), "new\n"));
    CHECK(size_of("d/big") == 100000 && content("d/big")[99999] == 'z');
    FAILS(rmdir("d/deep"), ENOTEMPTY);
    CHECK(!rename("d/deep", "moved") && !strcmp(content("moved/er/x"), "x") && access("d/deep", F_OK) == -1);
    CHECK(!unlink("moved/er/x") && !rmdir("moved/er") && !strcmp(names("moved"), "") && !rmdir("moved"));
    CHECK(!mkdir("d/deep", 0755) && !strcmp(names("d/deep"), "")); // What was there before does not come back.
    CHECK(!stat("d", &s) && s.st_nlink == 3);
}

static void mappings(void)
{
    int f = open("d/big", O_RDWR);
    char *private = mmap(0, 100000, PROT_READ | PROT_WRITE, MAP_PRIVATE, f, 0);
    char *reader = mmap(0, 1 << 17, PROT_READ, MAP_SHARED, open("d/big", O_RDONLY), 0);
    CHECK(private != MAP_FAILED && reader != MAP_FAILED && reader[99999] == 'z' && reader[100000] == 0);
    private[0] = 'P';
    CHECK(content("d/big")[0] == 'a' && reader[0] == 'a');
    CHECK(pwrite(f, "W", 1, 0) == 1 && reader[0] == 'W' && private[0] == 'P');
    char *writer = mmap(0, 100000, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
    writer[1] = 'M';
    CHECK(content("d/big")[1] == 'M' && reader[1] == 'M');
    FAILS(mprotect(reader, 4096, PROT_READ | PROT_WRITE), EACCES);
    CHECK(!madvise(private, 4096, MADV_DONTNEED) && private[0] == 'W');
    pid_t child = fork();
    if (child == 0) { writer[2] = 'C'; private[2] = 'Q'; _exit(0); }
    int status;
    waitpid(child, &status, 0);
    CHECK(status == 0 && writer[2] == 'C' && private[2] != 'Q');
    child = fork();
    if (child == 0) { *(volatile char *)(reader + (100000 + 8191) / 4096 * 4096); _exit(1); }
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
    CHECK(!ftruncate(f, 1 << 17) && reader[(1 << 17) - 1] == 0 && pwrite(f, "E", 1, (1 << 17) - 1) == 1 && reader[(1 << 17) - 1] == 'E');
    CHECK(!ftruncate(f, 10) && !ftruncate(f, 4096) && reader[9] == 'a' + 9 && reader[10] == 0);
    CHECK(!unlink("d/big") && writer[1] == 'M');
    close(f);
}

static void names_and_rights(void)
{
    struct stat s;
    char value[16];
    CHECK(mkfifo("fifo", 0600) == 0 && !stat("fifo", &s) && S_ISFIFO(s.st_mode));
    if (fork() == 0) { int w = open("fifo", O_WRONLY); write(w, "through", 7); _exit(0); }
    CHECK(!strcmp(content("fifo"), "through"));
    wait(0);
    FAILS(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
    put("\xff\xfe", "raw", 0);
    put("\xff\xfd", "other", 0);
    CHECK(!strcmp(content("\xff\xfe"), "raw") && !strcmp(content("\xff\xfd"), "other"));
    CHECK(!setxattr("d/two", "user.k", "v", 1, 0) && getxattr("d/two", "user.k", value, 16) == 1 && value[0] == 'v');
    FAILS(getxattr("d/two", "user.none", value, 16), ENODATA);
    int d = open("d", O_RDONLY | O_DIRECTORY);
    CHECK(!rename("d", "e") && mkdir("d", 0755) == 0 && faccessat(d, "two", F_OK, 0) == 0 && access("d/two", F_OK) == -1);
    CHECK(!fchdir(d) && access("two", F_OK) == 0 && !strcmp(strrchr(getcwd(text, 4096), '/'), "/e") && !chdir(".."));
    int u = open("e/two", O_RDONLY), o = open(".", O_TMPFILE | O_RDWR, 0600);
    CHECK(!unlink("e/two") && !fchmod(u, 0600) && !fstat(u, &s) && s.st_nlink == 0 && (s.st_mode & 0777) == 0600);
    sprintf(text, "/proc/self/fd/%d", o);
    CHECK(o >= 0 && write(o, "t", 1) == 1 && !linkat(AT_FDCWD, strdup(text), AT_FDCWD, "named", AT_SYMLINK_FOLLOW) && size_of("named") == 1);
}

static void users(void)
{
    struct stat s;
    CHECK(!chown("named", 7, 8) && !stat("named", &s) && s.st_uid == 7 && s.st_gid == 8 && !chmod("named", 0640) && !mkdir("sticky", 0777) && !chmod("sticky", 01777));
    put("sticky/roots", "", 0);
    pid_t child = fork();
    if (child == 0)
    {
        CHECK(!setgid(9) && !setuid(9));
        FAILS(open("named", O_RDONLY), EACCES);
        FAILS(unlink("sticky/roots"), EPERM);
        FAILS(chmod("named", 0777), EPERM);
        FAILS(setuid(0), EPERM);
        FAILS(mkdir("mine", 0700), EACCES);
        put("sticky/mine", "", O_EXCL);
        CHECK(!stat("sticky/mine", &s) && s.st_uid == 9 && !unlink("sticky/mine"));
        fflush(stdout);
        _exit(0);
    }
    wait(0);
}

static void programs(const char *interpreter)
{
    char line[300];
    sprintf(line, "#!%s  one two\n", interpreter);
    put("script", line, 0);
    FAILS(execl("script", "script", NULL), EACCES);
    CHECK(!chmod("script", 0755));
    int p[2];
    pipe(p);
    if (fork() == 0) { dup2(p[1], 1); execl("./script", "x", "y", NULL); _exit(9); }
    close(p[1]);
    long n = read(p[0], text, 300);
    text[n < 0 ? 0 : n] = 0;
    CHECK(strstr(text, "[one two] [./script] [y]") != NULL);
    wait(0);
    put("script2", "#!/nowhere\n", 0);
    chmod("script2", 0755);
    FAILS(execl("./script2", "x", NULL), ENOENT);
    put("empty", "", 0);
    chmod("empty", 0755);
    FAILS(execl("./empty", "x", NULL), ENOEXEC);
}

int main(int count, char **words)
{
    if (count != 2)
    {
        for (int i = 1; i < count; i++) printf("[%s] ", words[i]);
        return 0;
    }

    char self[4096];
    self[readlink("/proc/self/exe", self, 4095)] = 0;
    CHECK(!chdir(words[1]));
    umask(022);
    layers();
    mappings();
    names_and_rights();
    users();
    programs(words[0][0] == '/' ? words[0] : self);
    puts("done");
    return 0;
}

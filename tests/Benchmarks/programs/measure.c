/*
 * Runs a command of the shell on one processor and prints a line: the processor time of all its processes (user and system) in microseconds, the largest resident
 * set of one of them in KiB, and its exit code. The runtime of the benchmark cannot tell these for one command.
 *
 * measure PROCESSOR FOLDER OUTPUT COMMAND [MARKER]    the command's output goes to OUTPUT; the command is ended when MARKER is in it
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char tail[65536 + 256];

/* Copies the command's output; ends the command when the marker has come. */
static int copy(int from, int to, const char *marker, pid_t child) {
    size_t kept = 0;
    int is_found = 0;
    ssize_t count;
    while ((count = read(from, tail + kept, 65536)) > 0) {
        if (write(to, tail + kept, (size_t)count) != count) return -1;
        if (!marker || is_found) continue;
        size_t length = kept + (size_t)count, rest = strlen(marker) - 1;
        if (memmem(tail, length, marker, strlen(marker))) {
            is_found = 1;
            kill(-child, SIGTERM);
        }
        kept = length < rest ? length : rest;
        memmove(tail, tail + length - kept, kept);
    }
    return is_found;
}

int main(int count, char **words) {
    if (count < 5 || (count > 5 && (strlen(words[5]) == 0 || strlen(words[5]) > 200))) {
        fprintf(stderr, "usage: measure PROCESSOR FOLDER OUTPUT COMMAND [MARKER]\n");
        return 2;
    }
    int ends[2], output = open(words[3], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (output < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        perror(words[3]);
        return 1;
    }
    cpu_set_t processors;
    CPU_ZERO(&processors);
    CPU_SET(atoi(words[1]), &processors);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        int null = open("/dev/null", O_RDONLY);
        dup2(null, 0);
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        if (chdir(words[2]) != 0 || sched_setaffinity(0, sizeof processors, &processors) != 0) {
            perror("measure");
            _exit(126);
        }
        execl("/bin/sh", "sh", "-c", words[4], (char *)0);
        _exit(127);
    }
    setpgid(child, child);
    close(ends[1]);
    int is_found = copy(ends[0], output, count > 5 ? words[5] : 0, child), status = 0;
    pid_t ended;
    int last;
    /* Processes whose parent has ended are this one's children. */
    while ((ended = wait(&last)) > 0)
        if (ended == child) status = last;
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    long time = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    int code = is_found > 0 ? 0 : count > 5 || is_found < 0 ? 125 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    printf("%ld %ld %d\n", time, usage.ru_maxrss, code);
    return 0;
}

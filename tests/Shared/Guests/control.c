#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// What a process sets of itself, and what its children get of it. The expected output is that of Linux for a user who is not root.
static void tell(const char *what, long value) { printf("%s: %ld\n", what, value < 0 ? -errno : value); }

int main(void)
{
    int value = 0, status, ready[2], gone[2];
    char c;
    if (getuid() == 0)
        setresuid(1000, 1000, 1000);
    tell("dumpable", prctl(PR_SET_DUMPABLE, 0));
    tell("bad", prctl(PR_SET_DUMPABLE, 7));
    tell("keep", prctl(PR_SET_KEEPCAPS, 1) + prctl(PR_GET_KEEPCAPS));
    tell("privileges", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    tell("not back", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    tell("signal", prctl(PR_SET_PDEATHSIG, SIGTERM));
    tell("bad signal", prctl(PR_SET_PDEATHSIG, 65));
    tell("nice", setpriority(PRIO_PROCESS, 0, 5));
    tell("raw", syscall(SYS_getpriority, PRIO_PROCESS, 0));
    tell("less", setpriority(PRIO_PROCESS, 0, 1));
    tell("no process", setpriority(PRIO_PROCESS, 999999, 10));
    tell("what", setpriority(9, 0, 10));
    tell("bounds", sched_get_priority_max(SCHED_RR) + 1000 * sched_get_priority_min(SCHED_RR));
    tell("other", sched_get_priority_max(SCHED_OTHER));
    tell("policy", sched_get_priority_max(77));
    tell("membarrier", syscall(SYS_membarrier, 0, 1, 0));
    struct __user_cap_header_struct head = { 7, 0 };
    struct __user_cap_data_struct data[2] = { { 9, 9, 9 }, { 9, 9, 9 } };
    tell("version", syscall(SYS_capget, &head, data));
    tell("newest", head.version == _LINUX_CAPABILITY_VERSION_3);
    tell("capabilities", syscall(SYS_capget, &head, data));
    tell("none", data[0].effective | data[1].permitted);
    tell("personality", syscall(SYS_personality, 0xffffffff));
    fflush(stdout);
    pipe(ready);
    pipe(gone);
    if (!fork())
    {
        tell("inherited", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) + 10 * prctl(PR_GET_DUMPABLE) + 100 * getpriority(PRIO_PROCESS, 0));
        prctl(PR_GET_PDEATHSIG, &value);
        tell("not inherited", value);
        fflush(stdout);
        if (!fork())
        {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(gone[0]);
            write(ready[1], "", 1);
            for (;;)
                pause();
        }

        read(ready[0], &c, 1);
        _exit(3);
    }

    close(gone[1]);
    wait(&status);
    tell("status", WEXITSTATUS(status));
    tell("grandchild is gone", read(gone[0], &c, 1));
    return 0;
}

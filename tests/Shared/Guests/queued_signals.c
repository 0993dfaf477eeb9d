#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Signals with values, files of signals and of timers, timers of processes. The expected output is that of Linux.
static void tell(const char *what, long value) { printf("%s: %ld\n", what, value); }

static int order[64], values[64], codes[64], count;

static void handler(int signal, siginfo_t *info, void *context)
{
    order[count] = signal - SIGRTMIN;
    codes[count] = info->si_code;
    values[count++] = info->si_value.sival_int;
}

static struct itimerspec in(long first, long period)
{
    return (struct itimerspec){ { 0, period }, { 0, first } };
}

int main(void)
{
    struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
    sigset_t some, old;
    siginfo_t info;
    sigemptyset(&some);
    for (int i = 0; i < 4; i++)
    {
        sigaction(SIGRTMIN + i, &action, 0);
        sigaddset(&some, SIGRTMIN + i);
    }

    sigprocmask(SIG_BLOCK, &some, &old);
    for (int i = 0; i < 6; i++)
        sigqueue(getpid(), SIGRTMIN + (i + 1) % 2, (union sigval){ .sival_int = i });
    int child = fork();
    if (!child)
    {
        sigset_t pending;
        sigpending(&pending);
        _exit(sigismember(&pending, SIGRTMIN) ? 1 : sigqueue(getppid(), SIGRTMIN + 3, (union sigval){ .sival_int = 99 }) ? 2 : 0);
    }

    int status;
    waitpid(child, &status, 0);
    tell("child", status);
    sigprocmask(SIG_SETMASK, &old, 0);
    for (int i = 0; i < count; i++)
        printf("%d:%d:%d ", order[i], values[i], codes[i]);
    puts("");
    tell("wrong signal", sigqueue(getpid(), 65, (union sigval){ 0 }) < 0 ? errno : 0);
    tell("no process", sigqueue(999999, SIGRTMIN, (union sigval){ 0 }) < 0 ? errno : 0);
    memset(&info, 0, sizeof info);
    info.si_code = SI_USER;
    tell("forged", syscall(SYS_rt_sigqueueinfo, getppid(), 0, &info) < 0 ? 1 : 0);

    sigprocmask(SIG_BLOCK, &some, 0);
    int file = signalfd(-1, &some, SFD_NONBLOCK);
    struct signalfd_siginfo read_;
    struct pollfd wait = { file, POLLIN };
    tell("nothing yet", poll(&wait, 1, 0));
    tell("again", read(file, &read_, sizeof read_) < 0 ? errno : 0);
    sigqueue(getpid(), SIGRTMIN + 2, (union sigval){ .sival_int = 7 });
    tell("ready", poll(&wait, 1, -1));
    tell("size", read(file, &read_, sizeof read_));
    tell("signal", read_.ssi_signo - SIGRTMIN);
    tell("value", read_.ssi_int);
    tell("sender", read_.ssi_pid == getpid());
    tell("empty", poll(&wait, 1, 0));

    int clock_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    uint64_t times = 0;
    struct itimerspec set = in(20000000, 5000000), left;
    tell("not set", read(clock_, &times, 8) < 0 ? errno : 0);
    timerfd_settime(clock_, 0, &set, 0);
    timerfd_gettime(clock_, &left);
    tell("left", left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 20000000 && left.it_interval.tv_nsec == 5000000);
    int set_ = epoll_create1(0);
    struct epoll_event event = { EPOLLIN, { .u32 = 5 } };
    epoll_ctl(set_, EPOLL_CTL_ADD, clock_, &event);
    event.data.u32 = 0;
    tell("epoll", epoll_wait(set_, &event, 1, -1));
    tell("data", event.data.u32);
    usleep(30000);
    tell("read", read(clock_, &times, 8));
    tell("several", times > 3);
    set = in(0, 0);
    timerfd_settime(clock_, 0, &set, &left);
    tell("old period", left.it_interval.tv_nsec);
    tell("off", read(clock_, &times, 8) < 0 ? errno : 0);
    set = in(1000000000, 0);
    tell("bad time", timerfd_settime(clock_, 0, &set, 0) < 0 ? errno : 0);

    timer_t timer, quiet;
    struct sigevent how = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1, .sigev_value.sival_int = 31 };
    tell("create", timer_create(CLOCK_MONOTONIC, &how, &timer));
    how.sigev_notify = SIGEV_NONE;
    tell("quiet", timer_create(CLOCK_REALTIME, &how, &quiet));
    set = in(10000000, 2000000);
    timer_settime(timer, 0, &set, 0);
    usleep(40000);
    tell("took", sigwaitinfo(&some, &info) - SIGRTMIN);
    tell("code", info.si_code);
    tell("its value", info.si_value.sival_int);
    tell("overrun", info.si_overrun > 3 && timer_getoverrun(timer) > 3);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    set = (struct itimerspec){ { 0, 0 }, { now.tv_sec + 100, 0 } };
    timer_settime(quiet, TIMER_ABSTIME, &set, 0);
    timer_gettime(quiet, &left);
    tell("absolute", left.it_value.tv_sec >= 98 && left.it_value.tv_sec <= 100);
    tell("delete", timer_delete(timer));
    tell("deleted", timer_delete(timer) < 0 ? errno : 0);
    how = (struct sigevent){ .sigev_notify = SIGEV_SIGNAL, .sigev_signo = 99 };
    tell("bad signal", timer_create(CLOCK_MONOTONIC, &how, &timer) < 0 ? errno : 0);
    return 0;
}

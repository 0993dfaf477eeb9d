// Does one thing that an operating system does for a program, COUNT times: storm KIND COUNT [SIZE]. Without arguments it lists
// the kinds. Tests and benchmarks compare the time that the host takes for it with what it is charged.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long size; // Bytes, descriptors, names or processes, as the kind has it.
static int fd, pair[2], ep;
static char *block;
static char path[4096], text[8192];
static struct pollfd *polled;
static struct iovec *vectors;
static struct epoll_event *events;

static void check(long result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(2);
    }
}

static void spin(void) {
    for (volatile int i = 0; i < 1000; i++) {}
}

// What the others are compared with: loads, stores, branches and multiplications as programs have them.
static void work(void) {
    static unsigned table[1024];
    static unsigned seed = 1;
    for (int i = 0; i < 256; i++) {
        seed = seed * 1664525 + 1013904223;
        unsigned *entry = &table[seed >> 22];
        if (*entry & 1) *entry = *entry * 3 + seed;
        else *entry = (*entry >> 1) ^ seed;
    }
}

static void setup_none(void) {}
static void setup_pipe(void) { check(pipe(pair), "pipe"); }
static void setup_block(void) {
    block = malloc(size);
    memset(block, 1, size);
}
static void setup_file(void) {
    setup_block();
    check(fd = open("/tmp/file", O_RDWR | O_CREAT | O_TRUNC, 0600), "open");
    check(write(fd, block, size), "write");
}
static void setup_map(void) {
    block = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
}
static void setup_split(void) { // Areas of one page each, every other one read-only.
    setup_map();
    for (long i = 0; i < size; i += 8192) check(mprotect(block + i, 4096, PROT_READ), "mprotect");
}
static void setup_names(void) {
    check(mkdir("/tmp/d", 0700), "mkdir");
    for (long i = 0; i < size; i++) {
        snprintf(path, sizeof path, "/tmp/d/n%ld", i);
        check(fd = open(path, O_CREAT | O_WRONLY, 0600), "open");
        close(fd);
    }
}
static void setup_deep(void) {
    strcpy(path, "/tmp");
    for (long i = 0; i < size && i < 1000; i++) {
        strcat(path, "/d");
        check(mkdir(path, 0700), "mkdir");
    }
}
static void setup_links(void) {
    check(fd = open("/tmp/l0", O_CREAT | O_WRONLY, 0600), "open");
    char before[64];
    for (long i = 1; i <= size && i < 40; i++) {
        snprintf(before, sizeof before, "/tmp/l%ld", i - 1);
        snprintf(path, sizeof path, "/tmp/l%ld", i);
        check(symlink(before, path), "symlink");
    }
}
static void setup_long_links(void) { // Each target is a long way round to the next.
    check(mkdir("/tmp/d", 0700), "mkdir");
    check(fd = open("/tmp/l0", O_CREAT | O_WRONLY, 0600), "open");
    for (long i = 1; i <= size && i < 40; i++) {
        strcpy(text, "/tmp");
        while (strlen(text) < 3900) strcat(text, "/d/..");
        sprintf(text + strlen(text), "/l%ld", i - 1);
        snprintf(path, sizeof path, "/tmp/l%ld", i);
        check(symlink(text, path), "symlink");
    }
}
static void setup_fds(void) {
    setup_pipe();
    polled = calloc(size, sizeof *polled);
    events = calloc(size, sizeof *events);
    for (long i = 0; i < size; i++) {
        int d = dup(pair[0]);
        check(d, "dup");
        polled[i].fd = d;
        polled[i].events = POLLIN;
    }
}
static void setup_epoll(void) {
    setup_fds();
    check(ep = epoll_create1(0), "epoll");
    for (long i = 0; i < size; i++) {
        struct epoll_event e = {EPOLLIN};
        check(epoll_ctl(ep, EPOLL_CTL_ADD, polled[i].fd, &e), "epoll_ctl");
    }
}
static void setup_epoll_ready(void) {
    setup_epoll();
    check(write(pair[1], "x", 1), "write");
}
static void setup_vectors(void) {
    setup_pipe();
    check(fd = open("/dev/null", O_WRONLY), "null");
    setup_block();
    vectors = calloc(1024, sizeof *vectors);
    for (long i = 0; i < 1024 && i < size; i++) {
        vectors[i].iov_base = block + i;
        vectors[i].iov_len = 1;
    }
}
static void start_threads(void *(*body)(void *)) {
    pthread_attr_t a;
    pthread_attr_init(&a);
    pthread_attr_setstacksize(&a, 16384);
    for (long i = 0; i < size; i++) {
        pthread_t t;
        errno = pthread_create(&t, &a, body, 0);
        if (errno) {
            perror("thread");
            exit(2);
        }
    }
}
static void *sleeper(void *x) {
    for (;;) pause();
    return x;
}
static void setup_threads(void) { start_threads(sleeper); }
static int word;
static void *waiter(void *x) {
    for (;;) syscall(SYS_futex, &word, FUTEX_WAIT, 0, 0, 0, 0);
    return x;
}
static void setup_waiters(void) {
    start_threads(waiter);
    usleep(1000);
}
static void setup_children(void) {
    for (long i = 0; i < size; i++) {
        int p = fork();
        check(p, "fork");
        if (p == 0) {
            for (;;) pause();
        }
    }
}
static void setup_zombies(void) {
    for (long i = 0; i < size; i++) {
        int p = fork();
        check(p, "fork");
        if (p == 0) _exit(0);
    }
    usleep(1000);
    if (fork() == 0)
        for (;;) pause();
}
static void setup_proc_maps(void) {
    setup_split();
    block = malloc(1 << 20);
}
static void on_signal(int s) { (void)s; }
static void setup_signal(void) { signal(SIGUSR1, on_signal); }
static void setup_event(void) { check(fd = eventfd(0, EFD_NONBLOCK), "eventfd"); }
static void setup_timer(void) { check(fd = timerfd_create(CLOCK_MONOTONIC, 0), "timerfd"); }
static void setup_random(void) {
    setup_block();
    check(fd = open("/dev/urandom", O_RDONLY), "urandom");
}
static void setup_zero(void) {
    setup_block();
    check(fd = open("/dev/zero", O_RDONLY), "zero");
}
static void setup_null(void) {
    setup_block();
    check(fd = open("/dev/null", O_WRONLY), "null");
}
static void setup_dir(void) {
    setup_names();
    check(fd = open("/tmp/d", O_RDONLY | O_DIRECTORY), "open");
}
static void setup_sparse(void) { check(fd = open("/tmp/file", O_RDWR | O_CREAT | O_TRUNC, 0600), "open"); }
static void setup_cwd(void) {
    setup_deep();
    check(chdir(path), "chdir");
}

static void do_getppid(void) { getppid(); }
static void do_unknown(void) { syscall(9999); }
static void do_badfd(void) { syscall(SYS_read, 999, text, 1); }
static void do_clock(void) {
    struct timespec t;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
}
static void do_yield(void) { sched_yield(); }
static void do_uname(void) {
    struct utsname u;
    uname(&u);
}
static void do_sysinfo(void) {
    struct sysinfo s;
    sysinfo(&s);
}
static void do_rusage(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
}
static void do_limits(void) {
    struct rlimit r;
    getrlimit(RLIMIT_NOFILE, &r);
}
static void do_affinity(void) {
    cpu_set_t s;
    sched_getaffinity(0, sizeof s, &s);
}
static void do_sigaction(void) {
    struct sigaction s;
    sigaction(SIGUSR2, 0, &s);
}
static void do_sigmask(void) {
    sigset_t s;
    sigprocmask(SIG_BLOCK, 0, &s);
}
static void do_kill(void) { raise(SIGUSR1); }
static void do_kill_none(void) { kill(getpid(), 0); }
static void do_alarm(void) {
    struct itimerval v = {{0, 0}, {1000, 0}};
    setitimer(ITIMER_REAL, &v, 0);
}
static void do_nanosleep(void) {
    struct timespec t = {0, 1};
    nanosleep(&t, 0);
}
static void do_wake(void) { syscall(SYS_futex, &word, FUTEX_WAKE, 1, 0, 0, 0); }
static void do_wake_all(void) {
    syscall(SYS_futex, &word, FUTEX_WAKE, 1 << 30, 0, 0, 0);
    sched_yield();
}
static void do_requeue(void) {
    static int other;
    syscall(SYS_futex, &word, FUTEX_REQUEUE, 0, 1 << 30, &other, 0);
    syscall(SYS_futex, &other, FUTEX_REQUEUE, 0, 1 << 30, &word, 0);
}
static void do_wait_false(void) { syscall(SYS_futex, &word, FUTEX_WAIT, 1, 0, 0, 0); }
static void do_pipe1(void) {
    check(write(pair[1], "x", 1), "write");
    check(read(pair[0], text, 1), "read");
}
static void do_pipe4k(void) {
    check(write(pair[1], text, 4096), "write");
    check(read(pair[0], text, 4096), "read");
}
static void do_pipes(void) {
    int p[2];
    check(pipe(p), "pipe");
    close(p[0]);
    close(p[1]);
}
static void do_dup(void) {
    int d = dup(0);
    check(d, "dup");
    close(d);
}
static void do_fcntl(void) { fcntl(0, F_GETFL); }
static void do_event(void) {
    unsigned long one = 1;
    check(write(fd, &one, 8), "write");
    check(read(fd, &one, 8), "read");
}
static void do_timer(void) {
    struct itimerspec s = {{0, 0}, {1000, 0}};
    check(timerfd_settime(fd, 0, &s, 0), "settime");
}
static void do_read(void) { check(pread(fd, block, size, 0), "pread"); }
static void do_write(void) { check(pwrite(fd, block, size, 0), "pwrite"); }
static void do_write_null(void) { check(write(fd, block, size), "write"); }
static void do_read_dev(void) { check(read(fd, block, size), "read"); }
static void do_getrandom(void) { check(getrandom(block, size, 0), "getrandom"); }
static void do_trunc(void) {
    check(ftruncate(fd, 0), "ftruncate");
    check(ftruncate(fd, size), "ftruncate");
}
static void do_trunc_data(void) {
    check(pwrite(fd, "x", 1, size), "pwrite");
    check(ftruncate(fd, 0), "ftruncate");
}
static void do_fstat(void) {
    struct stat s;
    check(fstat(0, &s), "fstat");
}
static void do_stat(void) {
    struct stat s;
    check(stat("/tmp", &s), "stat");
}
static void do_stat_path(void) {
    struct stat s;
    check(stat(path, &s), "stat");
}
static void do_stat_none(void) {
    struct stat s;
    stat("/tmp/none", &s);
}
static void do_stat_long(void) {
    struct stat s;
    if (!text[0]) {
        while (strlen(text) < 4000) strcat(text, "/.");
    }
    check(stat(text, &s), "stat");
}
static void do_open(void) {
    int d = open("/tmp/open", O_CREAT | O_RDWR, 0600);
    check(d, "open");
    close(d);
}
static void do_create(void) {
    int d = open("/tmp/c", O_CREAT | O_RDWR, 0600);
    check(d, "open");
    close(d);
    check(unlink("/tmp/c"), "unlink");
}
static void do_mkdir(void) {
    check(mkdir("/tmp/m", 0700), "mkdir");
    check(rmdir("/tmp/m"), "rmdir");
}
static void do_symlink(void) {
    check(symlink("x", "/tmp/s"), "symlink");
    check(unlink("/tmp/s"), "unlink");
}
static void do_rename(void) {
    check(rename("/tmp/d", "/tmp/e"), "rename");
    check(rename("/tmp/e", "/tmp/d"), "rename");
}
static void do_readlink(void) { check(readlink("/tmp/l1", text, sizeof text), "readlink"); }
static void do_list(void) {
    check(lseek(fd, 0, SEEK_SET), "lseek");
    while (syscall(SYS_getdents64, fd, text, sizeof text) > 0) {}
}
static void do_opendir(void) {
    DIR *d = opendir("/tmp/d");
    while (readdir(d)) {}
    closedir(d);
}
static void do_getcwd(void) { check(syscall(SYS_getcwd, text, sizeof text), "getcwd"); }
static void do_chdir(void) { check(chdir(path), "chdir"); }
static void do_lseek(void) { check(lseek(fd, 1, SEEK_SET), "lseek"); }
static void do_fsync(void) { fsync(fd); }
static void do_poll(void) { check(poll(polled, size, 0), "poll"); }
static void do_select(void) {
    fd_set s;
    struct timeval t = {0, 0};
    FD_ZERO(&s);
    for (int i = 0; i < size && i < 1000; i++) FD_SET(polled[i].fd, &s);
    check(select(1024, &s, 0, 0, &t), "select");
}
static void do_epoll(void) { check(epoll_wait(ep, events, size, 0), "epoll_wait"); }
static void do_epoll_ctl(void) {
    struct epoll_event e = {EPOLLIN};
    check(epoll_ctl(ep, EPOLL_CTL_MOD, polled[size - 1].fd, &e), "epoll_ctl");
}
static void do_epoll_add(void) {
    struct epoll_event e = {EPOLLIN};
    check(epoll_ctl(ep, EPOLL_CTL_DEL, polled[size - 1].fd, &e), "del");
    check(epoll_ctl(ep, EPOLL_CTL_ADD, polled[size - 1].fd, &e), "add");
}
static void do_wake_epoll(void) {
    check(write(pair[1], "x", 1), "write");
    check(read(pair[0], text, 1), "read");
}
static void do_writev(void) { check(writev(fd, vectors, size < 1024 ? size : 1024), "writev"); }
static void do_mmap(void) {
    void *p = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    check(munmap(p, size), "munmap");
}
static void do_mmap_touch(void) {
    char *p = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    for (long i = 0; i < size; i += 4096) p[i] = 1;
    check(munmap(p, size), "munmap");
}
static void do_mmap_fixed(void) {
    void *p = mmap(block, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
}
static void do_mmap_file(void) {
    void *p = mmap(0, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    check(munmap(p, size), "munmap");
}
static void do_mremap(void) {
    block = mremap(block, size, 2 * size, MREMAP_MAYMOVE);
    if (block == MAP_FAILED) {
        perror("mremap");
        exit(2);
    }
    block = mremap(block, 2 * size, size, MREMAP_MAYMOVE);
}
static void do_mprotect(void) {
    check(mprotect(block, 4096, PROT_READ), "mprotect");
    check(mprotect(block, 4096, PROT_READ | PROT_WRITE), "mprotect");
}
static void do_mprotect_all(void) {
    check(mprotect(block, size, PROT_READ), "mprotect");
    check(mprotect(block, size, PROT_READ | PROT_WRITE), "mprotect");
}
static void do_resplit(void) {
    for (long i = 0; i < size; i += 8192) check(mprotect(block + i, 4096, PROT_READ), "mprotect");
    check(mprotect(block, size, PROT_READ | PROT_WRITE), "mprotect");
}
static void do_dontneed(void) {
    for (long i = 0; i < size; i += 4096) block[i] = 1;
    check(madvise(block, size, MADV_DONTNEED), "madvise");
}
static void do_dontneed_empty(void) { check(madvise(block, size, MADV_DONTNEED), "madvise"); }
static void do_brk(void) {
    check((long)sbrk(size), "sbrk");
    check((long)sbrk(-size), "sbrk");
}
static void do_mincore(void) {
    unsigned char v[4096];
    mincore(block, size < 16777216 ? size : 16777216, v);
}
static void *nothing(void *x) { return x; }
static void do_thread(void) {
    pthread_t t;
    errno = pthread_create(&t, 0, nothing, 0);
    if (errno) {
        perror("thread");
        exit(2);
    }
    pthread_join(t, 0);
}
static void do_fork(void) {
    int p = fork();
    check(p, "fork");
    if (p == 0) _exit(0);
    check(waitpid(p, 0, 0), "wait");
}
// A child whose threads each hold many robust mutexes ends by a signal.
static void *holder(void *x) {
    static struct {
        void *next;
        long word;
    } held[2048];
    static struct {
        void *first;
        long offset;
        void *pending;
    } list;
    for (int i = 0; i < 2048; i++) held[i].next = i == 2047 ? (void *)&list : (void *)&held[i + 1];
    list.first = &held[0];
    list.offset = sizeof(void *);
    syscall(SYS_set_robust_list, &list, sizeof list);
    return sleeper(x);
}
static void do_end_robust(void) {
    int p = fork();
    check(p, "fork");
    if (p == 0) {
        start_threads(holder);
        usleep(1000);
        raise(SIGKILL);
    }
    check(waitpid(p, 0, 0), "wait");
}
static void do_end_threads(void) {
    int p = fork();
    check(p, "fork");
    if (p == 0) {
        start_threads(sleeper);
        _exit(0);
    }
    check(waitpid(p, 0, 0), "wait");
}
static void do_exec_threads(void) {
    int p = fork();
    check(p, "fork");
    if (p == 0) {
        start_threads(sleeper);
        char *a[] = {"x", "none", "1", 0};
        execv("/proc/self/exe", a);
        _exit(1);
    }
    check(waitpid(p, 0, 0), "wait");
}
static void do_fork_touch(void) {
    int p = fork();
    check(p, "fork");
    if (p == 0) {
        for (long i = 0; i < size; i += 4096) block[i] = 2;
        _exit(0);
    }
    check(waitpid(p, 0, 0), "wait");
}
static void do_vfork(void) {
    int p = vfork();
    check(p, "vfork");
    if (p == 0) _exit(0);
    check(waitpid(p, 0, 0), "wait");
}
static void do_exec(void) {
    int p = vfork();
    check(p, "vfork");
    if (p == 0) {
        char *a[] = {"x", "none", "1", 0};
        execv("/proc/self/exe", a);
        _exit(1);
    }
    check(waitpid(p, 0, 0), "wait");
}
static void do_exec_args(void) {
    static char *a[4096];
    static char word100[101];
    if (!a[0]) {
        memset(word100, 'a', 100);
        a[0] = "x";
        a[1] = "none";
        a[2] = "1";
        for (int i = 3; i < 4000 && i < size; i++) a[i] = word100;
    }
    int p = vfork();
    check(p, "vfork");
    if (p == 0) {
        execv("/proc/self/exe", a);
        _exit(1);
    }
    check(waitpid(p, 0, 0), "wait");
}
static void do_wait_none(void) { waitpid(-1, 0, WNOHANG); }
static void do_wait_one(void) {
    siginfo_t s;
    s.si_pid = 0;
    waitid(P_ALL, 0, &s, WEXITED | WNOHANG | WNOWAIT);
}
static void do_kill_all(void) { kill(-1, 0); }
static void do_maps(void) {
    int d = open("/proc/self/maps", O_RDONLY);
    if (d < 0) return;
    while (read(d, block, 1 << 16) > 0) {}
    close(d);
}
static void do_status(void) {
    int d = open("/proc/self/status", O_RDONLY);
    check(d, "status");
    while (read(d, text, sizeof text) > 0) {}
    close(d);
}
static void do_stat_proc(void) {
    int d = open("/proc/stat", O_RDONLY);
    if (d < 0) return;
    while (read(d, text, sizeof text) > 0) {}
    close(d);
}
static void do_proc_list(void) {
    DIR *d = opendir("/proc");
    if (!d) return;
    while (readdir(d)) {}
    closedir(d);
}
static void do_fault(void) {
    for (long i = 0; i < size; i += 4096) block[i] = 1;
    check(munmap(block, size), "munmap");
    setup_map();
}
static void do_code(void) { // Pages of code that are new to the processor each time.
    unsigned *p = mmap(0, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    for (long i = 0; i < size / 4; i += 16) { p[i] = 0x00008067; }
    for (long i = 0; i < size / 4; i += 16) {
        __asm__ volatile("fence.i" ::: "memory");
        ((void (*)(void))(p + i))();
    }
    munmap(p, size);
}
static void do_selfmodify(void) {
    static unsigned *p;
    if (!p) { p = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
    p[0] = 0x00008067;
    __asm__ volatile("fence.i" ::: "memory");
    ((void (*)(void))p)();
}
static void do_float_round(void) {
    double a = 1.1;
    __asm__ volatile("fadd.d %0, %0, %0, rup" : "+f"(a));
}
static void do_sqrt_rtz(void) {
    double a = 1.1;
    __asm__ volatile("fsqrt.d %0, %0, rtz\n fdiv.d %0, %0, %0, rdn" : "+f"(a));
}
static void do_reserve(void) { __asm__ volatile("lr.w t0, (%0)\n sc.w t0, t0, (%0)" ::"r"(&word) : "t0", "memory"); }
static void do_pause(void) { __asm__ volatile(".word 0x0100000f"); }
static void do_csr(void) {
    long x;
    __asm__ volatile("rdcycle %0" : "=r"(x));
}
static void on_segv(int s, siginfo_t *i, void *c) {
    (void)s;
    (void)i;
    ((ucontext_t *)c)->uc_mcontext.__gregs[0] += 4;
}
static void setup_segv(void) {
    struct sigaction a = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &a, 0);
    sigaction(SIGILL, &a, 0);
}
static void do_segv_handler(void) {
    __asm__ volatile(".option push\n .option norvc\n sd zero, 0(zero)\n .option pop" ::: "memory");
}

#define KIND(name, setup, size)                                                                                                  \
    { #name, setup, do_##name, size }
static const struct {
    const char *name;
    void (*setup)(void), (*once)(void);
    long size;
} kinds[] = {
    {"none", setup_none, setup_none, 0},
    {"work", setup_none, work, 0},
    {"spin", setup_none, spin, 0},
    KIND(getppid, setup_none, 0),
    KIND(unknown, setup_none, 0),
    KIND(badfd, setup_none, 0),
    KIND(clock, setup_none, 0),
    KIND(yield, setup_none, 0),
    KIND(uname, setup_none, 0),
    KIND(sysinfo, setup_none, 0),
    KIND(rusage, setup_none, 0),
    KIND(limits, setup_none, 0),
    KIND(affinity, setup_none, 0),
    KIND(sigaction, setup_none, 0),
    KIND(sigmask, setup_none, 0),
    KIND(kill, setup_signal, 0),
    KIND(kill_none, setup_none, 0),
    KIND(alarm, setup_none, 0),
    KIND(nanosleep, setup_none, 0),
    KIND(wake, setup_none, 0),
    KIND(wake_all, setup_waiters, 50),
    KIND(requeue, setup_waiters, 50),
    KIND(wait_false, setup_none, 0),
    KIND(pipe1, setup_pipe, 0),
    KIND(pipe4k, setup_pipe, 0),
    KIND(pipes, setup_none, 0),
    KIND(dup, setup_none, 0),
    KIND(fcntl, setup_none, 0),
    KIND(event, setup_event, 0),
    KIND(timer, setup_timer, 0),
    KIND(read, setup_file, 65536),
    KIND(write, setup_file, 65536),
    KIND(write_null, setup_null, 65536),
    {"read_zero", setup_zero, do_read_dev, 65536},
    {"read_random", setup_random, do_read_dev, 65536},
    KIND(getrandom, setup_block, 65536),
    {"read_small", setup_file, do_read, 16},
    {"write_small", setup_file, do_write, 16},
    {"read_large", setup_file, do_read, 1 << 20},
    {"write_large", setup_file, do_write, 1 << 20},
    KIND(trunc, setup_sparse, 16 << 20),
    KIND(trunc_data, setup_sparse, 1 << 20),
    KIND(fstat, setup_none, 0),
    KIND(stat, setup_none, 0),
    {"stat_deep", setup_deep, do_stat_path, 500},
    {"stat_links", setup_links, do_stat_path, 39},
    {"stat_long_links", setup_long_links, do_stat_path, 39},
    KIND(stat_none, setup_none, 0),
    KIND(stat_long, setup_none, 0),
    KIND(open, setup_none, 0),
    KIND(create, setup_none, 0),
    KIND(mkdir, setup_none, 0),
    KIND(symlink, setup_none, 0),
    KIND(rename, setup_names, 100),
    KIND(readlink, setup_links, 2),
    KIND(list, setup_dir, 1000),
    KIND(opendir, setup_names, 1000),
    KIND(getcwd, setup_cwd, 500),
    KIND(chdir, setup_deep, 500),
    KIND(lseek, setup_sparse, 0),
    KIND(fsync, setup_sparse, 0),
    KIND(poll, setup_fds, 500),
    KIND(select, setup_fds, 500),
    KIND(epoll, setup_epoll, 500),
    {"epoll_ready", setup_epoll_ready, do_epoll, 500},
    KIND(epoll_ctl, setup_epoll, 500),
    KIND(epoll_add, setup_epoll, 500),
    KIND(wake_epoll, setup_epoll, 500),
    KIND(writev, setup_vectors, 1024),
    KIND(mmap, setup_none, 1 << 20),
    {"mmap_split", setup_split, do_mmap, 16 << 20},
    KIND(mmap_touch, setup_none, 1 << 20),
    KIND(mmap_fixed, setup_split, 16 << 20),
    KIND(mmap_file, setup_file, 65536),
    KIND(mremap, setup_map, 1 << 20),
    KIND(mprotect, setup_split, 16 << 20),
    KIND(mprotect_all, setup_map, 1 << 20),
    KIND(resplit, setup_map, 1 << 20),
    KIND(dontneed, setup_map, 1 << 20),
    KIND(dontneed_empty, setup_map, 1L << 36),
    KIND(brk, setup_none, 1 << 20),
    KIND(mincore, setup_map, 16 << 20),
    KIND(thread, setup_none, 0),
    {"thread_crowd", setup_threads, do_thread, 200},
    KIND(fork, setup_none, 0),
    {"fork_split", setup_split, do_fork, 4 << 20},
    KIND(fork_touch, setup_map, 1 << 20),
    KIND(vfork, setup_none, 0),
    KIND(exec, setup_none, 0),
    KIND(exec_args, setup_none, 1000),
    KIND(end_robust, setup_none, 50),
    KIND(end_threads, setup_none, 200),
    KIND(exec_threads, setup_none, 200),
    KIND(wait_none, setup_children, 50),
    KIND(wait_one, setup_zombies, 50),
    KIND(kill_all, setup_children, 50),
    KIND(maps, setup_proc_maps, 4 << 20),
    KIND(status, setup_none, 0),
    KIND(stat_proc, setup_none, 0),
    KIND(proc_list, setup_children, 50),
    KIND(fault, setup_map, 1 << 20),
    KIND(code, setup_none, 1 << 20),
    KIND(selfmodify, setup_none, 0),
    KIND(float_round, setup_none, 0),
    KIND(sqrt_rtz, setup_none, 0),
    KIND(reserve, setup_none, 0),
    KIND(pause, setup_none, 0),
    KIND(csr, setup_none, 0),
    KIND(segv_handler, setup_segv, 0),
};

int main(int argc, char **argv) {
    if (argc < 3) {
        for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) puts(kinds[i].name);
        return 0;
    }
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, argv[1])) continue;
        size = argc > 3 ? atol(argv[3]) : kinds[i].size;
        struct rlimit r = {4096, 4096};
        setrlimit(RLIMIT_NOFILE, &r);
        kinds[i].setup();
        for (long n = atol(argv[2]); n > 0; n--) kinds[i].once();
        fflush(stdout);
        _exit(0);
    }
    fprintf(stderr, "storm: no kind %s\n", argv[1]);
    return 1;
}

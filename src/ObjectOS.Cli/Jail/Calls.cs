namespace ObjectOS.Cli.Jail;

/// <summary>Numbers of Linux's system calls on x64, by what becomes of them in a confined tool (asm/unistd_64.h).</summary>
internal static class Calls
{
    public const int Mmap = 9, Mprotect = 10, Ioctl = 16, Socket = 41, Clone = 56, Kill = 62, Fcntl = 72, Prctl = 157, Tgkill = 234, Openat = 257, Prlimit = 302, Clone3 = 435;

    public const uint Execute = 4, WriteAndExecute = 6; // PROT_EXEC, PROT_WRITE
    public const uint OfAThread = 0x10000, Namespaces = 0x7e020000; // CLONE_THREAD, CLONE_NEW…
    public const uint OpenForWriting = 0x400243; // O_WRONLY | O_RDWR | O_CREAT | O_TRUNC, the bit of O_TMPFILE

    /// <summary>Those that nothing in the tool ever makes, and that code from outside would make first: the process ends.</summary>
    public static readonly int[] Fatal =
    [
        59, 322,  // execve, execveat
        101, 310, 311,  // ptrace, process_vm_readv, process_vm_writev
        155, 161, 165, 272, 308,  // pivot_root, chroot, mount, unshare, setns
        175, 313, 246, 320, 321,  // init_module, finit_module, kexec_load, kexec_file_load, bpf
    ];

    /// <summary>Terminals: their mode and size. Bytes that wait, not blocking, the size of a block device.</summary>
    public static readonly uint[] Ioctls = [0x5401, 0x5402, 0x5403, 0x5404, 0x540b, 0x540f, 0x5413, 0x541b, 0x5421, 0x5451, 0x80081272];

    /// <summary>F_DUPFD to F_SETLKW, those of open file descriptions, F_DUPFD_CLOEXEC, the size of a pipe. Not F_SETOWN, which sends signals.</summary>
    public static readonly uint[] Fcntls = [0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032];

    /// <summary>A thread's name, read and set; the name of a map.</summary>
    public static readonly uint[] Prctls = [15, 16, 0x53564d41];

    /// <summary>IPv4 and IPv6.</summary>
    public static readonly uint[] Families = [2, 10];

    private static readonly int[] Always =
    [
        0, 1, 3, 4, 5, 6, 7, 8, 17, 18, 19, 20, 21, 32, 295, 296, 327, 328,  // read to lseek, pread64 to access, dup, preadv to pwritev2
        73, 74, 75, 77, 79, 89, 137, 138, 217, 221, 262, 267, 269, 277, 285, 306, 332, 439,  // flock, fsync, …: files that are open, what stands at a path
        11, 12, 25, 26, 27, 28, 237, 239, 319,  // munmap, brk, mremap, msync, mincore, madvise, mbind, get_mempolicy, memfd_create
        13, 14, 15, 131,  // rt_sigaction, rt_sigprocmask, rt_sigreturn, sigaltstack
        24, 39, 60, 63, 96, 97, 98, 99, 102, 104, 107, 108, 186, 201, 203, 204, 309,  // sched_yield, getpid, exit, uname, …: this process and its host
        202, 218, 219, 231, 273, 274, 324, 334,  // futex, set_tid_address, restart_syscall, exit_group, set_robust_list, get_robust_list, membarrier, rseq
        35, 228, 229, 230, 318,  // nanosleep, clock_gettime, clock_getres, clock_nanosleep, getrandom
        232, 233, 270, 271, 281, 290, 291, 292, 293, 441,  // epoll_wait, epoll_ctl, pselect6, ppoll, epoll_pwait, eventfd2, epoll_create1, dup3, pipe2, epoll_pwait2
    ];

    // rename, mkdir, rmdir, link, unlink, symlink, chmod, fchmod, and the same by descriptor, truncate, utimensat.
    private static readonly int[] Changes = [76, 82, 83, 84, 86, 87, 88, 90, 91, 258, 263, 264, 265, 266, 268, 280, 316, 452];

    // rename, unlink, and the same by descriptor.
    private static readonly int[] Moves = [82, 87, 263, 264, 316];

    // accept, sendto, recvfrom, sendmsg, recvmsg, shutdown, getsockname, getpeername, setsockopt, getsockopt, accept4.
    private static readonly int[] Sockets = [43, 44, 45, 46, 47, 48, 51, 52, 54, 55, 288];

    // bind, listen.
    private static readonly int[] NewSockets = [49, 50];

    /// <summary>Those that are allowed whatever their arguments.</summary>
    public static IEnumerable<int> Allowed(JailGrants grants) =>
    [
        .. Always,
        .. grants.OpensForWriting ? [Openat] : Array.Empty<int>(),
        .. grants.WriteFolders.Count > 0 ? Changes : [],
        .. grants.OutputFolders.Count > 0 ? Moves : [],
        .. grants.UsesSockets ? Sockets : [],
        .. grants.MakesSockets ? NewSockets : [],
    ];
}

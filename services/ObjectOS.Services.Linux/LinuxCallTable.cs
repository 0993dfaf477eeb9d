using System.Collections.Frozen;
using ObjectOS.Services.Linux.Calls;
using static ObjectOS.Services.Linux.SupportLevel;

namespace ObjectOS.Services.Linux;

/// <summary>How much of a call there is.</summary>
internal enum SupportLevel : byte
{
    /// <summary>All that programs of this kind use.</summary>
    Full,

    /// <summary>The usual part of it.</summary>
    Partial,

    /// <summary>It is answered, or refused, without doing anything.</summary>
    Stub,
}

/// <summary>One call: its number on riscv64 (asm-generic/unistd.h), its name, how much of it there is, and the handler.</summary>
internal sealed record LinuxCallRow(int Number, string Name, SupportLevel Level, Func<LinuxCall, CallResult> Handler, bool IsRestartable = false);

/// <summary>Every call that there is, one row each. A number without a row is answered with ENOSYS.</summary>
internal static class LinuxCallTable
{
    public const int Futex = 98;

    /// <summary>The number of rt_sigtimedwait.</summary>
    public const int TimedWait = 137;

    /// <summary>Names of missing calls that are counted for a job; a program that tries more is counted no further.</summary>
    private const int MostUnsupported = 256;

    public static IReadOnlyList<LinuxCallRow> Rows { get; } =
    [
        new(17, "getcwd", Full, DirectoryCalls.GetWorkingDirectory),
        new(19, "eventfd2", Full, PipeCalls.EventFile),
        new(20, "epoll_create1", Full, EventPollCalls.Create),
        new(21, "epoll_ctl", Full, EventPollCalls.Control),
        new(22, "epoll_pwait", Full, EventPollCalls.Wait),
        new(23, "dup", Full, DescriptorCalls.Duplicate),
        new(24, "dup3", Full, DescriptorCalls.Duplicate3),
        new(25, "fcntl", Partial, DescriptorCalls.Control),
        new(29, "ioctl", Partial, DescriptorCalls.DeviceControl),
        new(32, "flock", Stub, DescriptorCalls.Lock),
        new(34, "mkdirat", Full, DirectoryCalls.MakeDirectory),
        new(35, "unlinkat", Full, DirectoryCalls.Remove),
        new(36, "symlinkat", Full, DirectoryCalls.MakeLink),
        new(37, "linkat", Stub, SystemCalls.NotPermitted),
        new(38, "renameat", Full, DirectoryCalls.Rename),
        new(43, "statfs", Full, FileSystemCalls.Status),
        new(44, "fstatfs", Full, FileSystemCalls.StatusFile),
        new(45, "truncate", Full, ChangeCalls.TruncatePath),
        new(46, "ftruncate", Full, ChangeCalls.Truncate),
        new(48, "faccessat", Full, StatusCalls.Access),
        new(49, "chdir", Full, DirectoryCalls.ChangeDirectory),
        new(50, "fchdir", Full, DirectoryCalls.ChangeDirectoryFile),
        new(52, "fchmod", Full, ChangeCalls.ChangeModeFile),
        new(53, "fchmodat", Full, ChangeCalls.ChangeMode),
        new(54, "fchownat", Partial, ChangeCalls.ChangeOwner),
        new(55, "fchown", Partial, ChangeCalls.ChangeOwnerFile),
        new(56, "openat", Full, OpenCalls.Open),
        new(57, "close", Full, DescriptorCalls.Close),
        new(59, "pipe2", Full, PipeCalls.Create),
        new(61, "getdents64", Full, ListCalls.List),
        new(62, "lseek", Full, FileCalls.Seek),
        new(63, "read", Full, FileCalls.Read, true),
        new(64, "write", Full, FileCalls.Write, true),
        new(65, "readv", Full, FileCalls.ReadVector, true),
        new(66, "writev", Full, FileCalls.WriteVector, true),
        new(67, "pread64", Full, FileCalls.ReadAt, true),
        new(68, "pwrite64", Full, FileCalls.WriteAt, true),
        new(69, "preadv", Full, FileCalls.ReadVectorAt, true),
        new(70, "pwritev", Full, FileCalls.WriteVectorAt, true),
        new(71, "sendfile", Stub, SystemCalls.InvalidArgument),
        new(72, "pselect6", Full, PollCalls.Select),
        new(73, "ppoll", Full, PollCalls.Poll),
        new(78, "readlinkat", Full, DirectoryCalls.ReadLink),
        new(79, "newfstatat", Full, StatusCalls.StatusPath),
        new(80, "fstat", Full, StatusCalls.Status),
        new(81, "sync", Full, FileSystemCalls.SynchronizeAll),
        new(82, "fsync", Full, FileSystemCalls.Synchronize),
        new(83, "fdatasync", Full, FileSystemCalls.Synchronize),
        new(88, "utimensat", Full, ChangeCalls.SetTimes),
        new(93, "exit", Full, ThreadCalls.Exit),
        new(94, "exit_group", Full, ProcessCalls.ExitGroup),
        new(95, "waitid", Full, WaitCalls.WaitId, true),
        new(96, "set_tid_address", Full, ThreadCalls.SetClearAddress),
        new(Futex, "futex", Partial, FutexCalls.Futex, true),
        new(99, "set_robust_list", Partial, ThreadCalls.SetRobustList),
        new(100, "get_robust_list", Stub, SystemCalls.NotPermitted),
        new(101, "nanosleep", Full, TimeCalls.Sleep),
        new(102, "getitimer", Full, TimeCalls.GetInterval),
        new(103, "setitimer", Partial, TimeCalls.SetInterval),
        new(113, "clock_gettime", Full, TimeCalls.GetClock),
        new(114, "clock_getres", Full, TimeCalls.GetResolution),
        new(115, "clock_nanosleep", Full, TimeCalls.SleepClock),
        new(118, "sched_setparam", Stub, SystemCalls.Nothing),
        new(119, "sched_setscheduler", Stub, SystemCalls.Nothing),
        new(120, "sched_getscheduler", Stub, SystemCalls.Nothing),
        new(121, "sched_getparam", Full, SystemCalls.GetSchedulingParameter),
        new(122, "sched_setaffinity", Stub, SystemCalls.Nothing),
        new(123, "sched_getaffinity", Full, SystemCalls.GetAffinity),
        new(124, "sched_yield", Full, SystemCalls.Nothing),
        new(129, "kill", Full, SignalCalls.Kill),
        new(130, "tkill", Full, SignalCalls.KillThread),
        new(131, "tgkill", Full, SignalCalls.KillGroupThread),
        new(132, "sigaltstack", Full, SignalCalls.AlternateStack),
        new(133, "rt_sigsuspend", Full, SignalCalls.Suspend),
        new(134, "rt_sigaction", Full, SignalCalls.Action),
        new(135, "rt_sigprocmask", Full, SignalCalls.SetMask),
        new(136, "rt_sigpending", Full, SignalCalls.Pending),
        new(TimedWait, "rt_sigtimedwait", Full, SignalCalls.TimedWait),
        new(139, "rt_sigreturn", Full, SignalCalls.Return),
        new(140, "setpriority", Stub, SystemCalls.Nothing),
        new(141, "getpriority", Stub, SystemCalls.Twenty),
        new(144, "setgid", Stub, SystemCalls.Nothing),
        new(146, "setuid", Stub, SystemCalls.Nothing),
        new(153, "times", Full, TimeCalls.Times),
        new(154, "setpgid", Full, ProcessCalls.SetGroup),
        new(155, "getpgid", Full, ProcessCalls.GetGroup),
        new(156, "getsid", Full, ProcessCalls.GetSession),
        new(157, "setsid", Full, ProcessCalls.NewSession),
        new(158, "getgroups", Full, SystemCalls.Nothing),
        new(160, "uname", Full, SystemCalls.Name),
        new(163, "getrlimit", Full, LimitCalls.Get),
        new(164, "setrlimit", Partial, LimitCalls.Set),
        new(165, "getrusage", Partial, TimeCalls.Usage),
        new(166, "umask", Full, SystemCalls.FileMask),
        new(167, "prctl", Partial, SystemCalls.Control),
        new(168, "getcpu", Full, SystemCalls.GetCpu),
        new(169, "gettimeofday", Full, TimeCalls.GetTimeOfDay),
        new(172, "getpid", Full, ProcessCalls.GetId),
        new(173, "getppid", Full, ProcessCalls.GetParent),
        new(174, "getuid", Full, SystemCalls.UserId),
        new(175, "geteuid", Full, SystemCalls.UserId),
        new(176, "getgid", Full, SystemCalls.GroupId),
        new(177, "getegid", Full, SystemCalls.GroupId),
        new(178, "gettid", Full, ThreadCalls.GetId),
        new(179, "sysinfo", Full, SystemCalls.Information),
        new(198, "socket", Stub, SystemCalls.NoFamily),
        new(199, "socketpair", Stub, SystemCalls.NoFamily),
        new(200, "bind", Stub, SystemCalls.NotSocket),
        new(201, "listen", Stub, SystemCalls.NotSocket),
        new(202, "accept", Stub, SystemCalls.NotSocket),
        new(203, "connect", Stub, SystemCalls.NotSocket),
        new(204, "getsockname", Stub, SystemCalls.NotSocket),
        new(205, "getpeername", Stub, SystemCalls.NotSocket),
        new(206, "sendto", Stub, SystemCalls.NotSocket),
        new(207, "recvfrom", Stub, SystemCalls.NotSocket),
        new(208, "setsockopt", Stub, SystemCalls.NotSocket),
        new(209, "getsockopt", Stub, SystemCalls.NotSocket),
        new(210, "shutdown", Stub, SystemCalls.NotSocket),
        new(242, "accept4", Stub, SystemCalls.NotSocket),
        new(214, "brk", Full, MemoryCalls.Break),
        new(215, "munmap", Full, MemoryCalls.Unmap),
        new(216, "mremap", Partial, MemoryCalls.Remap),
        new(220, "clone", Partial, ProcessCalls.Clone),
        new(221, "execve", Full, ExecuteCalls.Execute),
        new(222, "mmap", Partial, MemoryCalls.Map),
        new(223, "fadvise64", Stub, SystemCalls.Nothing),
        new(226, "mprotect", Full, MemoryCalls.Protect),
        new(227, "msync", Stub, SystemCalls.Nothing),
        new(228, "mlock", Stub, SystemCalls.Nothing),
        new(229, "munlock", Stub, SystemCalls.Nothing),
        new(233, "madvise", Partial, MemoryCalls.Advise),
        new(259, "riscv_flush_icache", Full, SystemCalls.Nothing),
        new(260, "wait4", Full, WaitCalls.Wait4, true),
        new(261, "prlimit64", Partial, LimitCalls.GetOrSet),
        new(267, "syncfs", Full, FileSystemCalls.SynchronizeFileSystem),
        new(276, "renameat2", Full, DirectoryCalls.Rename),
        new(278, "getrandom", Full, SystemCalls.GetRandom),
        new(283, "membarrier", Stub, SystemCalls.Nothing),
        new(286, "preadv2", Partial, FileCalls.ReadVectorFlags, true),
        new(287, "pwritev2", Partial, FileCalls.WriteVectorFlags, true),
        new(291, "statx", Full, StatusCalls.StatusExtended),
        new(436, "close_range", Full, DescriptorCalls.CloseRange),
        new(439, "faccessat2", Full, StatusCalls.Access),
        new(441, "epoll_pwait2", Full, EventPollCalls.WaitLong),
    ];

    private static readonly FrozenDictionary<long, LinuxCallRow> ByNumber = Rows.ToFrozenDictionary(row => (long)row.Number);

    public static bool IsRestartable(long number) => ByNumber.TryGetValue(number, out var row) && row.IsRestartable;

    public static string NameOf(long number) => ByNumber.TryGetValue(number, out var row) ? row.Name : UnsupportedCallNames.Of(number);

    /// <summary>Runs a call once.</summary>
    public static CallResult Run(LinuxCall call)
    {
        if (ByNumber.TryGetValue(call.Number, out var row))
        {
            return row.Handler(call);
        }

        string name = NameOf(call.Number);
        var job = call.Job;
        if (!job.Unsupported.TryGetValue(name, out ulong count))
        {
            if (job.Unsupported.Count >= MostUnsupported)
            {
                return Errno.ENOSYS;
            }

            call.System.Log(job, $"process {call.Process.Id} makes a call that is not there: {name} ({call.Number})", 2);
        }

        job.Unsupported[name] = count + 1;
        return Errno.ENOSYS;
    }
}

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

/// <summary>
/// One call: its number on riscv64 (asm-generic/unistd.h), its name, the kinds of its arguments and of its result (<see cref="CallShape"/>), how
/// much of it there is, and the handler.
/// </summary>
internal sealed record LinuxCallRow(int Number, string Name, string Shape, SupportLevel Level, Func<LinuxCall, CallResult> Handler, bool IsRestartable = false);

/// <summary>Every call that there is, one row each. A number without a row is answered with ENOSYS.</summary>
internal static class LinuxCallTable
{
    public const int Futex = 98;

    /// <summary>The number of fcntl.</summary>
    public const int FileControl = 25;

    /// <summary>The number of rt_sigtimedwait.</summary>
    public const int TimedWait = 137;

    /// <summary>Names of missing calls that are counted for a job; a program that tries more is counted no further.</summary>
    private const int MostUnsupported = 256;

    public static IReadOnlyList<LinuxCallRow> Rows { get; } =
    [
        new(17, "getcwd", "on:n", Full, DirectoryCalls.GetWorkingDirectory),
        new(5, "setxattr", "ppinx:e", Full, AttributeCalls.Set),
        new(6, "lsetxattr", "ppinx:e", Full, AttributeCalls.SetOfLink),
        new(7, "fsetxattr", "fpinx:e", Full, AttributeCalls.SetOfFile),
        new(8, "getxattr", "ppon:n", Full, AttributeCalls.Get),
        new(9, "lgetxattr", "ppon:n", Full, AttributeCalls.GetOfLink),
        new(10, "fgetxattr", "fpon:n", Full, AttributeCalls.GetOfFile),
        new(11, "listxattr", "pon:n", Full, AttributeCalls.List),
        new(12, "llistxattr", "pon:n", Full, AttributeCalls.ListOfLink),
        new(13, "flistxattr", "fon:n", Full, AttributeCalls.ListOfFile),
        new(14, "removexattr", "pp:e", Full, AttributeCalls.Remove),
        new(15, "lremovexattr", "pp:e", Full, AttributeCalls.RemoveOfLink),
        new(16, "fremovexattr", "fp:e", Full, AttributeCalls.RemoveOfFile),
        new(19, "eventfd2", "nx:f", Full, PipeCalls.EventFile),
        new(20, "epoll_create1", "x:f", Full, EventPollCalls.Create),
        new(21, "epoll_ctl", "fnfi:e", Full, EventPollCalls.Control),
        new(22, "epoll_pwait", "fonni:n", Full, EventPollCalls.Wait),
        new(23, "dup", "f:f", Full, DescriptorCalls.Duplicate),
        new(24, "dup3", "ffx:f", Full, DescriptorCalls.Duplicate3),
        new(FileControl, "fcntl", "fxa:n", Partial, DescriptorCalls.Control, true),
        new(29, "ioctl", "fxo:n", Partial, DescriptorCalls.DeviceControl),
        new(32, "flock", "fn:e", Full, LockCalls.LockFile, true),
        new(33, "mknodat", "fpxn:e", Partial, NodeCalls.MakeNode),
        new(34, "mkdirat", "fpx:e", Full, DirectoryCalls.MakeDirectory),
        new(35, "unlinkat", "fpx:e", Full, DirectoryCalls.Remove),
        new(36, "symlinkat", "pfp:e", Full, DirectoryCalls.MakeLink),
        new(37, "linkat", "fpfpx:e", Full, NodeCalls.Link),
        new(38, "renameat", "fpfp:e", Full, DirectoryCalls.Rename),
        new(39, "umount2", "px:e", Stub, SystemCalls.NotPermitted),
        new(40, "mount", "ppaxa:e", Stub, SystemCalls.NotPermitted),
        new(43, "statfs", "po:e", Full, FileSystemCalls.Status),
        new(44, "fstatfs", "fo:e", Full, FileSystemCalls.StatusFile),
        new(45, "truncate", "pn:e", Full, ChangeCalls.TruncatePath),
        new(46, "ftruncate", "fn:e", Full, ChangeCalls.Truncate),
        new(48, "faccessat", "fpx:e", Full, StatusCalls.Access),
        new(49, "chdir", "p:e", Full, DirectoryCalls.ChangeDirectory),
        new(50, "fchdir", "f:e", Full, DirectoryCalls.ChangeDirectoryFile),
        new(52, "fchmod", "fx:e", Full, ChangeCalls.ChangeModeFile),
        new(53, "fchmodat", "fpx:e", Full, ChangeCalls.ChangeMode),
        new(54, "fchownat", "fpnnx:e", Full, OwnerCalls.ChangeOwner),
        new(55, "fchown", "fnn:e", Full, OwnerCalls.ChangeOwnerFile),
        new(56, "openat", "fpxx:f", Full, OpenCalls.Open),
        new(57, "close", "f:e", Full, DescriptorCalls.Close),
        new(59, "pipe2", "ox:e", Full, PipeCalls.Create),
        new(61, "getdents64", "fon:n", Full, ListCalls.List),
        new(62, "lseek", "fnn:n", Full, FileCalls.Seek),
        new(63, "read", "fon:n", Full, FileCalls.Read, true),
        new(64, "write", "fin:n", Full, FileCalls.Write, true),
        new(65, "readv", "fin:n", Full, FileCalls.ReadVector, true),
        new(66, "writev", "fin:n", Full, FileCalls.WriteVector, true),
        new(67, "pread64", "fonn:n", Full, FileCalls.ReadAt, true),
        new(68, "pwrite64", "finn:n", Full, FileCalls.WriteAt, true),
        new(69, "preadv", "finn:n", Full, FileCalls.ReadVectorAt, true),
        new(70, "pwritev", "finn:n", Full, FileCalls.WriteVectorAt, true),
        new(71, "sendfile", "ffon:n", Stub, SystemCalls.InvalidArgument),
        new(72, "pselect6", "noooti:n", Full, PollCalls.Select),
        new(73, "ppoll", "onti:n", Full, PollCalls.Poll),
        new(74, "signalfd4", "finx:f", Full, QueuedSignalCalls.File),
        new(78, "readlinkat", "fpon:n", Full, DirectoryCalls.ReadLink),
        new(79, "newfstatat", "fpsx:e", Full, StatusCalls.StatusPath),
        new(80, "fstat", "fs:e", Full, StatusCalls.Status),
        new(81, "sync", ":e", Full, FileSystemCalls.SynchronizeAll),
        new(82, "fsync", "f:e", Full, FileSystemCalls.Synchronize),
        new(83, "fdatasync", "f:e", Full, FileSystemCalls.Synchronize),
        new(85, "timerfd_create", "nx:f", Full, TimerCalls.CreateFile),
        new(86, "timerfd_settime", "fxit:e", Full, TimerCalls.SetFile),
        new(87, "timerfd_gettime", "ft:e", Full, TimerCalls.GetFile),
        new(88, "utimensat", "fpix:e", Full, ChangeCalls.SetTimes),
        new(90, "capget", "io:e", Full, ControlCalls.GetCapabilities),
        new(92, "personality", "x:n", Partial, ControlCalls.Personality),
        new(93, "exit", "n:e", Full, ThreadCalls.Exit),
        new(94, "exit_group", "n:e", Full, ProcessCalls.ExitGroup),
        new(95, "waitid", "nd-sx-:n", Full, WaitCalls.WaitId, true),
        new(96, "set_tid_address", "a:d", Full, ThreadCalls.SetClearAddress),
        new(Futex, "futex", "axntan:n", Partial, FutexCalls.Futex, true),
        new(99, "set_robust_list", "an:e", Partial, ThreadCalls.SetRobustList),
        new(100, "get_robust_list", "doo:e", Stub, SystemCalls.NotPermitted),
        new(101, "nanosleep", "ia:e", Full, TimeCalls.Sleep),
        new(102, "getitimer", "nt:e", Full, TimeCalls.GetInterval),
        new(103, "setitimer", "nit:e", Partial, TimeCalls.SetInterval),
        new(107, "timer_create", "nio:e", Full, TimerCalls.Create),
        new(108, "timer_gettime", "nt:e", Full, TimerCalls.Get),
        new(109, "timer_getoverrun", "n:n", Full, TimerCalls.GetOverrun),
        new(110, "timer_settime", "nxit:e", Full, TimerCalls.Set),
        new(111, "timer_delete", "n:e", Full, TimerCalls.Delete),
        new(112, "clock_settime", "ni:e", Stub, ControlCalls.SetClock),
        new(113, "clock_gettime", "nt:e", Full, TimeCalls.GetClock),
        new(114, "clock_getres", "no:e", Full, TimeCalls.GetResolution),
        new(115, "clock_nanosleep", "nxia:e", Full, TimeCalls.SleepClock),
        new(118, "sched_setparam", "di:e", Stub, SystemCalls.Nothing),
        new(119, "sched_setscheduler", "dni:e", Stub, SystemCalls.Nothing),
        new(120, "sched_getscheduler", "d:n", Stub, SystemCalls.Nothing),
        new(121, "sched_getparam", "do:e", Full, SystemCalls.GetSchedulingParameter),
        new(122, "sched_setaffinity", "dni:e", Stub, SystemCalls.Nothing),
        new(123, "sched_getaffinity", "dno:n", Full, SystemCalls.GetAffinity),
        new(124, "sched_yield", ":e", Full, SystemCalls.Nothing),
        new(125, "sched_get_priority_max", "n:n", Full, ControlCalls.HighestPriority),
        new(126, "sched_get_priority_min", "n:n", Full, ControlCalls.LowestPriority),
        new(129, "kill", "dg:e", Full, SignalCalls.Kill),
        new(130, "tkill", "dg:e", Full, SignalCalls.KillThread),
        new(131, "tgkill", "ddg:e", Full, SignalCalls.KillGroupThread),
        new(132, "sigaltstack", "io:e", Full, SignalCalls.AlternateStack),
        new(133, "rt_sigsuspend", "in:e", Full, SignalCalls.Suspend),
        new(134, "rt_sigaction", "giin:e", Full, SignalCalls.Action),
        new(135, "rt_sigprocmask", "nion:e", Full, SignalCalls.SetMask),
        new(136, "rt_sigpending", "on:e", Full, SignalCalls.Pending),
        new(TimedWait, "rt_sigtimedwait", "iotn:n", Full, SignalCalls.TimedWait),
        new(138, "rt_sigqueueinfo", "dgi:e", Full, QueuedSignalCalls.Queue),
        new(139, "rt_sigreturn", ":-", Full, SignalCalls.Return),
        new(140, "setpriority", "nnn:e", Partial, ControlCalls.SetPriority),
        new(141, "getpriority", "nn:n", Full, ControlCalls.GetPriority),
        new(143, "setregid", "nn:e", Full, IdentityCalls.SetRealGroup),
        new(144, "setgid", "n:e", Full, IdentityCalls.SetGroup),
        new(145, "setreuid", "nn:e", Full, IdentityCalls.SetRealUser),
        new(146, "setuid", "n:e", Full, IdentityCalls.SetUser),
        new(147, "setresuid", "nnn:e", Full, IdentityCalls.SetAllUsers),
        new(148, "getresuid", "ooo:e", Full, IdentityCalls.GetAllUsers),
        new(149, "setresgid", "nnn:e", Full, IdentityCalls.SetAllGroups),
        new(150, "getresgid", "ooo:e", Full, IdentityCalls.GetAllGroups),
        new(151, "setfsuid", "n:n", Full, IdentityCalls.SetFilesUser),
        new(152, "setfsgid", "n:n", Full, IdentityCalls.SetFilesGroup),
        new(153, "times", "t:t", Full, TimeCalls.Times),
        new(154, "setpgid", "dd:e", Full, ProcessCalls.SetGroup),
        new(155, "getpgid", "d:d", Full, ProcessCalls.GetGroup),
        new(156, "getsid", "d:d", Full, ProcessCalls.GetSession),
        new(157, "setsid", ":d", Full, ProcessCalls.NewSession),
        new(158, "getgroups", "no:n", Full, IdentityCalls.GetGroups),
        new(159, "setgroups", "ni:e", Full, IdentityCalls.SetGroups),
        new(160, "uname", "o:e", Full, SystemCalls.Name),
        new(161, "sethostname", "in:e", Stub, SystemCalls.NotPermitted),
        new(162, "setdomainname", "in:e", Stub, SystemCalls.NotPermitted),
        new(163, "getrlimit", "no:e", Full, LimitCalls.Get),
        new(164, "setrlimit", "ni:e", Partial, LimitCalls.Set),
        new(165, "getrusage", "nt:e", Partial, TimeCalls.Usage),
        new(166, "umask", "x:n", Full, SystemCalls.FileMask),
        new(167, "prctl", "naaaa:n", Partial, ControlCalls.Control),
        new(168, "getcpu", "oo-:e", Full, SystemCalls.GetCpu),
        new(169, "gettimeofday", "tt:e", Full, TimeCalls.GetTimeOfDay),
        new(172, "getpid", ":d", Full, ProcessCalls.GetId),
        new(173, "getppid", ":d", Full, ProcessCalls.GetParent),
        new(174, "getuid", ":n", Full, IdentityCalls.UserId),
        new(175, "geteuid", ":n", Full, IdentityCalls.EffectiveUserId),
        new(176, "getgid", ":n", Full, IdentityCalls.GroupId),
        new(177, "getegid", ":n", Full, IdentityCalls.EffectiveGroupId),
        new(178, "gettid", ":d", Full, ThreadCalls.GetId),
        new(179, "sysinfo", "t:e", Full, SystemCalls.Information),
        new(198, "socket", "nxn:f", Stub, SystemCalls.NoFamily),
        new(199, "socketpair", "nxno:e", Stub, SystemCalls.NoFamily),
        new(200, "bind", "fin:e", Stub, SystemCalls.NotSocket),
        new(201, "listen", "fn:e", Stub, SystemCalls.NotSocket),
        new(202, "accept", "foo:f", Stub, SystemCalls.NotSocket),
        new(203, "connect", "fin:e", Stub, SystemCalls.NotSocket),
        new(204, "getsockname", "foo:e", Stub, SystemCalls.NotSocket),
        new(205, "getpeername", "foo:e", Stub, SystemCalls.NotSocket),
        new(206, "sendto", "finxin:n", Stub, SystemCalls.NotSocket),
        new(207, "recvfrom", "fonxoo:n", Stub, SystemCalls.NotSocket),
        new(208, "setsockopt", "fnnin:e", Stub, SystemCalls.NotSocket),
        new(209, "getsockopt", "fnnoo:e", Stub, SystemCalls.NotSocket),
        new(210, "shutdown", "fn:e", Stub, SystemCalls.NotSocket),
        new(240, "rt_tgsigqueueinfo", "ddgi:e", Full, QueuedSignalCalls.QueueForThread),
        new(242, "accept4", "foox:f", Stub, SystemCalls.NotSocket),
        new(214, "brk", "a:a", Full, MemoryCalls.Break),
        new(215, "munmap", "an:e", Full, MemoryCalls.Unmap),
        new(216, "mremap", "annxa:a", Partial, MemoryCalls.Remap),
        new(220, "clone", "xaaaa:d", Partial, ForkCalls.Clone),
        new(221, "execve", "pii:e", Full, ExecuteCalls.Execute),
        new(222, "mmap", "anxxfn:a", Partial, MemoryCalls.Map),
        new(223, "fadvise64", "fnnn:e", Stub, SystemCalls.Nothing),
        new(226, "mprotect", "anx:e", Full, MemoryCalls.Protect),
        new(227, "msync", "anx:e", Stub, SystemCalls.Nothing),
        new(228, "mlock", "an:e", Stub, SystemCalls.Nothing),
        new(229, "munlock", "an:e", Stub, SystemCalls.Nothing),
        new(233, "madvise", "ann:e", Partial, MemoryCalls.Advise),
        new(259, "riscv_flush_icache", "aax:e", Full, SystemCalls.Nothing),
        new(260, "wait4", "doxt:d", Full, WaitCalls.Wait4, true),
        new(261, "prlimit64", "dnio:e", Partial, LimitCalls.GetOrSet),
        new(267, "syncfs", "f:e", Full, FileSystemCalls.SynchronizeFileSystem),
        new(276, "renameat2", "fpfpx:e", Full, DirectoryCalls.Rename),
        new(278, "getrandom", "onx:n", Full, SystemCalls.GetRandom),
        new(283, "membarrier", "nx:n", Partial, ControlCalls.Barrier),
        new(286, "preadv2", "finn-x:n", Partial, FileCalls.ReadVectorFlags, true),
        new(287, "pwritev2", "finn-x:n", Partial, FileCalls.WriteVectorFlags, true),
        new(291, "statx", "fpxxs:e", Full, StatusCalls.StatusExtended),
        new(436, "close_range", "nnx:e", Full, DescriptorCalls.CloseRange),
        new(439, "faccessat2", "fpxx:e", Full, StatusCalls.Access),
        new(441, "epoll_pwait2", "fontin:n", Full, EventPollCalls.WaitLong),
    ];

    private static readonly FrozenDictionary<long, LinuxCallRow> ByNumber = Rows.ToFrozenDictionary(row => (long)row.Number);

    public static bool IsRestartable(long number) => ByNumber.TryGetValue(number, out var row) && row.IsRestartable;

    public static string? ShapeOf(long number) => ByNumber.TryGetValue(number, out var row) ? row.Shape : null;

    public static string NameOf(long number) => ByNumber.TryGetValue(number, out var row) ? row.Name : UnsupportedCallNames.Of(number);

    /// <summary>Runs a call once.</summary>
    public static CallResult Run(LinuxCall call)
    {
        if (ByNumber.TryGetValue(call.Number, out var row))
        {
            call.Process.Caller = call.Job.Caller = call.Thread;
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

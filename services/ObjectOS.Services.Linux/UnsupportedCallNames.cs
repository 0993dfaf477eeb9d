using System.Globalization;

namespace ObjectOS.Services.Linux;

/// <summary>Names of calls that programs try and this service has not, for its reports (asm-generic/unistd.h).</summary>
internal static class UnsupportedCallNames
{
    public static string Of(long number) => number switch
    {
        5 => "setxattr",
        8 => "getxattr",
        26 => "inotify_init1",
        33 => "mknodat",
        39 => "umount2",
        40 => "mount",
        47 => "fallocate",
        51 => "chroot",
        69 => "preadv",
        70 => "pwritev",
        74 => "signalfd4",
        75 => "vmsplice",
        76 => "splice",
        77 => "tee",
        85 => "timerfd_create",
        90 => "capget",
        107 => "timer_create",
        117 => "ptrace",
        211 => "sendmsg",
        212 => "recvmsg",
        232 => "mincore",
        258 => "riscv_hwprobe",
        279 => "memfd_create",
        281 => "execveat",
        285 => "copy_file_range",
        293 => "rseq",
        425 => "io_uring_setup",
        435 => "clone3",
        436 => "close_range",
        437 => "openat2",
        _ => "call_" + number.ToString(CultureInfo.InvariantCulture),
    };
}

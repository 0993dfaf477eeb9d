using System.Collections.Frozen;
using static ObjectOS.Services.Linux.ShownShape;

namespace ObjectOS.Services.Linux;

/// <summary>The names of <c>/proc</c> and <c>/sys</c>: each row's number is the <see cref="Services.Files.Inode.Tag"/> of its inodes.</summary>
internal static class ShownTable
{
    public const string Process = "/proc/N";
    public const string Tasks = "/proc/N/task";
    public const string Descriptors = "/proc/N/fd";
    public const string DescriptorFacts = "/proc/N/fdinfo";

    private const uint Private = 0x100;
    private const uint Listed = 0x16d;
    private const uint Led = 0x1ff;
    private const string SysKernel = "/proc/sys/kernel";
    private const string Processors = "/sys/devices/system/cpu";
    private const string HugePages = "/sys/kernel/mm/transparent_hugepage";

    public static readonly ShownRow[] Rows =
    [
        new("/", "none", Text, _ => ""), // Tag 0 is that of all other inodes.
        new("/", "proc", Listing, Mode: Listed),
        new("/", "sys", Listing, Mode: Listed),
        new("/proc", "N", Listing, Mode: Listed),
        new(Tasks, "N", Listing, Mode: Listed),
        new(Descriptors, "N", Link, Mode: 0x1c0),
        new(Descriptors, "file", Descriptor, Mode: 0x180),
        new(DescriptorFacts, "N", Text, ProcessTexts.DescriptorFacts, Private),
        new(Process, "program", Program, Mode: 0x1ed),

        new("/proc", "cmdline", Text, _ => "\n"),
        new("/proc", "cpuinfo", Text, SystemTexts.Processor),
        new("/proc", "devices", Text, _ => "Character devices:\n  1 mem\n  5 /dev/tty\n\nBlock devices:\n"),
        new("/proc", "filesystems", Text, _ => "nodev\tproc\nnodev\tsysfs\nnodev\ttmpfs\nnodev\t9p\n"),
        new("/proc", "loadavg", Text, SystemTexts.Load),
        new("/proc", "meminfo", Text, SystemTexts.Memory),
        new("/proc", "mounts", Link, _ => "self/mounts", Led),
        new("/proc", "net", Link, _ => "self/net", Led),
        new("/proc", "self", Link, view => ShownView.Number(view.Viewer.Id), Led),
        new("/proc", "stat", Text, SystemTexts.Statistics),
        new("/proc", "swaps", Text, _ => "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"),
        new("/proc", "sys", Listing, Mode: Listed),
        new("/proc", "thread-self", Link, view => $"{ShownView.Number(view.Viewer.Id)}/task/{ShownView.Number(view.Caller.Id)}", Led),
        new("/proc", "uptime", Text, SystemTexts.Uptime),
        new("/proc", "version", Text, _ => "Linux version 6.1.0 (objectos) #1 ObjectOS\n"),
        new("/proc", "vmstat", Text, SystemTexts.MemoryEvents),

        new("/proc/sys", "fs", Listing, Mode: Listed),
        new("/proc/sys/fs", "file-max", Text, _ => "9223372036854775807\n"),
        new("/proc/sys/fs", "file-nr", Text, _ => "0\t0\t9223372036854775807\n"),
        new("/proc/sys/fs", "nr_open", Text, view => ShownView.Number(DescriptorTable.Limit) + "\n"),
        new("/proc/sys/fs", "pipe-max-size", Text, _ => "1048576\n"),
        new("/proc/sys", "kernel", Listing, Mode: Listed),
        new(SysKernel, "cap_last_cap", Text, _ => "40\n"),
        new(SysKernel, "hostname", Text, _ => "objectos\n"),
        new(SysKernel, "ngroups_max", Text, _ => "65536\n"),
        new(SysKernel, "osrelease", Text, _ => "6.1.0\n"),
        new(SysKernel, "ostype", Text, _ => "Linux\n"),
        new(SysKernel, "pid_max", Text, _ => "4194304\n"),
        new(SysKernel, "random", Listing, Mode: Listed),
        new(SysKernel + "/random", "boot_id", Text, _ => "6f626a65-6374-4f73-8000-000000000001\n"),
        new(SysKernel + "/random", "entropy_avail", Text, _ => "256\n"),
        new(SysKernel + "/random", "uuid", Text, SystemTexts.RandomIdentifier),
        new(SysKernel, "threads-max", Text, _ => "32768\n"),
        new(SysKernel, "version", Text, _ => "#1 ObjectOS\n"),
        new("/proc/sys", "net", Listing, Mode: Listed),
        new("/proc/sys/net", "core", Listing, Mode: Listed),
        new("/proc/sys/net/core", "somaxconn", Text, _ => "4096\n"),
        new("/proc/sys", "vm", Listing, Mode: Listed),
        new("/proc/sys/vm", "max_map_count", Text, _ => "65530\n"),
        new("/proc/sys/vm", "overcommit_memory", Text, _ => "0\n"),
        new("/proc/sys/vm", "swappiness", Text, _ => "60\n"),

        new(Process, "auxv", Memory, null, Private),
        new(Process, "cgroup", Text, _ => "0::/\n"),
        new(Process, "cmdline", Text, ProcessTexts.Arguments),
        new(Process, "comm", Text, view => view.Name + "\n"),
        new(Process, "cpuset", Text, _ => "/\n"),
        new(Process, "cwd", Link, ProcessTexts.WorkingDirectory, Led),
        new(Process, "environ", Memory, null, Private),
        new(Process, "exe", Link, view => view.Process.Executable?.Path ?? "", Led),
        new(Process, "fd", Listing, Mode: 0x140),
        new(Process, "fdinfo", Listing, Mode: 0x140),
        new(Process, "gid_map", Text, _ => SystemTexts.AllIdentities),
        new(Process, "io", Text, _ => "rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n", Private),
        new(Process, "limits", Text, ProcessTexts.Limits),
        new(Process, "loginuid", Text, _ => "4294967295"),
        new(Process, "maps", Text, MapTexts.Maps),
        new(Process, "mountinfo", Text, SystemTexts.MountFacts),
        new(Process, "mounts", Text, SystemTexts.Mounts),
        new(Process, "net", Listing, Mode: Listed),
        new(Process, "oom_adj", Text, _ => "0\n"),
        new(Process, "oom_score", Text, _ => "0\n"),
        new(Process, "oom_score_adj", Text, _ => "0\n"),
        new(Process, "personality", Text, _ => "00000000\n", Private),
        new(Process, "root", Link, _ => "/", Led),
        new(Process, "sessionid", Text, _ => "4294967295"),
        new(Process, "setgroups", Text, _ => "allow\n"),
        new(Process, "smaps", Text, MapTexts.DetailedMaps),
        new(Process, "stat", Text, ProcessTexts.Numbers),
        new(Process, "statm", Text, ProcessTexts.MemoryNumbers),
        new(Process, "status", Text, ProcessTexts.Status),
        new(Process, "task", Listing, Mode: Listed),
        new(Process, "uid_map", Text, _ => SystemTexts.AllIdentities),
        new(Process, "wchan", Text, _ => "0"),

        new("/proc/N/net", "dev", Text, _ => SystemTexts.NetworkDevices),
        new("/proc/N/net", "if_inet6", Text, _ => ""),
        new("/proc/N/net", "route", Text, _ => "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"),
        new("/proc/N/net", "tcp", Text, _ => SystemTexts.Sockets),
        new("/proc/N/net", "tcp6", Text, _ => SystemTexts.Sockets),
        new("/proc/N/net", "udp", Text, _ => SystemTexts.Sockets),
        new("/proc/N/net", "udp6", Text, _ => SystemTexts.Sockets),
        new("/proc/N/net", "unix", Text, _ => "Num       RefCount Protocol Flags    Type St Inode Path\n"),

        new("/sys", "devices", Listing, Mode: Listed),
        new("/sys/devices", "system", Listing, Mode: Listed),
        new("/sys/devices/system", "cpu", Listing, Mode: Listed),
        new(Processors, "cpu0", Listing, Mode: Listed),
        new(Processors, "kernel_max", Text, _ => "0\n"),
        new(Processors, "offline", Text, _ => "\n"),
        new(Processors, "online", Text, _ => "0\n"),
        new(Processors, "possible", Text, _ => "0\n"),
        new(Processors, "present", Text, _ => "0\n"),
        new("/sys", "fs", Listing, Mode: Listed),
        new("/sys/fs", "cgroup", Listing, Mode: Listed),
        new("/sys", "kernel", Listing, Mode: Listed),
        new("/sys/kernel", "mm", Listing, Mode: Listed),
        new("/sys/kernel/mm", "transparent_hugepage", Listing, Mode: Listed),
        new(HugePages, "enabled", Text, _ => "always madvise [never]\n"),
        new(HugePages, "hpage_pmd_size", Text, _ => "2097152\n"),
    ];

    /// <summary>The rows of each directory that paths find, and their tags.</summary>
    private static readonly FrozenDictionary<string, (ShownRow Row, uint Tag)[]> ByPlace = Rows
        .Select((row, index) => (Row: row, Tag: (uint)index))
        .Where(entry => entry.Row.Place != "/" && entry.Row.Name != "N" && entry.Row.Shape is not (Program or Descriptor))
        .GroupBy(entry => entry.Row.Place)
        .ToFrozenDictionary(group => group.Key, group => group.ToArray());

    /// <summary>The rows of a directory, by its path.</summary>
    public static (ShownRow Row, uint Tag)[] In(string place) => ByPlace.GetValueOrDefault(place, []);

    /// <summary>The path that stands for a directory with a tag.</summary>
    public static string PathOf(uint tag) => Rows[tag].Place == Tasks ? Process : Rows[tag].Path;

    /// <summary>The tag of the row with a place and a name.</summary>
    public static uint TagOf(string place, string name) => (uint)Array.FindIndex(Rows, row => row.Place == place && row.Name == name);
}

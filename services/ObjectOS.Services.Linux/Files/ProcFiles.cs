using System.Globalization;
using System.Text;
using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux;

/// <summary>The files of <c>/proc</c>: made anew each time that somebody names one.</summary>
internal static class ProcFiles
{
    /// <summary>Finds a path as <see cref="PathWalk.Find"/> does, with what <c>/proc</c> shows to this process.</summary>
    public static PathTarget Find(LinuxProcess process, string path, bool followLast)
    {
        if (IsShown(path))
        {
            Refresh(process);
        }

        return PathWalk.Find(process.Job.Tree, path, followLast);
    }

    /// <summary>Finds two paths at once, without following a link at their ends: what was found first would be gone if its files were made anew for the second.</summary>
    public static (PathTarget First, PathTarget Second) Find(LinuxProcess process, string first, string second)
    {
        if (IsShown(first) || IsShown(second))
        {
            Refresh(process);
        }

        return (PathWalk.Find(process.Job.Tree, first, false), PathWalk.Find(process.Job.Tree, second, false));
    }

    private static bool IsShown(string path) => path.StartsWith("/proc", StringComparison.Ordinal) || path.StartsWith("/dev/fd", StringComparison.Ordinal);

    private static void Refresh(LinuxProcess process)
    {
        var tree = process.Job.Tree;
        ulong now = process.Job.WallClock;
        if (tree.Root.Kind != InodeKind.Directory || !tree.Root.Entries.TryGetValue("proc", out var proc) || proc.Kind != InodeKind.Directory)
        {
            return;
        }

        tree.Clear(proc, now);
        var self = tree.Make(proc, "self", InodeKind.Directory, 0x16d, now);
        tree.Make(self, "exe", InodeKind.Link, 0x1ff, now, process.Executable?.Path ?? "");
        tree.Make(self, "cwd", InodeKind.Link, 0x1ff, now, process.WorkingDirectory);
        tree.Make(self, "root", InodeKind.Link, 0x1ff, now, "/");
        var descriptors = tree.Make(self, "fd", InodeKind.Directory, 0x140, now);
        foreach (int number in process.Descriptors.Numbers)
        {
            tree.Make(descriptors, number.ToString(CultureInfo.InvariantCulture), InodeKind.Link, 0x1c0, now, process.Descriptors.Find(number)!.Path);
        }

        Text(self, "maps", Maps(process));
        Bytes(self, "cmdline", [.. process.Arguments.SelectMany(argument => argument.Append((byte)0))]);
        Text(self, "comm", NameOf(process) + "\n");
        Text(self, "stat", string.Create(CultureInfo.InvariantCulture,
            $"{process.Id} ({NameOf(process)}) R {process.Parent} {process.GroupId} {process.SessionId} 0 -1 0 0 0 0 0 0 0 0 0 20 0 {process.Threads.Count} 0 {process.StartTime / 10_000_000} {process.Memory.Mapped} {process.Memory.Mapped / 4096} 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n"));
        Text(self, "status", string.Create(CultureInfo.InvariantCulture,
            $"Name:\t{NameOf(process)}\nState:\tR (running)\nTgid:\t{process.Id}\nPid:\t{process.Id}\nPPid:\t{process.Parent}\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\nVmSize:\t{process.Memory.Mapped / 1024} kB\nThreads:\t{process.Threads.Count}\n"));
        Text(proc, "cpuinfo", "processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc\nmmu\t\t: sv39\n\n");
        ulong total = process.Job.Request.MemoryLimit / 1024;
        Text(proc, "meminfo", string.Create(CultureInfo.InvariantCulture, $"MemTotal:       {total} kB\nMemFree:        {total / 2} kB\nMemAvailable:   {total / 2} kB\n"));

        void Text(Inode directory, string name, string text) => Bytes(directory, name, Encoding.UTF8.GetBytes(text));

        void Bytes(Inode directory, string name, byte[] bytes) => tree.TryWrite(tree.Make(directory, name, InodeKind.File, 0x124, now), 0, bytes, now);
    }

    private static string NameOf(LinuxProcess process)
    {
        string path = process.Executable?.Path ?? "";
        string name = path[(path.LastIndexOf('/') + 1)..];
        return name.Length > 15 ? name[..15] : name;
    }

    private static string Maps(LinuxProcess process)
    {
        var text = new StringBuilder();
        foreach (var area in process.Memory.Areas)
        {
            text.Append(CultureInfo.InvariantCulture, $"{area.Start:x8}-{area.End:x8} ");
            text.Append(area.Rights.HasFlag(PageRights.Read) ? 'r' : '-').Append(area.Rights.HasFlag(PageRights.Write) ? 'w' : '-');
            text.Append(area.Rights.HasFlag(PageRights.Execute) ? 'x' : '-').Append(area.IsShared ? 's' : 'p');
            text.Append(CultureInfo.InvariantCulture, $" {area.Offset:x8} 00:00 0 {area.Name}\n");
        }

        return text.ToString();
    }
}

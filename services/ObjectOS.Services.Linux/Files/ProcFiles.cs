using System.Globalization;
using System.Text;
using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux;

/// <summary>
/// The files of <c>/proc</c>, as one process sees them: a name is made up when a path names it, a file's text when it is opened, a listing when it is read.
/// </summary>
internal sealed class ProcFiles(LinuxProcess process) : IDirectorySource
{
    /// <summary>Work per name of a path, and per entry of a text.</summary>
    private const int CostOfName = 330;
    private const int CostOfEntry = 240;

    private const uint ReadOnlyFile = 0x124;

    /// <summary>What is there, by <see cref="Inode.Tag"/>.</summary>
    private enum Tag : uint
    {
        None,
        Root,
        Self,
        Descriptors,
        Link,
        Descriptor,
        Maps,
        CommandLine,
        Name,
        Numbers,
        Status,
        Processor,
        Memory,
    }

    private static readonly (string Name, Tag Tag)[] RootNames = [("cpuinfo", Tag.Processor), ("meminfo", Tag.Memory), ("self", Tag.Self)];

    private static readonly (string Name, Tag Tag)[] SelfNames =
    [
        ("cmdline", Tag.CommandLine), ("comm", Tag.Name), ("cwd", Tag.Link), ("exe", Tag.Link), ("fd", Tag.Descriptors), ("maps", Tag.Maps), ("root", Tag.Link),
        ("stat", Tag.Numbers), ("status", Tag.Status),
    ];

    private FileTree Tree => process.Job.Tree;

    /// <summary>Makes a directory the root of these files.</summary>
    public static void Mount(Inode directory) => directory.Tag = (uint)Tag.Root;

    /// <summary>Finds a path as <see cref="PathWalk"/> does, with what <c>/proc</c> shows to this process.</summary>
    public static PathTarget Find(LinuxProcess process, PathName path, bool followLast)
    {
        var target = PathWalk.Find(process.Job.Tree, path.Start, path.Text, followLast, new ProcFiles(process), process.Credentials);
        process.System.Spend(target.Steps * CostOfName);
        return target.FullPath.Length > LinuxCall.LongestPath ? target with { Error = HostError.NameTooLong } : target;
    }

    /// <summary>Finds two paths, without following a link at their ends.</summary>
    public static (PathTarget First, PathTarget Second) Find(LinuxProcess process, PathName first, PathName second) =>
        (Find(process, first, false), Find(process, second, false));

    /// <inheritdoc/>
    public Inode? Find(Inode directory, string name)
    {
        switch ((Tag)directory.Tag)
        {
            case Tag.Root:
                return Make(directory, name, RootNames);
            case Tag.Self:
                return Make(directory, name, SelfNames);
            case Tag.Descriptors:
                bool isNumber = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && (name.Length == 1 || name[0] != '0');
                return isNumber && process.Descriptors.Find(number) is { } file ? MakeDescriptor(directory, name, number, file) : null;
            default:
                return null;
        }
    }

    /// <summary>The entries of such a directory from a position on, each with the position behind it: 0 and 1 are those of every directory.</summary>
    public IEnumerable<(string Name, byte Kind, ulong Inode, ulong Next)> List(Inode directory, ulong position)
    {
        var names = (Tag)directory.Tag switch
        {
            Tag.Root => RootNames,
            Tag.Self => SelfNames,
            _ => [],
        };
        for (ulong i = position - 2; i < (ulong)names.Length; i++)
        {
            var tag = names[i].Tag;
            yield return (names[i].Name, (byte)(tag is Tag.Self or Tag.Descriptors ? 4 : tag == Tag.Link ? 10 : 8), NumberOf(directory, i), i + 3);
        }

        if ((Tag)directory.Tag != Tag.Descriptors)
        {
            yield break;
        }

        int from = (int)Math.Min(position - 2, DescriptorTable.Limit);
        for (int number = process.Descriptors.Next(from); number >= 0; number = process.Descriptors.Next(number + 1))
        {
            yield return (number.ToString(CultureInfo.InvariantCulture), 10, NumberOf(directory, (ulong)number), (ulong)number + 3);
        }
    }

    /// <summary>Writes the text of a file that is being opened; false: it does not fit into what the job may hold.</summary>
    public bool TryFill(Inode file)
    {
        if ((Tag)file.Tag == Tag.CommandLine)
        {
            // Arguments are bytes, which need not be UTF-8.
            return TryFill(file, [.. process.Arguments.SelectMany(argument => argument.Append((byte)0))]);
        }

        string text = (Tag)file.Tag switch
        {
            Tag.Maps => Maps(),
            Tag.Name => Name + "\n",
            Tag.Numbers => string.Create(CultureInfo.InvariantCulture,
                $"{process.Id} ({Name}) R {process.Parent} {process.GroupId} {process.SessionId} 0 -1 0 0 0 0 0 0 0 0 0 20 0 {process.Threads.Count} 0 {process.StartTime / 10_000_000} {process.Memory.Mapped} {process.Memory.Mapped / 4096} 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n"),
            Tag.Status => string.Create(CultureInfo.InvariantCulture,
                $"Name:\t{Name}\nState:\tR (running)\nTgid:\t{process.Id}\nPid:\t{process.Id}\nPPid:\t{process.Parent}\n{process.Identity.Lines}VmSize:\t{process.Memory.Mapped / 1024} kB\nThreads:\t{process.Threads.Count}\n"),
            Tag.Processor => "processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc\nmmu\t\t: sv39\n\n",
            Tag.Memory => Quota(process.Job.Request.MemoryLimit / 1024),
            _ => "",
        };
        return TryFill(file, ByteText.ToBytes(text));
    }

    private bool TryFill(Inode file, byte[] bytes)
    {
        process.System.Spend(bytes.Length * 3 / 4);
        return Tree.Write(file, 0, bytes, process.Job.WallClock) == KernelStatus.Ok;
    }

    private static string Quota(ulong total) =>
        string.Create(CultureInfo.InvariantCulture, $"MemTotal:       {total} kB\nMemFree:        {total / 2} kB\nMemAvailable:   {total / 2} kB\n");

    private static ulong NumberOf(Inode directory, ulong index) => (directory.Number << 16) + index + 1;

    private Inode? Make(Inode directory, string name, (string Name, Tag Tag)[] names)
    {
        foreach (var (known, tag) in names)
        {
            if (known == name)
            {
                return tag switch
                {
                    Tag.Link => Make(directory, name, InodeKind.Link, tag, 0x1ff, TargetOf(name)),
                    Tag.Self => Make(directory, name, InodeKind.Directory, tag, 0x16d, ""),
                    Tag.Descriptors => Make(directory, name, InodeKind.Directory, tag, 0x140, ""),
                    _ => Make(directory, name, InodeKind.File, tag, ReadOnlyFile, ""),
                };
            }
        }

        return null;
    }

    /// <summary>A link to an open file: one in memory is found by it whatever its name is, and so are pipes and streams.</summary>
    private Inode MakeDescriptor(Inode directory, string name, int number, OpenFile file)
    {
        var made = Make(directory, name, InodeKind.Link, Tag.Link, 0x1c0, file.CurrentPath);
        if (file.Inode is { } inode)
        {
            made.Leads = inode;
        }
        else if (file.Handle == 0)
        {
            made.Leads = Make(directory, name, file.Kind == OpenFileKind.Pipe ? InodeKind.Fifo : InodeKind.Device, Tag.Descriptor, 0x180, "");
            made.Leads.Descriptor = number;
        }

        return made;
    }

    /// <summary>The open file of this process that such an inode stands for; null: it is another inode.</summary>
    public static OpenFile? DescriptorOf(LinuxProcess process, Inode inode) =>
        inode.Tag == (uint)Tag.Descriptor ? process.Descriptors.Find(inode.Descriptor) : null;

    private Inode Make(Inode directory, string name, InodeKind kind, Tag tag, uint mode, string target)
    {
        var made = Tree.MakeDetached(directory, kind, mode, process.Job.WallClock, name, target);
        made.Tag = (uint)tag;
        return made;
    }

    private string TargetOf(string name) => name switch
    {
        "exe" => process.Executable?.Path ?? "",
        "cwd" => process.WorkingDirectory.PathIn(Tree) ?? "/",
        _ => "/",
    };

    private string Name
    {
        get
        {
            string path = process.Executable?.Path ?? "";
            string name = path[(path.LastIndexOf('/') + 1)..];
            return name.Length > 15 ? name[..15] : name;
        }
    }

    private string Maps()
    {
        process.System.Spend(process.Memory.Areas.Count * CostOfEntry);
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

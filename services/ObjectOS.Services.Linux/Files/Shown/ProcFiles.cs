using System.Globalization;
using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux;

/// <summary>
/// The files of <c>/proc</c> and <c>/sys</c>, as one process sees them: a name is made up when a path names it, a file's text when it is opened, a listing when
/// it is read. What is there is in <see cref="ShownTable"/>.
/// </summary>
internal sealed class ProcFiles(LinuxProcess process) : IDirectorySource
{
    /// <summary>Work per name of a path.</summary>
    private const int CostOfName = 330;

    /// <summary>Bytes of a program's file that are shown with one message.</summary>
    private const ulong Piece = 1 << 16;

    /// <summary>Positions of a listing below this one are those of the table's names.</summary>
    private const ulong FirstNumber = 1 << 10;

    private FileTree Tree => process.Job.Tree;

    /// <summary>Makes a directory the root of these files.</summary>
    public static void Mount(Inode directory) => directory.Tag = ShownTable.TagOf("/", directory.Name);

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
        string place = ShownTable.PathOf(directory.Tag);
        if (place.StartsWith(ShownTable.Process, StringComparison.Ordinal) && (Subject(directory) is not { } seen || !MaySee(place, seen.Process)))
        {
            return null;
        }

        foreach (var (row, tag) in ShownTable.In(place))
        {
            if (row.Name == name)
            {
                return Make(directory, name, row, tag, directory.Subject);
            }
        }

        bool isNumber = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && (name.Length == 1 || name[0] != '0');
        return isNumber ? FindNumber(directory, place, name, number) : null;
    }

    private Inode? FindNumber(Inode directory, string place, string name, int number)
    {
        switch (place)
        {
            case "/proc":
            case ShownTable.Tasks:
                bool isThere = place == "/proc" ? Subject(number) is not null : Subject(directory)!.Value.Process.Threads.Exists(thread => thread.Id == number);
                return isThere ? Make(directory, name, RowOf(place, "N", out uint tag), tag, number) : null;
            case ShownTable.Descriptors:
                return Subject(directory)!.Value.Process.Descriptors.Find(number) is { } file ? MakeDescriptor(directory, name, number, file) : null;
            case ShownTable.DescriptorFacts when Subject(directory)!.Value.Process.Descriptors.Find(number) is not null:
                var facts = Make(directory, name, RowOf(place, "N", out uint factsTag), factsTag, directory.Subject);
                facts.Descriptor = number;
                return facts;
            default:
                return null;
        }
    }

    /// <summary>The entries of such a directory from a position on, each with the position behind it: 0 and 1 are those of every directory.</summary>
    public IEnumerable<(string Name, byte Kind, ulong Inode, ulong Next)> List(Inode directory, ulong position)
    {
        string place = ShownTable.PathOf(directory.Tag);
        var rows = ShownTable.In(place);
        for (ulong i = position - 2; i < (ulong)rows.Length; i++)
        {
            yield return (rows[i].Row.Name, rows[i].Row.ListedKind, NumberOf(directory, i), i + 3);
        }

        int from = (int)Math.Clamp(position, FirstNumber, FirstNumber + int.MaxValue - 1) - (int)FirstNumber;
        byte kind = (byte)(place == ShownTable.Descriptors ? 10 : place == ShownTable.DescriptorFacts ? 8 : 4);
        foreach (int number in Numbers(directory, place, from))
        {
            yield return (number.ToString(CultureInfo.InvariantCulture), kind, NumberOf(directory, FirstNumber + (ulong)number), FirstNumber + (ulong)number + 1);
        }
    }

    /// <summary>The numbers that are names in a directory, ascending from one on.</summary>
    private IEnumerable<int> Numbers(Inode directory, string place, int from)
    {
        if (place == "/proc")
        {
            return process.Job.Processes.Values.Where(other => !other.IsEnded && other.Id >= from).Select(other => other.Id);
        }

        if (place is not (ShownTable.Tasks or ShownTable.Descriptors or ShownTable.DescriptorFacts) || Subject(directory) is not { } seen || !MaySee(place, seen.Process))
        {
            return [];
        }

        return place == ShownTable.Tasks ? seen.Process.Threads.Select(thread => thread.Id).Where(id => id >= from).Order() : OpenNumbers(seen.Process, from);
    }

    private static IEnumerable<int> OpenNumbers(LinuxProcess seen, int from)
    {
        for (int number = seen.Descriptors.Next(from); number >= 0; number = seen.Descriptors.Next(number + 1))
        {
            yield return number;
        }
    }

    /// <summary>
    /// Writes the text of a file that is being opened. 0: that is done; Suspended: nothing has changed; Continued: there is more, from the call's progress on.
    /// </summary>
    public static CallResult Fill(LinuxCall call, Inode file)
    {
        var shown = new ProcFiles(call.Process);
        var row = ShownTable.Rows[file.Tag];
        var subject = shown.Subject(file);
        if (file.Subject != 0 && subject is null)
        {
            return Errno.ESRCH;
        }

        var view = new ShownView(call.Thread, subject?.Process ?? call.Process, subject?.Thread, file);
        if (row.Mode == 0x100 && !shown.MayLook(view.Process))
        {
            return Errno.EACCES;
        }

        switch (row.Shape)
        {
            case ShownShape.Program:
                return FillProgram(call, view);
            case ShownShape.Memory:
                var (address, length) = row.Name == "auxv" ? view.Process.Start.Vector : view.Process.Start.Environment;
                var bytes = new byte[length];
                var status = length == 0 ? KernelStatus.Ok : view.Process.Memory.Space.Read(new VirtualAddress(address), bytes, SpaceReadKind.Addresses);
                return status == KernelStatus.Suspended ? CallResult.Suspended : Write(call, file, 0, status == KernelStatus.Ok ? bytes : []);
            default:
                return Write(call, file, 0, ByteText.ToBytes(row.Text!(view)));
        }
    }

    private static CallResult FillProgram(LinuxCall call, ShownView view)
    {
        if (view.Process.Executable is not { } program)
        {
            return Errno.ENOENT;
        }

        var bytes = new byte[Math.Min(Piece, program.Length - Math.Min(program.Length, call.Progress))];
        var status = bytes.Length == 0 ? KernelStatus.Ok : program.Block.Memory.Read(call.Progress, bytes);
        var result = status == KernelStatus.Suspended ? CallResult.Suspended
            : status != KernelStatus.Ok ? Errno.EIO
            : Write(call, view.File, call.Progress, bytes);
        if (result != 0L)
        {
            return result;
        }

        call.Progress += (ulong)bytes.Length;
        return call.Progress < program.Length ? CallResult.Continued : 0L;
    }

    private static CallResult Write(LinuxCall call, Inode file, ulong offset, byte[] bytes)
    {
        var status = call.Job.Tree.Write(file, offset, bytes, call.Job.WallClock);
        if (status == KernelStatus.Ok)
        {
            call.System.Spend(bytes.Length * 3 / 4);
        }

        return status == KernelStatus.Ok ? 0L : status == KernelStatus.Suspended ? CallResult.Suspended : Errno.ENOMEM;
    }

    /// <summary>The program that such an inode shows; null: it is another inode.</summary>
    public static Executable? ProgramOf(LinuxProcess process, Inode inode) =>
        inode.Tag != 0 && ShownTable.Rows[inode.Tag].Shape == ShownShape.Program ? new ProcFiles(process).Subject(inode)?.Process.Executable : null;

    /// <summary>The open file of a process that such an inode stands for; null: it is another inode.</summary>
    public static OpenFile? DescriptorOf(LinuxProcess process, Inode inode) =>
        inode.Tag != 0 && ShownTable.Rows[inode.Tag].Shape == ShownShape.Descriptor
            ? new ProcFiles(process).Subject(inode)?.Process.Descriptors.Find(inode.Descriptor)
            : null;

    private static ulong NumberOf(Inode directory, ulong index) => (directory.Number << 32) + index + 1;

    private static ShownRow RowOf(string place, string name, out uint tag)
    {
        tag = ShownTable.TagOf(place, name);
        return ShownTable.Rows[tag];
    }

    /// <summary>The process and the thread that a file tells of; null: it has ended, or the file tells of none.</summary>
    private (LinuxProcess Process, LinuxThread? Thread)? Subject(Inode inode) => inode.Subject == 0 ? null : Subject(inode.Subject);

    private (LinuxProcess Process, LinuxThread? Thread)? Subject(int number)
    {
        if (process.Job.Processes.TryGetValue(number, out var known))
        {
            return known.IsEnded ? null : (known, known.Threads.Find(thread => thread.Id == number) ?? known.Threads.FirstOrDefault());
        }

        process.System.Spend(process.Job.Processes.Count * LinuxCall.CostOfSearched);
        foreach (var other in process.Job.Processes.Values.Where(other => !other.IsEnded))
        {
            if (other.Threads.Find(thread => thread.Id == number) is { } found)
            {
                return (other, found);
            }
        }

        return null;
    }

    private bool MaySee(string place, LinuxProcess other) => place is not (ShownTable.Descriptors or ShownTable.DescriptorFacts) || MayLook(other);

    /// <summary>True if the process may see what another one has open and in its memory (ptrace(2), access mode checks).</summary>
    private bool MayLook(LinuxProcess other) =>
        other == process || process.Identity.IsSuperuser
        || (process.Identity.Files.User == other.Identity.Real.User && other.Identity.Real.User == other.Identity.Effective.User);

    private Inode Make(Inode directory, string name, ShownRow row, uint tag, int subject)
    {
        string target = "";
        if (row.Shape == ShownShape.Link && row.Text is not null)
        {
            var seen = subject == 0 ? null : Subject(subject);
            target = row.Text(new ShownView(process.Caller ?? process.Threads[0], seen?.Process ?? process, seen?.Thread, directory));
        }

        var made = Tree.MakeDetached(directory, row.Kind, row.Mode, process.Job.WallClock, name, target);
        made.Tag = tag;
        made.Subject = subject;
        if (row.Name == "exe" && Subject(subject) is var (owner, _) && owner.Executable is { } program)
        {
            made.Leads = program.Block.Inode is { } inode && owner.Job.Tree == Tree
                ? inode
                : Make(directory, name, RowOf(ShownTable.Process, "program", out uint programTag), programTag, subject);
        }

        return made;
    }

    /// <summary>A link to an open file: one in memory is found by it whatever its name is, and so are pipes and streams.</summary>
    private Inode MakeDescriptor(Inode directory, string name, int number, OpenFile file)
    {
        var made = Tree.MakeDetached(directory, InodeKind.Link, 0x1c0, process.Job.WallClock, name, file.CurrentPath);
        made.Tag = ShownTable.TagOf(ShownTable.Descriptors, "N");
        made.Subject = directory.Subject;
        if (file.Inode is { } inode)
        {
            made.Leads = inode;
        }
        else if (file.Handle == 0)
        {
            var kind = file.Kind == OpenFileKind.Pipe ? InodeKind.Fifo : InodeKind.Device;
            made.Leads = Tree.MakeDetached(directory, kind, 0x180, process.Job.WallClock, name);
            made.Leads.Tag = ShownTable.TagOf(ShownTable.Descriptors, "file");
            made.Leads.Subject = directory.Subject;
            made.Leads.Descriptor = number;
        }

        return made;
    }
}

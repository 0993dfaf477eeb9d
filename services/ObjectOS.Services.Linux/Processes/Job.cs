using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Services.Console;
using ObjectOS.Services.Files;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux;

/// <summary>What the host has asked for: a program with all its children, their quota, their files and streams.</summary>
internal sealed class Job
{
    private const ulong Minute = 60 * Linux.NanosecondsPerSecond;

    /// <summary>The priority of threads that none was given, as in the kernel.</summary>
    private const int UsualPriority = 16;

    private uint _share;

    public Job(LinuxSystem system, ProgramRequest request, CellCapability cell, IReadOnlyList<Layer>? layers = null)
    {
        System = system;
        Locks = new FileLocks(this);
        Request = request;
        Cell = cell;
        Tree = new FileTree(request.TemporaryLimit, system.Now + request.WallClockBase, new FileOwner(request.User, request.Group), cell.Invoker is null ? null : cell, layers);
    }

    public LinuxSystem System { get; }

    public ProgramRequest Request { get; }

    /// <summary>The cell that all its processes are carved from.</summary>
    public CellCapability Cell { get; }

    public FileTree Tree { get; }

    public SortedDictionary<ulong, HostStreamWriter> Writers { get; } = [];

    public SortedDictionary<ulong, HostStreamReader> Readers { get; } = [];

    public SortedDictionary<int, LinuxProcess> Processes { get; } = [];

    public SortedDictionary<string, ulong> Unsupported { get; } = new(StringComparer.Ordinal);

    /// <summary>The pipes of named ones that are open, by the numbers of their inodes.</summary>
    public SortedDictionary<ulong, Pipe> Fifos { get; } = [];

    /// <summary>The locks that its programs hold on files.</summary>
    public FileLocks Locks { get; }

    /// <summary>Its open files that are timers or signals.</summary>
    public SortedDictionary<ulong, OpenFile> EventFiles { get; } = [];

    /// <summary>The thread whose call is being run.</summary>
    public LinuxThread? Caller { get; set; }

    /// <summary>While a job is restored: all inodes by number.</summary>
    public IReadOnlyDictionary<ulong, Inode> Inodes { get; private set; } = new Dictionary<ulong, Inode>();

    public int NextId { get; set; } = 100;

    /// <summary>System calls that its threads have begun.</summary>
    public ulong Calls { get; set; }

    /// <summary>True if the next call is the one that fails, as the host asked for.</summary>
    public bool FailsNextCall => Request.FailedCall == Calls + 1;

    /// <summary>Most items that its poll sets hold (max_user_watches of epoll(7)).</summary>
    public const int MostWatches = 16384;

    /// <summary>Items that its poll sets hold.</summary>
    public int Watches { get; private set; }

    /// <summary>Those of them that watch standard input.</summary>
    public int WatchedInputs { get; private set; }

    /// <summary>Bytes of all pipes.</summary>
    public ulong PipeBytes { get; set; }

    /// <summary>Lines of help that the host was told.</summary>
    public int Notes { get; set; }

    /// <summary>How it ended; null while it lives.</summary>
    public (ProgramEnd Reason, ulong Code, ProgramEndRecord Record)? End { get; set; }

    /// <summary>True once the record of its end holds the figures.</summary>
    public bool IsCounted { get; set; }

    /// <summary>The hash of its state, while it is made.</summary>
    public StateHash? Hash { get; set; }

    /// <summary>True once the record of its end is complete.</summary>
    public bool IsReported { get; set; }

    public LinuxProcess? Main => Processes.TryGetValue(100, out var main) ? main : null;

    /// <summary>What the realtime clock shows.</summary>
    public ulong WallClock => System.Now + Request.WallClockBase;

    /// <summary>Counts an item of a poll set that comes (1) or goes (−1).</summary>
    public void Count(PollItem item, int change)
    {
        Watches += change;
        WatchedInputs += item.File.Kind == OpenFileKind.Input ? change : 0;
    }

    /// <summary>Makes the files that programs expect, mounts what was granted.</summary>
    public void MakeFiles()
    {
        ulong now = WallClock - Math.Min(WallClock, Minute);
        foreach (string path in Request.Layers.Count == 0 ? ProgramRequest.OwnDirectories : ["/tmp"])
        {
            Tree.MakePath(path, now);
        }

        if (Request.Layers.Count == 0)
        {
            Tree.MakePath("/tmp", now).Mode = 0x3ff;
            Tree.MakePath("/var/tmp", now).Mode = 0x3ff;
            MakeText("/etc", "passwd", "root:x:0:0:root:/:/bin/sh\nuser:x:1000:1000:user:/tmp:/bin/sh\n", now);
            MakeText("/etc", "group", "root:x:0:\nuser:x:1000:\n", now);
        }

        ProcFiles.Mount(Tree.MakeFresh("/proc", now));
        ProcFiles.Mount(Tree.MakeFresh("/sys", now));
        var devices = Tree.MakeFresh("/dev", now);
        foreach (string shared in (string[])["/dev/pts", "/dev/shm", "/run", "/run/lock"])
        {
            Tree.MakeFresh(shared, now).Mode = shared is "/run" or "/dev/pts" ? 0x1edu : 0x3ff;
        }
        foreach (var (name, number) in ((string, ulong)[])
            [("null", 0x103), ("zero", 0x105), ("full", 0x107), ("random", 0x108), ("urandom", 0x109), ("tty", 0x500)])
        {
            Tree.MakeDevice(devices, name, 0x1b6, number, now, default);
        }

        foreach (var (name, kind) in ((string, DeviceKind)[])[("stdin", DeviceKind.Input), ("stdout", DeviceKind.Output), ("stderr", DeviceKind.Error)])
        {
            Tree.Make(devices, name, InodeKind.Device, 0x1b6, now, device: kind);
        }

        Tree.Make(devices, "fd", InodeKind.Link, 0x1ff, now, "/proc/self/fd");
        foreach (var grant in Request.Grants)
        {
            Tree.Mount(new FileGrant(grant.Number, ByteText.OfUnicode(grant.GuestPath), grant.IsWritable), now);
        }

        foreach (ulong number in (ulong[])[Request.Output.Number, Request.Error.Number])
        {
            Writers.TryAdd(number, new HostStreamWriter(number));
        }

        Readers.Add(Request.Input.Number, new HostStreamReader(Request.Input.Number));
    }

    /// <summary>The directory of an absolute path that a program starts in, made if it is not there.</summary>
    public DirectoryPlace FirstDirectory(string path)
    {
        var target = PathWalk.Find(Tree, path, true);
        return target.IsHost ? new DirectoryPlace(Tree.MountOf(target.Grant), target.HostPath)
            : target.Node is { Kind: InodeKind.Directory } directory ? new DirectoryPlace(directory)
            : new DirectoryPlace(Tree.MakePath(path, WallClock));
    }

    /// <summary>Gives a thread the priority and the share of the processor that the request names. All threads of the job share one scheduling context.</summary>
    public void SetScheduling(ThreadCapability thread)
    {
        if (Request.Share > 0 && _share == 0)
        {
            System.Invoker.Create(Call.SchedulingContextCreate, Cell.Slot, out _share, Request.Share, ProgramRequest.SharePeriod);
        }

        System.Invoker.Call1(Call.ThreadSetScheduling, thread.Slot, (ulong)(Request.Priority >= 0 ? Request.Priority : UsualPriority), _share);
    }

    /// <summary>Gives back the slot of the scheduling context, which goes with the job's cell.</summary>
    public void DropShare()
    {
        if (_share != 0)
        {
            System.Invoker.Delete(_share);
            _share = 0;
        }
    }

    private void MakeText(string directory, string name, string text, ulong now)
    {
        var file = Tree.Make(Tree.MakePath(directory, now), name, InodeKind.File, 0x1a4, now);
        Tree.Write(file, 0, ByteText.ToBytes(text), now);
    }

    public static void Write(BinaryWriter writer, byte[][] texts)
    {
        writer.Write(texts.Length);
        foreach (byte[] text in texts)
        {
            writer.Write(text.Length);
            writer.Write(text);
        }
    }

    public static byte[][] ReadTexts(BinaryReader reader)
    {
        var texts = new byte[reader.ReadInt32()][];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = reader.ReadBytes(reader.ReadInt32());
        }

        return texts;
    }

    /// <summary>Threads of all its processes.</summary>
    public int ThreadCount => Processes.Values.Sum(process => process.Threads.Count);

    private SortedDictionary<ulong, OpenFile> OpenFiles()
    {
        var files = new SortedDictionary<ulong, OpenFile>();
        foreach (var process in Processes.Values)
        {
            foreach (int descriptor in process.Descriptors.Numbers)
            {
                var file = process.Descriptors.Find(descriptor)!;
                files[file.Id] = file;
            }

            foreach (var thread in process.Threads.Where(thread => thread.Call.File is not null))
            {
                files[thread.Call.File!.Id] = thread.Call.File;
            }
        }

        return files;
    }

    /// <summary>Inodes that are used and may have no name.</summary>
    private List<Inode> NamelessInodes(IEnumerable<OpenFile> files)
    {
        var used = files.Where(file => file.Inode is not null).Select(file => file.Inode!)
            .Concat(files.Where(file => file.Found is not null).Select(file => file.Found!.Value.Directory))
            .Concat(Processes.Values.Where(process => process.WorkingDirectory.Directory is not null).Select(process => process.WorkingDirectory.Directory))
            .Concat(Processes.Values.SelectMany(process => process.Threads).SelectMany(thread => thread.Call.Starts))
            .Concat(System.Blocks.Values.Where(block => block.Job == this).Select(block => block.Inode!));
        return [.. used.SelectMany(WithShown).Where(inode => inode.Links == 0).DistinctBy(inode => inode.Number).OrderBy(inode => inode.Number)];
    }

    /// <summary>An inode, and the directories in <c>/proc</c> that it was found in, which have no other holder.</summary>
    private static IEnumerable<Inode> WithShown(Inode inode)
    {
        yield return inode;
        for (var at = inode; at.Tag != 0 && at.Links == 0 && at.Parent != at; at = at.Parent)
        {
            yield return at.Parent;
        }
    }

    public void Save(BinaryWriter writer)
    {
        var files = OpenFiles().Values;
        Request.Save(writer);
        writer.Write(Cell.Slot);
        writer.Write(_share);
        writer.Write(Calls);
        Tree.Save(writer, NamelessInodes(files));
        foreach (var stream in Writers.Values)
        {
            stream.Save(writer);
        }

        foreach (var stream in Readers.Values)
        {
            stream.Save(writer);
        }

        writer.Write(NextId);
        writer.Write(Notes);
        writer.Write(PipeBytes);
        writer.Write(Unsupported.Count);
        foreach (var (name, count) in Unsupported)
        {
            writer.Write(name);
            writer.Write(count);
        }

        writer.Write(End.HasValue);
        if (End is { } end)
        {
            writer.Write((int)end.Reason);
            writer.Write(end.Code);
            end.Record.Save(writer);
            writer.Write(IsCounted);
            writer.Write(IsReported);
        }

        var pipes = files.Where(file => file.Pipe is not null).Select(file => file.Pipe!).Distinct().ToList();
        writer.Write(pipes.Count);
        pipes.ForEach(pipe => pipe.Save(writer));
        writer.Write(files.Count);
        foreach (var file in files)
        {
            file.Save(writer);
        }

        writer.Write(Processes.Count);
        foreach (var process in Processes.Values)
        {
            process.Save(writer);
        }

        writer.Write(Hash is not null);
        Hash?.Save(writer);
        Locks.Save(writer);
        var blocks = System.Blocks.Values.Where(block => block.Job == this).ToList();
        writer.Write(blocks.Count);
        foreach (var block in blocks)
        {
            writer.Write(block.Id);
            writer.Write(block.Inode!.Number);
        }
    }

    public static Job Restore(BinaryReader reader, LinuxSystem system)
    {
        var request = ProgramRequest.Restore(reader);
        var cell = new CellCapability(system.Invoker, reader.ReadUInt32());
        var job = new Job(system, request, cell, [.. request.Layers.Select(layer => system.Layers[layer.Number])])
        { _share = reader.ReadUInt32(), Calls = reader.ReadUInt64() };
        var inodes = job.Tree.Restore(reader, system.Invoker);
        job.Inodes = inodes;
        foreach (ulong number in (ulong[])[request.Output.Number, request.Error.Number])
        {
            job.Writers.TryAdd(number, new HostStreamWriter(number));
        }

        job.Readers.Add(request.Input.Number, new HostStreamReader(request.Input.Number));
        foreach (var stream in job.Writers.Values)
        {
            stream.Restore(reader);
        }

        foreach (var stream in job.Readers.Values)
        {
            stream.Restore(reader);
        }

        job.NextId = reader.ReadInt32();
        job.Notes = reader.ReadInt32();
        job.PipeBytes = reader.ReadUInt64();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            job.Unsupported.Add(reader.ReadString(), reader.ReadUInt64());
        }

        if (reader.ReadBoolean())
        {
            job.End = ((ProgramEnd)reader.ReadInt32(), reader.ReadUInt64(), ProgramEndRecord.Restore(reader));
            job.IsCounted = reader.ReadBoolean();
            job.IsReported = reader.ReadBoolean();
        }

        var pipes = new Dictionary<ulong, Pipe>();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var pipe = Pipe.Restore(reader);
            pipes.Add(pipe.Id, pipe);
        }

        var files = new Dictionary<ulong, OpenFile>();
        var sets = new List<PollSetRecord>();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var file = OpenFile.Restore(reader, inodes, pipes, sets);
            file.Job = job;
            files.Add(file.Id, file);
            if (file.Kind is OpenFileKind.Timer or OpenFileKind.Signals)
            {
                job.EventFiles.Add(file.Id, file);
            }
        }

        PollSet.Link(sets, files, system.Waits);
        foreach (var item in sets.SelectMany(record => record.Set.Items))
        {
            job.Count(item, 1);
        }

        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var process = LinuxProcess.Restore(reader, job, files);
            job.Processes.Add(process.Id, process);
        }

        if (reader.ReadBoolean() && job.Main is { } main)
        {
            job.Hash = new StateHash(main);
            job.Hash.Restore(reader);
        }

        job.Locks.Restore(reader);
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            system.Blocks[reader.ReadUInt64()].Link(job, inodes[reader.ReadUInt64()]);
        }

        foreach (var named in files.Values.Where(file => file is { Pipe: not null, Inode: not null }))
        {
            job.Fifos[named.Inode!.Number] = named.Pipe!;
        }

        return job;
    }
}

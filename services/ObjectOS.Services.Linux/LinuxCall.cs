using System.Text.Unicode;
using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux;

/// <summary>An answer of the host to a step of a call.</summary>
internal sealed record HostReply(long Result, byte[] Data)
{
    public bool IsError => Result < 0;
}

/// <summary>
/// One system call of a thread: a record that can be saved and run again. A handler first decodes (reads memory, prepares what it
/// will write: each may end with Suspended or an error, and nothing has changed), then commits. A call that has to wait is parked, and run again
/// from this record when what it waits for has come; paths and files that it has named are kept here, so that another
/// thread cannot change them meanwhile, and so are the answers of the host that have come.
/// </summary>
internal sealed class LinuxCall(LinuxThread thread)
{
    public const int LongestPath = 4096;
    public const ulong Never = ulong.MaxValue;

    /// <summary>Virtual instructions of a letter of a path.</summary>
    private const int CostOfLetter = 3;

    /// <summary>Virtual instructions of a process, child, thread or waiter that a call looks at.</summary>
    public const int CostOfSearched = 150;

    private const ulong HostPause = 100_000;

    private readonly SortedDictionary<int, PathName> _paths = [];
    private readonly List<HostReply> _replies = [];
    private CallResult _failure;

    public LinuxThread Thread => thread;

    public LinuxProcess Process => thread.Process;

    public LinuxSystem System => thread.Process.System;

    public Job Job => thread.Process.Job;

    /// <summary>Its number; −1: the thread is in no call.</summary>
    public long Number { get; private set; } = -1;

    public ulong[] Arguments { get; } = new ulong[6];

    public ulong this[int index] => Arguments[index];

    /// <summary>The host request that is under way, 0 for none.</summary>
    public ulong Request { get; set; }

    /// <summary>When it stops waiting, guest nanoseconds.</summary>
    public ulong Deadline { get; set; } = Never;

    /// <summary>True once somebody has woken it by name (a futex).</summary>
    public bool IsWoken { get; set; }

    /// <summary>True where a signal has come: a call that waits ends with EINTR, or begins anew.</summary>
    public bool IsInterrupted { get; set; }

    /// <summary>Bytes dealt with by runs before this one.</summary>
    public ulong Progress { get; set; }

    /// <summary>The offset of the piece of a layer's file that it has asked for.</summary>
    public ulong Asked { get; set; }

    /// <summary>Which part of its work it is at.</summary>
    public int Stage { get; set; }

    /// <summary>Memory that it fills, which goes with the call unless it takes it out.</summary>
    public MemoryBlock? Block { get; set; }

    /// <summary>The child that it makes in steps.</summary>
    public Calls.Birth? Birth { get; set; }

    /// <summary>The program that it looks for, to run it.</summary>
    public Execution? Execution { get; set; }

    /// <summary>The file that it works on, held.</summary>
    public OpenFile? File { get; set; }

    /// <summary>What it waits for, and its thread's place in each queue.</summary>
    public Dictionary<ulong, LinkedListNode<LinuxThread>> WaitsFor { get; } = [];

    /// <summary>What this run of the call waits for: what an earlier run waited for besides is given up after it.</summary>
    public HashSet<ulong> Renewed { get; } = [];

    public bool IsTimedOut => Deadline != Never && System.Now >= Deadline;

    public IReadOnlyList<HostReply> Replies => _replies;

    /// <summary>The directories that its paths start from.</summary>
    public IEnumerable<Inode> Starts => _paths.Values.Select(path => path.Start.Directory).Concat(Execution?.Starts ?? []);

    /// <summary>Why the last Try… failed.</summary>
    public CallResult Failure => _failure;

    public void Begin(long number, MessageWords words)
    {
        End();
        Number = number;
        for (int i = 0; i < 6; i++)
        {
            Arguments[i] = words[i];
        }
    }

    public void End()
    {
        if (Number == LinuxCallTable.FileControl)
        {
            Job.Locks.StopWaiting(Thread.Number);
        }

        Number = -1;
        Request = 0;
        Deadline = Never;
        IsWoken = IsInterrupted = false;
        Progress = 0;
        GiveUpBirth();
        Execution?.End(System);
        Execution = null;
        Stage = 0;
        _paths.Clear();
        _replies.Clear();
        if (Block is { } block)
        {
            Block = null;
            if (block.Uses == 0)
            {
                System.Discard(block);
            }
        }

        if (File is { } file)
        {
            File = null;
            System.Release(file);
        }
    }

    /// <summary>Takes the child apart that it has begun to make.</summary>
    public void GiveUpBirth()
    {
        if (Birth is not { } birth)
        {
            return;
        }

        Birth = null;
        birth.Copy?.End();
        if (Stage == Calls.ForkCalls.Numbered)
        {
            System.AbandonLater(birth.Child);
        }
        else
        {
            System.Abandon(birth.Child);
        }
    }

    public int Int(int index) => (int)Arguments[index];

    public bool TryRead(ulong address, Span<byte> bytes) => bytes.IsEmpty || Check(Process.Memory.Space.CopyIn(new VirtualAddress(address), bytes));

    /// <summary>Reads bytes that hold addresses or that may not belong to the call: events note none of them.</summary>
    public bool TryReadAddresses(ulong address, Span<byte> bytes) =>
        bytes.IsEmpty || Check(Process.Memory.Space.Read(new VirtualAddress(address), bytes, SpaceReadKind.Addresses));

    public bool TryPrepare(ulong address, ulong length) => length == 0 || Check(Process.Memory.Space.Prepare(new VirtualAddress(address), length));

    /// <summary>Writes what was prepared.</summary>
    public void Write(ulong address, ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            Process.Memory.Space.CopyOut(new VirtualAddress(address), bytes);
        }
    }

    /// <summary>Writes without preparation, as the last thing that a call does: all or nothing.</summary>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> bytes) =>
        bytes.IsEmpty || Check(Process.Memory.Space.CopyOut(new VirtualAddress(address), bytes));

    public bool Fail(CallResult result)
    {
        _failure = result;
        return false;
    }

    private bool Check(KernelStatus status)
    {
        _failure = status == KernelStatus.Ok ? _failure : status == KernelStatus.MemoryExhausted ? Errno.ENOMEM : CallResult.Of(status);
        return status == KernelStatus.Ok;
    }

    /// <summary>Reads the byte text before the next zero byte.</summary>
    public bool TryReadText(ulong address, int longest, out string text)
    {
        text = "";
        if (!TryReadBytes(address, longest, out byte[] bytes))
        {
            return false;
        }

        text = ByteText.Of(bytes);
        return true;
    }

    /// <summary>Reads the bytes before the next zero byte.</summary>
    public bool TryReadBytes(ulong address, int longest, out byte[] text)
    {
        text = [];
        var bytes = new byte[Math.Min(longest, (int)Pages.Size)];
        int length = 0;
        while (length < longest)
        {
            int part = (int)Math.Min((ulong)(longest - length), Pages.Size - ((address + (ulong)length) & (Pages.Size - 1)));
            if (length + part > bytes.Length)
            {
                Array.Resize(ref bytes, Math.Min(longest, (length + part) * 2));
            }

            if (!Check(Process.Memory.Space.Read(new VirtualAddress(address + (ulong)length), bytes.AsSpan(length, part), SpaceReadKind.Text)))
            {
                return false;
            }

            int zero = bytes.AsSpan(length, part).IndexOf((byte)0);
            if (zero >= 0)
            {
                text = bytes[..(length + zero)];
                return true;
            }

            length += part;
        }

        return Fail(Errno.ENAMETOOLONG);
    }

    /// <summary>The path that two arguments name: a directory's descriptor and a text.</summary>
    public bool TryPath(int directoryIndex, int pathIndex, out PathName path, bool emptyAllowed = false)
    {
        if (_paths.TryGetValue(pathIndex, out path))
        {
            return true;
        }

        if (!TryReadText(Arguments[pathIndex], LongestPath, out string text))
        {
            return false;
        }

        Charge(text.Length * CostOfLetter);
        if (text.Length == 0 && !emptyAllowed)
        {
            return Fail(Errno.ENOENT);
        }

        var start = Process.WorkingDirectory;
        if (!text.StartsWith('/') && directoryIndex >= 0 && Int(directoryIndex) != Linux.AtCurrentDirectory)
        {
            if (Process.Descriptors.Find(Int(directoryIndex)) is not { } open)
            {
                return Fail(Errno.EBADF);
            }

            if (text.Length > 0 && !open.IsDirectory)
            {
                return Fail(Errno.ENOTDIR);
            }

            start = text.Length > 0 ? open.Place : start;
        }

        path = new PathName(start, text);
        _paths[pathIndex] = path;
        return true;
    }

    /// <summary>The open file that an argument names; held until the call ends.</summary>
    public bool TryFile(int index, out OpenFile file)
    {
        if (File is not null)
        {
            file = File;
            return true;
        }

        file = Process.Descriptors.Find(Int(index))!;
        if (file is null)
        {
            return Fail(Errno.EBADF);
        }

        file.References++;
        File = file;
        return true;
    }

    /// <summary>The host's answer to step <paramref name="step"/> of this call; false where it has to be asked first.</summary>
    public bool TryReply(int step, out HostReply reply)
    {
        reply = step < _replies.Count ? _replies[step] : null!;
        return step < _replies.Count;
    }

    /// <summary>Asks the host for a file operation and waits for its answer.</summary>
    public CallResult Ask(int grant, HostFileOperation operation, ReadOnlySpan<byte> data, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0) =>
        Ask(Job.Tree.Grants[grant].Number, operation, data, a1, a2, a3);

    private CallResult Ask(ulong target, HostFileOperation operation, ReadOnlySpan<byte> data, ulong a1, ulong a2, ulong a3)
    {
        var status = System.Host.Request(HostRequestKind.File, target, data, out ulong id, (ulong)operation, a1, a2, a3);
        if (status != KernelStatus.Ok)
        {
            return status == KernelStatus.Suspended ? CallResult.Suspended : WaitForHost();
        }

        Deadline = Never;
        Request = id;
        System.Requests[id] = Thread;
        return CallResult.Parked;
    }

    /// <summary>Asks the host for a part of a layer and waits for its answer.</summary>
    public CallResult AskLayer(Layer layer, HostFileOperation operation, ulong a1, ulong a2, ulong a3) => Ask(layer.Number, operation, [], a1, a2, a3);

    /// <summary>The queue to the host is full, others have filled it: the call is run again a little later.</summary>
    public CallResult WaitForHost()
    {
        Deadline = System.Now + HostPause;
        return CallResult.Parked;
    }

    /// <summary>The same of a name. The host's names are UTF-8: others are refused, for two of them would look alike there.</summary>
    public CallResult Ask(int grant, HostFileOperation operation, string path, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        byte[] bytes = ByteText.ToBytes(path);
        return Utf8.IsValid(bytes) ? Ask(grant, operation, bytes, a1, a2, a3) : Errno.EILSEQ;
    }

    /// <summary>Drops the answers that have been dealt with.</summary>
    public void ForgetReplies() => _replies.Clear();

    public void AddReply(HostReply reply) => _replies.Add(reply);

    /// <summary>Takes note of work that this service does for the call, in virtual instructions of about the same host time.</summary>
    public void Charge(int work) => System.Spend(work);

    /// <summary>Charges a search through so many processes, children, threads or waiters.</summary>
    public void ChargeSearch(int count) => System.Spend(count * CostOfSearched);

    /// <summary>True once this message has done as much as one may: the call puts down how far it is and is <see cref="CallResult.Continued"/>.</summary>
    public bool IsSpent => System.IsSpent;

    /// <summary>Parks the call until <paramref name="wait"/> is woken; EINTR where a signal has come.</summary>
    public CallResult WaitFor(ulong wait)
    {
        if (IsInterrupted)
        {
            return Errno.EINTR;
        }

        System.Waits.Add(wait, Thread);
        return CallResult.Parked;
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(Number);
        foreach (ulong argument in Arguments)
        {
            writer.Write(argument);
        }

        writer.Write(Request);
        writer.Write(Deadline);
        writer.Write(IsWoken);
        writer.Write(IsInterrupted);
        writer.Write(Progress);
        writer.Write(Asked);
        writer.Write(Stage);
        writer.Write(Block?.Id ?? 0);
        writer.Write(File?.Id ?? 0);
        writer.Write(Birth is not null);
        Birth?.Child.Save(writer);
        Birth?.Copy!.Save(writer);
        writer.Write(Execution is not null);
        Execution?.Save(writer);
        writer.Write(_paths.Count);
        foreach (var (index, path) in _paths)
        {
            writer.Write(index);
            path.Save(writer);
        }

        writer.Write(_replies.Count);
        foreach (var reply in _replies)
        {
            writer.Write(reply.Result);
            writer.Write(reply.Data.Length);
            writer.Write(reply.Data);
        }
    }

    public void Restore(BinaryReader reader, IReadOnlyDictionary<ulong, OpenFile> files)
    {
        Number = reader.ReadInt64();
        for (int i = 0; i < 6; i++)
        {
            Arguments[i] = reader.ReadUInt64();
        }

        Request = reader.ReadUInt64();
        Deadline = reader.ReadUInt64();
        IsWoken = reader.ReadBoolean();
        IsInterrupted = reader.ReadBoolean();
        Progress = reader.ReadUInt64();
        Asked = reader.ReadUInt64();
        Stage = reader.ReadInt32();
        ulong block = reader.ReadUInt64();
        Block = block == 0 ? null : System.Blocks[block];
        ulong file = reader.ReadUInt64();
        File = file == 0 ? null : files[file];
        if (reader.ReadBoolean())
        {
            var child = LinuxProcess.Restore(reader, Job, files);
            Birth = new Calls.Birth(child, MemoryCopy.Restore(reader, child));
        }

        Execution = reader.ReadBoolean() ? Execution.Restore(reader, Job) : null;
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            _paths.Add(reader.ReadInt32(), PathName.Restore(reader, Job.Inodes));
        }

        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            long result = reader.ReadInt64();
            _replies.Add(new HostReply(result, reader.ReadBytes(reader.ReadInt32())));
        }
    }
}

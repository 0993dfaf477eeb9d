using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Services.Files;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux;

/// <summary>What a process does about a signal.</summary>
internal record struct SignalAction(ulong Handler, ulong Flags, ulong Mask)
{
    public const ulong Default = 0;
    public const ulong Ignore = 1;
    public const ulong SiginfoFlag = 4;
    public const ulong OnStack = 0x08000000;
    public const ulong Restart = 0x10000000;
    public const ulong NoDefer = 0x40000000;
    public const ulong ResetHand = 0x80000000;
    public const ulong NoChildStop = 1;
    public const ulong NoChildWait = 2;
}

/// <summary>A program's file as a memory object, and what it says of itself.</summary>
/// <param name="Block">The memory object, which each record that names it uses once.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Path">Its absolute path.</param>
/// <param name="Image">Its headers.</param>
internal sealed record Executable(MemoryBlock Block, ulong Length, string Path, ElfImage Image)
{
    /// <summary>The dynamic linker that starts it; null for a static program.</summary>
    public Executable? Interpreter { get; init; }

    /// <summary>The path by which it was started (AT_EXECFN).</summary>
    public string Name { get; init; } = Path;

    /// <summary>One use more of its memory and of its interpreter's.</summary>
    public void Hold()
    {
        Block.Uses++;
        Interpreter?.Hold();
    }

    public void Release(LinuxSystem system)
    {
        system.Release(Block);
        Interpreter?.Release(system);
    }
}

/// <summary>A child that has ended and was not asked for yet.</summary>
internal sealed record Zombie(int Id, int GroupId, int Status);

/// <summary>A Linux process: a cell with an address space, descriptors, signal actions and threads.</summary>
internal sealed class LinuxProcess
{
    public const int Signals = 64;

    public LinuxProcess(Job job, int id, int parent, CellCapability cell, ProcessMemory memory)
    {
        Job = job;
        Id = id;
        Parent = parent;
        Cell = cell;
        OwnMemory = memory;
        memory.Process = this;
        Descriptors = new DescriptorTable(job, id);
        Timers = new ProcessTimers(this);
    }

    public Job Job { get; }

    public LinuxSystem System => Job.System;

    public int Id { get; }

    /// <summary>The parent's number; 1 where it is gone.</summary>
    public int Parent { get; set; }

    public int GroupId { get; set; }

    public int SessionId { get; set; }

    public CellCapability Cell { get; }

    /// <summary>The memory of its own address space.</summary>
    public ProcessMemory OwnMemory { get; }

    /// <summary>The process whose memory a child of vfork runs on until it has a program of its own; 0: its own.</summary>
    public int MemoryOwner { get; set; }

    /// <summary>The memory that its threads run on.</summary>
    public ProcessMemory Memory => MemoryOwner == 0 ? OwnMemory : Job.Processes[MemoryOwner].OwnMemory;

    public int ObjectLimit { get; set; }

    public DescriptorTable Descriptors { get; }

    public List<LinuxThread> Threads { get; } = [];

    public List<Zombie> Zombies { get; } = [];

    /// <summary>The directory that its paths are relative to; it stays that one whatever its name becomes.</summary>
    public DirectoryPlace WorkingDirectory { get; private set; }

    /// <summary>Its users and groups.</summary>
    public Identity Identity { get; set; } = Identity.Of(default);

    /// <summary>As whom it uses files.</summary>
    public Credentials Credentials => Identity.Credentials;

    public uint FileMask { get; set; } = 0x12;

    public Executable? Executable { get; set; }

    public byte[][] Arguments { get; set; } = [];

    /// <summary>Bytes of the host that its arguments take, as they count against what its job may hold.</summary>
    public ulong TextBytes { get; set; }

    /// <summary>Where its arguments and its environment lie.</summary>
    public StartTexts Start { get; set; }

    /// <summary>What it has set of itself.</summary>
    public ProcessTraits Traits { get; set; } = new();

    /// <summary>The thread whose call is being run.</summary>
    public LinuxThread? Caller { get; set; }

    public SignalAction[] Actions { get; private set; } = new SignalAction[Signals + 1];

    public SignalQueue Pending { get; } = new();

    /// <summary>Its timers; a fork copies none, a new program has none.</summary>
    public ProcessTimers Timers { get; }

    public ProgramLoad? Load { get; set; }

    /// <summary>The thread that waits until this process, made by vfork, has a program of its own or has ended; 0 for none.</summary>
    public ulong VforkParent { get; set; }

    /// <summary>When its alarm goes off; <see cref="LinuxCall.Never"/>: not at all.</summary>
    public ulong Alarm { get; set; } = LinuxCall.Never;

    public ulong AlarmPeriod { get; set; }

    public bool IsEnded { get; set; }

    /// <summary>The signal that stopped it; 0 while it is not stopped.</summary>
    public int StopSignal { get; set; }

    /// <summary>True if its parent has not yet waited for the stop.</summary>
    public bool HasStopNews { get; set; }

    /// <summary>True if its parent has not yet waited for the end of a stop.</summary>
    public bool HasContinueNews { get; set; }

    /// <summary>Its resource limits; a fork copies them.</summary>
    public ResourceLimits Limits { get; private set; } = new();

    /// <summary>How it ended, as wait4 tells it.</summary>
    public int Status { get; set; }

    public ulong StartTime { get; set; }

    /// <summary>What wait calls wait for.</summary>
    public ulong ChildrenWait { get; init; }

    public ulong RandomState { get; set; }

    /// <summary>Makes an object with <paramref name="make"/>, and gives the cell a larger quota of objects where it needs one.</summary>
    public KernelStatus WithRoom(Func<KernelStatus> make)
    {
        var status = make();
        while (status == KernelStatus.ObjectsExhausted && Cell.SetLimits(Job.Request.MemoryLimit, ObjectLimit * 2) == KernelStatus.Ok)
        {
            ObjectLimit *= 2;
            status = make();
        }

        return status;
    }

    /// <summary>Makes an empty block of memory that this process pays for; nobody uses it yet.</summary>
    public KernelStatus CreateBlock(ulong size, out MemoryBlock block)
    {
        if (Memory.Process != this)
        {
            return Memory.Process.CreateBlock(size, out block);
        }

        MemoryCapability memory = default;
        var status = WithRoom(() => Cell.CreateMemory(size, out memory));
        block = status == KernelStatus.Ok ? System.AddBlock(memory, size, false) : null!;
        return status;
    }

    public ulong NextRandom()
    {
        ulong state = RandomState;
        ulong next = Next(ref state);
        RandomState = state;
        return next;
    }

    public byte[] Random(int count)
    {
        var bytes = new byte[count];
        RandomState = FillRandom(bytes);
        return bytes;
    }

    /// <summary>Fills the bytes with the process's next random numbers. Returns the state behind them, for the caller to keep once nothing can fail.</summary>
    public ulong FillRandom(Span<byte> bytes)
    {
        ulong state = RandomState;
        Span<byte> word = stackalloc byte[8];
        for (; bytes.Length > 0; bytes = bytes[Math.Min(8, bytes.Length)..])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, Next(ref state));
            word[..Math.Min(8, bytes.Length)].CopyTo(bytes);
        }

        return state;
    }

    // SplitMix64 (Steele, Lea, Flood 2014).
    private static ulong Next(ref ulong state)
    {
        state += 0x9e3779b97f4a7c15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    /// <summary>Changes the working directory.</summary>
    public void Enter(DirectoryPlace directory)
    {
        directory.Directory.Opens++;
        LeaveDirectory();
        WorkingDirectory = directory;
    }

    /// <summary>Lets go of the working directory, at the end of the process.</summary>
    public void LeaveDirectory()
    {
        if (WorkingDirectory.Directory is { } left)
        {
            left.Opens--;
            Job.Tree.Settle(left);
            WorkingDirectory = default;
        }
    }

    public void ResetActions()
    {
        for (int i = 1; i <= Signals; i++)
        {
            Actions[i] = Actions[i].Handler == SignalAction.Ignore ? new SignalAction(SignalAction.Ignore, 0, 0) : default;
        }
    }

    public void CopyLimits(LinuxProcess other)
    {
        Limits = other.Limits.Copy();
        Descriptors.Most = other.Descriptors.Most;
    }

    public void CopyActions(LinuxProcess other) => Actions = (SignalAction[])other.Actions.Clone();

    public void Save(BinaryWriter writer)
    {
        writer.Write(Id);
        writer.Write(Parent);
        writer.Write(Cell.Slot);
        writer.Write(ChildrenWait);
        OwnMemory.Save(writer);
        writer.Write(GroupId);
        writer.Write(SessionId);
        writer.Write(ObjectLimit);
        Descriptors.Save(writer);
        writer.Write(StopSignal);
        writer.Write(HasStopNews);
        writer.Write(HasContinueNews);
        Limits.Save(writer);
        writer.Write(MemoryOwner);
        writer.Write(WorkingDirectory.Directory?.Number ?? 0);
        writer.Write(WorkingDirectory.HostPath ?? "");
        Identity.Save(writer);
        writer.Write(FileMask);
        writer.Write(VforkParent);
        writer.Write(Alarm);
        writer.Write(AlarmPeriod);
        writer.Write(StartTime);
        writer.Write(RandomState);
        writer.Write(TextBytes);
        Start.Save(writer);
        Timers.Save(writer);
        Traits.Save(writer);
        writer.Write(IsEnded);
        writer.Write(Status);
        Job.Write(writer, Arguments);

        foreach (var action in Actions)
        {
            writer.Write(action.Handler);
            writer.Write(action.Flags);
            writer.Write(action.Mask);
        }

        Pending.Save(writer);
        writer.Write(Zombies.Count);
        foreach (var zombie in Zombies)
        {
            writer.Write(zombie.Id);
            writer.Write(zombie.GroupId);
            writer.Write(zombie.Status);
        }

        LinuxSystem.SaveExecutable(writer, Executable);
        writer.Write(Load is not null);
        Load?.Save(writer);
        writer.Write(Threads.Count);
        foreach (var thread in Threads)
        {
            thread.Save(writer);
        }
    }

    public static LinuxProcess Restore(BinaryReader reader, Job job, IReadOnlyDictionary<ulong, OpenFile> files)
    {
        int id = reader.ReadInt32();
        int parent = reader.ReadInt32();
        var cell = new CellCapability(job.System.Invoker, reader.ReadUInt32());
        ulong wait = reader.ReadUInt64();
        var process = new LinuxProcess(job, id, parent, cell, ProcessMemory.Restore(reader, job.System)) { ChildrenWait = wait };
        process.GroupId = reader.ReadInt32();
        process.SessionId = reader.ReadInt32();
        process.ObjectLimit = reader.ReadInt32();
        process.Descriptors.Restore(reader, files);
        process.StopSignal = reader.ReadInt32();
        process.HasStopNews = reader.ReadBoolean();
        process.HasContinueNews = reader.ReadBoolean();
        process.Limits = ResourceLimits.Restore(reader);
        process.Descriptors.Most = process.Limits.MostDescriptors;
        process.MemoryOwner = reader.ReadInt32();
        ulong directory = reader.ReadUInt64();
        process.WorkingDirectory = new DirectoryPlace(directory == 0 ? null! : job.Inodes[directory], reader.ReadString() ?? "");
        process.Identity = Identity.Restore(reader);
        process.FileMask = reader.ReadUInt32();
        process.VforkParent = reader.ReadUInt64();
        process.Alarm = reader.ReadUInt64();
        process.AlarmPeriod = reader.ReadUInt64();
        process.StartTime = reader.ReadUInt64();
        process.RandomState = reader.ReadUInt64();
        process.TextBytes = reader.ReadUInt64();
        process.Start = StartTexts.Restore(reader);
        process.Timers.Restore(reader);
        process.Traits = ProcessTraits.Restore(reader);
        process.IsEnded = reader.ReadBoolean();
        process.Status = reader.ReadInt32();
        process.Arguments = Job.ReadTexts(reader);

        for (int i = 0; i <= Signals; i++)
        {
            process.Actions[i] = new SignalAction(reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64());
        }

        process.Pending.Restore(reader);
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            process.Zombies.Add(new Zombie(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32()));
        }

        process.Executable = job.System.RestoreExecutable(reader);
        process.Load = reader.ReadBoolean() ? ProgramLoad.Restore(reader, process) : null;
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            process.Threads.Add(LinuxThread.Restore(reader, process, files));
            process.Threads[^1].IsGone = process.IsEnded || (process.Load is { EndsThreads: true } && process.Threads[^1].Phase != ThreadPhase.Loading);
        }

        return process;
    }
}

using ObjectOS.Client;

namespace ObjectOS.Services.Linux;

internal enum ThreadPhase : byte
{
    /// <summary>The kernel runs it, or its call is being dealt with.</summary>
    Running,

    /// <summary>Its call waits.</summary>
    Parked,

    /// <summary>Its call is over, but it could not be resumed yet.</summary>
    Finishing,

    /// <summary>It was stopped on its way, to be given a signal.</summary>
    Stopped,

    /// <summary>The job's first program is being looked for.</summary>
    Starting,

    /// <summary>Its program is being loaded.</summary>
    Loading,

    /// <summary>Its call goes on when its turn comes: the kernel sends the same call again.</summary>
    Recalled,
}

/// <summary>A thread of a Linux process.</summary>
internal sealed class LinuxThread
{
    public LinuxThread(LinuxProcess process, int id, ThreadCapability capability, ulong number)
    {
        Process = process;
        Id = id;
        Capability = capability;
        Number = number;
        Call = new LinuxCall(this);
    }

    public LinuxProcess Process { get; }

    /// <summary>Linux's number.</summary>
    public int Id { get; }

    public ThreadCapability Capability { get; }

    /// <summary>The kernel's number.</summary>
    public ulong Number { get; }

    public LinuxCall Call { get; }

    public ThreadPhase Phase { get; set; }

    /// <summary>Where the answer to its call or fault goes.</summary>
    public uint ReplySlot { get; set; }

    /// <summary>True where it trapped, so that label 0 resumes it.</summary>
    public bool IsFault { get; set; }

    /// <summary>What its call ended with, while it is finishing.</summary>
    public CallResult Result { get; set; }

    /// <summary>True while it stands in the queue of threads to look after.</summary>
    public bool IsQueued { get; set; }

    public bool IsGone { get; set; }

    /// <summary>Where a zero is written when it ends; 0: nowhere.</summary>
    public ulong ClearAddress { get; set; }

    public ulong RobustList { get; set; }

    public string Name { get; set; } = "";

    /// <summary>Signals that it does not take now: bit n − 1 for signal n.</summary>
    public ulong Mask { get; set; }

    /// <summary>A mask to be put back once a signal was delivered or the call ends (sigsuspend, ppoll).</summary>
    public ulong? SavedMask { get; set; }

    public SignalQueue Pending { get; } = new();

    public ulong AltStack { get; set; }

    public ulong AltStackSize { get; set; }

    public void Save(BinaryWriter writer)
    {
        writer.Write(Id);
        writer.Write(Capability.Slot);
        writer.Write(Number);
        writer.Write((byte)Phase);
        writer.Write(ReplySlot);
        writer.Write(IsFault);
        writer.Write((byte)Result.Outcome);
        writer.Write(Result.Value);
        writer.Write(IsQueued);
        writer.Write(ClearAddress);
        writer.Write(RobustList);
        writer.Write(Name);
        writer.Write(Mask);
        writer.Write(SavedMask.HasValue);
        writer.Write(SavedMask ?? 0);
        Pending.Save(writer);
        writer.Write(AltStack);
        writer.Write(AltStackSize);
        Call.Save(writer);
    }

    public static LinuxThread Restore(BinaryReader reader, LinuxProcess process, IReadOnlyDictionary<ulong, OpenFile> files)
    {
        var thread = new LinuxThread(process, reader.ReadInt32(), new ThreadCapability(process.System.Invoker, reader.ReadUInt32()), reader.ReadUInt64())
        {
            Phase = (ThreadPhase)reader.ReadByte(),
            ReplySlot = reader.ReadUInt32(),
            IsFault = reader.ReadBoolean(),
            Result = new CallResult((CallOutcome)reader.ReadByte(), reader.ReadInt64()),
            IsQueued = reader.ReadBoolean(),
            ClearAddress = reader.ReadUInt64(),
            RobustList = reader.ReadUInt64(),
            Name = reader.ReadString(),
            Mask = reader.ReadUInt64(),
        };
        bool hasMask = reader.ReadBoolean();
        ulong mask = reader.ReadUInt64();
        thread.SavedMask = hasMask ? mask : null;
        thread.Pending.Restore(reader);
        thread.AltStack = reader.ReadUInt64();
        thread.AltStackSize = reader.ReadUInt64();
        thread.Call.Restore(reader, files);
        return thread;
    }
}

namespace ObjectOS.Services.Linux;

/// <summary>
/// The limits of getrlimit(2): those that are kept, those that can have no effect here, and those that cannot be kept, which take no other
/// value than "unlimited".
/// </summary>
internal sealed class ResourceLimits
{
    public const ulong Infinity = ulong.MaxValue;
    public const int Count = 16;

    private const int Cpu = 0;
    private const int FileSize = 1;
    private const int Data = 2;
    private const int Stack = 3;
    private const int Core = 4;
    private const int Processes = 6;
    private const int OpenFiles = 7;
    private const int AddressSpace = 9;
    private const int PendingSignals = 11;

    private readonly (ulong Soft, ulong Hard)[] _limits = new (ulong, ulong)[Count];

    public ResourceLimits()
    {
        Array.Fill(_limits, (Infinity, Infinity));
        _limits[Stack] = (ProcessMemory.StackSize, ProcessMemory.StackSize);
        _limits[Core] = (0, Infinity);
        _limits[PendingSignals] = (SignalQueue.Most, SignalQueue.Most);
        _limits[OpenFiles] = (DescriptorTable.Limit, DescriptorTable.Limit);
    }

    public (ulong Soft, ulong Hard) this[int resource] => _limits[resource];

    public int MostDescriptors => (int)Math.Min(_limits[OpenFiles].Soft, DescriptorTable.Limit);

    public ulong LargestFile => _limits[FileSize].Soft;

    public ulong MostMapped => _limits[AddressSpace].Soft;

    public ulong MostSignals => _limits[PendingSignals].Soft;

    public ulong MostProcesses => _limits[Processes].Soft;

    /// <summary>Sets a limit, or says why not. The program is no superuser: it raises no hard limit.</summary>
    public Errno Set(int resource, ulong soft, ulong hard)
    {
        if (soft > hard)
        {
            return Errno.EINVAL;
        }

        // Processor time and heap are not counted here: a limit that nothing would keep is refused.
        if (hard > _limits[resource].Hard || (resource is Cpu or Data && soft != Infinity))
        {
            return Errno.EPERM;
        }

        _limits[resource] = (soft, hard);
        return Errno.None;
    }

    public ResourceLimits Copy()
    {
        var copy = new ResourceLimits();
        _limits.CopyTo(copy._limits, 0);
        return copy;
    }

    public void Save(BinaryWriter writer)
    {
        foreach (var (soft, hard) in _limits)
        {
            writer.Write(soft);
            writer.Write(hard);
        }
    }

    public static ResourceLimits Restore(BinaryReader reader)
    {
        var limits = new ResourceLimits();
        for (int i = 0; i < Count; i++)
        {
            limits._limits[i] = (reader.ReadUInt64(), reader.ReadUInt64());
        }

        return limits;
    }
}

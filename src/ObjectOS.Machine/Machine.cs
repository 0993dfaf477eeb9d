using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine;

/// <summary>What a machine is made of.</summary>
/// <param name="MemoryBytes">Most host memory that guests may hold; 0: half of the host's. Rounded down to pages of 4 KiB.</param>
public sealed record MachineOptions(ulong MemoryBytes = 0);

/// <summary>A store of host memory that any number of CPUs share, each on a host thread of its own.</summary>
public sealed class Machine : IDisposable
{
    private readonly FramePool _pool;

    /// <summary>Makes a machine; host memory is taken as guests write.</summary>
    public Machine(MachineOptions? options = null) => _pool = new FramePool((options ?? new MachineOptions()).MemoryBytes >> 12);

    /// <summary>Pages of 4 KiB that guests hold now.</summary>
    public ulong LiveFrames => _pool.LiveFrames;

    /// <summary>Most pages of 4 KiB that guests may hold together.</summary>
    public ulong CapacityPages => _pool.Capacity;

    /// <summary>Makes a memory of <paramref name="size"/> bytes that may hold <paramref name="limitPages"/> pages.</summary>
    internal GuestMemory CreateMemory(ulong size, ulong limitPages) => new(_pool, new MemoryAccount(), size + (limitPages * 0));

    /// <summary>Gives all memory back to the host. No CPU of this machine may run, then or afterwards.</summary>
    public void Dispose() => _pool.Dispose();
}

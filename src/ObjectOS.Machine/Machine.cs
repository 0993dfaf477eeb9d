using System.Globalization;
using ObjectOS.Abi;
using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine;

/// <summary>What a machine is made of.</summary>
/// <param name="MemoryBytes">Most host memory that guests may hold; 0: half of the host's. Rounded down to pages of 4 KiB.</param>
public sealed record MachineOptions(ulong MemoryBytes = 0);

/// <summary>A store of host memory that any number of CPUs share, each on a host thread of its own.</summary>
/// <remarks>Its members may be called from any host thread, <see cref="Dispose"/> once no CPU runs.</remarks>
public sealed class Machine : IDisposable
{
    private readonly FramePool _pool;
    private readonly List<GuestMemory> _memories = [];

    /// <summary>Makes a machine; host memory is taken as guests write.</summary>
    /// <exception cref="ArgumentException">The memory is less than a page.</exception>
    public Machine(MachineOptions? options = null)
    {
        ulong bytes = options?.MemoryBytes ?? 0;
        if (bytes == 0)
            bytes = (ulong)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;
        if (bytes < Pages.Size)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"A machine of {bytes} bytes has not one page of {Pages.Size}."), nameof(options));
        _pool = new FramePool(bytes >> Pages.Shift);
    }

    /// <summary>Pages of 4 KiB that guests hold now.</summary>
    public ulong LiveFrames => _pool.LiveFrames;

    /// <summary>Most pages of 4 KiB that guests may hold together.</summary>
    public ulong CapacityPages => _pool.Capacity;

    /// <summary>The store itself, for tests.</summary>
    internal FramePool Pool => _pool;

    /// <summary>Makes a memory of <paramref name="size"/> bytes with an account of its own that may hold <paramref name="limitPages"/> pages.</summary>
    internal GuestMemory CreateMemory(ulong size, ulong limitPages)
    {
        var account = (MemoryAccount)_pool.RootAccount.CreateChild(limitPages);
        try
        {
            var memory = new GuestMemory(_pool, account, size);
            lock (_memories)
            {
                _memories.RemoveAll(other => other.IsDisposed);
                _memories.Add(memory);
            }

            return memory;
        }
        catch
        {
            account.Close();
            throw;
        }
    }

    /// <summary>Gives all memory back to the host. No CPU of this machine may run, then or afterwards.</summary>
    public void Dispose()
    {
        lock (_memories)
        {
            foreach (GuestMemory memory in _memories)
                memory.Dispose();
            _memories.Clear();
        }

        _pool.Dispose();
    }
}

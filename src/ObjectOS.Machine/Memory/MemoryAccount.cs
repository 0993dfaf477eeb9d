using ObjectOS.Cpu;

namespace ObjectOS.Machine.Memory;

/// <summary>Who pays for frames.</summary>
internal sealed class MemoryAccount : IMemoryAccount
{
    public IMemoryAccount? Parent => null;

    public ulong Limit => 0;

    public ulong Charged => 0;

    public ulong ChargedHere => 0;

    public ulong Peak => 0;

    /// <summary>True for this account itself and for those above it up to <paramref name="ancestor"/>.</summary>
    public bool IsUnder(MemoryAccount ancestor) => throw new NotImplementedException();

    public void SetLimit(ulong pages) => throw new NotImplementedException();

    public IMemoryAccount CreateChild(ulong limit) => throw new NotImplementedException();

    public void Close() => throw new NotImplementedException();
}

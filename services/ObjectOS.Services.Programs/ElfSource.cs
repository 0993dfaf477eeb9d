using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Programs;

/// <summary>A program's file as its parser sees it: bytes that are there, or a memory object of which parts are read.</summary>
internal readonly ref struct ElfSource
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly MemoryCapability? _memory;
    private readonly KernelStatus[] _status = [KernelStatus.Ok];

    public ElfSource(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        Length = (ulong)bytes.Length;
    }

    public ElfSource(MemoryCapability memory, ulong length)
    {
        _memory = memory;
        Length = length;
    }

    public ulong Length { get; }

    /// <summary>Ok, or why a part could not be read.</summary>
    public KernelStatus Status => _status[0];

    /// <summary>The bytes from an offset on, as far as the file has them.</summary>
    public ReadOnlySpan<byte> Part(ulong offset, ulong count)
    {
        count = offset >= Length ? 0 : Math.Min(count, Length - offset);
        if (_memory is not { } memory)
        {
            return _bytes.Slice((int)Math.Min(offset, Length), (int)count);
        }

        var part = new byte[count];
        var status = count == 0 ? KernelStatus.Ok : memory.Read(offset, part);
        _status[0] = _status[0] == KernelStatus.Ok ? status : _status[0];
        return part;
    }
}

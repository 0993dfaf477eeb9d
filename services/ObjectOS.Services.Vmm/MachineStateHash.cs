using System.Buffers.Binary;
using System.Security.Cryptography;
using ObjectOS.Abi;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// SHA-256 over a virtual machine that stands still: of each hart pc, x1–x31, f0–f31, fcsr, mode and CSRs; each page of memory that is not all zero, with its
/// address, ascending; the state of each device with its name, by name. Nothing of host, depth or frames goes in. It is computed in bounded steps, each over the
/// digest of those before, so that what has been done of it is data.
/// </summary>
internal sealed class MachineStateHash(VirtualMachine machine)
{
    /// <summary>Bytes of memory in a step.</summary>
    private const int StepBytes = 1 << 18;

    private byte[] _digest = [];
    private byte[] _pages = [];
    private ulong _offset;

    /// <summary>True once all of it is done.</summary>
    public bool IsDone { get; private set; }

    /// <summary>The hash, in hexadecimal digits; where it is not done, of what is; empty where a device could not tell its state.</summary>
    public string Value => Convert.ToHexStringLower(_digest);

    /// <summary>Goes on: the harts first, then memory, the devices last.</summary>
    public DeviceStatus Step()
    {
        if (_digest.Length == 0)
        {
            _digest = SHA256.HashData(Harts());
        }
        else if (_offset < machine.Ram.Length)
        {
            return AddMemory();
        }
        else
        {
            AddDevices();
            IsDone = true;
        }

        return DeviceStatus.Done;
    }

    /// <summary>Writes the state.</summary>
    public void Save(BinaryWriter writer)
    {
        Saved.Write(writer, _digest);
        writer.Write(_offset);
        writer.Write(IsDone);
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        _digest = Saved.Bytes(reader, SHA256.HashSizeInBytes);
        _offset = reader.ReadUInt64();
        IsDone = reader.ReadBoolean();
    }

    private void Add(ReadOnlySpan<byte> bytes)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(_digest);
        sha.AppendData(bytes);
        _digest = sha.GetHashAndReset();
    }

    /// <summary>A device that cannot tell its state leaves no hash; the machine has ended, and that is what is told.</summary>
    private void AddDevices()
    {
        Add(Devices());
        _digest = machine.Bus.Failure.Length == 0 ? _digest : [];
    }

    private byte[] Harts()
    {
        const int Words = ThreadState.Words + Hart.StateWords;
        var bytes = new byte[machine.Harts.Count * Words * sizeof(ulong)];
        Span<ulong> words = stackalloc ulong[Words];
        for (int hart = 0; hart < machine.Harts.Count; hart++)
        {
            machine.Harts[hart].Capability.Thread.ReadState(words[..ThreadState.Words]);
            machine.Harts[hart].TryReadState(words[ThreadState.Words..]);
            for (int i = 0; i < Words; i++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(((hart * Words) + i) * sizeof(ulong)), words[i]);
            }
        }

        return bytes;
    }

    private DeviceStatus AddMemory()
    {
        _pages = _pages.Length == 0 ? new byte[StepBytes] : _pages;
        var pages = _pages.AsSpan(0, (int)Math.Min(StepBytes, machine.Ram.Length - _offset));
        if (machine.Ram.Read(machine.Ram.Start + _offset, pages) == DeviceStatus.Suspended)
        {
            return DeviceStatus.Suspended;
        }

        if (pages.ContainsAnyExcept((byte)0))
        {
            Add(NonZero(pages));
        }

        _offset += (ulong)pages.Length;
        return DeviceStatus.Done;
    }

    private ReadOnlySpan<byte> NonZero(ReadOnlySpan<byte> pages)
    {
        using var found = new MemoryStream();
        using var writer = new BinaryWriter(found);
        for (int at = 0; at < pages.Length; at += (int)Pages.Size)
        {
            var page = pages.Slice(at, (int)Pages.Size);
            if (page.ContainsAnyExcept((byte)0))
            {
                writer.Write(machine.Ram.Start + _offset + (ulong)at);
                writer.Write(page);
            }
        }

        writer.Flush();
        return found.GetBuffer().AsSpan(0, (int)found.Length);
    }

    private byte[] Devices()
    {
        using var states = new MemoryStream();
        using var writer = new BinaryWriter(states);
        foreach (var slot in machine.Bus.Slots.OrderBy(slot => slot.Name, StringComparer.Ordinal))
        {
            writer.Write(slot.Name);
            writer.Write(slot.TellState());
        }

        writer.Flush();
        return states.ToArray();
    }
}

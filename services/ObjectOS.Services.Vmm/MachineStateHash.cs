using System.Buffers.Binary;
using System.Security.Cryptography;
using ObjectOS.Abi;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// SHA-256 over a virtual machine: of each hart pc, x1–x31, f0–f31, fcsr, mode and CSRs; each page of memory that is not all zero, with its address, ascending; the state
/// of each device with its name, by name. Nothing of host, depth or frames goes in.
/// </summary>
internal static class MachineStateHash
{
    private const int BytesAtOnce = 1 << 18;

    /// <summary>Computes it. False: suspended, to be done again from the start.</summary>
    public static bool TryCompute(VirtualMachine machine, out string hash)
    {
        hash = "";
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> word = stackalloc byte[8];
        Span<ulong> registers = stackalloc ulong[ThreadState.Words];
        Span<ulong> system = stackalloc ulong[Hart.StateWords];
        foreach (var hart in machine.Harts)
        {
            hart.Capability.Thread.ReadState(registers);
            hart.TryReadState(system);
            foreach (ulong value in registers)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(word, value);
                sha.AppendData(word);
            }

            foreach (ulong value in system)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(word, value);
                sha.AppendData(word);
            }
        }

        if (!AppendMemory(machine.Ram, sha))
        {
            return false;
        }

        foreach (var slot in machine.Bus.Slots.OrderBy(slot => slot.Device.Name, StringComparer.Ordinal))
        {
            using var state = new MemoryStream();
            using var writer = new BinaryWriter(state);
            writer.Write(slot.Device.Name);
            slot.Device.Save(writer);
            writer.Flush();
            sha.AppendData(state.GetBuffer().AsSpan(0, (int)state.Length));
        }

        hash = Convert.ToHexStringLower(sha.GetHashAndReset());
        return true;
    }

    private static bool AppendMemory(GuestRam ram, IncrementalHash sha)
    {
        Span<byte> word = stackalloc byte[8];
        var buffer = new byte[BytesAtOnce];
        for (ulong offset = 0; offset < ram.Length; offset += BytesAtOnce)
        {
            var pages = buffer.AsSpan(0, (int)Math.Min(BytesAtOnce, ram.Length - offset));
            if (ram.Read(ram.Start + offset, pages) != DeviceStatus.Done)
            {
                return false;
            }

            for (int at = 0; at < pages.Length && pages[at..].ContainsAnyExcept((byte)0); at += (int)Pages.Size)
            {
                var page = pages.Slice(at, (int)Pages.Size);
                if (page.ContainsAnyExcept((byte)0))
                {
                    BinaryPrimitives.WriteUInt64LittleEndian(word, ram.Start + offset + (ulong)at);
                    sha.AppendData(word);
                    sha.AppendData(page);
                }
            }
        }

        return true;
    }
}

using System.IO.Hashing;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Recording;

/// <summary>
/// A digest of a whole machine between two slices: the figures of the root kernel and of all below it, every page that was written, the registers
/// of the hart that ran last, and the whole log so far. It changes nothing.
/// </summary>
internal static class StateDigest
{
    /// <summary>Bytes that are read in one go: holes between written pages read as zero.</summary>
    private const int Piece = 64 << 10;

    /// <param name="kernel">The root kernel.</param>
    /// <param name="last">The hart that ran last; null: none has.</param>
    /// <param name="inputs">The digest of the log so far.</param>
    /// <param name="withMemory">False: without the pages, whose number may be large.</param>
    public static UInt128 Of(IKernel kernel, HartContext? last, ulong inputs, bool withMemory)
    {
        var hash = new XxHash128();
        using var text = new MemoryStream();
        using (var writer = new BinaryWriter(text, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(inputs);
            Write(writer, kernel.Statistics);
            last?.Save(writer);
        }

        hash.Append(text.ToArray());
        if (withMemory)
        {
            Append(hash, kernel.Cpu.Memory);
        }

        return hash.GetCurrentHashAsUInt128();
    }

    private static void Write(BinaryWriter writer, GuestStatistics figures)
    {
        writer.Write(figures.Instructions);
        writer.Write(figures.Charged);
        writer.Write(figures.Nanoseconds);
        writer.Write(figures.Invocations);
        foreach (var (cause, count) in figures.Traps.OrderBy(trap => trap.Key))
        {
            writer.Write((ushort)cause);
            writer.Write(count);
        }

        foreach (var cell in figures.Cells.OrderBy(cell => cell.Number))
        {
            writer.Write(cell.Number);
            writer.Write((byte)cell.State);
            writer.Write(cell.Instructions);
            writer.Write(cell.Charged);
            writer.Write(cell.Traps);
            writer.Write(cell.Pages);
            writer.Write(cell.Objects);
        }

        foreach (var cpu in figures.VirtualCpus)
        {
            writer.Write(cpu.Number);
            writer.Write(cpu.Retired);
            writer.Write(cpu.StageTwoFaults);
            writer.Write(cpu.Exits);
            if (cpu.Guest is { } guest)
            {
                Write(writer, guest);
            }
        }
    }

    private static void Append(XxHash128 hash, IGuestMemory memory)
    {
        var piece = new byte[Piece];
        Span<byte> place = stackalloc byte[sizeof(ulong)];
        var end = new PhysicalAddress(memory.Size);
        ulong start = 0;
        while (start < memory.Size && memory.TryFindPresent(new PhysicalAddress(start), end, out var page))
        {
            int length = (int)Math.Min(Piece, memory.Size - page.Value);
            memory.Read(page, piece.AsSpan(0, length));
            BitConverter.TryWriteBytes(place, page.Value);
            hash.Append(place);
            hash.Append(piece.AsSpan(0, length));
            start = page.Value + (ulong)length;
        }
    }
}

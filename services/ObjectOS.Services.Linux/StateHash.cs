using System.Buffers.Binary;
using ObjectOS.Abi;

namespace ObjectOS.Services.Linux;

/// <summary>
/// SHA-256 over a process that stands still: of each thread, in the order they were made, pc, x1–x31, f0–f31 and fcsr; then each page that is not all
/// zero, with its address, ascending. Nothing of host, depth or frames goes in. It is computed in steps; pages that were never written are not looked at.
/// </summary>
internal sealed class StateHash(LinuxProcess process)
{
    private const int PagesAtOnce = 16;

    /// <summary>Work per page: SHA-256 of 4 KiB.</summary>
    private const int CostOfPage = 16_384;

    private readonly SavedSha256 _sha = new();
    private readonly byte[] _buffer = new byte[PagesAtOnce * Pages.Size];
    private bool _hasThreads;
    private ulong _at;

    /// <summary>Goes on. Ok: <paramref name="hash"/> is there; InProgress: there is more; Suspended: nothing has changed.</summary>
    public KernelStatus Step(out string hash)
    {
        hash = "";
        var status = _hasThreads ? KernelStatus.Ok : AddThreads();
        while (status == KernelStatus.Ok)
        {
            status = FindPages(out ulong start, out int length);
            if (status == KernelStatus.Ok && length == 0)
            {
                hash = Convert.ToHexStringLower(_sha.Finish());
                return status;
            }

            var pages = _buffer.AsSpan(0, length);
            status = status == KernelStatus.Ok ? process.Memory.Space.CopyIn(new VirtualAddress(start), pages) : status;
            if (status == KernelStatus.Ok)
            {
                AppendPages(start, pages);
                _at = start + (ulong)length;
                process.System.Spend(CostOfPage * (length / (int)Pages.Size));
                status = process.System.IsSpent ? KernelStatus.InProgress : status;
            }
        }

        return status;
    }

    public void Save(BinaryWriter writer)
    {
        _sha.Save(writer);
        writer.Write(_hasThreads);
        writer.Write(_at);
    }

    public void Restore(BinaryReader reader)
    {
        _sha.Restore(reader);
        _hasThreads = reader.ReadBoolean();
        _at = reader.ReadUInt64();
    }

    private KernelStatus AddThreads()
    {
        var states = new List<byte>();
        Span<ulong> state = stackalloc ulong[ThreadState.Words];
        Span<byte> word = stackalloc byte[8];
        foreach (var thread in process.Threads.OrderBy(thread => thread.Id))
        {
            var status = thread.Capability.ReadState(state);
            if (status != KernelStatus.Ok)
            {
                return status;
            }

            foreach (ulong register in state)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(word, register);
                states.AddRange(word);
            }
        }

        _sha.Append(states.ToArray());
        _hasThreads = true;
        return KernelStatus.Ok;
    }

    /// <summary>The next pages that may hold something; length 0: there are none.</summary>
    private KernelStatus FindPages(out ulong start, out int length)
    {
        start = 0;
        length = 0;
        foreach (var area in process.Memory.From(_at))
        {
            if (area.IsVoid || !area.Rights.HasFlag(PageRights.Read))
            {
                continue;
            }

            ulong skipped = Math.Max(_at, area.Start) - area.Start;
            var status = area.Block.Memory.Find(area.Offset + skipped, out ulong found);
            if (status != KernelStatus.Ok)
            {
                return status;
            }

            if (found < area.Offset + area.Length)
            {
                start = area.Start + (Math.Max(found, area.Offset + skipped) - area.Offset);
                length = (int)Math.Min((ulong)_buffer.Length, area.End - start);
                return KernelStatus.Ok;
            }
        }

        return KernelStatus.Ok;
    }

    private void AppendPages(ulong address, ReadOnlySpan<byte> pages)
    {
        Span<byte> word = stackalloc byte[8];
        for (int offset = 0; offset < pages.Length; offset += (int)Pages.Size)
        {
            var page = pages.Slice(offset, (int)Pages.Size);
            if (page.ContainsAnyExcept((byte)0))
            {
                BinaryPrimitives.WriteUInt64LittleEndian(word, address + (ulong)offset);
                _sha.Append(word);
                _sha.Append(page);
            }
        }
    }
}

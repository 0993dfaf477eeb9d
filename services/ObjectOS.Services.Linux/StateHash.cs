using System.Buffers.Binary;
using System.Security.Cryptography;
using ObjectOS.Abi;

namespace ObjectOS.Services.Linux;

/// <summary>
/// SHA-256 over a process: of each thread, in the order they were made, pc, x1–x31, f0–f31 and fcsr; then each page that is not all
/// zero, with its address, ascending. Nothing of host, depth or frames goes in.
/// </summary>
internal static class StateHash
{
    private const int PagesAtOnce = 16;

    public static KernelStatus Compute(LinuxProcess process, out string hash)
    {
        hash = "";
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> word = stackalloc byte[8];
        Span<ulong> state = stackalloc ulong[ThreadState.Words];
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
                sha.AppendData(word);
            }
        }

        var buffer = new byte[PagesAtOnce * Pages.Size];
        foreach (var area in process.Memory.Areas.Where(area => area.Rights.HasFlag(PageRights.Read)))
        {
            for (ulong at = area.Start; at < area.End; at += (ulong)buffer.Length)
            {
                var pages = buffer.AsSpan(0, (int)Math.Min((ulong)buffer.Length, area.End - at));
                var status = process.Memory.Space.CopyIn(new VirtualAddress(at), pages);
                if (status != KernelStatus.Ok)
                {
                    return status;
                }

                AppendPages(sha, at, pages);
            }
        }

        hash = Convert.ToHexStringLower(sha.GetHashAndReset());
        return KernelStatus.Ok;
    }

    private static void AppendPages(IncrementalHash sha, ulong address, ReadOnlySpan<byte> pages)
    {
        Span<byte> word = stackalloc byte[8];
        for (int offset = 0; offset < pages.Length; offset += (int)Pages.Size)
        {
            var page = pages.Slice(offset, (int)Pages.Size);
            if (page.ContainsAnyExcept((byte)0))
            {
                BinaryPrimitives.WriteUInt64LittleEndian(word, address + (ulong)offset);
                sha.AppendData(word);
                sha.AppendData(page);
            }
        }
    }
}

using System.Buffers.Binary;
using ObjectOS.Abi;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>What several families need of files of the host.</summary>
internal static class HostFiles
{
    public const ulong Unit = 1 << 20;

    /// <summary>Reads a range of a file in steps, the first of which is <paramref name="step"/>; null until all has come.</summary>
    public static CallResult ReadAll(LinuxCall call, OpenFile file, ulong offset, ulong length, int step, out byte[]? content) =>
        ReadAll(call, file.Grant, file.Handle, offset, length, step, out content);

    public static CallResult ReadAll(LinuxCall call, int grant, ulong handle, ulong offset, ulong length, int step, out byte[]? content)
    {
        content = null;
        ulong read = 0;
        int first = step;
        for (bool isAll = false; !isAll && read < length; step++)
        {
            ulong wanted = Math.Min(Unit, length - read);
            if (!call.TryReply(step, out var reply))
            {
                return call.Ask(grant, HostFileOperation.Read, [], handle, offset + read, wanted);
            }

            if (reply.IsError)
            {
                return reply.Result;
            }

            read += (ulong)reply.Data.Length;
            isAll = (ulong)reply.Data.Length < wanted;
        }

        // Put together once: after each answer anew would be quadratic.
        content = new byte[read];
        int at = 0;
        for (; first < step; first++)
        {
            call.Replies[first].Data.CopyTo(content, at);
            at += call.Replies[first].Data.Length;
        }

        return 0L;
    }

    /// <summary>Writes a time as seconds and nanoseconds; those before 1970 have negative seconds and nanoseconds from 0 on.</summary>
    public static void PutTime(Span<byte> bytes, long nanoseconds)
    {
        const long Second = (long)Linux.NanosecondsPerSecond;
        long part = ((nanoseconds % Second) + Second) % Second;
        BinaryPrimitives.WriteInt64LittleEndian(bytes, (nanoseconds - part) / Second);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], part);
    }
}

using ObjectOS.Abi;

namespace ObjectOS.Services.Files;

/// <content>The bytes of files.</content>
public sealed partial class FileTree
{
    /// <summary>Counts what an operation has changed of a content.</summary>
    private void Count(Inode file, FileContent content, ulong held)
    {
        Used = Used - held + content.Held;
        if (content.Memory is not null)
        {
            _memories.TryAdd(file.Number, content);
        }
    }

    /// <summary>
    /// Makes the file that long, at most <see cref="LargestFile"/>. New bytes are zero, and take no room until they are written. Ok; Suspended: nothing has
    /// changed; InProgress: call again; else there is no room.
    /// </summary>
    public KernelStatus SetLength(Inode file, ulong length, ulong now)
    {
        if (length < file.Length && file.Content is { } content)
        {
            ulong held = content.Held;
            var status = content.Cut(length, _cell);
            Count(file, content, held);
            if (status != KernelStatus.Ok)
            {
                return status;
            }
        }

        file.Length = length;
        file.ModifyTime = file.ChangeTime = (long)now;
        return KernelStatus.Ok;
    }

    /// <summary>Writes into the file, which grows as needed, up to <see cref="LargestFile"/>. Ok; Suspended: nothing has changed; else there is no room, and nothing is written.</summary>
    public KernelStatus Write(Inode file, ulong offset, ReadOnlySpan<byte> data, ulong now)
    {
        if (offset > LargestFile || (ulong)data.Length > LargestFile - offset)
        {
            return KernelStatus.InvalidArgument;
        }

        var content = file.Content ??= new FileContent();
        ulong growth = content.Growth(offset, (ulong)data.Length);
        if (growth > 0 && !HasRoomFor(growth))
        {
            return KernelStatus.MemoryExhausted;
        }

        ulong held = content.Held;
        var status = content.Write(offset, data, _cell);
        Count(file, content, held);
        if (status == KernelStatus.Ok)
        {
            file.Length = Math.Max(file.Length, offset + (ulong)data.Length);
            file.ModifyTime = file.ChangeTime = (long)now;
        }

        return status;
    }

    /// <summary>Makes a file's content a memory object of at least so many bytes. Ok, or nothing has changed.</summary>
    public KernelStatus MakeMemory(Inode file, ulong needed)
    {
        var content = file.Content ??= new FileContent();
        ulong held = content.Held;
        var status = content.MakeOwn(_cell);
        status = status == KernelStatus.Ok ? content.Move(_cell, needed) : status;
        Count(file, content, held);
        return status;
    }
}

using System.Buffers.Binary;
using System.Text;
using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>
/// getdents64: listings of directories. Nothing of a listing is kept but the last name that was told, from which it goes on; a directory that changes
/// meanwhile shows each name that stays exactly once, as POSIX wants of readdir.
/// </summary>
internal static class ListCalls
{
    private const int LargestListing = 65536;
    private const int CostOfEntry = 80;
    private const int CostOfSkip = 36;

    /// <summary>Bytes of a <c>linux_dirent64</c> before its name.</summary>
    private const int HeaderBytes = 19;

    public static CallResult List(LinuxCall call)
    {
        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        return file.Kind switch
        {
            OpenFileKind.Directory when file.Inode!.Tag != 0 => ListShown(call, file),
            OpenFileKind.Directory => ListOwn(call, file),
            OpenFileKind.HostDirectory => ListHost(call, file),
            _ => Errno.ENOTDIR,
        };
    }

    /// <summary>What a service makes up: positions are those of the files' own.</summary>
    private static CallResult ListShown(LinuxCall call, OpenFile file)
    {
        var listing = new Listing(call);
        ulong position = listing.AddDots(file.Position, file.Inode!.Number, file.Inode.Parent.Number);
        foreach (var (name, kind, inode, next) in position < 2 ? [] : new ProcFiles(call.Process).List(file.Inode, position))
        {
            if (!listing.TryAdd(name, kind, inode, next))
            {
                break;
            }

            position = next;
        }

        return listing.End(file, position, null);
    }

    private static CallResult ListOwn(LinuxCall call, OpenFile file)
    {
        string? cursor = file.Position >= file.CursorPosition ? file.Cursor : null;
        ulong position = cursor is null ? Math.Min(file.Position, 2) : file.CursorPosition;
        var listing = new Listing(call);
        position = listing.AddDots(position, file.Inode!.Number, file.Inode.Parent.Number);
        foreach (var (name, kind, number) in position < 2 ? [] : call.Job.Tree.List(file.Inode, cursor))
        {
            if (position < file.Position)
            {
                // The program has set a position of its own: names are counted up to it.
                call.Charge(CostOfSkip);
                if (call.IsSpent)
                {
                    (file.Cursor, file.CursorPosition) = (cursor, position);
                    return CallResult.Continued;
                }
            }
            else if (!listing.TryAdd(name, KindOf(kind), number, position + 1))
            {
                break;
            }

            cursor = name;
            position++;
        }

        return listing.End(file, position, cursor);
    }

    /// <summary>A listing of the host: of each answer no more than fits into the program's buffer.</summary>
    private static CallResult ListHost(LinuxCall call, OpenFile file)
    {
        string? cursor = file.Position >= file.CursorPosition ? file.Cursor : null;
        ulong position = cursor is null ? Math.Min(file.Position, 2) : file.CursorPosition;
        bool isBehind = position >= 2 && position < file.Position;
        var listing = new Listing(call);
        if (!call.TryReply(0, out var reply))
        {
            ulong most = isBehind ? LargestListing : (ulong)listing.Length;
            return call.Ask(file.Grant, HostFileOperation.List, file.HostPath + "\0" + cursor, most);
        }

        if (reply.IsError)
        {
            return reply.Result;
        }

        position = listing.AddDots(position, 1, 1);
        var data = reply.Data.AsSpan();
        while (position >= 2 && data.Length > 1 && data.IndexOf((byte)0) is var zero and > 0)
        {
            string name = ByteText.Of(data[1..zero]);
            if (!isBehind && !listing.TryAdd(name, data[0], position, position + 1))
            {
                break;
            }

            cursor = name;
            position++;
            call.Charge(CostOfSkip);
            data = data[(zero + 1)..];
            if (isBehind && position == file.Position)
            {
                break;
            }
        }

        if (isBehind && reply.Data.Length > 0)
        {
            (file.Cursor, file.CursorPosition) = (cursor, position);
            call.ForgetReplies();
            return CallResult.Continued;
        }

        return listing.End(file, position, cursor);
    }

    /// <summary>The DT_ number of a kind (readdir(3)).</summary>
    private static byte KindOf(InodeKind kind) => kind switch
    {
        InodeKind.Directory or InodeKind.Mount => 4,
        InodeKind.Link => 10,
        InodeKind.Device => 2,
        InodeKind.Fifo => 1,
        InodeKind.Socket => 12,
        _ => 8,
    };

    /// <summary>The part of a listing that one call tells.</summary>
    private sealed class Listing(LinuxCall call)
    {
        private readonly byte[] _bytes = new byte[Math.Min(call[2], LargestListing)];
        private int _length;
        private bool _isFull;

        public int Length => _bytes.Length;

        /// <summary>Adds <c>.</c> and <c>..</c>, where the listing is not behind them; its position then.</summary>
        public ulong AddDots(ulong position, ulong self, ulong parent)
        {
            position += position == 0 && TryAdd(".", 4, self, 1) ? 1u : 0;
            return position + (position == 1 && TryAdd("..", 4, parent, 2) ? 1u : 0);
        }

        /// <summary>Adds a <c>linux_dirent64</c>: inode, position of the next, length of this, kind, name. False: it does not fit, or enough is done.</summary>
        public bool TryAdd(string name, byte kind, ulong inode, ulong next)
        {
            int count = name.Length;
            int size = (HeaderBytes + count + 1 + 7) & ~7;
            if (_isFull || _length + size > _bytes.Length || (_length > 0 && call.IsSpent))
            {
                _isFull = true;
                return false;
            }

            var place = _bytes.AsSpan(_length, size);
            BinaryPrimitives.WriteUInt64LittleEndian(place, inode);
            BinaryPrimitives.WriteUInt64LittleEndian(place[8..], next);
            BinaryPrimitives.WriteUInt16LittleEndian(place[16..], (ushort)size);
            place[18] = kind;
            Encoding.Latin1.GetBytes(name, place[HeaderBytes..]);
            _length += size;
            call.Charge(CostOfEntry + count);
            return true;
        }

        /// <summary>Gives the program what there is, and puts down how far the listing is.</summary>
        public CallResult End(OpenFile file, ulong position, string? cursor)
        {
            if (_length == 0 && _isFull)
            {
                return Errno.EINVAL;
            }

            if (!call.TryWrite(call[1], _bytes.AsSpan(0, _length)))
            {
                return call.Failure;
            }

            file.Position = position;
            (file.Cursor, file.CursorPosition) = (cursor, position);
            return _length;
        }
    }
}

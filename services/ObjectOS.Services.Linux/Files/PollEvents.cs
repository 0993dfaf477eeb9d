using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux;

/// <summary>What can be done with an open file without waiting: the bits of poll(2), which are also those of epoll(7).</summary>
internal static class PollEvents
{
    public const uint In = 1;
    public const uint Priority = 2;
    public const uint Out = 4;
    public const uint Error = 8;
    public const uint HangUp = 0x10;
    public const uint Invalid = 0x20;
    public const uint NormalIn = 0x40;
    public const uint BandIn = 0x80;
    public const uint NormalOut = 0x100;
    public const uint BandOut = 0x200;

    public const uint Exclusive = 1u << 28;
    public const uint WakeUp = 1u << 29;
    public const uint OneShot = 1u << 30;
    public const uint EdgeTriggered = 1u << 31;

    /// <summary>Flags of an epoll item that are no events (EP_PRIVATE_BITS).</summary>
    public const uint Private = WakeUp | OneShot | EdgeTriggered | Exclusive;

    public const uint Read = In | NormalIn;
    public const uint Write = Out | NormalOut;
    public const uint Any = uint.MaxValue;

    /// <summary>Everything that the file is ready for now, and the number that is woken when that changes; 0 if it never does.</summary>
    public static uint Of(OpenFile file, out ulong wait)
    {
        wait = WaitOf(file);
        switch (file.Kind)
        {
            case OpenFileKind.Pipe when file.CanWrite:
                return (file.Pipe!.Readers == 0 ? Error : 0) | (file.Pipe.IsWritable ? Write : 0);
            case OpenFileKind.Pipe:
                return (file.Pipe!.Length > 0 ? Read : 0) | (file.Pipe.Writers == 0 ? HangUp : 0);
            case OpenFileKind.Input when file.Job!.Readers.TryGetValue(file.Stream, out var reader):
                return (reader.IsReady ? Read : 0) | Write;
            case OpenFileKind.Output when file.Job!.Writers.TryGetValue(file.Stream, out var writer):
                return writer.Error != 0 ? Write | Error : writer.Room > 0 ? Write : 0;
            case OpenFileKind.Event:
                // eventfd_poll of fs/eventfd.c: no "normal" bits.
                return (file.Counter > 0 ? In : 0) | (file.Counter < ulong.MaxValue - 1 ? Out : 0);
            case OpenFileKind.Timer:
                file.Timer!.Advance(file.Job!.System.Now);
                return file.Timer.Expirations > 0 ? In : 0;
            case OpenFileKind.Signals:
                return file.Job!.Caller is { } caller && ((caller.Pending.Set | caller.Process.Pending.Set) & file.Counter) != 0 ? In : 0;
            case OpenFileKind.Poll:
                return IsAnyReady(file.PollSet!, 0) ? Read : 0;
            default:
                return Read | Write;
        }
    }

    public static ulong WaitOf(OpenFile file) => file.Kind switch
    {
        OpenFileKind.Pipe => file.CanWrite ? file.Pipe!.RoomWait : file.Pipe!.DataWait,
        OpenFileKind.Input => LinuxSystem.StreamWait(file.Job!, file.Stream, false),
        OpenFileKind.Output => LinuxSystem.StreamWait(file.Job!, file.Stream, true),
        OpenFileKind.Event or OpenFileKind.Poll or OpenFileKind.Timer or OpenFileKind.Signals => file.Id,
        _ => 0,
    };

    /// <summary>True if the file's readiness can change: others cannot be watched by epoll (EPERM).</summary>
    public static bool CanWatch(OpenFile file) => file.Kind switch
    {
        OpenFileKind.Pipe or OpenFileKind.Input or OpenFileKind.Output or OpenFileKind.Event or OpenFileKind.Poll
            or OpenFileKind.Timer or OpenFileKind.Signals => true,
        OpenFileKind.Device => file is { Device: DeviceKind.Random, Path: "/dev/random" },
        _ => false,
    };

    /// <summary>True if a wait on the set would report something. Items that turn out not to be ready leave the list, as in Linux.</summary>
    private static bool IsAnyReady(PollSet set, int depth)
    {
        while (depth <= PollSet.MostNested && set.Ready.First is { } first)
        {
            var item = first.Value;
            uint events = item.File.Kind == OpenFileKind.Poll ? IsAnyReady(item.File.PollSet!, depth + 1) ? Read : 0 : Of(item.File, out _);
            if ((events & Wanted(item)) != 0)
            {
                return true;
            }

            item.IsReady = false;
        }

        return false;
    }

    /// <summary>What an item reports: what it asked for, and errors and the other side's end always.</summary>
    public static uint Wanted(PollItem item) => item.IsDisabled ? 0 : (item.Events & ~Private) | Error | HangUp;
}

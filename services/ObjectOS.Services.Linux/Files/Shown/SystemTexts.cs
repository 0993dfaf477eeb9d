using System.Globalization;
using System.Text;

namespace ObjectOS.Services.Linux;

/// <summary>Texts that tell of the system. None tells anything of the host: times are those of the guest.</summary>
internal static class SystemTexts
{
    private const ulong Tick = 10_000_000;

    public const string AllIdentities = "         0          0 4294967295\n";

    public const string NetworkDevices =
        "Inter-|   Receive                                                |  Transmit\n"
        + " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n";

    public const string Sockets = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    public static string Processor(ShownView view) => "processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc\nmmu\t\t: sv39\n\n";

    public static string Memory(ShownView view)
    {
        ulong total = view.Job.Request.MemoryLimit / 1024;
        var text = new StringBuilder();
        foreach (var (name, value) in ((string, ulong)[])
            [("MemTotal", total), ("MemFree", total / 2), ("MemAvailable", total / 2), ("Buffers", 0), ("Cached", 0), ("SwapCached", 0), ("SwapTotal", 0), ("SwapFree", 0), ("Shmem", 0)])
        {
            text.Append(CultureInfo.InvariantCulture, $"{name + ":",-16}{value,8} kB\n");
        }

        return text.ToString();
    }

    public static string Uptime(ShownView view)
    {
        ulong ticks = view.System.Now / Tick;
        string time = string.Create(CultureInfo.InvariantCulture, $"{ticks / 100}.{ticks % 100:00}");
        return $"{time} 0.00\n";
    }

    public static string Load(ShownView view) =>
        string.Create(CultureInfo.InvariantCulture, $"0.00 0.00 0.00 1/{view.Job.ThreadCount} {view.Job.NextId - 1}\n");

    public static string Statistics(ShownView view)
    {
        ulong ticks = view.System.Now / Tick;
        ulong start = (view.Job.WallClock - view.System.Now) / Linux.NanosecondsPerSecond;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"cpu  {ticks} 0 0 0 0 0 0 0 0 0\ncpu0 {ticks} 0 0 0 0 0 0 0 0 0\nintr 0\nctxt 0\nbtime {start}\nprocesses {view.Job.NextId - 100}\nprocs_running 1\nprocs_blocked 0\n");
    }

    public static string MemoryEvents(ShownView view) =>
        string.Create(CultureInfo.InvariantCulture, $"nr_free_pages {view.Job.Request.MemoryLimit / 8192}\npgpgin 0\npgpgout 0\npswpin 0\npswpout 0\npgfault 0\npgmajfault 0\n");

    /// <summary>Another identifier with each opening (RFC 9562, version 4).</summary>
    public static string RandomIdentifier(ShownView view)
    {
        byte[] bytes = view.Viewer.Random(16);
        bytes[6] = (byte)((bytes[6] & 0xf) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, true).ToString("D", CultureInfo.InvariantCulture) + "\n";
    }

    /// <summary>What is mounted: the source, the place, the type, and whether it can be written.</summary>
    private static IEnumerable<(string Source, string Place, string Type, bool IsWritable)> MountList(Job job)
    {
        yield return ("tmpfs", "/", "tmpfs", true);
        yield return ("proc", "/proc", "proc", true);
        yield return ("sysfs", "/sys", "sysfs", false);
        foreach (var grant in job.Tree.Grants)
        {
            yield return ("host", Escaped(grant.GuestPath), "9p", grant.IsWritable);
        }
    }

    public static string Mounts(ShownView view) =>
        string.Concat(MountList(view.Job).Select(mount => $"{mount.Source} {mount.Place} {mount.Type} {(mount.IsWritable ? "rw" : "ro")},relatime 0 0\n"));

    public static string MountFacts(ShownView view)
    {
        var text = new StringBuilder();
        int number = 1;
        foreach (var (source, place, type, isWritable) in MountList(view.Job))
        {
            string rights = isWritable ? "rw" : "ro";
            text.Append(CultureInfo.InvariantCulture, $"{number} {(number == 1 ? 0 : 1)} 0:{number} / {place} {rights},relatime - {type} {source} {rights}\n");
            number++;
        }

        return text.ToString();
    }

    /// <summary>A path as fstab(5) writes it.</summary>
    private static string Escaped(string path) =>
        path.Replace("\\", "\\134", StringComparison.Ordinal).Replace(" ", "\\040", StringComparison.Ordinal)
            .Replace("\t", "\\011", StringComparison.Ordinal).Replace("\n", "\\012", StringComparison.Ordinal);
}

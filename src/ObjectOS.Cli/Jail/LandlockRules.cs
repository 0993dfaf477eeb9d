using System.Buffers.Binary;

namespace ObjectOS.Cli.Jail;

/// <summary>The rules of Landlock for a run: which files it may open, and which ports it may listen on.</summary>
/// <remarks>Source: the kernel's documentation, "Landlock: unprivileged access control", and uapi/linux/landlock.h.</remarks>
internal static class LandlockRules
{
    // Rights to a file.
    private const ulong WriteFile = 1 << 1, ReadFile = 1 << 2, Truncate = 1 << 14, DeviceControl = 1 << 15;

    // Rights below a directory.
    private const ulong ReadDirectory = 1 << 3, RemoveDirectory = 1 << 4, RemoveFile = 1 << 5;
    private const ulong MakeDirectory = 1 << 7, MakeFile = 1 << 8, MakeLink = 1 << 12, MoveBetween = 1 << 13;

    // Rights to ports.
    private const ulong Bind = 1, Connect = 2;

    /// <summary>The first version that has the right to cut files, which is Linux 6.2.</summary>
    private const int Least = 3;

    private const int WithPorts = 4, WithDeviceControl = 5;
    private const int BelowPath = 1, OnPort = 2; // LANDLOCK_RULE_PATH_BENEATH, LANDLOCK_RULE_NET_PORT

    /// <summary>What the runtime reads now and then: memory that the host has left, random bytes, time zones.</summary>
    private static readonly string[] OfTheRuntime = ["/proc/meminfo", "/dev/urandom", "/dev/null", "/etc/localtime", "/usr/share/zoneinfo", "/sys/fs/cgroup"];

    /// <summary>Makes the set of rules; negative: the host has no Landlock, an older one, or refuses.</summary>
    public static int Create(JailGrants grants)
    {
        int version = JailCalls.LandlockVersion();
        if (version < Least)
        {
            return -1;
        }

        ulong device = version >= WithDeviceControl ? DeviceControl : 0;
        ulong all = (Truncate << 1) - 1 | device;
        int ruleset = JailCalls.CreateRuleset(version >= WithPorts ? [all, Bind | Connect] : [all]);
        if (ruleset < 0)
        {
            return ruleset;
        }

        AddAll(ruleset, OfTheRuntime, ReadFile);
        AddAll(ruleset, grants.Read, ReadFile);
        AddAll(ruleset, grants.Write, ReadFile | WriteFile | Truncate | device);
        AddAll(ruleset, grants.ReadFolders, ReadFile | ReadDirectory);
        AddAll(ruleset, grants.WriteFolders, ReadFile | ReadDirectory | WriteFile | Truncate | RemoveDirectory | RemoveFile | MakeDirectory | MakeFile | MakeLink | MoveBetween);
        AddAll(ruleset, grants.OutputFolders, MakeFile | RemoveFile);
        foreach (ushort port in version >= WithPorts ? grants.Ports : [])
        {
            var rule = new byte[16];
            BinaryPrimitives.WriteUInt64LittleEndian(rule, Bind);
            BinaryPrimitives.WriteUInt64LittleEndian(rule.AsSpan(8), port);
            _ = JailCalls.TryAddRule(ruleset, OnPort, rule);
        }

        return ruleset;
    }

    /// <summary>A path that is not there, or whose file system has no files (a pipe's), needs no rule: it cannot be opened, or always can.</summary>
    private static void AddAll(int ruleset, IEnumerable<string> paths, ulong rights)
    {
        foreach (string path in paths)
        {
            int descriptor = JailCalls.OpenPath(path);
            if (descriptor < 0)
            {
                continue;
            }

            var rule = new byte[12];
            BinaryPrimitives.WriteUInt64LittleEndian(rule, rights);
            BinaryPrimitives.WriteInt32LittleEndian(rule.AsSpan(8), descriptor);
            _ = JailCalls.TryAddRule(ruleset, BelowPath, rule);
            JailCalls.Close(descriptor);
        }
    }
}

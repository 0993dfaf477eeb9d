using System.Globalization;
using ObjectOS.Testing.Comparing;

namespace ObjectOS.Versions;

/// <summary>Versions as comparisons use them.</summary>
public static class ComparedVersions
{
    /// <summary>Makes a version of this process comparable: with its kernel or services, its program or machine, and its changes.</summary>
    /// <param name="version">The version; dispose of it after the comparison.</param>
    /// <exception cref="VersionException">A change cannot be carried out; the message is one sentence.</exception>
    public static LocalVersion AsCompared(this OsVersion version)
    {
        ArgumentNullException.ThrowIfNull(version);
        var changes = version.Spec.Changes;
        return new LocalVersion(version.Spec.ToString(), version.Apply)
        {
            Program = version.Program,
            Machine = version.Boot?.Machine,
            Depth = version.Boot?.Depth ?? 0,
            Input = version.Input,
            Faults = [.. changes.Select(FaultOf).OfType<InjectedFault>()],
            CrashAt = changes.Where(change => change.Kind == ChangeKind.Fault).Select(change => NumberAfter(change.Value, "instruction:")).FirstOrDefault(number => number is not null),
        };
    }

    /// <summary>The fault of a change; null: it is none, or a crash.</summary>
    private static InjectedFault? FaultOf(VersionChange change) => change.Kind switch
    {
        ChangeKind.Fault when change.Value.StartsWith("instruction:", StringComparison.Ordinal) => null,
        ChangeKind.Fault when NumberAfter(change.Value, "call:") is > 0 and var call => InjectedFault.FailCall(call),
        ChangeKind.Fault when change.Value.StartsWith("event:", StringComparison.Ordinal) => OfEvent(change),
        ChangeKind.Fault => throw new VersionException($"\"+{change}\" cannot be made to happen: fault:call:N, fault:instruction:N or fault:event:LANE/N of a disk, directory, network or stream is wanted"),
        ChangeKind.Device => OfDevice(change),
        _ => null,
    };

    /// <summary>A request of a lane such as <c>0/1.disk1</c> that fails.</summary>
    private static InjectedFault OfEvent(VersionChange change)
    {
        string[] parts = change.Value["event:".Length..].Split('/');
        return parts.Length >= 2 && parts[^2].Contains('.', StringComparison.Ordinal) && parts[^2][0] != 't' && NumberAfter(parts[^1], "") is > 0 and var request
            ? InjectedFault.FailRequest(parts[^2], request)
            : throw new VersionException($"\"+{change}\" names no lane whose requests can fail: event:0/1.disk1/3, or another disk, directory, network or stream, is wanted");
    }

    private static InjectedFault OfDevice(VersionChange change)
    {
        int colon = change.Value.IndexOf(':', StringComparison.Ordinal);
        string[] how = change.Value[(colon + 1)..].Split('@');
        ulong? request = how.Length == 1 ? 1 : how.Length == 2 ? NumberAfter(how[1], "") : null;
        const int NoSpace = 28, BrokenPipe = 32, InputOutput = 5;
        const ulong MostDelay = 1_000_000_000_000_000;
        if (request is > 0 && how[0].StartsWith("delay=", StringComparison.Ordinal) && ScenarioText.TryParseTime(how[0]["delay=".Length..], out ulong delay)
            && delay is > 0 and <= MostDelay)
        {
            return InjectedFault.DelayRequest(change.Value[..colon], request.Value, delay, andLater: true);
        }

        int error = how[0] switch { "fail" => InputOutput, "cut" => BrokenPipe, "full" => NoSpace, _ => 0 };
        return error != 0 && request is > 0
            ? InjectedFault.FailRequest(change.Value[..colon], request.Value, error, andLater: how[0] != "fail")
            : throw new VersionException($"\"+{change}\" says nothing that a device can do: fail@N, cut, cut@N, full, full@N, delay=TIME or delay=TIME@N (such as delay=5ms) is wanted");
    }

    private static ulong? NumberAfter(string text, string prefix) =>
        text.StartsWith(prefix, StringComparison.Ordinal) && ulong.TryParse(text.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;
}

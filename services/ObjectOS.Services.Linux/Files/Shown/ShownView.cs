using System.Globalization;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux;

/// <summary>Who looks at a file of <c>/proc</c>, and whom it is of.</summary>
/// <param name="Caller">The thread that looks.</param>
/// <param name="Process">The process that the file tells of; for a file that tells of none, the caller's.</param>
/// <param name="Thread">The thread that it tells of.</param>
/// <param name="File">The file's inode.</param>
internal sealed record ShownView(LinuxThread Caller, LinuxProcess Process, LinuxThread? Thread, Inode File)
{
    public LinuxProcess Viewer => Caller.Process;

    public Job Job => Caller.Process.Job;

    public LinuxSystem System => Caller.Process.System;

    /// <summary>What the thread calls itself, or else its program's name.</summary>
    public string Name => NameOf(Process, Thread);

    public static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>How the thread is: running, asleep or stopped (proc(5), state).</summary>
    public char State =>
        Process.StopSignal != 0 ? 'T'
        : Thread == Caller || Thread?.Phase is not (ThreadPhase.Parked or ThreadPhase.Recalled) ? 'R'
        : 'S';

    public static string NameOf(LinuxProcess process, LinuxThread? thread)
    {
        if (thread is { Name.Length: > 0 })
        {
            return thread.Name;
        }

        string path = process.Executable?.Path ?? "";
        string name = path[(path.LastIndexOf('/') + 1)..];
        return name.Length > 15 ? name[..15] : name;
    }
}

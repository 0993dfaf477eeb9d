using System.Globalization;
using System.Numerics;
using System.Text;
using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux;

/// <summary>Texts that tell of a process or a thread (proc(5)).</summary>
internal static class ProcessTexts
{
    private const ulong Tick = 10_000_000;

    private static readonly (string Name, string Unit)[] LimitNames =
    [
        ("Max cpu time", "seconds"), ("Max file size", "bytes"), ("Max data size", "bytes"), ("Max stack size", "bytes"), ("Max core file size", "bytes"),
        ("Max resident set", "bytes"), ("Max processes", "processes"), ("Max open files", "files"), ("Max locked memory", "bytes"),
        ("Max address space", "bytes"), ("Max file locks", "locks"), ("Max pending signals", "signals"), ("Max msgqueue size", "bytes"), ("Max nice priority", ""),
        ("Max realtime priority", ""), ("Max realtime timeout", "us"),
    ];

    /// <summary>Arguments are bytes, which need not be UTF-8.</summary>
    public static string Arguments(ShownView view) => string.Concat(view.Process.Arguments.Select(argument => ByteText.Of(argument) + "\0"));

    public static string WorkingDirectory(ShownView view) => view.Process.WorkingDirectory.Directory is null ? "/" : view.Process.WorkingDirectory.PathIn(view.Job.Tree) ?? "/";

    public static string Limits(ShownView view)
    {
        var text = new StringBuilder("Limit                     Soft Limit           Hard Limit           Units     \n");
        for (int i = 0; i < LimitNames.Length; i++)
        {
            var (soft, hard) = view.Process.Limits[i];
            text.Append(CultureInfo.InvariantCulture, $"{LimitNames[i].Name,-25} {Limit(soft),-20} {Limit(hard),-20} {LimitNames[i].Unit,-10}\n");
        }

        return text.ToString();
    }

    private static string Limit(ulong value) => value == ResourceLimits.Infinity ? "unlimited" : value.ToString(CultureInfo.InvariantCulture);

    public static string MemoryNumbers(ShownView view)
    {
        ulong pages = view.Process.Memory.Mapped / Pages.Size;
        ulong code = view.Process.Memory.Areas.Where(area => (area.Rights & PageRights.Execute) != 0).Aggregate(0UL, (sum, area) => sum + area.Length) / Pages.Size;
        return string.Create(CultureInfo.InvariantCulture, $"{pages} {pages} 0 {code} 0 {pages - code} 0\n");
    }

    /// <summary>The 52 numbers of a process.</summary>
    public static string Numbers(ShownView view)
    {
        var process = view.Process;
        var memory = process.Memory;
        var (ignored, caught) = Handled(process);
        ulong pending = (view.Thread?.Pending.Set ?? 0) | process.Pending.Set;
        ulong[] tail =
        [
            pending & int.MaxValue, (view.Thread?.Mask ?? 0) & int.MaxValue, ignored & int.MaxValue, caught & int.MaxValue, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0,
            memory.HeapStart, process.Start.ArgumentsAt, process.Start.ArgumentsAt + process.Start.ArgumentsLength, process.Start.EnvironmentAt,
            process.Start.EnvironmentAt + process.Start.EnvironmentLength, 0,
        ];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{view.Thread?.Id ?? process.Id} ({view.Name}) {view.State} {process.Parent} {process.GroupId} {process.SessionId} 0 -1 0 0 0 0 0 0 0 0 0 {20 + process.Traits.Nice} {process.Traits.Nice} "
            + $"{process.Threads.Count} 0 {process.StartTime / Tick} {memory.Mapped} {memory.Mapped / Pages.Size} {process.Limits[5].Soft} 0 0 {ProcessMemory.StackTop} 0 0 ")
            + string.Join(' ', tail.Select(number => number.ToString(CultureInfo.InvariantCulture))) + "\n";
    }

    public static string Status(ShownView view)
    {
        var process = view.Process;
        ulong size = process.Memory.Mapped / 1024;
        string state = view.State switch { 'T' => "T (stopped)", 'S' => "S (sleeping)", _ => "R (running)" };
        var (ignored, caught) = Handled(process);
        ulong capabilities = process.Identity.IsSuperuser ? (1UL << 41) - 1 : 0;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Name:\t{view.Name}\nUmask:\t{Convert.ToString(process.FileMask, 8).PadLeft(4, '0')}\nState:\t{state}\nTgid:\t{process.Id}\nNgid:\t0\n"
            + $"Pid:\t{view.Thread?.Id ?? process.Id}\nPPid:\t{process.Parent}\nTracerPid:\t0\n{process.Identity.Lines}FDSize:\t{DescriptorTable.Limit}\n"
            + $"VmPeak:\t{size,8} kB\nVmSize:\t{size,8} kB\nVmLck:\t       0 kB\nVmHWM:\t{size,8} kB\nVmRSS:\t{size,8} kB\n"
            + $"VmStk:\t{ProcessMemory.StackSize / 1024,8} kB\nVmSwap:\t       0 kB\nThreads:\t{process.Threads.Count}\nSigQ:\t0/{Limit(process.Limits[11].Soft)}\n"
            + $"SigPnd:\t{view.Thread?.Pending.Set ?? 0:x16}\nShdPnd:\t{process.Pending.Set:x16}\nSigBlk:\t{view.Thread?.Mask ?? 0:x16}\nSigIgn:\t{ignored:x16}\n"
            + $"SigCgt:\t{caught:x16}\nCapInh:\t{0:x16}\nCapPrm:\t{capabilities:x16}\nCapEff:\t{capabilities:x16}\nCapBnd:\t{(1UL << 41) - 1:x16}\nCapAmb:\t{0:x16}\n"
            + $"NoNewPrivs:\t{(process.Traits.HasNoNewPrivileges ? 1 : 0)}\nSeccomp:\t0\nCpus_allowed:\t1\nCpus_allowed_list:\t0\nvoluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n");
    }

    /// <summary>The signals that it ignores, and those that it handles: bit n − 1 for signal n.</summary>
    private static (ulong Ignored, ulong Caught) Handled(LinuxProcess process)
    {
        ulong ignored = 0;
        ulong caught = 0;
        for (int i = 1; i <= LinuxProcess.Signals; i++)
        {
            ulong bit = BitOperations.RotateLeft(1UL, i - 1);
            ulong handler = process.Actions[i].Handler;
            ignored |= handler == SignalAction.Ignore ? bit : 0;
            caught |= handler is not (SignalAction.Default or SignalAction.Ignore) ? bit : 0;
        }

        return (ignored, caught);
    }

    public static string DescriptorFacts(ShownView view)
    {
        int number = view.File.Descriptor;
        if (view.Process.Descriptors.Find(number) is not { } file)
        {
            return "";
        }

        uint flags = file.Flags | (view.Process.Descriptors.IsClosedOnExec(number) ? Linux.OpenCloseOnExec : 0);
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"pos:\t{file.Position}\nflags:\t0{Convert.ToString(flags, 8)}\nmnt_id:\t1\nino:\t{file.Inode?.Number ?? file.Id}\n");
        return file.Kind == OpenFileKind.Event ? string.Create(CultureInfo.InvariantCulture, $"{text}eventfd-count: {file.Counter,16:x}\n") : text;
    }
}

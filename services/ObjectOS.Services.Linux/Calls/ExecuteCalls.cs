using ObjectOS.Abi;
using ObjectOS.Services.Files;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>execve: another program in the same process.</summary>
internal static class ExecuteCalls
{
    public static CallResult Execute(LinuxCall call)
    {
        if (call.Execution is null)
        {
            if (!call.TryPath(-1, 0, out var path))
            {
                return call.Failure;
            }

            call.Execution = Execution.Of([path]);
        }

        var found = call.Execution.Step(call);
        return found == 0L ? Start(call) : found;
    }

    /// <summary>Reads the texts, and then starts the program.</summary>
    private static CallResult Start(LinuxCall call)
    {
        var texts = new TextList(call);
        if (!texts.TryRead(call[1], out byte[][] arguments) || !texts.TryRead(call[2], out byte[][] environment))
        {
            return call.Failure;
        }

        var process = call.Process;
        ulong held = process.TextBytes;
        if (texts.Held > held && !call.Job.Tree.HasRoomFor(texts.Held - held))
        {
            return Errno.ENOMEM;
        }

        call.Job.Tree.Return(held);
        call.Job.Tree.Hold(texts.Held);
        process.TextBytes = texts.Held;
        var execution = call.Execution!;
        return Commit(call, execution, execution.Prefix.Count > 0 ? [.. execution.Prefix, .. arguments.Skip(1)] : arguments, environment);
    }

    /// <summary>
    /// Goes on with the start of a job's first program, which is in the job's own files, or whose dynamic linker is. False: suspended, and nothing has changed.
    /// </summary>
    public static bool StartFirst(LinuxThread thread)
    {
        var call = thread.Call;
        var system = call.System;
        var result = call.Execution!.Step(call);
        switch (result.Outcome)
        {
            case CallOutcome.Suspended:
                return false;
            case CallOutcome.Continued:
                system.Enqueue(thread);
                return true;
            case CallOutcome.Parked:
                system.SetDeadline(thread, call.Deadline);
                return true;
        }

        var process = thread.Process;
        if (result != 0L)
        {
            var error = (Errno)(-result.Value);
            string text = call.Execution.Problem is { Length: > 0 } problem ? problem : ErrorText(error);
            LinuxSystem.EndJob(call.Job, ProgramEnd.NotRunnable, error is Errno.ENOENT or Errno.ENOTDIR ? 127u : 126, new ProgramEndRecord { Text = ByteText.ToUnicode(text) });
            return true;
        }

        var execution = call.Execution;
        process.Executable = execution.Take();
        if (execution.Prefix.Count > 0)
        {
            process.Arguments = [.. execution.Prefix, .. process.Arguments.Skip(1)];
        }

        byte[][] environment = [.. call.Job.Request.Environment.Select(text => ByteText.ToBytes(ByteText.OfUnicode(text)))];
        process.Load = new ProgramLoad(process, process.Executable, process.Arguments, environment);
        call.End();
        thread.Phase = ThreadPhase.Loading;
        system.Enqueue(thread);
        return true;
    }

    private static string ErrorText(Errno error) => error switch
    {
        Errno.ENOENT => "No such file or directory",
        Errno.EACCES => "Permission denied",
        Errno.ENOTDIR => "Not a directory",
        Errno.ENOEXEC => "Exec format error",
        Errno.ELOOP => "Too many levels of symbolic links",
        Errno.ENAMETOOLONG => "File name too long",
        Errno.ENOMEM => "Cannot allocate memory",
        Errno.EIO => "Input/output error",
        _ => $"it cannot be started (error {(int)error})",
    };

    /// <summary>From here on there is no way back: the old program's memory goes.</summary>
    private static CallResult Commit(LinuxCall call, Execution execution, byte[][] arguments, byte[][] environment)
    {
        var process = call.Process;
        var system = call.System;
        var thread = call.Thread;
        if (process.MemoryOwner != 0 && LeaveMemory(call, ref thread) is var left && left != KernelStatus.Ok)
        {
            return left == KernelStatus.Suspended ? CallResult.Suspended : Errno.ENOMEM;
        }

        var executable = execution.Take();
        system.EndBorrowers(process);
        process.Descriptors.CloseOnExec();
        process.ResetActions();
        process.Timers.Clear();
        process.Executable?.Release(system);
        process.Executable = executable;
        process.Arguments = arguments;
        thread.ClearAddress = 0;
        thread.AltStack = thread.AltStackSize = 0;
        system.EndVfork(process);
        process.Load = new ProgramLoad(process, executable, arguments, environment);
        process.Load.Silence(thread);
        thread.Phase = ThreadPhase.Loading;
        system.Enqueue(thread);
        return CallResult.Gone;
    }

    /// <summary>Gives a child of vfork its own address space: a thread there takes the place of the one that runs on its parent's memory.</summary>
    private static KernelStatus LeaveMemory(LinuxCall call, ref LinuxThread thread)
    {
        var process = call.Process;
        int owner = process.MemoryOwner;
        process.MemoryOwner = 0;
        var status = call.System.CreateThread(process, thread.Id, 0, 0, out var made);
        if (status != KernelStatus.Ok)
        {
            process.MemoryOwner = owner;
            return status;
        }

        made.Mask = thread.Mask;
        made.Name = thread.Name;
        thread.Pending.MoveTo(made.Pending);
        thread = made;
        return status;
    }
}

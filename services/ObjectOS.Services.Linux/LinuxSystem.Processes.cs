using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux;

/// <content>How jobs, processes and threads begin and end.</content>
internal sealed partial class LinuxSystem
{
    private const int FirstObjects = 64;
    private const ulong LargestFile = 256UL << 20;

    /// <summary>Starts what a message asks for. Suspended: nothing was changed.</summary>
    public HandleResult Start(in Message message)
    {
        var memory = new MemoryCapability(Invoker, message.CapabilitySlot);
        ulong recordLength = message.Words[1];
        ulong imageLength = message.Words[2];
        if (message.CapabilitySlot == 0 || recordLength > 1 << 24 || imageLength > LargestFile)
        {
            Reply(message, 1);
            return HandleResult.Handled;
        }

        var record = new byte[recordLength];
        var status = memory.Read(message.Words[0], record);
        ElfImage? image = null;
        string problem = "";
        ProgramRequest request = null!;
        bool isSound = status == KernelStatus.Ok && TryReadRequest(record, out request);
        bool isInside = isSound && request.StartsInside;
        status = isSound && !isInside ? ElfImage.Parse(memory, imageLength, out image, out problem) : status;
        if (status == KernelStatus.Suspended)
        {
            return HandleResult.Suspended;
        }

        if (status != KernelStatus.Ok || !isSound || Jobs.ContainsKey(request.Job)
            || _starts.Exists(start => start.Request.Job == request.Job))
        {
            memory.Delete();
            Reply(message, 1);
            return HandleResult.Handled;
        }

        Reply(message, 0);
        if (isInside)
        {
            memory.Delete();
        }

        var pending = new PendingStart(request, isInside ? null : memory, imageLength, image, problem);
        if (pending.Request.Layers.Count == 0)
        {
            Start(pending);
        }
        else
        {
            _starts.Add(pending);
            OpenLayers();
        }

        Work();
        return HandleResult.Handled;
    }

    private void Reply(in Message message, ulong label)
    {
        if (message.ReplySlot != 0)
        {
            new ReplyCapability(Invoker, message.ReplySlot).Send(label);
        }
    }

    private static bool TryReadRequest(byte[] record, out ProgramRequest request)
    {
        request = null!;
        try
        {
            using var reader = new BinaryReader(new MemoryStream(record));
            request = ProgramRequest.Restore(reader);
            return request.MemoryLimit > 0 && request.ObjectLimit >= 2 * FirstObjects && request.Arguments.Count > 0;
        }
        catch (Exception problem) when (problem is InvalidDataException or EndOfStreamException or IOException or ArgumentException or FormatException)
        {
            return false;
        }
    }

    /// <summary>Begins a job whose layers are open.</summary>
    private void Start(PendingStart start)
    {
        var request = start.Request;
        string? problem = start.Image is null && !request.StartsInside ? start.Problem
            : start.Image is { IsNative: true } ? "the program has the note \"ObjectOS\": it makes ObjectOS invocations, not Linux system calls"
            : null;
        CellCapability cell = default;
        if (problem is null && Own.CreateCell(request.MemoryLimit, request.ObjectLimit, out cell) is var status && status != KernelStatus.Ok)
        {
            problem = $"no cell with {request.MemoryLimit} bytes and {request.ObjectLimit} objects can be made ({status})";
        }

        if (problem is not null)
        {
            start.Memory?.Delete();
            Refuse(new Job(this, request, default), problem);
            return;
        }

        cell.SetBudget(request.InstructionLimit);
        var job = new Job(this, request, cell, [.. request.Layers.Select(layer => Layers[layer.Number])]);
        Jobs.Add(request.Job, job);
        if (cell.Status(out var figures) == KernelStatus.Ok)
        {
            Host.Request(HostRequestKind.Started, request.Job, [], out _, figures.Number);
        }

        job.MakeFiles();
        var made = StartFirst(job, start);
        if (made != KernelStatus.Ok)
        {
            EndJob(job, ProgramEnd.NotRunnable, 0, new ProgramEndRecord { Text = $"the process cannot be made ({made})" });
        }
    }

    /// <summary>Makes the first process of a job, and has its program loaded, or looked for.</summary>
    private KernelStatus StartFirst(Job job, PendingStart start)
    {
        var request = job.Request;
        Executable? executable = null;
        if (start.Memory is { } memory)
        {
            var block = AddBlock(memory, Pages.RoundUp(start.Length), true);
            block.Uses = 1;
            string path = Files.PathWalk.Absolute(Files.ByteText.OfUnicode(request.WorkingDirectory), Files.ByteText.OfUnicode(request.FileName));
            executable = new Executable(block, start.Length, path, start.Image!);
        }

        var status = CreateProcess(job, job.NextId++, 1, out var process);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        process.Identity = Identity.Of(new Files.FileOwner(request.User, request.Group));
        process.Enter(job.FirstDirectory(Files.ByteText.OfUnicode(request.WorkingDirectory)));
        process.RandomState = request.Seed;
        process.GroupId = process.SessionId = process.Id;
        OpenStreams(process);
        process.Arguments = [.. request.Arguments.Select(global::System.Text.Encoding.UTF8.GetBytes)];
        bool isWhole = executable is { Image.Interpreter.Length: 0 };
        process.Executable = isWhole ? executable : null;
        status = CreateThread(process, process.Id, 0, 0, out var thread);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        if (isWhole)
        {
            process.Load = new ProgramLoad(process, executable!, process.Arguments, [.. request.Environment.Select(global::System.Text.Encoding.UTF8.GetBytes)]);
            thread.Phase = ThreadPhase.Loading;
        }
        else
        {
            var place = process.WorkingDirectory;
            thread.Call.Execution = executable is not null
                ? Execution.Of(executable, new PathName(place, executable.Image.Interpreter))
                : Execution.Of(CandidatesOf(request).Select(path => new PathName(place, path)));
            thread.Phase = ThreadPhase.Starting;
        }

        Enqueue(thread);
        return status;
    }

    /// <summary>Where a program that the host names may be: a name without a slash is looked for in the directories of its PATH (execvp(3)).</summary>
    private static IEnumerable<string> CandidatesOf(ProgramRequest request)
    {
        const string Variable = "PATH=";
        string name = Files.ByteText.OfUnicode(request.FileName);
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return [name];
        }

        string path = request.Environment.FirstOrDefault(text => text.StartsWith(Variable, StringComparison.Ordinal)) ?? Variable + "/bin:/usr/bin";
        return Files.ByteText.OfUnicode(path[Variable.Length..]).Split(':').Select(directory => Files.PathWalk.Absolute(directory.Length == 0 ? "." : directory, name));
    }

    private void Refuse(Job job, string problem) => Tell(job, ProgramEnd.NotRunnable, 0, new ProgramEndRecord { Text = problem });

    private void OpenStreams(LinuxProcess process)
    {
        var request = process.Job.Request;
        process.Descriptors.Set(0, Open(OpenFileKind.Input, "/dev/stdin", 0, request.Input), false);
        process.Descriptors.Set(1, Open(OpenFileKind.Output, "/dev/stdout", Linux.OpenWrite, request.Output), false);
        process.Descriptors.Set(2, Open(OpenFileKind.Output, "/dev/stderr", Linux.OpenWrite, request.Error), false);

        OpenFile Open(OpenFileKind kind, string path, uint flags, ProgramStream stream) =>
            new(NewId(), kind, path, stream.IsTerminal ? Linux.OpenReadWrite : flags) { Stream = stream.Number, IsTerminal = stream.IsTerminal, Job = process.Job };
    }

    /// <summary>Makes a process without threads and memory.</summary>
    public KernelStatus CreateProcess(Job job, int id, int parent, out LinuxProcess process)
    {
        process = null!;
        var status = job.Cell.CreateCell(job.Request.MemoryLimit, FirstObjects, out var cell);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        status = cell.CreateAddressSpace(out var space);
        EndpointCapability badged = default;
        if (status == KernelStatus.Ok)
        {
            status = Endpoint.Badge((ulong)id + (job.Request.Job << 32), CapabilityRights.All, out badged);
        }

        if (status != KernelStatus.Ok)
        {
            cell.Destroy();
            Invoker.Delete(cell.Slot);
            return status;
        }

        cell.SetSystemCallEndpoint(badged.Slot);
        cell.SetFaultEndpoint(badged.Slot);
        Invoker.Delete(badged.Slot);
        process = new LinuxProcess(job, id, parent, cell, new ProcessMemory(this, NewId(), space))
        {
            ObjectLimit = FirstObjects,
            ChildrenWait = NewId(),
            StartTime = Now,
        };
        process.Enter(new Files.DirectoryPlace(job.Tree.Root));
        job.Processes.Add(id, process);
        return status;
    }

    /// <summary>Makes a thread, suspended.</summary>
    public KernelStatus CreateThread(LinuxProcess process, int id, ulong pc, ulong stack, out LinuxThread thread)
    {
        ThreadCapability capability = default;
        ulong number = 0;
        var status = process.Memory.Process.WithRoom(() =>
            process.Memory.Process.Cell.CreateThread(process.Memory.Space, new VirtualAddress(pc), new VirtualAddress(stack), 0, out capability, out number));
        thread = null!;
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        if (process.Job.Request is { Priority: >= 0 } or { Share: > 0 })
        {
            process.Job.SetScheduling(capability);
        }

        thread = new LinuxThread(process, id, capability, number);
        process.Threads.Add(thread);
        Threads.Add(number, thread);
        return status;
    }

    /// <summary>Loads on; false: suspended.</summary>
    private bool GoOnLoading(LinuxThread thread)
    {
        var process = thread.Process;
        var load = process.Load!;
        var status = load.Step();
        if (status == KernelStatus.Suspended)
        {
            return false;
        }

        if (status == KernelStatus.InProgress)
        {
            if (thread.ReplySlot != 0 && !load.EndsThreads)
            {
                Recall(thread);
            }
            else
            {
                SetDeadline(thread, Now + Pause);
            }

            return true;
        }

        if (status != KernelStatus.Ok)
        {
            process.Load = null;
            load.Abandon();
            if (process == process.Job.Main && thread.ReplySlot == 0)
            {
                EndJob(process.Job, status == KernelStatus.MemoryExhausted ? ProgramEnd.MemoryExhausted : ProgramEnd.NotRunnable, 9,
                    new ProgramEndRecord { Text = status == KernelStatus.MemoryExhausted ? "its memory quota is too small to start it" : $"it cannot be loaded ({status})" });
            }
            else
            {
                EndProcess(process, 9);
            }

            return true;
        }

        process.Load = null;
        Span<ulong> state = stackalloc ulong[ThreadState.Words];
        state.Clear();
        state[ThreadState.Pc] = (load.Executable.Interpreter ?? load.Executable).Image.Entry;
        state[ThreadState.X(2)] = load.StackPointer;
        thread.Capability.WriteState(state);
        thread.Phase = ThreadPhase.Running;
        if (thread.ReplySlot == 0)
        {
            thread.Capability.Resume();
        }
        else
        {
            Settle(thread, CallResult.Resumed);
        }

        return true;
    }

    /// <summary>Ends a thread: by itself where others of its process live on.</summary>
    public void EndThread(LinuxThread thread)
    {
        Forget(thread);
        var threads = thread.Process.Threads;
        threads.RemoveAt(threads.LastIndexOf(thread));
        thread.Capability.Destroy();
        Invoker.Delete(thread.Capability.Slot);
    }

    private void Forget(LinuxThread thread)
    {
        thread.IsGone = true;
        Waits.Remove(thread);
        Futexes.Remove(thread);
        Calls.PriorityFutexCalls.OwnerEnds(thread);
        ClearDeadline(thread);
        if (thread.Call.Request != 0)
        {
            Requests.Remove(thread.Call.Request);
        }

        thread.Call.End();
        Threads.Remove(thread.Number);
    }

    /// <summary>Ends a process with a status as wait4 tells it. With the first process of a job its job ends.</summary>
    public void EndProcess(LinuxProcess process, int status, ProgramEnd? reason = null, ProgramEndRecord? record = null)
    {
        if (process.IsEnded)
        {
            return;
        }

        process.IsEnded = true;
        var job = process.Job;
        EndBorrowers(process);
        if (process == job.Main)
        {
            bool isExit = (status & 0x7f) == 0;
            EndJob(job, reason ?? (isExit ? ProgramEnd.Exited : ProgramEnd.Signalled), (ulong)(isExit ? (status >> 8) & 0xff : status & 0x7f), record ?? new ProgramEndRecord());
            return;
        }

        process.Status = status;
        Silence(process);
        BuryOrWait(process);
    }

    /// <summary>Ends the children of vfork that run on a process's memory: it goes, and they cannot go on without it.</summary>
    public void EndBorrowers(LinuxProcess process)
    {
        foreach (var borrower in process.Job.Processes.Values.Where(other => other.MemoryOwner == process.Id).ToArray())
        {
            EndProcess(borrower, Kill);
            borrower.MemoryOwner = 0;
        }
    }

    /// <summary>Takes a process away that never ran.</summary>
    public void Abandon(LinuxProcess process)
    {
        while (!TearStep(process))
        {
        }

        process.Job.Processes.Remove(process.Id);
    }

    /// <summary>Takes a process away that never ran and has a number, in steps if that is long work. Its parent gets no signal.</summary>
    public void AbandonLater(LinuxProcess process)
    {
        process.Parent = 0;
        process.IsEnded = true;
        process.Job.Processes.Add(process.Id, process);
        BuryOrWait(process);
    }

    /// <summary>A child made by vfork has its own program or has ended: its parent goes on.</summary>
    public void EndVfork(LinuxProcess process)
    {
        if (process.VforkParent != 0 && Threads.TryGetValue(process.VforkParent, out var waiter))
        {
            waiter.Call.IsWoken = true;
            Enqueue(waiter);
        }

        process.VforkParent = 0;
    }

    public static void EndJob(Job job, ProgramEnd reason, ulong code, ProgramEndRecord record)
    {
        job.End ??= (reason, code, record);
        foreach (var process in job.Processes.Values)
        {
            process.IsEnded = true;
            foreach (var thread in process.Threads)
            {
                thread.IsGone = true;
            }
        }
    }
}

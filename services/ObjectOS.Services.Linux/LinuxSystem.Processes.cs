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
        status = status == KernelStatus.Ok ? ElfImage.Parse(memory, imageLength, out image, out problem) : status;
        if (status == KernelStatus.Suspended)
        {
            return HandleResult.Suspended;
        }

        if (status != KernelStatus.Ok || !TryReadRequest(record, out var request) || Jobs.ContainsKey(request.Job))
        {
            memory.Delete();
            Reply(message, 1);
            return HandleResult.Handled;
        }

        Reply(message, 0);
        Start(request, memory, imageLength, image, problem);
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

    private void Start(ProgramRequest request, MemoryCapability memory, ulong length, ElfImage? image, string problem)
    {
        var job = new Job(this, request, default);
        if (image is null)
        {
            memory.Delete();
            Refuse(job, problem);
            return;
        }

        if (image.IsNative)
        {
            memory.Delete();
            Refuse(job, "the program has the note \"ObjectOS\": it makes ObjectOS invocations, not Linux system calls");
            return;
        }

        var status = Own.CreateCell(request.MemoryLimit, request.ObjectLimit, out var cell);
        if (status != KernelStatus.Ok)
        {
            memory.Delete();
            Refuse(job, $"no cell with {request.MemoryLimit} bytes and {request.ObjectLimit} objects can be made ({status})");
            return;
        }

        cell.SetBudget(request.InstructionLimit);
        job = new Job(this, request, cell);
        Jobs.Add(request.Job, job);
        if (cell.Status(out var figures) == KernelStatus.Ok)
        {
            Host.Request(HostRequestKind.Started, request.Job, [], out _, figures.Number);
        }

        job.MakeFiles();
        var block = AddBlock(memory, Pages.RoundUp(length), true);
        block.Uses = 1;
        string path = request.FileName.StartsWith('/') ? request.FileName : Files.PathWalk.Absolute(request.WorkingDirectory, request.FileName);
        var executable = new Executable(block, length, path, image);
        status = CreateProcess(job, job.NextId++, 1, out var process);
        if (status == KernelStatus.Ok)
        {
            process.WorkingDirectory = request.WorkingDirectory;
            process.RandomState = request.Seed;
            process.GroupId = process.SessionId = process.Id;
            OpenStreams(process);
            process.Executable = executable;
            process.Arguments = [.. request.Arguments.Select(global::System.Text.Encoding.UTF8.GetBytes)];
            status = CreateThread(process, process.Id, 0, 0, out var thread);
            if (status == KernelStatus.Ok)
            {
                process.Load = new ProgramLoad(process, executable, process.Arguments, [.. request.Environment.Select(global::System.Text.Encoding.UTF8.GetBytes)]);
                thread.Phase = ThreadPhase.Loading;
                Enqueue(thread);
                return;
            }
        }

        EndJob(job, ProgramEnd.NotRunnable, 0, new ProgramEndRecord { Text = $"the process cannot be made ({status})" });
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
        state[ThreadState.Pc] = load.Executable.Image.Entry;
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

using System.Globalization;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux;

/// <summary>The whole state of the service: jobs, their processes and threads, and who waits for what.</summary>
internal sealed partial class LinuxSystem
{
    /// <summary>Work per thread or poll set that an event wakes.</summary>
    private const int CostOfWake = 240;

    public const ulong TimerBit = 1;
    public const ulong AgainBit = 2;

    private const uint FirstFreeSlot = 16;

    /// <summary>Lines of help that a job is told: it must not fill the queue to the host, which is everyone's.</summary>
    private const int MostNotes = 64;

    /// <summary>Threads that one message looks after at most: the rest have a message of their own.</summary>
    private const int MostAtOnce = 64;

    private readonly Queue<LinuxThread> _queue = [];
    private readonly Queue<(ulong Job, ProgramEnd Reason, ulong Code, byte[] Record)> _untold = [];
    private readonly SortedSet<(ulong Deadline, ulong Thread)> _deadlines = [];
    private readonly Dictionary<ulong, ulong> _deadlineOf = [];
    private MemoryBlock? _trampoline;
    private MemoryBlock? _trampolineMade;
    private ulong _nextId = 1;
    private ulong _timerSet = LinuxCall.Never;

    public LinuxSystem(IInvocationPort port)
    {
        Invoker = new Invoker(port, FirstFreeSlot);
        Own = new CellCapability(Invoker, 1);
        Endpoint = new EndpointCapability(Invoker, 2);
        Host = new HostPortCapability(Invoker, 3);
    }

    public Invoker Invoker { get; }

    public CellCapability Own { get; }

    public EndpointCapability Endpoint { get; }

    public HostPortCapability Host { get; }

    public NotificationCapability Notification { get; private set; }

    public TimerCapability Timer { get; private set; }

    public ulong Now => Invoker.Port.Now;

    public SortedDictionary<ulong, Job> Jobs { get; } = [];

    public SortedDictionary<ulong, LinuxThread> Threads { get; } = [];

    public SortedDictionary<ulong, MemoryBlock> Blocks { get; } = [];

    /// <summary>Host requests that threads wait for.</summary>
    public SortedDictionary<ulong, LinuxThread> Requests { get; } = [];

    public WaitQueues Waits { get; } = new();

    public FutexTable Futexes { get; } = new();

    public ulong NewId() => _nextId++;

    /// <summary>Makes what the service needs for itself: with the first message, so that a restored service makes nothing twice.</summary>
    public void Begin(in Message message)
    {
        _spent = 0;
        _sender = Threads.TryGetValue(message.ThreadNumber, out var sender) ? sender.Process.Job : null;
        if (Notification.Slot != 0)
        {
            return;
        }

        Own.CreateNotification(out var notification);
        Notification = notification;
        Own.CreateTimer(notification, TimerBit, out var timer);
        Timer = timer;
        Endpoint.Bind(notification);
        Host.Bind(Endpoint);
    }

    public MemoryBlock AddBlock(MemoryCapability memory, ulong size, bool isImmutable)
    {
        var block = new MemoryBlock(NewId(), memory, size, isImmutable);
        Blocks.Add(block.Id, block);
        return block;
    }

    /// <summary>One use of a block less; with the last it goes.</summary>
    public void Release(MemoryBlock block)
    {
        if (--block.Uses <= 0)
        {
            Discard(block);
        }
    }

    /// <summary>Takes a block away that nobody uses.</summary>
    public void Discard(MemoryBlock block)
    {
        if (!Blocks.Remove(block.Id))
        {
            return;
        }

        if (!block.IsContent)
        {
            block.Memory.Delete();
        }

        if (block.Inode is { } inode)
        {
            inode.Opens--;
            block.Job!.Tree.Settle(inode);
        }
    }

    /// <summary>The block of a file's own memory, or of the memory of the layer that it is still in; it is there, and a new one is not used yet.</summary>
    public MemoryBlock ContentOf(Job job, Files.Inode inode)
    {
        var content = inode.Content!.Source?.Content ?? inode.Content;
        var memory = content.Memory!.Value;
        return Blocks.Values.FirstOrDefault(block => block.Inode == inode && block.IsContent && block.Memory == memory)
            ?? Add(MemoryBlock.Of(NewId(), memory, content.Size, job, inode, true));
    }

    /// <summary>Keeps a new block.</summary>
    public MemoryBlock Add(MemoryBlock block)
    {
        Blocks.Add(block.Id, block);
        return block;
    }

    /// <summary>One use of an open file less; with the last it is closed.</summary>
    public void Release(OpenFile file)
    {
        if (--file.References > 0)
        {
            return;
        }

        file.Job?.Tree.Return(file.Held);
        if (file.Job is { } locking && LockKey.Of(file) is { } key)
        {
            locking.Locks.Release(key, new LockOwner(true, file.Id));
        }

        file.Job?.EventFiles.Remove(file.Id);
        foreach (var item in file.Watchers.ToArray())
        {
            file.Job?.Count(item, -1);
            item.Set.Remove(Waits, item);
        }

        foreach (var item in file.PollSet?.Items ?? [])
        {
            file.Job?.Count(item, -1);
        }

        file.PollSet?.Clear(Waits);
        if (file.Pipe is { } pipe)
        {
            pipe.Close(file.CanRead, file.CanWrite);
            Wake(pipe.DataWait, PollEvents.Read | PollEvents.Write | PollEvents.HangUp);
            Wake(pipe.RoomWait, PollEvents.Read | PollEvents.Write | PollEvents.Error);
            if (pipe.Readers + pipe.Writers == 0 && file.Job is { } holder)
            {
                _ = file.Inode is { } named && holder.Fifos.Remove(named.Number);
                Forget(holder, pipe);
            }
        }

        if (file.Inode is { } inode)
        {
            inode.Opens--;
            file.Job?.Tree.Settle(inode);
        }

        if (file.Handle != 0 && file.Job is { } job)
        {
            Host.Request(HostRequestKind.File, job.Tree.Grants[file.Grant].Number, [], out _, (ulong)HostFileOperation.Close, file.Handle);
        }
    }

    /// <summary>Gives back what a pipe counts that nobody has open.</summary>
    public static void Forget(Job job, Pipe pipe)
    {
        job.Tree.Return((ulong)pipe.Capacity);
        job.PipeBytes -= (ulong)pipe.Capacity;
    }

    /// <summary>True if a process runs the program that a file holds: it must not be written (ETXTBSY).</summary>
    public bool IsRunning(Files.Inode node) => node.Opens > 0 && Blocks.Values.Any(block => block.Inode == node && block.IsProgram);

    /// <summary>True if a file in memory is mapped.</summary>
    public bool IsMapped(Files.Inode node) => node.Opens > 0 && Blocks.Values.Any(block => block.Inode == node);

    /// <summary>The page with the code that returns from a signal handler, the same for all processes.</summary>
    public KernelStatus GetTrampoline(out MemoryBlock block)
    {
        block = _trampoline!;
        if (_trampoline is not null)
        {
            return KernelStatus.Ok;
        }

        var status = KernelStatus.Ok;
        if (_trampolineMade is null)
        {
            status = Own.CreateMemory(Pages.Size, out var memory);
            if (status != KernelStatus.Ok)
            {
                return status;
            }

            _trampolineMade = AddBlock(memory, Pages.Size, true);
            _trampolineMade.Uses = 1;
        }

        // li a7, 139 (rt_sigreturn); ecall: what unwinders look for behind a signal frame (uapi/asm/unistd.h).
        status = _trampolineMade.Memory.Write(0, [0x93, 0x08, 0xb0, 0x08, 0x73, 0x00, 0x00, 0x00]);
        if (status == KernelStatus.Ok)
        {
            block = _trampoline = _trampolineMade;
        }

        return status;
    }

    /// <summary>Has all that wait for it looked after.</summary>
    public void Wake(ulong wait)
    {
        Wake(wait, PollEvents.Any);
    }

    /// <summary>
    /// Wakes what waits for it, because of those events. Poll sets that watch it pass it on, each once, however many of their items watch it.
    /// </summary>
    public void Wake(ulong wait, uint events)
    {
        foreach (var thread in Waits.Of(wait))
        {
            Enqueue(thread);
            Spend(CostOfWake);
        }

        if (Waits.WatchersOf(wait).Count == 0)
        {
            return;
        }

        var woken = new HashSet<PollSet>();
        var pending = new Queue<(ulong Wait, uint Events)>([(wait, events)]);
        while (pending.TryDequeue(out var next))
        {
            foreach (var item in Waits.WatchersOf(next.Wait))
            {
                if ((next.Events & PollEvents.Wanted(item)) == 0)
                {
                    continue;
                }

                item.IsReady = true;
                Spend(CostOfWake);
                if (woken.Add(item.Set))
                {
                    pending.Enqueue((item.Set.File.Id, PollEvents.Read));
                    foreach (var thread in Waits.Of(item.Set.File.Id))
                    {
                        Enqueue(thread);
                    }
                }
            }
        }
    }

    public void Enqueue(LinuxThread thread)
    {
        if (!thread.IsQueued)
        {
            thread.IsQueued = true;
            _queue.Enqueue(thread);
        }
    }

    /// <summary>Looks after every thread that stands in the queue. What is suspended stays there, and a signal to this service brings it back.</summary>
    public void Work()
    {
        for (int count = 0; _queue.TryDequeue(out var thread); count++)
        {
            thread.IsQueued = false;
            if (thread.IsGone)
            {
                continue;
            }

            if (count == MostAtOnce || !LookAfter(thread))
            {
                Enqueue(thread);
                Notification.Signal(AgainBit);
                break;
            }
        }

        EndJobs();
        TellEnds();
        SetTimer();
    }

    /// <summary>Does the next thing for a thread that stands in the queue; false: suspended.</summary>
    private bool LookAfter(LinuxThread thread)
    {
        switch (thread.Phase)
        {
            case ThreadPhase.Parked:
                Recall(thread);
                return true;
            case ThreadPhase.Finishing:
            case ThreadPhase.Stopped:
                return Finish(thread);
            case ThreadPhase.Starting:
                ClearDeadline(thread);
                return Calls.ExecuteCalls.StartFirst(thread);
            case ThreadPhase.Loading when thread.ReplySlot != 0 && !thread.Process.Load!.EndsThreads:
                Recall(thread);
                return true;
            case ThreadPhase.Loading:
                return GoOnLoading(thread);
            default:
                return true;
        }
    }

    /// <summary>
    /// Has the call of a thread run again in a message of its own, when the thread's turn comes: it pays for all that its calls make this service do, its
    /// budget ends them, and others run in between.
    /// </summary>
    private void Recall(LinuxThread thread)
    {
        uint slot = thread.ReplySlot;
        thread.Phase = ThreadPhase.Recalled;
        thread.ReplySlot = 0;
        ClearDeadline(thread);
        new ReplyCapability(Invoker, slot).Send(CallAnswer.Again);
    }

    /// <summary>A thread that was recalled is here with its call; false: suspended, and nothing has changed.</summary>
    public bool GoOn(LinuxThread thread) => thread.Process.Load is null ? Rerun(thread) : GoOnLoading(thread);

    /// <summary>Runs a call again; false: suspended, and nothing has changed.</summary>
    private bool Rerun(LinuxThread thread)
    {
        thread.Call.Renewed.Clear();
        var result = LinuxCallTable.Run(thread.Call);
        if (result.Outcome == CallOutcome.Suspended)
        {
            return false;
        }

        if (result.Outcome == CallOutcome.Parked)
        {
            Waits.RemoveAllBut(thread.Call.Renewed, thread);
        }
        else
        {
            Waits.Remove(thread);
        }

        Settle(thread, result);
        return true;
    }

    /// <summary>A call has run: parks its thread or finishes the call.</summary>
    public void Settle(LinuxThread thread, CallResult result)
    {
        if (thread.IsGone || result.Outcome == CallOutcome.Gone)
        {
            return;
        }

        if (result.Outcome == CallOutcome.Continued && !HasFatalSignal(thread))
        {
            Recall(thread);
            return;
        }

        if (result.Outcome == CallOutcome.Continued)
        {
            result = Errno.EINTR; // Which it will not see.
        }

        if (result.Outcome == CallOutcome.Parked)
        {
            thread.Phase = ThreadPhase.Parked;
            SetDeadline(thread, thread.Call.Deadline);
            if (!thread.Call.IsInterrupted && thread.Call.Request == 0 && HasSignal(thread))
            {
                Interrupt(thread);
            }

            return;
        }

        if (thread.Process.Job.Request.IsTraced)
        {
            Trace(thread, result);
        }

        ClearDeadline(thread);
        Futexes.Remove(thread);
        thread.Phase = ThreadPhase.Finishing;
        thread.Result = result;
        if (!Finish(thread))
        {
            Enqueue(thread);
            Notification.Signal(AgainBit);
        }
    }

    /// <summary>The host has answered.</summary>
    public void Complete(in Message message)
    {
        long result = (long)message.Words[0];
        if (TakeIndex(message))
        {
            return;
        }

        if (Requests.Remove(message.Label, out var thread))
        {
            thread.Call.AddReply(new HostReply(result, message.Data.ToArray()));
            thread.Call.Request = 0;
            Enqueue(thread);
            return;
        }

        foreach (var job in Jobs.Values)
        {
            foreach (var writer in job.Writers.Values)
            {
                if (writer.Complete(message.Label, result))
                {
                    Wake(StreamWait(job, writer.Number, true), PollEvents.Write | PollEvents.Error);
                    return;
                }
            }

            foreach (var reader in job.Readers.Values)
            {
                if (reader.Complete(message.Label, result, message.Data.Span))
                {
                    Wake(StreamWait(job, reader.Number, false), PollEvents.Read | PollEvents.HangUp);
                    return;
                }
            }
        }
    }

    /// <summary>What those wait for who read or write a stream: numbers beyond those of <see cref="NewId"/>.</summary>
    public static ulong StreamWait(Job job, ulong stream, bool isWriter) => (1UL << 63) | (job.Request.Job << 32) | (stream << 1) | (isWriter ? 1u : 0);

    private void Trace(LinuxThread thread, CallResult result)
    {
        var call = thread.Call;
        string arguments = string.Join(", ", call.Arguments.Select(argument => "0x" + argument.ToString("x", CultureInfo.InvariantCulture)));
        string value = result.Outcome == CallOutcome.Done ? result.Value.ToString(CultureInfo.InvariantCulture) : "?";
        Log(thread.Process.Job, $"{thread.Id} {LinuxCallTable.NameOf(call.Number)}({arguments}) = {value}", 0);
    }

    /// <summary>Tells the host a line: severity 0 is the trace of calls, 1 what may help, 2 a call that is missing.</summary>
    public void Log(Job job, string text, ulong severity = 1)
    {
        if (severity != 1 || job.Notes++ < MostNotes)
        {
            Host.Request(HostRequestKind.Log, job.Request.Job, Files.ByteText.ToBytes(text), out _, severity);
        }
    }

    public static void SaveExecutable(BinaryWriter writer, Executable? executable)
    {
        writer.Write(executable?.Block.Id ?? 0);
        if (executable is not null)
        {
            writer.Write(executable.Length);
            writer.Write(executable.Path);
            writer.Write(executable.Name);
            executable.Image.Save(writer);
            SaveExecutable(writer, executable.Interpreter);
        }
    }

    public Executable? RestoreExecutable(BinaryReader reader)
    {
        ulong id = reader.ReadUInt64();
        if (id == 0)
        {
            return null;
        }

        ulong length = reader.ReadUInt64();
        string path = reader.ReadString();
        string name = reader.ReadString();
        var image = ElfImage.Restore(reader);
        return new Executable(Blocks[id], length, path, image) { Name = name, Interpreter = RestoreExecutable(reader) };
    }
}

using ObjectOS.Abi;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux;

/// <summary>
/// The loading of a program into a process: first its other threads and its memory go, if it has any. All of it is steps that can be interrupted
/// between any two.
/// </summary>
internal sealed class ProgramLoad
{
    private readonly LinuxProcess _process;
    private readonly Executable[] _programs;
    private readonly Loader[] _loaders;
    private int _stage;

    /// <summary>The program that is being mapped, and how many of its ranges are in the books.</summary>
    private int _at;
    private int _noted;

    public ProgramLoad(LinuxProcess process, Executable executable, byte[][] arguments, byte[][] environment)
    {
        _process = process;
        Executable = executable;
        Arguments = arguments;
        Environment = environment;
        _programs = executable.Interpreter is { } interpreter ? [executable, interpreter] : [executable];
        _loaders = [.. _programs.Select(program => new Loader(program.Image, program.Block.Memory, process.Cell, process.Memory.Space))];
    }

    public Executable Executable { get; }

    public byte[][] Arguments { get; }

    public byte[][] Environment { get; }

    /// <summary>True while the process has threads that end, and its cell stands still.</summary>
    public bool EndsThreads { get; private set; }

    /// <summary>Where the stack starts, once all is done.</summary>
    public ulong StackPointer { get; private set; }

    /// <summary>Holds the other threads of the process until they are gone.</summary>
    public void Silence(LinuxThread thread)
    {
        EndsThreads = _process.Threads.Count > 1;
        if (EndsThreads)
        {
            _process.Cell.Pause();
            _process.Threads.ForEach(other => other.IsGone = other != thread);
        }
    }

    /// <summary>Goes on. Ok: done; Suspended: call again; else the program cannot be loaded.</summary>
    public KernelStatus Step()
    {
        while (_stage < 6)
        {
            var status = _stage switch
            {
                0 => EndThreads(),
                1 => _process.Memory.Clear(),
                2 => LoadImage(),
                3 => MapStack(),
                4 => FillStack(),
                _ => MapTrampoline(),
            };
            if (status != KernelStatus.Ok)
            {
                return status;
            }

            _stage++;
        }

        return KernelStatus.Ok;
    }

    /// <summary>Gives back what was made for a program that cannot be loaded; what is mapped already goes with the process.</summary>
    public void Abandon()
    {
        if (_noted == 0 && _at < _loaders.Length)
        {
            _loaders[_at].Abandon();
        }
    }

    /// <summary>Ends the other threads, as many as one message may. The mutexes of all of them are given back.</summary>
    private KernelStatus EndThreads()
    {
        var system = _process.System;
        while (_process.Threads.FindLast(thread => thread.IsGone) is { } other)
        {
            if (system.IsSpent)
            {
                return KernelStatus.InProgress;
            }

            if (!RobustList.TryRelease(other))
            {
                return KernelStatus.Suspended;
            }

            system.EndThread(other);
            system.Spend(LinuxSystem.CostOfThread);
        }

        if (!_process.Threads.TrueForAll(RobustList.TryRelease))
        {
            return KernelStatus.Suspended;
        }

        if (EndsThreads)
        {
            EndsThreads = false;
            _process.Cell.Resume();
        }

        return KernelStatus.Ok;
    }

    private KernelStatus LoadImage()
    {
        var memory = _process.Memory;
        for (; _at < _loaders.Length; _at++)
        {
            var status = _process.WithRoom(_loaders[_at].Load);
            if (status != KernelStatus.Ok)
            {
                return status;
            }

            Note(memory, _programs[_at], _loaders[_at]);
            _noted = 0;
        }

        memory.HeapStart = memory.HeapEnd = memory.HeapBlockEnd = Pages.RoundUp(Executable.Image.End) + Pages.Size;
        return KernelStatus.Ok;
    }

    /// <summary>Takes what is mapped of a program into the process's books.</summary>
    private void Note(ProcessMemory memory, Executable program, Loader loader)
    {
        var blocks = new Dictionary<uint, MemoryBlock>();
        for (; _noted < loader.Ranges.Count; _noted++)
        {
            var range = loader.Ranges[_noted];
            var block = range.IsShared ? program.Block : _process.System.AddBlock(range.Memory, Pages.RoundUp(range.Offset + range.Length), false);
            if (range.Length > 0)
            {
                memory.Add(new MemoryArea(range.Address, range.Length, range.Rights, block, range.Offset, false, program.Path));
            }
        }
    }

    private KernelStatus MapStack()
    {
        var status = _process.CreateBlock(ProcessMemory.StackSize, out var block);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        status = _process.Memory.Map(new MemoryArea(
            ProcessMemory.StackTop - ProcessMemory.StackSize, ProcessMemory.StackSize, PageRights.Read | PageRights.Write, block, 0, false, "[stack]"));
        if (status != KernelStatus.Ok)
        {
            _process.System.Discard(block);
        }

        return status;
    }

    private KernelStatus FillStack()
    {
        ulong state = _process.RandomState;
        var (pointer, bytes) = InitialStack.Build(
            ProcessMemory.StackTop, Arguments, Environment, Executable, _process.Identity, _process.Random(16));
        var status = _process.Memory.Space.CopyOut(new VirtualAddress(pointer), bytes);
        if (status != KernelStatus.Ok)
        {
            _process.RandomState = state;
        }

        StackPointer = pointer;
        _process.Start = StartTexts.Of(pointer, bytes, Arguments, Environment);
        return status;
    }

    private KernelStatus MapTrampoline()
    {
        var status = _process.System.GetTrampoline(out var block);
        return status != KernelStatus.Ok ? status : _process.Memory.Map(new MemoryArea(
            ProcessMemory.Trampoline, Pages.Size, PageRights.Read | PageRights.Execute, block, 0, false, "[vdso]"));
    }

    public void Save(BinaryWriter writer)
    {
        LinuxSystem.SaveExecutable(writer, Executable);
        Job.Write(writer, Arguments);
        Job.Write(writer, Environment);
        writer.Write(_stage);
        writer.Write(_noted);
        writer.Write(EndsThreads);
        writer.Write(StackPointer);
        writer.Write(_at);
        foreach (var loader in _loaders)
        {
            loader.Save(writer);
        }
    }

    public static ProgramLoad Restore(BinaryReader reader, LinuxProcess process)
    {
        var load = new ProgramLoad(process, process.System.RestoreExecutable(reader)!, Job.ReadTexts(reader), Job.ReadTexts(reader))
        {
            _stage = reader.ReadInt32(),
            _noted = reader.ReadInt32(),
            EndsThreads = reader.ReadBoolean(),
            StackPointer = reader.ReadUInt64(),
        };
        load._at = reader.ReadInt32();
        foreach (var loader in load._loaders)
        {
            loader.Restore(reader);
        }

        return load;
    }
}

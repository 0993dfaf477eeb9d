using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Events;
using ObjectOS.Services.Native;

namespace ObjectOS.Recording;

/// <content>The calls from outside that the log has.</content>
internal sealed partial class ReplayRun
{
    private ReplayKernel KernelOf(RecordCursor cursor)
    {
        ulong number = cursor.Number();
        return number < (ulong)_kernels.Count ? _kernels[(int)number] : throw cursor.Damaged($"kernel {number} is wanted, and {_kernels.Count} have been made");
    }

    private (IVirtualCpu Cpu, ReplayKernel Holder) VirtualCpuOf(RecordCursor cursor, ulong number) =>
        number < (ulong)_virtualCpus.Count ? _virtualCpus[(int)number] : throw cursor.Damaged($"virtual CPU {number} is wanted, and {_virtualCpus.Count} have been made");

    private void CreateKernel(RecordCursor cursor)
    {
        ulong place = cursor.Number();
        if ((place == 0) != (_kernels.Count == 0))
        {
            throw cursor.Damaged("the first kernel, and no other, runs on the machine's CPU");
        }

        var holder = place == 0 ? null : VirtualCpuOf(cursor, place - 1).Holder;
        var cpu = place == 0 ? Cpu : VirtualCpuOf(cursor, place - 1).Cpu.Cpu;
        string name = cursor.Text(), version = cursor.Text();
        var factory = _builds.Kernel;
        if (factory.Description.Name != name)
        {
            throw new UnfitRecordingException($"it was made with the kernel {name} {version}; here is {factory.Description.Name} {factory.Description.Version}");
        }

        var options = new KernelOptions
        {
            ObjectLimit = cursor.Int(int.MaxValue, "the object limit"),
            Quantum = cursor.UInt("the quantum"),
            Seed = cursor.Number(),
        };
        ulong flags = cursor.NumberUpTo(3, "the kernel's flags");
        options = options with { DeterministicCompletions = (flags & 1) != 0, PacesIdleTime = (flags & 2) != 0, CompletionLatency = cursor.Number() };
        string path = holder is null ? "0" : $"{holder.Path}.{++holder.Children}";
        options = options with { Events = _events?.Detail ?? EventDetail.None };
        _kernels.Add(new ReplayKernel(factory.Create(cpu, options), _kernels.Count, path, _events is null ? null : new LevelEvents(_events, path)));
    }

    private void CreateManagedCell(RecordCursor cursor)
    {
        var kernel = KernelOf(cursor);
        uint parent = cursor.UInt("a slot"), cell = cursor.UInt("a slot"), endpoint = cursor.UInt("a slot");
        var program = Program(RecordedProgram.Read(cursor));
        ulong memory = cursor.Number();
        int objects = (int)cursor.Signed();
        ExpectStatus(cursor, kernel, "a managed cell", kernel.Kernel.CreateManagedCell(parent, cell, endpoint, program, memory, objects));
        kernel.Machines = program as IVirtualMachineService ?? kernel.Machines;
    }

    private IManagedProgram Program(RecordedProgram form) => form.Role switch
    {
        ProgramRole.Linux => Fitting("the Linux personality", form, _builds.Linux.Description, _builds.Linux.Create),
        ProgramRole.Vmm => Fitting("the service for virtual machines", form, _builds.Vmm.Description, _builds.Vmm.Create),
        ProgramRole.Native => new NativeProgramService(),
        _ => _options.Programs?.Invoke(form.Name) ?? throw new UnfitRecordingException($"it has a program of the class {form.Name}, which ReplayOptions.Programs does not make"),
    };

    private static IManagedProgram Fitting(string what, RecordedProgram form, ServiceDescription here, Func<IManagedProgram> create) =>
        here.Name == form.Name ? create() : throw new UnfitRecordingException($"it was made with {what} {form}; here is {here.Name} {here.Version}");

    private void CreateVirtualCpu(RecordCursor cursor)
    {
        var kernel = KernelOf(cursor);
        uint cell = cursor.UInt("a slot"), destination = cursor.UInt("a slot");
        var options = new VirtualCpuOptions { MemorySize = cursor.Number(), MemoryLimit = cursor.Number(), MemoryReserved = cursor.Number(), Priority = (int)cursor.Signed() };
        ExpectStatus(cursor, kernel, "a virtual CPU", kernel.Kernel.CreateVirtualCpu(cell, destination, options, out var cpu));
        if (cpu is not null)
        {
            _virtualCpus.Add((cpu, kernel));
        }
    }

    private void Invoke(RecordCursor cursor)
    {
        var kernel = KernelOf(cursor);
        var call = (Call)cursor.UInt("a call");
        var frame = new InvocationFrame();
        int words = cursor.Int(InvocationFrame.Length, "the words of a frame");
        for (int i = 0; i < words; i++)
        {
            frame[i] = cursor.Number();
        }

        var source = Source(cursor);
        var destination = new byte[cursor.Int(RecordingPort.MostRead, "the bytes of a buffer")];
        ExpectStatus(cursor, kernel, $"{call}", kernel.Kernel.Root.Invoke(call, ref frame, source.Span, destination));
    }

    private ReadOnlyMemory<byte> Source(RecordCursor cursor) => cursor.Flag() ? _reader.Blob(cursor.Int(int.MaxValue, "a blob"), cursor) : cursor.Blob();

    private void ExpectStatus(RecordCursor cursor, ReplayKernel kernel, string call, KernelStatus found)
    {
        long expected = cursor.Signed();
        if ((long)found != expected)
        {
            throw Desync(kernel.Path, $"{(KernelStatus)expected} from {call}", found.ToString());
        }
    }

    private void DoToVirtualCpu(RecordKind kind, RecordCursor cursor)
    {
        var (cpu, holder) = VirtualCpuOf(cursor, cursor.Number());
        switch (kind)
        {
            case RecordKind.Interrupt:
                cpu.Cpu.Interrupt();
                break;
            case RecordKind.Resume:
                Resume(cursor, cpu, holder);
                break;
            case RecordKind.Intercepts:
                cpu.Intercepts = Intercepts(cursor);
                break;
            case RecordKind.MemoryLimit:
                cpu.SetMemoryLimit(cursor.Number());
                break;
            default:
                bool has = cpu.TryReserve(cursor.Number());
                if (cursor.Flag() != has)
                {
                    throw Desync(holder.Path, $"{!has} from a reserve", has.ToString());
                }

                break;
        }
    }

    private void Resume(RecordCursor cursor, IVirtualCpu cpu, ReplayKernel holder)
    {
        var action = (ExitAction)cursor.Int((int)ExitAction.Pass, "an action");
        ulong flags = cursor.NumberUpTo(3, "the flags of a resume");
        Trap? trap = (flags & 1) != 0 ? RecordingVirtualCpu.ReadTrap(cursor) : null;
        if ((flags & 2) != 0)
        {
            var bytes = cursor.Blob();
            if (cpu.Exit?.Context is not { } context)
            {
                throw Desync(holder.Path, "an exit with a hart", cpu.Exit?.Kind.ToString() ?? "none");
            }

            using var reader = new BinaryReader(new MemoryStream(bytes.ToArray()));
            Take(context, reader);
        }

        cpu.Resume(action, trap);
    }

    /// <summary>Sets a hart's state in place.</summary>
    private static void Take(HartContext context, BinaryReader reader)
    {
        var (system, mode) = (context.System, context.Mode);
        context.Restore(reader);
        if (system is null || context.System is not { } restored || mode != context.Mode)
        {
            return;
        }

        // The engine knows the object.
        Span<ulong> words = stackalloc ulong[PrivilegedState.Words];
        restored.CopyTo(words);
        system.CopyFrom(words);
        context.System = system;
    }

    private static InterceptSet Intercepts(RecordCursor cursor)
    {
        ulong causes = cursor.Number(), flags = cursor.NumberUpTo(31, "the flags of intercepts");
        var calls = new HashSet<ulong>();
        for (int count = cursor.Count("the count of calls"); count > 0; count--)
        {
            calls.Add(cursor.Number());
        }

        var registers = new HashSet<int>();
        for (int count = cursor.Count("the count of registers"); count > 0; count--)
        {
            registers.Add((int)cursor.Signed());
        }

        var pages = new List<(PhysicalAddress, PhysicalAddress)>();
        for (int count = cursor.Count("the count of page ranges"); count > 0; count--)
        {
            pages.Add((new PhysicalAddress(cursor.Number()), new PhysicalAddress(cursor.Number())));
        }

        return new InterceptSet
        {
            Causes = causes,
            Counters = (flags & 1) != 0,
            Waits = (flags & 2) != 0,
            Fences = (flags & 4) != 0,
            Idle = (flags & 8) != 0,
            MissingPages = (flags & 16) != 0,
            Calls = calls,
            Registers = registers,
            Pages = pages,
        };
    }

    private void ChangeMemory(RecordCursor cursor)
    {
        var kernel = KernelOf(cursor);
        var operation = (MemoryOperation)cursor.Byte();
        var address = new PhysicalAddress(cursor.Number());
        var cpu = kernel.Kernel.Cpu;
        var status = operation switch
        {
            MemoryOperation.Write => cpu.Memory.Write(address, Source(cursor).Span, cpu.Account),
            MemoryOperation.Prepare => cpu.Memory.Prepare(address, cursor.Number(), cpu.Account),
            MemoryOperation.Clone => cpu.Memory.Clone(address, new PhysicalAddress(cursor.Number()), cursor.Number()),
            MemoryOperation.Discard => cpu.Memory.Discard(address, cursor.Number()),
            _ => throw cursor.Damaged($"a memory operation is {(int)operation}"),
        };
        var expected = (MemoryStatus)cursor.Byte();
        if (status != expected)
        {
            throw Desync(kernel.Path, $"{expected} from {operation} of memory", status.ToString());
        }
    }

    private void Offer(RecordCursor cursor)
    {
        var kernel = KernelOf(cursor);
        ulong job = cursor.Number();
        var devices = new List<IDevice>();
        for (int count = cursor.Count("the count of devices"); count > 0; count--)
        {
            string name = cursor.Text();
            devices.Add(_options.Devices?.Invoke(name) ?? throw new UnfitRecordingException($"it has a device of the class {name}, which ReplayOptions.Devices does not make"));
        }

        (kernel.Machines ?? throw cursor.Damaged("devices are offered to a kernel that boots no machines")).Offer(job, devices);
    }
}

using System.Text;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;
using ObjectOS.Machine;
using ObjectOS.Services.Files;
using ObjectOS.Services.Files.Host;
using ObjectOS.Services.Programs;
using ObjectOS.Tests;

namespace ObjectOS.Services.Linux.Tests;

/// <summary>Runs one program on a machine of its own; the test is its host.</summary>
internal sealed class Guest
{
    private const uint CellSlot = 10;
    private const uint EndpointSlot = 11;
    private const int MostSlices = 20_000;

    public required string Program { get; init; }

    public string[] Arguments { get; init; } = [];

    public string Input { get; init; } = "";

    public string? Directory { get; init; }

    /// <summary>The layer of its root, and the contents of its files by number; the program is then a path in it.</summary>
    public (LayerNode Root, IReadOnlyDictionary<uint, byte[]> Contents)? Layer { get; init; }

    private const ulong LayerNumber = 9;

    /// <summary>Where it starts; null: the root, or the granted directory.</summary>
    public string? WorkingDirectory { get; init; }

    public ulong MemoryLimit { get; init; } = 64UL << 20;

    /// <summary>True: the service is saved and restored between any two messages.</summary>
    public bool IsReborn { get; init; }

    /// <summary>True: the machine's memory says Suspended now and then.</summary>
    public bool IsSuspended { get; init; }

    public int PipeBreaksAfter { get; init; } = int.MaxValue;

    public static string Image(string name) => Path.Combine(AppContext.BaseDirectory, "images", name);

    public GuestEnd Run()
    {
        using var machine = new Machine.Machine();
        using var cpu = new RealCpu(machine, new RealCpuOptions { Engine = TestEngine.Default });
        ICpu used = IsSuspended ? new AbsentMindedCpu(cpu, 20240608) : cpu;
        var kernel = new KernelFactory().Create(used, new KernelOptions());
        IManagedProgram service = IsReborn ? new RebornProgram(() => new LinuxService()) : new LinuxService();
        kernel.CreateManagedCell(1, CellSlot, EndpointSlot, service, 1UL << 32, 1 << 17).Should().Be(KernelStatus.Ok);
        Start(kernel);
        using var files = Directory is null ? null : new HostDirectory(Directory, true);
        var output = new MemoryStream();
        var error = new MemoryStream();
        int given = 0;
        byte[] input = Encoding.UTF8.GetBytes(Input);
        for (int slice = 0; slice < MostSlices; slice++)
        {
            var end = kernel.RunSlice(new SliceLimits(10_000_000)).End;
            while (kernel.TryTakeRequest(out var request))
            {
                switch (request.Kind)
                {
                    case HostRequestKind.StreamWrite:
                        bool broken = request.Target == 1 && output.Length > PipeBreaksAfter;
                        (request.Target == 1 ? output : error).Write(request.Data.Span);
                        kernel.Post(new Completion(request.Id, broken ? -(long)HostError.BrokenPipe : request.Data.Length, default));
                        break;
                    case HostRequestKind.StreamRead:
                        int part = Math.Min(input.Length - given, (int)Math.Min(request.Argument0, 7));
                        kernel.Post(new Completion(request.Id, part, input.AsMemory(given, part)));
                        given += part;
                        break;
                    case HostRequestKind.File when request.Target == LayerNumber:
                        kernel.Post(ReadLayer(request));
                        break;
                    case HostRequestKind.File:
                        kernel.Post(files!.Execute(request));
                        break;
                    case HostRequestKind.Ended:
                        var record = ProgramEndRecord.Restore(new BinaryReader(new MemoryStream(request.Data.ToArray())));
                        return new GuestEnd((ProgramEnd)request.Argument0, request.Argument1, record, Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(error.ToArray()));
                    default:
                        break;
                }
            }

            end.Should().NotBe(SliceEnd.Halted, kernel.HaltReport ?? "");
            end.Should().NotBe(SliceEnd.Idle, "it wrote so far: {0}", Encoding.UTF8.GetString(output.ToArray()));
        }

        throw new TimeoutException($"{Program} does not end; so far it wrote: {Encoding.UTF8.GetString(output.ToArray())}");
    }

    private Completion ReadLayer(HostRequest request)
    {
        bool isIndex = (HostFileOperation)request.Argument0 == HostFileOperation.LayerIndex;
        byte[] all = isIndex ? LayerIndex.Write(Layer!.Value.Root) : Layer!.Value.Contents[(uint)request.Argument1];
        var (offset, count) = isIndex ? (request.Argument1, request.Argument2) : (request.Argument2, request.Argument3);
        int start = (int)Math.Min(offset, (ulong)all.Length);
        byte[] part = all[start..(start + (int)Math.Min(count, (ulong)(all.Length - start)))];
        return new Completion(request.Id, part.Length, part);
    }

    private void Start(IKernel kernel)
    {
        byte[] file = Layer is null ? File.ReadAllBytes(Program) : [];
        byte[] record = new ProgramRequest
        {
            Job = 5,
            FileName = Layer is null ? Path.GetFileName(Program) : Program,
            Arguments = [Layer is null ? Path.GetFileName(Program) : Program, .. Arguments],
            Layers = Layer is null ? [] : [new ProgramLayer(LayerNumber, new byte[32])],
            StartsInside = Layer is not null,
            User = Layer is null ? 1000u : 0,
            Group = Layer is null ? 1000u : 0,
            WorkingDirectory = WorkingDirectory ?? (Directory is null ? "/" : "/w"),
            Grants = Directory is null ? [] : [new ProgramGrant(0, "/w", true)],
            MemoryLimit = MemoryLimit,
        }.ToBytes();
        var invoker = new Invoker(kernel.Root, 32);
        ulong at = Pages.RoundUp((ulong)file.Length);
        new CellCapability(invoker, 1).CreateMemory(at + (ulong)record.Length, out var memory).Should().Be(KernelStatus.Ok);
        Write(memory, 0, file);
        Write(memory, at, record);
        var frame = new InvocationFrame();
        frame[0] = EndpointSlot;
        frame[1] = ProgramProtocol.Start;
        frame[2] = at;
        frame[3] = (ulong)record.Length;
        frame[4] = (ulong)file.Length;
        frame[8] = memory.Slot;
        kernel.Root.Invoke(Call.EndpointSend, ref frame).Should().Be(KernelStatus.Ok);
    }

    private static void Write(MemoryCapability memory, ulong offset, byte[] bytes)
    {
        KernelStatus status;
        while ((status = memory.Write(offset, bytes)) == KernelStatus.Suspended)
        {
        }

        status.Should().Be(KernelStatus.Ok);
    }
}

/// <summary>How a program ended.</summary>
internal sealed record GuestEnd(ProgramEnd Reason, ulong Code, ProgramEndRecord Record, string Output, string Error);

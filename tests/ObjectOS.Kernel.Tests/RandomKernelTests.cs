using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Tests.Kernels;

/// <summary>Random programs and a random holder against the rules of <see cref="KernelAudit"/>, after every step.</summary>
public sealed class RandomKernelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void RandomSteps_KeepEveryRule(int block)
    {
        for (int i = 0; i < TestScale.Of(50); i++)
        {
            Run((block * 100_000) + i);
        }
    }

    [Fact]
    public void RandomSteps_ReachEveryInvocation()
    {
        // Else the rules above hold for nothing.
        var done = new HashSet<Call>();
        for (int seed = 0; seed < 400; seed++)
        {
            Run(seed, done);
        }

        InvocationTable.Rows.Select(row => row.Number).Where(call => call < Call.VCpuCreate).Except(done).Should().BeEquivalentTo([Call.HostRequestPost, Call.HostPortBind]);
    }

    [Fact]
    public void GuessedInvocations_GetStatusesOnly_AndStayWithinTheQuota()
    {
        const int Seed = 7;
        var random = new Random(Seed);
        using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 5000 });
        int played = 0;
        for (int round = 0; played < TestScale.Of(100_000); round++)
        {
            var cell = fixture.Add(Script.Player, memory: 64 * 4096, objects: 80);
            Furnish(fixture, cell, random);
            for (int batch = 0; batch < 40; batch++)
            {
                var script = new Script();
                for (int i = 0; i < Script.MostEntries - 1; i++)
                {
                    var words = new ulong[InvocationFrame.Length];
                    for (int word = 0; word < words.Length; word++)
                    {
                        words[word] = Wild(random);
                    }

                    // Waits are left out: this is about answers.
                    var call = (Call)random.Next(120);
                    script.Add(InvocationTable.Find((ulong)call)?.MayWait == true ? Call.ClockNow : call, words);
                }

                cell.Data.Write(0, script.ToArray());
                if (cell.Cell.CreateThread(cell.Space, new(KernelFixture.Code), new(0), KernelFixture.Data, out var thread, out _) != KernelStatus.Ok)
                {
                    break;
                }

                thread.Resume();
                fixture.Run(200_000).Should().BeOneOf([SliceEnd.Idle, SliceEnd.Budget], $"seed {Seed}: {fixture.Kernel.HaltReport}");
                KernelAudit.Check(fixture.Kernel, fixture.LiveFrames);
                played += script.Count;
                fixture.Invoker.Delete(thread.Slot);
            }

            cell.Cell.Destroy().Should().Be(KernelStatus.Ok);
        }
    }

    private static ulong Wild(Random random) => random.Next(8) switch
    {
        0 => (ulong)random.NextInt64(),
        1 => ulong.MaxValue - (ulong)random.Next(5000),
        2 => 1UL << random.Next(64),
        3 => KernelFixture.Data + (ulong)random.Next(0x2000),
        4 => (ulong)random.Next(0x10000) << 12,
        5 => (1UL << 24) + (ulong)random.Next(4),
        _ => (ulong)random.Next(24),
    };

    private static void Run(int seed, HashSet<Call>? done = null)
    {
        var random = new Random(seed);
        using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 500, Trace = done is not null });
        var calls = new RandomInvocations(random);
        var cells = new List<TestCell>();
        int step = 0;
        string doing = "";
        try
        {
            for (; step < 300; step++)
            {
                switch (random.Next(10))
                {
                    case 0 when cells.Count < 6:
                        doing = "a cell";
                        cells.Add(AddScripted(fixture, random, calls));
                        break;
                    case < 5:
                        doing = "a slice";
                        fixture.Kernel.RunSlice(new SliceLimits((ulong)random.Next(1, 20_000)));
                        break;
                    default:
                        doing = Invoke(fixture, random, calls, done);
                        break;
                }

                KernelAudit.Check(fixture.Kernel, fixture.LiveFrames);
                while (fixture.Kernel.TryTakeTrace(out var record))
                {
                    if (record is { Kind: TraceKind.Invocation, Result: 0 or > (ulong)KernelStatus.Suspended })
                    {
                        done!.Add((Call)record.Number);
                    }
                }
            }
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed}, step {step}: {doing}", e);
        }
    }

    private static string Invoke(KernelFixture fixture, Random random, RandomInvocations calls, HashSet<Call>? done)
    {
        var (call, words) = calls.Next();
        bool keepsRoot = call is Call.CapabilityDelete or Call.CapabilityRevoke or Call.CellPause && words[0] <= 2;
        if (keepsRoot)
        {
            return "nothing";
        }

        var frame = new InvocationFrame();
        for (int i = 0; i < InvocationFrame.Length; i++)
        {
            frame[i] = words[i];
        }

        var buffer = new byte[call is Call.ThreadReadState or Call.ThreadWriteState ? 520 : random.Next(9000)];
        random.NextBytes(buffer);
        var row = InvocationTable.Find((ulong)call)!;
        var status = row.Buffer switch
        {
            BufferUse.FromCaller => fixture.Kernel.Root.Invoke(call, ref frame, buffer),
            BufferUse.ToCaller => fixture.Kernel.Root.Invoke(call, ref frame, default, buffer),
            _ => fixture.Kernel.Root.Invoke(call, ref frame),
        };
        if (status == KernelStatus.Ok)
        {
            done?.Add(call);
        }

        return $"{call} → {status}";
    }

    /// <summary>A cell with capabilities in its low slots, the root's too, and two threads that play random scripts.</summary>
    internal static TestCell AddScripted(KernelFixture fixture, Random random, RandomInvocations calls)
    {
        var cell = fixture.Add(Script.Player, memory: (ulong)random.Next(20, 60) * 4096, objects: random.Next(80, 150));
        Furnish(fixture, cell, random);
        const int Half = Script.MostEntries / 2;
        cell.Data.Write(0, calls.NextScript(random.Next(Half)).ToArray());
        cell.Data.Write(Half * Script.EntryBytes, calls.NextScript(random.Next(Half)).ToArray());
        cell.Thread.Resume();
        if (cell.Cell.CreateThread(cell.Space, new(KernelFixture.Code), new(0), KernelFixture.Data + (Half * Script.EntryBytes), out var second, out _) == KernelStatus.Ok)
        {
            second.Resume();
        }

        return cell;
    }

    /// <summary>
    /// Gives a cell one object of each kind in the usual slots: some its own, some that all cells share. The root has the same of the
    /// last cell.
    /// </summary>
    internal static void Furnish(KernelFixture fixture, TestCell cell, Random random)
    {
        var root = fixture.Invoker;
        MakeShared(root);
        root.Call1(Call.CapabilityDelete, RandomInvocations.Usual(ObjectKind.MemoryObject));
        root.Call1(Call.MemoryCreate, cell.Cell.Slot, RandomInvocations.Usual(ObjectKind.MemoryObject), 0x8000);
        root.Call1(Call.CapabilityDelete, RandomInvocations.Usual(ObjectKind.VCpu));
        root.Call1(Call.VCpuCreate, cell.Cell.Slot, RandomInvocations.Usual(ObjectKind.VCpu), 0x10000, 0x8000);
        var own = new (ObjectKind Kind, uint Slot)[] { (ObjectKind.Cell, cell.Cell.Slot), (ObjectKind.AddressSpace, cell.Space.Slot), (ObjectKind.Thread, cell.Thread.Slot) };
        foreach (var (kind, slot) in own)
        {
            root.Call1(Call.CapabilityDelete, RandomInvocations.Usual(kind));
            root.Call1(Call.CapabilityCopy, slot, RandomInvocations.Usual(kind), (ulong)CapabilityRights.All);
        }

        root.Call1(Call.CapabilityDelete, RandomInvocations.UsualHart);
        root.Call1(Call.HartCreate, cell.Cell.Slot, RandomInvocations.UsualHart, cell.Space.Slot, 1, 0);
        for (uint slot = 3; slot <= RandomInvocations.UsualHart; slot++)
        {
            // Now and then what is given is of the cell before, or has fewer rights.
            var rights = random.Next(8) == 0 ? (CapabilityRights)random.Next(32) : CapabilityRights.All;
            cell.Cell.Grant(slot, slot, rights, (ulong)random.Next(3));
        }
    }

    /// <summary>Makes what all share where the root has it no more.</summary>
    private static void MakeShared(Client.Invoker root)
    {
        root.Call1(Call.EndpointCreate, 1, RandomInvocations.Usual(ObjectKind.Endpoint));
        root.Call1(Call.EndpointCreate, 1, RandomInvocations.Usual(ObjectKind.Endpoint) + 1);
        root.Call1(Call.NotificationCreate, 1, RandomInvocations.Usual(ObjectKind.Notification));
        root.Call1(Call.TimerCreate, 1, RandomInvocations.Usual(ObjectKind.Timer), RandomInvocations.Usual(ObjectKind.Notification), 1);
        root.Call1(Call.SchedulingContextCreate, 1, RandomInvocations.Usual(ObjectKind.SchedulingContext), 5000, 50_000);
    }
}

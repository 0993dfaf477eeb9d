using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ObjectOS.Client;
using ObjectOS.Cpu;
using ObjectOS.Objects;
using Thread = ObjectOS.Objects.Thread;

namespace ObjectOS.Tests.Kernels;

/// <summary>Where slices end, and where the CPU is suspended, is nothing that anything in a kernel depends on.</summary>
public sealed class DeterminismTests
{
    [Theory]
    [InlineData(1000)]
    [InlineData(2000)]
    public void RandomPrograms_InSlicesAndBehindSuspensions_EndTheSame(int firstSeed)
    {
        int ends = 0;
        for (int seed = firstSeed; seed < firstSeed + TestScale.Of(40); seed++)
        {
            string whole = Run(seed, suspending: false, slices: null, out bool idle);
            ends += idle ? 1 : 0;
            Run(seed, suspending: false, slices: new Random(seed), out _).Should().Be(whole, $"seed {seed} in slices");
            Run(seed, suspending: true, slices: null, out _).Should().Be(whole, $"seed {seed} with suspensions");
            Run(seed, suspending: true, slices: new Random(-seed), out _).Should().Be(whole, $"seed {seed} with suspensions, in slices");
        }

        ends.Should().BeGreaterThan(0);
    }

    [Fact]
    public void KernelsUnderKernels_InSlicesAndInterrupted_KeepTheSameTime()
    {
        string whole = RunNested(null);
        for (int seed = 1; seed <= TestScale.Of(20); seed++)
        {
            RunNested(new Random(seed)).Should().Be(whole, $"seed {seed}");
        }
    }

    /// <summary>Two levels with a child that shares its parent with a cell; what each kernel tells, the lowest too.</summary>
    private static string RunNested(Random? slices)
    {
        using var nested = new Nested(new TowerOptions
        {
            Depth = 2,
            Kernel = new KernelOptions { Quantum = 700 },
            Furnish = (_, invoker, _) => Nested.AddTo(new CellCapability(invoker, 1), Programs.CountAndTime(9000)).Thread.Resume(),
        });
        nested.Add(Programs.CountAndTime(6000)).Thread.Resume();
        nested.Add(Programs.Invocations(900)).Thread.Resume();
        for (int step = 0; ; step++)
        {
            step.Should().BeLessThan(200_000);
            if (slices?.Next(4) == 0)
            {
                nested.Tower.Virtual[slices.Next(2)].Cpu.Interrupt();
            }

            if (nested.Bottom.RunSlice(new SliceLimits((ulong)(slices?.Next(1, 300) ?? int.MaxValue))).End == SliceEnd.Idle)
            {
                break;
            }
        }

        return string.Concat(nested.Tower.Kernels.Append(nested.Kernel).Select(kernel => Programs.Describe(kernel)));
    }

    /// <summary>Runs three cells of random programs until all is still, and tells all that can be told of what came of it.</summary>
    private static string Run(int seed, bool suspending, Random? slices, out bool idle)
    {
        var random = new Random(seed);
        using var fixture = new KernelFixture(suspending, new KernelOptions { Quantum = 700, Trace = true });
        var calls = new RandomInvocations(random, repeatingTimers: false);
        for (int i = 0; i < 3; i++)
        {
            RandomKernelTests.AddScripted(fixture, random, calls);
        }

        idle = false;
        for (int step = 0; step < 200_000 && !idle; step++)
        {
            idle = fixture.Kernel.RunSlice(new SliceLimits((ulong)(slices?.Next(1, 3000) ?? int.MaxValue))).End is SliceEnd.Idle or SliceEnd.Halted;
        }

        idle.Should().BeTrue($"seed {seed} comes to rest");
        return Describe(fixture.Kernel);
    }

    private static string Describe(Kernel kernel)
    {
        var text = new StringBuilder();
        var figures = kernel.Statistics;
        text.AppendLine(CultureInfo.InvariantCulture, $"{kernel.HaltReport} {figures.Instructions} {figures.Charged} {figures.Nanoseconds} {figures.Invocations}");
        foreach (var (cause, count) in figures.Traps.OrderBy(trap => trap.Key))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{cause} {count}");
        }

        foreach (var cell in figures.Cells)
        {
            text.AppendLine(cell.ToString());
        }

        while (kernel.TryTakeTrace(out var record))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{record.Retired} {record.Cell} {record.Thread} {record.Kind} {record.Number} {record.Result}");
        }

        var open = new Stack<Cell>([kernel.RootCell]);
        while (open.TryPop(out var cell))
        {
            cell.Children.ForEach(open.Push);
            foreach (var item in cell.Owned)
            {
                text.AppendLine(item switch
                {
                    Thread { Context: { } context } thread =>
                        string.Create(CultureInfo.InvariantCulture, $"{thread.State} {thread.QuantumLeft} {context.Pc:x} {string.Join(' ', Enumerable.Range(0, 32).Select(i => context.X[i].ToString("x", CultureInfo.InvariantCulture)))}"),
                    MemoryObject memory => Hash(kernel, memory),
                    _ => item.Kind.ToString(),
                });
            }
        }

        return text.ToString();
    }

    private static string Hash(Kernel kernel, MemoryObject memory)
    {
        var bytes = new byte[Math.Min(memory.Length, 1 << 17)];
        kernel.Cpu.Memory.Read(memory.Start, bytes);
        return Convert.ToHexString(SHA256.HashData(bytes));
    }
}

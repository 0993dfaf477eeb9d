using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Tests.Differential;

namespace ObjectOS.Tests.Kernels;

/// <summary>A random program and a random sequence of what kernels do give the same states, trap for trap, at every depth.</summary>
public sealed class NestingPropertyTests
{
    private const int Steps = 150;

    [Fact]
    public void RandomSequences_AtDepths0To8_GiveTheSameStates()
    {
        int count = TestScale.Of(40);
        int faults = 0;
        int intercepted = 0;
        for (int seed = 1; seed <= count; seed++)
        {
            var program = new RandomProgram(seed);
            var subjects = Towers(seed).Select(options => new Subject(options, program)).ToList();
            var randoms = subjects.Select(_ => new Random(seed)).ToList();
            var elsewhere = new Random(seed);
            for (int step = 0; step < Steps; step++)
            {
                string expected = subjects[0].Step(randoms[0]);
                faults += expected.Contains("PageFault", StringComparison.Ordinal) ? 1 : 0;
                for (int i = 1; i < subjects.Count; i++)
                {
                    Disturb(subjects[i].Tower, elsewhere);
                    subjects[i].Step(randoms[i]).Should().Be(expected, "seed {0}, step {1}, subject {2}", seed, step, i);
                    subjects[i].Tower.LiveFrames.Should().Be(subjects[0].Tower.LiveFrames, "seed {0}, step {1}: each page is charged once", seed, step);
                    subjects[i].Tower.Charged.Should().Be(subjects[i].Tower.LiveFrames);
                }
            }

            string memory = subjects[0].Memory();
            subjects.ForEach(subject => subject.Memory().Should().Be(memory, "seed {0}", seed));
            intercepted += subjects.Sum(subject => subject.Intercepted);
            subjects.ForEach(subject => subject.Dispose());
        }

        faults.Should().BeGreaterThan(count, "the sequences do something");
        intercepted.Should().BeGreaterThan(count, "the levels look at something");
    }

    [Fact]
    public void RandomSequences_OnMemoryThatMovesAndIsCloned_GiveTheSameStates()
    {
        int count = TestScale.Of(40);
        int moved = 0;
        int changed = 0;
        for (int seed = 1; seed <= count; seed++)
        {
            var program = new RandomProgram(seed);
            var subjects = Towers(seed).Select(options => new Subject(options with { Scattered = true }, program, hasQuotas: false)).ToList();
            var randoms = subjects.Select(_ => new Random(seed)).ToList();
            var levels = subjects.Select((subject, i) => new MovingLevels(subject, new Random(seed + i))).ToList();
            for (int step = 0; step < Steps; step++)
            {
                string expected = subjects[0].Step(randoms[0]);
                for (int i = 1; i < subjects.Count; i++)
                {
                    levels[i].Act();
                    subjects[i].Step(randoms[i]).Should().Be(expected, "seed {0}, step {1}, subject {2}", seed, step, i);
                }
            }

            string memory = subjects[0].Memory();
            subjects.ForEach(subject => subject.Memory().Should().Be(memory, "seed {0}", seed));
            moved += levels.Sum(level => level.Moved);
            changed += levels.Sum(level => level.Changed);
            subjects.ForEach(subject => subject.Dispose());
        }

        moved.Should().BeGreaterThan(count, "pages move");
        changed.Should().BeGreaterThan(count, "what was cloned is written");
    }

    private static InterceptSet RandomIntercepts(Random random, ulong address) => random.Next(4) == 0 ? InterceptSet.Empty : new()
    {
        Causes = (ulong)random.Next(1 << 16),
        Counters = random.Next(2) == 0,
        Registers = new HashSet<int> { random.Next(1, 4) },
        Pages = random.Next(2) == 0 ? [] : [(new(address), new(address + ((ulong)random.Next(1, 5) * Pages.Size)))],
    };

    private static IEnumerable<TowerOptions> Towers(int seed)
    {
        yield return new TowerOptions { Depth = 0 };
        yield return new TowerOptions { Depth = 1 };
        yield return new TowerOptions { Depth = 2, Scattered = false };
        yield return new TowerOptions { Depth = 3, SuspendingLevel = seed % 4 };
        yield return new TowerOptions { Depth = 8 };
    }

    /// <summary>
    /// A random level takes a page of its child's memory away and puts it back where it was, or takes its rights and gives them back; and now and then
    /// it looks at something else that its child does.
    /// </summary>
    private static void Disturb(Tower tower, Random random)
    {
        int level = random.Next(tower.Kernels.Count);
        ulong address = (ulong)random.Next(16) * Pages.Size;
        if (random.Next(4) == 0)
        {
            tower.Virtual[level].Intercepts = RandomIntercepts(random, address);
        }

        var invoker = tower.Invokers[level];
        uint vcpu = tower.Slots[level];
        if (tower.MemoryAt(level, address) is not { } place)
        {
            return;
        }

        invoker.Call1(Call.VCpuUnmap, vcpu, address, Pages.Size).Should().Be(KernelStatus.Ok);
        if (random.Next(2) == 0)
        {
            // Through a derived capability that is revoked: the mapping goes with it.
            uint derived = invoker.TakeSlot();
            invoker.Call1(Call.CapabilityCopy, place.Memory.Slot, derived, 31).Should().Be(KernelStatus.Ok);
            invoker.Call1(Call.VCpuMap, vcpu, address, derived, place.Offset, Pages.Size, 1).Should().Be(KernelStatus.Ok);
            invoker.Call1(Call.CapabilityRevoke, place.Memory.Slot).Should().Be(KernelStatus.Ok);
            invoker.ReturnSlot(derived);
        }

        invoker.Call1(Call.VCpuMap, vcpu, address, place.Memory.Slot, place.Offset, Pages.Size, 7).Should().Be(KernelStatus.Ok);
    }
}

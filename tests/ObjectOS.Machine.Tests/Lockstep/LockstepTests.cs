using ObjectOS.Lockstep.Programs;
using ObjectOS.Lockstep.Tracing;
using ObjectOS.Tests;

namespace ObjectOS.Machine.Tests.Lockstep;

/// <summary>Random programs in all modes go here as they went on the reference model, of whose traces the digests are kept.</summary>
public sealed class LockstepTests
{
    private const int Programs = 120;

    [Fact]
    public void RandomPrograms_GoAsOnTheReferenceModel_AndInOneRunAsStepByStep()
    {
        using var machine = new Machine();
        foreach (RecordedTrace recorded in RecordedTrace.ReadAll().Take(TestScale.Of(Programs)))
        {
            var program = new LockstepProgram(recorded.Seed);
            MachineTrace steps = MachineTracer.Run(machine, program, recorded.Steps);
            steps.Digest().Should().Be(recorded.Digest,
                "seed {0} went so there; \"dotnet run -c Release --project tests/Lockstep -- --spike PATH --seeds {0} --instructions {1}\" shows the difference", recorded.Seed, recorded.Steps);
            MachineTrace run = MachineTracer.RunAtOnce(machine, program, recorded.Steps);
            run.Hart.AsSpan().SequenceEqual(steps.Hart).Should().BeTrue("the state of the hart is the same at the end, seed {0}", recorded.Seed);
            run.Memory.AsSpan().SequenceEqual(steps.Memory).Should().BeTrue("memory is the same, seed {0}", recorded.Seed);
        }
    }
}

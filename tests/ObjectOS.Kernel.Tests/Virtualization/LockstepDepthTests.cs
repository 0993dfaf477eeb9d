using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Lockstep.Programs;
using ObjectOS.Lockstep.Tracing;
using ObjectOS.Machine;
using ObjectOS.Machine.Tests.Lockstep;

namespace ObjectOS.Tests.Kernels;

/// <summary>Random programs in machine, supervisor and user mode go on virtual CPUs, too, as they went on the reference model.</summary>
public sealed class LockstepDepthTests
{
    [Theory]
    [InlineData(1), InlineData(2), InlineData(8)]
    public void RandomPrograms_AtDepth_GoAsOnTheReferenceModel(int depth)
    {
        using var machine = new Machine.Machine(new MachineOptions(512UL << 20));
        foreach (var recorded in RecordedTrace.ReadAll().Skip(depth * 20).Take(TestScale.Of(10)))
        {
            var program = new LockstepProgram(recorded.Seed);
            var steps = OnNewCpu(machine, depth, cpu => MachineTracer.Run(cpu, program, recorded.Steps));
            steps.Digest().Should().Be(recorded.Digest, "seed {0}", recorded.Seed);
            var run = OnNewCpu(machine, depth, cpu => MachineTracer.RunAtOnce(cpu, program, recorded.Steps));
            run.Hart.AsSpan().SequenceEqual(steps.Hart).Should().BeTrue("the state of the hart is the same at the end, seed {0}", recorded.Seed);
            run.Memory.AsSpan().SequenceEqual(steps.Memory).Should().BeTrue("memory is the same, seed {0}", recorded.Seed);
        }
    }

    private static MachineTrace OnNewCpu(Machine.Machine machine, int depth, Func<ICpu, MachineTrace> run)
    {
        using var real = new RealCpu(machine, new RealCpuOptions { TimebaseHz = Board.TimebaseHz, Engine = TestEngine.Default });
        Kernel? bottom = null;
        ICpu cpu = real;
        for (int level = 0; level < depth; level++)
        {
            var kernel = new Kernel(cpu);
            bottom ??= kernel;
            kernel.CreateVirtualCpu(1, 16, new VirtualCpuOptions(), out var virtualCpu).Should().Be(KernelStatus.Ok);
            cpu = virtualCpu!.Cpu;
        }

        var trace = run(cpu);
        bottom!.Shutdown();
        return trace;
    }
}

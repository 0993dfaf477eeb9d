using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Tests.Kernels;

/// <summary>Programs in C#: what their mistakes and their suspensions do.</summary>
public sealed class ManagedProgramTests
{
    [Fact]
    public void ProgramThatThrows_HaltsItsKernel_AndNoOther()
    {
        using var other = new KernelFixture();
        var beside = other.Add(Script.Player);
        using var fixture = new KernelFixture();
        Start(fixture, new Program(_ => throw new InvalidOperationException("broken")), Call.EndpointCall);
        fixture.Run().Should().Be(SliceEnd.Halted);
        fixture.Kernel.HaltReport.Should().Contain("service test").And.Contain("broken");
        beside.Thread.Resume();
        other.Run().Should().Be(SliceEnd.Idle);
        other.EndOf(beside)!.ExitCode.Should().Be(7);
    }

    [Theory]
    [InlineData(Call.EndpointCall)]
    [InlineData(Call.EndpointSend)]
    public void SuspendedProgram_LeavesNoTrace(Call call)
    {
        string Run(int suspensions)
        {
            using var fixture = new KernelFixture(options: new KernelOptions { Trace = true });
            var seen = new List<string>();
            var program = new Program(message =>
            {
                seen.Add($"{message.Kind} {message.Label} {message.Badge} {message.ReplySlot} {message.CapabilitySlot} {message.ThreadNumber}");
                return suspensions-- > 0 ? HandleResult.Suspended : HandleResult.Handled;
            });
            var client = Start(fixture, program, call);
            for (int i = 0; i < 20; i++)
            {
                fixture.Kernel.RunSlice(new SliceLimits(1_000_000));
                KernelAudit.Check(fixture.Kernel, fixture.LiveFrames);
            }

            seen.Distinct().Should().HaveCount(1, "the same message comes again");
            return $"{seen[0]} {fixture.Kernel.Now} {fixture.Kernel.Statistics.Charged} {fixture.Kernel.Statistics.Invocations} {string.Join(' ', fixture.Kernel.Statistics.Cells)} {Script.Status(client, 0)}";
        }

        Run(5).Should().Be(Run(0));
    }

    private static TestCell Start(KernelFixture fixture, Program program, Call call)
    {
        fixture.Kernel.CreateManagedCell(1, 40, 41, program, 1 << 20, 100).Should().Be(KernelStatus.Ok);
        fixture.Root.CreateNotification(out var notification);
        var client = fixture.Add(Script.Player);
        client.Cell.Grant(2, 41, CapabilityRights.Write, 77).Should().Be(KernelStatus.Ok);
        client.Cell.Grant(3, notification.Slot, CapabilityRights.All).Should().Be(KernelStatus.Ok);
        client.Data.Write(0, new Script().Add(call, 2, 9, 1, 2, 3, 4, 5, 6, 3).ToArray());
        client.Thread.Resume();
        return client;
    }

    private sealed class Program(Func<Message, HandleResult> handle) : IManagedProgram
    {
        public string Name => "test";

        public void Start(IInvocationPort port)
        {
        }

        public HandleResult Handle(in Message message, IInvocationPort port)
        {
            var frame = new InvocationFrame();
            port.Invoke(Call.ClockNow, ref frame);
            var result = handle(message);
            if (result == HandleResult.Handled && message.ReplySlot != 0)
            {
                frame = new InvocationFrame();
                frame[0] = message.ReplySlot;
                port.Invoke(Call.ReplySend, ref frame).Should().Be(KernelStatus.Ok);
            }

            return result;
        }

        public void Save(BinaryWriter writer)
        {
        }

        public void Restore(BinaryReader reader)
        {
        }
    }
}

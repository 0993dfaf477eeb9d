using ObjectOS.Abi;
using ObjectOS.Cpu;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Kernels;

/// <summary>Requests to the host: their statuses do not depend on where slices end, nor on how soon the holder takes them after a slice.</summary>
public sealed class HostQueueTests
{
    private const int Messages = 4_500;
    private const int LogsOfAMessage = 64;

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(20_000)]
    public void Requests_MoreThanTheOutboxHolds_AreNotRefused(ulong slice)
    {
        using var fixture = new KernelFixture();
        var logger = new Logger();
        fixture.Kernel.CreateManagedCell(1, 40, 41, logger, 1 << 20, 100).Should().Be(KernelStatus.Ok);
        var client = fixture.Add(SendInALoop());
        client.Cell.Grant(2, 41, CapabilityRights.Write, 77).Should().Be(KernelStatus.Ok);
        client.Thread.Resume();
        int taken = 0;
        SliceEnd end;
        do
        {
            end = fixture.Kernel.RunSlice(new SliceLimits(slice)).End;
            while (fixture.Kernel.TryTakeRequest(out _))
            {
                taken++;
            }
        }
        while (end is SliceEnd.Budget or SliceEnd.Interrupted);
        end.Should().Be(SliceEnd.Idle);
        fixture.EndOf(client)!.ExitCode.Should().Be(7);
        logger.Statuses.Should().Equal(new Dictionary<KernelStatus, int> { [KernelStatus.Ok] = Messages * LogsOfAMessage });
        taken.Should().Be(Messages * LogsOfAMessage);
    }

    /// <summary>Calls the endpoint in slot 2 many times, then exits with code 7.</summary>
    private static Asm SendInALoop()
    {
        var code = new Asm(KernelFixture.Code).Li(S0, Messages);
        ulong loop = code.Here;
        code.Addi(A0, Zero, 2).Addi(A1, Zero, 1).Addi(A7, Zero, (int)Call.EndpointCall).Ecall().Addi(S0, S0, -1).Branch("bne", S0, Zero, loop);
        return Programs.Exit(code, 7);
    }

    private sealed class Logger : IManagedProgram
    {
        public Dictionary<KernelStatus, int> Statuses { get; } = [];

        public string Name => "logger";

        public void Start(IInvocationPort port)
        {
        }

        public HandleResult Handle(in Message message, IInvocationPort port)
        {
            for (int i = 0; i < LogsOfAMessage; i++)
            {
                var frame = new InvocationFrame();
                (frame[0], frame[1]) = (3, (ulong)HostRequestKind.Log);
                var status = port.Invoke(Call.HostRequestPost, ref frame);
                Statuses[status] = Statuses.GetValueOrDefault(status) + 1;
            }

            var reply = new InvocationFrame();
            reply[0] = message.ReplySlot;
            port.Invoke(Call.ReplySend, ref reply);
            return HandleResult.Handled;
        }

        public void Save(BinaryWriter writer)
        {
        }

        public void Restore(BinaryReader reader)
        {
        }
    }
}

using ObjectOS.Abi;

namespace ObjectOS.Tests.Kernels;

/// <summary>Calls, answers, what goes along with them, and how waits end.</summary>
public sealed class MessageTests
{
    private const uint End = 2;
    private const uint Reply = 10;

    [Fact]
    public void ServerThatDiesWithACallInHand_EndsTheCallWithDead()
    {
        using var fixture = new KernelFixture();
        var (client, server, _) = Pair(fixture, new Script().Add(Call.EndpointCall, End), new Script().Add(Call.EndpointReceive, End, Reply));
        fixture.Run();
        Script.Status(server, 0).Should().Be(KernelStatus.Ok);
        fixture.EndOf(server)!.ExitCode.Should().Be(7);
        Script.Status(client, 0).Should().Be(KernelStatus.Dead);
    }

    [Fact]
    public void Answer_IsGivenOnce()
    {
        using var fixture = new KernelFixture();
        var (client, server, _) = Pair(
            fixture,
            new Script().Add(Call.EndpointCall, End),
            new Script().Add(Call.EndpointReceive, End, Reply).Add(Call.CapabilityCopy, Reply, 20, 31).Add(Call.ReplySend, Reply, 5).Add(Call.ReplySend, Reply, 6));
        fixture.Run();
        Script.Status(server, 1).Should().Be(KernelStatus.InvalidCapability, "a right to answer is not copied");
        Script.Status(server, 2).Should().Be(KernelStatus.Ok);
        Script.Status(server, 3).Should().Be(KernelStatus.InvalidCapability);
        (Script.Status(client, 0), Script.Result(client, 0)).Should().Be((KernelStatus.Ok, 5UL));
    }

    [Theory]
    [InlineData(Call.EndpointCall)]
    [InlineData(Call.EndpointSend)]
    [InlineData(Call.EndpointReceive)]
    public void Endpoint_ThatDies_EndsEveryWait(Call call)
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateCell(1 << 20, 64, out var owner);
        owner.CreateEndpoint(out var endpoint);
        var cell = fixture.Add(Script.Player);
        cell.Data.Write(0, new Script().Add(call, End, call == Call.EndpointReceive ? Reply : 0).Add(call, End, call == Call.EndpointReceive ? Reply : 0).ToArray());
        cell.Cell.Grant(End, endpoint.Slot, CapabilityRights.All);
        cell.Thread.Resume();
        fixture.Run();
        fixture.EndOf(cell).Should().BeNull("it waits");
        owner.Destroy().Should().Be(KernelStatus.Ok);
        fixture.Run();
        Script.Status(cell, 0).Should().Be(KernelStatus.Dead);
        Script.Status(cell, 1).Should().Be(KernelStatus.Dead);
        fixture.EndOf(cell)!.ExitCode.Should().Be(7);
    }

    [Theory]
    [InlineData(Call.EndpointCall)]
    [InlineData(Call.EndpointSend)]
    [InlineData(Call.EndpointReceive)]
    [InlineData(Call.NotificationWait)]
    public void SuspendAndResume_EndAWait_WithInterrupted(Call call)
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateEndpoint(out var endpoint);
        fixture.Root.CreateNotification(out var notification);
        var cell = fixture.Add(Script.Player);
        cell.Cell.Grant(End, call == Call.NotificationWait ? notification.Slot : endpoint.Slot, CapabilityRights.All);
        cell.Data.Write(0, new Script().Add(call, End, call == Call.EndpointReceive ? Reply : 0).ToArray());
        cell.Thread.Resume();
        fixture.Run();
        cell.Thread.Suspend().Should().Be(KernelStatus.Ok);
        KernelAudit.Check(fixture.Kernel, fixture.LiveFrames);
        fixture.Run();
        fixture.EndOf(cell).Should().BeNull();
        cell.Thread.Resume().Should().Be(KernelStatus.Ok);
        fixture.Run();
        Script.Status(cell, 0).Should().Be(KernelStatus.Interrupted);
    }

    [Fact]
    public void SuspendedCaller_TakesTheRightToAnswerAway()
    {
        using var fixture = new KernelFixture();
        var (client, server, _) = Pair(
            fixture,
            new Script().Add(Call.EndpointCall, End),
            new Script().Add(Call.EndpointReceive, End, Reply).Add(Call.NotificationWait, 3).Add(Call.ReplySend, Reply, 5));
        fixture.Root.CreateNotification(out var notification);
        server.Cell.Grant(3, notification.Slot, CapabilityRights.All);
        fixture.Run();
        client.Thread.Suspend().Should().Be(KernelStatus.Ok);
        client.Thread.Resume().Should().Be(KernelStatus.Ok);
        notification.Signal(1);
        fixture.Run();
        Script.Status(client, 0).Should().Be(KernelStatus.Interrupted);
        Script.Status(server, 2).Should().Be(KernelStatus.InvalidCapability);
    }

    [Fact]
    public void Capabilities_GoBothWays_WithTheirRights_AndOnlyWithGrant()
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateNotification(out var notification);
        fixture.Root.CreateMemory(4096, out var memory);
        var (client, server, _) = Pair(
            fixture,
            new Script().Add(Call.EndpointCall, End, 1, 0, 0, 0, 0, 0, 0, 4).Add(Call.EndpointCall, End, 1, 0, 0, 0, 0, 0, 0, 20).Add(Call.MemoryStatus, 20)
                .Add(Call.EndpointCall, End, 1, 0, 0, 0, 0, 0, 0, 5),
            new Script().Add(Call.EndpointReceive, End, Reply, 12).Add(Call.CapabilityIdentify, 12).Add(Call.NotificationSignal, 12, 4).Add(Call.ReplySend, Reply)
                .Add(Call.EndpointReceive, End, Reply, 13).Add(Call.ReplySend, Reply, 0, 0, 0, 0, 0, 0, 0, 6));
        client.Cell.Grant(4, notification.Slot, CapabilityRights.Read | CapabilityRights.Grant);
        client.Cell.Grant(5, notification.Slot, CapabilityRights.Read);
        server.Cell.Grant(6, memory.Slot, CapabilityRights.All);
        fixture.Run();
        Script.Result(server, 1).Should().Be((ulong)ObjectKind.Notification);
        Script.Status(server, 2).Should().Be(KernelStatus.MissingRights, "it came without the right to signal");
        (Script.Status(client, 2), Script.Result(client, 2)).Should().Be((KernelStatus.Ok, 4096UL));
        Script.Status(client, 3).Should().Be(KernelStatus.MissingRights, "it has no right to grant");
    }

    [Fact]
    public void CapabilityReplacedWhileTheMessageWaits_IsNotHandedOn()
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateNotification(out var given);
        fixture.Root.CreateNotification(out var kept);
        var (client, server, _) = Pair(
            fixture, new Script().Add(Call.EndpointCall, End, 1, 0, 0, 0, 0, 0, 0, 4),
            new Script().Add(Call.EndpointReceive, End, Reply, 12).Add(Call.CapabilityIdentify, 12), startServer: false);
        client.Cell.Grant(4, given.Slot, CapabilityRights.All);
        fixture.Run();
        fixture.Invoker.Call1(Call.CapabilityRevoke, given.Slot).Should().Be(KernelStatus.Ok);
        client.Cell.Grant(4, kept.Slot, CapabilityRights.Read).Should().Be(KernelStatus.Ok, "the slot is free again");
        server.Thread.Resume();
        fixture.Run();
        Script.Status(server, 1).Should().Be(KernelStatus.InvalidCapability);
    }

    [Fact]
    public void Lease_HasItsRightsAndBounds_AndEndsWithTheAnswer()
    {
        const ulong Buffer = KernelFixture.Data + 0x1800;
        const ulong Mine = KernelFixture.Data + 0x1000;
        using var fixture = new KernelFixture();
        var (client, server, _) = Pair(
            fixture,
            new Script().Add(Call.EndpointCall, End, 1, 0, 0, 0, 0, 0, 0, 0, Buffer, 64, (ulong)PageRights.Read)
                .Add(Call.EndpointCall, End, 1, 0, 0, 0, 0, 0, 0, 0, Buffer, 64, (ulong)(PageRights.Read | PageRights.Write)),
            new Script().Add(Call.EndpointReceive, End, Reply)
                .Add(Call.ReplyCopyIn, Reply, 0, Mine, 64).Add(Call.ReplyCopyIn, Reply, 1, Mine, 64).Add(Call.ReplyCopyIn, Reply, ulong.MaxValue, Mine, 1)
                .Add(Call.ReplyCopyOut, Reply, 0, Mine, 8).Add(Call.ReplySend, Reply)
                .Add(Call.ReplyCopyIn, Reply, 0, Mine, 8)
                .Add(Call.EndpointReceive, End, Reply).Add(Call.ReplyCopyOut, Reply, 8, Mine, 8).Add(Call.ReplySend, Reply));
        client.Data.Write(0x1800, BitConverter.GetBytes(0x1122334455667788UL));
        fixture.Run();
        KernelStatus[] wanted =
        [
            KernelStatus.Ok, KernelStatus.Ok, KernelStatus.InvalidArgument, KernelStatus.InvalidArgument, KernelStatus.MissingRights, KernelStatus.Ok,
            KernelStatus.InvalidCapability, KernelStatus.Ok, KernelStatus.Ok, KernelStatus.Ok,
        ];
        Enumerable.Range(0, wanted.Length).Select(i => Script.Status(server, i)).Should().Equal(wanted);
        server.Word(0x1000 / 8).Should().Be(0x1122334455667788UL);
        client.Word(0x1808 / 8).Should().Be(0x1122334455667788UL, "what was copied in was copied out behind it");
    }

    [Fact]
    public void BoundNotification_ComesAsAMessage_AndBindingElsewhereMovesIt()
    {
        using var fixture = new KernelFixture();
        var (_, server, endpoint) = Pair(fixture, new Script(), new Script().Add(Call.EndpointReceive, End, Reply));
        fixture.Root.CreateNotification(out var notification);
        fixture.Root.CreateEndpoint(out var other);
        other.Bind(notification).Should().Be(KernelStatus.Ok);
        endpoint.Bind(notification).Should().Be(KernelStatus.Ok);
        fixture.Invoker.Delete(other.Slot);
        fixture.Run();
        notification.Signal(6).Should().Be(KernelStatus.Ok);
        fixture.Run();
        Script.Status(server, 0).Should().Be(KernelStatus.Ok);
        fixture.EndOf(server)!.ExitCode.Should().Be(7);
    }

    [Fact]
    public void Badge_OnceChosen_StaysTheSame()
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateEndpoint(out var endpoint);
        endpoint.Badge(5, CapabilityRights.All, out var badged).Should().Be(KernelStatus.Ok);
        badged.Badge(6, CapabilityRights.All, out _).Should().Be(KernelStatus.InvalidArgument);
        badged.Badge(0, CapabilityRights.All, out var copy).Should().Be(KernelStatus.Ok);
        fixture.Kernel.RootCell.Capabilities[copy.Slot]!.Badge.Should().Be(5);
    }

    /// <summary>A client and a server with an endpoint in slot 2, both started unless told otherwise.</summary>
    private static (TestCell Client, TestCell Server, Client.EndpointCapability Endpoint) Pair(
        KernelFixture fixture, Script client, Script server, bool startServer = true)
    {
        fixture.Root.CreateEndpoint(out var endpoint);
        var cells = new[] { (Script: client, Rights: CapabilityRights.Write), (Script: server, Rights: CapabilityRights.Read) }.Select(side =>
        {
            var cell = fixture.Add(Script.Player);
            cell.Data.Write(0, side.Script.ToArray());
            cell.Cell.Grant(End, endpoint.Slot, side.Rights).Should().Be(KernelStatus.Ok);
            return cell;
        }).ToArray();
        cells[0].Thread.Resume();
        if (startServer)
        {
            cells[1].Thread.Resume();
        }

        return (cells[0], cells[1], endpoint);
    }
}

using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Host;

namespace ObjectOS.Tests;

/// <summary>Files on their way from the host into the kernel.</summary>
public sealed class ImageStoreTests
{
    private const uint FreeSlot = 5000;

    [Fact]
    public async Task Bring_CopiesAPieceAtATime_AndLoadHasAllOfIt()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Memory = 64.MiB());
        byte[] file = [.. Enumerable.Range(0, (5 * ImageStore.Piece) + 123).Select(i => (byte)(i * 7))];
        var key = FileKey.Of(file);
        (await os.InvokeAsync(kernel =>
        {
            var (store, cell) = New(kernel);
            int calls = 1;
            bool isThere;
            for (ulong before = Charged(cell), now; ; calls++)
            {
                store.Bring(key, file, out isThere).Should().Be(KernelStatus.Ok);
                now = Charged(cell);
                (now - before).Should().BeLessThanOrEqualTo(ImageStore.Piece);
                before = now;
                if (isThere)
                {
                    break;
                }
            }

            var copy = new byte[file.Length];
            store.Load(key, file, [1, 2, 3], out var memory, out ulong recordAt).Should().Be(KernelStatus.Ok);
            memory.Read(0, copy).Should().Be(KernelStatus.Ok);
            copy.Should().Equal(file);
            memory.Read(recordAt, copy.AsSpan(0, 3)).Should().Be(KernelStatus.Ok);
            copy[..3].Should().Equal(1, 2, 3);
            return calls;
        })).Should().Be(6);
    }

    [Fact]
    public async Task Abandon_GivesTheMemoryBack()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Memory = 64.MiB());
        byte[] file = [.. Enumerable.Repeat((byte)1, 3 * ImageStore.Piece)];
        var key = FileKey.Of(file);
        (await os.InvokeAsync(kernel =>
        {
            var (store, cell) = New(kernel);
            store.Bring(key, file, out bool isThere).Should().Be(KernelStatus.Ok);
            ulong charged = Charged(cell);
            store.Abandon(key);
            store.Abandon(key);
            return (isThere, charged);
        })).Should().Be((false, (ulong)ImageStore.Piece));
        await Eventually.BecomesAsync(() => os.InvokeAsync(kernel => Charged(New(kernel).Cell) == 0));
    }

    [Fact]
    public async Task StartMachine_WithALargeInitrd_HasItBroughtBefore()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Memory = 128.MiB());
        byte[] initrd = [.. Enumerable.Range(0, 3 * ImageStore.Piece).Select(i => (byte)(i * 7))];
        var spec = new MachineSpec { Kernel = new BootFile("kernel", new byte[] { 0x6f, 0, 0, 0 }), Initrd = new BootFile("initrd", initrd), Instructions = 10_000_000 };
        (await os.BootMachineAsync(spec)).End.Should().Be(RunEnd.BudgetExhausted);
        using var given = new CancellationTokenSource();
        await given.CancelAsync();
        await FluentActions.Awaiting(() => os.StartMachineAsync(spec, given.Token).AsTask()).Should().ThrowAsync<OperationCanceledException>();
    }

    private static (ImageStore Store, CellCapability Cell) New(Cpu.IKernel kernel)
    {
        var root = new Invoker(kernel.Root, FreeSlot);
        var cell = new CellCapability(root, 1);
        return (new ImageStore(root, cell, () => false), cell);
    }

    private static ulong Charged(CellCapability cell)
    {
        cell.Status(out var figures).Should().Be(KernelStatus.Ok);
        return figures.ChargedBytes;
    }
}

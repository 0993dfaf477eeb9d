using ObjectOS.Services.Vmm;
using Xunit.Abstractions;

namespace ObjectOS.Tests.Vmm.Virtio;

/// <summary>
/// Rings as a hostile guest makes them. Whatever they say, a device throws nothing, always comes to an end, and touches only the rings, the tables
/// and the buffers that descriptors name: those to be read lie in one area, those to be written in another.
/// </summary>
public sealed class HostileRingTests(ITestOutputHelper output)
{
    private const ulong Readable = FakeDeviceHost.Base + 0x40000;
    private const ulong Writable = FakeDeviceHost.Base + 0x80000;
    private const ulong Tables = FakeDeviceHost.Base + 0x30000;
    private const int AreaSize = 0x20000;

    [Theory]
    [InlineData("block", 1)]
    [InlineData("snapshot", 2)]
    [InlineData("console", 3)]
    [InlineData("entropy", 4)]
    [InlineData("network", 5)]
    public void Device_OnAnyRing_StaysWithinItsBuffers(string kind, int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        int resets = 0;
        int used = 0;
        for (int round = 0; round < TestScale.Of(60); round++)
        {
            var host = new FakeDeviceHost(suspends: round % 3 == 0);
            int queues = kind is "console" or "network" ? 2 : 1;
            var driver = new FakeDriver(new VirtioTransport(kind, MakeFunction(kind)), host);
            for (int step = 0; step < 40; step++)
            {
                if (driver.Read(0x70) != 15)
                {
                    resets += step == 0 ? 0 : 1;
                    driver.Start(queues, 16, random.Next(2) == 0 ? 0 : 1UL << 29);
                    Enumerable.Range(0, queues).ToList().ForEach(q => driver.StoreWord(FakeDriver.Available(q) + 2, 0));
                }

                Scramble(driver, random, queues, isWild: random.Next(4) == 0);
                host.Written.Clear();
                driver.Notify(random.Next(queues));
                driver.RunDeadline();
                while (host.Requests.TryDequeue(out var request))
                {
                    int length = (int)Math.Min(request.Argument3, 1 << 20);
                    driver.Complete(request.Id, random.Next(8) == 0 ? -5 : Math.Max(length, request.Data.Length), new byte[length]);
                }

                used += host.Written.Count;
                host.Written.Should().NotContain(w => !IsAllowed(w.Address, w.Length), "seed {0}, round {1}, step {2}", seed, round, step);
            }
        }

        output.WriteLine($"{resets} resets, {used} writes");
        resets.Should().BePositive("the seed reaches malformed rings");
        used.Should().BePositive("and such as are not");
    }

    private static bool IsAllowed(ulong address, int length) =>
        (address >= Writable && address + (ulong)length <= Writable + AreaSize)
        || Enumerable.Range(0, 2).Any(q => address >= FakeDriver.Used(q) && address + (ulong)length <= FakeDriver.Used(q) + 6 + (8 * 16));

    private static VirtioFunction MakeFunction(string kind)
    {
        switch (kind)
        {
            case "console":
                var line = new FakeLine();
                var console = new ConsoleFunction(line);
                line.Type(new string('x', 5000));
                return console;
            case "entropy":
                return new EntropyFunction(1, "fuzz");
            case "network":
                var network = new VirtualSwitch(new Network.FakeNetworkHost());
                var other = network.AddPort()!;
                var port = network.AddPort()!;
                var card = new NetworkFunction(network, port);
                for (int i = 0; i < 100; i++)
                {
                    network.Send(other, [255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 0, .. new byte[100]]);
                }

                return card;
            default:
                var policy = kind == "snapshot" ? BlockPolicy.Snapshot : BlockPolicy.ReadWrite;
                return new BlockFunction(new BlockBackend(7, 3, 1 << 20, policy, 1 << 16), "fuzz");
        }
    }

    private static void Scramble(FakeDriver driver, Random random, int queues, bool isWild)
    {
        for (int q = 0; q < queues; q++)
        {
            for (ushort i = 0; i < 16; i++)
            {
                WriteRandom(driver, random, FakeDriver.Descriptors(q) + (16UL * i), i, 16, isWild, mayBeTable: true);
            }

            for (ushort i = 0; i < 64; i++)
            {
                WriteRandom(driver, random, Tables + (16UL * i), i, 64, isWild, mayBeTable: isWild);
            }

            for (int i = 0; i < 16; i++)
            {
                driver.StoreWord(FakeDriver.Available(q) + 4 + (2UL * (ulong)i), (ushort)(isWild ? random.Next(20) : random.Next(10)));
            }

            ushort index = driver.LoadWord(FakeDriver.Available(q) + 2);
            driver.StoreWord(FakeDriver.Available(q) + 2, (ushort)(isWild && random.Next(4) == 0 ? random.Next(65536) : index + random.Next(4)));
        }

        // Headers of block requests that mean something.
        for (int i = 0; i < 32; i++)
        {
            driver.Store(Readable + (ulong)(random.Next(AreaSize / 16) * 16), BlockTests.Header((uint)random.Next(5), (ulong)random.Next(2100)));
        }
    }

    private static void WriteRandom(FakeDriver driver, Random random, ulong at, ushort index, int size, bool isWild, bool mayBeTable)
    {
        bool isTable = mayBeTable && random.Next(6) == 0;
        bool writes = isWild ? random.Next(2) == 0 : index >= size / 2;
        bool isOutside = isWild && random.Next(6) == 0;
        int length = random.Next(3) switch { 0 => random.Next(64), 1 => 512 * random.Next(8), _ => random.Next(4096) };
        ulong offset = (ulong)random.Next(AreaSize - 4096) & ~15UL;
        ulong address = isTable ? Tables + (16UL * (ulong)random.Next(16)) : (writes ? Writable : Readable) + offset;
        if (isTable)
        {
            length = isWild ? random.Next(200) : 16 * random.Next(1, 8);
        }

        if (isOutside)
        {
            address = random.Next(3) switch { 0 => ulong.MaxValue - (ulong)random.Next(4096), 1 => (ulong)random.Next(4096), _ => FakeDeviceHost.Base + (1 << 20) - 1 };
            length = random.Next(3) == 0 ? -1 : 4096;
        }

        ushort next = (ushort)(isWild && random.Next(4) == 0 ? random.Next(isWild ? size + 2 : size) : (index + 1) % size);
        ushort flags = (ushort)((isTable ? 4 : 0) | (writes ? 2 : 0) | (isWild ? random.Next(2) : !isTable && index < size - 1 && (index < size / 2 || random.Next(3) > 0) ? 1 : 0));
        driver.WriteDescriptor(at, address, length, flags, next);
    }
}

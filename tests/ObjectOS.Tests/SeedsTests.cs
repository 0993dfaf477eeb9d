using System.Buffers.Binary;

namespace ObjectOS.Tests;

/// <summary>What is random and what time it is to a program: given by the options alone.</summary>
public sealed class SeedsTests
{
    [Fact]
    public async Task Seed_Given_DecidesAllThatIsRandom()
    {
        byte[] one = await OutputAsync(TinyPrograms.Random(), o => o.Seed = 1);
        byte[] again = await OutputAsync(TinyPrograms.Random(), o => o.Seed = 1);
        byte[] two = await OutputAsync(TinyPrograms.Random(), o => o.Seed = 2);
        one.Should().HaveCount(32);
        again.Should().Equal(one);
        two[..16].Should().NotEqual(one[..16], "AT_RANDOM");
        two[16..].Should().NotEqual(one[16..], "getrandom");
    }

    [Fact]
    public async Task Clock_Virtual_IsTheSameEveryTime()
    {
        byte[] one = await OutputAsync(TinyPrograms.Clock(), _ => { });
        (await OutputAsync(TinyPrograms.Clock(), _ => { })).Should().Equal(one);
        BinaryPrimitives.ReadInt64LittleEndian(one).Should().Be(946_684_800, "virtual time begins with the year 2000");
    }

    [Fact]
    public async Task Clock_OfTheHost_GoesOnWithIt()
    {
        await using var os = await ObjectOs.BootAsync(o => (o.HostClock, o.WallClock) = (true, DateTimeOffset.UnixEpoch));
        long first = await NanosecondsAsync();
        await Task.Delay(60);
        (await NanosecondsAsync() - first).Should().BeGreaterThan(30_000_000);

        async Task<long> NanosecondsAsync()
        {
            byte[] time = (await os.RunAsync(Programs.Tiny(TinyPrograms.Clock()))).OutputBytes.ToArray();
            return (BinaryPrimitives.ReadInt64LittleEndian(time) * 1_000_000_000) + BinaryPrimitives.ReadInt64LittleEndian(time.AsSpan(8));
        }
    }

    private static async Task<byte[]> OutputAsync(byte[] image, Action<ObjectOsOptions> configure)
    {
        await using var os = await ObjectOs.BootAsync(o =>
        {
            o.Inputs = Inputs.Deterministic;
            configure?.Invoke(o);
        });
        return (await os.RunAsync(Programs.Tiny(image))).EnsureSuccess().OutputBytes.ToArray();
    }
}

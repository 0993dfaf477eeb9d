using ObjectOS.Abi;

namespace ObjectOS.Tests.Abi;

/// <summary>The digest that comparisons use: equal for equal bytes, another for each change of a bit, a byte or a length.</summary>
public sealed class Digest64Tests
{
    [Fact]
    public void Bytes_WithOneBitChanged_HaveAnotherDigest()
    {
        var random = new Random(64);
        foreach (int length in (int[])[1, 7, 8, 15, 16, 17, 31, 32, 63, 64, 65, 127, 128, 129, 160, 383, 384, 385, 511, 512, 1000])
        {
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            ulong start = (ulong)random.NextInt64();
            ulong digest = Digest64.Add(start, bytes);
            Digest64.Add(start, [.. bytes]).Should().Be(digest);
            Digest64.Add(start + 1, bytes).Should().NotBe(digest);
            Digest64.Add(start, [.. bytes, 0]).Should().NotBe(digest, "a length counts");
            var seen = new HashSet<ulong> { digest };
            for (int bit = 0; bit < length * 8; bit++)
            {
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                seen.Add(Digest64.Add(start, bytes)).Should().BeTrue("bit {0} of {1} bytes counts", bit, length);
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }

    [Fact]
    public void Words_InAnotherOrder_HaveAnotherDigest()
    {
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(i => (byte)(i / 8))];
        ulong digest = Digest64.Add(0, bytes);
        for (int word = 0; word < 31; word++)
        {
            byte[] swapped = [.. bytes[..(word * 8)], .. bytes[((word + 1) * 8)..((word + 2) * 8)], .. bytes[(word * 8)..((word + 1) * 8)], .. bytes[((word + 2) * 8)..]];
            Digest64.Add(0, swapped).Should().NotBe(digest, "words {0} and the next change places", word);
        }
    }

    [Fact]
    public void Bytes_OnEveryHost_HaveTheSameDigest()
    {
        byte[] bytes = [.. Enumerable.Range(0, 4096 + 9).Select(i => (byte)((i * 7) ^ (i >> 5)))];
        Digest64.Add(64, bytes).Should().Be(15_163_406_760_314_973_480);
    }

    [Fact]
    public void Lanes_WithoutVectors_HaveTheSameSums()
    {
        byte[] bytes = new byte[DigestLanes.Step * 9];
        new Random(9).NextBytes(bytes);
        ulong[] with = new ulong[DigestLanes.Count], without = new ulong[DigestLanes.Count];
        DigestLanes.Add(with, bytes);
        DigestLanes.AddWords(without, bytes);
        with.Should().Equal(without);
    }
}

using ObjectOS.Host;

namespace ObjectOS.Tests;

/// <summary>What files are recognised by.</summary>
public sealed class FileKeyTests
{
    // As "openssl mac -macopt hexkey:000102030405060708090a0b0c0d0e0f -macopt size:16 SIPHASH" gives them for the bytes 0, 1, 2 and so on; the first is in the reference's vectors.
    [Theory]
    [InlineData(0, "a3817f04ba25a8e66df67214c7550293")]
    [InlineData(1, "da87c1d86b99af44347659119b22fc45")]
    [InlineData(8, "3b62a9ba6258f5610f83e264f31497b4")]
    [InlineData(63, "5150d1772f50834a503e069a973fbd7c")]
    public void Key_IsSipHash(int length, string expected)
    {
        var key = FileKey.Of(Counted(length), Counted(16));
        Convert.ToHexStringLower([.. BitConverter.GetBytes(key.Low), .. BitConverter.GetBytes(key.High)]).Should().Be(expected);
    }

    [Fact]
    public void Key_OfEqualContents_IsTheSame()
    {
        FileKey.Of(Counted(1000)).Should().Be(FileKey.Of(Counted(1000))).And.NotBe(FileKey.Of(Counted(1001)));
        FileKey.Of(new byte[8]).Should().NotBe(FileKey.Of(new byte[9]));
    }

    private static byte[] Counted(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)i)];
}

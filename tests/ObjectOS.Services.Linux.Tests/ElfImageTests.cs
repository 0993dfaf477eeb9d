using System.Buffers.Binary;
using ObjectOS.Services.Programs;
using ObjectOS.Tests;

namespace ObjectOS.Services.Linux.Tests;

public sealed class ElfImageTests
{
    private static byte[] Valid => File.ReadAllBytes(Guest.Image("misbehave/misbehave.elf"));

    [Fact]
    public void TryParse_StaticProgram_Segments()
    {
        ElfImage.TryParse(Valid, out var image, out string problem).Should().BeTrue(problem);
        image.Segments.Should().HaveCount(4);
        image.IsNative.Should().BeFalse();
        image.ProgramHeaderAddress.Should().Be(0x10040);
    }

    [Theory]
    [InlineData(4, 1, "class")]
    [InlineData(5, 2, "byte order")]
    [InlineData(16, 1, "type")]
    [InlineData(18, 62, "x86-64")]
    [InlineData(24, 0, "entry")]
    [InlineData(54, 1, "program header size")]
    [InlineData(57, 255, "program headers")]
    [InlineData(39, 1, "beyond the file's end")]
    public void TryParse_WrongField_SaysWhich(int offset, byte value, string expected)
    {
        byte[] file = Valid;
        file[offset] = value;
        if (offset == 24)
        {
            file.AsSpan(24, 8).Clear();
        }

        ElfImage.TryParse(file, out _, out string problem).Should().BeFalse();
        problem.Should().Contain(expected);
    }

    [Fact]
    public void TryParse_NotElf_SaysSo()
    {
        ElfImage.TryParse([], out _, out string empty).Should().BeFalse();
        empty.Should().Contain("empty");
        ElfImage.TryParse("#!/bin/sh\n"u8, out _, out string script).Should().BeFalse();
        script.Should().Contain("not an ELF file");
        ElfImage.TryParse(Valid.AsSpan(0, 40), out _, out string truncated).Should().BeFalse();
        truncated.Should().Contain("truncated");
    }

    [Fact]
    public void TryParse_Interpreter_NamesIt()
    {
        byte[] file = Valid;
        int last = 64 + (56 * 4);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(last), 3);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(last + 8), 1000);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(last + 32), 20);
        "/lib/ld-linux.so.1\0"u8.CopyTo(file.AsSpan(1000));
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(56), 5);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(last + 32), 19);
        ElfImage.TryParse(file, out var image, out string problem).Should().BeTrue(problem);
        image.Interpreter.Should().Be("/lib/ld-linux.so.1");
        file[1018] = (byte)'x';
        ElfImage.TryParse(file, out _, out problem).Should().BeFalse();
        problem.Should().Contain("names an interpreter by 19 bytes");
    }

    [Fact]
    public void TryParse_MutatedHeaders_NeverThrows()
    {
        const int Seed = 20240607;
        var random = new Random(Seed);
        byte[] valid = Valid;
        byte[] file = (byte[])valid.Clone();
        for (int i = 0; i < TestScale.Of(100_000); i++)
        {
            int headers = 64 + (56 * 6);
            valid.AsSpan(0, headers).CopyTo(file);
            for (int k = random.Next(1, 6); k > 0; k--)
            {
                int at = random.Next(4, headers);
                switch (random.Next(3))
                {
                    case 0:
                        file[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        file[at] ^= (byte)(1 << random.Next(8));
                        break;
                    default:
                        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(at & ~7), random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64));
                        break;
                }
            }

            bool ok = ElfImage.TryParse(file.AsSpan(0, random.Next(8) == 0 ? random.Next(file.Length) : file.Length), out var image, out string problem);
            (ok ? image.Segments.Count > 0 && problem.Length == 0 : problem.Length > 0).Should().BeTrue("seed {0}, round {1}", Seed, i);
        }
    }
}

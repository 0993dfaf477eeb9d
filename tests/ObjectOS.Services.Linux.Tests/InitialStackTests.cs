using System.Buffers.Binary;
using System.Text;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux.Tests;

public sealed class InitialStackTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 2)]
    [InlineData(4, 7)]
    public void Build_Arguments_LaidOutAsTheAbiSays(int arguments, int variables)
    {
        ElfImage.TryParse(File.ReadAllBytes(Guest.Image("misbehave/misbehave.elf")), out var image, out string problem).Should().BeTrue(problem);
        string[] argv = [.. Enumerable.Range(0, arguments).Select(i => new string('a', i) + "é")];
        string[] envp = [.. Enumerable.Range(0, variables).Select(i => $"V{i}=x")];
        byte[] random = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];
        const ulong Top = 0x3f_ff00_0000;
        var (pointer, bytes) = InitialStack.Build(Top, [.. argv.Select(Encoding.UTF8.GetBytes)], [.. envp.Select(Encoding.UTF8.GetBytes)], new Executable(null!, 0, "/w/prog", image), Identity.Of(new(1000, 1000)), random);
        (pointer % 16).Should().Be(0);
        (pointer + (ulong)bytes.Length).Should().BeLessThanOrEqualTo(Top);
        int at = 0;
        ulong Next() => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan((at += 8) - 8));
        string TextAt(ulong address)
        {
            var rest = bytes.AsSpan((int)(address - pointer));
            return Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)0)]);
        }

        Next().Should().Be((ulong)arguments);
        argv.Select(_ => TextAt(Next())).Should().Equal(argv);
        Next().Should().Be(0);
        envp.Select(_ => TextAt(Next())).Should().Equal(envp);
        Next().Should().Be(0);
        var vector = new Dictionary<ulong, ulong>();
        for (ulong type = Next(); type != 0; type = Next())
        {
            vector.Add(type, Next());
        }

        vector[6].Should().Be(4096);
        vector[9].Should().Be(image.Entry);
        vector[3].Should().Be(image.ProgramHeaderAddress);
        vector[16].Should().Be(0x112d);
        TextAt(vector[31]).Should().Be("/w/prog");
        bytes.AsSpan((int)(vector[25] - pointer), 16).ToArray().Should().Equal(random);
    }
}

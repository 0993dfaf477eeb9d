using System.Buffers.Binary;
using System.Diagnostics;
using ObjectOS.Machine.Isa.Floats;

namespace ObjectOS.Machine.Tests.Floats;

internal readonly record struct FloatCase(int Operation, RoundingMode Rounding, ulong A, ulong B, ulong C);

internal readonly record struct FloatAnswer(ulong Result, FloatFlags Flags);

/// <summary>Another engine's answers: oracle.c, compiled for riscv64 and run under qemu-riscv64.</summary>
internal static class FloatOracle
{
    private const int RequestSize = 32;
    private const int AnswerSize = 16;

    public static async Task<FloatAnswer[]> AskAsync(IReadOnlyList<FloatCase> cases)
    {
        string directory = Directory.CreateTempSubdirectory("objectos-floats-").FullName;
        try
        {
            string program = Path.Combine(directory, "oracle");
            string source = Path.Combine(AppContext.BaseDirectory, "Floats", "oracle.c");
            await RunAsync("riscv64-linux-gnu-gcc", ["-O1", "-static", "-o", program, source], []);
            return Decode(await RunAsync("qemu-riscv64", [program], Encode(cases)), cases.Count);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static byte[] Encode(IReadOnlyList<FloatCase> cases)
    {
        byte[] bytes = new byte[cases.Count * RequestSize];
        for (int i = 0; i < cases.Count; i++)
        {
            Span<byte> record = bytes.AsSpan(i * RequestSize, RequestSize);
            BinaryPrimitives.WriteInt32LittleEndian(record, cases[i].Operation);
            BinaryPrimitives.WriteInt32LittleEndian(record[4..], (int)cases[i].Rounding);
            BinaryPrimitives.WriteUInt64LittleEndian(record[8..], cases[i].A);
            BinaryPrimitives.WriteUInt64LittleEndian(record[16..], cases[i].B);
            BinaryPrimitives.WriteUInt64LittleEndian(record[24..], cases[i].C);
        }

        return bytes;
    }

    private static FloatAnswer[] Decode(byte[] bytes, int count)
    {
        bytes.Length.Should().Be(count * AnswerSize, "the oracle answers every record");
        var answers = new FloatAnswer[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> record = bytes.AsSpan(i * AnswerSize, AnswerSize);
            answers[i] = new FloatAnswer(
                BinaryPrimitives.ReadUInt64LittleEndian(record), (FloatFlags)BinaryPrimitives.ReadUInt64LittleEndian(record[8..]));
        }

        return answers;
    }

    private static async Task<byte[]> RunAsync(string program, string[] arguments, byte[] input)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        using var output = new MemoryStream();
        Task reading = process.StandardOutput.BaseStream.CopyToAsync(output);
        await process.StandardInput.BaseStream.WriteAsync(input);
        process.StandardInput.Close();
        await reading;
        await process.WaitForExitAsync();
        process.ExitCode.Should().Be(0, "{0} succeeds", program);
        return output.ToArray();
    }
}

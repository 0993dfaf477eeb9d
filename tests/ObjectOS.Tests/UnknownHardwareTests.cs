namespace ObjectOS.Tests;

/// <summary>A guest program drives a device and an instruction that exist nowhere but in C#.</summary>
public sealed class UnknownHardwareTests
{
    [Theory]
    [InlineData(0), InlineData(2)]
    public async Task Matrix_DeviceAndInstructionOfOnesOwn_GiveWhatItComputesItself(int depth)
    {
        await using var root = await ObjectOs.BootAsync(o => (o.Instructions, o.Inputs) = ([new HammingDistance()], Inputs.Deterministic));
        var os = root;
        for (int i = 0; i < depth; i++)
        {
            os = await os.CreateChildAsync();
        }

        var result = await os.BootMachineAsync(new MachineSpec { Image = Repository.PathOf("images", "matrix", "matrix.elf"), Devices = [new MatrixUnit()] });
        result.Output.TrimEnd().Should().EndWith("MATRIX-OK");
        result.EnsureSuccess().ExitCode.Should().Be(0);
    }

    [Fact]
    public async Task Matrix_WithoutTheInstruction_EndsWithAFailure()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var result = await os.BootMachineAsync(
            new MachineSpec { Image = Repository.PathOf("images", "matrix", "matrix.elf"), Devices = [new MatrixUnit()], Instructions = 500_000_000 });
        result.IsSuccess.Should().BeFalse();
        result.Output.Should().NotContain("MATRIX-OK");
    }
}

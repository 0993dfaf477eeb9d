using System.Diagnostics;
using ObjectOS.Abi;

namespace ObjectOS.Tests.Abi;

/// <summary>What is made from the invocation table is what the table says. <c>OBJECTOS_UPDATE=1</c> writes the files anew.</summary>
public sealed class GeneratedFilesTests
{
    [Fact]
    public void GuestHeader_InImages_IsMadeFromTheTable() => Compare(GuestHeader.Write(), "images", "include", "objectos.h");

    [Fact]
    public void Manual_InDocs_IsMadeFromTheTable() => Compare(InvocationManual.Write(), "docs", "invocations.md");

    [Fact]
    public void Rows_Ascend_AndNamesAreUnique()
    {
        InvocationTable.Rows.Select(r => (int)r.Number).Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
        InvocationTable.Rows.Select(r => r.Name).Should().OnlyHaveUniqueItems();
        InvocationTable.Rows.Select(r => r.Number).Should().BeEquivalentTo(Enum.GetValues<Call>());
        InvocationTable.Rows.Should().OnlyContain(r => r.Arguments.Length < InvocationFrame.Length && r.Results.Length < InvocationFrame.Length && r.Cost > 0);
    }

    [NeedsFact("riscv64-linux-gnu-gcc")]
    public void GuestHeader_Compiles_WithoutWarnings()
    {
        string source = Path.Combine(Path.GetTempPath(), $"objectos-header-{Guid.NewGuid():N}.c");
        File.WriteAllText(source, "#include \"objectos.h\"\nint main(void) { return (int)objectos_thread_yield(); }\n");
        try
        {
            using var gcc = Process.Start(new ProcessStartInfo("riscv64-linux-gnu-gcc")
            {
                ArgumentList = { "-Wall", "-Wextra", "-Werror", "-O2", "-I", Repository.PathOf("images", "include"), "-fsyntax-only", source },
                RedirectStandardError = true,
            })!;
            string errors = gcc.StandardError.ReadToEnd();
            gcc.WaitForExit();
            errors.Should().BeEmpty();
            gcc.ExitCode.Should().Be(0);
        }
        finally
        {
            File.Delete(source);
        }
    }

    private static void Compare(string expected, params string[] path)
    {
        string file = Repository.PathOf(path);
        if (Environment.GetEnvironmentVariable("OBJECTOS_UPDATE") == "1")
        {
            File.WriteAllText(file, expected);
        }

        File.ReadAllText(file).Should().Be(expected, "{0} is made from the table: run the tests with OBJECTOS_UPDATE=1", string.Join('/', path));
    }
}

using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux.Tests;

public sealed class GuestTests
{
    [Theory]
    [InlineData("null-read", ProgramEnd.Fault, 11)]
    [InlineData("null-write", ProgramEnd.Fault, 11)]
    [InlineData("wild-write", ProgramEnd.Fault, 11)]
    [InlineData("kernel-read", ProgramEnd.Fault, 11)]
    [InlineData("non-canonical", ProgramEnd.Fault, 11)]
    [InlineData("jump-nowhere", ProgramEnd.Fault, 11)]
    [InlineData("illegal", ProgramEnd.Fault, 4)]
    [InlineData("csrr", ProgramEnd.Fault, 4)]
    [InlineData("sret", ProgramEnd.Fault, 4)]
    [InlineData("ebreak", ProgramEnd.Fault, 5)]
    [InlineData("stack-overflow", ProgramEnd.Fault, 11)]
    [InlineData("memory-hog", ProgramEnd.MemoryExhausted, 9)]
    [InlineData("misaligned-jump", ProgramEnd.Fault, 4)]
    [InlineData("write-text", ProgramEnd.Fault, 11)]
    [InlineData("exec-data", ProgramEnd.Fault, 11)]
    [InlineData("bad-pointer", ProgramEnd.Exited, 14)]
    [InlineData("unknown-call", ProgramEnd.Exited, 38)]
    [InlineData("exit-42", ProgramEnd.Exited, 42)]
    public void Misbehave_Deed_EndsAsOnLinux(string deed, ProgramEnd reason, int code)
    {
        var end = new Guest { Program = Guest.Image("misbehave/misbehave.elf"), Arguments = [deed] }.Run();
        (end.Reason, end.Code).Should().Be((reason, (ulong)code));
        if (deed == "unknown-call")
        {
            end.Record.UnsupportedCalls.Should().ContainSingle().Which.Key.Should().Be("call_9999");
        }
    }

    [Fact]
    public void Misbehave_Flood_ArrivesWhole()
    {
        var end = new Guest { Program = Guest.Image("misbehave/misbehave.elf"), Arguments = ["flood"] }.Run();
        (end.Reason, end.Code, end.Output.Length).Should().Be((ProgramEnd.Exited, 0UL, 10_000_000));
    }

    [Fact]
    public void Misbehave_FloodIntoClosedPipe_EndsBySigpipe()
    {
        var end = new Guest { Program = Guest.Image("misbehave/misbehave.elf"), Arguments = ["flood"], PipeBreaksAfter = 100_000 }.Run();
        (end.Reason, end.Code).Should().Be((ProgramEnd.Signalled, 13UL));
        end.Output.Length.Should().BeLessThan(300_000);
    }

    [Theory]
    [InlineData("fib", 0)]
    [InlineData("error", 1)]
    public void Lisp_Script_PrintsWhatIsExpected(string script, int code)
    {
        var end = new Guest { Program = Guest.Image("lisp/lisp.elf"), Arguments = [$"scripts/{script}.scm"], Directory = Guest.Image("lisp") }.Run();
        (end.Reason, end.Code).Should().Be((ProgramEnd.Exited, (ulong)code));
        end.Output.Should().Be(File.ReadAllText(Guest.Image($"lisp/scripts/{script}.expected")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Lisp_Dialogue_AnswersWhatItReads(bool isReborn)
    {
        // Seven bytes of input at a time: with rebirth, the service is saved and restored while reads are parked and under way.
        var end = new Guest { Program = Guest.Image("lisp/lisp.elf"), Input = "(display (* 6 7))\n(newline)\n(display \"done\")\n", IsReborn = isReborn }.Run();
        (end.Reason, end.Code).Should().Be((ProgramEnd.Exited, 0UL));
        end.Output.Should().Contain("42").And.Contain("done");
    }

    [Fact]
    public void Lisp_ScriptReborn_PrintsTheSame()
    {
        var end = new Guest { Program = Guest.Image("lisp/lisp.elf"), Arguments = ["scripts/fib.scm"], Directory = Guest.Image("lisp"), IsReborn = true }.Run();
        end.Output.Should().Be(File.ReadAllText(Guest.Image("lisp/scripts/fib.expected")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Lisp_MemorySuspendsNowAndThen_PrintsTheSame(bool isReborn)
    {
        var end = new Guest
        {
            Program = Guest.Image("lisp/lisp.elf"),
            Arguments = ["scripts/fib.scm"],
            Directory = Guest.Image("lisp"),
            IsSuspended = true,
            IsReborn = isReborn,
        }.Run();
        end.Output.Should().Be(File.ReadAllText(Guest.Image("lisp/scripts/fib.expected")));
    }

    [Theory]
    [InlineData("null-write")]
    [InlineData("jump-nowhere")]
    [InlineData("stack-overflow")]
    public void Fault_HoweverTheServiceIsRun_HasTheSameRegistersAndStack(string deed)
    {
        var record = Fault(isSuspended: false, isReborn: false);
        record.Registers.Should().HaveCount(32);
        record.Registers[0].Should().Be(record.Pc);
        record.StackAddress.Should().BeGreaterThanOrEqualTo(record.Registers[2]);
        (record.StackAddress - record.Registers[2]).Should().BeLessThan(deed == "stack-overflow" ? ProgramEndRecord.MostStack : 1UL);
        record.Stack.Length.Should().BeInRange(1, ProgramEndRecord.MostStack);
        record.ProgramBytes.Should().Be((ulong)new FileInfo(Guest.Image("misbehave/misbehave.elf")).Length);
        foreach (var (isSuspended, isReborn) in ((bool, bool)[])[(true, false), (false, true), (true, true)])
        {
            Fault(isSuspended, isReborn).ToBytes().Should().Equal(record.ToBytes());
        }

        ProgramEndRecord Fault(bool isSuspended, bool isReborn)
        {
            var end = new Guest { Program = Guest.Image("misbehave/misbehave.elf"), Arguments = [deed], IsSuspended = isSuspended, IsReborn = isReborn }.Run();
            end.Reason.Should().Be(ProgramEnd.Fault);
            return end.Record;
        }
    }

    [Fact]
    public void Start_NotAProgram_SaysWhy()
    {
        var end = new Guest { Program = Guest.Image("lisp/scripts/fib.scm") }.Run();
        end.Reason.Should().Be(ProgramEnd.NotRunnable);
        end.Record.Text.Should().Contain("not an ELF file");
    }
}

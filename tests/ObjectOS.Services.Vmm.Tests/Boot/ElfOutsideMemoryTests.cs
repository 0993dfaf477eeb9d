namespace ObjectOS.Services.Vmm.Tests;

/// <summary>
/// ELF files with loadable parts outside the machine's memory. Linkers place build notes and file headers at addresses of their own: QEMU runs such files, and software
/// does not need these parts.
/// </summary>
public sealed class ElfOutsideMemoryTests
{
    private const ulong Base = 0x80000000;

    private static readonly MachineRequest Small = new() { Memory = 16 << 20 };

    [Fact]
    public void NoteBelowMemory_IsNotLoaded_AndIsNoted()
    {
        byte[] file = CraftedElf.Segments(Base, WithCode(0x1000), (1, 0, 0x144, 0x10000, 0x144), (1, 0x1000, 16, Base, 16), (4, 0x120, 0x24, 0x10120, 0x24));
        var host = Boots(file);
        host.Notices.Should().ContainSingle().Which.Should().Be((MachineNotice.File,
            "image: the segment of 0x144 bytes at 0x10000 lies outside the machine's memory, 0x80000000 to 0x81000000, and is not loaded (linker options --build-id=none and -n avoid notes and headers there)"));
    }

    [Theory]
    [InlineData(0x20000000ul)]
    [InlineData(0x81000000ul)]
    [InlineData(0xffffffff_fffff000ul)]
    public void SegmentWhollyOutside_IsNotLoaded_AndIsNoted(ulong address)
    {
        byte[] file = CraftedElf.Segments(Base, WithCode(0x1000), (1, 0x1000, 16, Base, 16), (1, 0x1000, 16, address, 0x100), (1, 0x1000, 16, 0x1000, 0x100));
        Boots(file).Notices.Should().ContainSingle().Which.Text.Should().Contain("and 1 more lies outside the machine's memory");
    }

    [Theory]
    [InlineData(0x1000ul)]
    [InlineData(0x10000ul)]
    public void HeadersBelowMemory_InTheSegmentOfTheCode_AreCutOff(ulong below)
    {
        // What -Ttext=0x80000000 makes without a build note: the file's headers, zeros, the code, in one segment.
        byte[] file = CraftedElf.Segments(Base, WithCode((int)below), (1, 0, below + 16, Base - below, below + 16));
        Boots(file).Notices.Should().BeEmpty("nothing that the software needs is missing");
    }

    [Fact]
    public void NoteBelowMemory_InTheSegmentOfTheCode_IsCutOff()
    {
        byte[] bytes = WithCode(0x1000);
        bytes.AsSpan(0x200, 0x24).Fill(0xaa);
        byte[] file = CraftedElf.Segments(Base, bytes, (1, 0, 0x1010, Base - 0x1000, 0x1010), (4, 0x200, 0x24, Base - 0xe00, 0x24));
        Boots(file).Notices.Should().BeEmpty();
    }

    [Theory]
    [InlineData(0x1000ul, true, "code below memory")]
    [InlineData(0x20000ul, false, "more than a page of the linker below memory")]
    public void SegmentThatNeedsMemoryBelow_IsRefused(ulong below, bool hasCodeBelow, string because)
    {
        byte[] bytes = WithCode((int)below);
        bytes[0x800] = hasCodeBelow ? (byte)0x13 : (byte)0;
        byte[] file = CraftedElf.Segments(Base, bytes, (1, 0, below + 16, Base - below, below + 16));
        Refused(file).Should().MatchRegex("^image: 0x[0-9a-f]+ bytes at 0x[0-9a-f]+ do not lie in the machine's memory, 0x80000000 to 0x81000000$", because);
    }

    [Fact]
    public void SegmentAcrossTheEndOfMemory_IsRefused()
    {
        byte[] file = CraftedElf.Segments(Base, WithCode(0x1000), (1, 0x1000, 16, Base, 16), (1, 0x1000, 16, Base + (16 << 20) - 8, 16));
        Refused(file).Should().Be("image: 0x10 bytes at 0x80fffff8 do not lie in the machine's memory, 0x80000000 to 0x81000000");
    }

    [Fact]
    public void AllSegmentsOutside_AreRefused()
    {
        byte[] file = CraftedElf.Segments(0x1000, WithCode(0x1000), (1, 0x1000, 16, 0x1000, 16));
        Refused(file).Should().Be("image: 0x10 bytes at 0x1000 do not lie in the machine's memory, 0x80000000 to 0x81000000");
    }

    [Fact]
    public void EntryInASegmentOutside_IsRefused()
    {
        byte[] file = CraftedElf.Segments(0x1000, WithCode(0x1000), (1, 0x1000, 16, 0x1000, 16), (1, 0x1000, 16, Base, 16));
        Refused(file).Should().Be("image: the entry at offset 24 is 0x1000: an even address in a loadable segment is wanted");
    }

    private static byte[] WithCode(int at)
    {
        var file = new byte[at + 16];
        file.AsSpan(at).Fill(0x13);
        return file;
    }

    private static VmmHost Boots(byte[] file)
    {
        var host = new VmmHost(isReborn: true, suspendingSeed: 3).Start(Small, (MachineFile.Image, file));
        host.End.Should().BeNull(host.End?.Record.Program.Text ?? "");
        host.Kernel.Harts[0].Pc.Should().Be(Base);
        host.Memory(Base, 16).Should().OnlyContain(b => b == 0x13);
        return host;
    }

    private static string Refused(byte[] file)
    {
        var host = new VmmHost().Start(Small, (MachineFile.Image, file));
        host.End!.Value.Reason.Should().Be(MachineEnd.NotRunnable);
        host.Notices.Should().BeEmpty("one sentence says why it does not run");
        return host.End.Value.Record.Program.Text;
    }
}

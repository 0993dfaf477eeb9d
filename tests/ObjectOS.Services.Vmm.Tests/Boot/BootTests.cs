using ObjectOS.Tests;

using ObjectOS.Client;

namespace ObjectOS.Services.Vmm.Tests;

/// <summary>What is loaded where, by the files' contents; and what is said of files that cannot be booted.</summary>
public sealed class BootTests
{
    private static readonly MachineRequest Small = new() { Memory = 64 << 20, Harts = 2 };
    private static readonly byte[] Code = [.. Enumerable.Range(1, 200).Select(i => (byte)i)];

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, 5)]
    public void LinuxImage_StartsInSupervisorMode_OnHart0_WithTreeAndInitrd(bool isReborn, int? seed)
    {
        byte[] image = CraftedElf.LinuxImage(0x200000, 0x500000, 900_001);
        byte[] initrd = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7))];
        var host = new VmmHost(isReborn, seed).Start(Small, (MachineFile.Kernel, image), (MachineFile.Initrd, initrd));
        host.Kernel.Harts.Values.Select(hart => (hart.Mode, hart.IsRunning)).Should().Equal((1UL, true), (1UL, false));
        var first = host.Kernel.Harts[0];
        (first.Pc, first.A0, first.A2).Should().Be((0x80200000UL, 0UL, 0UL));
        host.Memory(0x80200000, image.Length).Should().Equal(image);
        host.Memory(first.A1, 4).Should().Equal(0xd0, 0x0d, 0xfe, 0xed);
        first.A1.Should().Be(0x83e00000, "2 MiB below the end of memory, as firmware expects it");
        host.Memory((first.A1 - 300_000) & ~4095UL, initrd.Length).Should().Equal(initrd);
        (host.Kernel.Suspensions > 0).Should().Be(seed is not null);
    }

    [Fact]
    public void Bios_StartsAllHartsInMachineMode_AndIsToldOfTheKernel()
    {
        var host = new VmmHost().Start(Small, (MachineFile.Bios, Code), (MachineFile.Kernel, CraftedElf.Make(0x80400000, Code)));
        host.Kernel.Harts.Values.Select(hart => (hart.Mode, hart.IsRunning, hart.Pc, hart.A0)).Should().Equal((2UL, true, 0x80000000UL, 0UL), (2UL, true, 0x80000000UL, 1UL));
        byte[] information = host.Memory(host.Kernel.Harts[0].A2, 48);
        Enumerable.Range(0, 6).Select(i => BitConverter.ToUInt64(information, i * 8)).Should().Equal(0x4942534fUL, 2, 0x80400000, 1, 0, 0);
        host.Memory(0x80400000, Code.Length).Should().Equal(Code);
    }

    [Fact]
    public void Bios_ThatIsRelocatable_GoesToTheStartOfMemory()
    {
        var host = new VmmHost().Start(Small, (MachineFile.Bios, CraftedElf.Make(0, Code, type: 3)));
        host.Kernel.Harts[0].Pc.Should().Be(0x80000000);
        host.Memory(0x80000000, Code.Length).Should().Equal(Code);
    }

    [Theory]
    [InlineData(0x80000000, 2, "an ELF at the start of memory starts in machine mode, as xv6 does")]
    [InlineData(0x80200000, 1, "an ELF elsewhere is a kernel for supervisor mode")]
    public void Elf_ByItsEntry(ulong address, ulong mode, string because)
    {
        var host = new VmmHost().Start(Small, (MachineFile.Image, CraftedElf.Make(address, Code)));
        host.Kernel.Harts[1].IsRunning.Should().Be(mode == 2, because);
        (host.Kernel.Harts[0].Mode, host.Kernel.Harts[0].Pc).Should().Be((mode, address));
    }

    [Fact]
    public void Elf_LinkedElsewhere_StartsAtThePhysicalAddressOfItsEntry()
    {
        var host = new VmmHost().Start(Small, (MachineFile.Image, CraftedElf.Make(0x80200000, Code, entry: 0xffffffff80000010, virtualAddress: 0xffffffff80000000)));
        host.Kernel.Harts[0].Pc.Should().Be(0x80200010);
    }

    [Fact]
    public void RawBytes_AreAKernelAt2MiB()
    {
        var host = new VmmHost().Start(Small, (MachineFile.Kernel, Code));
        (host.Kernel.Harts[0].Mode, host.Kernel.Harts[0].Pc).Should().Be((1UL, 0x80200000UL));
    }

    [Fact]
    public void MutatedElf_IsRefusedOrBooted_AndNeverThrows()
    {
        const int Seed = 20260;
        var random = new Random(Seed);
        byte[] elf = CraftedElf.Make(0x80000000, Code, symbols: [("tohost", 0x80000040), ("begin_signature", 0x80000044), ("end_signature", 0x80000048)]);
        int[] headers = [.. Enumerable.Range(4, 0x74), .. Enumerable.Range(elf.Length - 192, 192)];
        int booted = 0, count = TestScale.Of(400);
        for (int i = 0; i < count; i++)
        {
            byte[] file = (byte[])elf.Clone();
            for (int changes = random.Next(1, 5); changes > 0; changes--)
            {
                file[headers[random.Next(headers.Length)]] = random.Next(3) switch { 0 => 0xff, 1 => 0x80, _ => (byte)random.Next(256) };
            }

            var end = new VmmHost().Start(Small, (MachineFile.Image, file)).End;
            (end is null || (end.Value.Reason == MachineEnd.NotRunnable && end.Value.Record.Program.Text.Length > 0)).Should().BeTrue("seed {0}, file {1}", Seed, i);
            booted += end is null ? 1 : 0;
        }

        booted.Should().BeInRange(1, count - 1);
    }

    [Fact]
    public void SymbolTable_CountsOnce_HoweverOftenItIsNamed()
    {
        // 60,000 sections that are all a symbol table of 4 MiB: to read each of them would take minutes.
        byte[] symbols = new byte[4 << 20];
        byte[] elf = CraftedElf.Make(0x80000000, [.. Code, .. symbols], symbols: [("tohost", 0x80000040)]);
        int sections = (int)BitConverter.ToUInt64(elf, 40);
        byte[] table = elf[(sections + 64)..(sections + 128)], names = elf[(sections + 128)..(sections + 192)];
        byte[] bomb = (byte[])table.Clone();
        BitConverter.GetBytes(0x78UL).CopyTo(bomb, 24);
        BitConverter.GetBytes(4UL << 20).CopyTo(bomb, 32);
        byte[] file = [.. elf[..(sections + 64)], .. table, .. names, .. Enumerable.Repeat(bomb, 60_000).SelectMany(b => b)];
        BitConverter.GetBytes((ushort)60_003).CopyTo(file, 60);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        MachineElf.TryParse(Contents(file), 0x80000000, out var parsed, out string problem).Should().BeTrue(problem);
        parsed.TryReadSymbols(out var found, out problem).Should().BeTrue(problem);
        found.Should().Equal(new Dictionary<string, ulong> { ["tohost"] = 0x80000040 });
        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(20));
    }

    /// <summary>Headers when it is started, then a step of the loader at a time: others of the kernel have their turns in between.</summary>
    [Theory]
    [InlineData(false, null)]
    [InlineData(true, 11)]
    public void LargeFiles_AreReadAndLoadedAStepAtATime(bool isReborn, int? seed)
    {
        byte[] image = CraftedElf.Make(0x80000000, new byte[3 << 20], symbols: [("tohost", 0x80001000)]);
        byte[] initrd = [.. Enumerable.Range(0, 5 << 20).Select(i => (byte)(i * 7))];
        var host = new VmmHost(isReborn, seed).Start(Small, (MachineFile.Image, image), (MachineFile.Initrd, initrd));
        host.Kernel.Harts[0].IsRunning.Should().BeTrue();
        host.Memory(0x83e00000 - (5 << 20), initrd.Length).Should().Equal(initrd);
        (host.Kernel.MostReadInAMessage / (seed is null ? 1 : 2)).Should().BeLessThanOrEqualTo(256 << 10, "what is suspended is read twice");
    }

    [Fact]
    public void Symbols_OfAKernelAreNotLookedAt_AndThoseOfAnImageHaveALimit()
    {
        byte[] elf = CraftedElf.Make(0x80200000, [.. Code, .. new byte[17 << 20]], symbols: [("tohost", 0x80200040)]);
        int table = (int)BitConverter.ToUInt64(elf, 40) + 64;
        BitConverter.GetBytes(0x78UL).CopyTo(elf, table + 24);
        BitConverter.GetBytes(17UL << 20).CopyTo(elf, table + 32);
        new VmmHost().Start(Small, (MachineFile.Image, elf)).End?.Record.Program.Text.Should().Be("image: its symbol table and the names in it have 17825800 bytes: at most 16777216 are wanted");
        var host = new VmmHost().Start(Small, (MachineFile.Kernel, elf));
        (host.End, host.Kernel.Harts[0].Mode).Should().Be((null, 1UL));
    }

    [Fact]
    public void Segments_MoreThanAnyLinkerMakes_AreRefused()
    {
        byte[] elf = CraftedElf.Make(0x80000000, Code);
        byte[] header = elf[64..(64 + 56)];
        byte[] file = [.. elf, .. Enumerable.Range(0, 300).SelectMany(_ => header)];
        BitConverter.GetBytes((ulong)elf.Length).CopyTo(file, 32);
        BitConverter.GetBytes((ushort)300).CopyTo(file, 56);
        new VmmHost().Start(Small, (MachineFile.Image, file)).End?.Record.Program.Text.Should().Be("image: 300 program headers are loadable: at most 256 are wanted");
    }

    [Fact]
    public void Signature_OfEightBytes_NeedNotBeAlignedToThem()
    {
        byte[] elf = CraftedElf.Make(0x80000000, Code, symbols: [("tohost", 0x80000040), ("begin_signature", 0x80000084), ("end_signature", 0x8000008c)]);
        new VmmHost().Start(Small, (MachineFile.Image, elf)).End.Should().BeNull();
    }

    [Fact]
    public void LinuxImage_AtAnOddOffset_IsRefused() =>
        new VmmHost().Start(Small, (MachineFile.Kernel, CraftedElf.LinuxImage(0x200001, 0x1000, 4096))).End?.Record.Program.Text
            .Should().Be("kernel: the text offset at offset 8 is 0x200001: an even number is wanted");

    public static TheoryData<string, byte[], string> Damaged()
    {
        byte[] good = CraftedElf.Make(0x80200000, Code);
        return new()
        {
            { "empty", [], "image: the file is empty" },
            { "neither", Code, "image: neither an ELF nor a Linux Image (52 53 43 05 at offset 56): raw code is wanted as the kernel (--kernel) or the firmware (--bios)" },
            { "gzip", [0x1f, 0x8b, 8, 0], "image: the file is compressed by gzip (1f 8b at offset 0): the unpacked file is wanted" },
            { "truncated", good[..40], "image: the ELF header is truncated: 40 bytes are there, 64 are wanted" },
            { "32 bit", Changed(good, 4, 1), "image: class and byte order at offset 4 are 1 and 1: 2 (64 bit) and 1 (little-endian) are wanted" },
            { "x86", Changed(good, 18, 62), "image: the machine at offset 18 is 62: 243 (RISC-V) is wanted" },
            { "object file", Changed(good, 16, 1), "image: the type at offset 16 is 1: 2 (executable) or 3 (position-independent) is wanted" },
            { "no table", Changed(good, 33, 0xff), $"image: the program headers (offset 32: at 65344, 56 bytes) lie beyond the file's end at {good.Length}" },
            { "cut segment", Changed(good, 64 + 9, 0xff), $"image: segment 0 (offset 65400, 200 bytes) lies beyond the file's end at {good.Length}" },
            { "elsewhere", CraftedElf.Make(0x1000, Code), "image: 0x1c8 bytes at 0x1000 do not lie in the machine's memory, 0x80000000 to 0x84000000" },
            { "entry", CraftedElf.Make(0x80200000, Code, entry: 0x80300000), "image: the entry at offset 24 is 0x80300000: an even address in a loadable segment is wanted" },
            { "nothing loadable", Changed(good, 64, 4), "image: no program header is loadable (type 1): there is nothing to run" },
            { "too big", CraftedElf.LinuxImage(0x200000, 0x10000000, 4096), "image: 0x10000000 bytes at 0x80200000 do not lie in the machine's memory, 0x80000000 to 0x84000000" },
            { "tohost", CraftedElf.Make(0x80000000, Code, symbols: ("tohost", 0x1000)), "image: the symbol tohost is at 0x1000: a multiple of 8 in the machine's memory, 0x80000000 to 0x84000000, is wanted" },
        };

        static byte[] Changed(byte[] file, int at, byte value)
        {
            file = [.. file];
            file[at] = value;
            return file;
        }
    }

    [Theory]
    [MemberData(nameof(Damaged))]
    public void DamagedImages_AreRefusedInOneSentence_AndLeaveNothing(string what, byte[] file, string sentence)
    {
        var host = new VmmHost();
        host.Start(Small);
        int objects = host.Kernel.Objects;
        host = new VmmHost().Start(Small, (MachineFile.Image, file));
        (host.End?.Reason, host.End?.Record.Program.Text).Should().Be((MachineEnd.NotRunnable, sentence), what);
        host.Kernel.Objects.Should().Be(objects);
    }

    [Fact]
    public void Files_ThatDoNotFit_AreNamed()
    {
        Problem((MachineFile.Bios, Code), (MachineFile.Kernel, CraftedElf.Make(0x80000000, Code))).Should()
            .Be("kernel: 0x1c8 bytes at 0x80000000 overlap 0xc8 bytes of bios at 0x80000000");
        Problem((MachineFile.Kernel, Code), (MachineFile.Initrd, new byte[70 << 20])).Should().StartWith("initrd: its 73400320 bytes do not fit into 67108864 bytes of memory");
        Problem().Should().Be("there is nothing to boot: an image, a kernel or a bios is wanted");
        Problem((MachineFile.Kernel, Code), (MachineFile.Image, Code)).Should().Be("image and kernel are both given to be booted: one image or one kernel is wanted");

        static string? Problem(params (MachineFile, byte[])[] files) => new VmmHost().Start(Small, files).End?.Record.Program.Text;
    }

    [Fact]
    public void RandomBytesInAnElf_NeverThrow()
    {
        var random = new Random(20250302);
        byte[] good = CraftedElf.Make(0x80200000, Code, symbols: [("tohost", 0x80200000), ("begin_signature", 0x80200010)]);
        for (int i = 0; i < TestScale.Of(3000); i++)
        {
            byte[] file = [.. good];
            for (int changes = random.Next(1, 6); changes > 0; changes--)
            {
                file[random.Next(file.Length)] = (byte)random.Next(256);
            }

            if (MachineElf.TryParse(Contents(file[..(random.Next(4) == 0 ? random.Next(file.Length) : file.Length)]), 0x80000000, out var elf, out _))
            {
                elf.TryReadSymbols(out _, out _);
            }
        }
    }

    private static BootContents Contents(byte[] file)
    {
        var kernel = new FakeKernel();
        return new BootContents(new MemoryCapability(new Invoker(kernel, 16), kernel.Put(file)), (ulong)file.Length);
    }
}

namespace ObjectOS.Machine.Isa;

/// <summary>The instruction-set extensions a row can belong to.</summary>
[Flags]
internal enum Extensions : uint
{
    /// <summary>Nothing: every instruction is illegal.</summary>
    None = 0,

    I = 1 << 0,
    M = 1 << 1,
    A = 1 << 2,
    F = 1 << 3,
    D = 1 << 4,
    C = 1 << 5,
    Zicsr = 1 << 6,
    Zifencei = 1 << 7,
    Zba = 1 << 8,
    Zbb = 1 << 9,
    Zbs = 1 << 10,
    Zicond = 1 << 11,
    Zihintpause = 1 << 12,

    /// <summary>mret, sret, wfi and sfence.vma; whether a mode may execute them is the executor's question.</summary>
    Privileged = 1 << 13,

    Svinval = 1 << 14,
    Zicbom = 1 << 15,
    Zicboz = 1 << 16,
    Zbc = 1 << 17,
    Zbkb = 1 << 18,
    Zbkx = 1 << 19,
    Zfh = 1 << 20,
}

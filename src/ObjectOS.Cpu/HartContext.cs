using System.Runtime.CompilerServices;

namespace ObjectOS.Cpu;

/// <summary>What a hart context is run as.</summary>
public enum HartMode : byte
{
    /// <summary>User code; every trap comes back.</summary>
    User,

    /// <summary>
    /// An S/U hart with its own stage-1 tables and traps; comes back for calls of its SBI, accesses outside of its memory, and WFI.
    /// </summary>
    Supervisor,

    /// <summary>A whole M/S/U hart; comes back for accesses outside of its memory, and WFI.</summary>
    Machine,
}

/// <summary>The integer registers x0–x31 (x0 reads as written by the holder and is taken as 0).</summary>
[InlineArray(32)]
public struct IntegerRegisters
{
    private ulong _x;
}

/// <summary>The floating-point registers f0–f31, 64 bits each, narrower values NaN-boxed.</summary>
[InlineArray(32)]
public struct FloatRegisters
{
    private ulong _f;
}

/// <summary>The whole architectural state of a hart. Plain data: it can be copied, compared, saved and sent anywhere.</summary>
public sealed class HartContext
{
    /// <summary>No address is reserved.</summary>
    public const ulong NoReservation = ulong.MaxValue;

    /// <summary>x0–x31.</summary>
    public IntegerRegisters X;

    /// <summary>f0–f31.</summary>
    public FloatRegisters F;

    /// <summary>The address of the next instruction.</summary>
    public ulong Pc;

    /// <summary>fflags in bits 4–0, frm in bits 7–5 (unprivileged specification, chapter "F").</summary>
    public uint Fcsr;

    /// <summary>What the context is run as.</summary>
    public HartMode Mode;

    /// <summary>
    /// The address that LR reserved, or <see cref="NoReservation"/>. A kernel clears it when another thread that can write there has run.
    /// </summary>
    public ulong Reservation = NoReservation;

    /// <summary>The bytes that LR read at the reserved address; SC succeeds only while memory still holds them.</summary>
    public ulong ReservedValue;

    /// <summary>Instructions retired by this context, what <c>instret</c> reads.</summary>
    public ulong Retired;

    /// <summary>Privilege mode and CSRs; null for <see cref="HartMode.User"/>.</summary>
    public PrivilegedState? System;

    /// <summary>Makes this context equal to <paramref name="other"/>.</summary>
    public void CopyFrom(HartContext other)
    {
        X = other.X;
        F = other.F;
        Pc = other.Pc;
        Fcsr = other.Fcsr;
        Mode = other.Mode;
        Reservation = other.Reservation;
        ReservedValue = other.ReservedValue;
        Retired = other.Retired;
        System = other.System?.Clone();
    }

    /// <summary>Writes the state, words of 64 bits, little-endian: 70, and those of <see cref="System"/> where the mode has one.</summary>
    public void Save(BinaryWriter writer)
    {
        foreach (var x in X)
        {
            writer.Write(x);
        }

        foreach (var f in F)
        {
            writer.Write(f);
        }

        writer.Write(Pc);
        writer.Write((ulong)Fcsr);
        writer.Write((ulong)Mode);
        writer.Write(Reservation);
        writer.Write(ReservedValue);
        writer.Write(Retired);
        System?.Save(writer);
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        for (int i = 0; i < 32; i++)
        {
            X[i] = reader.ReadUInt64();
        }

        for (int i = 0; i < 32; i++)
        {
            F[i] = reader.ReadUInt64();
        }

        Pc = reader.ReadUInt64();
        Fcsr = (uint)reader.ReadUInt64();
        Mode = (HartMode)reader.ReadUInt64();
        Reservation = reader.ReadUInt64();
        ReservedValue = reader.ReadUInt64();
        Retired = reader.ReadUInt64();
        System = Mode == HartMode.User ? null : new PrivilegedState();
        System?.Restore(reader);
    }
}

using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm.Tests;

/// <summary>What an SBI does to a hart beyond its registers, seen by a program on a real one.</summary>
public sealed class SbiGuestTests
{
    /// <summary>
    /// A legacy call whose mask is nowhere faults at its ecall (SBI specification v2.0, "Legacy Extensions"); a non-retentive suspend ends with the timer, starts at its address with its words
    /// ("Hart State Management Extension"), and leaves the timer's interrupt pending.
    /// </summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void LegacyCallFaults_AndSuspendStartsAnew(bool isSuspending, bool isReborn)
    {
        uint[] words =
        [
            0x00000297, // auipc t0,0x0
            0x01c28293, // add t0,t0,28
            0x10529073, // csrw stvec,t0
            0x00001537, // lui a0,0x1
            0x00400893, // li a7,4
            0x00000073, // ecall
            0x0780006f, // j 80200090
            0x14202373, // csrr t1,scause
            0x00500393, // li t2,5
            0x06731663, // bne t1,t2,80200090
            0x14302373, // csrr t1,stval
            0x06a31263, // bne t1,a0,80200090
            0xc01022f3, // rdtime t0
            0x3e828293, // add t0,t0,1000
            0x14d29073, // csrw stimecmp,t0
            0x02000313, // li t1,32
            0x10431073, // csrw sie,t1
            0x004858b7, // lui a7,0x485
            0x34d88893, // add a7,a7,845
            0x00300813, // li a6,3
            0x80000537, // lui a0,0x80000
            0x00000597, // auipc a1,0x0
            0x01458593, // add a1,a1,20
            0x04d00613, // li a2,77
            0x00000073, // ecall
            0x02c0006f, // j 80200090
            0x04d00293, // li t0,77
            0x02559263, // bne a1,t0,80200090
            0x02051063, // bnez a0,80200090
            0x14402373, // csrr t1,sip
            0x02037313, // and t1,t1,32
            0x00030a63, // beqz t1,80200090
            0x10402373, // csrr t1,sie
            0x00031663, // bnez t1,80200090
            0x00000593, // li a1,0
            0x0080006f, // j 80200094
            0x00100593, // li a1,1
            0x535258b7, // lui a7,0x53525
            0x35488893, // add a7,a7,852
            0x00000813, // li a6,0
            0x00000513, // li a0,0
            0x00000073, // ecall
        ];
        var code = new byte[words.Length * 4];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan(i * 4), words[i]);
        }

        using var host = new MachineHost(isSuspending, isReborn);
        host.Run(new MachineRequest { Memory = 16 << 20 }, "", 20_000, (MachineFile.Kernel, code)).Reason.Should().Be(MachineEnd.PowerOff, "anything else says 1");
    }
}

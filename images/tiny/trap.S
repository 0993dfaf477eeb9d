# Traps. In the kernel sscratch is 0 and tp the hart; in user mode sscratch is the hart.
    .equ HART_CURRENT, 0
    .equ HART_STACK, 8
    .equ HART_SCRATCH, 16
    .equ FRAME_PC, 256
    .equ FRAME_SIZE, 272

    .macro each_register op, base
    \op x1, 8(\base)
    \op x3, 24(\base)
    \op x5, 40(\base)
    \op x6, 48(\base)
    \op x7, 56(\base)
    \op x8, 64(\base)
    \op x9, 72(\base)
    \op x11, 88(\base)
    \op x12, 96(\base)
    \op x13, 104(\base)
    \op x14, 112(\base)
    \op x15, 120(\base)
    \op x16, 128(\base)
    \op x17, 136(\base)
    \op x18, 144(\base)
    \op x19, 152(\base)
    \op x20, 160(\base)
    \op x21, 168(\base)
    \op x22, 176(\base)
    \op x23, 184(\base)
    \op x24, 192(\base)
    \op x25, 200(\base)
    \op x26, 208(\base)
    \op x27, 216(\base)
    \op x28, 224(\base)
    \op x29, 232(\base)
    \op x30, 240(\base)
    \op x31, 248(\base)
    .endm

    .text
    .balign 4
    .globl trap_entry
trap_entry:
    csrrw tp, sscratch, tp
    bnez tp, from_user

# From the kernel: the frame goes on the stack, and the kernel goes on.
    csrrw tp, sscratch, zero
    addi sp, sp, -FRAME_SIZE
    each_register sd, sp
    sd x10, 80(sp)
    csrr t0, sepc
    sd t0, FRAME_PC(sp)
    mv a0, sp
    call kernel_trap
    ld t0, FRAME_PC(sp)
    csrw sepc, t0
    each_register ld, sp
    ld x10, 80(sp)
    addi sp, sp, FRAME_SIZE
    sret

# From a process: the frame is the beginning of its record. The hart's stack is empty; what ran on it before is over.
from_user:
    sd sp, HART_SCRATCH(tp)
    ld sp, HART_CURRENT(tp)
    each_register sd, sp
    sd x10, 80(sp)
    ld t0, HART_SCRATCH(tp)
    sd t0, 16(sp)
    csrrw t0, sscratch, zero
    sd t0, 32(sp)
    csrr t0, sepc
    sd t0, FRAME_PC(sp)
    mv a0, sp
    ld sp, HART_STACK(tp)
    call user_trap
    unimp

# enter_user(frame)
    .globl enter_user
enter_user:
    ld t0, FRAME_PC(a0)
    csrw sepc, t0
    csrw sscratch, tp
    each_register ld, a0
    ld x2, 16(a0)
    ld x4, 32(a0)
    ld x10, 80(a0)
    sret

# Accesses that may fault: 1 if they did. The trap handler goes on at recover when it is set, with a0 = 1.
    .macro probe name, instruction:vararg
    .globl \name
\name:
    la t0, 1f
    sd t0, HART_RECOVER(tp)
    mv t1, a0
    li a0, 0
    \instruction
    j 2f
1:  li a0, 1
2:  sd zero, HART_RECOVER(tp)
    ret
    .endm
    .equ HART_RECOVER, 56

    probe faults_load, lb t2, (t1)
    probe faults_store, sb zero, (t1)

# A call: what it finds there, if it may, is a return.
    .globl faults_fetch
faults_fetch:
    la t0, 1f
    sd t0, HART_RECOVER(tp)
    mv t1, a0
    mv t2, ra
    li a0, 0
    jalr ra, t1
    j 2f
1:  li a0, 1
2:  sd zero, HART_RECOVER(tp)
    jr t2

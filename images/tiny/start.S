# The entry from the firmware: a0 = hart, a1 = device tree, supervisor mode, no paging, interrupts disabled.
    .section .text.start, "ax"
    .equ HART_ID, 24
    .equ HART_STACK, 8
    .equ HART_SIZE, 88
    .equ KERNEL_STACK, 8192
    .globl _start
_start:
    la t0, entered
    li t1, 1
    amoadd.w.aqrl t1, t1, (t0)
    bnez t1, hart_start
    la t0, bss_start
    la t1, bss_end
1:  bgeu t0, t1, 2f
    sd zero, (t0)
    addi t0, t0, 8
    j 1b
2:  la sp, stacks + KERNEL_STACK
    call kernel_main
    unimp

# The entry of every further hart: a0 = hart. OpenSBI 1.1 may bring it to _start instead, and with another a1 than the kernel asked for, when
# the hart is told to start before it has come to its place of waiting; so it finds its struct hart by its own name.
    .globl hart_start
hart_start:
    la t0, harts_known
    lw t0, (t0)
    fence r, rw
    beqz t0, hart_start
    la tp, harts
3:  ld t0, HART_ID(tp)
    beq t0, a0, 4f
    addi tp, tp, HART_SIZE
    j 3b
4:  ld sp, HART_STACK(tp)
    call hart_main
    unimp

    .data
    .balign 4
entered:
    .4byte 0
    .globl harts_known
harts_known:
    .4byte 0

# The user programs. Their pages are mapped where they lie, hence the alignment.
    .section .rodata
    .balign 4096
    .globl user_image
user_image:
    .incbin "user.elf"
    .balign 4096

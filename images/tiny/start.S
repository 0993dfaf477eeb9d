# The entry from the firmware: a0 = hart, a1 = device tree, supervisor mode, no paging, interrupts disabled.
    .section .text.start, "ax"
    .globl _start
_start:
    la t0, bss_start
    la t1, bss_end
1:  bgeu t0, t1, 2f
    sd zero, (t0)
    addi t0, t0, 8
    j 1b
2:  la sp, stacks + 8192
    call kernel_main
    unimp

# The entry of every further hart: a1 = its struct hart.
    .globl hart_start
hart_start:
    mv tp, a1
    ld sp, 8(tp)
    call hart_main
    unimp

# The user programs. Their pages are mapped where they lie, hence the alignment.
    .section .rodata
    .balign 4096
    .globl user_image, user_image_end
user_image:
    .incbin "user.elf"
user_image_end:
    .balign 4096

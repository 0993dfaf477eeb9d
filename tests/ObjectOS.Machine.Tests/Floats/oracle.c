/*
 * Executes real F and D instructions on operands from standard input. FloatOracle.cs compiles this for riscv64, runs it under
 * qemu-riscv64 and compares. One record in: operation, rounding mode (32 bits each), a, b, c (64 bits each). One record out:
 * result register, fflags (64 bits each). The numbering of operations is that of FloatOperations.cs.
 */
#include <stdint.h>
#include <stdio.h>

struct request { uint32_t operation, rounding; uint64_t a, b, c; };
struct answer { uint64_t result, flags; };

/* fa0 to fa2 hold a to c as they are: single operands that are not NaN-boxed are part of the test. */
#define EXECUTE(text)                                                         \
    __asm__ volatile("fsrm %[rounding]\n\tfsflags zero\n\t"                   \
                     "fmv.d.x fa0, %[a]\n\tfmv.d.x fa1, %[b]\n\tfmv.d.x fa2, %[c]\n\t" \
                     text "\n\tfrflags %[flags]"                              \
                     : [result] "=&r"(out.result), [flags] "=&r"(out.flags)   \
                     : [rounding] "r"((uint64_t)in.rounding), [a] "r"(in.a), [b] "r"(in.b), [c] "r"(in.c) \
                     : "fa0", "fa1", "fa2")

#define TO_FLOAT(number, text) case number: EXECUTE(text "\n\tfmv.x.d %[result], fa0"); break;
#define TO_INTEGER(number, text) case number: EXECUTE(text); break;

#define FORMAT(base, f)                                        \
    TO_FLOAT(base + 0, "fadd." f " fa0, fa0, fa1")             \
    TO_FLOAT(base + 1, "fsub." f " fa0, fa0, fa1")             \
    TO_FLOAT(base + 2, "fmul." f " fa0, fa0, fa1")             \
    TO_FLOAT(base + 3, "fdiv." f " fa0, fa0, fa1")             \
    TO_FLOAT(base + 4, "fsqrt." f " fa0, fa0")                 \
    TO_FLOAT(base + 5, "fmadd." f " fa0, fa0, fa1, fa2")       \
    TO_FLOAT(base + 6, "fmsub." f " fa0, fa0, fa1, fa2")       \
    TO_FLOAT(base + 7, "fnmsub." f " fa0, fa0, fa1, fa2")      \
    TO_FLOAT(base + 8, "fnmadd." f " fa0, fa0, fa1, fa2")      \
    TO_FLOAT(base + 9, "fmin." f " fa0, fa0, fa1")             \
    TO_FLOAT(base + 10, "fmax." f " fa0, fa0, fa1")            \
    TO_FLOAT(base + 11, "fsgnj." f " fa0, fa0, fa1")           \
    TO_FLOAT(base + 12, "fsgnjn." f " fa0, fa0, fa1")          \
    TO_FLOAT(base + 13, "fsgnjx." f " fa0, fa0, fa1")          \
    TO_INTEGER(base + 14, "feq." f " %[result], fa0, fa1")     \
    TO_INTEGER(base + 15, "flt." f " %[result], fa0, fa1")     \
    TO_INTEGER(base + 16, "fle." f " %[result], fa0, fa1")     \
    TO_INTEGER(base + 17, "fclass." f " %[result], fa0")       \
    TO_INTEGER(base + 18, "fcvt.w." f " %[result], fa0")       \
    TO_INTEGER(base + 19, "fcvt.wu." f " %[result], fa0")      \
    TO_INTEGER(base + 20, "fcvt.l." f " %[result], fa0")       \
    TO_INTEGER(base + 21, "fcvt.lu." f " %[result], fa0")      \
    TO_FLOAT(base + 22, "fcvt." f ".w fa0, %[a]")              \
    TO_FLOAT(base + 23, "fcvt." f ".wu fa0, %[a]")             \
    TO_FLOAT(base + 24, "fcvt." f ".l fa0, %[a]")              \
    TO_FLOAT(base + 25, "fcvt." f ".lu fa0, %[a]")

int main(void)
{
    struct request in;
    struct answer out;
    while (fread(&in, sizeof in, 1, stdin) == 1) {
        switch (in.operation) {
        FORMAT(0, "s")
        FORMAT(26, "d")
        TO_FLOAT(52, "fcvt.s.d fa0, fa0")
        TO_FLOAT(53, "fcvt.d.s fa0, fa0")
        default: return 1;
        }
        if (fwrite(&out, sizeof out, 1, stdout) != 1)
            return 1;
    }
    return 0;
}

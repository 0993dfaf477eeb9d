using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>The way of a managed program, or of the host as root, into the kernel.</summary>
internal sealed class ManagedPort(Kernel kernel, Cell cell) : IInvocationPort
{
    public ulong Now => kernel.Now;

    public KernelStatus Invoke(Call number, ref InvocationFrame frame, ReadOnlySpan<byte> source = default, Span<byte> destination = default)
    {
        if (InvocationTable.Find((ulong)number) is not { } row)
        {
            frame[0] = (ulong)KernelStatus.UnknownInvocation;
            return KernelStatus.UnknownInvocation;
        }

        kernel.NoteOutsideWork();
        KernelStatus status;
        do
        {
            // Long work proceeds in the same bounded steps as for machine code; here nobody has to be let in between.
            var call = new Invocation(kernel, row, cell, null, ref frame, source, destination);
            status = Dispatcher.Invoke(ref call);
        }
        while (status == Outcome.Again);
        frame[0] = (ulong)status;
        return status;
    }
}

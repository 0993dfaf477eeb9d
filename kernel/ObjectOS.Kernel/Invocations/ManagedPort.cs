using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>The way of a managed program, or of the host as root, into the kernel. The host's long work is done at once, a program's in steps.</summary>
internal sealed class ManagedPort(Kernel kernel, Cell cell, bool isHost = false) : IInvocationPort
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
            // Long work proceeds in the same bounded steps as for machine code; a program decides itself whom it lets in between.
            var call = new Invocation(kernel, row, cell, null, ref frame, source, destination);
            status = Dispatcher.Invoke(ref call);
        }
        while (status == Outcome.Again && isHost);
        status = status == Outcome.Again ? KernelStatus.InProgress : status;
        frame[0] = (ulong)status;
        return status;
    }
}

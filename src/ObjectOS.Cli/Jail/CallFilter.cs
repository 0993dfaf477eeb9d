namespace ObjectOS.Cli.Jail;

/// <summary>The filter of a confined tool: a program in BPF that Linux asks about each system call.</summary>
/// <remarks>
/// Source: seccomp(2), uapi/linux/filter.h. A call is looked for among those with conditions, then among those that are always allowed, then among those
/// that end the process; any other one fails with EPERM.
/// </remarks>
internal sealed class CallFilter
{
    private const int Load = 0x20, JumpIfEqual = 0x15, JumpIfAtLeast = 0x35, JumpIfAbove = 0x25, JumpIfAnyBit = 0x45, And = 0x54, Return = 0x06;
    private const uint Allow = 0x7fff0000, Fail = 0x00050000, Kill = 0x80000000;
    private const uint NotPermitted = 1, NoSuchCall = 38; // EPERM, ENOSYS
    private const uint NumberAt = 0, ArchitectureAt = 4, ArgumentsAt = 16;
    private const uint X64 = 0xc000003e; // AUDIT_ARCH_X86_64

    private readonly List<ulong> _code = [];

    private CallFilter()
    {
    }

    /// <summary>Makes the filter for a run.</summary>
    /// <param name="grants">What it needs.</param>
    /// <param name="process">The number of this process, the only one that it may send signals to.</param>
    public static ulong[] Create(JailGrants grants, int process)
    {
        var filter = new CallFilter();
        filter.Add(Load, ArchitectureAt);
        filter.Add(JumpIfEqual, X64, 1);
        filter.Add(Return, Kill);
        filter.Add(Load, NumberAt);
        filter.AddConditions(grants, (uint)process);
        filter.AddAllowed(Calls.Allowed(grants));
        foreach (int number in Calls.Fatal)
        {
            filter.When(number, body => body.Add(Return, Kill));
        }

        filter.Add(Return, Fail | NotPermitted);
        return [.. filter._code];
    }

    private void AddConditions(JailGrants grants, uint process)
    {
        // No memory that is written and executed, and none that becomes executable after it was written here.
        When(Calls.Mmap, body =>
        {
            body.LoadArgument(2);
            body.Add(And, Calls.WriteAndExecute);
            body.AllowUnless(JumpIfEqual, Calls.WriteAndExecute);
        });
        WithoutBits(Calls.Mprotect, 2, Calls.Execute);

        // Threads, no processes. What clone3 gets lies in memory, where a filter does not see it; the C library then takes clone.
        When(Calls.Clone, body =>
        {
            body.LoadArgument(0);
            body.Add(JumpIfAnyBit, Calls.OfAThread, 1);
            body.Add(Return, Fail | NotPermitted);
            body.AllowUnless(JumpIfAnyBit, Calls.Namespaces);
        });
        When(Calls.Clone3, body => body.Add(Return, Fail | NoSuchCall));
        OneOf(Calls.Kill, 0, process);
        OneOf(Calls.Tgkill, 0, process);

        OneOf(Calls.Ioctl, 1, Calls.Ioctls);
        OneOf(Calls.Fcntl, 1, Calls.Fcntls);
        OneOf(Calls.Prctl, 0, Calls.Prctls);
        When(Calls.Prlimit, body =>
        {
            // Asking alone: no new limit, a pointer, is given.
            body.LoadArgument(2);
            body.Add(JumpIfEqual, 0, 1);
            body.Add(Return, Fail | NotPermitted);
            body.Add(Load, ArgumentsAt + (2 * 8) + 4);
            body.Add(JumpIfEqual, 0, 1);
            body.Add(Return, Fail | NotPermitted);
            body.Add(Return, Allow);
        });
        if (!grants.OpensForWriting)
        {
            WithoutBits(Calls.Openat, 2, Calls.OpenForWriting);
        }

        if (grants.MakesSockets)
        {
            OneOf(Calls.Socket, 0, Calls.Families);
        }
    }

    /// <summary>Adds what is always allowed, as ranges of numbers: Linux tries the filter on every number when it is installed.</summary>
    private void AddAllowed(IEnumerable<int> calls)
    {
        int[] numbers = [.. calls];
        Array.Sort(numbers);
        for (int i = 0, next; i < numbers.Length; i = next)
        {
            for (next = i + 1; next < numbers.Length && numbers[next] <= numbers[next - 1] + 1; next++)
            {
            }

            Add(JumpIfAtLeast, (uint)numbers[i], 0, 2);
            Add(JumpIfAbove, (uint)numbers[next - 1], 1);
            Add(Return, Allow);
        }
    }

    private void OneOf(int number, int argument, params uint[] values) => When(number, body =>
    {
        body.LoadArgument(argument);
        foreach (uint value in values)
        {
            body.Add(JumpIfEqual, value, 0, 1);
            body.Add(Return, Allow);
        }

        body.Add(Return, Fail | NotPermitted);
    });

    private void WithoutBits(int number, int argument, uint bits) => When(number, body =>
    {
        body.LoadArgument(argument);
        body.AllowUnless(JumpIfAnyBit, bits);
    });

    /// <summary>Adds what decides on one call. It returns on every way.</summary>
    private void When(int number, Action<CallFilter> decide)
    {
        var body = new CallFilter();
        decide(body);
        Add(JumpIfEqual, (uint)number, 0, body._code.Count);
        _code.AddRange(body._code);
    }

    private void AllowUnless(int jump, uint value)
    {
        Add(jump, value, 0, 1);
        Add(Return, Fail | NotPermitted);
        Add(Return, Allow);
    }

    // All arguments that are looked at are ints to Linux, but for the pointer above: the upper half does not matter.
    private void LoadArgument(int number) => Add(Load, ArgumentsAt + (8 * (uint)number));

    private void Add(int code, uint value, int ifTrue = 0, int ifFalse = 0) => _code.Add((uint)code | (ulong)ifTrue << 16 | (ulong)ifFalse << 24 | (ulong)value << 32);
}

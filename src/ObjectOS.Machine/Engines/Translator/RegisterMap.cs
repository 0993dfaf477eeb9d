using System.Collections.Immutable;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>
/// Which integer registers of the guest live in registers of the host while translated code runs: always the same ten, so that no state
/// has to be
/// moved where translations meet. rax, rcx and rdx are for the code's own use, rbp is the state, r15 the budget.
/// </summary>
internal static class RegisterMap
{
    /// <summary>Register of the guest, register of the host.</summary>
    public static readonly ImmutableArray<(int Guest, int Host)> Pairs =
        [(15, 3), (14, 6), (10, 7), (13, 8), (2, 9), (8, 10), (12, 11), (11, 12), (9, 13), (16, 14)];

    private static readonly ImmutableArray<int> Hosts = MakeHosts();

    /// <summary>The host's register; −1: the register is in memory.</summary>
    public static int HostOf(int guest) => Hosts[guest];

    private static ImmutableArray<int> MakeHosts()
    {
        int[] hosts = new int[64];
        Array.Fill(hosts, -1);
        foreach (var (guest, host) in Pairs)
            hosts[guest] = host;
        return [.. hosts];
    }
}

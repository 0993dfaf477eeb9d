namespace ObjectOS.Cpu;

/// <summary>
/// Who pays for pages. Accounts form a tree; a page is charged to one account and counts against the limit of each account
/// above it, so that the sum of all charges is the number of live frames. All numbers are pages of 4 KiB.
/// </summary>
/// <remarks>Counts may be read from any host thread; changes are made on the kernel's.</remarks>
public interface IMemoryAccount
{
    /// <summary>The account that this one is carved from; null for a machine's.</summary>
    IMemoryAccount? Parent { get; }

    /// <summary>Most pages that this account and those below it may hold together.</summary>
    ulong Limit { get; }

    /// <summary>Pages that are guaranteed: they count against the accounts above now, whether they are charged or not.</summary>
    ulong Reserved { get; }

    /// <summary>What counts against <see cref="Limit"/>: pages charged here, and for each account below what it uses or has reserved.</summary>
    ulong Used { get; }

    /// <summary>Pages charged here and below.</summary>
    ulong Charged { get; }

    /// <summary>Pages charged to this very account.</summary>
    ulong ChargedHere { get; }

    /// <summary>The highest that <see cref="Charged"/> has been.</summary>
    ulong Peak { get; }

    /// <summary>Changes the limit; below <see cref="Charged"/> it stops growth and takes nothing away.</summary>
    void SetLimit(ulong pages);

    /// <summary>Guarantees so many pages from now on, 0 for none, in place of what was guaranteed before. False: an account above cannot pay, or the limit is less; nothing has changed.</summary>
    /// <exception cref="InvalidOperationException">It is a machine's own account, or closed.</exception>
    bool TryReserve(ulong pages);

    /// <summary>True once it was closed, or one above it.</summary>
    bool IsClosed { get; }

    /// <summary>Makes an account below this one.</summary>
    /// <exception cref="InvalidOperationException">This one is closed.</exception>
    IMemoryAccount CreateChild(ulong limit);

    /// <summary>Ends the account: pages still charged to it and to those below (they are shared with somebody) are charged to its parent from now on.</summary>
    /// <exception cref="InvalidOperationException">It is a machine's own account.</exception>
    void Close();
}

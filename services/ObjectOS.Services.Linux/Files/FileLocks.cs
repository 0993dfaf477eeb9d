namespace ObjectOS.Services.Linux;

/// <summary>Which file a lock is of: a grant of the host (−1: the tree in memory), and the number of its inode there.</summary>
internal readonly record struct LockKey(int Grant, ulong Inode) : IComparable<LockKey>
{
    public int CompareTo(LockKey other) => Grant != other.Grant ? Grant.CompareTo(other.Grant) : Inode.CompareTo(other.Inode);

    /// <summary>The key of an open file; null: it is of a kind that has no locks.</summary>
    public static LockKey? Of(OpenFile file) =>
        file.Handle != 0 ? new LockKey(file.Grant, file.HostStatus.Inode) : file.Inode is { } inode ? new LockKey(-1, inode.Number) : null;
}

/// <summary>Who holds a lock: a process by its number, or an open file.</summary>
internal readonly record struct LockOwner(bool IsFile, ulong Number);

/// <summary>A lock on a range of a file. Those of flock(2) are of another kind than those of fcntl(2), and know nothing of each other.</summary>
/// <param name="Owner">Who holds it.</param>
/// <param name="IsWhole">True for one of flock(2).</param>
/// <param name="IsExclusive">False: others may hold shared ones, too.</param>
/// <param name="Start">The first byte.</param>
/// <param name="End">The first byte after it; the largest number: it has no end.</param>
/// <param name="Process">The process that has set it.</param>
internal sealed record FileLock(LockOwner Owner, bool IsWhole, bool IsExclusive, ulong Start, ulong End, int Process)
{
    public bool Overlaps(FileLock other) => IsWhole == other.IsWhole && Start < other.End && other.Start < End;

    public bool Conflicts(FileLock other) => Owner != other.Owner && Overlaps(other) && (IsExclusive || other.IsExclusive);
}

/// <summary>The locks that the programs of a job hold on files (fcntl(2), "Advisory record locking"; flock(2)).</summary>
internal sealed class FileLocks(Job job)
{
    /// <summary>Bytes of the host that a lock takes, as they count against what the job may hold.</summary>
    private const ulong Cost = 160;

    /// <summary>Virtual instructions of a lock that is looked at.</summary>
    private const int CostOfLook = 12;

    private readonly SortedDictionary<LockKey, LockList> _files = [];

    /// <summary>Most locks on one file: each call looks at all of them.</summary>
    private const int MostOfFile = 4096;

    /// <summary>For each thread that waits for a record lock: its process, and the process whose lock is in its way.</summary>
    private readonly SortedDictionary<ulong, (int Process, int Blocker)> _waiting = [];

    private sealed class LockList(ulong wait)
    {
        /// <summary>What those wait for who want a lock.</summary>
        public ulong Wait => wait;

        public List<FileLock> Locks { get; } = [];
    }

    /// <summary>The first lock that is in the way of another; null: none is.</summary>
    public FileLock? FindConflict(LockKey key, FileLock wanted)
    {
        if (!_files.TryGetValue(key, out var list))
        {
            return null;
        }

        job.System.Spend(list.Locks.Count * CostOfLook);
        return list.Locks.Find(held => held.Conflicts(wanted));
    }

    /// <summary>Sets a lock that nothing is in the way of. False: the job may hold no more.</summary>
    public bool TrySet(LockKey key, FileLock wanted)
    {
        if (!job.Tree.HasRoomFor(2 * Cost))
        {
            return false;
        }

        if (!_files.TryGetValue(key, out var list))
        {
            _files.Add(key, list = new LockList(job.System.NewId()));
        }

        if (list.Locks.Count >= MostOfFile)
        {
            return false;
        }

        bool wasHeld = Cut(list, wanted);
        var same = list.Locks.FindAll(held => held.Owner == wanted.Owner && held.IsWhole == wanted.IsWhole && held.IsExclusive == wanted.IsExclusive
            && held.Start <= wanted.End && wanted.Start <= held.End);
        foreach (var held in same)
        {
            Drop(list, held);
            wanted = wanted with { Start = Math.Min(wanted.Start, held.Start), End = Math.Max(wanted.End, held.End) };
        }

        Add(list, wanted);
        if (wasHeld)
        {
            job.System.Wake(list.Wait); // An exclusive one may have become a shared one.
        }

        return true;
    }

    /// <summary>Takes what an owner holds of a range away. False: a lock would be split, and the job may hold no more.</summary>
    public bool TryClear(LockKey key, FileLock range)
    {
        if (!_files.TryGetValue(key, out var list))
        {
            return true;
        }

        bool splits = list.Locks.Exists(held => held.Owner == range.Owner && held.Overlaps(range) && held.Start < range.Start && held.End > range.End);
        if (splits && (!job.Tree.HasRoomFor(Cost) || list.Locks.Count >= MostOfFile))
        {
            return false;
        }

        if (Cut(list, range))
        {
            End(key, list, range.Owner);
        }

        return true;
    }

    /// <summary>Takes all that an owner holds of a file away.</summary>
    public void Release(LockKey key, LockOwner owner)
    {
        if (!_files.TryGetValue(key, out var list))
        {
            return;
        }

        job.System.Spend(list.Locks.Count * CostOfLook);
        int removed = list.Locks.RemoveAll(held => held.Owner == owner);
        job.Tree.Return((ulong)removed * Cost);
        if (removed > 0)
        {
            End(key, list, owner);
        }
    }

    /// <summary>Has a call wait until a lock of the file is given back; EDEADLK if those that are in its way wait for its own process.</summary>
    public CallResult WaitFor(LinuxCall call, LockKey key, FileLock conflict)
    {
        const int MostSteps = 64;
        int at = conflict.Process;
        for (int steps = 0; steps < MostSteps && !conflict.Owner.IsFile; steps++)
        {
            if (at == call.Process.Id)
            {
                return Errno.EDEADLK;
            }

            int process = at;
            at = _waiting.Values.FirstOrDefault(waiter => waiter.Process == process).Blocker;
            if (at == 0)
            {
                break;
            }
        }

        var result = call.WaitFor(_files[key].Wait);
        if (result.Outcome == CallOutcome.Parked && !conflict.Owner.IsFile)
        {
            _waiting[call.Thread.Number] = (call.Process.Id, conflict.Process);
        }

        return result;
    }

    /// <summary>A thread waits no longer.</summary>
    public void StopWaiting(ulong thread) => _waiting.Remove(thread);

    /// <summary>Cuts what an owner holds of a range out of its locks.</summary>
    /// <returns>True if it held any.</returns>
    private bool Cut(LockList list, FileLock range)
    {
        job.System.Spend(list.Locks.Count * CostOfLook);
        var cut = list.Locks.FindAll(held => held.Owner == range.Owner && held.Overlaps(range));
        foreach (var held in cut)
        {
            Drop(list, held);
            if (held.Start < range.Start)
            {
                Add(list, held with { End = range.Start });
            }

            if (held.End > range.End)
            {
                Add(list, held with { Start = range.End });
            }
        }

        return cut.Count > 0;
    }

    private void Add(LockList list, FileLock held)
    {
        int at = list.Locks.FindIndex(other => other.Start > held.Start);
        list.Locks.Insert(at < 0 ? list.Locks.Count : at, held);
        job.Tree.Hold(Cost);
    }

    private void Drop(LockList list, FileLock held)
    {
        list.Locks.Remove(held);
        job.Tree.Return(Cost);
    }

    /// <summary>Wakes those who wait for locks of a file: an owner has given some back, and blocks no one until their calls have run again.</summary>
    private void End(LockKey key, LockList list, LockOwner owner)
    {
        foreach (ulong thread in _waiting.Where(waiter => !owner.IsFile && (ulong)waiter.Value.Blocker == owner.Number).Select(waiter => waiter.Key).ToArray())
        {
            _waiting.Remove(thread);
        }

        job.System.Wake(list.Wait);
        if (list.Locks.Count == 0)
        {
            _files.Remove(key);
        }
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_files.Count);
        foreach (var (key, list) in _files)
        {
            writer.Write(key.Grant);
            writer.Write(key.Inode);
            writer.Write(list.Wait);
            writer.Write(list.Locks.Count);
            foreach (var held in list.Locks)
            {
                writer.Write(held.Owner.IsFile);
                writer.Write(held.Owner.Number);
                writer.Write(held.IsWhole);
                writer.Write(held.IsExclusive);
                writer.Write(held.Start);
                writer.Write(held.End);
                writer.Write(held.Process);
            }
        }

        writer.Write(_waiting.Count);
        foreach (var (thread, (process, blocker)) in _waiting)
        {
            writer.Write(thread);
            writer.Write(process);
            writer.Write(blocker);
        }
    }

    public void Restore(BinaryReader reader)
    {
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var key = new LockKey(reader.ReadInt32(), reader.ReadUInt64());
            var list = new LockList(reader.ReadUInt64());
            for (int locks = reader.ReadInt32(); locks > 0; locks--)
            {
                var owner = new LockOwner(reader.ReadBoolean(), reader.ReadUInt64());
                list.Locks.Add(new FileLock(owner, reader.ReadBoolean(), reader.ReadBoolean(), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadInt32()));
            }

            _files.Add(key, list);
        }

        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            _waiting.Add(reader.ReadUInt64(), (reader.ReadInt32(), reader.ReadInt32()));
        }
    }
}

namespace ObjectOS.Services.Linux;

/// <summary>A process's descriptors, by number.</summary>
internal sealed class DescriptorTable(Job job, int process)
{
    public const int Limit = 1024;

    private const int SearchedPerWork = 2;

    private (OpenFile? File, bool CloseOnExec)[] _open = new (OpenFile?, bool)[16];
    private int _count;

    /// <summary>No number below it is free.</summary>
    private int _lowest;

    /// <summary>One more than the highest number that may be open.</summary>
    private int _end;

    /// <summary>New descriptors have numbers below this (RLIMIT_NOFILE).</summary>
    public int Most { get; set; } = Limit;

    /// <summary>The open numbers, ascending.</summary>
    public IEnumerable<int> Numbers
    {
        get
        {
            for (int i = Next(0); i >= 0; i = Next(i + 1))
            {
                yield return i;
            }
        }
    }

    /// <summary>The lowest open number that is not below <paramref name="from"/>; −1: there is none.</summary>
    public int Next(int from)
    {
        for (int i = Math.Max(0, from); i < _end; i++)
        {
            if (_open[i].File is not null)
            {
                return i;
            }
        }

        return -1;
    }

    public OpenFile? Find(int descriptor) => (uint)descriptor < (uint)_end ? _open[descriptor].File : null;

    public bool IsClosedOnExec(int descriptor) => _open[descriptor].CloseOnExec;

    public void SetClosedOnExec(int descriptor, bool value) => _open[descriptor].CloseOnExec = value;

    /// <summary>True where <paramref name="count"/> more can be opened, and what the job may hold has room for files with paths of any length.</summary>
    public bool HasRoom(int count = 1) => HasNumbers(count) && job.Tree.HasRoomFor((ulong)count * OpenFile.MostHeld);

    private bool HasNumbers(int count) => _count + count <= Most || Most - _open.Take(Most).Count(open => open.File is not null) >= count;

    /// <summary>Puts a file under the lowest free number; −1 where there is none.</summary>
    public int Add(OpenFile file, bool closeOnExec, int lowest = 0)
    {
        int first = Math.Max(lowest, _lowest);
        int i = first;
        while (i < _end && _open[i].File is not null)
        {
            i++;
        }

        job.System.Spend((i - first) / SearchedPerWork);
        if (i >= Most || (file.References == 0 && !job.Tree.HasRoomFor(file.Cost)))
        {
            return -1;
        }

        Set(i, file, closeOnExec);
        if (lowest <= _lowest)
        {
            _lowest = i + 1;
        }

        return i;
    }

    /// <summary>Puts a file under a number; what was there is closed.</summary>
    public void Set(int descriptor, OpenFile file, bool closeOnExec)
    {
        file.Hold();
        Remove(descriptor);
        Put(descriptor, file, closeOnExec);
    }

    private void Put(int descriptor, OpenFile file, bool closeOnExec)
    {
        if (descriptor >= _open.Length)
        {
            Array.Resize(ref _open, Math.Min(Limit, Math.Max(descriptor + 1, _open.Length * 2)));
        }

        _open[descriptor] = (file, closeOnExec);
        _end = Math.Max(_end, descriptor + 1);
        _count++;
    }

    public bool Remove(int descriptor)
    {
        if (Find(descriptor) is not { } file)
        {
            return false;
        }

        _open[descriptor] = default;
        _count--;
        _lowest = Math.Min(_lowest, descriptor);
        while (_end > 0 && _open[_end - 1].File is null)
        {
            _end--;
        }

        // With any descriptor of a file that a process closes, its record locks on the file go (fcntl(2)).
        if (LockKey.Of(file) is { } key)
        {
            job.Locks.Release(key, new LockOwner(false, (ulong)process));
        }

        job.System.Release(file);
        return true;
    }

    /// <summary>Closes the last descriptor; false: there is none.</summary>
    public bool RemoveLast() => Remove(_end - 1);

    public void CopyTo(DescriptorTable other)
    {
        foreach (int descriptor in Numbers)
        {
            other.Set(descriptor, _open[descriptor].File!, _open[descriptor].CloseOnExec);
        }
    }

    public void CloseOnExec()
    {
        for (int i = Next(0); i >= 0; i = Next(i + 1))
        {
            if (_open[i].CloseOnExec)
            {
                Remove(i);
            }
        }
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_lowest);
        writer.Write(_count);
        foreach (int descriptor in Numbers)
        {
            writer.Write(descriptor);
            writer.Write(_open[descriptor].File!.Id);
            writer.Write(_open[descriptor].CloseOnExec);
        }
    }

    public void Restore(BinaryReader reader, IReadOnlyDictionary<ulong, OpenFile> files)
    {
        _lowest = reader.ReadInt32();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            Put(reader.ReadInt32(), files[reader.ReadUInt64()], reader.ReadBoolean());
        }
    }
}

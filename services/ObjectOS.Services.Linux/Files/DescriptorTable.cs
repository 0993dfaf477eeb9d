namespace ObjectOS.Services.Linux;

/// <summary>A process's descriptors.</summary>
internal sealed class DescriptorTable(LinuxSystem system)
{
    public const int Limit = 1024;

    private (OpenFile? File, bool CloseOnExec)[] _open = new (OpenFile?, bool)[16];
    private int _count;

    /// <summary>New descriptors have numbers below this (RLIMIT_NOFILE).</summary>
    public int Most { get; set; } = Limit;

    public IEnumerable<int> Numbers => Enumerable.Range(0, _open.Length).Where(descriptor => _open[descriptor].File is not null);

    public OpenFile? Find(int descriptor) => (uint)descriptor < (uint)_open.Length ? _open[descriptor].File : null;

    public bool IsClosedOnExec(int descriptor) => _open[descriptor].CloseOnExec;

    public void SetClosedOnExec(int descriptor, bool value) => _open[descriptor].CloseOnExec = value;

    /// <summary>True where <paramref name="count"/> more can be opened.</summary>
    public bool HasRoom(int count = 1) =>
        _count + count <= Most || Most - _open.Take(Most).Count(open => open.File is not null) >= count;

    /// <summary>Puts a file under the lowest free number; −1 where there is none.</summary>
    public int Add(OpenFile file, bool closeOnExec, int lowest = 0)
    {
        for (int i = lowest; i < Most; i++)
        {
            if (Find(i) is null)
            {
                Set(i, file, closeOnExec);
                return i;
            }
        }

        return -1;
    }

    /// <summary>Puts a file under a number; what was there is closed.</summary>
    public void Set(int descriptor, OpenFile file, bool closeOnExec)
    {
        file.References++;
        Remove(descriptor);
        if (descriptor >= _open.Length)
        {
            Array.Resize(ref _open, Math.Min(Limit, Math.Max(descriptor + 1, _open.Length * 2)));
        }

        _open[descriptor] = (file, closeOnExec);
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
        system.Release(file);
        return true;
    }

    public void CopyTo(DescriptorTable other)
    {
        foreach (int descriptor in Numbers)
        {
            other.Set(descriptor, _open[descriptor].File!, _open[descriptor].CloseOnExec);
        }
    }

    public void CloseOnExec()
    {
        foreach (int descriptor in Numbers.Where(IsClosedOnExec))
        {
            Remove(descriptor);
        }
    }

    public void CloseAll()
    {
        foreach (int descriptor in Numbers)
        {
            Remove(descriptor);
        }
    }

    public void Save(BinaryWriter writer)
    {
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
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            int descriptor = reader.ReadInt32();
            var file = files[reader.ReadUInt64()];
            Set(descriptor, file, reader.ReadBoolean());
            file.References--; // It was counted when it was saved.
        }
    }
}

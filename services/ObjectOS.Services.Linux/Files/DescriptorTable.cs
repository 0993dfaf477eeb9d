namespace ObjectOS.Services.Linux;

/// <summary>A process's descriptors.</summary>
internal sealed class DescriptorTable(LinuxSystem system)
{
    public const int Limit = 1024;

    private readonly SortedDictionary<int, (OpenFile File, bool CloseOnExec)> _open = [];

    public IEnumerable<int> Numbers => _open.Keys;

    public OpenFile? Find(int descriptor) => _open.TryGetValue(descriptor, out var open) ? open.File : null;

    public bool IsClosedOnExec(int descriptor) => _open[descriptor].CloseOnExec;

    public void SetClosedOnExec(int descriptor, bool value) => _open[descriptor] = (_open[descriptor].File, value);

    /// <summary>True where <paramref name="count"/> more can be opened.</summary>
    public bool HasRoom(int count = 1) => _open.Count + count <= Limit;

    /// <summary>Puts a file under the lowest free number; −1 where there is none.</summary>
    public int Add(OpenFile file, bool closeOnExec, int lowest = 0)
    {
        for (int i = lowest; i < Limit; i++)
        {
            if (!_open.ContainsKey(i))
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
        _open[descriptor] = (file, closeOnExec);
    }

    public bool Remove(int descriptor)
    {
        if (!_open.Remove(descriptor, out var open))
        {
            return false;
        }

        system.Release(open.File);
        return true;
    }

    public void CopyTo(DescriptorTable other)
    {
        foreach (var (descriptor, open) in _open)
        {
            other.Set(descriptor, open.File, open.CloseOnExec);
        }
    }

    public void CloseOnExec()
    {
        foreach (int descriptor in _open.Where(open => open.Value.CloseOnExec).Select(open => open.Key).ToArray())
        {
            Remove(descriptor);
        }
    }

    public void CloseAll()
    {
        foreach (int descriptor in _open.Keys.ToArray())
        {
            Remove(descriptor);
        }
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_open.Count);
        foreach (var (descriptor, open) in _open)
        {
            writer.Write(descriptor);
            writer.Write(open.File.Id);
            writer.Write(open.CloseOnExec);
        }
    }

    public void Restore(BinaryReader reader, IReadOnlyDictionary<ulong, OpenFile> files)
    {
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            _open.Add(reader.ReadInt32(), (files[reader.ReadUInt64()], reader.ReadBoolean()));
        }
    }
}

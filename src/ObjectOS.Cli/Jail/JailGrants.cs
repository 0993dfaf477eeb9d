namespace ObjectOS.Cli.Jail;

/// <summary>What a run needs of the host once it is confined. What it has opened before stays open.</summary>
internal sealed class JailGrants
{
    /// <summary>Files that are opened for reading.</summary>
    public List<string> Read { get; } = [];

    /// <summary>Files that are opened for reading and writing.</summary>
    public List<string> Write { get; } = [];

    /// <summary>Directories that a guest reads.</summary>
    public List<string> ReadFolders { get; } = [];

    /// <summary>Directories that a guest changes.</summary>
    public List<string> WriteFolders { get; } = [];

    /// <summary>Directories in which a file is put in its place, or removed, at the end.</summary>
    public List<string> OutputFolders { get; } = [];

    /// <summary>TCP ports that are listened on.</summary>
    public List<ushort> Ports { get; } = [];

    /// <summary>True: sockets are made.</summary>
    public bool MakesSockets { get; set; }

    /// <summary>True: sockets that listen are there, or will be.</summary>
    public bool UsesSockets { get; set; }

    /// <summary>True if files of the host may be written.</summary>
    public bool OpensForWriting => Write.Count + WriteFolders.Count > 0;

    /// <summary>Grants an output that is written at the end: a device where it is, another one from beside its place.</summary>
    public void AddOutput(string? path)
    {
        if (path is null)
        {
            return;
        }

        string full = Path.GetFullPath(path);
        if (OutputFile.IsDevice(path))
        {
            Write.Add(full);
        }
        else
        {
            OutputFolders.Add(Path.GetDirectoryName(full)!);
        }
    }
}

namespace ObjectOS.Services.Linux;

/// <summary>One watched file of a poll set, under the descriptor that it was added by.</summary>
internal sealed class PollItem
{
    private readonly LinkedListNode<PollItem> _ready;

    public PollItem(PollSet set, int descriptor, OpenFile file, ulong wait, ulong order)
    {
        Set = set;
        Descriptor = descriptor;
        File = file;
        Wait = wait;
        Order = order;
        _ready = new LinkedListNode<PollItem>(this);
        WatchNode = new LinkedListNode<PollItem>(this);
        FileNode = new LinkedListNode<PollItem>(this);
    }

    public PollSet Set { get; }

    public int Descriptor { get; }

    public OpenFile File { get; }

    /// <summary>What is woken when the file may have become ready.</summary>
    public ulong Wait { get; }

    /// <summary>Grows with each item that is added.</summary>
    public ulong Order { get; }

    /// <summary>EPOLL flags: what it waits for, and how.</summary>
    public uint Events { get; set; }

    public ulong Data { get; set; }

    /// <summary>Its place among the watchers of <see cref="Wait"/>.</summary>
    public LinkedListNode<PollItem> WatchNode { get; }

    /// <summary>Its place among the items that watch its file.</summary>
    public LinkedListNode<PollItem> FileNode { get; }

    public bool IsEdge => (Events & PollEvents.EdgeTriggered) != 0;

    public bool IsOneShot => (Events & PollEvents.OneShot) != 0;

    /// <summary>True once a one-shot item has been reported: it waits for EPOLL_CTL_MOD.</summary>
    public bool IsDisabled => (Events & ~PollEvents.Private) == 0;

    /// <summary>True while it stands in the set's list of ready items.</summary>
    public bool IsReady
    {
        get => _ready.List is not null;
        set
        {
            if (value && _ready.List is null)
            {
                Set.Ready.AddLast(_ready);
            }
            else if (!value)
            {
                _ready.List?.Remove(_ready);
            }
        }
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(Descriptor);
        writer.Write(File.Id);
        writer.Write(Wait);
        writer.Write(Order);
        writer.Write(Events);
        writer.Write(Data);
    }
}

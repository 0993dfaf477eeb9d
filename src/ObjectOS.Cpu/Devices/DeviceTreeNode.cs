namespace ObjectOS.Cpu;

/// <summary>A node of a device tree under construction (Devicetree Specification, chapter "The Devicetree").</summary>
/// <param name="name">Its name with the unit address, for instance <c>serial@10000000</c>; empty for the root.</param>
public sealed class DeviceTreeNode(string name)
{
    private readonly List<(string Name, byte[] Value)> _properties = [];
    private readonly List<DeviceTreeNode> _children = [];

    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>Its properties, in order.</summary>
    public IReadOnlyList<(string Name, byte[] Value)> Properties => _properties;

    /// <summary>Its children, in order.</summary>
    public IReadOnlyList<DeviceTreeNode> Children => _children;

    /// <summary>Adds a node under this one.</summary>
    public DeviceTreeNode Add(string child)
    {
        var node = new DeviceTreeNode(child);
        _children.Add(node);
        return node;
    }

    /// <summary>A property without a value.</summary>
    public void Set(string property) => SetBytes(property, []);

    /// <summary>A list of 32-bit cells, big-endian.</summary>
    public void Set(string property, params ReadOnlySpan<uint> cells)
    {
        var bytes = new byte[cells.Length * 4];
        for (int i = 0; i < cells.Length; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(i * 4), cells[i]);
        }

        SetBytes(property, bytes);
    }

    /// <summary>A list of strings, each ended by NUL.</summary>
    public void Set(string property, params ReadOnlySpan<string> texts) =>
        SetBytes(property, System.Text.Encoding.UTF8.GetBytes(string.Concat(string.Join('\0', texts.ToArray()), "\0")));

    /// <summary>Any value; a property that is there already is replaced.</summary>
    public void SetBytes(string property, byte[] value)
    {
        int index = _properties.FindIndex(p => p.Name == property);
        if (index < 0)
        {
            _properties.Add((property, value));
        }
        else
        {
            _properties[index] = (property, value);
        }
    }
}

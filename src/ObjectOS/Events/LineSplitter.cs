namespace ObjectOS.Events;

/// <summary>Cuts what a guest writes into lines, so that it does not matter how many writes a line takes.</summary>
internal sealed class LineSplitter
{
    private const int LongestLine = 4096;

    private readonly List<byte> _line = [];

    /// <summary>
    /// Adds bytes; calls <paramref name="onLine"/> for each line that they complete, without its line feed. A line that lies whole in
    /// <paramref name="bytes"/> is a part of them, not a copy.
    /// </summary>
    public void Add(ReadOnlyMemory<byte> bytes, Action<ReadOnlyMemory<byte>> onLine)
    {
        while (!bytes.IsEmpty)
        {
            int room = Math.Min(bytes.Length, LongestLine - _line.Count);
            int end = bytes.Span[..room].IndexOf((byte)'\n');
            var part = bytes[..(end < 0 ? room : end)];
            bytes = bytes[(end < 0 ? room : end + 1)..];
            bool isComplete = end >= 0 || _line.Count + part.Length == LongestLine;
            if (isComplete && _line.Count == 0)
            {
                onLine(part);
                continue;
            }

            _line.AddRange(part.Span);
            if (isComplete)
            {
                Take(onLine);
            }
        }
    }

    /// <summary>Ends the last line, if it has begun.</summary>
    public void Flush(Action<ReadOnlyMemory<byte>> onLine)
    {
        if (_line.Count > 0)
        {
            Take(onLine);
        }
    }

    /// <summary>The text of a line without a carriage return and without a kernel's time stamp, such as <c>[    0.123456] </c>.</summary>
    public static ReadOnlySpan<byte> WithoutTime(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd((byte)'\r');
        int end = line.IndexOf((byte)']');
        if (line.IsEmpty || line[0] != (byte)'[' || end < 0)
        {
            return line;
        }

        foreach (byte value in line[1..end])
        {
            if (value is not ((byte)' ' or (byte)'.' or (>= (byte)'0' and <= (byte)'9')))
            {
                return line;
            }
        }

        return line[(end + 1)..];
    }

    private void Take(Action<ReadOnlyMemory<byte>> onLine)
    {
        byte[] line = [.. _line];
        _line.Clear();
        onLine(line);
    }
}

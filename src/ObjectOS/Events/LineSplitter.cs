namespace ObjectOS.Events;

/// <summary>Cuts what a guest writes into lines, so that it does not matter how many writes a line takes.</summary>
internal sealed class LineSplitter
{
    private const int LongestLine = 4096;

    private readonly List<byte> _line = [];

    /// <summary>Adds bytes; calls <paramref name="onLine"/> for each line that they complete, without its line feed.</summary>
    public void Add(ReadOnlySpan<byte> bytes, Action<byte[]> onLine)
    {
        foreach (byte value in bytes)
        {
            if (value != (byte)'\n')
            {
                _line.Add(value);
            }

            if (value == (byte)'\n' || _line.Count >= LongestLine)
            {
                Take(onLine);
            }
        }
    }

    /// <summary>Ends the last line, if it has begun.</summary>
    public void Flush(Action<byte[]> onLine)
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

    private void Take(Action<byte[]> onLine)
    {
        byte[] line = [.. _line];
        _line.Clear();
        onLine(line);
    }
}

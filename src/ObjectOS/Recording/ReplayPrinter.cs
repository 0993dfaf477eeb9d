using System.Text;
using ObjectOS.Abi;

namespace ObjectOS.Recording;

/// <summary>Prints again what guests printed, and looks for text in what they write.</summary>
internal sealed class ReplayPrinter(ReplayOptions options)
{
    private readonly Dictionary<(int Kernel, ulong Number), int> _descriptors = [];
    private readonly Dictionary<(int Kernel, ulong Id), (int Descriptor, ReadOnlyMemory<byte> Data)> _writes = [];
    private readonly Dictionary<(int Kernel, ulong Number), byte[]> _tails = [];
    private byte[] _wanted = [];

    /// <summary>Answers of the host so far.</summary>
    public ulong Answered { get; private set; }

    /// <summary>So many answers print nothing, because they did before.</summary>
    public ulong Skips { get; set; }

    /// <summary>True once a guest has written the text that is looked for.</summary>
    public bool HasFound { get; private set; }

    /// <summary>Looks for a text in what guests write to their standard output or error from now on.</summary>
    public void LookFor(string text)
    {
        _wanted = Encoding.UTF8.GetBytes(text);
        HasFound = false;
    }

    /// <summary>Requests name a standard stream by a number.</summary>
    public void Name(int kernel, ulong number, int descriptor) => _descriptors[(kernel, number)] = descriptor;

    /// <summary>A guest has asked for something.</summary>
    public void Note(int kernel, HostRequest request)
    {
        if (request.Kind != HostRequestKind.StreamWrite || !_descriptors.TryGetValue((kernel, request.Target), out int descriptor))
        {
            return;
        }

        _writes[(kernel, request.Id)] = (descriptor, request.Data);
        if (_wanted.Length > 0 && !HasFound)
        {
            byte[] text = [.. _tails.GetValueOrDefault((kernel, request.Target), []), .. request.Data.Span];
            HasFound = text.AsSpan().IndexOf(_wanted) >= 0;
            _tails[(kernel, request.Target)] = text[Math.Max(0, text.Length - _wanted.Length + 1)..];
        }
    }

    /// <summary>The host has answered: what it took is printed.</summary>
    public void Answer(int kernel, Completion completion)
    {
        if (!_writes.Remove((kernel, completion.RequestId), out var write) | ++Answered <= Skips || completion.Result <= 0)
        {
            return;
        }

        var stream = write.Descriptor == 2 ? options.Error : options.Output;
        if (stream is not null)
        {
            stream.Write(write.Data.Span[..(int)Math.Min(completion.Result, write.Data.Length)]);
            stream.Flush();
        }
    }
}

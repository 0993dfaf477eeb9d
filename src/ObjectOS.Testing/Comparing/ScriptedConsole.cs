using System.Text;

namespace ObjectOS.Testing.Comparing;

/// <summary>
/// The console of a guest in a scenario: keeps what the guest writes, and types when it has written what a step waits for. What is typed and when is a
/// function of the guest's output alone.
/// </summary>
internal sealed class ScriptedConsole : Stream, IPolledInput
{
    /// <summary>Polls come a millisecond of guest time apart.</summary>
    private static readonly TimeSpan PollTime = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private readonly IReadOnlyList<ScenarioStep> _steps;
    private readonly List<byte> _output = [];
    private byte[] _typing = [];
    private int _typed;
    private int _step;
    private int _matchedTo;
    private long _polls;

    public ScriptedConsole(IReadOnlyList<ScenarioStep> steps) => _steps = steps;

    /// <summary>All that the guest wrote.</summary>
    public byte[] Output
    {
        get
        {
            lock (_lock)
            {
                return [.. _output];
            }
        }
    }

    /// <summary>The first wait that was not satisfied; null: all were. Ask after the guest's end.</summary>
    public ScenarioStep? Unsatisfied
    {
        get
        {
            lock (_lock)
            {
                while (_step < _steps.Count && (_steps[_step].Kind != StepKind.Wait || TryMatch(_steps[_step])))
                {
                    _step++;
                }

                return _step < _steps.Count ? _steps[_step] : null;
            }
        }
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public int? Poll(Span<byte> buffer)
    {
        lock (_lock)
        {
            if (_typed < _typing.Length)
            {
                return Type(buffer);
            }

            for (; _step < _steps.Count; _step++)
            {
                var step = _steps[_step];
                if (step.Kind == StepKind.Type)
                {
                    (_typing, _typed) = (Encoding.UTF8.GetBytes(step.Text), 0);
                    _step++;
                    return Type(buffer);
                }

                if (step.Kind == StepKind.End)
                {
                    return 0;
                }

                if (!TryMatch(step))
                {
                    // A wait that is over ends the input; the step stays unsatisfied.
                    return ++_polls * PollTime > step.Within ? 0 : null;
                }

                _polls = 0;
            }

            return 0;
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        lock (_lock)
        {
            _output.AddRange(buffer);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private int Type(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _typing.Length - _typed);
        _typing.AsSpan(_typed, count).CopyTo(buffer);
        _typed += count;
        return count;
    }

    private bool TryMatch(ScenarioStep step)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(step.Text);
        int at = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_output)[_matchedTo..].IndexOf(wanted);
        _matchedTo = at < 0 ? _matchedTo : _matchedTo + at + wanted.Length;
        return at >= 0;
    }
}

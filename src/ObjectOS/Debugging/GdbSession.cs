using System.Globalization;
using System.Text;
using ObjectOS.Machine;

namespace ObjectOS.Debugging;

/// <summary>Answers one gdb: the commands of its remote protocol ("Remote Protocol", appendix of gdb's manual) that a target needs.</summary>
internal sealed class GdbSession(GdbConnection connection, IDebugTarget target)
{
    private const string Ok = "OK";
    private const string Error = "E01";

    private DebugStop _stop = new(StopKind.Interrupt, null);
    private int _general;
    private bool _hasLeft;
    private bool _kills;

    /// <summary>Serves until gdb leaves or the guest has ended.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!_hasLeft && await connection.ReadAsync(cancellationToken).ConfigureAwait(false) is { } packet)
        {
            string? answer = await AnswerAsync(packet, cancellationToken).ConfigureAwait(false);
            if (answer is not null)
            {
                await connection.SendAsync(answer, cancellationToken).ConfigureAwait(false);
            }

            if (packet == "QStartNoAckMode")
            {
                connection.StopAcknowledging();
            }
        }

        if (_kills)
        {
            target.Kill();
        }
        else
        {
            target.Release();
        }
    }

    private async Task<string?> AnswerAsync(string packet, CancellationToken cancellationToken)
    {
        switch (packet)
        {
            case "?":
                _stop = await target.WaitAsync(cancellationToken).ConfigureAwait(false);
                return Report();
            case "bs" or "bc" when target.IsReplay:
                return await ResumeAsync(new DebugResume(packet == "bs" ? Chosen?.Number : null, IsBackwards: true), cancellationToken).ConfigureAwait(false);
            case "D":
                _hasLeft = true;
                return Ok;
            case "k":
            case var _ when packet.StartsWith("vKill;", StringComparison.Ordinal):
                (_hasLeft, _kills) = (true, true);
                return packet == "k" ? null : Ok;
            case "s":
                return await ResumeAsync(new DebugResume(Chosen?.Number, IsBackwards: false), cancellationToken).ConfigureAwait(false);
            case "c":
                return await ResumeAsync(default, cancellationToken).ConfigureAwait(false);
            default:
                break;
        }

        if (packet.StartsWith("vCont;", StringComparison.Ordinal))
        {
            return await ResumeAsync(new DebugResume(SteppingOf(packet), IsBackwards: false), cancellationToken).ConfigureAwait(false);
        }

        return packet.Length == 0 ? "" : Answer(packet);
    }

    /// <summary>Commands for guests that stand still.</summary>
    private string Answer(string packet) => packet[0] switch
    {
        'q' or 'Q' => Query(packet),
        'v' => packet == "vCont?" ? "vCont;c;C;s;S" : "",
        'H' => Choose(packet),
        'T' => Thread(packet[1..]) is null ? Error : Ok,
        'g' => Chosen is { } thread ? string.Concat(Enumerable.Range(0, GdbRegisters.General).Select(number => GdbRegisters.Read(thread.Context, number))) : Error,
        'G' => WriteAll(packet[1..]),
        'p' => Chosen is { } thread && TryHex(packet.AsSpan(1), out ulong number) ? GdbRegisters.Read(thread.Context, (int)Math.Min(number, 1 << 20)) ?? "xxxxxxxxxxxxxxxx" : Error,
        'P' => WriteOne(packet[1..]),
        'm' => ReadMemory(packet[1..]),
        'M' => WriteMemory(packet[1..]),
        'Z' or 'z' => Breakpoint(packet),
        _ => "",
    };

    private string Query(string packet)
    {
        const string Features = "qXfer:features:read:target.xml:";
        return packet switch
        {
            "qC" => Chosen is { } thread ? $"QC{thread.Number:x}" : "",
            "qAttached" => "1",
            "qfThreadInfo" => "m" + string.Join(',', target.Cpu.Threads.Select(thread => thread.Number.ToString("x", CultureInfo.InvariantCulture))),
            "qsThreadInfo" => "l",
            "QStartNoAckMode" => Ok,
            _ when packet.StartsWith("qSupported", StringComparison.Ordinal) =>
                $"PacketSize={GdbConnection.MostBytes:x};qXfer:features:read+;QStartNoAckMode+;vContSupported+{(target.IsReplay ? ";ReverseStep+;ReverseContinue+" : "")}",
            _ when packet.StartsWith("qThreadExtraInfo,", StringComparison.Ordinal) =>
                Thread(packet["qThreadExtraInfo,".Length..]) is { } thread ? Convert.ToHexStringLower(Encoding.UTF8.GetBytes(thread.Describe())) : Error,
            _ when packet.StartsWith(Features, StringComparison.Ordinal) => Part(GdbRegisters.Describe(target.Cpu.Threads.Any(thread => thread.Context.System is not null)), packet[Features.Length..]),
            _ => "",
        };
    }

    private static string Part(string text, string range)
    {
        if (!TryPair(range, out ulong offset, out ulong length) || offset > (ulong)text.Length)
        {
            return Error;
        }

        string part = text[(int)offset..(int)Math.Min((ulong)text.Length, offset + Math.Min(length, GdbConnection.MostBytes / 2))];
        return (offset + (ulong)part.Length == (ulong)text.Length ? "l" : "m") + part;
    }

    private async Task<string?> ResumeAsync(DebugResume resume, CancellationToken cancellationToken)
    {
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        connection.Interrupt = interrupt;
        try
        {
            _stop = await target.ResumeAsync(resume, interrupt.Token).ConfigureAwait(false);
        }
        finally
        {
            connection.Interrupt = null;
        }

        _general = _stop.Thread?.Number ?? _general;
        _hasLeft |= _stop.Kind == StopKind.Exit;
        return Report();
    }

    private string Report()
    {
        if (_stop.Kind == StopKind.Exit)
        {
            return $"W{_stop.ExitCode & 255:x2}";
        }

        string thread = $"thread:{_stop.Thread?.Number ?? 1:x};";
        string why = _stop switch
        {
            { Kind: StopKind.HistoryBegin } => "replaylog:begin;",
            { Kind: StopKind.HistoryEnd } => "replaylog:end;",
            { Access: { } access } => $"{(access.Loads && access.Stores ? "awatch" : access.Loads ? "rwatch" : "watch")}:{access.Address:x};",
            _ => "",
        };
        return (_stop.Kind == StopKind.Interrupt ? "T02" : "T05") + why + thread;
    }

    /// <summary>The thread that registers and memory are of.</summary>
    private DebugThread? Chosen => target.Cpu.Threads.FirstOrDefault(thread => thread.Number == _general) ?? _stop.Thread ?? target.Cpu.Current;

    private DebugThread? Thread(string hex) => TryHex(hex, out ulong number) ? target.Cpu.Threads.FirstOrDefault(thread => (ulong)thread.Number == number) : null;

    private string Choose(string packet)
    {
        if (packet.Length > 2 && packet[1] == 'g')
        {
            _general = packet[2..] is "0" or "-1" ? _stop.Thread?.Number ?? 0 : Thread(packet[2..])?.Number ?? 0;
            return _general == 0 && packet[2..] is not ("0" or "-1") ? Error : Ok;
        }

        return Ok;
    }

    /// <summary>The thread that a <c>vCont</c> has do one instruction: the others go on as the kernel schedules them.</summary>
    private int? SteppingOf(string packet)
    {
        foreach (string action in packet.Split(';')[1..])
        {
            if (action.StartsWith('s') || action.StartsWith('S'))
            {
                int colon = action.IndexOf(':', StringComparison.Ordinal);
                return colon >= 0 && TryHex(action.AsSpan(colon + 1), out ulong number) ? (int)Math.Min(number, int.MaxValue) : Chosen?.Number;
            }
        }

        return null;
    }

    private string WriteAll(string hex)
    {
        if (target.IsReplay || Chosen is not { } thread || hex.Length < GdbRegisters.General * 16)
        {
            return Error;
        }

        for (int number = 0; number < GdbRegisters.General; number++)
        {
            GdbRegisters.TryWrite(thread.Context, number, hex.Substring(number * 16, 16));
        }

        return Ok;
    }

    private string WriteOne(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return !target.IsReplay && equals > 0 && Chosen is { } thread && TryHex(text.AsSpan(0, equals), out ulong number)
            && GdbRegisters.TryWrite(thread.Context, (int)Math.Min(number, 1 << 20), text[(equals + 1)..]) ? Ok : Error;
    }

    private string ReadMemory(string text)
    {
        if (Chosen is not { } thread || !TryPair(text, out ulong address, out ulong length))
        {
            return Error;
        }

        // What can be read of it: gdb asks again for the rest.
        var bytes = new byte[Math.Min(length, GdbConnection.MostBytes / 2)];
        int read = 0;
        while (read < bytes.Length)
        {
            ulong at = address + (ulong)read;
            int piece = (int)Math.Min((ulong)(bytes.Length - read), 4096 - (at & 4095));
            if (!target.Cpu.Inner.TryReadVirtual(thread.Context, thread.Space, at, bytes.AsSpan(read, piece)))
            {
                break;
            }

            read += piece;
        }

        return read == 0 && bytes.Length > 0 ? Error : Convert.ToHexStringLower(bytes.AsSpan(0, read));
    }

    private string WriteMemory(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (target.IsReplay || Chosen is not { } thread || colon < 0 || !TryPair(text[..colon], out ulong address, out ulong length) || (ulong)(text.Length - colon - 1) != length * 2)
        {
            return Error;
        }

        try
        {
            return target.Cpu.Inner.TryWriteVirtual(thread.Context, thread.Space, address, Convert.FromHexString(text.AsSpan(colon + 1))) ? Ok : Error;
        }
        catch (FormatException)
        {
            return Error;
        }
    }

    /// <summary>Z and z: 0 and 1 breakpoints, 2 to 4 watchpoints for stores, loads and both.</summary>
    private string Breakpoint(string packet)
    {
        string[] parts = packet.Split(',', ';');
        if (packet.Length < 4 || parts.Length < 3 || !TryHex(parts[1], out ulong address) || !TryHex(parts[2], out ulong length))
        {
            return Error;
        }

        bool adds = packet[0] == 'Z';
        switch (packet[1])
        {
            case '0' or '1' when adds:
                target.Stops.AddBreakpoint(address);
                return Ok;
            case '0' or '1':
                return target.Stops.RemoveBreakpoint(address) ? Ok : Error;
            case '2' or '3' or '4' when length is > 0 and <= 1 << 12 && address <= ulong.MaxValue - length:
                var watch = new Watch(address, length, Loads: packet[1] != '2', Stores: packet[1] != '3');
                if (adds)
                {
                    target.Stops.AddWatch(watch);
                    return Ok;
                }

                return target.Stops.RemoveWatch(watch) ? Ok : Error;
            default:
                return "";
        }
    }

    private static bool TryPair(string text, out ulong first, out ulong second)
    {
        int comma = text.IndexOf(',', StringComparison.Ordinal);
        second = 0;
        return TryHex(text.AsSpan(0, Math.Max(0, comma)), out first) && TryHex(text.AsSpan(comma + 1), out second);
    }

    private static bool TryHex(ReadOnlySpan<char> text, out ulong value) => ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}

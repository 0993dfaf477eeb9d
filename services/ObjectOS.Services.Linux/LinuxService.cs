using ObjectOS.Abi;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux;

/// <summary>
/// Runs programs for riscv64 Linux: every process is a cell whose system calls and faults come here as messages. It holds its
/// own cell (slot 1), its endpoint (2) and the host port (3), and makes everything else from them. Protocol: <see cref="ProgramProtocol"/>.
/// </summary>
public sealed class LinuxService : IManagedProgram
{
    private LinuxSystem _system = null!;

    /// <inheritdoc/>
    public string Name => "linux";

    /// <summary>The name of a system call that the service has, by its number on riscv64; null for others.</summary>
    public static string? CallName(ulong number) => LinuxCallTable.Rows.FirstOrDefault(row => (ulong)row.Number == number)?.Name;

    /// <summary>The kinds of a call's arguments and result, as <see cref="CallShape"/> says, by its number on riscv64; null for calls that are not there.</summary>
    public static string? ShapeOf(ulong number) => LinuxCallTable.ShapeOf((long)number);

    internal LinuxSystem System => _system;

    /// <inheritdoc/>
    public void Start(IInvocationPort port) => _system = new LinuxSystem(port);

    /// <inheritdoc/>
    public HandleResult Handle(in Message message, IInvocationPort port)
    {
        _system.Begin(message);
        var result = Dispatch(message);
        if (result == HandleResult.Handled)
        {
            _system.ChargeWork();
        }

        return result;
    }

    private HandleResult Dispatch(in Message message)
    {
        switch (message.Kind)
        {
            case MessageKind.SystemCall:
                return SystemCall(message);
            case MessageKind.Fault:
                if (_system.Threads.TryGetValue(message.ThreadNumber, out var faulted))
                {
                    _system.Fault(faulted, message);
                }

                break;
            case MessageKind.Completion:
                _system.Complete(message);
                break;
            case MessageKind.Notification:
                if ((message.Words[0] & LinuxSystem.TimerBit) != 0)
                {
                    _system.TimePasses();
                }

                break;
            case MessageKind.Endpoint when message.Badge == 0:
                return Administer(message);
            default:
                break;
        }

        _system.Work();
        return HandleResult.Handled;
    }

    private HandleResult SystemCall(in Message message)
    {
        if (!_system.Threads.TryGetValue(message.ThreadNumber, out var thread) || thread.IsGone)
        {
            return HandleResult.Handled;
        }

        thread.ReplySlot = message.ReplySlot;
        if (thread.Phase == ThreadPhase.Recalled)
        {
            if (!_system.GoOn(thread))
            {
                thread.ReplySlot = 0;
                return HandleResult.Suspended;
            }

            _system.Work();
            return HandleResult.Handled;
        }

        thread.Call.Begin((long)message.Label, message.Words);
        var job = thread.Process.Job;
        CallResult result = job.FailsNextCall ? -(long)job.Request.FailedCallError : LinuxCallTable.Run(thread.Call);
        if (result.Outcome == CallOutcome.Suspended)
        {
            thread.ReplySlot = 0;
            thread.Call.End();
            return HandleResult.Suspended;
        }

        job.Calls++;
        _system.Settle(thread, result);
        _system.Work();
        return HandleResult.Handled;
    }

    private HandleResult Administer(in Message message)
    {
        if (message.Label == ProgramProtocol.Start)
        {
            return _system.Start(message);
        }

        bool isKnown = _system.Jobs.TryGetValue(message.Words[0], out var job);
        switch (message.Label)
        {
            case ProgramProtocol.Stop when isKnown:
                LinuxSystem.EndJob(job!, ProgramEnd.Signalled, message.Words[1], new ProgramEndRecord());
                break;
            case ProgramProtocol.Pause when isKnown:
                _ = message.Words[1] != 0 ? job!.Cell.Pause() : job!.Cell.Resume();
                break;
            case ProgramProtocol.Signal when isKnown && job!.Main is { } main && message.Words[1] is > 0 and <= 64:
                _system.Send(main, new SignalInfo((int)message.Words[1], SignalInfo.FromUser, 0, 0));
                break;
            default:
                break;
        }

        if (message.ReplySlot != 0)
        {
            new Client.ReplyCapability(_system.Invoker, message.ReplySlot).Send(message.Label is ProgramProtocol.Stop or ProgramProtocol.Pause or ProgramProtocol.Signal ? 0UL : 1UL);
        }

        _system.Work();
        return HandleResult.Handled;
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer) => _system.Save(writer);

    /// <inheritdoc/>
    public void Restore(BinaryReader reader) => _system.Restore(reader);
}

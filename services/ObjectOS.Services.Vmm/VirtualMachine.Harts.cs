using System.Globalization;
using System.Text;
using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Vmm;

/// <content>What comes back from harts, and is answered: accesses to devices and calls of the SBI.</content>
internal sealed partial class VirtualMachine
{
    /// <summary>A load, store or fetch where no memory is, or none that can be written.</summary>
    public HandleResult Access(in Message message)
    {
        ulong address = message.Words[0];
        int size = (int)message.Words[4];
        bool isStore = message.Label == FaultCause.StoreGuestPage;
        ulong value = 0;
        var status = DeviceStatus.Fault;
        if (size is 1 or 2 or 4 or 8 && message.Label != FaultCause.FetchGuestPage)
        {
            var store = new HeldStore(message.ReplySlot, address, size, message.Words[2], message.Words[5]);
            string what = Bus.Find(address, size)?.Name ?? "htif";
            status = Guarded(what, () => isStore ? Store(store) : Load(address, size, out value));
        }

        if (status == DeviceStatus.Suspended)
        {
            return HandleResult.Suspended;
        }

        if (_stage == Stage.Running && _htif?.Holds(message.ReplySlot) != true)
        {
            var reply = new ReplyCapability(_parts.Invoker, message.ReplySlot);
            if (status == DeviceStatus.Done)
            {
                reply.Send(2, value);
            }
            else
            {
                ulong cause = FaultCause.AccessFaultOf(message.Label);
                NoteIfStuck(message, cause, message.Words[5]);
                reply.Send(3, cause, message.Words[5]);
            }
        }

        return HandleResult.Handled;
    }

    /// <summary>An exception that a hart would take without end. It takes it all the same: another hart or a device may still change what it finds there.</summary>
    public HandleResult TakeRepeatedException(in Message message)
    {
        if (_stage == Stage.Running)
        {
            ulong value = FaultCause.TrapValueOf(message.Label, message.Words[0], message.Words[2]);
            NoteIfStuck(message, message.Label, value);
            new ReplyCapability(_parts.Invoker, message.ReplySlot).Send(3, message.Label, value);
        }

        return HandleResult.Handled;
    }

    /// <summary>Answers a store that was held.</summary>
    public void Answer(in HeldStore store, DeviceStatus status)
    {
        if (_stage == Stage.Running)
        {
            var reply = new ReplyCapability(_parts.Invoker, store.ReplySlot);
            if (status == DeviceStatus.Done)
            {
                reply.Send(2, 0);
            }
            else
            {
                reply.Send(3, FaultCause.AccessFaultOf(FaultCause.StoreGuestPage), store.VirtualAddress);
            }
        }
    }

    /// <summary>An SBI call.</summary>
    public HandleResult Call(Hart hart, in Message message)
    {
        var result = _sbi.Call(new SbiCall(hart, (uint)message.Label, (uint)(message.Label >> 32), message.Words, message.ReplySlot));
        EndWhenExhausted();
        if (result.Outcome == SbiOutcome.Suspended)
        {
            return HandleResult.Suspended;
        }

        if (result.Outcome != SbiOutcome.Silent && _stage == Stage.Running)
        {
            Answer(message.ReplySlot, result);
        }

        return HandleResult.Handled;
    }

    public void Answer(uint replySlot, in SbiResult result)
    {
        var reply = new ReplyCapability(_parts.Invoker, replySlot);
        switch (result.Outcome)
        {
            case SbiOutcome.ReturnsOne:
                reply.Send(CallAnswer.Value, result.Value);
                break;
            case SbiOutcome.Faults:
                reply.Send(CallAnswer.Exception, result.Cause, result.Value);
                break;
            default:
                reply.Send(CallAnswer.TwoValues, (ulong)(long)result.Error, result.Value);
                break;
        }
    }

    /// <summary>Tells the host, once for each hart until the machine reboots.</summary>
    private void NoteIfStuck(in Message message, ulong cause, ulong value)
    {
        ulong number = message.ThreadNumber;
        if ((message.Words[3] & FaultCause.StuckBit) == 0 || _harts.Find(hart => hart.Number == number) is not { } hart || (_stuckHarts & (1u << hart.Id)) != 0)
        {
            return;
        }

        _stuckHarts |= 1u << hart.Id;
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"hart {hart.Id} takes one exception after the other without executing an instruction, 1000 by now: {FaultCause.NameOf(cause)}, pc 0x{message.Words[1]:x}, trap value 0x{value:x}; its trap vector leads there");
        Host.Request(HostRequestKind.Notice, Request.Job, Encoding.UTF8.GetBytes(text), out _, (ulong)MachineNotice.Machine);
    }

    private DeviceStatus Load(ulong address, int size, out ulong value)
    {
        value = 0;
        return Bus.Find(address, size) is { } slot ? slot.Device.Read(address - slot.Address, size, out value) : DeviceStatus.Fault;
    }

    private DeviceStatus Store(in HeldStore store)
    {
        var (_, address, size, value, _) = store;
        if (_htif is not null && Ram.IsGuarded(address))
        {
            return _htif.Store(store);
        }

        return Bus.Find(address, size) is { } slot ? slot.Device.Write(address - slot.Address, size, value) : DeviceStatus.Fault;
    }
}

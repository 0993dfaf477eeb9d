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
                reply.Send(3, FaultCause.AccessFaultOf(message.Label), message.Words[5]);
            }
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

using ObjectOS.Abi;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Vmm;

/// <content>What is done in steps: loading, rebooting, ending.</content>
internal sealed partial class VirtualMachine
{
    /// <summary>Does one bounded step of what is to be done.</summary>
    public HandleResult Step(Action<VirtualMachine, MachineEndRecord> onEnd)
    {
        var status = _stage switch
        {
            Stage.Loading => LoadStep(),
            Stage.Discarding => DiscardStep(),
            Stage.Ending => EndStep(onEnd),
            _ => Guarded("htif", () => _htif?.HasWork == true ? _htif.Work() : DeviceStatus.Done),
        };
        return status == DeviceStatus.Suspended ? HandleResult.Suspended : HandleResult.Handled;
    }

    private DeviceStatus LoadStep()
    {
        if (!_loader.IsDone)
        {
            var status = _loader.Step();
            EndWhenExhausted();
            if (status == DeviceStatus.Fault && Ended is null)
            {
                End(MachineEnd.NotRunnable, 0, new ProgramEndRecord { Text = "its files cannot be brought into its memory" });
            }

            return status;
        }

        _stage = Stage.Running;
        foreach (var hart in _plan.IsMachineMode ? _harts : _harts[..1])
        {
            hart.Start(_plan.Entry, _plan.TreeAddress, _plan.DynamicAddress);
        }

        return DeviceStatus.Done;
    }

    private DeviceStatus DiscardStep()
    {
        if (Ram.Memory.Discard(0, Ram.Length) == KernelStatus.Suspended)
        {
            return DeviceStatus.Suspended;
        }

        _stage = Stage.Loading;
        _stuckHarts = 0;
        _harts.ForEach(hart => hart.Reboot());
        _loader.Reset();
        _htif?.Reset();
        _sbi.Console.Reset();
        foreach (var slot in Bus.Slots)
        {
            Guarded(slot.Name, slot.Reset);
        }

        return DeviceStatus.Done;
    }

    private DeviceStatus EndStep(Action<VirtualMachine, MachineEndRecord> onEnd)
    {
        var (_, _, record) = Ended!.Value;
        bool reportsState = Request.ReportsState && _harts.Count > 0;
        if (reportsState && !_hash.IsDone)
        {
            return _hash.Step();
        }

        byte[] signature = Request.ReportsSignature ? new byte[_plan.SignatureEnd - _plan.SignatureStart] : [];
        if (signature.Length > 0 && Ram.Read(_plan.SignatureStart, signature) == DeviceStatus.Suspended)
        {
            return DeviceStatus.Suspended;
        }

        Cell.Status(out var figures);
        if (Cell.Destroy() == KernelStatus.Suspended)
        {
            return DeviceStatus.Suspended;
        }

        Release();
        onEnd(this, new MachineEndRecord
        {
            Signature = signature,
            DeviceTree = Request.DescribesOnly ? _plan.Tree : [],
            Program = record with
            {
                Cell = figures.Number,
                Instructions = figures.Instructions,
                Charged = figures.Charged,
                Traps = figures.Traps,
                PeakBytes = figures.PeakBytes,
                StateHash = reportsState ? _hash.Value : "",
            },
        });
        return DeviceStatus.Done;
    }

    /// <summary>Lets go of all that the service holds for it; its cell is destroyed already.</summary>
    private void Release()
    {
        foreach (uint slot in _harts.Select(hart => hart.Capability.Slot)
            .Concat(_parts.Files.Values.Select(file => file.Slot))
            .Concat([_parts.Memory.Slot, _parts.Space.Slot, Cell.Slot]))
        {
            _parts.Invoker.Delete(slot);
        }
    }
}

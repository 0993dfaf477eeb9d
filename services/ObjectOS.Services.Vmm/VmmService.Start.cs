using System.Text;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Vmm;

/// <content>How machines are started.</content>
public sealed partial class VmmService
{
    private HandleResult StartMachine(in Message message)
    {
        if (message.CapabilitySlot == 0)
        {
            return Reply(message, 1);
        }

        var memory = new MemoryCapability(_invoker, message.CapabilitySlot);
        var record = new byte[Math.Min(message.Words[1], LargestRecord)];
        var status = memory.Read(message.Words[0], record);
        if (status == KernelStatus.Suspended)
        {
            return HandleResult.Suspended;
        }

        if (status != KernelStatus.Ok || !TryReadRequest(record, out var request) || _machines.ContainsKey(request.Job))
        {
            memory.Delete();
            return Reply(message, 1);
        }

        string problem = Plan(request, out var plan, out bool isSuspended);
        if (isSuspended)
        {
            return HandleResult.Suspended;
        }

        memory.Delete();
        Reply(message, 0);
        problem = problem.Length == 0 ? Make(request, plan) : problem;
        if (problem.Length > 0)
        {
            DropFiles(request.Job);
            Tell(request.Job, MachineEnd.NotRunnable, 0, new MachineEndRecord { Program = new ProgramEndRecord { Text = problem } });
        }

        return HandleResult.Handled;
    }

    /// <summary>Plans what goes where, by a few parts of the files: loading them is what takes steps. Empty: done; else why not.</summary>
    private string Plan(MachineRequest request, out BootPlan plan, out bool isSuspended)
    {
        var files = _files.Where(file => file.Key.Job == request.Job).ToDictionary(file => file.Key.File, file => new BootContents(file.Value.Memory, file.Value.Length));
        plan = new BootPlan();
        string problem = request.Problem() ?? BootPlanner.TryMake(request, files, VirtualMachine.TreeRoom, out plan);
        var (unread, contents) = files.FirstOrDefault(file => file.Value.Status != KernelStatus.Ok);
        isSuspended = contents?.Status == KernelStatus.Suspended;
        return contents is null ? problem : $"{request.NameOf(unread)}: its {contents.Length} bytes cannot be read ({contents.Status})";
    }

    private static bool TryReadRequest(byte[] record, out MachineRequest request)
    {
        request = null!;
        try
        {
            using var reader = new BinaryReader(new MemoryStream(record));
            request = MachineRequest.Restore(reader);
            return (request.Job & JobBit) == 0;
        }
        catch (Exception problem) when (problem is InvalidDataException or EndOfStreamException or IOException or ArgumentException or FormatException)
        {
            return false;
        }
    }

    /// <summary>Makes the machine's cell, and the machine in it. Empty where that is done, else why it cannot be.</summary>
    private string Make(MachineRequest request, BootPlan plan)
    {
        string problem = MakeCell(request, out var cell, out var space, out var memory);
        if (problem.Length > 0)
        {
            return problem;
        }

        var port = request.HasNetwork ? _network.AddPort() : null;
        var files = _files.Where(file => file.Key.Job == request.Job).ToDictionary(file => file.Key.File, file => file.Value.Memory);
        problem = VirtualMachine.TryMake(new MachineParts(_invoker, request, cell, space, memory, files, DevicesOf(request.Job), _network, port), plan, out var machine);
        if (problem.Length == 0 && request.HasNetwork)
        {
            problem = port is null ? $"the switch has its {VirtualSwitch.MostPorts} machines already" : Publish(port, request.Published);
        }

        if (problem.Length > 0)
        {
            LeaveNetwork(port);
            Discard(cell, machine, space.Slot, memory.Slot);
            return problem;
        }

        cell.SetBudget(request.InstructionLimit);
        foreach (var file in files.Keys)
        {
            _files.Remove((request.Job, file));
        }

        _machines.Add(request.Job, machine);
        foreach (string notice in plan.Notices)
        {
            Host.Request(HostRequestKind.Notice, request.Job, Encoding.UTF8.GetBytes(notice), out _, (ulong)MachineNotice.File);
        }

        if (request.DescribesOnly)
        {
            machine.End(MachineEnd.Described, 0);
        }

        if (cell.Status(out var figures) == KernelStatus.Ok)
        {
            Host.Request(HostRequestKind.Started, request.Job, [], out _, figures.Number);
        }

        return "";
    }

    /// <summary>Makes a cell whose traps come here, with memory and a space for it. Empty where that is done, else why it cannot be.</summary>
    private string MakeCell(MachineRequest request, out CellCapability cell, out AddressSpaceCapability space, out MemoryCapability memory)
    {
        (cell, space, memory) = (default, default, default);
        var status = request.ObjectLimit < FewestObjects ? KernelStatus.ObjectsExhausted : Own.CreateCell(request.MemoryLimit, request.ObjectLimit, out cell);
        if (status != KernelStatus.Ok)
        {
            return $"no cell with {request.MemoryLimit} bytes and {request.ObjectLimit} objects can be made ({status})";
        }

        EndpointCapability badged = default;
        status = cell.CreateAddressSpace(out space);
        status = status == KernelStatus.Ok ? cell.CreateMemory(request.Memory, out memory) : status;
        status = status == KernelStatus.Ok ? Endpoint.Badge(request.Job | JobBit, CapabilityRights.Write, out badged) : status;
        status = status == KernelStatus.Ok ? cell.SetFaultEndpoint(badged.Slot) : status;
        status = status == KernelStatus.Ok ? cell.SetSystemCallEndpoint(badged.Slot) : status;
        if (badged.Slot != 0)
        {
            _invoker.Delete(badged.Slot);
        }

        if (status == KernelStatus.Ok)
        {
            return "";
        }

        Discard(cell, null, space.Slot, memory.Slot);
        return $"the machine's cell cannot be made ({status})";
    }

    /// <summary>Has ports of the host lead to a machine. Empty where they do, else why not.</summary>
    private string Publish(SwitchPort port, IReadOnlyList<PortGrant> grants)
    {
        foreach (var grant in grants)
        {
            if (!_network.Gateway.Publish(port, grant))
            {
                return $"{(grant.Protocol == PublishProtocol.Udp ? "UDP port" : "port")} {grant.HostPort} of the host leads to another machine of this kernel, or too many ports are published";
            }
        }

        return "";
    }

    /// <summary>Takes back what was made of a machine that cannot be.</summary>
    private void Discard(CellCapability cell, VirtualMachine? machine, params uint[] slots)
    {
        cell.Destroy();
        foreach (uint slot in slots.Append(cell.Slot).Concat(machine?.Harts.Select(hart => hart.Capability.Slot) ?? []).Where(slot => slot != 0))
        {
            _invoker.Delete(slot);
        }
    }
}

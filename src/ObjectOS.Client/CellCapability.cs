using ObjectOS.Abi;

namespace ObjectOS.Client;

/// <summary>A capability to a cell. Each method is the invocation of that name; see <see cref="InvocationTable"/>.</summary>
/// <param name="Invoker">Whose table the slot is in.</param>
/// <param name="Slot">The slot.</param>
public readonly record struct CellCapability(Invoker Invoker, uint Slot)
{
    /// <summary>Makes a cell out of this one's quota.</summary>
    public KernelStatus CreateCell(ulong memoryBytes, int objects, out CellCapability cell)
    {
        var status = Invoker.Create(Call.CellCreate, Slot, out uint slot, memoryBytes, (ulong)objects);
        cell = new CellCapability(Invoker, slot);
        return status;
    }

    /// <summary>Makes a thread, suspended, in this cell.</summary>
    public KernelStatus CreateThread(
        AddressSpaceCapability space, VirtualAddress pc, VirtualAddress stack, ulong argument, out ThreadCapability thread, out ulong number)
    {
        uint slot = Invoker.TakeSlot();
        var frame = new InvocationFrame();
        frame[0] = Slot;
        frame[1] = slot;
        frame[2] = space.Slot;
        frame[3] = pc.Value;
        frame[4] = stack.Value;
        frame[5] = argument;
        var status = Invoker.Port.Invoke(Call.ThreadCreate, ref frame);
        number = frame[1];
        if (status != KernelStatus.Ok)
        {
            Invoker.ReturnSlot(slot);
        }

        thread = new ThreadCapability(Invoker, slot);
        return status;
    }

    /// <summary>Makes a hart of an operating system, suspended and in its reset state, in this cell.</summary>
    /// <param name="space">Its guest-physical addresses.</param>
    /// <param name="mode">1 supervisor, 2 machine; plus 4: it updates accessed and dirty bits from its reset on; plus the bits of its widest paging, 39, 48 or 57, shifted left by 8.</param>
    /// <param name="id">Its mhartid.</param>
    /// <param name="hart">It.</param>
    /// <param name="number">Its number as a thread, which messages name it by.</param>
    public KernelStatus CreateHart(AddressSpaceCapability space, ulong mode, ulong id, out HartCapability hart, out ulong number)
    {
        uint slot = Invoker.TakeSlot();
        var frame = new InvocationFrame();
        frame[0] = Slot;
        frame[1] = slot;
        frame[2] = space.Slot;
        frame[3] = mode;
        frame[4] = id;
        var status = Invoker.Port.Invoke(Call.HartCreate, ref frame);
        number = frame[1];
        if (status != KernelStatus.Ok)
        {
            Invoker.ReturnSlot(slot);
        }

        hart = new HartCapability(Invoker, slot);
        return status;
    }

    /// <summary>Makes an address space charged to this cell.</summary>
    public KernelStatus CreateAddressSpace(out AddressSpaceCapability space)
    {
        var status = Invoker.Create(Call.SpaceCreate, Slot, out uint slot);
        space = new AddressSpaceCapability(Invoker, slot);
        return status;
    }

    /// <summary>Makes a memory object charged to this cell.</summary>
    public KernelStatus CreateMemory(ulong bytes, out MemoryCapability memory)
    {
        var status = Invoker.Create(Call.MemoryCreate, Slot, out uint slot, bytes);
        memory = new MemoryCapability(Invoker, slot);
        return status;
    }

    /// <summary>Makes an endpoint.</summary>
    public KernelStatus CreateEndpoint(out EndpointCapability endpoint)
    {
        var status = Invoker.Create(Call.EndpointCreate, Slot, out uint slot);
        endpoint = new EndpointCapability(Invoker, slot);
        return status;
    }

    /// <summary>Makes a notification.</summary>
    public KernelStatus CreateNotification(out NotificationCapability notification)
    {
        var status = Invoker.Create(Call.NotificationCreate, Slot, out uint slot);
        notification = new NotificationCapability(Invoker, slot);
        return status;
    }

    /// <summary>Makes a timer that signals <paramref name="bits"/> to the notification.</summary>
    public KernelStatus CreateTimer(NotificationCapability notification, ulong bits, out TimerCapability timer)
    {
        var status = Invoker.Create(Call.TimerCreate, Slot, out uint slot, notification.Slot, bits);
        timer = new TimerCapability(Invoker, slot);
        return status;
    }

    /// <summary>Derives the caller's capability into a slot of this cell's table.</summary>
    public KernelStatus Grant(uint destination, uint source, CapabilityRights rights, ulong badge = 0) =>
        Invoker.Call1(Call.CapabilityGrant, Slot, destination, source, (ulong)rights, badge);

    /// <summary>Names the endpoint for system calls; slot 0 none.</summary>
    public KernelStatus SetSystemCallEndpoint(uint endpointSlot) => Invoker.Call1(Call.CellSetSystemCallEndpoint, Slot, endpointSlot);

    /// <summary>Names the endpoint for faults; slot 0 none.</summary>
    public KernelStatus SetFaultEndpoint(uint endpointSlot) => Invoker.Call1(Call.CellSetFaultEndpoint, Slot, endpointSlot);

    /// <summary>Changes the quota.</summary>
    public KernelStatus SetLimits(ulong memoryBytes, int objects) => Invoker.Call1(Call.CellSetLimits, Slot, memoryBytes, (ulong)objects);

    /// <summary>Pauses the cell and those below it.</summary>
    public KernelStatus Pause() => Invoker.Call1(Call.CellPause, Slot);

    /// <summary>Ends a pause.</summary>
    public KernelStatus Resume() => Invoker.Call1(Call.CellResume, Slot);

    /// <summary>Destroys the cell and those below it.</summary>
    public KernelStatus Destroy() => Invoker.Call1(Call.CellDestroy, Slot);

    /// <summary>Does one bounded step of that; <see cref="KernelStatus.InProgress"/> where there is more.</summary>
    public KernelStatus DestroyStep() => Invoker.Step(Call.CellDestroy, Slot);

    /// <summary>Lets the cell and those below it use so many virtual instructions; 0: no limit.</summary>
    public KernelStatus SetBudget(ulong instructions) => Invoker.Call1(Call.CellSetBudget, Slot, instructions);

    /// <summary>How the cell stands.</summary>
    public KernelStatus Status(out CellFigures figures)
    {
        var frame = new InvocationFrame();
        frame[0] = Slot;
        var status = Invoker.Port.Invoke(Call.CellStatus, ref frame);
        figures = status == KernelStatus.Ok
            ? new CellFigures(frame[1], frame[2], frame[3], (int)frame[4], (int)frame[5], (int)frame[6], frame[7], frame[8], frame[9], frame[10], (uint)frame[11])
            : default;
        return status;
    }
}

/// <summary>How a cell stands and what it has used; cells below it that are gone are counted in.</summary>
/// <param name="State">0 runs, 1 paused, 2 ended.</param>
/// <param name="ChargedBytes">Memory charged now, here and below.</param>
/// <param name="LimitBytes">Most memory.</param>
/// <param name="Objects">Kernel objects in use.</param>
/// <param name="ObjectLimit">Most kernel objects.</param>
/// <param name="Threads">Threads that live.</param>
/// <param name="PeakBytes">Most memory that was charged.</param>
/// <param name="Instructions">Instructions retired.</param>
/// <param name="Charged">Virtual instructions: retired, and charged for the work of kernel and services.</param>
/// <param name="Traps">Traps taken.</param>
/// <param name="Number">The cell's number in its kernel.</param>
public readonly record struct CellFigures(
    ulong State,
    ulong ChargedBytes,
    ulong LimitBytes,
    int Objects,
    int ObjectLimit,
    int Threads,
    ulong PeakBytes,
    ulong Instructions,
    ulong Charged,
    ulong Traps,
    uint Number);

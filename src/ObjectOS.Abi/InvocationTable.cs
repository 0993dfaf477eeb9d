using static ObjectOS.Abi.BufferUse;
using static ObjectOS.Abi.CapabilityRights;
using static ObjectOS.Abi.KernelStatus;

namespace ObjectOS.Abi;

/// <summary>
/// Every invocation of the kernel, one row each: the kernel's dispatch, the C header for guests (<c>objectos.h</c>) and
/// <c>docs/invocations.md</c> come from it. The table only grows; numbers are never used again.
/// </summary>
public static class InvocationTable
{
    /// <summary>The version of the ABI: kernels with the same major number understand each other.</summary>
    public const string AbiVersion = "1.1";

    private static readonly string[] MessageArguments =
        ["label", "word0", "word1", "word2", "word3", "word4", "word5", "capability", "lease_address", "lease_length", "lease_rights"];

    private static readonly string[] MessageResults =
        ["label", "word0", "word1", "word2", "word3", "word4", "word5", "capability", "badge", "lease_length", "kind"];

    private static readonly string[] None = [];

    private static readonly KernelStatus[] NoStatus = [];

    /// <summary>The rows, ascending by number.</summary>
    public static IReadOnlyList<InvocationRow> Rows { get; } =
    [
        new(Call.CapabilityIdentify, "capability_identify", ObjectKind.None, CapabilityRights.None, 135, None, ["kind", "rights", "badge"],
            [InvalidCapability], "Tells what the slot holds."),
        new(Call.CapabilityCopy, "capability_copy", ObjectKind.None, CapabilityRights.None, 180, ["destination", "rights", "badge"], None,
            [InvalidCapability, SlotOccupied, InvalidArgument, ObjectsExhausted],
            "Derives a capability into a free slot of the caller's table, with the intersection of the rights. A badge can be set where there is none yet."),
        new(Call.CapabilityDelete, "capability_delete", ObjectKind.None, CapabilityRights.None, 180, None, None, [InvalidCapability],
            "Empties the slot. An object goes with its last capability and its last use."),
        new(Call.CapabilityRevoke, "capability_revoke", ObjectKind.None, CapabilityRights.None, 180, None, None, [InvalidCapability],
            "Deletes everything derived from the capability, in every cell."),
        new(Call.CapabilityGrant, "capability_grant", ObjectKind.Cell, Manage, 210, ["destination", "source", "rights", "badge"], None,
            [SlotOccupied, InvalidArgument, ObjectsExhausted, Dead],
            "Derives the caller's capability `source` into slot `destination` of the cell's table; `source` needs the right Grant."),

        new(Call.CellCreate, "cell_create", ObjectKind.Cell, Manage, 480, ["destination", "memory_bytes", "objects"], None,
            [SlotOccupied, InvalidArgument, ObjectsExhausted], "Makes a cell whose quota is carved out of this cell's."),
        new(Call.CellDestroy, "cell_destroy", ObjectKind.Cell, Manage, 300, None, None, [InvalidState],
            "Destroys the cell and every cell made from it; the work proceeds in bounded steps. On the caller's own cell: ends it."),
        new(Call.CellStatus, "cell_status", ObjectKind.Cell, Read, 180, None,
            ["state", "charged_bytes", "limit_bytes", "objects", "object_limit", "threads", "peak_bytes", "instructions", "charged", "traps", "number"], NoStatus,
            "Tells how the cell stands (state 0 runs, 1 paused, 2 ended) and what it has used; cells below it that are gone are counted in."),
        new(Call.CellSetLimits, "cell_set_limits", ObjectKind.Cell, Manage, 180, ["memory_bytes", "objects"], None, [InvalidArgument, MissingRights, ObjectsExhausted],
            "Changes the quota of a cell that was made, at any distance, from the caller's; a limit below what is in use stops growth and takes nothing away."),
        new(Call.CellSetSystemCallEndpoint, "cell_set_system_call_endpoint", ObjectKind.Cell, Manage, 180, ["endpoint"], None, NoStatus,
            "From now on an ecall of the cell's threads becomes a call to the endpoint, with that capability's badge. 0 makes ecall mean invocations again."),
        new(Call.CellSetFaultEndpoint, "cell_set_fault_endpoint", ObjectKind.Cell, Manage, 180, ["endpoint"], None, NoStatus,
            "From now on a trap of the threads of that cell, made at any distance from the caller's, becomes a call to the endpoint. 0: a trap ends the cell."),
        new(Call.CellPause, "cell_pause", ObjectKind.Cell, Manage, 150, None, None, [InvalidState], "None of the cell's threads, nor of the cells below it, runs until it is resumed."),
        new(Call.CellResume, "cell_resume", ObjectKind.Cell, Manage, 180, None, None, [InvalidState], "Ends a pause."),
        new(Call.CellSetBudget, "cell_set_budget", ObjectKind.Cell, Manage, 150, ["instructions"], None, [MissingRights],
            "Lets the cell, made at any distance from the caller's, and those below it use so many virtual instructions from now on; then its threads trap with cause 0x100. 0: no limit."),

        new(Call.ThreadCreate, "thread_create", ObjectKind.Cell, Manage, 360, ["destination", "space", "pc", "sp", "argument"], ["number"],
            [SlotOccupied, InvalidArgument, ObjectsExhausted], "Makes a thread, suspended, that starts at pc with sp and a0 set."),
        new(Call.ThreadResume, "thread_resume", ObjectKind.Thread, Manage, 150, None, None, [InvalidState], "Lets a suspended thread run."),
        new(Call.ThreadSuspend, "thread_suspend", ObjectKind.Thread, Manage, 240, None, None, [InvalidState],
            "Stops the thread; a wait it is in ends with status Interrupted when it is resumed."),
        new(Call.ThreadReadState, "thread_read_state", ObjectKind.Thread, Read, 600, ["buffer", "length"], None, [InvalidArgument],
            "Copies pc, x1–x31, f0–f31 and fcsr, 65 words of 64 bits, of a thread that does not run now.", ToCaller),
        new(Call.ThreadWriteState, "thread_write_state", ObjectKind.Thread, Manage, 600, ["buffer", "length"], None, [InvalidArgument],
            "Sets pc, x1–x31, f0–f31 and fcsr of a thread that does not run now.", FromCaller),
        new(Call.ThreadDestroy, "thread_destroy", ObjectKind.Thread, Manage, 240, None, None, NoStatus, "Ends the thread at once."),
        new(Call.ThreadSetScheduling, "thread_set_scheduling", ObjectKind.Thread, Manage, 210, ["priority", "scheduling_context"], None, [InvalidArgument, MissingRights],
            "Sets the priority (0 lowest to 31) and the scheduling context (0: none, round robin without a budget). Machine code gives no more than its own."),
        new(Call.ThreadYield, "thread_yield", ObjectKind.None, CapabilityRights.None, 150, None, None, NoStatus, "Gives up the rest of the quantum.", MayWait: true),
        new(Call.ThreadExit, "thread_exit", ObjectKind.None, CapabilityRights.None, 240, ["code"], None, NoStatus,
            "Ends the calling thread; the cell ends with its last thread, with that code.", MayWait: true),
        new(Call.ClockNow, "clock_now", ObjectKind.None, CapabilityRights.None, 135, None, ["nanoseconds"], NoStatus, "The guest time since the kernel started."),
        new(Call.HartCreate, "hart_create", ObjectKind.Cell, Manage, 900, ["destination", "space", "mode", "hart_id"], ["number"],
            [SlotOccupied, InvalidArgument, ObjectsExhausted],
            "Makes a thread, suspended, that is a hart of an operating system, in its reset state, pc and registers 0. Bits 1–0 of `mode`: 1 supervisor (S and U), 2 machine (M, S and U); bit 2: menvcfg.ADUE is set at reset; bits 15–8: the widest paging, 39, 48 or 57 (0: 48). The space maps its guest-physical addresses."),
        new(Call.HartSetLines, "hart_set_lines", ObjectKind.Thread, Manage, 180, ["mask", "lines"], None, [InvalidArgument],
            "Drives the hart's interrupt lines under the mask, numbered as in mip: 1 SSIP (which the hart clears itself), 3 MSIP, 5 STIP, 7 MTIP, 9 SEIP, 11 MEIP. Bit 63 of the mask: what is cached of the hart's translations is forgotten, as by a remote SFENCE.VMA."),
        new(Call.HartSetTimer, "hart_set_timer", ObjectKind.Thread, Manage, 180, ["deadline"], None, [InvalidArgument],
            "From when the hart's time register reaches the deadline, in its ticks, its timer interrupt is pending: MTIP of a machine-mode hart, STIP of a supervisor-mode one. All ones: never."),
        new(Call.HartReset, "hart_reset", ObjectKind.Thread, Manage, 600, ["keep"], None, [InvalidArgument, InvalidState],
            "Brings a hart back into its reset state, whatever it does; it is then suspended. Bit 0 of `keep`: stimecmp and SSIP stay as they are."),
        new(Call.HartReadState, "hart_read_state", ObjectKind.Thread, Read, 600, ["buffer", "length"], ["waits"], [InvalidArgument],
            "Copies privilege mode and CSRs, words of 64 bits in the order of the type PrivilegedState (49, and those that later versions add: a shorter buffer gets the first ones), of a hart that does not run now. `waits`: 1 it waits for an interrupt, and a timer of its own is to come; 2 it waits, and nothing that it has can wake it; 0 it does not wait.", ToCaller),
        new(Call.HartSetTimeOffset, "hart_set_time_offset", ObjectKind.Thread, Manage, 180, ["ticks"], None, [InvalidArgument],
            "From now on the hart's time register, and what is compared with it, is ahead of guest time by so many ticks, modulo 2^64. A reset leaves it."),

        new(Call.EndpointCreate, "endpoint_create", ObjectKind.Cell, Manage, 210, ["destination"], None, [SlotOccupied, ObjectsExhausted], "Makes an endpoint."),
        new(Call.EndpointCall, "endpoint_call", ObjectKind.Endpoint, Write, 450, MessageArguments,
            ["label", "word0", "word1", "word2", "word3", "word4", "word5", "capability"], [Dead, Interrupted, InvalidArgument],
            "Sends a message and waits for its answer. A capability (0: none) goes with it, and the lease lends the receiver that part of the caller's memory until it answers.", MayWait: true),
        new(Call.EndpointSend, "endpoint_send", ObjectKind.Endpoint, Write, 450, MessageArguments[..8], None, [Dead, Interrupted, WouldBlock, InvalidArgument],
            "Sends a message and waits until it is received.", MayWait: true),
        new(Call.EndpointReceive, "endpoint_receive", ObjectKind.Endpoint, Read, 300, ["reply_slot", "capability_slot", "flags"], MessageResults,
            [Dead, Interrupted, WouldBlock, SlotOccupied, ObjectsExhausted],
            "Waits for a message (flags bit 0: does not wait). The right to answer a call is put into `reply_slot`, a capability that comes along into `capability_slot`.", MayWait: true),
        new(Call.EndpointReplyReceive, "endpoint_reply_receive", ObjectKind.Endpoint, Read, 700,
            ["label", "word0", "word1", "word2", "word3", "word4", "word5", "reply_slot", "capability_slot"], MessageResults,
            [Dead, Interrupted, InvalidCapability, SlotOccupied, ObjectsExhausted],
            "Answers through `reply_slot` and waits for the next message, whose right to answer goes into the same slot.", MayWait: true),
        new(Call.EndpointBind, "endpoint_bind", ObjectKind.Endpoint, Manage, 180, ["notification"], None, NoStatus,
            "Signals of the notification come as messages of the endpoint from now on; 0 unbinds."),
        new(Call.ReplySend, "reply_send", ObjectKind.Reply, CapabilityRights.None, 450, MessageArguments[..8], None, [Dead, InvalidArgument],
            "Answers a call and empties the slot."),
        new(Call.ReplyCopyIn, "reply_copy_in", ObjectKind.Reply, CapabilityRights.None, 400, ["offset", "buffer", "length"], None, [InvalidArgument, NotMapped, MissingRights, Dead],
            "Copies from the memory that the caller lent.", ToCaller),
        new(Call.ReplyCopyOut, "reply_copy_out", ObjectKind.Reply, CapabilityRights.None, 400, ["offset", "buffer", "length"], None,
            [InvalidArgument, NotMapped, MissingRights, Dead, MemoryExhausted], "Copies into the memory that the caller lent.", FromCaller),
        new(Call.HartSetCounter, "hart_set_counter", ObjectKind.Thread, Manage, 180, ["counter", "value", "flags"], None, [InvalidArgument],
            "Sets, starts or stops a counter of a hart that does not run now. `counter`: 0 mcycle, 2 minstret. Bit 0 of `flags`: it becomes `value`; else it stays. Bit 1: it counts; else it is inhibited."),
        new(Call.ThreadNote, "thread_note", ObjectKind.Thread, Manage, 135, ["number", "word"], None, NoStatus,
            "Records an event of the thread, such as the delivery of a signal, for the comparison of runs. It has no other effect."),

        new(Call.NotificationCreate, "notification_create", ObjectKind.Cell, Manage, 210, ["destination"], None, [SlotOccupied, ObjectsExhausted], "Makes a notification, all bits clear."),
        new(Call.NotificationSignal, "notification_signal", ObjectKind.Notification, Write, 150, ["bits"], None, NoStatus, "Sets bits and wakes a waiter."),
        new(Call.NotificationWait, "notification_wait", ObjectKind.Notification, Read, 150, None, ["bits"], [Interrupted, Dead], "Waits until a bit is set, takes and clears all.", MayWait: true),
        new(Call.NotificationPoll, "notification_poll", ObjectKind.Notification, Read, 135, None, ["bits"], NoStatus, "Takes and clears the bits, perhaps none."),

        new(Call.MemoryCreate, "memory_create", ObjectKind.Cell, Manage, 390, ["destination", "bytes"], None, [SlotOccupied, InvalidArgument, ObjectsExhausted, AddressSpaceExhausted],
            "Makes a memory object, all zero; pages are charged to the cell that first writes them. Its length, rounded up to a power of two, counts against the quota of objects: see docs/threat-model.md."),
        new(Call.MemoryClone, "memory_clone", ObjectKind.MemoryObject, Read, 1600, ["destination", "cell"], None, [SlotOccupied, ObjectsExhausted, AddressSpaceExhausted],
            "Makes a copy that shares every page until one side writes it; it counts against the quota of `cell`."),
        new(Call.MemoryRead, "memory_read", ObjectKind.MemoryObject, Read, 400, ["offset", "buffer", "length"], None, [InvalidArgument], "Copies out of the object.", ToCaller),
        new(Call.MemoryWrite, "memory_write", ObjectKind.MemoryObject, Write, 400, ["offset", "buffer", "length"], None, [InvalidArgument, MemoryExhausted], "Copies into the object.", FromCaller),
        new(Call.MemoryStatus, "memory_status", ObjectKind.MemoryObject, CapabilityRights.None, 135, None, ["bytes"], NoStatus, "Tells the object's size."),
        new(Call.MemoryDiscard, "memory_discard", ObjectKind.MemoryObject, Write, 800, ["offset", "length"], None, [InvalidArgument], "Gives whole pages back; they read as zero."),
        new(Call.MemoryFind, "memory_find", ObjectKind.MemoryObject, Read, 180, ["offset"], ["found"], [InvalidArgument],
            "Finds the first page at or after the offset that was written since the object was made or the page was given back; the object's size where there is none."),

        new(Call.SpaceAnswerRead, "space_answer_read", ObjectKind.AddressSpace, Manage, 180, ["address", "size", "kind", "value", "until"], None, [InvalidArgument, AlreadyMapped, ObjectsExhausted],
            "From now on a load of `size` bytes at the address by a hart, where nothing is mapped, does not trap: it takes 400 virtual instructions and reads `value` (kind 1), or the hart's time register shifted right by `value` bits (kind 2), until guest time is `until`; then it traps again. Kind 0: it traps. The space answers at most 16 loads. Their pages cannot be mapped meanwhile."),
        new(Call.SpaceCreate, "space_create", ObjectKind.Cell, Manage, 2800, ["destination"], None, [SlotOccupied, ObjectsExhausted], "Makes an empty address space whose pages are charged to the cell."),
        new(Call.SpaceMap, "space_map", ObjectKind.AddressSpace, Manage, 300, ["address", "memory", "offset", "length", "page_rights"], None,
            [InvalidArgument, AlreadyMapped, ObjectsExhausted], "Maps whole pages of a memory object whose capability has those rights."),
        new(Call.SpaceProtect, "space_protect", ObjectKind.AddressSpace, Manage, 510, ["address", "length", "page_rights"], None, [InvalidArgument, NotMapped, MissingRights, ObjectsExhausted],
            "Changes rights, never beyond those of the capability that was mapped."),
        new(Call.SpaceUnmap, "space_unmap", ObjectKind.AddressSpace, Manage, 300, ["address", "length"], None, [InvalidArgument, ObjectsExhausted], "Takes whatever is mapped in the range away."),
        new(Call.SpaceCopyIn, "space_copy_in", ObjectKind.AddressSpace, Read, 400, ["address", "buffer", "length"], None, [NotMapped],
            "Copies from memory that the space's own threads can read.", ToCaller),
        new(Call.SpaceCopyOut, "space_copy_out", ObjectKind.AddressSpace, Write, 400, ["address", "buffer", "length"], None, [NotMapped, MemoryExhausted],
            "Copies into memory that the space's own threads can write.", FromCaller),
        new(Call.SpacePrepare, "space_prepare", ObjectKind.AddressSpace, Write, 210, ["address", "length"], None, [NotMapped, MemoryExhausted],
            "Makes sure that a later space_copy_out of the range, in the same message, cannot fail."),
        new(Call.SpaceRead, "space_read", ObjectKind.AddressSpace, Read, 400, ["address", "kind", "buffer", "length"], None, [NotMapped, InvalidArgument],
            "Copies like space_copy_in and says what events should note of the bytes: kind 0 all, 1 a text up to and with its first zero byte, 2 none, as they hold addresses.", ToCaller),

        new(Call.SchedulingContextCreate, "scheduling_context_create", ObjectKind.Cell, Manage, 225, ["destination", "budget", "period"], None,
            [SlotOccupied, InvalidArgument, ObjectsExhausted], "Makes a scheduling context: `budget` nanoseconds of every `period`."),
        new(Call.SchedulingContextConfigure, "scheduling_context_configure", ObjectKind.SchedulingContext, Manage, 300, ["budget", "period"], None, [InvalidArgument, MissingRights], "Changes budget and period; not by a thread that runs on it."),
        new(Call.MemoryExtend, "memory_extend", ObjectKind.MemoryObject, Read, 1600, ["destination", "cell", "bytes"], None, [SlotOccupied, InvalidArgument, ObjectsExhausted, AddressSpaceExhausted],
            "Makes a copy as memory_clone does, with so many bytes, no fewer than the object has."),

        new(Call.TimerCreate, "timer_create", ObjectKind.Cell, Manage, 225, ["destination", "notification", "bits"], None, [SlotOccupied, ObjectsExhausted], "Makes a timer that signals the bits."),
        new(Call.TimerSet, "timer_set", ObjectKind.Timer, Manage, 400, ["deadline", "period"], None, [InvalidArgument, ObjectsExhausted], "Starts it: absolute guest nanoseconds, then every `period` (0: once; least 10000). The timers of a cell, and of those below it, repeat at most once a second for each object of its quota."),
        new(Call.TimerCancel, "timer_cancel", ObjectKind.Timer, Manage, 200, None, None, NoStatus, "Stops it."),

        new(Call.HostRequestPost, "host_request_post", ObjectKind.HostPort, Write, 900, ["kind", "target", "argument0", "argument1", "argument2", "argument3", "buffer", "length"],
            ["id"], [ObjectsExhausted, InvalidArgument], "Asks the host for work; its completion comes as a message to the bound endpoint.", FromCaller),
        new(Call.HostPortBind, "host_port_bind", ObjectKind.HostPort, Manage, 180, ["endpoint"], None, NoStatus, "Completions of the port's requests go to the endpoint."),

        new(Call.WorkCharge, "work_charge", ObjectKind.None, CapabilityRights.None, 15, ["instructions"], None, [InvalidState, InvalidArgument],
            "For a managed program: charges so many virtual instructions (at most 2^32), for work that it does itself, to the sender of the message that it handles."),

        new(Call.VCpuCreate, "vcpu_create", ObjectKind.Cell, Manage, 1200, ["destination", "memory_bytes", "limit_bytes"], None,
            [SlotOccupied, InvalidArgument, ObjectsExhausted, NestedTooDeeply],
            "Makes a virtual CPU with a guest-physical memory of that size, which costs nothing until written; its guest may hold `limit_bytes` of the cell's quota."),
        new(Call.VCpuMap, "vcpu_map", ObjectKind.VCpu, Manage, 180, ["address", "memory", "offset", "length", "page_rights"], None,
            [InvalidArgument, AlreadyMapped, MissingRights, ObjectsExhausted], "Maps whole pages of a memory object, whose capability has those rights, at a guest-physical address."),
        new(Call.VCpuUnmap, "vcpu_unmap", ObjectKind.VCpu, Manage, 180, ["address", "length"], None, [InvalidArgument, ObjectsExhausted], "Takes whatever was mapped in the guest-physical range away."),
        new(Call.VCpuSetIntercepts, "vcpu_set_intercepts", ObjectKind.VCpu, Manage, 90, ["causes", "flags"], None, [InvalidArgument],
            "From now on traps whose bit is set exit to the holder: bit n exception n, bit 16 + n interrupt n, before a hart takes it; flags 1: reads of counters, 2: idle, 4: pages that nothing was mapped at (else the kernel fills them with zero), 8: wfi, 16: sfence.vma and its kind."),
        new(Call.VCpuInterceptCall, "vcpu_intercept_call", ObjectKind.VCpu, Manage, 90, ["number", "on"], None, [ObjectsExhausted], "From now on an ecall with that number in a7 exits to the holder, or not."),
        new(Call.VCpuInterceptPages, "vcpu_intercept_pages", ObjectKind.VCpu, Manage, 180, ["address", "length", "on"], None, [InvalidArgument, ObjectsExhausted],
            "From now on accesses to the guest-physical pages exit to the holder, or none of those in the range do."),
        new(Call.VCpuSetEndpoint, "vcpu_set_endpoint", ObjectKind.VCpu, Manage, 90, ["endpoint"], None, NoStatus, "Exits come as messages to the endpoint, with that capability's badge; 0: none do."),
        new(Call.VCpuReadExit, "vcpu_read_exit", ObjectKind.VCpu, Read, 120, None, ["kind", "cause", "pc", "address", "physical", "instruction", "access", "size"], [WouldBlock],
            "Tells why the virtual CPU waits for its holder."),
        new(Call.VCpuResume, "vcpu_resume", ObjectKind.VCpu, Manage, 180, ["action", "cause", "address"], None, [InvalidState, InvalidArgument],
            "Lets it go on: action 0 from the registers as they are now, 1 with the trap that it stopped for, 2 with another, 3 as if nothing were intercepted, for one instruction, or, where the kernel on it has used its memory, for its accesses to that page until it runs code again; a page that nothing is mapped at exits again, until something is."),
        new(Call.VCpuSetLimit, "vcpu_set_limit", ObjectKind.VCpu, Manage, 120, ["limit_bytes"], None, NoStatus, "Changes how much of the cell's memory its guest may hold."),
        new(Call.VCpuStartHart, "vcpu_start_hart", ObjectKind.VCpu, Manage, 300, None, None, [InvalidState],
            "Runs a bare hart on the virtual CPU: its addresses are guest-physical ones, and every trap exits to the holder. It starts when it is resumed."),
        new(Call.VCpuReadState, "vcpu_read_state", ObjectKind.VCpu, Read, 180, ["buffer", "length"], None, [InvalidArgument, InvalidState],
            "Copies pc, x1–x31, f0–f31 and fcsr, 65 words of 64 bits, of the hart that the exit is about.", ToCaller),
        new(Call.VCpuWriteState, "vcpu_write_state", ObjectKind.VCpu, Manage, 180, ["buffer", "length"], None, [InvalidArgument, InvalidState],
            "Sets pc, x1–x31, f0–f31 and fcsr of the hart that the exit is about.", FromCaller),
        new(Call.VCpuStatus, "vcpu_status", ObjectKind.VCpu, Read, 120, None, ["charged_bytes", "limit_bytes", "retired", "exits", "intercepted"], NoStatus, "Tells what it has used."),
        new(Call.VCpuReserve, "vcpu_reserve", ObjectKind.VCpu, Manage, 120, ["reserved_bytes"], None, [MemoryExhausted],
            "Guarantees its guest so much of the cell's memory, which counts as used from now on; at most its limit. 0 gives it back."),
        new(Call.VCpuInterceptRegister, "vcpu_intercept_register", ObjectKind.VCpu, Manage, 90, ["number", "on"], None, [InvalidArgument],
            "From now on an access to that control and status register exits to the holder, or not."),
    ];

    /// <summary>Finds a row in constant time; null for a number that no row has.</summary>
    public static InvocationRow? Find(ulong number) => number < (ulong)ByNumber.Length ? ByNumber[number] : null;

    private static readonly InvocationRow?[] ByNumber = Index();

    private static InvocationRow?[] Index()
    {
        var index = new InvocationRow?[(int)Rows.Max(row => row.Number) + 1];
        foreach (var row in Rows)
        {
            index[(int)row.Number] = row;
        }

        return index;
    }
}

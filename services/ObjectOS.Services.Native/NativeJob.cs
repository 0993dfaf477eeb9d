using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Services.Console;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Native;

/// <summary>A native program from its request to its end: its cell, how far it is loaded, its streams.</summary>
internal sealed class NativeJob
{
    private readonly Invoker _invoker;
    private readonly Queue<ConsoleCall> _waiting = [];
    private readonly List<uint> _slots = [];
    private MemoryCapability _stack;
    private MemoryCapability _start;
    private int _stage;

    public NativeJob(Invoker invoker, ProgramRequest request, ElfImage image, ulong fileBytes, MemoryCapability file, CellCapability cell, AddressSpaceCapability space)
    {
        _invoker = invoker;
        Request = request;
        Image = image;
        FileBytes = fileBytes;
        File = file;
        Cell = cell;
        Space = space;
        Loader = new Loader(image, file, cell, space);
        Input = new HostStreamReader(request.Input.Number);
        Output = new HostStreamWriter(request.Output.Number);
        Error = new HostStreamWriter(request.Error.Number);
    }

    public ProgramRequest Request { get; }

    public CellCapability Cell { get; }

    /// <summary>True once its thread runs.</summary>
    public bool IsLoaded => _stage > 3;

    /// <summary>Why it ended, until the host has been told.</summary>
    public (ProgramEnd Reason, ulong Code, ProgramEndRecord Record)? End { get; private set; }

    private ElfImage Image { get; }

    private ulong FileBytes { get; }

    private MemoryCapability File { get; }

    private AddressSpaceCapability Space { get; }

    private Loader Loader { get; }

    private HostStreamReader Input { get; }

    private HostStreamWriter Output { get; }

    private HostStreamWriter Error { get; }

    public void Finish(ProgramEnd reason, ulong code, ProgramEndRecord record) => End ??= (reason, code, record);

    /// <summary>Loads on, and lets the program run at the end. Ok: done; Suspended: call again; else it cannot be started.</summary>
    public KernelStatus Load(EndpointCapability endpoint)
    {
        for (; _stage < 4; _stage++)
        {
            var status = _stage switch
            {
                0 => Loader.Load(),
                1 => MakeMemory(),
                2 => _start.Write(0, StartBlock.Make(Request.Arguments, FileBytes)),
                _ => Begin(endpoint),
            };
            if (status != KernelStatus.Ok)
            {
                return status;
            }
        }

        return KernelStatus.Ok;
    }

    private KernelStatus MakeMemory()
    {
        ulong length = (ulong)StartBlock.Make(Request.Arguments, FileBytes).Length;
        if (length > StartBlock.Limit)
        {
            return KernelStatus.InvalidArgument;
        }

        length = Pages.RoundUp(length);
        var status = Cell.CreateMemory(StartBlock.StackBytes, out _stack);
        status = status == KernelStatus.Ok ? Cell.CreateMemory(length, out _start) : status;
        status = status == KernelStatus.Ok
            ? Space.Map(new VirtualAddress(StartBlock.StackTop - StartBlock.StackBytes), _stack, 0, StartBlock.StackBytes, PageRights.Read | PageRights.Write)
            : status;
        return status == KernelStatus.Ok ? Space.Map(new VirtualAddress(StartBlock.Address), _start, 0, length, PageRights.Read) : status;
    }

    private KernelStatus Begin(EndpointCapability endpoint)
    {
        var status = Cell.Grant(StartBlock.CellSlot, Cell.Slot, CapabilityRights.All);
        status = status == KernelStatus.Ok ? Cell.Grant(StartBlock.SpaceSlot, Space.Slot, CapabilityRights.All) : status;
        status = status == KernelStatus.Ok
            ? Cell.Grant(StartBlock.ConsoleSlot, endpoint.Slot, CapabilityRights.Write | CapabilityRights.Grant, NativeProgramService.BadgeOf(Request.Job))
            : status;
        status = status == KernelStatus.Ok
            ? Cell.Grant(StartBlock.FileSlot, File.Slot, CapabilityRights.Read | CapabilityRights.Execute | CapabilityRights.Grant)
            : status;
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        status = Cell.CreateThread(
            Space, new VirtualAddress(Image.Entry), new VirtualAddress(StartBlock.StackTop), StartBlock.Address, out var thread, out _);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        _slots.Add(thread.Slot);
        if (Request.Priority >= 0)
        {
            _invoker.Call1(Call.ThreadSetScheduling, thread.Slot, (ulong)Request.Priority);
        }

        return thread.Resume();
    }

    /// <summary>A call through the program's console. Suspended: nothing was done.</summary>
    public HandleResult Serve(in Message message)
    {
        if (message.Label is not (ConsoleProtocol.Write or ConsoleProtocol.Read))
        {
            Answer(message.ReplySlot, (ulong)HostError.InvalidArgument, 0);
            return HandleResult.Handled;
        }

        var call = new ConsoleCall(message.ReplySlot, message.Label == ConsoleProtocol.Write, message.Words[0] == 1, message.LeaseLength);
        if (_waiting.Count == 0 && TryServe(call) is { } result)
        {
            return result;
        }

        _waiting.Enqueue(call);
        return HandleResult.Handled;
    }

    /// <summary>Takes the end of a host request; false where it is none of this job's.</summary>
    public bool Complete(in Message message)
    {
        long result = (long)message.Words[0];
        return Output.Complete(message.Label, result) || Error.Complete(message.Label, result) || Input.Complete(message.Label, result, message.Data.Span);
    }

    /// <summary>Answers calls that need wait no more. False: one was suspended.</summary>
    public bool ServeWaiting()
    {
        while (_waiting.TryPeek(out var call) && TryServe(call) is { } result)
        {
            if (result == HandleResult.Suspended)
            {
                return false;
            }

            _waiting.Dequeue();
        }

        return true;
    }

    /// <summary>Lets go of all that the service holds for it; its cell is destroyed already.</summary>
    public void Release()
    {
        foreach (var range in Loader.Ranges.Where(range => !range.IsShared))
        {
            range.Memory.Delete();
        }

        foreach (uint slot in _slots.Concat([_stack.Slot, _start.Slot, Space.Slot, Cell.Slot, File.Slot]).Where(slot => slot != 0))
        {
            _invoker.Delete(slot);
        }
    }

    private HandleResult? TryServe(ConsoleCall call) => call.IsWrite ? TryWrite(call) : TryRead(call);

    private HandleResult? TryWrite(ConsoleCall call)
    {
        var writer = call.IsError ? Error : Output;
        int length = (int)Math.Min(call.Length, HostStreamWriter.Limit);
        if (writer.Error != 0)
        {
            return Answer(call.ReplySlot, (ulong)writer.Error, 0);
        }

        if (writer.Room < length)
        {
            return null;
        }

        var data = new byte[length];
        var status = new ReplyCapability(_invoker, call.ReplySlot).CopyIn(0, data);
        if (status == KernelStatus.Suspended)
        {
            return HandleResult.Suspended;
        }

        bool isWritten = status == KernelStatus.Ok && (length == 0 || writer.Write(new HostPortCapability(_invoker, 3), data) == KernelStatus.Ok);
        return isWritten ? Answer(call.ReplySlot, 0, (ulong)length) : Answer(call.ReplySlot, (ulong)HostError.InvalidArgument, 0);
    }

    private HandleResult? TryRead(ConsoleCall call)
    {
        if (!Input.IsReady && call.Length > 0)
        {
            Input.Ask(new HostPortCapability(_invoker, 3), call.Length);
            return null;
        }

        var data = Input.Available;
        data = data[..(int)Math.Min((ulong)data.Length, call.Length)];
        int length = data.Length;
        var status = length == 0 ? KernelStatus.Ok : new ReplyCapability(_invoker, call.ReplySlot).CopyOut(0, data);
        if (status == KernelStatus.Suspended)
        {
            return HandleResult.Suspended;
        }

        if (status != KernelStatus.Ok)
        {
            return Answer(call.ReplySlot, (ulong)HostError.InvalidArgument, 0);
        }

        Input.Take(length);
        return Answer(call.ReplySlot, 0, (ulong)length);
    }

    private HandleResult Answer(uint slot, ulong label, ulong word)
    {
        if (slot != 0)
        {
            new ReplyCapability(_invoker, slot).Send(label, word);
        }

        return HandleResult.Handled;
    }

    /// <summary>Writes the state.</summary>
    public void Save(BinaryWriter writer)
    {
        Request.Save(writer);
        Image.Save(writer);
        writer.Write(FileBytes);
        writer.Write(File.Slot);
        writer.Write(Cell.Slot);
        writer.Write(Space.Slot);
        writer.Write(_stage);
        writer.Write(_stack.Slot);
        writer.Write(_start.Slot);
        writer.Write(_slots.Count);
        _slots.ForEach(writer.Write);
        Loader.Save(writer);
        Input.Save(writer);
        Output.Save(writer);
        Error.Save(writer);
        writer.Write(_waiting.Count);
        foreach (var call in _waiting)
        {
            writer.Write(call.ReplySlot);
            writer.Write(call.IsWrite);
            writer.Write(call.IsError);
            writer.Write(call.Length);
        }

        writer.Write(End is not null);
        if (End is { } end)
        {
            writer.Write((int)end.Reason);
            writer.Write(end.Code);
            end.Record.Save(writer);
        }
    }

    /// <summary>Makes a job of what <see cref="Save"/> wrote.</summary>
    public static NativeJob Restore(Invoker invoker, BinaryReader reader)
    {
        var job = new NativeJob(
            invoker, ProgramRequest.Restore(reader), ElfImage.Restore(reader), reader.ReadUInt64(), new MemoryCapability(invoker, reader.ReadUInt32()),
            new CellCapability(invoker, reader.ReadUInt32()), new AddressSpaceCapability(invoker, reader.ReadUInt32()))
        {
            _stage = reader.ReadInt32(),
            _stack = new MemoryCapability(invoker, reader.ReadUInt32()),
            _start = new MemoryCapability(invoker, reader.ReadUInt32()),
        };
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            job._slots.Add(reader.ReadUInt32());
        }

        job.Loader.Restore(reader);
        job.Input.Restore(reader);
        job.Output.Restore(reader);
        job.Error.Restore(reader);
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            job._waiting.Enqueue(new ConsoleCall(reader.ReadUInt32(), reader.ReadBoolean(), reader.ReadBoolean(), reader.ReadUInt64()));
        }

        job.End = reader.ReadBoolean() ? ((ProgramEnd)reader.ReadInt32(), reader.ReadUInt64(), ProgramEndRecord.Restore(reader)) : null;
        return job;
    }

    private readonly record struct ConsoleCall(uint ReplySlot, bool IsWrite, bool IsError, ulong Length);
}

using ObjectOS.Client;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux;

/// <content>Saving and restoring.</content>
internal sealed partial class LinuxSystem
{
    private const int Version = 6;

    public void Save(BinaryWriter writer)
    {
        writer.Write(Version);
        Invoker.Save(writer);
        writer.Write(Notification.Slot);
        writer.Write(Timer.Slot);
        writer.Write(_nextId);
        writer.Write(_timerSet);
        writer.Write(_lateAt);
        writer.Write(_dying.Count);
        foreach (var (job, id) in _dying)
        {
            writer.Write(job);
            writer.Write(id);
        }

        writer.Write(Blocks.Count);
        foreach (var block in Blocks.Values)
        {
            block.Save(writer);
        }

        SaveLayers(writer);
        writer.Write(_trampoline?.Id ?? 0);
        writer.Write(_trampolineMade?.Id ?? 0);
        writer.Write(Jobs.Count);
        foreach (var job in Jobs.Values)
        {
            job.Save(writer);
        }

        Waits.Save(writer);
        Futexes.Save(writer);
        writer.Write(Requests.Count);
        foreach (var (id, thread) in Requests)
        {
            writer.Write(id);
            writer.Write(thread.Number);
        }

        writer.Write(_deadlines.Count);
        foreach (var (deadline, thread) in _deadlines)
        {
            writer.Write(deadline);
            writer.Write(thread);
        }

        var queue = _queue.Where(thread => !thread.IsGone).ToList();
        writer.Write(queue.Count);
        foreach (var thread in queue)
        {
            writer.Write(thread.Number);
        }

        writer.Write(_untold.Count);
        foreach (var (job, reason, code, record) in _untold)
        {
            writer.Write(job);
            writer.Write((int)reason);
            writer.Write(code);
            writer.Write(record.Length);
            writer.Write(record);
        }
    }

    public void Restore(BinaryReader reader)
    {
        if (reader.ReadInt32() is var version && version != Version)
        {
            throw new InvalidDataException($"The state is of version {version} of the Linux service; {Version} is wanted.");
        }

        Invoker.Restore(reader);
        Notification = new NotificationCapability(Invoker, reader.ReadUInt32());
        Timer = new TimerCapability(Invoker, reader.ReadUInt32());
        _nextId = reader.ReadUInt64();
        _timerSet = reader.ReadUInt64();
        _lateAt = reader.ReadUInt64();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            _dying.Add((reader.ReadUInt64(), reader.ReadInt32()));
        }

        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var block = MemoryBlock.Restore(reader, Invoker);
            Blocks.Add(block.Id, block);
        }

        RestoreLayers(reader);
        _trampoline = Blocks.GetValueOrDefault(reader.ReadUInt64());
        _trampolineMade = Blocks.GetValueOrDefault(reader.ReadUInt64());
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var job = Job.Restore(reader, this);
            Jobs.Add(job.Request.Job, job);
            foreach (var thread in job.Processes.Values.SelectMany(process => process.Threads))
            {
                Threads.Add(thread.Number, thread);
            }
        }

        Waits.Restore(reader, Threads);
        Futexes.Restore(reader, Threads);
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            Requests.Add(reader.ReadUInt64(), Threads[reader.ReadUInt64()]);
        }

        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            ulong deadline = reader.ReadUInt64();
            ulong thread = reader.ReadUInt64();
            _deadlines.Add((deadline, thread));
            _deadlineOf[thread] = deadline;
        }

        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            _queue.Enqueue(Threads[reader.ReadUInt64()]);
        }

        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            _untold.Enqueue((reader.ReadUInt64(), (ProgramEnd)reader.ReadInt32(), reader.ReadUInt64(), reader.ReadBytes(reader.ReadInt32())));
        }
    }
}

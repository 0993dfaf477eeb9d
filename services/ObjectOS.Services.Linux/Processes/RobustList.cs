using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Services.Linux.Calls;

namespace ObjectOS.Services.Linux;

/// <summary>
/// The robust futexes that a thread holds (set_robust_list(2); kernel/futex/core.c, exit_robust_list): when it ends, each is marked with
/// FUTEX_OWNER_DIED, and one of its waiters is woken.
/// </summary>
internal static class RobustList
{
    private const int MostEntries = 2048; // ROBUST_LIST_LIMIT
    private const int CostOfEntry = 450;
    private const uint Owner = 0x3fffffff;
    private const uint Waiters = 0x80000000;
    private const uint OwnerDied = 0x40000000;
    private const ulong InheritsPriority = 1;

    /// <summary>
    /// Marks all that a thread holds. False: the memory is suspended, and nothing was changed but marks, which are not made twice. A list that leads
    /// into unmapped memory ends there.
    /// </summary>
    public static bool TryRelease(LinuxThread thread)
    {
        if (thread.RobustList == 0)
        {
            return true;
        }

        var pages = new PageReader(thread);
        Span<byte> head = stackalloc byte[24];
        var status = pages.Read(thread.RobustList, head);
        if (status == KernelStatus.Ok)
        {
            ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(head);
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(head[8..]);
            ulong pending = BinaryPrimitives.ReadUInt64LittleEndian(head[16..]);
            status = Walk(thread, ref pages, entry, offset, pending);
            if (status == KernelStatus.Ok && (pending & ~InheritsPriority) != 0)
            {
                status = Mark(thread, ref pages, pending, offset, isPending: true);
            }
        }

        thread.RobustList = status == KernelStatus.Suspended ? thread.RobustList : 0;
        return status != KernelStatus.Suspended;
    }

    private static KernelStatus Walk(LinuxThread thread, ref PageReader pages, ulong entry, ulong offset, ulong pending)
    {
        Span<byte> next = stackalloc byte[8];
        for (int count = 0; count < MostEntries && (entry & ~InheritsPriority) != thread.RobustList; count++)
        {
            thread.Process.System.Spend(CostOfEntry);

            // The next entry first: once this one is marked, another thread may free it.
            var status = pages.Read(entry & ~InheritsPriority, next);
            bool isMarked = entry != pending;
            var marked = isMarked && status != KernelStatus.Suspended ? Mark(thread, ref pages, entry, offset, isPending: false) : KernelStatus.Ok;
            if (status != KernelStatus.Ok || marked != KernelStatus.Ok)
            {
                return status != KernelStatus.Ok ? status : marked;
            }

            entry = BinaryPrimitives.ReadUInt64LittleEndian(next);
        }

        return KernelStatus.Ok;
    }

    private static KernelStatus Mark(LinuxThread thread, ref PageReader pages, ulong entry, ulong offset, bool isPending)
    {
        ulong address = (entry & ~InheritsPriority) + offset;
        bool inheritsPriority = (entry & InheritsPriority) != 0;
        Span<byte> word = stackalloc byte[4];
        if (address % 4 != 0)
        {
            return KernelStatus.NotMapped;
        }

        var status = pages.Read(address, word);
        uint value = BinaryPrimitives.ReadUInt32LittleEndian(word);
        bool isOwn = (value & Owner) == (uint)thread.Id;
        if (status == KernelStatus.Ok && isOwn)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(word, (value & Waiters) | OwnerDied);
            status = thread.Process.Memory.Space.CopyOut(new VirtualAddress(address), word);
            pages.Invalidate();
        }

        // A pending one without an owner was given free, but its waiter perhaps not woken.
        if (status == KernelStatus.Ok && !inheritsPriority && (isOwn ? (value & Waiters) != 0 : isPending && (value & Owner) == 0))
        {
            FutexCalls.Wake(thread.Process.System, FutexCalls.KeyOf(thread.Process, address, isPrivate: false), 1, uint.MaxValue);
            FutexCalls.Wake(thread.Process.System, FutexCalls.KeyOf(thread.Process, address, isPrivate: true), 1, uint.MaxValue);
        }

        return status;
    }

    /// <summary>
    /// Reads from a program's memory, each page once as long as the reads stay in it: no program runs during a message, and so none changes it.
    /// </summary>
    private struct PageReader(LinuxThread thread)
    {
        private const ulong None = ulong.MaxValue;

        private readonly byte[] _bytes = new byte[Pages.Size];
        private ulong _page = None;

        public KernelStatus Read(ulong address, Span<byte> bytes)
        {
            var space = thread.Process.Memory.Space;
            ulong page = Pages.RoundDown(address);
            int offset = (int)(address - page);
            if (offset + bytes.Length > _bytes.Length)
            {
                return space.CopyIn(new VirtualAddress(address), bytes);
            }

            if (page != _page)
            {
                _page = None;
                var status = space.CopyIn(new VirtualAddress(page), _bytes);
                if (status != KernelStatus.Ok)
                {
                    return status;
                }

                _page = page;
            }

            _bytes.AsSpan(offset, bytes.Length).CopyTo(bytes);
            return KernelStatus.Ok;
        }

        /// <summary>Memory was written: it is read again.</summary>
        public void Invalidate() => _page = None;
    }
}

using System.Diagnostics;
using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>
/// A range of an address space that shows a range of a memory object. It is charged to the space's cell as an object, and goes with the
/// capability that it was made through and with the memory object.
/// </summary>
internal sealed class Mapping(AddressSpace space, ulong start, ulong length, Capability through, ulong offset, PageRights rights)
{
    private int _inCapability;
    private int _inMemory;

    public AddressSpace Space => space;

    public ulong Start => start;

    public ulong Length => length;

    public ulong End => start + length;

    /// <summary>The capability that it was made through.</summary>
    public Capability Through => through;

    public MemoryObject Memory => (MemoryObject)through.Object;

    /// <summary>Where in the memory object it starts.</summary>
    public ulong Offset => offset;

    public PageRights Rights { get; set; } = rights;

    public PhysicalAddress Physical(ulong address) => Memory.Start + (offset + (address - start));

    /// <summary>Enters it with its capability and its memory object.</summary>
    public void Attach()
    {
        var ofCapability = through.Mappings ??= [];
        _inCapability = ofCapability.Count;
        ofCapability.Add(this);
        _inMemory = Memory.Mappings.Count;
        Memory.Mappings.Add(this);
    }

    /// <summary>Takes it out again, in constant time.</summary>
    public void Detach()
    {
        var ofCapability = through.Mappings!;
        Debug.Assert(ofCapability[_inCapability] == this && Memory.Mappings[_inMemory] == this, "the lists of mappings are consistent");
        ofCapability[_inCapability] = ofCapability[^1];
        ofCapability[_inCapability]._inCapability = _inCapability;
        ofCapability.RemoveAt(ofCapability.Count - 1);
        var ofMemory = Memory.Mappings;
        ofMemory[_inMemory] = ofMemory[^1];
        ofMemory[_inMemory]._inMemory = _inMemory;
        ofMemory.RemoveAt(ofMemory.Count - 1);
    }
}

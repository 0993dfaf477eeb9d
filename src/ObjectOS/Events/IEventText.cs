using ObjectOS.Cpu;

namespace ObjectOS.Events;

/// <summary>Writes an event as text, for readers.</summary>
internal interface IEventText
{
    string Write(in EventRecord record);
}

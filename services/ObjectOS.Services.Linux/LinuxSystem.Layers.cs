using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Services.Files;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux;

/// <summary>A job that waits until the layers of its root are open.</summary>
/// <param name="Request">What the host has asked for.</param>
/// <param name="Memory">The program's file; null if it is in the job's own files.</param>
/// <param name="Length">Its length.</param>
/// <param name="Image">Its headers; null if it cannot be run, or is in the job's own files.</param>
/// <param name="Problem">Why it cannot be run.</param>
internal sealed record PendingStart(ProgramRequest Request, MemoryCapability? Memory, ulong Length, ElfImage? Image, string Problem);

/// <content>The layers of roots: each is read once, for the first job that runs from it, and serves all later ones.</content>
internal sealed partial class LinuxSystem
{
    /// <summary>Bytes of an index that are asked for at once.</summary>
    private const ulong IndexPiece = 1 << 18;

    /// <summary>Bytes of an index that are read for one virtual instruction.</summary>
    private const int IndexBytesPerWork = 1;

    /// <summary>Bytes of an index, beyond which it is refused.</summary>
    private const int LargestIndex = 1 << 28;

    private readonly List<PendingStart> _starts = [];

    /// <summary>The request for a piece of an index that is under way, and its layer; 0: there is none.</summary>
    private (ulong Id, ulong Layer) _indexRequest;

    /// <summary>Layers by the host's number.</summary>
    public SortedDictionary<ulong, Layer> Layers { get; } = [];

    /// <summary>Goes on with the start of jobs that wait for layers, in their order.</summary>
    private void OpenLayers()
    {
        while (_starts.Count > 0 && _indexRequest.Id == 0)
        {
            var wanted = _starts[0].Request.Layers.FirstOrDefault(layer => !Layers.TryGetValue(layer.Number, out var known) || known.Root is null);
            if (wanted is null)
            {
                var start = _starts[0];
                _starts.RemoveAt(0);
                Start(start);
                continue;
            }

            if (!Layers.TryGetValue(wanted.Number, out var layer))
            {
                Layers.Add(wanted.Number, layer = new Layer(wanted.Number, wanted.Digest));
            }

            var status = Host.Request(HostRequestKind.File, layer.Number, [], out ulong id, (ulong)HostFileOperation.LayerIndex, (ulong)layer.Index.Length, IndexPiece);
            if (status != KernelStatus.Ok)
            {
                _lateAt = Math.Min(_lateAt, Now + Pause);
                return;
            }

            _indexRequest = (id, layer.Number);
        }
    }

    /// <summary>Takes a piece of an index. False: the completion is not one's.</summary>
    private bool TakeIndex(in Message message)
    {
        if (message.Label != _indexRequest.Id || _indexRequest.Id == 0)
        {
            return false;
        }

        var layer = Layers[_indexRequest.Layer];
        _indexRequest = default;
        string problem = (long)message.Words[0] < 0 ? $"error {-(long)message.Words[0]}" : "";
        layer.Append(message.Data.Span);
        Spend(message.Data.Length / IndexBytesPerWork);
        if (problem.Length == 0 && (ulong)message.Data.Length == IndexPiece)
        {
            problem = layer.Index.Length > LargestIndex ? $"it has more than {LargestIndex} bytes" : "";
        }
        else if (problem.Length == 0)
        {
            problem = TryOpen(layer);
        }

        if (problem.Length > 0)
        {
            Layers.Remove(layer.Number);
            var refused = _starts.FindAll(start => start.Request.Layers.Any(other => other.Number == layer.Number));
            _starts.RemoveAll(refused.Contains);
            foreach (var start in refused)
            {
                start.Memory?.Delete();
                Refuse(new Job(this, start.Request, default), $"the index of its root cannot be read: {problem}");
            }
        }

        OpenLayers();
        return true;
    }

    private static string TryOpen(Layer layer)
    {
        try
        {
            layer.Open();
            return "";
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }

    private void SaveLayers(BinaryWriter writer)
    {
        writer.Write(Layers.Count);
        foreach (var layer in Layers.Values)
        {
            layer.Save(writer);
        }

        writer.Write(_indexRequest.Id);
        writer.Write(_indexRequest.Layer);
        writer.Write(_starts.Count);
        foreach (var start in _starts)
        {
            start.Request.Save(writer);
            writer.Write(start.Memory?.Slot ?? 0);
            writer.Write(start.Length);
            writer.Write(start.Problem);
            writer.Write(start.Image is not null);
            start.Image?.Save(writer);
        }
    }

    private void RestoreLayers(BinaryReader reader)
    {
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var layer = Layer.Restore(reader, Invoker);
            Layers.Add(layer.Number, layer);
        }

        _indexRequest = (reader.ReadUInt64(), reader.ReadUInt64());
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var request = ProgramRequest.Restore(reader);
            uint slot = reader.ReadUInt32();
            ulong length = reader.ReadUInt64();
            string problem = reader.ReadString();
            var image = reader.ReadBoolean() ? ElfImage.Restore(reader) : null;
            _starts.Add(new PendingStart(request, slot == 0 ? null : new MemoryCapability(Invoker, slot), length, image, problem));
        }
    }
}

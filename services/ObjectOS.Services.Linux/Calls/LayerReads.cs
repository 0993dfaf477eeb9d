using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Reading of layers: pieces of files that no program has wanted yet are asked of the host.</summary>
internal static class LayerReads
{
    /// <summary>Bytes that are taken in for one virtual instruction, besides what the kernel charges.</summary>
    private const int BytesPerWork = 2;

    /// <summary>
    /// Sees to it that a file's bytes are its own, for a change of them: those of a layer are loaded whole and left, and shared mappings follow. 0: they are.
    /// </summary>
    public static CallResult Own(LinuxCall call, Inode node)
    {
        if (node.Content?.Source is not { } file)
        {
            return 0L;
        }

        var loaded = Load(call, node, 0, node.Length);
        if (loaded != 0L || file.Content.Memory is not { } memory)
        {
            return loaded;
        }

        var status = call.Job.Tree.MakeMemory(node, node.Length);
        return status == KernelStatus.Ok ? FileMaps.Follow(call, node, memory, true) : ChangeCalls.OfSpace(status);
    }

    /// <summary>Sees to it that a range of a file is there, if the file is still a layer's. 0: it is.</summary>
    public static CallResult Load(LinuxCall call, Inode node, ulong offset, ulong end)
    {
        if (node.Content?.Source is not { } file)
        {
            return 0L;
        }

        while (file.Missing(offset, end) is { } piece)
        {
            if (!call.TryReply(0, out var reply))
            {
                call.Asked = piece;
                return call.AskLayer(file.Layer, HostFileOperation.LayerRead, file.Number, piece, Math.Min(LayerFile.Piece, file.Length - piece));
            }

            if (reply.IsError || (ulong)reply.Data.Length != Math.Min(LayerFile.Piece, file.Length - call.Asked))
            {
                call.System.Log(call.Job, $"a file of the root cannot be read (file {file.Number}, offset {call.Asked})");
                call.ForgetReplies();
                return Errno.EIO;
            }

            var status = file.Load(call.Asked, reply.Data, call.System.Own);
            if (status != KernelStatus.Ok)
            {
                return CallResult.Of(status);
            }

            call.Charge(reply.Data.Length / BytesPerWork);
            call.ForgetReplies();
            if (call.IsSpent && file.Missing(offset, end) is not null)
            {
                return CallResult.Continued;
            }
        }

        return 0L;
    }
}

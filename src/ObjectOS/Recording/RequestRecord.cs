using System.IO.Hashing;
using ObjectOS.Abi;

namespace ObjectOS.Recording;

/// <summary>A request to the host as the log has it: its data by length and digest.</summary>
internal sealed record RequestRecord(
    ulong Id, HostRequestKind Kind, ulong Target, ulong Argument0, ulong Argument1, ulong Argument2, ulong Argument3, ulong Length, ulong Digest)
{
    public static RequestRecord Of(HostRequest request) => new(
        request.Id, request.Kind, request.Target, request.Argument0, request.Argument1, request.Argument2, request.Argument3,
        (ulong)request.Data.Length, XxHash64.HashToUInt64(request.Data.Span));

    public static RequestRecord Read(RecordCursor cursor) => new(
        cursor.Number(), (HostRequestKind)cursor.UInt("a request's kind"), cursor.Number(), cursor.Number(), cursor.Number(), cursor.Number(), cursor.Number(),
        cursor.Number(), cursor.Fixed());

    public void Write(RecordBuffer log)
    {
        log.Number(Id);
        log.Number((ulong)Kind);
        log.Number(Target);
        log.Number(Argument0);
        log.Number(Argument1);
        log.Number(Argument2);
        log.Number(Argument3);
        log.Number(Length);
        log.Fixed(Digest);
    }

    public override string ToString() =>
        $"request {Id}, {Kind}({Target}, 0x{Argument0:x}, 0x{Argument1:x}, 0x{Argument2:x}, 0x{Argument3:x}) with {Length} bytes of digest {Digest:x16}";
}

using System.Buffers.Binary;
using ObjectOS.Abi;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>
/// The lists of texts that execve names: bytes, as arguments need not be UTF-8. Pointers and texts mostly follow one another, so that each of their pages is read once: 16,384 texts cost
/// as many copies as they have pages.
/// </summary>
internal sealed class TextList(LinuxCall call)
{
    private const int MostText = 1 << 20;
    private const int MostTexts = 1 << 14;
    private const int LongestText = 131072;
    private const int CostOfText = 120;

    private readonly PageOf _pointers = new();
    private readonly PageOf _bytes = new();
    private int _total;
    private int _count;

    /// <summary>Bytes of the host that all texts take.</summary>
    public ulong Held => (ulong)_total + ((ulong)_count * 32);

    /// <summary>Reads a list that ends with a zero pointer; none is empty.</summary>
    public bool TryRead(ulong address, out byte[][] texts)
    {
        var found = new List<byte[]>();
        texts = [];
        var pointer = new byte[sizeof(ulong)];
        for (; address != 0; address += sizeof(ulong))
        {
            for (int i = 0; i < pointer.Length; i++)
            {
                if (!_pointers.TryRead(call, address + (ulong)i, out pointer[i]))
                {
                    return false;
                }
            }

            ulong text = BinaryPrimitives.ReadUInt64LittleEndian(pointer);
            if (text == 0)
            {
                break;
            }

            if (_count >= MostTexts)
            {
                return call.Fail(Errno.E2BIG);
            }

            if (!TryReadText(text, out byte[] one))
            {
                return false;
            }

            _count++;
            found.Add(one);
        }

        texts = [.. found];
        return true;
    }

    private bool TryReadText(ulong address, out byte[] text)
    {
        var bytes = new List<byte>();
        text = [];
        while (bytes.Count <= LongestText)
        {
            if (!_bytes.TryGet(call, address, out var rest))
            {
                return false;
            }

            int zero = rest.IndexOf((byte)0);
            bytes.AddRange(zero < 0 ? rest : rest[..zero]);
            address += (ulong)rest.Length;
            if (zero >= 0)
            {
                text = [.. bytes];
                _total += text.Length + 9;
                call.Charge(CostOfText + (text.Length / 2));
                return _total <= MostText || call.Fail(Errno.E2BIG);
            }
        }

        return call.Fail(Errno.E2BIG);
    }

    /// <summary>The page of the program that was read last.</summary>
    private sealed class PageOf
    {
        private readonly byte[] _bytes = new byte[Pages.Size];
        private ulong _address = ulong.MaxValue;

        public bool TryRead(LinuxCall call, ulong address, out byte value)
        {
            bool isThere = TryGet(call, address, out var rest);
            value = isThere ? rest[0] : (byte)0;
            return isThere;
        }

        /// <summary>What its page has from an address on.</summary>
        public bool TryGet(LinuxCall call, ulong address, out ReadOnlySpan<byte> rest)
        {
            rest = default;
            ulong page = Pages.RoundDown(address);
            if (page != _address)
            {
                _address = ulong.MaxValue;
                if (!call.TryReadAddresses(page, _bytes))
                {
                    return false;
                }

                _address = page;
            }

            rest = _bytes.AsSpan((int)(address - page));
            return true;
        }
    }
}

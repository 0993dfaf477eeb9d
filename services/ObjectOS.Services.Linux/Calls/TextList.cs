using System.Buffers.Binary;
using ObjectOS.Abi;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>
/// The lists of texts that execve names: bytes, as arguments need not be UTF-8. Pointers and texts mostly follow one another, so that each of their
/// pages is read once: 16,384 texts cost as many copies as they have pages.
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
        for (; address != 0; address += sizeof(ulong))
        {
            if (!_pointers.TryReadWord(call, address, out ulong text))
            {
                return false;
            }

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
        text = [];
        var before = new List<byte>();
        while (before.Count <= LongestText)
        {
            if (!_bytes.TryGet(call, address, out var rest))
            {
                return false;
            }

            int zero = rest.IndexOf((byte)0);
            if (zero >= 0)
            {
                text = before.Count == 0 ? rest[..zero].ToArray() : [.. before, .. rest[..zero]];
                _total += text.Length + 9;
                call.Charge(CostOfText + (text.Length / 2));
                return _total <= MostText || call.Fail(Errno.E2BIG);
            }

            before.AddRange(rest);
            address += (ulong)rest.Length;
        }

        return call.Fail(Errno.E2BIG);
    }

    /// <summary>The page of the program that was read last.</summary>
    private sealed class PageOf
    {
        private readonly byte[] _bytes = new byte[Pages.Size];
        private ulong _address = ulong.MaxValue;

        /// <summary>Reads a word, which two pages may share.</summary>
        public bool TryReadWord(LinuxCall call, ulong address, out ulong word)
        {
            word = 0;
            if (!TryGet(call, address, out var rest))
            {
                return false;
            }

            if (rest.Length >= sizeof(ulong))
            {
                word = BinaryPrimitives.ReadUInt64LittleEndian(rest);
                return true;
            }

            for (int i = 0; i < sizeof(ulong); i++)
            {
                if (!TryGet(call, address + (ulong)i, out rest))
                {
                    return false;
                }

                word |= (ulong)rest[0] << (8 * i);
            }

            return true;
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

using ObjectOS.Machine.Code;
using ObjectOS.Machine.Isa;
using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>Makes a CPU's translator when the first block is hot, and knows why there is none.</summary>
/// <param name="threshold">Entries of a block before it is translated.</param>
/// <param name="chunks">Most chunks of translated code.</param>
internal sealed class TranslatorSource(int threshold, int chunks)
{
    private bool _isRefused;

    /// <summary>Entries of a block before it is translated.</summary>
    public int Threshold => threshold;

    /// <summary>Why code is interpreted; null: it is translated.</summary>
    public string? Problem => !ExecutableMemory.IsSupported ? "the host is not x64 Linux with AVX2, FMA and BMI2"
        : _isRefused ? "the host refuses executable memory" : null;

    public Translator? Create(IsaConfiguration isa, CodeMeter meter)
    {
        Translator? translator = _isRefused ? null : Translator.TryCreate(isa, meter, chunks);
        _isRefused = translator is null;
        return translator;
    }
}

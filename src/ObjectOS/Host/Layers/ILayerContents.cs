namespace ObjectOS.Host.Layers;

/// <summary>The contents of the files of a layer.</summary>
internal interface ILayerContents : IDisposable
{
    /// <summary>Reads bytes of a file, as far as it has them.</summary>
    /// <exception cref="IOException">They cannot be read, or the file has changed since the layer was opened.</exception>
    int Read(uint file, long offset, Span<byte> bytes);
}

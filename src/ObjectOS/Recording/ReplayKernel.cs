using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Recording;

/// <summary>A kernel of a replay.</summary>
internal sealed class ReplayKernel(IKernel kernel, int number, string path)
{
    private bool _isShutDown;

    public IKernel Kernel => kernel;

    public int Number => number;

    public string Path => path;

    /// <summary>Kernels that were made under it.</summary>
    public int Children { get; set; }

    /// <summary>Its service for machines, once that was made.</summary>
    public VmmService? Machines { get; set; }

    /// <summary>Requests that were taken and not compared yet.</summary>
    public Queue<HostRequest> Taken { get; } = [];

    public void TakeRequests(ReplayPrinter printer)
    {
        while (!_isShutDown && kernel.TryTakeRequest(out var request))
        {
            printer.Note(number, request);
            Taken.Enqueue(request);
        }
    }

    public void Shutdown()
    {
        kernel.Shutdown();
        _isShutDown = true;
        Taken.Clear();
    }
}

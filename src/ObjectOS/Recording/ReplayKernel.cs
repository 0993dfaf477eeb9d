using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Events;

namespace ObjectOS.Recording;

/// <summary>A kernel of a replay.</summary>
internal sealed class ReplayKernel(IKernel kernel, int number, string path, LevelEvents? events)
{
    private bool _isShutDown;

    public IKernel Kernel => kernel;

    public int Number => number;

    public string Path => path;

    /// <summary>Kernels that were made under it.</summary>
    public int Children { get; set; }

    /// <summary>Its lanes of events; null: nothing looks at them.</summary>
    public LevelEvents? Events => events;

    /// <summary>Its service for machines, once that was made.</summary>
    public IVirtualMachineService? Machines { get; set; }

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

    /// <summary>Sorts the events so far into their lanes.</summary>
    public void DrainEvents() => events?.Drain(kernel);

    public void Shutdown()
    {
        DrainEvents();
        kernel.Shutdown();
        DrainEvents();
        _isShutDown = true;
        Taken.Clear();
    }
}

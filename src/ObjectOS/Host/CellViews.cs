using ObjectOS.Cpu;

namespace ObjectOS.Host;

/// <summary>Joins the kernel's cells with the programs that run in them.</summary>
internal static class CellViews
{
    public static IReadOnlyList<CellView> Of(IKernel kernel, uint linuxSlot, IReadOnlyCollection<Job> jobs)
    {
        var cells = kernel.Statistics.Cells;
        var parents = cells.ToDictionary(c => c.Number, c => c.Parent);
        uint linux = kernel.CellNumber(linuxSlot);
        return [.. cells.OrderBy(c => c.Number).Select(View)];

        CellView View(CellStatistics figures)
        {
            for (uint at = figures.Number; at != 0; at = parents.GetValueOrDefault(at))
            {
                if (jobs.FirstOrDefault(j => j.Cell == at) is { } job)
                {
                    return new CellView(figures, string.Join(' ', [job.Spec.Name ?? job.Spec.Path, .. job.Spec.Arguments]), job.Spec);
                }
            }

            return new CellView(figures, figures.Parent == 0 ? "root" : figures.Number == linux ? "linux service" : "", null);
        }
    }
}

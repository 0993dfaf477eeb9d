using System.Globalization;
using System.Text;
using ObjectOS.Abi;

namespace ObjectOS.Services.Linux;

/// <summary>The mappings of a process as text.</summary>
internal static class MapTexts
{
    private const int CostOfEntry = 240;

    /// <summary>The column at which names begin (fs/proc/task_mmu.c).</summary>
    private const int NameColumn = 73;

    public static string Maps(ShownView view)
    {
        var areas = view.Process.Memory.Areas;
        view.System.Spend(areas.Count * CostOfEntry);
        var text = new StringBuilder();
        foreach (var area in areas)
        {
            Append(text, area);
        }

        return text.ToString();
    }

    public static string DetailedMaps(ShownView view)
    {
        var areas = view.Process.Memory.Areas;
        view.System.Spend(areas.Count * CostOfEntry * 4);
        var text = new StringBuilder();
        foreach (var area in areas)
        {
            Append(text, area);
            ulong size = area.Length / 1024;
            foreach (var (name, value) in ((string, ulong)[])
                [
                    ("Size", size), ("KernelPageSize", Pages.Size / 1024), ("MMUPageSize", Pages.Size / 1024), ("Rss", size), ("Pss", size),
                    ("Shared_Clean", 0), ("Shared_Dirty", 0), ("Private_Clean", 0), ("Private_Dirty", size), ("Referenced", size), ("Anonymous", size), ("Swap", 0),
                ])
            {
                text.Append(CultureInfo.InvariantCulture, $"{name + ":",-16}{value,8} kB\n");
            }

            text.Append("VmFlags:").Append(area.Rights.HasFlag(PageRights.Read) ? " rd" : "").Append(area.Rights.HasFlag(PageRights.Write) ? " wr" : "");
            text.Append(area.Rights.HasFlag(PageRights.Execute) ? " ex" : "").Append(area.IsShared ? " sh" : "").Append(" mr mw me\n");
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, MemoryArea area)
    {
        int start = text.Length;
        text.Append(CultureInfo.InvariantCulture, $"{area.Start:x8}-{area.End:x8} ");
        text.Append(area.Rights.HasFlag(PageRights.Read) ? 'r' : '-').Append(area.Rights.HasFlag(PageRights.Write) ? 'w' : '-');
        text.Append(area.Rights.HasFlag(PageRights.Execute) ? 'x' : '-').Append(area.IsShared ? 's' : 'p');
        ulong number = area.Block.Inode?.Number ?? 0;
        text.Append(CultureInfo.InvariantCulture, $" {area.Offset:x8} 00:0{(number == 0 ? 0 : 1)} {number} ");
        if (area.Name.Length > 0)
        {
            text.Append(' ', Math.Max(0, NameColumn - (text.Length - start))).Append(area.Name);
        }

        text.Append('\n');
    }
}

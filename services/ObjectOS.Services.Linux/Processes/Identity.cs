using System.Globalization;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux;

/// <summary>The users and groups of a process (credentials(7)). The superuser of a cell has rights in the cell's own files alone.</summary>
/// <param name="Real">Who started it.</param>
/// <param name="Effective">Whom it acts for.</param>
/// <param name="Saved">Whom it may act for again.</param>
/// <param name="Files">Whom it acts for when it uses files.</param>
/// <param name="Groups">Further groups.</param>
internal sealed record Identity(FileOwner Real, FileOwner Effective, FileOwner Saved, FileOwner Files, IReadOnlyList<uint> Groups)
{
    public static Identity Of(FileOwner owner) => new(owner, owner, owner, owner, []);

    public bool IsSuperuser => Effective.User == 0;

    /// <summary>As whom it uses files.</summary>
    public Credentials Credentials => new(Files.User, Files.Group, Groups);

    /// <summary>As whom access(2) looks at files.</summary>
    public Credentials RealCredentials => new(Real.User, Real.Group, Groups);

    /// <summary>The lines of <c>/proc/self/status</c>.</summary>
    public string Lines => string.Create(
        CultureInfo.InvariantCulture,
        $"Uid:\t{Real.User}\t{Effective.User}\t{Saved.User}\t{Files.User}\nGid:\t{Real.Group}\t{Effective.Group}\t{Saved.Group}\t{Files.Group}\nGroups:\t{string.Concat(Groups.Select(group => group.ToString(CultureInfo.InvariantCulture) + " "))}\n");

    public void Save(BinaryWriter writer)
    {
        foreach (var owner in (FileOwner[])[Real, Effective, Saved, Files])
        {
            writer.Write(owner.User);
            writer.Write(owner.Group);
        }

        writer.Write(Groups.Count);
        foreach (uint group in Groups)
        {
            writer.Write(group);
        }
    }

    public static Identity Restore(BinaryReader reader)
    {
        var owners = new FileOwner[4];
        for (int i = 0; i < owners.Length; i++)
        {
            owners[i] = new FileOwner(reader.ReadUInt32(), reader.ReadUInt32());
        }

        var groups = new uint[reader.ReadInt32()];
        for (int i = 0; i < groups.Length; i++)
        {
            groups[i] = reader.ReadUInt32();
        }

        return new Identity(owners[0], owners[1], owners[2], owners[3], groups);
    }
}

namespace ObjectOS.Tests.Packages;

/// <summary>The tests that use the one feed.</summary>
[CollectionDefinition(Name)]
public sealed class PackagesCollection : ICollectionFixture<PackagesFixture>
{
    public const string Name = "packages";
}

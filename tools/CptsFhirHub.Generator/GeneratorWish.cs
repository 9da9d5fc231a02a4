namespace CptsFhirHub.Generator;

/// <summary>What to generate. The same wish gives the same bytes, on every machine and at every hour.</summary>
public sealed record GeneratorWish(long Seed, TerritoryProfile Profile)
{
    /// <summary>More persons than days of birth there are would resemble each other by chance.</summary>
    public const int SizeMax = 12_000;

    /// <summary>Lines of the territory's main source.</summary>
    public int Size { get; init; } = Profile.Size;

    /// <summary>The day on which ages are counted and before which everything was sent; never the day of the clock.</summary>
    public DateOnly Today { get; init; } = new(2026, 6, 15);

    public FrenchNames Names { get; init; } = FrenchNames.Short;
}

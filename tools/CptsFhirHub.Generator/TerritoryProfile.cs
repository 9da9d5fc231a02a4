using System.Collections.Frozen;

namespace CptsFhirHub.Generator;

/// <summary>What is particular to a territory: its communes, the source that sends most, and how much the others send beside it.</summary>
/// <param name="Name">The name given to <c>--profile</c>.</param>
/// <param name="Main">The source whose lines <c>--size</c> counts.</param>
/// <param name="Size">How many they are unless said otherwise: the figures of the territory.</param>
/// <param name="Others">Messages of each other source for a thousand of the main one.</param>
public sealed record TerritoryProfile(string Name, string Main, int Size, FrozenDictionary<string, int> Others)
{
    /// <summary>Below this a source would not show all that it may do wrong.</summary>
    private const int LeastOfASource = 8;

    /// <summary>Every source sends something in every territory.</summary>
    public static IReadOnlyList<string> Sources { get; } =
    [
        "medecins", "appels-snp", "cpam-cohort", "recensement", "doctolib", "guichet", "telephone", "hospital", "prado", "mas", "fhir",
    ];

    public static IReadOnlyList<TerritoryProfile> All { get; } =
    [
        Of("vendee", "recensement", 3_800, ("doctolib", 20), ("hospital", 10), ("prado", 5)),
        Of("charente", "recensement", 800, ("doctolib", 20), ("telephone", 60)),
        Of("loiret", "appels-snp", 510, ("doctolib", 60), ("guichet", 60)),
        Of("val", "cpam-cohort", 1_407, ("medecins", 21), ("doctolib", 60)),
        Of("essonne", "hospital", 400, ("prado", 250), ("mas", 150), ("guichet", 250), ("doctolib", 400)),
        Of("sarthe", "cpam-cohort", 1_200, ("medecins", 25), ("doctolib", 100)),
    ];

    /// <summary>The département's number: of post codes, of institutions, of households' phones.</summary>
    public string Department => Name switch { "vendee" => "85", "charente" => "16", "essonne" => "91", "sarthe" => "72", _ => "45" };

    /// <summary>How many GPs leave: the cell of the Sarthe spreads the patients of several.</summary>
    public int LeavingGps => Name == "sarthe" ? 9 : 1;

    public int CountOf(string source, int size) =>
        source == Main ? size : Math.Max(LeastOfASource, size * Others.GetValueOrDefault(source) / 1000);

    public static TerritoryProfile? Find(string name) => All.FirstOrDefault(profile => profile.Name == name);

    private static TerritoryProfile Of(string name, string main, int size, params (string Source, int PerMille)[] others) =>
        new(name, main, size, others.ToFrozenDictionary(other => other.Source, other => other.PerMille));
}

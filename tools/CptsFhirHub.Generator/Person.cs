using System.Globalization;

namespace CptsFhirHub.Generator;

/// <summary>A person who exists only here: the truth that messages tell more or less well.</summary>
/// <param name="Id">P00001 and so on.</param>
/// <param name="Born">Nobody else of the territory was born that day, so that no two persons resemble each other by chance.</param>
/// <param name="Nir">
/// Thirteen digits and the key. The place of birth is 99999, which is no commune and no country: nobody bears such a number.
/// </param>
public sealed record Person(string Id, bool IsWoman, string BirthName, string? UsedName, string FirstName, DateOnly Born, Place Home, string Nir)
{
    public required string Phone { get; init; }
    public string? Mobile { get; init; }
    public string? Email { get; init; }
    public required string Street { get; init; }
    public required string BirthPlace { get; init; }
    public required string Ipp { get; init; }
    public bool HasAld { get; init; }
    public string? AldLabel { get; init; }
    public bool HasC2s { get; init; }
    public bool HasAme { get; init; }
    public bool IsPrecarious { get; init; }
    public bool HasHandicap { get; init; }
    public bool LivesAlone { get; init; }
    public bool HasLostGp { get; init; }
    public required string LastGp { get; init; }
    public required string Mobility { get; init; }
    public int HouseholdWithoutGp { get; init; }

    public string BornIso => Born.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public string BornFrench => Born.ToString("dd/MM/yyyy", CultureInfo.InvariantCulture);

    public string BornCompact => Born.ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    public string Sex => IsWoman ? "F" : "M";
}

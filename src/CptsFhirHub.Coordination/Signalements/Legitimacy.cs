namespace CptsFhirHub.Coordination.Signalements;

/// <summary>The GP whom a person has declared, as far as the hub knows.</summary>
/// <param name="Reference">The Practitioner, or the RPPS of one who is not in the directory.</param>
public sealed record DeclaredGp(string Reference)
{
    /// <summary>True when the GP practises and nothing announces the end of it; false for one who has stopped or is leaving; null when unknown.</summary>
    public bool? Practises { get; init; }

    /// <summary>True when the practice is in the territory; null when the CPTS draws no border or the place is unknown.</summary>
    public bool? IsInTerritory { get; init; }

    /// <summary>Kilometres from the person's home; null when one of the places is unknown.</summary>
    public double? Km { get; init; }

    /// <summary>Kilometres that it is at least, whatever the places in their départements.</summary>
    public double AtLeastKm { get; init; }
}

/// <summary>What tells whether a signalement is a real need.</summary>
public sealed record NeedFacts
{
    public bool IsDeceased { get; init; }

    public DeclaredGp? Gp { get; init; }

    /// <summary>The GP against whom a coordinator opened the file again: that one closes it no more.</summary>
    public string? GpOverruled { get; init; }

    /// <summary>True when the request says that the person's GP stops or has left: what the directory says is older.</summary>
    public bool SaysGpLeft { get; init; }

    /// <summary>True when the home is outside the territory; null when the CPTS draws no border or the home is unknown.</summary>
    public bool? LivesOutside { get; init; }

    public bool IsMinor { get; init; }

    /// <summary>True when somebody answers for the minor.</summary>
    public bool HasGuardian { get; init; }
}

/// <summary>What a coordinator should know of a need before anybody works on it. The codes are those of <c>CodeSystem/remarque-dossier</c>.</summary>
public sealed record NeedRemark(string Code, string French);

/// <summary>The outcome of the check.</summary>
/// <param name="Closing">The state that ends the file, or null.</param>
/// <param name="Reason">Why, in words that can be read aloud; null when it goes on.</param>
public sealed record NeedVerdict(string? Closing, string? Reason, IReadOnlyList<NeedRemark> Remarks);

/// <summary>
/// Is it a real need (flow M16)? Who has died, or has a GP within reach, needs none; a GP far away is none. What the hub cannot tell it says, and
/// leaves to a person. What it closes can be opened again, and is not closed twice for the same GP.
/// </summary>
public static class Legitimacy
{
    public static NeedVerdict Check(NeedFacts facts, int farKm)
    {
        if (facts.IsDeceased)
            return new(FileStates.ClosedDeceased, "Décès connu", []);
        var remarks = new List<NeedRemark>();
        if (facts.Gp is { } gp && gp.Practises != false && !facts.SaysGpLeft)
        {
            var isFar = (gp.Km ?? gp.AtLeastKm) > farKm;
            if (gp.IsInTerritory == true && !isFar && gp.Reference != facts.GpOverruled)
                return new(FileStates.ClosedHasGp, "A déjà un médecin traitant dans le territoire", []);
            remarks.Add(gp.IsInTerritory != true && isFar
                ? new("mt-eloigne", gp.Km is { } km ? $"Médecin traitant à {Math.Round(km)} km" : "Médecin traitant dans un département éloigné")
                : new("mt-a-verifier", "Un médecin traitant est connu : vérifier qu'il suit encore la personne"));
        }

        if (facts.LivesOutside == true)
            remarks.Add(new("hors-territoire", "Domicile hors du territoire"));
        if (facts.IsMinor && !facts.HasGuardian)
            remarks.Add(new("mineur-sans-representant", "Mineur sans représentant légal connu"));
        return new(null, null, remarks);
    }
}

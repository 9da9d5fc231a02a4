namespace CptsFhirHub.Generator;

/// <summary>What a message lets a reader know of a person, after its dirt: what stands there wrong or not at all is null.</summary>
internal sealed record Said(Person Person, string Source)
{
    public string? BirthName { get; init; } = Person.BirthName;
    public string? UsedName { get; init; } = Person.UsedName;
    public string? FirstName { get; init; } = Person.FirstName;

    /// <summary>The whole date; null when it is partial, unreadable or absent.</summary>
    public DateOnly? Born { get; init; } = Person.Born;

    /// <summary>The year, where nothing else of the date is told.</summary>
    public int? BornYear { get; init; }

    public bool HasSex { get; init; }

    /// <summary>Numbers a person can be called and recognised by.</summary>
    public IReadOnlyList<string> Phones { get; init; } = [];

    /// <summary>True when there is a phone, be it wrong, or an e-mail.</summary>
    public bool HasContact { get; init; }

    public bool HasNir { get; init; }
    public bool HasBirthPlace { get; init; }
    public bool HasAddress { get; init; } = true;

    /// <summary>Numbers of an institution: its IPP, or the one it has replaced.</summary>
    public IReadOnlyList<string> LocalIds { get; init; } = [];

    /// <summary>What the sender knows the request by.</summary>
    public string? SourceKey { get; init; }

    /// <summary>Criteria of fragility that the message says hold.</summary>
    public IReadOnlyList<string> Fragilities { get; init; } = [];

    /// <summary>True when nobody asked for a GP: a movement lets one think so.</summary>
    public bool IsInferred { get; init; }

    public bool IsOpposed { get; init; }

    public bool IsAldTold { get; init; }

    public IEnumerable<string> Names => new[] { BirthName, UsedName }.OfType<string>().Select(PlainWords.Joined);
}

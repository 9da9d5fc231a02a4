namespace CptsFhirHub.Generator;

/// <summary>A record that the hub should hold of a person. A person whom a message told too badly has two.</summary>
internal sealed class Known(Person person)
{
    public Person Person => person;
    public HashSet<string> Names { get; } = new(StringComparer.Ordinal);
    public string? BirthName { get; set; }
    public string? FirstName { get; set; }
    public DateOnly? Born { get; set; }
    public int? BornYear { get; set; }
    public bool HasSex { get; set; }
    public HashSet<string> Phones { get; } = new(StringComparer.Ordinal);
    public HashSet<string> LocalIds { get; } = new(StringComparer.Ordinal);
    public HashSet<string> SourceKeys { get; } = new(StringComparer.Ordinal);
    public HashSet<string> Fragilities { get; } = new(StringComparer.Ordinal);
    public HashSet<string> Sources { get; } = new(StringComparer.Ordinal);
    public bool HasNir { get; set; }
    public bool HasBirthPlace { get; set; }
    public bool HasContact { get; set; }
    public bool HasAddress { get; set; }
    public bool IsOpposed { get; set; }
    public bool IsAldTold { get; set; }

    /// <summary>The state of the file; null while nobody has asked for a GP.</summary>
    public string? State { get; set; }

    public bool IsOpen => State is not null && !State.StartsWith("clos-", StringComparison.Ordinal);
}

/// <summary>
/// What the hub should hold after each message, by the rules of the documents and from the truth alone: one person is one record and one
/// open request, what resembles somebody known without proof waits for a person, and nothing is closed that another source has asked for.
/// Records of two persons are compared in one case alone: the same name, and dates of birth that differ by one digit. No two persons were
/// born on one day, so nobody else resembles anybody.
/// </summary>
internal sealed class Ledger(DateOnly today)
{
    private const int FragileOverYears = 70;

    private readonly List<Known> _known = [];
    private readonly Dictionary<string, List<Known>> _byPerson = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Known>> _byName = new(StringComparer.Ordinal);

    private enum Likeness
    {
        None,
        Perhaps,
        Sure,
    }

    public IReadOnlyList<Known> All => _known;

    /// <summary>The one record of a person, when there is exactly one: somebody of whom another message may be told.</summary>
    public Known? Single(Person person) => _byPerson.GetValueOrDefault(person.Id) is [var only] ? only : null;

    public bool Knows(Person person) => _byPerson.ContainsKey(person.Id);

    /// <summary>Somebody looks for a GP. The state of the message.</summary>
    public string Signal(Said said)
    {
        var (record, isDoubtful) = Find(said);
        Learn(record, said);
        record.Sources.Add(said.Source);
        var isComplete = record is { HasContact: true, Born: not null };
        record.State = isDoubtful ? "doublon-a-verifier"
            : record.State is null || !record.IsOpen ? (said.IsInferred ? "a-confirmer" : isComplete ? "a-qualifier" : "incomplet")
            : record.State == "a-confirmer" && !said.IsInferred ? "a-qualifier"
            : record.State == "incomplet" && isComplete ? "a-qualifier"
            : record.State;
        return isDoubtful ? "waiting" : "processed";
    }

    /// <summary>A person to know of, who asks for nothing. The record that stands for the line.</summary>
    public Known Enrol(Said said)
    {
        var (record, _) = Find(said);
        Learn(record, said);
        return record;
    }

    /// <summary>The sender takes back what it alone has asked for.</summary>
    public void Withdraw(Said said)
    {
        if (Single(said.Person) is not { IsOpen: true } record || record.Sources.Any(source => source != said.Source))
            return;
        if (!said.IsInferred)
            record.State = "clos-a-la-demande";
        else if (record.State == "a-confirmer")
            record.State = "clos-non-confirme";
    }

    /// <summary>One more number of the same institution.</summary>
    public void Renumber(Said said)
    {
        if (Single(said.Person) is { } record)
            record.LocalIds.UnionWith(said.LocalIds);
    }

    /// <summary>Fragile when any of the categories holds, the age being strict; such a request is urgent.</summary>
    public bool IsFragile(Known record) => record.Fragilities.Count > 0 || IsOld(record);

    /// <summary>Older than seventy, as far as the date told says so.</summary>
    public bool IsOld(Known record) =>
        (record.Born is { } born ? AgeYears(born) : record.BornYear is { } year ? AgeYears(new(year, 12, 31)) : 0) > FragileOverYears;

    private int AgeYears(DateOnly born)
    {
        var years = today.Year - born.Year;
        return (today.Month, today.Day).CompareTo((born.Month, born.Day)) < 0 ? years - 1 : years;
    }

    private (Known Record, bool IsDoubtful) Find(Said said)
    {
        var records = _byPerson.GetValueOrDefault(said.Person.Id) ?? [];
        var alike = records.Select(record => (Record: record, Likeness: Compare(record, said))).Where(pair => pair.Likeness != Likeness.None).ToList();
        if (alike is [(var same, Likeness.Sure)])
            return (same, false);
        var hasNamesake = Namesakes(said).Any();
        var record = new Known(said.Person);
        _known.Add(record);
        _byPerson[said.Person.Id] = [.. records, record];
        foreach (var name in NamesOf(said))
            _byName[name] = [.. _byName.GetValueOrDefault(name) ?? [], record];
        return (record, alike.Count > 0 || hasNamesake);
    }

    /// <summary>Other persons whom a slip of the pen could have made of this one: same name and sex, one digit of the date, and no number that tells them apart.</summary>
    private IEnumerable<Known> Namesakes(Said said) => NamesOf(said).SelectMany(name => _byName.GetValueOrDefault(name) ?? []).Where(known =>
        known.Person.Id != said.Person.Id && known.Person.IsWoman == said.Person.IsWoman && !(known.HasNir && said.HasNir)
        && known.Born is { } one && said.Born is { } other && AreOneDigitApart(one, other));

    private static IEnumerable<string> NamesOf(Said said) =>
        said is { BirthName: { } family, FirstName: { } given } ? [$"{PlainWords.Joined(family)}|{PlainWords.Joined(given)}"] : [];

    private static bool AreOneDigitApart(DateOnly one, DateOnly other) =>
        DigitsOf(one).Zip(DigitsOf(other)).Count(pair => pair.First != pair.Second) == 1;

    private static string DigitsOf(DateOnly day) => day.ToString("yyyyMMdd", System.Globalization.CultureInfo.InvariantCulture);

    private static Likeness Compare(Known known, Said said)
    {
        var sharesProof = said.Phones.Any(known.Phones.Contains) || said.HasNir && known.HasNir || said.HasBirthPlace && known.HasBirthPlace;
        var sameFirst = said.FirstName is not null && known.FirstName == PlainWords.Joined(said.FirstName);
        var sameName = said.Names.Any(known.Names.Contains);
        var sameDate = said.Born is not null && known.Born == said.Born;
        if (said.LocalIds.Any(known.LocalIds.Contains) || said.SourceKey is { } key && known.SourceKeys.Contains(key))
            return Likeness.Sure;
        if (sameFirst && sameDate && said.BirthName is not null && known.BirthName == PlainWords.Joined(said.BirthName))
            return known.HasSex && said.HasSex || sharesProof ? Likeness.Sure : Likeness.Perhaps;
        if (sameFirst && sameDate && sameName && sharesProof)
            return Likeness.Sure;
        if (sameFirst && sameDate && sameName || said.HasNir && known.HasNir && (sameDate || sameFirst))
            return Likeness.Perhaps;
        return sameFirst && sameName && said.Phones.Any(known.Phones.Contains) ? Likeness.Perhaps : Likeness.None;
    }

    private static void Learn(Known record, Said said)
    {
        record.Names.UnionWith(said.Names);
        record.BirthName ??= said.BirthName is null ? null : PlainWords.Joined(said.BirthName);
        record.FirstName ??= said.FirstName is null ? null : PlainWords.Joined(said.FirstName);
        record.Born ??= said.Born;
        record.BornYear ??= said.BornYear;
        record.HasSex |= said.HasSex;
        record.Phones.UnionWith(said.Phones);
        record.LocalIds.UnionWith(said.LocalIds);
        if (said.SourceKey is { } key)
            record.SourceKeys.Add(key);
        record.Fragilities.UnionWith(said.Fragilities);
        record.HasNir |= said.HasNir;
        record.HasBirthPlace |= said.HasBirthPlace;
        record.HasContact |= said.HasContact;
        record.HasAddress |= said.HasAddress;
        record.IsOpposed |= said.IsOpposed;
        record.IsAldTold |= said.IsAldTold;
    }
}

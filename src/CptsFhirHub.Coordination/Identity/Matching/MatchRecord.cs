namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>One record made ready for many comparisons: every form of every trait is worked out once.</summary>
public sealed class MatchRecord
{
    private static readonly NameForm[] NoNames = [];
    private static readonly char[] Digits = [.. "0123456789"];

    private MatchRecord(Traits traits) => Traits = traits;

    /// <summary>What the record says.</summary>
    public Traits Traits { get; }

    internal NameForm? BirthName { get; private init; }

    internal NameForm? UsedName { get; private init; }

    internal NameForm? FirstName { get; private init; }

    /// <summary>The other birth first names.</summary>
    internal IReadOnlyList<NameForm> OtherFirstNames { get; private init; } = NoNames;

    internal BirthDay? Born { get; private init; }

    /// <summary>The street without blanks and the like; null when it is not given.</summary>
    internal string? Street { get; private init; }

    /// <summary>The street without the number of the house.</summary>
    internal string? StreetName { get; private init; }

    /// <summary>The letters and digits of the street.</summary>
    internal ulong StreetLetters { get; private init; }

    /// <summary>National numbers that contradict the record's own sex or date: a relative's, or the date is wrong.</summary>
    internal IReadOnlyList<string> ForeignNumbers { get; private init; } = [];

    /// <summary>True for a waiting number that stands alone.</summary>
    internal bool HasProvisionalNumber => Traits.Ins.Any(ins => ins.System == Canon.InsNia && !ins.IsOld);

    /// <summary>What stands before the at signs, in plain letters: it often tells a name.</summary>
    internal string[] MailNames { get; private init; } = [];

    /// <summary>The numbers that are the person's own, as far as anybody can tell from outside.</summary>
    internal string[] Numbers { get; private init; } = [];

    /// <summary>
    /// Where the person was born as its own number tells, when the record does not say: five characters of an INSEE code, a country's abroad.
    /// Null where the number is older than the départements as they are.
    /// </summary>
    internal string? PlaceOfNumber { get; private init; }

    /// <summary>Prepares a record.</summary>
    public static MatchRecord Of(Traits traits)
    {
        var first = NameForm.Of(traits.FirstNameAsWritten ?? traits.FirstName);
        var street = traits.Street is null ? null : PlainText.Words(traits.Street);
        var joinedStreet = string.IsNullOrEmpty(street) ? null : Letters(street);
        List<string> foreign = traits.Ins.Count == 0 ? [.. traits.ForeignNirs] : [.. traits.Ins.Where(ins => !ins.IsFictive && ins.System != Canon.InsNia && !IsOwn(ins.Number, traits)).Select(ins => ins.Number), .. traits.ForeignNirs];
        string[] numbers = traits.Ins.Count + traits.Nirs.Count == 0 ? [] : [.. traits.Ins.Where(ins => !ins.IsFictive && !ins.IsUnsound && ins.System != Canon.InsNia && IsOwn(ins.Number, traits))
            .Select(ins => ins.Number).Concat(traits.Nirs).Distinct()];
        return new(traits)
        {
            StreetLetters = joinedStreet is null ? 0 : Alike.LettersOf(joinedStreet),
            ForeignNumbers = foreign,
            MailNames = [.. traits.Emails.Select(mail => PlainText.Joined(mail.Split('@')[0]))],
            BirthName = NameForm.Of(traits.BirthNameAsWritten ?? traits.BirthName),
            UsedName = NameForm.Of(traits.UsedNameAsWritten ?? traits.UsedName),
            FirstName = first,
            OtherFirstNames = [.. traits.FirstNames.Where(name => name != traits.FirstNameAsWritten).Select(NameForm.Of).OfType<NameForm>()
                .Where(name => name.Joined != first?.Joined).DistinctBy(name => name.Joined)],
            Born = BirthDay.Of(traits.BirthDate),
            Street = joinedStreet,
            StreetName = joinedStreet?.TrimStart(Digits),
            Numbers = numbers,
            PlaceOfNumber = traits.BirthPlace is not null ? null
                : PlaceOf(numbers.FirstOrDefault() ?? traits.Ins.FirstOrDefault(ins => ins.System == Canon.InsNia).Number, traits.BirthDate),
        };
    }

    // Corsica was one département until 1976; around Paris and in Algeria the numbers of before 1968 stand for other places today.
    private static string? PlaceOf(string? number, string? born)
    {
        const int place = 5;
        const int length = 5;
        if (number is not { Length: >= place + length } || born is not { Length: >= 4 })
            return null;
        var code = number.Substring(place, length);
        var isRenumbered = code[..2] is "75" or "78" or "91" or "92" or "93" or "94" or "95" && string.CompareOrdinal(born[..4], "1969") < 0;
        return isRenumbered || code[..2] is "20" or "96" || code[2..] is "000" or "999" or "990" ? null : code;
    }

    private static bool IsOwn(string number, Traits traits) =>
        !new Nir(NirForm.WithoutKey, number).ContradictsOwner(traits.Sex, traits.BirthDate);

    private static string Letters(string words) => words.Replace(" ", "", StringComparison.Ordinal);
}

namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>What keeps the machine from joining two records, however much they weigh.</summary>
[Flags]
public enum Guard
{
    None = 0,

    /// <summary>The first name is not the same.</summary>
    FirstName = 1,

    /// <summary>The birth date is not the same.</summary>
    BirthDate = 1 << 1,
    Sex = 1 << 2,
    BirthPlace = 1 << 3,

    /// <summary>Each has a national number of its own, and they differ.</summary>
    Number = 1 << 4,

    /// <summary>Names and date agree, and nothing beside them.</summary>
    NoEvidence = 1 << 5,

    /// <summary>A birth date that offices write for "unknown", and nothing personal beside it.</summary>
    DefaultDate = 1 << 6,

    /// <summary>A homonym of this person is known.</summary>
    Homonym = 1 << 7,

    /// <summary>Another record fits as well.</summary>
    Rival = 1 << 8,

    /// <summary>One number is provisional, the other definitive: a person confirms that the second follows the first.</summary>
    ProvisionalNumber = 1 << 9,

    /// <summary>A doubtful identity. Not even a number lifts it.</summary>
    Doubtful = 1 << 10,

    /// <summary>Two qualified INS of one authority. Nothing lifts it.</summary>
    OtherIns = 1 << 11,

    /// <summary>An invented person, or a test number beside a real one. Nothing lifts it.</summary>
    Fictive = 1 << 12,

    /// <summary>A person has said that these are two persons.</summary>
    SaidNo = 1 << 13,

    /// <summary>The surnames are compared and have little in common.</summary>
    Surname = 1 << 14,

    /// <summary>One of the records is of a source that is not trusted.</summary>
    Untrusted = 1 << 15,
}

/// <summary>The guards of a pair, and what one record says against another.</summary>
internal static class Guards
{
    /// <summary>What no number lifts.</summary>
    public const Guard Absolute = Guard.Doubtful | Guard.OtherIns | Guard.Fictive | Guard.SaidNo;

    /// <summary>Letters of a name in which one that differs may be a slip.</summary>
    private const int SlipMin = 4;

    /// <summary>What contradicts: two such records cannot stand under one person without somebody having looked.</summary>
    public const Guard Contradictions = Others | Guard.Sex | Guard.ProvisionalNumber | Guard.Fictive | Guard.Doubtful | Guard.SaidNo;

    /// <summary>What speaks for two persons, and not merely for a look.</summary>
    public const Guard Others = Guard.BirthPlace | Guard.Number | Guard.OtherIns;

    public static Guard Of(MatchRecord a, MatchRecord b, Pattern pattern, bool isContactShared, NameFrequencies names)
    {
        var guards = Guard.None;
        var evidence = Evidence.Of(pattern, isContactShared);
        if (pattern[Field.FirstName] is not (int)FirstNameLevel.Equal && !IsSpelling(a, b, pattern, evidence, names))
            guards |= Guard.FirstName;
        if (pattern[Field.FirstName] is (int)FirstNameLevel.Equal && (HaveOtherNames(a, b) || TellsMore(a, b, names) || TellsMore(b, a, names)))
            guards |= Guard.FirstName;
        if (pattern[Field.Surname] is (int)SurnameLevel.Different or (int)SurnameLevel.Distant && !IsSlipOfSurname(a, b, pattern, isContactShared))
            guards |= Guard.Surname;
        if (pattern[Field.BirthDate] is not ((int)DateLevel.Equal or (int)DateLevel.EqualDefault))
            guards |= Guard.BirthDate;
        if (pattern[Field.Sex] is 0)
            guards |= Guard.Sex;
        if (pattern[Field.BirthPlace] is 0)
            guards |= Guard.BirthPlace;
        if (pattern[Field.Number] is 0)
            guards |= Guard.Number;
        if (evidence == Strength.None)
            guards |= Guard.NoEvidence;
        if (pattern[Field.BirthDate] is (int)DateLevel.EqualDefault && BesideCountry(a, pattern, isContactShared, evidence) < Strength.Personal)
            guards |= Guard.DefaultDate;
        if (pattern[Field.Sex] is null && evidence < Strength.Personal)
            guards |= Guard.NoEvidence;
        if (a.Traits.IsUntrusted || b.Traits.IsUntrusted)
            guards |= Guard.Untrusted;
        return guards | OfStatus(a.Traits, b.Traits);
    }

    // Whole countries are written with one birthday, and with a few names: of a place of birth a commune is personal there, a country is not.
    private static Strength BesideCountry(MatchRecord one, Pattern pattern, bool isContactShared, Strength evidence) =>
        (one.Traits.BirthPlace ?? one.PlaceOfNumber) is ['9', '9', ..]
            ? Evidence.Of(pattern.Without(Field.BirthPlace), isContactShared) : evidence;

    /// <summary>
    /// True when the first names are one name spelt twice, which no two children of a family bear: the same sound, two letters swapped, a letter
    /// that makes a name of what is none, an initial. It counts beside something personal only, and not where the letters make two names:
    /// what is personal to a home (its phone, its address, the day on which twins are born) is no more the one's than the other's.
    /// </summary>
    private static bool IsSpelling(MatchRecord a, MatchRecord b, Pattern pattern, Strength evidence, NameFrequencies names)
    {
        if (evidence < Strength.Personal || pattern[Field.Sex] is not 1 || a.FirstName is not { } one || b.FirstName is not { } other)
            return false;
        var isInitial = one.Parts.Length == 2 && other.Parts.Length == 2 && one.Parts[1] == other.Parts[1]
            && (one.Parts[0].Length == 1) != (other.Parts[0].Length == 1) && one.Parts[0][0] == other.Parts[0][0];
        return isInitial
            || (WhereTheyDiffer(one, other, names) is var (word, written)
                && (names.IsSlip(word, written, TellsInMail(a, other), TellsInMail(b, one)) || IsSwapOfUsual(word, written, names)));
    }

    // One of two words whose neighbouring letters are swapped is a frequent name, and nobody is called the other.
    private static bool IsSwapOfUsual(string one, string other, NameFrequencies names) =>
        Alike.IsSwap(one, other) && names.IsBorne(one) != names.IsBorne(other)
        && (NameFrequencies.Shipped.IsUsualFirstName(one) || NameFrequencies.Shipped.IsUsualFirstName(other));

    /// <summary>The one word in which two first names differ, for MARIE-SARA, MARIESARAH and MARIESARA alike; null where it is not one.</summary>
    private static (string One, string Other)? WhereTheyDiffer(NameForm one, NameForm other, NameFrequencies names)
    {
        if (one.Parts.Length != other.Parts.Length)
        {
            var (whole, joined) = one.Parts.Length > other.Parts.Length ? (one, other.Joined) : (other, one.Joined);
            if (whole.Parts.Length != 2 || joined.Length <= Math.Max(whole.Parts[0].Length, whole.Parts[1].Length))
                return null;
            return joined.StartsWith(whole.Parts[0], StringComparison.Ordinal) ? (whole.Parts[1], joined[whole.Parts[0].Length..])
                : joined.EndsWith(whole.Parts[1], StringComparison.Ordinal) ? (whole.Parts[0], joined[..^whole.Parts[1].Length])
                : null;
        }

        (string, string)? found = null;
        for (var i = 0; i < one.Parts.Length; i++)
            if (one.Parts[i] != other.Parts[i])
            {
                if (found is not null)
                    return null;
                found = Tails(one.Parts[i], other.Parts[i], names);
            }

        return found;
    }

    // A compound name may be written in one word: behind a name that both begin with, two names.
    private static (string One, string Other) Tails(string one, string other, NameFrequencies names)
    {
        for (var at = one.AsSpan().CommonPrefixLength(other); at >= SlipMin; at--)
            if (at < one.Length && at < other.Length && names.IsBorne(one[at..]) && names.IsBorne(other[at..]) && names.IsBorne(one[..at]))
                return (one[at..], other[at..]);
        return (one, other);
    }

    /// <summary>True when two first names that resemble each other are both borne: two children's, not two spellings.</summary>
    public static bool AreTwins(MatchRecord a, MatchRecord b, Pattern pattern, NameFrequencies names) =>
        pattern[Field.FirstName] is (int)FirstNameLevel.Near && pattern[Field.Number] is not (int)PlaceLevel.Equal
        && WhereTheyDiffer(a.FirstName!, b.FirstName!, names) is var (one, other) && names.IsBorne(one) && names.IsBorne(other);

    // MARIE ANNE LOUISE and MARIE CLAIRE are sisters, as far as anybody can tell.
    private static bool HaveOtherNames(MatchRecord a, MatchRecord b) => a.OtherFirstNames.Count > 0 && b.OtherFirstNames.Count > 0
        && !a.OtherFirstNames.Any(name => b.OtherFirstNames.Any(other => name.Joined == other.Joined || Alike.IsOneEdit(name.Joined, other.Joined)));

    /// <summary>True when somebody who signs JEAN writes from an address that bears JEAN, PAUL and the surname, and the other does not: twins are JEAN-PAUL and JEAN-MARC.</summary>
    private static bool TellsMore(MatchRecord record, MatchRecord other, NameFrequencies names)
    {
        foreach (var mail in record.MailNames)
            foreach (var surname in (ReadOnlySpan<NameForm?>)[record.BirthName, record.UsedName])
            {
                var first = record.FirstName!.Joined;
                if (surname is not { Joined.Length: >= SlipMin } || !mail.StartsWith(first, StringComparison.Ordinal)
                    || mail.IndexOf(surname.Joined, first.Length, StringComparison.Ordinal) is not (> 0 and var at))
                    continue;
                var more = mail[first.Length..at];
                if (more.Length > 0 && names.IsBorne(more) && !IsSurname(more, record) && !IsSurname(more, other)
                    && !other.MailNames.Any(same => same.StartsWith(first + more, StringComparison.Ordinal)))
                    return true;
            }

        return false;
    }

    private static bool IsSurname(string name, MatchRecord record) => record.BirthName?.Parts.Contains(name) == true || record.UsedName?.Parts.Contains(name) == true;

    /// <summary>
    /// True when a first name is one word of a compound one. JEAN-PIERRE signs JEAN, and so does his twin JEAN-PAUL: of a name cut short nobody
    /// knows of whom it is.
    /// </summary>
    public static bool IsCut(NameForm? brief, NameForm? whole, NameFrequencies names) =>
        brief is { Parts.Length: 1, Joined.Length: >= 3 } && whole is not null && whole.Joined.Length > brief.Joined.Length
        && (whole.Parts.Length > 1
            ? Array.IndexOf(whole.Parts, brief.Joined) >= 0
            : whole.Joined.StartsWith(brief.Joined, StringComparison.Ordinal) && names.IsBorne(whole.Joined[brief.Joined.Length..]));

    /// <summary>True when the address from which somebody writes bears that first name and surname, and not the first name of the record.</summary>
    private static bool TellsInMail(MatchRecord record, NameForm first) => first.Joined.Length >= SlipMin
        && record.MailNames.Any(mail => mail.Contains(first.Joined, StringComparison.Ordinal)
            && !mail.Contains(record.FirstName!.Joined, StringComparison.Ordinal)
            && (Bears(mail, record.BirthName) || Bears(mail, record.UsedName)));

    private static bool Bears(string mail, NameForm? surname) => surname is { Joined.Length: >= SlipMin } && mail.Contains(surname.Joined, StringComparison.Ordinal);

    /// <summary>
    /// True when one letter of a surname is a slip: the same first name, born the same day, reached at one phone, address or street.
    /// </summary>
    private static bool IsSlipOfSurname(MatchRecord a, MatchRecord b, Pattern pattern, bool isContactShared) =>
        pattern[Field.Sex] is 1 && pattern[Field.FirstName] is (int)FirstNameLevel.Equal && pattern[Field.BirthDate] is (int)DateLevel.Equal
        && Evidence.IsContact(pattern, isContactShared) && IsOneEditOf(a, b);

    private static bool IsOneEditOf(MatchRecord a, MatchRecord b)
    {
        foreach (var one in (ReadOnlySpan<NameForm?>)[a.BirthName, a.UsedName])
            foreach (var other in (ReadOnlySpan<NameForm?>)[b.BirthName, b.UsedName])
                if (one is not null && other is not null && Math.Min(one.Joined.Length, other.Joined.Length) >= SlipMin && Alike.IsOneEdit(one.Joined, other.Joined))
                    return true;
        return false;
    }

    /// <summary>What follows from numbers and status alone.</summary>
    private static Guard OfStatus(Traits a, Traits b)
    {
        var guards = Guard.None;
        if (a.IsFictive || b.IsFictive || IsTestBesideReal(a, b) || IsTestBesideReal(b, a))
            guards |= Guard.Fictive;
        if ((a.IsReserved && !a.IsHomonym) || (b.IsReserved && !b.IsHomonym))
            guards |= Guard.Doubtful;
        if (a.IsHomonym || b.IsHomonym)
            guards |= Guard.Homonym;
        if (a.Ins.Count == 0 || b.Ins.Count == 0)
            return guards;

        foreach (var ins in a.Ins)
            foreach (var other in b.Ins)
            {
                if (ins.IsOld || other.IsOld)
                    continue;
                if (ins.System == other.System && ins.Number != other.Number && a.IsQualified && b.IsQualified
                    && !a.Ins.Any(one => b.Ins.Any(same => same.System == one.System && same.Number == one.Number)))
                    guards |= Guard.OtherIns;
                if (ins.System != other.System && (ins.System == Canon.InsNia || other.System == Canon.InsNia) && !Announces(a, b) && !Announces(b, a))
                    guards |= Guard.ProvisionalNumber;
            }

        return guards;
    }

    private static bool IsTestBesideReal(Traits a, Traits b) =>
        a.Ins.Any(ins => ins.IsFictive) && !a.Ins.Any(ins => !ins.IsFictive) && b.Ins.Any(ins => !ins.IsFictive);

    // The source sends the provisional number as old, beside the definitive one.
    private static bool Announces(Traits a, Traits b) =>
        a.Ins.Any(ins => ins.IsOld && b.Ins.Any(other => other.System == ins.System && other.Number == ins.Number));
}

/// <summary>How much there is beyond names and date.</summary>
internal enum Strength
{
    None,

    /// <summary>The commune, and nothing against it.</summary>
    Place,

    /// <summary>A phone, an address, a street, a place of birth.</summary>
    Personal,

    /// <summary>The national number.</summary>
    Number,
}

/// <summary>What agrees beyond names and date.</summary>
internal static class Evidence
{
    /// <summary>True when a phone, an address or a street agrees that no home or switchboard shares.</summary>
    public static bool IsContact(Pattern pattern, bool isContactShared) =>
        pattern[Field.Email] is 1 || (!isContactShared && (pattern[Field.Phone] is 1 || pattern[Field.Street] is (int)PlaceLevel.Equal));

    public static Strength Of(Pattern pattern, bool isContactShared)
    {
        if (pattern[Field.Number] is (int)PlaceLevel.Equal)
            return Strength.Number;
        if (pattern[Field.BirthPlace] is 1 || IsContact(pattern, isContactShared))
            return Strength.Personal;
        var isElsewhere = pattern[Field.Phone] is 0 && pattern[Field.Street] is < (int)PlaceLevel.Equal;
        return pattern[Field.Commune] is (int)PlaceLevel.Equal or (int)PlaceLevel.Near && !isElsewhere ? Strength.Place : Strength.None;
    }
}

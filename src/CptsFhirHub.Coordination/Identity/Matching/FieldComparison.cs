namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>Compares two records field by field. Symmetric; what one side does not say is not compared.</summary>
internal static class FieldComparison
{
    private const double Resembles = 0.92;
    private const double Recalls = 0.85;
    private const double Looks = 0.94;
    private const double Slips = 0.82;

    public static Pattern Compare(MatchRecord a, MatchRecord b)
    {
        var pattern = default(Pattern);
        var areSwapped = AreSwapped(a, b);
        Add(Field.Surname, areSwapped ? (int)SurnameLevel.Crossed : (int?)Surnames(a, b));
        Add(Field.FirstName, areSwapped ? (int)FirstNameLevel.Other : (int?)FirstNames(a, b));
        Add(Field.BirthDate, a.Born is { } born && b.Born is { } other ? (int)BirthDay.Compare(born, other) : null);
        Add(Field.Sex, a.Traits.Sex is { } sex && b.Traits.Sex is { } otherSex ? Equality(sex == otherSex) : null);
        Add(Field.BirthPlace, BirthPlaces(a, b));
        Add(Field.Commune, (int?)Homes(a.Traits, b.Traits));
        Add(Field.Street, (int?)Streets(a, b));
        Add(Field.Phone, Sets(a.Traits.Phones, b.Traits.Phones));
        Add(Field.Email, Sets(a.Traits.Emails, b.Traits.Emails));
        Add(Field.Number, (int?)Numbers(a, b));
        return pattern;

        void Add(Field field, int? level)
        {
            if (level is { } known)
                pattern = pattern.With(field, known);
        }
    }

    /// <summary>The surname on which two records agree, for its frequency; null when they do not.</summary>
    public static string? SharedSurname(MatchRecord a, MatchRecord b)
    {
        if (a.BirthName is { } birth && (birth.Joined == b.BirthName?.Joined || birth.Joined == b.UsedName?.Joined))
            return birth.Joined;
        return a.UsedName is { } used && (used.Joined == b.UsedName?.Joined || used.Joined == b.BirthName?.Joined) ? used.Joined : null;
    }

    private static bool AreSwapped(MatchRecord a, MatchRecord b)
    {
        if (a.FirstName is not { } first || b.FirstName is not { } other || first.Joined == other.Joined)
            return false;
        return (first.Joined == b.BirthName?.Joined || first.Joined == b.UsedName?.Joined)
            && (other.Joined == a.BirthName?.Joined || other.Joined == a.UsedName?.Joined);
    }

    private static SurnameLevel? Surnames(MatchRecord a, MatchRecord b)
    {
        if ((a.BirthName ?? a.UsedName) is null || (b.BirthName ?? b.UsedName) is null)
            return null;
        if (a.BirthName is { } birth && birth.Joined == b.BirthName?.Joined)
            return SurnameLevel.Equal;
        if (SharedSurname(a, b) is not null)
            return SurnameLevel.Crossed;

        var best = SurnameLevel.Different;
        foreach (var one in (ReadOnlySpan<NameForm?>)[a.BirthName, a.UsedName])
            foreach (var other in (ReadOnlySpan<NameForm?>)[b.BirthName, b.UsedName])
                if (one is not null && other is not null && Near(one, other) is var level && level > best)
                    best = level;

        // Her birth name here and her husband's name there say nothing about each other.
        var isSilent = (a.BirthName is null) != (b.BirthName is null) && (a.BirthName is null || a.UsedName is null || a.BirthName.Joined == a.UsedName.Joined)
            && (b.BirthName is null || b.UsedName is null || b.BirthName.Joined == b.UsedName.Joined);
        return best <= SurnameLevel.Distant && isSilent ? null : best;
    }

    private static SurnameLevel Near(NameForm a, NameForm b)
    {
        var likeness = Alike.MayResemble(a.Letters, b.Letters) ? Alike.JaroWinkler(a.Joined, b.Joined) : 0;
        if (likeness >= Resembles || (a.Sound == b.Sound && a.Sound.Length > 1) || NameForm.IsPart(a, b))
            return SurnameLevel.Near;
        return likeness >= Recalls ? SurnameLevel.Distant : SurnameLevel.Different;
    }

    private static FirstNameLevel? FirstNames(MatchRecord a, MatchRecord b)
    {
        if (a.FirstName is not { } one || b.FirstName is not { } other)
            return null;
        if (one.Joined == other.Joined)
            return FirstNameLevel.Equal;
        if (a.OtherFirstNames.Any(name => name.Joined == other.Joined) || b.OtherFirstNames.Any(name => name.Joined == one.Joined))
            return FirstNameLevel.Other;
        if (one.Parts.Length > 1 && other.Parts.Length > 1)
            return Compounds(one, other);
        if (NameForm.IsPart(one, other))
            return FirstNameLevel.Other;
        if (one.Sound == other.Sound || Alike.IsOneEdit(one.Joined, other.Joined))
            return FirstNameLevel.Near;
        if (AreSamePart(one, other))
            return FirstNameLevel.Short;
        // Two slips of the keyboard leave something that nobody is called; two names that people bear are two names.
        var isSlip = !NameFrequencies.Shipped.IsUsualFirstName(one.Joined) || !NameFrequencies.Shipped.IsUsualFirstName(other.Joined);
        if (Alike.MayResemble(one.Letters, other.Letters) && Alike.JaroWinkler(one.Joined, other.Joined) >= (isSlip ? Slips : Looks))
            return FirstNameLevel.Near;
        return IsPartSlipped(one, other) || TellsInMail(a, other) || TellsInMail(b, one) ? FirstNameLevel.Short : FirstNameLevel.Different;
    }

    /// <summary>True when one word of a compound first name is the other, mistyped or as an initial: MARYE-HELENE and MARIE.</summary>
    private static bool IsPartSlipped(NameForm a, NameForm b)
    {
        var (whole, single) = a.Parts.Length > 1 ? (a, b) : (b, a);
        if (whole.Parts.Length < 2 || single.Parts.Length > 1)
            return false;
        for (var i = 0; i < whole.Parts.Length; i++)
            if ((whole.Parts[i].Length == 1 && whole.Parts[i][0] == single.Joined[0]) || whole.PartSounds[i] == single.Sound
                || (whole.Parts[i].Length > 3 && Alike.IsOneEdit(whole.Parts[i], single.Joined)))
                return true;
        return false;
    }

    // Who signs up under a second first name often writes from an address that bears the first.
    private static bool TellsInMail(MatchRecord record, NameForm first) => first.Joined.Length > 3
        && record.MailNames.Any(mail => mail.Contains(first.Joined, StringComparison.Ordinal));

    /// <summary>JEAN-PIERRE and JEAN-PAUL are two first names; J-PIERRE is the first of them.</summary>
    private static FirstNameLevel Compounds(NameForm a, NameForm b)
    {
        if (a.Parts.Length != b.Parts.Length)
            return NameForm.IsPart(a, b) ? FirstNameLevel.Other
                : Alike.IsOneEdit(a.Joined, b.Joined) ? FirstNameLevel.Near
                : FirstNameLevel.Different;
        var level = FirstNameLevel.Equal;
        for (var i = 0; i < a.Parts.Length; i++)
        {
            var (one, other) = (a.Parts[i], b.Parts[i]);
            var part = one == other ? FirstNameLevel.Equal
                : (one.Length == 1 || other.Length == 1) && one[0] == other[0] ? FirstNameLevel.Other
                : Alike.IsOneEdit(one, other) || a.PartSounds[i] == b.PartSounds[i] ? FirstNameLevel.Near
                : FirstNameLevel.Different;
            level = part < level ? part : level;
        }

        return level;
    }

    private static bool AreSamePart(NameForm a, NameForm b)
    {
        var (brief, whole) = a.Joined.Length < b.Joined.Length ? (a.Joined, b.Joined) : (b.Joined, a.Joined);
        return (brief.Length >= 3 && whole.StartsWith(brief, StringComparison.Ordinal))
            || (brief.Length >= 4 && brief[^1] is 'Y' or 'I' or 'E' or 'O' && whole.StartsWith(brief.AsSpan(0, brief.Length - 1), StringComparison.Ordinal))
            || Diminutives.AreSame(a.Joined, b.Joined);
    }

    // The communes of birth of three towns were counted by district at one time and as a whole at another.
    // A number that tells the place agrees with it, or says nothing: communes have merged since it was given.
    private static int? BirthPlaces(MatchRecord one, MatchRecord other)
    {
        var (a, b) = (one.Traits.BirthPlace, other.Traits.BirthPlace);
        if (a is null || b is null)
            return (a ?? b) is { } said && (one.PlaceOfNumber ?? other.PlaceOfNumber) is { } told && Town(said) == Town(told) ? 1 : null;
        return a == b ? 1 : Town(a) == Town(b) ? null : 0;

        static string Town(string code) => code switch
        {
            ['7', '5', '1', ..] or ['7', '5', '0', ..] => "75056",
            ['6', '9', '3', '8', _] => "69123",
            ['1', '3', '2', ..] => "13055",
            _ => code,
        };
    }

    private static PlaceLevel? Homes(Traits a, Traits b)
    {
        var samePostalCode = a.PostalCode is not null && a.PostalCode == b.PostalCode;
        if (a.Commune is not null && b.Commune is not null)
            return a.Commune == b.Commune ? PlaceLevel.Equal : samePostalCode ? PlaceLevel.Near : PlaceLevel.Different;
        if (a.City is not null && a.City == b.City)
            return PlaceLevel.Equal;
        if (a.PostalCode is null || b.PostalCode is null)
            return a.City is not null && b.City is not null ? CityLevel(a.City, b.City, PlaceLevel.Different) : null;
        return samePostalCode ? PlaceLevel.Near
            : a.City is not null && b.City is not null ? CityLevel(a.City, b.City, PlaceLevel.Different) : PlaceLevel.Different;

        static PlaceLevel CityLevel(string one, string other, PlaceLevel otherwise) =>
            Alike.JaroWinkler(one, other) >= Resembles ? PlaceLevel.Near : otherwise;
    }

    private static PlaceLevel? Streets(MatchRecord a, MatchRecord b)
    {
        if (a.Street is null || b.Street is null)
            return null;
        if (a.Street == b.Street)
            return PlaceLevel.Equal;
        return (a.StreetName!.Length > 3 && a.StreetName == b.StreetName)
            || (Alike.MayResemble(a.StreetLetters, b.StreetLetters) && Math.Abs(a.Street.Length - b.Street.Length) <= 4 && Alike.JaroWinkler(a.Street, b.Street) >= Resembles)
            ? PlaceLevel.Near : PlaceLevel.Different;
    }

    private static int? Sets(IReadOnlyList<string> a, IReadOnlyList<string> b) =>
        a.Count == 0 || b.Count == 0 ? null : Equality(a.Any(b.Contains));

    private static PlaceLevel? Numbers(MatchRecord a, MatchRecord b)
    {
        // A number that contradicts its own record is no proof, and no contradiction either; the same one on both is worth a look.
        if (a.ForeignNumbers.Count + b.ForeignNumbers.Count > 0
            && a.Numbers.Concat(a.ForeignNumbers).Any(number => b.ForeignNumbers.Contains(number) || (a.ForeignNumbers.Contains(number) && b.Numbers.Contains(number))))
            return PlaceLevel.Near;
        if (a.Numbers.Length == 0 || b.Numbers.Length == 0)
            return null;
        var best = PlaceLevel.Different;
        foreach (var one in a.Numbers)
            foreach (var other in b.Numbers)
            {
                if (one == other)
                    return PlaceLevel.Equal;
                if (Alike.IsOneEdit(one, other))
                    best = PlaceLevel.Near;
            }

        return best;
    }

    private static int Equality(bool areEqual) => areEqual ? 1 : 0;
}

namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>
/// A birth date or a sex that is written wrong in one of two records, told by the rest. Of two people of one home who bear the same first name
/// and surname one is the other's parent: neither twins nor other children of one mother share a first name and nearly a birth date.
/// </summary>
internal static class Slips
{
    /// <summary>Years between a child and its parents, at least.</summary>
    private const int GenerationMin = 12;

    /// <summary>The guards that the rest of the two records excuses.</summary>
    public static Guard Excused(MatchRecord a, MatchRecord b, Pattern pattern, bool isContactShared)
    {
        if (pattern[Field.FirstName] is not (int)FirstNameLevel.Equal || pattern[Field.Surname] is not >= (int)SurnameLevel.Crossed)
            return Guard.None;
        var isOneHome = Evidence.IsContact(pattern, isContactShared);
        var isToldByNumber = Evidence.Of(pattern, isContactShared) != Strength.None && (TellsOf(a, b) || TellsOf(b, a));
        if (pattern[Field.Sex] is not 1)
            return isToldByNumber && pattern[Field.BirthDate] is (int)DateLevel.Equal ? Guard.Sex : Guard.None;
        return a.Born is { IsWhole: true } born && b.Born is { IsWhole: true } other && Math.Abs(born.Year - other.Year) < GenerationMin
            && (isOneHome && AreNear(born, other) || isToldByNumber && pattern[Field.BirthDate] is (int)DateLevel.Near)
            ? Guard.BirthDate : Guard.None;
    }

    // Two parts of three, or day and month swapped. A first of January that stands for "unknown" says so of the day, never of the year.
    private static bool AreNear(BirthDay a, BirthDay b)
    {
        if (a.Year != b.Year)
            return a.Month == b.Month && a.Day == b.Day && !a.IsDefault;
        return a.Month == b.Month || a.Day == b.Day || (a.Month == b.Day && a.Day == b.Month) || a.IsDefault || b.IsDefault;
    }

    // The number holds sex, year and month: it contradicts what stands beside it, and agrees with the other record.
    private static bool TellsOf(MatchRecord slipped, MatchRecord other) =>
        slipped.ForeignNumbers.Any(number => IsOf(number, other.Traits) && !IsOf(number, slipped.Traits));

    // A month that says "unknown" proves nothing.
    private static bool IsOf(string number, Traits traits) =>
        number[3] is '0' or '1' && !new Nir(NirForm.WithoutKey, number).ContradictsOwner(traits.Sex, traits.BirthDate);
}

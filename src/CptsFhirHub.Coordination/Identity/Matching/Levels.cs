namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>What is compared, one after the other.</summary>
public enum Field
{
    /// <summary>Birth name and name in use, as a set.</summary>
    Surname,

    /// <summary>The first birth first name, with the others beside it.</summary>
    FirstName,

    /// <summary>The birth date.</summary>
    BirthDate,

    /// <summary>The sex.</summary>
    Sex,

    /// <summary>INSEE code of the place of birth.</summary>
    BirthPlace,

    /// <summary>Where the person lives, by commune or postal code.</summary>
    Commune,

    /// <summary>The line with the street.</summary>
    Street,

    /// <summary>Phones.</summary>
    Phone,

    /// <summary>E-mail addresses.</summary>
    Email,

    /// <summary>The person's own national number.</summary>
    Number,
}

/// <summary>How far two surnames agree.</summary>
internal enum SurnameLevel
{
    Different,

    /// <summary>Some letters in common.</summary>
    Distant,

    /// <summary>They sound alike, differ little, or one is a part of the other.</summary>
    Near,

    /// <summary>The birth name of one is the name in use of the other.</summary>
    Crossed,
    Equal,
}

/// <summary>How far two first names agree.</summary>
internal enum FirstNameLevel
{
    Different,

    /// <summary>One is short for the other.</summary>
    Short,

    /// <summary>They sound alike or one letter differs.</summary>
    Near,

    /// <summary>Another of the birth first names, a part of a compound one, or name and first name swapped.</summary>
    Other,
    Equal,
}

/// <summary>How far two dates agree.</summary>
internal enum DateLevel
{
    Different,

    /// <summary>Two parts of three, or the year when one date is a default.</summary>
    Partial,

    /// <summary>Day and month swapped, or one digit.</summary>
    Near,

    /// <summary>Equal, and a day that offices write for "unknown".</summary>
    EqualDefault,
    Equal,
}

/// <summary>How far two places agree.</summary>
internal enum PlaceLevel
{
    Different,

    /// <summary>The same postal code, the same street with another number.</summary>
    Near,
    Equal,
}

/// <summary>The levels of all fields of one pair, packed: pairs that agree alike are counted together.</summary>
/// <param name="Bits">Four bits a field: 0 for "not comparable", else the level and one.</param>
public readonly record struct Pattern(ulong Bits)
{
    /// <summary>The level of a field; null when one side is silent.</summary>
    public int? this[Field field] => (int)(Bits >> (4 * (int)field) & 15) is > 0 and var code ? code - 1 : null;

    /// <summary>The same with nothing said of a field.</summary>
    internal Pattern Without(Field field) => new(Bits & ~(15UL << (4 * (int)field)));

    /// <summary>The same with the level of a field.</summary>
    internal Pattern With(Field field, int level) => new(Bits | (ulong)(level + 1) << (4 * (int)field));
}

namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>What the comparison of two records came to.</summary>
/// <param name="Weight">The evidence in bits, the prior with it.</param>
/// <param name="Guards">What keeps the machine from joining them.</param>
public sealed record Match(MatchGrade Grade, double Weight, Guard Guards, Pattern Pattern)
{
    /// <summary>The chance that they are one person, 0 to 1.</summary>
    public double Probability => 1 / (1 + Math.Pow(2, -Weight));

    /// <summary>How much agrees beyond names and date.</summary>
    internal Strength Strength { get; init; }

    /// <summary>What differs, and is a slip by all the rest.</summary>
    internal Guard Excused { get; init; }
}

/// <summary>One line of an explanation: a field, how it agrees in French, and what that weighs.</summary>
public readonly record struct FieldReason(Field Field, string Level, double Weight, string Text);

/// <summary>
/// Compares two records by the weights of a model (Fellegi and Sunter), corrected by how common the agreed names are, and grades them. The
/// weights assume that fields agree independently, which is false in a household: there the guards decide.
/// </summary>
public sealed class Matcher
{
    private const double RareMax = 8;

    private readonly double _prior;

    /// <param name="persons">Persons among whom somebody is looked for; the model's own population when it is larger.</param>
    public Matcher(MatchModel model, NameFrequencies frequencies, double? persons = null)
    {
        (Model, Frequencies) = (model, frequencies);
        _prior = MatchModel.PriorOf(Math.Max(persons ?? 0, model.Population));
    }

    private Matcher(MatchModel model, NameFrequencies frequencies, double prior, bool _) => (Model, Frequencies, _prior) = (model, frequencies, prior);

    /// <summary>The parameters of the hub: the shipped model and the shipped frequencies.</summary>
    public static Matcher Shipped { get; } = new(MatchModel.Shipped, NameFrequencies.Shipped);

    public MatchModel Model { get; }

    public NameFrequencies Frequencies { get; }

    /// <summary>Guards that are switched off. The absolute ones hold all the same.</summary>
    public Guard Off { get; init => field = value & ~Guards.Absolute; }

    /// <summary>
    /// What decisions keep: the version of the model, the frequencies of names when they are others than those that come with it, and the guards
    /// that are switched off.
    /// </summary>
    public string Version => (Frequencies == NameFrequencies.Shipped ? Model.Version : $"{Model.Version}, {Frequencies.Source}")
        + (Off == Guard.None ? "" : $", without {string.Join(' ', GuardSwitches.NamesOf(Off))}");

    /// <summary>A phone or a street that so many share that it says nothing about one person.</summary>
    internal Func<MatchRecord, MatchRecord, bool> IsContactShared { get; init; } = (_, _) => false;

    /// <summary>A matcher that begins at a prior learned from the records themselves.</summary>
    public static Matcher WithPrior(MatchModel model, NameFrequencies frequencies, double prior) => new(model, frequencies, prior, true);

    /// <summary>The same, told which contacts say nothing.</summary>
    internal Matcher Sharing(Func<MatchRecord, MatchRecord, bool> isContactShared) => new(Model, Frequencies, _prior, true) { IsContactShared = isContactShared, Off = Off };

    /// <summary>Compares two records; symmetric.</summary>
    /// <param name="said">What a person has said of the two, a guard that nothing lifts.</param>
    public Match Compare(MatchRecord a, MatchRecord b, Guard said = Guard.None)
    {
        var pattern = FieldComparison.Compare(a, b);
        return Grade(a, b, pattern, said);
    }

    internal Match Grade(MatchRecord a, MatchRecord b, Pattern pattern, Guard said = Guard.None)
    {
        var shared = IsContactShared(a, b);
        var guards = (Guards.Of(a, b, pattern, shared, Frequencies) & ~Off) | said;
        var weight = _prior + WeightOf(a, b, pattern, shared);
        if (guards.HasFlag(Guard.DefaultDate) && IsSureWithoutDate(a, b, pattern, shared))
            guards &= ~Guard.DefaultDate;
        var excused = guards & Slips.Excused(a, b, pattern, shared);
        guards &= ~excused;
        return new(GradeOf(a, b, pattern, guards, weight), weight, guards, pattern) { Strength = Evidence.Of(pattern, shared), Excused = excused };
    }

    /// <summary>Why, field by field.</summary>
    public IReadOnlyList<FieldReason> Explain(MatchRecord a, MatchRecord b, Match match)
    {
        List<FieldReason> reasons = [];
        foreach (var field in Enum.GetValues<Field>())
            if (match.Pattern[field] is { } level)
                reasons.Add(new(field, MatchModel.LevelNames[field][level], WeightOf(a, b, field, level, IsContactShared(a, b)), Texts.Of(field, level)));
        return reasons;
    }

    private double WeightOf(MatchRecord a, MatchRecord b, Pattern pattern, bool shared)
    {
        double weight = 0;
        for (var field = Field.Surname; field <= Field.Number; field++)
            if (pattern[field] is { } level)
                weight += WeightOf(a, b, field, level, shared);
        return weight;
    }

    private double WeightOf(MatchRecord a, MatchRecord b, Field field, int level, bool shared)
    {
        var weight = Model.Weight(field, level);
        switch (field)
        {
            case Field.Surname when level >= (int)SurnameLevel.Crossed && FieldComparison.SharedSurname(a, b) is { } name:
                return weight + Rarity(Model.Fields[field].U[(int)SurnameLevel.Equal], Frequencies.Surname(name));
            case Field.FirstName when level == (int)FirstNameLevel.Equal:
                return weight + Rarity(Model.Fields[field].U[level], Frequencies.FirstName(a.FirstName!.Joined));
            case Field.Phone or Field.Street when shared && weight > 0:
                return 0;
            default:
                return weight;
        }
    }

    /// <summary>
    /// True when the names and the commune alone are certain, a default date and a country of birth counting nothing. One of the names at least
    /// is one that the table knows: one that it does not may be rare here and common where the person comes from.
    /// </summary>
    private bool IsSureWithoutDate(MatchRecord a, MatchRecord b, Pattern pattern, bool shared)
    {
        if (pattern[Field.FirstName] is not (int)FirstNameLevel.Equal || pattern[Field.Surname] is not >= (int)SurnameLevel.Crossed || pattern[Field.Sex] is not 1
            || pattern[Field.Street] is (int)PlaceLevel.Different || (pattern[Field.Phone] is 0 && pattern[Field.Street] is not (int)PlaceLevel.Equal)
            || FieldComparison.SharedSurname(a, b) is not { } surname || !(Frequencies.Knows(surname) || Frequencies.IsUsualFirstName(a.FirstName!.Joined)))
            return false;
        var rest = pattern.Without(Field.BirthDate).Without(Field.BirthPlace);
        return Evidence.Of(rest, shared) >= Strength.Place && _prior + WeightOf(a, b, rest, shared) >= Model.CertainFrom;
    }

    private static double Rarity(double usual, double own) => Math.Clamp(Math.Log2(usual / own), -RareMax, RareMax);

    private MatchGrade GradeOf(MatchRecord a, MatchRecord b, Pattern pattern, Guard guards, double weight)
    {
        if ((guards & (Guard.Fictive | Guard.SaidNo)) != Guard.None)
            return MatchGrade.CertainlyNot;
        var (first, date, surname) = (pattern[Field.FirstName], pattern[Field.BirthDate], pattern[Field.Surname]);
        var sameNumber = pattern[Field.Number] is (int)PlaceLevel.Equal;

        // A household shares name, address and phone: another first name and another date are another person, whatever they weigh.
        if (first is (int)FirstNameLevel.Different && !sameNumber
            || date is (int)DateLevel.Different && !sameNumber
            || first is (int)FirstNameLevel.Different && date is not ((int)DateLevel.Equal or (int)DateLevel.EqualDefault))
            return weight >= Model.PossibleFrom ? MatchGrade.Possible : MatchGrade.CertainlyNot;
        if ((guards & Guard.OtherIns) != Guard.None)
            return weight >= Model.ProbableFrom ? MatchGrade.Probable : MatchGrade.CertainlyNot;

        // The number holds year and month: with the very same names, the day alone is a slip.
        var isDayAlone = first is (int)FirstNameLevel.Equal && surname is >= (int)SurnameLevel.Near && pattern[Field.Sex] is 1
            && a.Born is { IsWhole: true } born && b.Born is { IsWhole: true } other && born.Year == other.Year && born.Month == other.Month;
        var lifted = sameNumber && AreNamesCompatible(a, b, first, surname) && (date is >= (int)DateLevel.Near || isDayAlone) && pattern[Field.Sex] is not 0
            ? guards & Guards.Absolute
            : guards;
        if (weight >= Model.CertainFrom && lifted == Guard.None)
            return MatchGrade.Certain;
        return weight >= Model.ProbableFrom ? MatchGrade.Probable
            : weight >= Model.PossibleFrom ? MatchGrade.Possible
            : MatchGrade.CertainlyNot;
    }

    // Twins differ in a letter, JULIE and JULIA, and a number may have been typed from the wrong file: two usual names are no slip.
    private bool AreNamesCompatible(MatchRecord a, MatchRecord b, int? first, int? surname)
    {
        if (surname is (int)SurnameLevel.Different)
            return false;
        return first switch
        {
            (int)FirstNameLevel.Equal or (int)FirstNameLevel.Other or (int)FirstNameLevel.Short => true,
            (int)FirstNameLevel.Near => a.FirstName!.Sound == b.FirstName!.Sound
                || !Frequencies.IsUsualFirstName(a.FirstName.Joined) || !Frequencies.IsUsualFirstName(b.FirstName.Joined),
            _ => false,
        };
    }
}

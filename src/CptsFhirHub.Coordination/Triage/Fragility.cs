using System.Globalization;

namespace CptsFhirHub.Coordination.Triage;

/// <summary>What became of one criterion.</summary>
/// <param name="Code">The code in <c>CodeSystem/critere-fragilite</c>.</param>
/// <param name="Holds">Yes, no, or not known.</param>
/// <param name="French">The reason in words for the team.</param>
/// <param name="English">The same for partners.</param>
/// <param name="IsMedical">True when the words must not leave the circle of care.</param>
/// <param name="Weight">What it adds to the rank when it holds.</param>
public sealed record CriterionOutcome(string Code, Told Holds, string French, string English, bool IsMedical, decimal Weight);

/// <summary>How fragile; the codes of <c>CodeSystem/niveau-fragilite</c>.</summary>
public enum Level
{
    /// <summary><c>non-fragile</c>: everything that counts was asked, and nothing holds.</summary>
    NotFragile,

    /// <summary><c>a-preciser</c>: nothing holds, but facts are missing. The team asks.</summary>
    ToSpecify,

    /// <summary><c>fragile</c>.</summary>
    Fragile,
}

/// <summary>The facts first, the policy second: which criteria hold, then the level and the rank that the rules give them.</summary>
public sealed record Assessment(
    Level Level, decimal Rank, IReadOnlyList<CriterionOutcome> Criteria, bool IsMinor, bool NeedsDac, string RulesVersion)
{
    /// <summary>The criteria that hold.</summary>
    public IEnumerable<CriterionOutcome> Fired => Criteria.Where(criterion => criterion.Holds == Told.Yes);

    /// <summary>What the console offers to ask: criteria that would count and that nobody answered.</summary>
    public IEnumerable<CriterionOutcome> ToAsk => Criteria.Where(criterion => criterion.Holds == Told.Unknown);

    /// <summary>True when a person of the team asked for an urgent follow-up.</summary>
    public bool IsUrgent => Fired.Any(criterion => criterion.Code == TriageRules.Urgent);

    /// <summary>The code in <c>CodeSystem/niveau-fragilite</c>.</summary>
    public string LevelCode => Level switch { Level.Fragile => "fragile", Level.ToSpecify => "a-preciser", _ => "non-fragile" };

    /// <summary><c>ServiceRequest.priority</c>.</summary>
    public string Priority => IsUrgent ? "asap" : Level == Level.Fragile ? "urgent" : "routine";

    /// <summary>The explanation in French, as the team reads it aloud.</summary>
    public string ExplanationFrench => Explain("Fragile", "Non fragile", "À préciser", " ", "à demander", criterion => criterion.French);

    /// <summary>The explanation in English.</summary>
    public string ExplanationEnglish => Explain("Fragile", "Not fragile", "To be specified", "", "to ask", criterion => criterion.English);

    /// <summary>What somebody outside the circle of care may read: that there are reasons, and those that reveal nothing.</summary>
    public string ExplanationForOutsiders
    {
        get
        {
            var open = Fired.Where(criterion => !criterion.IsMedical).Select(criterion => criterion.French).ToList();
            var hidden = Fired.Any(criterion => criterion.IsMedical) ? "autres critères connus de l'équipe de coordination" : null;
            var all = hidden is null ? open : [.. open, hidden];
            return all.Count == 0 ? "Demande suivie par l'équipe de coordination." : $"Demande suivie : {string.Join(" ; ", all)}.";
        }
    }

    private string Explain(string fragile, string notFragile, string toSpecify, string blank, string toAsk, Func<CriterionOutcome, string> words)
    {
        var level = Level switch { Level.Fragile => fragile, Level.ToSpecify => toSpecify, _ => notFragile };
        // French sets a blank before a colon and a semicolon.
        var (colon, comma) = (blank + ": ", blank + "; ");
        var fired = string.Join(comma, Fired.Select(words));
        var missing = Level == Level.ToSpecify ? string.Join(comma, ToAsk.Select(words)) : "";
        return level + (fired.Length > 0 ? colon + fired : "") + (missing.Length > 0 ? $" ({toAsk}{colon}{missing})" : "") + ".";
    }
}

/// <summary>
/// The same dossier, rules and day give the same answer. A criterion that nobody answered counts for nothing and is offered to be asked;
/// it is never taken for a "no".
/// </summary>
public static class Fragility
{
    /// <summary>Assesses one dossier on one day.</summary>
    public static Assessment Assess(Dossier dossier, TriageRules rules, DateOnly today)
    {
        var relevant = rules.Relevant;
        var outcomes = Criteria.All
            .Where(criterion => relevant.Contains(criterion.Code))
            .Select(criterion => OutcomeOf(criterion, dossier, rules, today))
            .ToList();
        var fired = outcomes.Where(outcome => outcome.Holds == Told.Yes).Select(outcome => outcome.Code).ToHashSet(StringComparer.Ordinal);
        var decisive = outcomes.Where(outcome => rules.FragileIfAny.Contains(outcome.Code)).ToList();

        var isUrgent = fired.Contains(TriageRules.Urgent);
        var level = isUrgent || decisive.Any(outcome => outcome.Holds == Told.Yes) ? Level.Fragile
            : decisive.Any(outcome => outcome.Holds == Told.Unknown && CanBeAsked(outcome.Code)) ? Level.ToSpecify
            : Level.NotFragile;
        var rank = outcomes.Where(outcome => outcome.Holds == Told.Yes).Sum(outcome => outcome.Weight)
            + WaitingDays(dossier, today) * rules.PerDay
            + (isUrgent ? rules.UrgentLead : 0);
        var needsDac = level == Level.Fragile && dossier.Consent("partage-dac") != Told.No
            && (isUrgent || rules.DacIfAny.Any(fired.Contains));

        var isMinor = Age.IsOver(dossier.BirthDate, rules.AdultFromYears - 1, today) == Told.No;
        return new(level, rank, outcomes, isMinor, needsDac, rules.Version);
    }

    /// <summary>
    /// The waiting list: greater rank first, then who has waited longer, then by reference so that the order never wavers.
    /// </summary>
    public static IEnumerable<T> Order<T>(
        IEnumerable<T> files, Func<T, decimal> rank, Func<T, DateOnly?> since, Func<T, string> reference) => files
        .OrderByDescending(rank)
        .ThenBy(file => since(file) ?? DateOnly.MaxValue)
        .ThenBy(reference, StringComparer.Ordinal);

    // Several diagnoses are seen in a file, not asked on the phone: not having them written down is no gap.
    private static bool CanBeAsked(string code) => code is not "chronique-complexe";

    private static int WaitingDays(Dossier dossier, DateOnly today) =>
        dossier.WaitingSince is { } since && since < today ? today.DayNumber - since.DayNumber : 0;

    private static CriterionOutcome OutcomeOf(Criterion criterion, Dossier dossier, TriageRules rules, DateOnly today)
    {
        var threshold = rules.AgeYears.TryGetValue(criterion.Code, out var years) ? years.ToString(CultureInfo.InvariantCulture) : "";
        return new(
            criterion.Code,
            criterion.Read(dossier, rules, today),
            criterion.French.Replace("{0}", threshold, StringComparison.Ordinal),
            criterion.English.Replace("{0}", threshold, StringComparison.Ordinal),
            criterion.IsMedical,
            rules.Weights.TryGetValue(criterion.Code, out var weight) ? weight : 0);
    }
}

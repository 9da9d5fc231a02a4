using System.Collections.Frozen;

namespace CptsFhirHub.Coordination.Triage;

/// <summary>A criterion of fragility: a category the CPTS named, never a number.</summary>
/// <param name="Code">The code in <c>CodeSystem/critere-fragilite</c>.</param>
/// <param name="French">What the team reads aloud.</param>
/// <param name="English">The same for partners.</param>
/// <param name="IsMedical">True when the words reveal health or money: never shown to a town hall.</param>
/// <param name="Read">What the dossier tells about it.</param>
internal sealed record Criterion(
    string Code, string French, string English, bool IsMedical, Func<Dossier, TriageRules, DateOnly, Told> Read);

/// <summary>The criteria the hub knows. Which of them make a person fragile, and how much each weighs, is the tenant's rule file.</summary>
internal static class Criteria
{
    private static readonly FrozenSet<string> ReportersWhoCount =
    [
        "etablissement-sante", "assurance-maladie", "dac", "pharmacien", "infirmier", "professionnel-sante", "medico-social",
        "mairie", "elu",
    ];

    public static IReadOnlyList<Criterion> All { get; } =
    [
        new("suivi-urgent", "suivi urgent demandé par l'équipe", "urgent follow-up asked by the team", true,
            (d, _, _) => ByHand(d, "suivi-urgent")),
        Aged("age-plus-70"),
        Aged("age-plus-75"),
        Fact("ald", "affection de longue durée (ALD)", "long-term condition (ALD)"),
        Fact("c2s", "complémentaire santé solidaire (C2S)", "means-tested complementary cover (C2S)"),
        Fact("ame", "aide médicale de l'État (AME)", "state medical aid (AME)"),
        Fact("cmu", "couverture maladie universelle (CMU)", "universal cover (CMU)"),
        new("precarite", "situation de précarité", "precarious situation", true, (d, _, _) => Any(d, "precarite", "sans-domicile")),
        Fact("handicap", "situation de handicap", "disability"),
        new("isolement", "vit seul ou isolé", "lives alone or isolated", false, (d, _, _) => Any(d, "vit-seul", "isolement")),
        new("chronique-complexe", "plusieurs maladies chroniques", "several chronic illnesses", true,
            (d, rules, _) => d.Conditions >= rules.ChronicFromConditions ? Told.Yes : ByHand(d, "chronique-complexe")),
        Fact("perte-autonomie", "perte d'autonomie", "loss of autonomy"),
        Fact("rupture-droits", "rupture de droits", "loss of entitlements"),
        Fact("risque-rupture", "risque de rupture du parcours", "risk of falling out of care"),
        Fact("adhesion-difficile", "difficultés d'adhésion aux soins", "difficulty in accepting care"),
        new("signale-pro-ou-elu", "signalé par un professionnel ou un élu", "reported by a professional or an elected official", false,
            (d, _, _) => d.Reporters.Count == 0 ? Told.Unknown : d.Reporters.Any(ReportersWhoCount.Contains) ? Told.Yes : Told.No),
        new("sortie-hopital", "sort de l'hôpital", "leaves hospital", true,
            (d, _, _) => d.HasStay || d.Reasons.Contains("sortie-hospitalisation") ? Told.Yes : Told.Unknown),
        Reason("medecin-parti", "son médecin est parti", "the GP has left"),
        Reason("nouvel-arrivant", "nouvel arrivant sur le territoire", "new in the territory"),
        Fact("ehpad", "réside en EHPAD", "lives in a nursing home"),
        new("visite-domicile", "ne peut pas se rendre au cabinet", "cannot travel to the practice", true,
            (d, _, _) => d.Mobility switch { "non" => Told.Yes, "oui" or "difficile" => Told.No, _ => Told.Unknown }),
    ];

    public static FrozenDictionary<string, Criterion> ByCode { get; } = All.ToFrozenDictionary(criterion => criterion.Code);

    private static Criterion Aged(string code) => new(code, "plus de {0} ans", "over {0}", false, (dossier, rules, today) =>
        rules.AgeYears.TryGetValue(code, out var threshold) ? Age.IsOver(dossier.BirthDate, threshold, today) : Told.Unknown);

    private static Criterion Fact(string code, string french, string english) =>
        new(code, french, english, code is not "ehpad", (dossier, _, _) =>
            ByHand(dossier, code) is Told.Yes ? Told.Yes : dossier.Says(code));

    private static Criterion Reason(string code, string french, string english) =>
        new(code, french, english, false, (dossier, _, _) =>
            dossier.Reasons.Contains(code) ? Told.Yes : dossier.Reasons.Count > 0 ? Told.No : Told.Unknown);

    private static Told ByHand(Dossier dossier, string code) => dossier.SetByHand.Contains(code) ? Told.Yes : Told.Unknown;

    private static Told Any(Dossier dossier, string one, string other) => (Told)Math.Max((int)dossier.Says(one), (int)dossier.Says(other));
}

/// <summary>Ages from dates that may be known to the year or the month only.</summary>
public static class Age
{
    /// <summary>Completed years on <paramref name="today"/>; null when the birth date is not known to the day.</summary>
    public static int? Years(string? birthDate, DateOnly today) =>
        Range(birthDate, today) is { } range && range.Youngest == range.Oldest ? range.Oldest : null;

    /// <summary>
    /// "Plus de 70 ans" is strict: at 70 the answer is no, from the 71st birthday on it is yes. A year alone answers only when it suffices.
    /// </summary>
    public static Told IsOver(string? birthDate, int years, DateOnly today) =>
        Range(birthDate, today) is not { } range ? Told.Unknown
        : range.Youngest > years ? Told.Yes
        : range.Oldest <= years ? Told.No
        : Told.Unknown;

    private static (int Youngest, int Oldest)? Range(string? birthDate, DateOnly today)
    {
        if (birthDate is null || !Fhir.Model.PartialDate.TryParse(birthDate, out var born))
            return null;
        var first = DateOnly.FromDateTime(born.Start);
        var last = DateOnly.FromDateTime(born.End.AddDays(-1));
        // Of a year that has not ended only the past can be a birth.
        if (last > today)
            last = today;
        return first > today ? null : (Completed(last, today), Completed(first, today));
    }

    // Who was born on 29 February is a year older on 1 March when the year has no such day.
    private static int Completed(DateOnly born, DateOnly today)
    {
        var years = today.Year - born.Year;
        return (today.Month, today.Day).CompareTo((born.Month, born.Day)) < 0 ? years - 1 : years;
    }
}

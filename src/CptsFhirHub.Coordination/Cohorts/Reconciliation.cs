namespace CptsFhirHub.Coordination.Cohorts;

/// <summary>Where a patient of a leaving GP stands: exactly one of six. The codes are those of <c>CodeSystem/etat-cohorte</c>.</summary>
public enum MemberState
{
    /// <summary><c>invite-sans-reponse</c>: written to, nothing heard.</summary>
    InvitedWithoutAnswer,

    /// <summary><c>injoignable</c>: attempts failed, or there is no way to try.</summary>
    Unreachable,

    /// <summary><c>signale</c>: has a file here, or somebody reported the person.</summary>
    Reported,

    /// <summary><c>oppose</c>: does not want to be searched a GP for.</summary>
    Opposed,

    /// <summary><c>hors-territoire</c>: lives elsewhere, or is dead.</summary>
    OutsideTerritory,

    /// <summary><c>mt-retrouve</c>: has a GP again.</summary>
    FoundGp,
}

/// <summary>A member of a cohort, as the insurer's list and the hub's own records describe the person.</summary>
public sealed record Member(string Patient)
{
    public string? BirthDate { get; init; }

    /// <summary>What the list says of fragility: ALD, C2S, AME, or the insurer's own flag.</summary>
    public Told IsFragileByList { get; init; }

    public bool HasOpposed { get; init; }

    public bool IsDeceased { get; init; }

    public bool HasContact { get; init; } = true;

    /// <summary>The RPPS of a GP who has declared the person since; null when none. The leaving one does not count.</summary>
    public string? DeclaredGp { get; init; }

    /// <summary>Where the person lives; null when unknown.</summary>
    public string? Commune { get; init; }

    /// <summary>The day of the last letter to the person; null when none is known.</summary>
    public DateOnly? InvitedOn { get; init; }
}

/// <summary>A file or a report that concerns a member.</summary>
/// <param name="Patient">The member, by reference.</param>
/// <param name="State">The file's <c>businessStatus</c>.</param>
/// <param name="IsCertain">True for a certain link or one a person has confirmed. A probable link changes no state.</param>
/// <param name="Reference">The file itself, to be shown as evidence.</param>
public sealed record FileFact(string Patient, string State, bool IsCertain = true, string? Reference = null);

/// <summary>A call or a letter that reached nobody.</summary>
/// <param name="Patient">The member, by reference.</param>
/// <param name="On">The day: two attempts of one day count once.</param>
/// <param name="Reference">Where it is written.</param>
public sealed record FailedAttempt(string Patient, DateOnly On, string? Reference = null);

/// <summary>What a state rests on.</summary>
/// <param name="Reference">The resource that says so; null when it is the list itself.</param>
/// <param name="French">The words that the team reads.</param>
public sealed record Evidence(string? Reference, string French);

/// <summary>What a cohort's run depends on besides the facts.</summary>
public sealed record CohortRules
{
    public static CohortRules Default { get; } = new();

    /// <summary>Communes of the territory; empty when the CPTS draws no border.</summary>
    public IReadOnlySet<string> Communes { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>So many failed attempts make a person unreachable.</summary>
    public int UnreachableAfterAttempts { get; init; } = 3;

    /// <summary>Older than this many completed years is fragile.</summary>
    public int FragileOverYears { get; init; } = 70;

    /// <summary>Days between two attempts to call.</summary>
    public int DaysBetweenAttempts { get; init; } = 2;

    /// <summary>Days until somebody who was reached, and did nothing since, is called again.</summary>
    public int DaysAfterTalk { get; init; } = 90;

    /// <summary>Days until somebody whom nobody could reach is tried again.</summary>
    public int DaysWhenUnreachable { get; init; } = 30;

    /// <summary>The GP who leaves.</summary>
    public string? LeavingGp { get; init; }
}

/// <summary>One member after a run.</summary>
/// <param name="Patient">The member.</param>
/// <param name="State">Where the person stands.</param>
/// <param name="IsFragileAndSilent">To be called first: fragile, and nothing was heard.</param>
/// <param name="NeedsReview">A probable link waits for a person. The state does not depend on it, so that nobody is forgotten
/// meanwhile.</param>
public sealed record Reconciled(string Patient, MemberState State, bool IsFragileAndSilent, bool NeedsReview)
{
    /// <summary>What the state rests on; null when it is that nothing was heard.</summary>
    public Evidence? Evidence { get; init; }
}

/// <summary>A state that differs from the one before.</summary>
public sealed record Change(string Patient, MemberState? Before, MemberState After);

/// <summary>A whole run: every member once, the counts, and what has changed.</summary>
public sealed record CohortRun(
    IReadOnlyList<Reconciled> Members, IReadOnlyDictionary<MemberState, int> Counts, IReadOnlyList<Change> Changes)
{
    /// <summary>Members who are not among these: the insurer has taken them off its list since.</summary>
    public int NoLongerListed { get; init; }

    /// <summary>The call list: fragile people of whom nothing is heard.</summary>
    public IEnumerable<string> ToCall => Members.Where(member => member.IsFragileAndSilent).Select(member => member.Patient);
}

/// <summary>
/// Compares a leaving GP's patients with what the hub knows. A pure function of the facts: running it twice changes nothing, the order of
/// the facts does not matter, and killing it half-way loses nothing since the next run starts from the same facts.
/// </summary>
/// <remarks>
/// Order when several facts hold: deceased or moved away, a GP found, opposition, reported, unreachable, silent. States go both ways: a GP
/// who declines or a link that is undone brings a member back.
/// </remarks>
public static class Reconciliation
{
    private static readonly (MemberState State, string Code)[] Codes =
    [
        (MemberState.FoundGp, "mt-retrouve"),
        (MemberState.Reported, "signale"),
        (MemberState.InvitedWithoutAnswer, "invite-sans-reponse"),
        (MemberState.Unreachable, "injoignable"),
        (MemberState.Opposed, "oppose"),
        (MemberState.OutsideTerritory, "hors-territoire"),
    ];

    /// <summary>The code of a state.</summary>
    public static string CodeOf(MemberState state) => Array.Find(Codes, pair => pair.State == state).Code;

    /// <summary>The state of a code, or null.</summary>
    public static MemberState? StateOf(string? code) =>
        Array.FindIndex(Codes, pair => pair.Code == code) is >= 0 and var at ? Codes[at].State : null;

    /// <summary>The state of every member on a day, and the difference with the states before.</summary>
    public static CohortRun Compare(
        IEnumerable<Member> members,
        IEnumerable<FileFact> files,
        IEnumerable<FailedAttempt> attempts,
        IReadOnlyDictionary<string, MemberState> before,
        DateOnly today,
        CohortRules rules)
    {
        var filesOf = files.ToLookup(file => file.Patient, StringComparer.Ordinal);
        var attemptsOf = attempts.Where(attempt => attempt.On <= today).ToLookup(attempt => attempt.Patient, StringComparer.Ordinal);

        // One line of the list may stand twice, perhaps fuller the second time: the person is one member and what either line says counts.
        var reconciled = members
            .GroupBy(member => member.Patient, StringComparer.Ordinal)
            .Select(group => One(Unite(group), filesOf[group.Key].ToList(), attemptsOf[group.Key].ToList(), today, rules));
        return RunOf(reconciled, before);
    }

    /// <summary>The run of a whole cohort whose members were compared a portion at a time, each of them once.</summary>
    public static CohortRun RunOf(IEnumerable<Reconciled> members, IReadOnlyDictionary<string, MemberState> before)
    {
        var reconciled = members.OrderBy(member => member.Patient, StringComparer.Ordinal).ToList();
        var counts = Codes.ToDictionary(pair => pair.State, pair => reconciled.Count(member => member.State == pair.State));
        var changes = reconciled
            .Select(member => new Change(member.Patient, before.TryGetValue(member.Patient, out var was) ? was : null, member.State))
            .Where(change => change.Before != change.After)
            .ToList();
        return new(reconciled, counts, changes);
    }

    private static Reconciled One(Member member, List<FileFact> files, List<FailedAttempt> attempts, DateOnly today, CohortRules rules)
    {
        var (state, evidence) = Judge(member, [.. files.Where(file => file.IsCertain)], attempts, rules);
        var isFragile = member.IsFragileByList == Told.Yes || AgeYears(member.BirthDate, today) > rules.FragileOverYears;
        return new(
            member.Patient,
            state,
            isFragile && state is (MemberState.InvitedWithoutAnswer or MemberState.Unreachable),
            files.Any(file => !file.IsCertain))
        { Evidence = evidence };
    }

    private static (MemberState State, Evidence? Evidence) Judge(
        Member member, List<FileFact> files, List<FailedAttempt> attempts, CohortRules rules)
    {
        // The dead stand with those who have left: nobody writes to them, and they are no failure of the search.
        if (member.IsDeceased)
            return (MemberState.OutsideTerritory, new(member.Patient, "Décès connu"));
        if (FileIn(files, state => state is "clos-decede" or "clos-hors-territoire") is { } left)
            return (MemberState.OutsideTerritory, left.State == "clos-decede"
                ? new(left.Reference, "Dossier clos : décès") : new(left.Reference, "Dossier clos : hors territoire"));
        if (rules.Communes.Count > 0 && member.Commune is { } commune && !rules.Communes.Contains(commune))
            return (MemberState.OutsideTerritory, new(member.Patient, $"Domicile hors du territoire (commune {commune})"));

        if (FileIn(files, state => state is "mt-declare" or "clos-deja-mt") is { } settled)
            return (MemberState.FoundGp, new(settled.Reference, "Dossier clos : médecin traitant déclaré"));
        if (member.DeclaredGp is { } gp && gp != rules.LeavingGp)
            return (MemberState.FoundGp, gp.Contains('/', StringComparison.Ordinal)
                ? new(gp, "Médecin traitant déclaré") : new(member.Patient, $"Médecin traitant déclaré (RPPS {gp})"));

        if (FileIn(files, state => state is "clos-oppose" or "clos-a-la-demande") is { } refused)
            return (MemberState.Opposed, new(refused.Reference, "Dossier clos à la demande de la personne"));
        if (member.HasOpposed)
            return (MemberState.Opposed, new(null, "Opposition portée sur la liste"));

        if (FileIn(files, IsOpen) is { } open)
            return (MemberState.Reported, new(open.Reference, $"Dossier ouvert ({open.State})"));

        if (FileIn(files, state => state is "clos-injoignable") is { } lost)
            return (MemberState.Unreachable, new(lost.Reference, "Dossier clos : injoignable"));
        var days = attempts.Select(attempt => attempt.On).Distinct().Count();
        if (days >= rules.UnreachableAfterAttempts)
        {
            var last = attempts.OrderBy(attempt => attempt.On).ThenBy(attempt => attempt.Reference, StringComparer.Ordinal).Last();
            return (MemberState.Unreachable, new(last.Reference, $"{days} essais sans réponse, le dernier le {French(last.On)}"));
        }

        if (!member.HasContact)
            return (MemberState.Unreachable, new(member.Patient, "Ni téléphone, ni courriel, ni adresse"));
        return (MemberState.InvitedWithoutAnswer, member.InvitedOn is { } on ? new(null, $"Courrier du {French(on)}, sans réponse") : null);
    }

    // The same file whatever the order in which the facts came.
    private static FileFact? FileIn(List<FileFact> files, Predicate<string> isMet) =>
        files.Where(file => isMet(file.State)).OrderBy(file => file.State, StringComparer.Ordinal)
            .ThenBy(file => file.Reference, StringComparer.Ordinal).FirstOrDefault();

    private static string French(DateOnly day) => day.ToString("dd/MM/yyyy", System.Globalization.CultureInfo.InvariantCulture);

    private static bool IsOpen(string state) =>
        !state.StartsWith("clos-", StringComparison.Ordinal) && state is not ("mt-declare" or "erreur-saisie");

    private static Member Unite(IEnumerable<Member> lines)
    {
        var all = lines.ToList();
        return all[0] with
        {
            BirthDate = Greatest(all.Select(line => line.BirthDate)),
            IsFragileByList = all.Max(line => line.IsFragileByList),
            HasOpposed = all.Exists(line => line.HasOpposed),
            IsDeceased = all.Exists(line => line.IsDeceased),
            HasContact = all.Exists(line => line.HasContact),
            DeclaredGp = Greatest(all.Select(line => line.DeclaredGp)),
            Commune = Greatest(all.Select(line => line.Commune)),
            InvitedOn = all.Max(line => line.InvitedOn),
        };
    }

    // Any rule will do that does not depend on the order of the lines.
    private static string? Greatest(IEnumerable<string?> values) => values.OfType<string>().Order(StringComparer.Ordinal).LastOrDefault();

    // The youngest age that the date allows: a year alone makes nobody older than certain.
    private static int AgeYears(string? birthDate, DateOnly today)
    {
        if (birthDate is null || !Fhir.Model.PartialDate.TryParse(birthDate, out var born))
            return -1;
        var last = DateOnly.FromDateTime(born.End.AddDays(-1));
        var years = today.Year - last.Year;
        return (today.Month, today.Day).CompareTo((last.Month, last.Day)) < 0 ? years - 1 : years;
    }
}

using CptsFhirHub.Coordination;
using CptsFhirHub.Coordination.Cohorts;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;

namespace CptsFhirHub.Cli;

/// <summary>
/// The state of each member of a cohort, as the hub's own reconciliation gives it: the records that were joined with a member are its files,
/// and a probable link is a file that changes no state and asks for a look. The words are those of the labelled sets.
/// </summary>
internal static class CohortStates
{
    private const string Cpam = "CPAM";
    private const string SignUp = "DOCTOLIB";

    /// <summary>The labelled sets count the seventieth birthday itself.</summary>
    private static readonly CohortRules Rules = CohortRules.Default with { FragileOverYears = 69 };

    public static IEnumerable<string> Lines(string folder, LabelledSet set, Linked linked, DateOnly day)
    {
        if (LabelledSet.Table(folder, "cohort.csv") is not { } cohort)
            return [];
        var at = set.Ids.Select((id, record) => (id, record)).ToDictionary(pair => pair.id, pair => pair.record, StringComparer.Ordinal);
        List<int> rows = [.. Enumerable.Range(0, cohort.Count).Where(row => at.ContainsKey(cohort[row, "record_id"]))];
        List<FileFact> files = [.. FilesOf(set, linked, [.. rows.Select(row => at[cohort[row, "record_id"]])])];
        foreach (var row in rows)
            if (cohort[row, "cpam_outcome"] == "DEMENAGE")
                files.Add(new(cohort[row, "record_id"], "clos-hors-territoire"));

        var run = Reconciliation.Compare(rows.Select(row => MemberOf(cohort, row)), files, [], new Dictionary<string, MemberState>(), day, Rules);
        var filesOf = files.ToLookup(file => file.Patient, StringComparer.Ordinal);
        var dead = rows.Where(row => cohort[row, "cpam_outcome"] == "DECES").Select(row => cohort[row, "record_id"]).ToHashSet(StringComparer.Ordinal);
        return run.Members.Select(member => $"{member.Patient},{Word(member, filesOf[member.Patient], dead.Contains(member.Patient))},{(member.NeedsReview ? 1 : 0)}");
    }

    private static Member MemberOf(CsvTable cohort, int row) => new(cohort[row, "record_id"])
    {
        BirthDate = cohort[row, "date_naissance"] is { Length: > 0 } born ? born : null,
        IsFragileByList = cohort[row, "ald"] == "1" || cohort[row, "c2s"] == "1" || cohort[row, "ame"] == "1" ? Told.Yes : Told.No,
        IsDeceased = cohort[row, "cpam_outcome"] == "DECES",
        DeclaredGp = cohort[row, "cpam_outcome"] != "NOUVEAU_MT" ? null : cohort[row, "new_gp_rpps"] is { Length: > 0 } rpps ? rpps : "inconnu",
    };

    // What a sign-up or another source says of a member; the file's source is kept as its reference.
    private static IEnumerable<FileFact> FilesOf(LabelledSet set, Linked linked, List<int> members)
    {
        var together = linked.Persons.Select((person, record) => (person, record)).ToLookup(pair => pair.person, pair => pair.record);
        var doubtful = linked.Links.Where(link => link.Grade == MatchGrade.Probable)
            .SelectMany(link => new[] { (One: link.A, Other: link.B), (One: link.B, Other: link.A) }).ToLookup(pair => pair.One, pair => pair.Other);
        foreach (var member in members)
        {
            var person = linked.Persons[member];
            foreach (var other in together[person])
            {
                if (other != member && set.Sources[other] != Cpam)
                    yield return new(set.Ids[member], set.Sources[other] == SignUp ? "a-qualifier" : "a-confirmer", IsCertain: true, set.Sources[other]);
                foreach (var perhaps in doubtful[other])
                    if (set.Sources[perhaps] != Cpam && linked.Persons[perhaps] != person)
                        yield return new(set.Ids[member], "a-confirmer", IsCertain: false, set.Sources[perhaps]);
            }
        }
    }

    private static string Word(Reconciled member, IEnumerable<FileFact> files, bool isDead) => member.State switch
    {
        MemberState.OutsideTerritory => isDead ? "CLOSED_DECEASED" : "CLOSED_MOVED",
        MemberState.FoundGp => "FOUND_GP",
        MemberState.Opposed => "DECLINED",
        MemberState.Reported => files.Any(file => file is { IsCertain: true, Reference: SignUp }) ? "SIGNED_UP" : "REPORTED_BY_THIRD_PARTY",
        _ => member.IsFragileAndSilent ? "SILENT_FRAGILE" : "SILENT",
    };
}

using System.Globalization;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;

namespace CptsFhirHub.Cli;

/// <summary>
/// The state of each member of a cohort, from what the insurer says and from the records that were joined. A probable link changes no
/// state: it asks for a look.
/// </summary>
internal static class CohortStates
{
    private const int OldFrom = 70;
    private const string Cpam = "CPAM";

    public static IEnumerable<string> Lines(string folder, LabelledSet set, Linked linked, DateOnly day)
    {
        if (LabelledSet.Table(folder, "cohort.csv") is not { } cohort)
            yield break;
        var at = set.Ids.Select((id, record) => (id, record)).ToDictionary(pair => pair.id, pair => pair.record, StringComparer.Ordinal);
        var members = linked.Persons.Select((person, record) => (person, record)).ToLookup(pair => pair.person, pair => pair.record);
        var doubtful = linked.Links.Where(link => link.Grade == MatchGrade.Probable)
            .SelectMany(link => new[] { (One: link.A, Other: link.B), (One: link.B, Other: link.A) }).ToLookup(pair => pair.One, pair => pair.Other);
        for (var row = 0; row < cohort.Count; row++)
        {
            if (!at.TryGetValue(cohort[row, "record_id"], out var record))
                continue;
            var together = members[linked.Persons[record]].ToList();
            var sources = together.Where(other => other != record).Select(other => set.Sources[other]).ToHashSet(StringComparer.Ordinal);
            var state = cohort[row, "cpam_outcome"] switch
            {
                "DECES" => "CLOSED_DECEASED",
                "DEMENAGE" => "CLOSED_MOVED",
                "NOUVEAU_MT" => "FOUND_GP",
                _ when sources.Contains("DOCTOLIB") => "SIGNED_UP",
                _ when sources.Any(source => source != Cpam) => "REPORTED_BY_THIRD_PARTY",
                _ => IsFragile(cohort, row, day) ? "SILENT_FRAGILE" : "SILENT",
            };
            var needsReview = together.SelectMany(other => doubtful[other]).Any(other => set.Sources[other] != Cpam && !together.Contains(other));
            yield return $"{cohort[row, "record_id"]},{state},{(needsReview ? 1 : 0)}";
        }
    }

    private static bool IsFragile(CsvTable cohort, int row, DateOnly day)
    {
        if (cohort[row, "ald"] == "1" || cohort[row, "c2s"] == "1" || cohort[row, "ame"] == "1")
            return true;
        return DateOnly.TryParseExact(cohort[row, "date_naissance"], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var born)
            && born.AddYears(OldFrom) <= day;
    }
}

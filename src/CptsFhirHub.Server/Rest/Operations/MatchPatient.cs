using System.Globalization;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary>
/// <c>Patient/$match</c>: the persons known here that a record may be, the likeliest first. It finds them by a few index look-ups and compares
/// as the hub itself does. It changes no person; that it was asked is kept, since the answer reveals who is known.
/// https://hl7.org/fhir/R4/patient-operation-match.html
/// </summary>
internal static class MatchPatient
{
    private const int CountStandard = 20;
    private const int CountMax = 100;

    /// <summary>Persons whom one call compares.</summary>
    private const int CandidatesMax = 200;

    /// <summary>Persons that two traits together may lead to before they say nothing.</summary>
    private const int SharedMax = 50;

    private static readonly (string Name, string Value)[] NextMinute = [("Retry-After", "60")];

    public static async Task<Answer> Run(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var caller = call.Request.Caller;
        var purpose = PurposeOfUse.Of(call.Request.Purpose);
        if (!hub.Matches.Take(caller.ClientId))
            return Answer.Refused(429, "throttled", "This client has looked for too many persons in this minute.") with { Headers = NextMinute };
        if (call.Resource("resource") is not { Type: "Patient" } asked)
            return Answer.Refused(400, "required", "$match needs a Patient as its resource.", "resource");
        var count = call.Text("count") is not { } text ? CountStandard
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var given) && given > 0 ? Math.Min(given, CountMax)
            : throw new Refusal(400, "value", "count is a whole number from 1.", "count");

        var traits = Traits.Of(asked.Root);
        if (!IsEnough(traits))
            return Answer.Refused(422, "too-costly", "Too little to look for a person: an identifier, or the birth date and a name, at least.", "resource");

        var (wanted, matcher) = (MatchRecord.Of(traits), hub.Comparing.Of(caller.Tenant));
        var persons = MatchMarks.IsNeverMatched(asked.Root) ? [] : await FindAsync(traits, hub, caller, cancellationToken);
        List<(Stored Person, Comparison Comparison)> found = [.. persons
            .Select(person => (person, Identification.Compare(wanted, MatchRecord.Of(Traits.Of(person.Resource.Root)), matcher, Verdict.None, isExplained: false)))];
        var refused = await RefusedAsync(asked, found, hub, caller, cancellationToken);
        var matches = found
            .Where(match => match.Comparison.Grade >= MatchGrade.Possible && !refused.Contains(match.Person.Reference))
            .OrderByDescending(match => match.Comparison.Grade).ThenByDescending(match => match.Comparison.Probability)
            .ThenBy(match => match.Person.Reference, StringComparer.Ordinal).ToList();
        if (call.IsTrue("onlyCertainMatches"))
        {
            matches.RemoveAll(match => match.Comparison.Grade != MatchGrade.Certain);
            // Two that are certain are a duplicate, or one is not this person: neither is certain then.
            if (matches.Count > 1)
                matches.Clear();
        }

        if (matches.Count > count)
            matches.RemoveRange(count, matches.Count - count);
        // Who asked, what for, and who was shown; not what was asked about.
        var audit = AuditRecord.OfOperation(
            "Patient/$match", "E", caller.ClientId, hub.Time.GetUtcNow(), matches.Select(match => match.Person.Reference), purpose);
        var recording = hub.Store.CommitAsync(
            caller.Tenant, [new Write.Create(new(audit))], cancellationToken);

        using var bundle = new BundleBytes("searchset", hub.Url.Fhir);
        bundle.Total(matches.Count);
        bundle.BeginEntries();
        foreach (var (person, comparison) in matches)
            bundle.Matched(person, call.Request.Shown(person), comparison.Probability, CodeOf(comparison.Grade));
        var answer = Answer.Ok(bundle.End());

        // Nothing is told before it is on record that it was.
        return (await recording).Committed ? answer : throw new Refusal(503, "transient", "The call could not be put on record: try again.");
    }

    private static bool IsEnough(Traits traits) =>
        traits.Ins.Count + traits.Nirs.Count + traits.LocalIds.Count > 0
        || (traits.BirthDate is not null && (traits.BirthName ?? traits.UsedName ?? traits.FirstName) is not null);

    private static async Task<List<Stored>> FindAsync(Traits traits, Collaborators hub, Caller caller, CancellationToken cancellationToken)
    {
        var keys = IdentityKeys.Of(traits).Select(key => new LookupKey(key.Kind, key.Value)).ToList();
        var found = await hub.Store.FindReadAsync(caller.Tenant, keys, key => key.Kind == IdentityKeys.Near ? SharedMax : int.MaxValue, CandidatesMax, cancellationToken);
        List<Stored> persons = [];
        foreach (var person in found)
            if (person is { Type: "Patient", IsDeleted: false } && await hub.Sight.SeesAsync(caller, person, cancellationToken))
                persons.Add(person);
        return persons;
    }

    /// <summary>
    /// Those of whom a person has said that they are somebody else: than the record that is asked about, when it is one of ours, or than the
    /// one that bears its number.
    /// </summary>
    private static async Task<HashSet<string>> RefusedAsync(
        Resource asked, List<(Stored Person, Comparison Comparison)> found, Collaborators hub, Caller caller, CancellationToken cancellationToken)
    {
        List<string> own = asked.Id is { } id && found.Exists(one => one.Person.Id == id) ? [$"Patient/{id}"]
            : [.. found.Where(one => Identification.IsSameByNumber(one.Comparison)).Select(one => one.Person.Reference)];
        if (own is not [var known])
            return [];
        var pairs = found.Where(one => one.Person.Reference != known)
            .ToDictionary(one => new LookupKey(IdentityKeys.Apart, Verification.Pair(known, one.Person.Reference)), one => one.Person.Reference);
        var said = await hub.Store.BearersAsync(caller.Tenant, [.. pairs.Keys], cancellationToken);
        return [.. said.Select(hit => pairs[hit.Key])];
    }

    private static string CodeOf(MatchGrade grade) => grade switch
    {
        MatchGrade.Certain => "certain",
        MatchGrade.Probable => "probable",
        MatchGrade.Possible => "possible",
        _ => "certainly-not",
    };
}

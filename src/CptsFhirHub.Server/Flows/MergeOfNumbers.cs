using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// A hospital says that two of its numbers are one person, and the hub has a record under each. The hospital's word is enough where it speaks
/// of its own numbers, under which it sent both records itself; not against two qualified INS, or where nothing else agrees.
/// </summary>
internal static class MergeOfNumbers
{
    /// <summary>Why a person must decide, in words for the sender; null when the two may be joined at once.</summary>
    public static string? Obstacle(SignalementCase signalement, Element survivor, Element retired)
    {
        var said = signalement.Draft.Patient;
        if (MatchMarks.IsUntrusted(said))
            return "The source is not trusted to join records.";
        if (!OwnNumbers(said, survivor, retired))
            return "The numbers are not both the sender's own.";
        if (!SentBy.Senders(survivor).Contains(signalement.Message.ClientId) || !SentBy.Senders(retired).Contains(signalement.Message.ClientId))
            return "One of the records did not come from this sender.";
        var against = Identification.Compare(Traits.Of(survivor), Traits.Of(retired)).Reasons.Select(reason => reason.Code).ToList();
        if (against.Exists(code => code is "ins-different" or "ins-fictif"))
            return "The records bear two different national numbers.";
        return against.Contains("noms-differents") && against.Contains("naissance-differente")
            ? "Neither the names nor the birth dates of the records agree."
            : null;
    }

    /// <summary>The Provenance of the merge by which this sender made one record of two of its numbers; null when there is none.</summary>
    public static async Task<string?> FindAsync(ResourceStore store, SignalementCase signalement, Stored person, CancellationToken cancellationToken)
    {
        // The numbers of a third record, into which these two went later, are none of the message's: that merge is not the one it takes back.
        var tenant = signalement.Message.Tenant;
        if (!BearsOneOf(person.Resource.Root, signalement.Draft.Patient))
            return null;
        List<string> merged = [];
        foreach (var link in person.Resource.Root.All("link"))
            if (link.Text("type") is "replaces" && link.Child("other")?.Text("reference") is { } reference)
                merged.Add(reference);
        foreach (var reference in merged)
        {
            if (await store.ReadAsync(tenant, reference, cancellationToken) is not { } record || !BearsOneOf(record.Resource.Root, signalement.Draft.Patient)
                || await MergePersons.ProvenanceAsync(store, tenant, reference, cancellationToken) is not { } provenance
                || await store.ReadAsync(tenant, provenance, cancellationToken) is not { } merge)
                continue;
            foreach (var agent in merge.Resource.Root.All("agent"))
                if (agent.At("who", "identifier") is { } who && who.Text("system") == SentBy.System && who.Text("value") == signalement.Message.ClientId)
                    return provenance;
        }

        return null;
    }

    private static bool BearsOneOf(Element patient, Element said)
    {
        foreach (var identifier in said.All("identifier"))
            if (Bears(patient, identifier))
                return true;
        return false;
    }

    /// <summary>The caller that a merge by message counts as: the client that sent it.</summary>
    public static Caller CallerOf(JournalMessage message, Territory territory) =>
        new(message.ClientId, message.Tenant, message.ClientId, territory.OrganizationOf(message.ClientId), IsPerson: false) { Role = Roles.Hospital };

    /// <summary>One numbering on both sides: the number that stays is the survivor's, the one that goes the other's.</summary>
    private static bool OwnNumbers(Element said, Element survivor, Element retired)
    {
        foreach (var gone in said.All("identifier"))
        {
            if (gone.Text("use") != "old" || !Bears(retired, gone))
                continue;
            foreach (var stays in said.All("identifier"))
                if (stays.Text("use") != "old" && stays.Text("system") == gone.Text("system") && Bears(survivor, stays))
                    return true;
        }

        return false;
    }

    private static bool Bears(Element patient, Element identifier)
    {
        foreach (var own in patient.All("identifier"))
            if (own.Text("use") != "old" && own.Text("system") == identifier.Text("system") && own.Text("value") == identifier.Text("value"))
                return true;
        return false;
    }
}
